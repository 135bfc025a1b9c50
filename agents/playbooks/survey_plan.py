"""The survey's items. Each is one tool call, and its id holds a fingerprint of all that its result depends on.

    list ──▶ read (a group) … ──▶ compare ──▶ write ──▶ remember
              focus, ignore                   title └──▶ mail
                                                         email

So what a changed requirement does not affect keeps its id, and is done; the rest has new ids, and is to do.
"""

import re
from dataclasses import dataclass, replace

from agents.mail.address import is_address
from agents.playbooks.survey_view import LIST, View, fingerprint
from agents.survey.documents import OTHER, TOP, Group
from agents.survey.globs import may_touch
from agents.survey.words import count, plain


@dataclass(frozen=True)
class Line:
    """One item of the plan: `tool` is called to do it; a reading has its group."""

    tool: str
    item: str
    text: str
    group: Group | None = None


def lines(view: View) -> tuple[Line, ...]:
    """Every item of the survey, done or not, in order; none that rests on an item ticked off without a result."""
    whole = [Line("list_folder", LIST, f"List the files of {view.folder_name}")]
    if LIST in view.results:
        whole += readings(view)
    if _usable(view, LIST):
        whole.append(compare_line(view))
        if _usable(view, compare_line(view).item):
            whole += _endings(view)
    return _named_apart(view, whole)


def reading(view: View, group: Group) -> Line:
    """The reading of one group, which depends on those globs only that may touch it."""
    focus, ignore = globs_for(view, group)
    slug = re.sub(r"[^A-Za-z0-9._-]+", "_", group.name)[:40]
    item = f"read:{slug}:{fingerprint(group.id, list(focus), list(ignore))}"
    return Line("read_files", item, _reading_text(group, bool(focus or ignore)), group)


def globs_for(view: View, group: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The focus and ignore globs that matter to the group."""
    focus = tuple(glob for glob in view.wishes.focus if may_touch(glob, group.top))
    ignore = tuple(glob for glob in view.wishes.ignore if may_touch(glob, group.top))
    return focus, ignore


def compare_line(view: View) -> Line:
    wishes = view.wishes
    item = f"compare:{fingerprint(list(wishes.focus), list(wishes.ignore))}"
    return Line("compare_surveys", item, "Compare with the last survey")


def write_line(view: View) -> Line:
    return Line("write_report", f"write:{fingerprint(compare_line(view).item, view.title)}", "Write report.md")


def remember_line(view: View) -> Line:
    return Line("remember", f"remember:{fingerprint(write_line(view).item)}", "Remember what was learned")


def mail_line(view: View) -> Line:
    """The mail, whether or not it is wanted."""
    address = view.wishes.email
    item = f"mail:{fingerprint(write_line(view).item, address)}"
    return Line("send_email", item, f"Ask for approval, then mail report.md to {plain(address, 200)}")


def readings(view: View) -> list[Line]:
    """One line a group; a group that no focus can touch is not read."""
    wanted = [group for group in view.groups if not view.wishes.focus or globs_for(view, group)[0]]
    return [reading(view, group) for group in wanted]


def _endings(view: View) -> list[Line]:
    remember = remember_line(view)
    ends = [write_line(view)]
    if not view.was_deleted(remember.item):
        ends.append(remember)
    if is_address(view.wishes.email):
        ends.append(mail_line(view))
    return ends


def _usable(view: View, item: str) -> bool:
    """Whether later items can rest on it: it is still to do, or has a result."""
    result = view.results.get(item)
    return result is None or result.ref is not None


def _reading_text(group: Group, filtered: bool) -> str:
    files = count(group.files, "file")
    if filtered:
        files = f"at most {files}"
    if group.id == OTHER:
        return f"Read the other files ({files})" if filtered else f"Read the other {files}"
    if group.top == TOP:
        return f"Read the files at the top ({files})"
    return f"Read {group.name}/ ({files})"


def _named_apart(view: View, whole: list[Line]) -> tuple[Line, ...]:
    """No two lines with one text, nor a line with the text of one that was done before."""
    apart, taken = list[Line](), dict[str, str]()
    done = {item.item: item.text for item in view.context.state.todo if item.item in view.results}
    taken = {text: item for item, text in done.items()}
    for line in whole:
        text = done.get(line.item) or _free(line, taken)
        taken[text] = line.item
        apart.append(replace(line, text=text))
    return tuple(apart)


def _free(line: Line, taken: dict[str, str]) -> str:
    text, again = line.text, 1
    while taken.get(text, line.item) != line.item:
        text = f"{line.text}, again" if again == 1 else f"{line.text}, again ({again})"
        again += 1
    return text
