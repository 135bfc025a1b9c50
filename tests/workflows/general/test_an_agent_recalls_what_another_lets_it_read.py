"""recall finds an agent's own archive, and what another agent lets it read; remember adds to that likewise."""

from domain import sharing
from domain.events import ToolFailed, ToolReturned
from domain.memory import Author, MemoryAdded, Remembered
from domain.sections import Section
from domain.sharing import Access, AccessGranted, MemoryRead
from tests.support.jobs import ended, events
from tests.support.language_server import LanguageServer, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import Ask

PLAN = ("plan", {"items": [{"item": "dues", "text": "Find out who pays the harbour dues"}]})
OPEN = {"todo_item": "dues", "completes_item": False}
DONE = {"todo_item": "dues", "completes_item": True}
FACT = Remembered(section=Section.PROJECTS, text="harbour dues are paid by Eve")
WRITE = {"memories": [{"section": "Ongoing Projects", "text": "the dues went up"}]}


async def test_it_recalls_and_remembers_where_it_may(world: World, server: LanguageServer, general: Ask) -> None:
    asked, memories = general("who pays?"), world.longhaul.memories
    owner, ask = f"{asked.agent}-owner", {"question": "harbour dues", "agent": f"{asked.agent}-owner"}
    await memories.append(owner, lambda memory: memory.remember([FACT], Author("ann", 1.0)))
    grant = AccessGranted(reader=asked.agent, sections=(Section.PROJECTS,), access=Access.WRITE, by="ann")
    await memories.append(owner, lambda memory: sharing.given(memory.grants, grant))
    server.script = [
        calls(PLAN),
        calls(("recall", {**ask, **OPEN})),
        calls(("remember", {**WRITE, "agent": owner, **DONE})),
        calls(("finish", {"result": "Eve pays"})),
    ]
    await world.longhaul.start(asked)
    await ended(world.longhaul, asked.job)
    [recalled, remembered] = [
        each for each in await events(world.longhaul, asked.job) if isinstance(each, ToolReturned)
    ]
    assert recalled.result.data == {"found": 1}
    assert [FACT.text in each.prompt for each in server.asked] == [False, False, True, True]
    assert remembered.result.text == f"remembered 1 under Ongoing Projects for agent {owner}"
    read, added = [each.event for each in await memories.history(owner)][-2:]
    assert read == MemoryRead(reader=asked.agent, entries=("m1",), job=asked.job, step=1)
    assert isinstance(added, MemoryAdded)
    assert (added.entry.source, added.entry.trust, added.entry.job) == (f"agent {asked.agent}", "tool", asked.job)


async def test_without_a_grant_it_learns_nothing(world: World, server: LanguageServer, general: Ask) -> None:
    asked, memories = general("who pays?"), world.longhaul.memories
    owner = f"{asked.agent}-owner"
    await memories.append(owner, lambda memory: memory.remember([FACT], Author("ann", 1.0)))
    server.script = [
        calls(PLAN),
        calls(("recall", {"question": "harbour dues", "agent": owner, **OPEN})),
        calls(("remember", {**WRITE, "agent": owner, **OPEN})),
        calls(("give_up", {"reason": "I may not know"})),
    ]
    await world.longhaul.start(asked)
    await ended(world.longhaul, asked.job)
    [read, written] = [each for each in await events(world.longhaul, asked.job) if isinstance(each, ToolFailed)]
    assert f"agent {asked.agent} may not read the memory of agent {owner}" in read.why
    assert f"agent '{asked.agent}' may not write to 'Ongoing Projects' of agent '{owner}'" in written.why
    assert not any(FACT.text in each.prompt for each in server.asked)
    assert [entry.text for entry in (await memories.load(owner)).entries] == [FACT.text]
