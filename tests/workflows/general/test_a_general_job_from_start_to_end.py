"""A general job: it plans, writes a file, reads it, asks, completes and finishes; every answer is an event."""

from domain.answers import Finish, PlannedCall
from domain.events import JobCompleted, ModelAnswered, QuestionAsked, ToolReturned
from settings import Settings
from tests.support.jobs import ended, events, verified, waits
from tests.support.language_server import LanguageServer, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import Ask

PLAN = ("plan", {"items": [{"item": "notes", "text": "Write the notes"}, {"item": "check", "text": "Check the notes"}]})
WRITE = ("write_file", {"path": "notes/all.md", "content": "one\ntwo\n", "todo_item": "notes", "completes_item": True})
READ = ("read_file", {"path": "notes/all.md", "todo_item": "check", "completes_item": False})
ASK = ("ask", {"question": "Is two enough?", "default": "Two is enough."})
COMPLETE = ("complete", {"note": "Two lines, as ann wants.", "todo_item": "check"})
FINISH = ("finish", {"result": "notes/all.md has two lines", "learnings": ["ann likes two lines"]})


async def test_it_plans_writes_asks_completes_and_finishes(
    world: World, server: LanguageServer, settings: Settings, general: Ask
) -> None:
    server.script = [calls(PLAN, WRITE, text="First the notes."), *map(calls, (READ, ASK, COMPLETE, FINISH))]
    asked = general()
    await world.longhaul.start(asked)
    waiting = await waits(world.longhaul, asked.job)
    await world.longhaul.say(asked.job, "answer", {"by": "ann", "request": waiting.requests[0].id, "text": "Yes, two."})
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert state.end.result == "notes/all.md has two lines"
    found = await events(world.longhaul, asked.job)
    answered = [event for event in found if isinstance(event, ModelAnswered)]
    assert [type(event.intent) for event in answered][-1] is Finish
    assert [event.intent.tool for event in answered if isinstance(event.intent, PlannedCall)] == [
        "write_file",
        "read_file",
        "complete",
    ]
    assert answered[0].says == "First the notes."
    assert answered[0].model == "openai:test-model"
    assert (answered[0].usage.tokens_in, answered[0].usage.tokens_out) == (1000, 100)
    assert answered[0].usage.cost == 0.002
    assert state.cost == 0.01
    assert [event.about for event in found if isinstance(event, QuestionAsked)] == ["Is two enough?"]
    assert (settings.home / "agents" / asked.agent / "notes/all.md").read_text() == "one\ntwo\n"
    assert [event.files[0].path for event in found if isinstance(event, ToolReturned) and event.files] == [
        "notes/all.md"
    ]
    memory = await world.longhaul.memories.load(asked.agent)
    assert [entry.text for entry in memory.entries] == ["ann likes two lines"]
    await verified(world.longhaul, asked.job)


async def test_each_prompt_says_all_that_is_known(world: World, server: LanguageServer, general: Ask) -> None:
    server.script = [calls(PLAN, WRITE), *map(calls, (READ, ASK, COMPLETE, FINISH))]
    asked = general("write the notes of the day")
    await world.longhaul.start(asked)
    waiting = await waits(world.longhaul, asked.job)
    await world.longhaul.say(asked.job, "answer", {"by": "ann", "request": waiting.requests[0].id, "text": "Yes, two."})
    await ended(world.longhaul, asked.job)
    prompts = [each.prompt for each in server.asked]
    assert all("# Goal\nwrite the notes of the day" in prompt for prompt in prompts)
    assert "There is none yet: call plan." in prompts[0]
    assert "[x] notes: Write the notes" in prompts[1]
    assert "Step 2, read_file for item check (read notes/all.md): returned" in prompts[2]
    assert "> one\n> two" in prompts[2]
    assert "You: Is two enough?\nann: Yes, two." in prompts[3]
    assert {"complete", "write_file", "plan", "ask", "finish", "give_up"} < set(server.asked[0].offered)
    assert "list_folder" not in server.asked[0].offered


async def test_a_plan_alone_is_answered_with_a_request_to_begin(
    world: World, server: LanguageServer, general: Ask
) -> None:
    server.script = [calls(PLAN), calls(WRITE), calls(COMPLETE), calls(FINISH)]
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    first = next(event for event in await events(world.longhaul, asked.job) if isinstance(event, ModelAnswered))
    assert (first.usage.tokens_in, first.usage.cost) == (2000, 0.004)
    assert server.asked[1].body["messages"][-1]["role"] == "tool"


async def test_a_requirement_reaches_the_model_which_must_plan_anew(
    world: World, server: LanguageServer, general: Ask
) -> None:
    server.script = [calls(PLAN, ASK)]
    asked = general()
    await world.longhaul.start(asked)
    await waits(world.longhaul, asked.job)
    one = ("plan", {"items": [{"item": "check", "text": "Check the notes"}]})
    server.script = [calls(COMPLETE), calls(one, COMPLETE), calls(FINISH)]
    await world.longhaul.say(asked.job, "tell", {"by": "ann", "text": "no notes, only check"})
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert "Revision 2, by ann: no notes, only check" in server.asked[1].prompt
    assert "Plan, which is out of date: it was made for revision 1, not 2" in server.asked[1].prompt
    assert "revision 2 of the requirements needs a new plan" in server.asked[2].prompt


async def test_several_calls_at_once_are_carried_out_one_by_one(
    world: World, server: LanguageServer, general: Ask
) -> None:
    server.script = [calls(PLAN, WRITE, READ, COMPLETE), calls(COMPLETE), calls(FINISH)]
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert [step.tool for step in state.steps] == ["write_file", "complete"]
