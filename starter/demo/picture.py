"""The demo's end, as a newcomer reads it."""

from domain.events import JobRequested
from starter.demo.script import EMAIL, Outcome
from starter.output import bold, clean, line, next_commands, show
from starter.story import tell


def as_json(outcome: Outcome) -> dict[str, object]:
    """The object that `longhaul demo -o json` prints."""
    shown = (
        "job",
        "status",
        "worker_kills",
        "recovery_seconds",
        "revision",
        "mails_delivered",
        "duplicate_effects",
        "journal_verified",
        "ui_url",
        "report",
    )
    return {name: getattr(outcome, name) for name in shown}


def draw(outcome: Outcome) -> None:
    """Prints timeline, TODO.md, memory changes and the figures."""
    _heading("What happened (seconds since the start)")
    start = next(at for _, at, event in outcome.timeline if isinstance(event, JobRequested))
    for version, at, event in outcome.timeline:
        show(f"{at - start:7.2f}  {version:3}  {tell(event)}")
    _heading("TODO.md now")
    show(clean(outcome.todo).rstrip())
    _heading("What changed in memory.md")
    _memory(outcome)
    _heading("In figures")
    for name, value in _figures(outcome):
        show(f"{name:28} {value}")
    show("")
    next_commands(
        f"longhaul timeline {outcome.job}",
        "longhaul memory show demo",
        "longhaul up    (a worker in the background, for jobs of your own)",
        "longhaul start survey --agent demo --id again -i folder=.    (says what changed since)",
        "longhaul status",
        "longhaul down",
    )


def _heading(text: str) -> None:
    show(f"\n{bold(text)}")


def _memory(outcome: Outcome) -> None:
    old, new = ({entry.id: entry for entry in state.entries} for state in (outcome.before, outcome.after))
    for gone in old.keys() - new.keys():
        show(f"  - {old[gone].section}: {line(old[gone].text)}")
    for added in [entry for entry in outcome.after.entries if entry.id not in old]:
        show(f"  + {added.section}: {line(added.text)}")


def _figures(outcome: Outcome) -> list[tuple[str, str]]:
    return [
        ("job", f"{outcome.job}, {outcome.status}"),
        ("worker kills (SIGKILL)", str(outcome.worker_kills)),
        ("seconds until it moved again", f"{outcome.recovery_seconds} (the longest)"),
        ("requirements revision", str(outcome.revision)),
        ("mails delivered", f"{outcome.mails_delivered}, to {EMAIL}, counted by a local SMTP sink"),
        ("duplicate effects", str(outcome.duplicate_effects)),
        ("journal", f"{len(outcome.timeline)} events, {'verified' if outcome.journal_verified else 'NOT verified'}"),
        ("report", outcome.report),
        ("in the web UI", outcome.ui_url),
    ]
