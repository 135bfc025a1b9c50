"""remember and forget change the agent's memory in the commit of their outcome; a mail's text goes by reference."""

from domain.events import JobCompleted, ModelAnswered, ToolCalled, ToolFailed
from domain.memory import Author, Remembered
from domain.sections import Section
from stores.artifacts import Artifacts
from tests.support.jobs import ended, events, waits
from tests.support.language_server import LanguageServer, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import Ask

PLAN = ("plan", {"items": [{"item": "tidy", "text": "Tidy the memory"}]})
FINISH = ("finish", {"result": "tidied"})
OPEN = {"todo_item": "tidy", "completes_item": False}
DONE = {"todo_item": "tidy", "completes_item": True}


async def test_it_remembers_and_forgets(world: World, server: LanguageServer, general: Ask) -> None:
    asked = general("tidy up")
    old = Remembered(section=Section.FOCUS, text="an old fact")
    before = await world.longhaul.memories.append(
        asked.agent, lambda memory: memory.remember([old], Author("ann", 1.0))
    )
    gone = before.entries[0].id
    new = {"memories": [{"section": "Key Learnings", "text": "a new fact", "topic": ""}], **OPEN}
    server.script = [
        calls(PLAN, ("forget", {"entries": [gone], **OPEN})),
        calls(("forget", {"entries": [gone], **OPEN})),
        calls(("remember", {**new, **DONE})),
        calls(FINISH),
    ]
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert f"{gone} 1970-01-01 00:00 Current Focus\n> an old fact" in server.asked[0].prompt
    assert "an old fact" not in server.asked[1].prompt
    assert [entry.text for entry in (await world.longhaul.memories.load(asked.agent)).entries] == ["a new fact"]
    [failed] = [event for event in await events(world.longhaul, asked.job) if isinstance(event, ToolFailed)]
    assert (failed.kind, failed.why) == (
        "invalid",
        f"The tool cannot work with these arguments: there is no memory '{gone}'; there are none",
    )


async def test_it_is_told_what_its_archive_holds_and_the_journal_says_so(
    world: World, server: LanguageServer, general: Ask
) -> None:
    """What has left memory.md is found again for the goal, quoted, with its source; what is of no use is not shown."""
    asked, memories = general("Have the boiler repaired"), world.longhaul.memories
    page = {"trust": "web", "source": "https://boilers.example"}
    facts = [
        _fact("Boilers are repaired by Eve", **page),
        _fact("Ships leave on Mondays", happened_at=50_000.0),
        *(_fact(f"filling {number} " + "word " * 50, happened_at=7200.0) for number in range(60)),
    ]
    for said in facts:
        await memories.append(asked.agent, lambda memory, said=said: memory.remember([said], Author("ann", 1.0)))  # type: ignore[misc]
    server.script = [calls(PLAN), calls(PLAN, ("give_up", {"reason": "enough"}))]
    await world.longhaul.start(asked)
    await ended(world.longhaul, asked.job)
    prompt = server.asked[0].prompt
    archive = prompt.split("# What your archive holds on this")[1].split("\n# ")[0]
    assert "m1 1970-01-01 00:00 Key Learnings, web https://boilers.example\n> Boilers are repaired by Eve" in archive
    assert "Ships leave" not in prompt
    knew = next(event.knew for event in await events(world.longhaul, asked.job) if isinstance(event, ModelAnswered))
    assert knew is not None
    assert (knew.memory, knew.recalled) == ((await memories.load(asked.agent)).version, ("m1",))
    assert 1500 < knew.tokens <= 2100


def _fact(text: str, **more: object) -> Remembered:
    return Remembered.model_validate({"section": Section.LEARNINGS, "text": text, **more})


async def test_the_text_of_a_mail_is_bound_by_its_approval(world: World, server: LanguageServer, general: Ask) -> None:
    body = "Dear ben,\nall is well.\n"
    mail = ("send_email", {"to": "ben@example.org", "subject": "news", "body_ref": body, **DONE})
    server.script = [calls(PLAN, mail), calls(("give_up", {"reason": "there is no mail server"}))]
    asked = general("tell ben")
    await world.longhaul.start(asked)
    waiting = await waits(world.longhaul, asked.job)
    await world.longhaul.say(asked.job, "approve", {"by": "ann", "request": waiting.requests[0].id})
    state = await ended(world.longhaul, asked.job)
    [called] = [event for event in await events(world.longhaul, asked.job) if isinstance(event, ToolCalled)]
    assert called.call.args_hash == waiting.requests[0].args_hash
    kept = await Artifacts(world.longhaul.pool).fetch(str(called.call.args["body_ref"]))
    assert kept == body.encode()
    assert getattr(state.end, "why", "") == "there is no mail server"
    assert "LONGHAUL_MAIL_URL must be set" in server.asked[1].prompt
