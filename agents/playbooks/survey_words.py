"""What the survey says in the end, and what it remembers."""

from pydantic import JsonValue

from agents.playbooks.survey_mail import remark
from agents.playbooks.survey_plan import compare_line, write_line
from agents.playbooks.survey_view import View
from agents.playbooks.survey_wishes import Wishes
from agents.survey.words import clip, count, day, plain, size
from domain.canonical import canonical
from domain.sections import Section
from domain.todo import ItemResult

ARGS_BYTES = 3800
"""The memories are kept below this: a call's arguments have at most 4,096 bytes."""
DECISIONS = 5


def result(view: View) -> str:
    """The job's result: totals, where the report is, what became of the mail."""
    compared = view.results.get(compare_line(view).item, ItemResult())
    if compared.ref is None:
        return f"Nothing was surveyed in {view.folder_name}: an item that the rest needs was ticked off by hand."
    written = "sha256" in view.results.get(write_line(view).item, ItemResult()).data
    report = "The report is report.md in the agent's directory." if written else "No report was written."
    aside = [f'"{clip(plain(text, 200), 60)}" was set aside.' for text, _ in view.wishes.set_aside]
    sentence = f"Surveyed {view.folder_name}: {totals(compared)}{_changes(compared)}."
    return clip(" ".join(filter(None, [sentence, report, remark(view), *aside])), 4000)


def totals(compared: ItemResult) -> str:
    """The numbers of a survey in words."""
    number = {key: value for key, value in compared.data.items() if isinstance(value, int)}
    files = count(number.get("files", 0), "file")
    said = [f"{files} ({size(number.get('bytes', 0))})", f"{number.get('duplicates', 0)} duplicated"]
    said.append(count(number.get("markers", 0), "TODO/FIXME marker"))
    said += [f"{number[odd]} {odd}" for odd in ("huge", "unreadable") if number.get(odd)]
    return ", ".join(said)


def memories(view: View) -> list[JsonValue]:
    """What to remember, the dispensable last, as far as it fits into one call."""
    compared = view.results.get(compare_line(view).item, ItemResult())
    facts: list[JsonValue] = [_project(view, compared), _learning(view, compared), _focus(view)]
    facts += [_decision(view, text) for text in _decisions(view.wishes)[-DECISIONS:]]
    while len(canonical(facts)) > ARGS_BYTES:
        facts.pop()
    return facts


def _project(view: View, compared: ItemResult) -> dict[str, JsonValue]:
    files = count(_number(compared, "files"), "file")
    text = f"Survey of {view.folder_name} on {day(view.context.now)}: {files}; snapshot {compared.ref}"
    return _memory(Section.PROJECTS, text, view.topic)


def _learning(view: View, compared: ItemResult) -> dict[str, JsonValue]:
    largest = compared.data.get("largest")
    text = f"{totals(compared)} under {view.folder_name}{_changes(compared)}"
    if isinstance(largest, dict) and isinstance(bytes_ := largest.get("size"), int):
        text += f"; the largest is {plain(str(largest.get('path')), 150)} ({size(bytes_)})"
    return _memory(Section.LEARNINGS, text, view.topic)


def _focus(view: View) -> dict[str, JsonValue]:
    text = f"Last surveyed {view.folder_name} ({day(view.context.now)}); report.md has the result"
    return _memory(Section.FOCUS, text, "focus")


def _decision(view: View, text: str) -> dict[str, JsonValue]:
    return _memory(Section.DECISIONS, f"Survey of {view.folder_name}: {text}", "")


def _decisions(wishes: Wishes) -> list[str]:
    aside = [f'"{clip(plain(text, 200), 60)}" set aside, asked by {plain(by, 60)}' for text, by in wishes.set_aside]
    return [*aside, *(f"{plain(change.text, 120)}, asked by {plain(change.by, 60)}" for change in wishes.changes)]


def _memory(section: Section, text: str, topic: str) -> dict[str, JsonValue]:
    return {"section": section.value, "text": text, "topic": topic}


def _changes(compared: ItemResult) -> str:
    if compared.data.get("added") is None:
        return ""
    kinds = ", ".join(f"{_number(compared, kind)} {kind}" for kind in ("added", "removed", "changed"))
    return f"; since the last survey {kinds}"


def _number(of: ItemResult, key: str) -> int:
    value = of.data.get(key)
    return value if isinstance(value, int) else 0
