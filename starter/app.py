"""The commands by name, each loaded when it is called."""

from collections.abc import Sequence

from cyclopts import App, CycloptsError

from starter.output import Exit, say
from starter.run import exit_code

COMMANDS = {
    "local": ("up", "down", "status", "doctor", "worker"),
    "jobs": ("start", "list", "show", "watch", "result"),
    "journal": ("timeline", "verify", "rebuild"),
    "people": ("tell", "answer", "approve", "reject", "pause", "resume", "cancel"),
    "recover": ("recover",),
    "tools": ("tools",),
    "report": ("report",),
    "torture": ("torture",),
    "chaos": ("chaos",),
    "demo": ("demo",),
    "codec": ("codec-server",),
    "keys": ("approver-key",),
    "profile": ("prefer",),
}
GROUPS = {
    "memory": {
        **dict.fromkeys(("show", "log", "diff", "search", "remember", "forget", "pin", "rollback", "export"), "memory"),
        **dict.fromkeys(("grant", "revoke", "grants"), "sharing"),
        "compact": "compact",
        "erase": "erase",
    },
    "todo": dict.fromkeys(("show", "log", "add", "done", "drop"), "todo"),
    "profile": dict.fromkeys(("show", "set"), "profile"),
}
"""Commands of two words, each with the module that it is in."""


def application() -> App:
    """The command line."""
    app = App(
        name="longhaul",
        help="Durable jobs for AI agents, on Temporal.",
        version_flags=["--version"],
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for module, names in COMMANDS.items():
        for name in names:
            app.command(f"starter.commands.{module}:{name.replace('-', '_')}_", name=name)
    for group, modules in GROUPS.items():
        inner = App(name=group)
        for name, module in modules.items():
            inner.command(f"starter.commands.{module}:{name}_", name=name)
        app.command(inner)
    return app


def run(words: Sequence[str]) -> int:
    """Runs one command line; returns the exit code."""
    app = application()

    def command() -> object:
        try:
            return app(list(words), exit_on_error=False, print_error=True)
        except CycloptsError:
            say(f"longhaul: see `longhaul {words[0]} --help`, or `longhaul --help` for all commands")
            return Exit.REFUSED

    return exit_code(command)
