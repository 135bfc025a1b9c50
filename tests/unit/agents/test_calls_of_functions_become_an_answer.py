"""What a language model calls becomes an answer, or is invalid with a reason that says what would be right."""

import json
from typing import Any

import pytest

from agents.functions import Call, answer, functions
from agents.tools.reference import MARK
from domain.answers import Ask, Finish, GiveUp, UseTool
from domain.decision import parse
from domain.errors import InvalidAnswer
from tests.unit.agents.language import Kept, offered

ITEM = {"todo_item": "one"}
PLAN = Call("plan", {"items": [{"item": "one", "text": "Write it up"}]})
COMPLETE = Call("complete", {"note": "done", **ITEM})


async def answered(*made: Call, text: str = "", kept: Kept | None = None) -> Any:
    return parse(await answer(made, text, offered(), (kept or Kept()).keep))


@pytest.mark.parametrize(
    ("call", "intent"),
    [
        (COMPLETE, UseTool(tool="complete", args={"note": "done"}, item="one", completes=True)),
        (Call("list_files", json.dumps(ITEM)), UseTool(tool="list_files", item="one", completes=False)),
        (Call("list_files", {**ITEM, "completes_item": True}), UseTool(tool="list_files", item="one", completes=True)),
        (Call("ask", {"question": "a?", "default": "b"}), Ask(question="a?", default="b")),
        (Call("finish", '{"result": "done", "learnings": ["x"]}'), Finish(result="done", learnings=("x",))),
        (Call("give_up", {"reason": "no way"}), GiveUp(reason="no way")),
    ],
)
async def test_a_call_is_an_intent(call: Call, intent: object) -> None:
    assert (await answered(call, text="So.")).intent == intent


async def test_a_plan_goes_with_it_and_the_first_call_counts() -> None:
    found = await answered(COMPLETE, PLAN, Call("give_up", {"reason": "x"}), text=" First. ")
    assert (found.says, found.plan[0].item, found.intent.kind) == ("First.", "one", "use_tool")


async def test_a_text_goes_by_reference() -> None:
    kept = Kept()
    found = await answered(Call("write_file", {"path": "a.md", "content": "hällo\n", **ITEM}), kept=kept)
    assert kept.contents == {found.intent.args["content"]: "hällo\n".encode()}
    again = await answered(
        Call("send_email", {"to": "a@b", "subject": "s", "body_ref": found.intent.args["content"], **ITEM})
    )
    assert again.intent.args["body_ref"] == found.intent.args["content"]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ((), "no function was called but plan"),
        ((PLAN,), "no function was called but plan"),
        ((Call("complete", '{"note": '),), "the arguments of complete are no JSON"),
        ((Call("complete", "[1]"),), "the arguments of complete are no JSON object"),
        ((Call("complete", "[" * 20_000),), "the arguments of complete are no JSON"),
        ((Call("complete", '{"note": "a", "note": "b", "todo_item": "one"}'),), "a key stands there twice"),
        ((Call("complete", '{"note": NaN, "todo_item": "one"}'),), "NaN is no JSON"),
        ((Call("complete", {"note": "a"}),), "complete: todo_item is missing"),
        ((Call("list_folder", {"folder": "/", **ITEM}),), "there is no function 'list_folder'; there are list_files"),
        ((Call("plan", "{"), COMPLETE), "the arguments of plan are no JSON"),
        ((Call("plan", {"items": [{"item": "one"}]}), COMPLETE), r"plan\.0\.text: Field required"),
        ((Call("finish", {"result": "x", "extra": 1}),), r"intent\.finish\.extra: Extra inputs"),
        ((Call("write_file", {"path": "a", "content": "\ud800", **ITEM}),), "write_file: content is no text"),
        ((Call("write_file", {"path": "a", "content": "x" * 1_000_001, **ITEM}),), "has 1000001 bytes, at most"),
    ],
)
async def test_what_is_no_answer_says_why(made: tuple[Call, ...], why: str) -> None:
    with pytest.raises(InvalidAnswer, match=why):
        await answered(*made)


def test_functions_are_made_of_the_tools_arguments() -> None:
    made = {function.name: function for function in functions(offered())}
    assert list(made)[-4:] == ["plan", "ask", "finish", "give_up"]
    write, mail = made["write_file"].schema, made["send_email"]
    assert write["required"] == ["path", "content", "todo_item", "completes_item"]
    assert write["properties"]["content"] == {
        "type": "string",
        "title": "content",
        "description": "the text itself, or the ref of an earlier result",
    }
    assert "completes_item" not in made["complete"].schema["properties"]
    assert "kind" not in made["ask"].schema["properties"]
    assert mail.about.endswith("A person must approve each call.")
    assert all(each.schema["additionalProperties"] is False for each in made.values())
    assert MARK not in json.dumps([each.schema for each in made.values()])


def test_a_tool_that_takes_a_reserved_name_is_not_offered() -> None:
    tool = offered()["complete"]
    clash = {**tool.schema, "properties": {"todo_item": {"type": "string"}}}
    with pytest.raises(ValueError, match="tool complete: an argument named todo_item"):
        functions({"complete": type(tool)(**{**tool.__dict__, "schema": clash})})
