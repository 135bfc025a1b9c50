"""People let agents read each other's memory, see who did, and have words erased for good: what each command prints."""

import asyncio
import json

import pytest

from settings import Settings
from tests.integration.test_memory_on_the_command_line import Memory
from tests.integration.test_the_command_line import Terminal

SECRET = "Marlowe Quenby owes 4711 guilders"


@pytest.fixture
def memory(settings: Settings) -> Memory:
    terminal = Terminal(settings)
    return lambda *words: terminal("memory", *words)


@pytest.fixture
def bob(unique: str) -> str:
    return f"{unique}-bob"


async def test_a_memory_is_shared_and_every_reading_told(memory: Memory, unique: str, bob: str) -> None:
    await memory("remember", unique, "learnings", "Dues are Eve's")
    await memory("remember", unique, "projects", "Dues are to be abolished")
    refused = await memory("search", unique, "dues?", "--as", bob)
    assert (refused.code, refused.out) == (2, "")
    assert f"agent {bob} may not read the memory of agent {unique}" in refused.err
    given = await memory("grant", unique, bob, "--section", "learnings", "--until", "2999-01-01", "--by", "ann")
    assert given.out == f"version 3: agent {bob} may read Key Learnings until 2999-01-01 00:00 UTC\n"
    assert (await memory("grant", unique, bob, "--section", "learnings", "--until", "2999-01-01")).out == (
        "nothing changed: it is so already\n"
    )
    found = await memory("search", unique, "dues?", "--as", bob)
    assert "Dues are Eve's" in found.out
    assert "abolished" not in found.out
    log = json.loads((await memory("log", unique, "-o", "json")).out)
    assert (log[-1]["by"], log[-1]["story"]) == (f"agent {bob}", f"read by agent {bob}: m1")
    for agent in (unique, bob):
        (row,) = json.loads((await memory("grants", agent, "-o", "json")).out)
        assert (row["agent"], row["reader"], row["section"], row["access"]) == (unique, bob, "Key Learnings", "read")
    taken = await memory("revoke", unique, bob, "--reason", "over", "--by", "ann")
    assert taken.out == f"version 5: agent {bob} may no longer read Key Learnings: over\n"
    assert (await memory("search", unique, "dues?", "--as", bob)).code == 2


async def test_several_agents_at_once_are_shown_only_what_was_granted(memory: Memory, unique: str) -> None:
    names = [f"{unique}-{letter}" for letter in "abc"]
    for name in names:
        for section in ("learnings", "projects"):
            await memory("remember", name, section, f"dues of {name} under {section}")
    await memory("grant", names[0], names[1], "--section", "learnings")
    await memory("grant", names[1], names[2], "--section", "projects")

    async def shown(owner: str, reader: str) -> set[str]:
        said = await memory("search", owner, "dues", "--as", reader, "-o", "json")
        return {row["text"] for row in json.loads(said.out)} if said.code == 0 else set()

    pairs = [(owner, reader) for owner in names for reader in names if owner != reader]
    found = dict(zip(pairs, await asyncio.gather(*(shown(*pair) for pair in pairs)), strict=True))
    assert {pair: texts for pair, texts in found.items() if texts} == {
        (names[0], names[1]): {f"dues of {names[0]} under learnings"},
        (names[1], names[2]): {f"dues of {names[1]} under projects"},
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ann", "ann"), "agent ann reads its own memory anyway"),
        (("ann", "B!"), "'B!' is no agent's id"),
        (("ann", "bob", "--until", "2020-01-01"), "--until 2020-01-01 is over already"),
        (("ann", "bob", "--until", "soon"), "'soon' is no time"),
        (("ann", "bob", "--write", "--section", "decisions"), "no other agent writes to 'Recent Decisions'"),
    ],
)
async def test_a_wrong_grant_is_refused_with_what_would_be_right(
    words: tuple[str, ...], told: str, memory: Memory
) -> None:
    said = await memory("grant", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


async def test_an_entry_is_erased_for_good(memory: Memory, unique: str, settings: Settings) -> None:
    owner = Terminal(settings, (("LONGHAUL_POSTGRES_OWNER_DSN", settings.migrations_dsn),))
    await memory("remember", unique, "learnings", SECRET)
    await memory("remember", unique, "learnings", "Ships leave on Mondays")
    look = await memory("erase", unique, "m1", "--reason", "he asked", "--check")
    assert look.out == f"m1 stands in:\n  agent/{unique}, version 1\n"
    assert SECRET in (await memory("show", unique)).out
    refused = await memory("erase", unique, "m1", "--reason", "he asked")
    assert (refused.code, "set LONGHAUL_POSTGRES_OWNER_DSN" in refused.err) == (2, True)
    done = await owner("memory", "erase", unique, "m1", "--reason", "he asked", "--by", "ann")
    assert done.out == f"m1 was erased from:\n  agent/{unique}, version 1\n"
    assert "Not within reach of this command: backups" in done.err
    for words in (("show",), ("show", "--at", "1"), ("log",), ("log", "-o", "json"), ("search", "Marlowe")):
        said = await memory(words[0], unique, *words[1:])
        assert "Marlowe" not in said.out, words
    log = json.loads((await memory("log", unique, "-o", "json")).out)
    assert (log[-1]["by"], log[-1]["story"]) == ("ann", "erased m1 from version 1: he asked")
    again = await memory("erase", unique, "m1", "--reason", "he asked")
    assert (again.code, "was erased already" in again.err) == (2, True)
    assert (await memory("erase", unique, "m9", "--reason", "he asked")).code == 2
