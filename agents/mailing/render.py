"""From a list and a template to a batch, with everything that is wrong on the way."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agents.mailing.batch import Batch, Group, Letter, dumped, group_size
from agents.mailing.recipients import Fault, Recipient, Unusable, recipients
from agents.mailing.template import Template, Unrenderable, template

EXAMPLES = 3


@dataclass(frozen=True)
class Rendered:
    """A batch, the content of its groups, what cannot be mailed, and the first mails as examples."""

    batch: Batch
    groups: tuple[bytes, ...] = ()
    faults: tuple[Fault, ...] = ()
    examples: tuple[Letter, ...] = ()


def rendered(listed: bytes, template_text: bytes, still_wanted: Callable[[], None] = lambda: None) -> Rendered:
    """Every mail that can be sent, and a fault for every row, or for a whole file, that cannot."""
    try:
        columns, found = recipients(listed)
    except Unusable as error:
        return _nothing(Fault(f"the list of recipients: {error}"))
    try:
        form = _form(template_text, columns)
    except Unusable as error:
        return _nothing(Fault(f"the template: {error}"))
    return _rendered(form, found, still_wanted)


def _form(content: bytes, columns: list[str]) -> Template:
    form = template(content)
    if unknown := sorted(form.placeholders - set(columns)):
        known = ", ".join(columns)
        raise Unusable(f"it has the placeholder {{{unknown[0]}}}, and the list has only the columns {known}"[:400])
    return form


def _nothing(fault: Fault) -> Rendered:
    return Rendered(Batch(subject="", groups=()), faults=(fault,))


def _rendered(form: Template, found: Iterable[Recipient | Fault], still_wanted: Callable[[], None]) -> Rendered:
    letters, faults = list[Letter](), list[Fault]()
    for each in found:
        still_wanted()
        made = each if isinstance(each, Fault) else _letter(form, each)
        if isinstance(made, Fault):
            faults.append(made)
        else:
            letters.append(made)
    groups = list(_groups(letters))
    batch = Batch(subject=form.subject, groups=tuple(group for group, _ in groups))
    contents = tuple(content for _, content in groups)
    return Rendered(batch, contents, tuple(faults), tuple(letters[:EXAMPLES]))


def _letter(form: Template, recipient: Recipient) -> Letter | Fault:
    try:
        subject, text = form.rendered(recipient.values)
    except Unrenderable as error:
        return Fault(str(error), recipient.row)
    return Letter(row=recipient.row, to=recipient.to, subject=subject, text=text)


def _groups(letters: list[Letter]) -> Iterable[tuple[Group, bytes]]:
    size = group_size(len(letters))
    for start in range(0, len(letters), size):
        mine = letters[start : start + size]
        content = dumped(mine)
        rows = tuple((letter.row, letter.to) for letter in mine)
        yield Group(sha256=hashlib.sha256(content).hexdigest(), rows=rows), content
