"""remember and forget change the agent's memory in the commit of their outcome; a mail's text goes by reference."""

from domain.events import JobCompleted, ToolCalled, ToolFailed
from domain.memory import Author, Remembered, Section
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
    assert f"{gone} Current Focus\n> an old fact" in server.asked[0].prompt
    assert "an old fact" not in server.asked[1].prompt
    assert [entry.text for entry in (await world.longhaul.memories.load(asked.agent)).entries] == ["a new fact"]
    [failed] = [event for event in await events(world.longhaul, asked.job) if isinstance(event, ToolFailed)]
    assert (failed.kind, failed.why) == (
        "invalid",
        f"The tool cannot work with these arguments: there is no memory '{gone}'; there are none",
    )


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
