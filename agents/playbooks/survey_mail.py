"""Whether the report still is to be mailed, and if not, what became of that."""

from dataclasses import dataclass

from pydantic import JsonValue

from agents.mail.address import is_address
from agents.playbooks.survey_plan import Line, mail_line, write_line
from agents.playbooks.survey_view import View
from agents.survey.words import plain
from domain.canonical import args_hash
from domain.facts import Consent, UnknownCall
from domain.messages import Verdict
from domain.todo import ItemResult

TRIES = 3
"""So often a mail is tried that is known to be unsent each time."""


@dataclass(frozen=True)
class Mail:
    """What stands about the mail. `wanted`: its item stays; `due`: it can be sent now."""

    wanted: bool = False
    due: bool = False
    remark: str = ""


def mail(view: View, line: Line) -> Mail:
    """What stands about the mail of the report as it now is."""
    sent = view.results.get(line.item)
    if sent is not None:
        return Mail(wanted=True, remark=_sent(view, sent))
    if why := _settled_against(view, line) or _consent_against(view) or _failed(view, line):
        return Mail(remark=f"It was not mailed to {view.wishes.email}: {why}.")
    return _open(view, line)


def remark(view: View) -> str:
    """One sentence about the mail, or nothing when nobody wanted one."""
    address = view.wishes.email
    if not address:
        return ""
    if not is_address(address):
        return f'It was not mailed: "{plain(address, 100)}" is no mail address.'
    return mail(view, mail_line(view)).remark


def mail_args(view: View) -> dict[str, JsonValue] | None:
    """The call, once there is a report."""
    report = view.results.get(write_line(view).item, ItemResult()).data.get("sha256")
    if not isinstance(report, str):
        return None
    return {"to": view.wishes.email, "subject": view.title, "body_ref": report}


def _open(view: View, line: Line) -> Mail:
    address = view.wishes.email
    if line.tool not in view.context.tools:
        return Mail(remark=f"It was not mailed to {address}: there is no tool for mail.")
    if write_line(view).item in view.results and mail_args(view) is None:
        return Mail(remark=f"It was not mailed to {address}: no report was written.")
    if any(_is_open(unknown) for unknown in _unknown(view, line)):
        return Mail(wanted=True, remark=f"Whether it reached {address} is not known.")
    if view.was_deleted(line.item):
        return Mail(remark=f"It was not mailed to {address}: the item was taken off the list.")
    return Mail(wanted=True, due=True, remark=f"It was not mailed to {address} yet.")


def _sent(view: View, result: ItemResult) -> str:
    address = view.wishes.email
    if "message_id" in result.data:
        return f"It was mailed to {address}."
    return f"Its mail to {address}: {plain(result.text, 200) or 'done by hand'}."


def _settled_against(view: View, line: Line) -> str:
    skipped = any(unknown.verdict is Verdict.SKIP for unknown in _unknown(view, line))
    return "its outcome was unknown, and it was not to be sent again" if skipped else ""


def _consent_against(view: View) -> str:
    args = mail_args(view)
    if args is None:
        return ""
    digest, revision = args_hash("send_email", args), view.context.state.revision
    against = [c for c in view.context.state.consents if (c.args_hash, c.revision) == (digest, revision)]
    return next((_words(consent) for consent in reversed(against) if consent.verdict != "granted"), "")


def _words(consent: Consent) -> str:
    if consent.verdict == "expired":
        return "nobody approved it in time"
    why = f" ({plain(consent.why, 200)})" if consent.why else ""
    return f"denied by {plain(consent.by or 'somebody', 100)}{why}"


def _failed(view: View, line: Line) -> str:
    failed = [step for step in view.context.state.steps if (step.item, step.outcome) == (line.item, "failed")]
    return f"{len(failed)} tries failed, the last: {plain(failed[-1].text, 300)}" if len(failed) >= TRIES else ""


def _unknown(view: View, line: Line) -> list[UnknownCall]:
    return [unknown for unknown in view.context.state.unknown if unknown.open.call.item == line.item]


def _is_open(unknown: UnknownCall) -> bool:
    return unknown.verdict is None and unknown.happened is None
