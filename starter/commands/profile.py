"""Who an agent is, and what people prefer: values that people set, which every job is told."""

import time
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from domain.memory import AgentState
from domain.preference import Preference, PreferenceSet, ProfileSet, settings
from starter.client import Longhaul
from starter.commands.options import By, Output, speaker
from starter.connect import connected
from starter.memory_story import setting
from starter.output import clock, data, line, next_commands, show, table
from starter.typed import agent_id, pairs, person
from stores.people import Change

PROFILE = "KEY=VALUE: name, role, or any other key for a standing rule; KEY= takes it back"


def show_(agent: str, /, *, output: Output = "text") -> None:
    """Print an agent's profile: its name, its role and its standing rules."""
    profile = connected(lambda longhaul: longhaul.memories.load(agent_id(agent))).profile
    _print(profile, output, f"agent {agent} has no profile")
    if output == "text":
        next_commands(f"longhaul profile set {agent} role=…", f"longhaul memory log {agent}")


def set_(
    agent: str, /, *values: Annotated[str, Parameter(help=PROFILE)], by: By = None, output: Output = "text"
) -> None:
    """Set values of an agent's profile, heard before its next decision."""
    wanted = pairs(values, "role=bookkeeper")

    async def use(longhaul: Longhaul) -> list[ProfileSet]:
        made = list[ProfileSet]()

        def judge(memory: AgentState) -> Sequence[ProfileSet]:
            made[:] = settings(ProfileSet, memory.profile, wanted, speaker(by), time.time())
            return made

        await longhaul.memories.change(agent_id(agent), judge)
        return made

    _changed(f"agent {agent}", connected(use), output)
    if output == "text":
        next_commands(f"longhaul profile show {agent}")


def prefer_(
    who: Annotated[str, Parameter(name="PERSON")],
    /,
    *values: Annotated[str, Parameter(help="KEY=VALUE, such as format=short; KEY= takes it back; none to see them")],
    log: Annotated[bool, Parameter(help="every change: when, by whom", negative="")] = False,
    by: By = None,
    output: Output = "text",
) -> None:
    """Set how a person wants things, in every job that they ask for or speak to; or print it."""
    name = person(who)
    if not values:
        return _log(name, output) if log else _preferences(name, output)
    wanted = pairs(values, "format=short")

    async def use(longhaul: Longhaul) -> Sequence[PreferenceSet]:
        return (
            await longhaul.people.append(
                name,
                lambda state: settings(PreferenceSet, state.preferences, wanted, speaker(by), time.time()),
            )
        )[1]

    _changed(name, connected(use), output)
    if output == "text":
        next_commands(f"longhaul prefer {name}", f"longhaul prefer {name} --log")


def _preferences(name: str, output: Output) -> None:
    preferences = connected(lambda longhaul: longhaul.people.load(name)).preferences
    _print(preferences, output, f"nothing is known of what {name} prefers")
    if output == "text":
        next_commands(f"longhaul prefer {name} format=short", f"longhaul prefer {name} --log")


def _log(name: str, output: Output) -> None:
    changes: list[Change] = connected(lambda longhaul: longhaul.people.history(name))
    if output != "text":
        return data(
            [{"version": each.version, "at": each.at, "data": each.event.model_dump(mode="json")} for each in changes],
            output,
        )
    rows = [(str(each.version), clock(each.at), line(each.event.by), setting(each.event)) for each in changes]
    table(("version", "at (UTC)", "by", "what"), rows)
    next_commands(f"longhaul prefer {name}")


def _print(values: Sequence[Preference], output: Output, nothing: str) -> None:
    if output != "text":
        return data([each.model_dump(mode="json") for each in values], output)
    if not values:
        return show(nothing)
    rows = [(each.key, line(each.value, 200), line(each.by), clock(each.at), str(each.version)) for each in values]
    table(("key", "value", "by", "since (UTC)", "version"), rows)


def _changed(whose: str, events: Sequence[ProfileSet | PreferenceSet], output: Output) -> None:
    if output != "text":
        return data([event.model_dump(mode="json") for event in events], output)
    for event in events:
        show(f"{whose}: {setting(event)}; heard before the next decision")
    if not events:
        show("nothing changed: it is so already")
