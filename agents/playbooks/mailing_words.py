"""What a mailing says of itself."""

from agents.mailing.batch import Group
from agents.playbooks.mailing_view import View
from agents.survey.words import count, plain
from domain.facts import Consent
from domain.messages import Verdict
from domain.parts import Ranges, holds
from domain.parts import count as size

RANGES_SHOWN = 20


def result(view: View) -> str:
    """What was mailed, and what became of the rest."""
    state = view.context.state
    mailed, refused = size(state.parts), size(state.refused_parts)
    left_out = [call for call in state.unknown if call.verdict is Verdict.SKIP and not call.happened]
    unwanted = sum(not view.choice.wants(to) for group in view.batch.groups for _, to in group.rows)
    parts = [
        f"Mailed {mailed:,} of {count(view.batch.mails, 'mail')} (batch {view.digest[:12]}, mailing.md)",
        f"{count(unwanted, 'row')} left out by request" if unwanted else "",
        f"{refused:,} refused for good: {rows(state.refused_parts)}" if refused else "",
        f"{len(view.in_doubt):,} in doubt" if view.in_doubt else "",
        f"{len(left_out):,} in doubt and not to be sent again" if left_out else "",
        "the files were not read again: mails had gone out" if view.late_reloads else "",
        *(f'not understood: "{plain(text, 100)}" ({plain(by, 50)})' for text, by in view.heard.set_aside),
    ]
    return "; ".join(part for part in parts if part) + "."


def group(view: View, of: Group) -> str:
    """What became of one group."""
    mailed = sum(holds(view.context.state.parts, row) for row, _ in of.rows)
    return f"mailed {mailed:,} of {count(len(of.rows), 'row')}"


def against(consent: Consent) -> str:
    """Why a batch may not be mailed."""
    if consent.verdict == "expired":
        return "nobody approved the batch in time"
    why = f" ({plain(consent.why, 200)})" if consent.why else ""
    return f"the batch was denied by {plain(consent.by or 'somebody', 100)}{why}"


def rows(ranges: Ranges) -> str:
    """rows 5, 9 to 12"""
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:RANGES_SHOWN]]
    return f"rows {', '.join(shown)}{' …' if len(ranges) > RANGES_SHOWN else ''}"
