"""The kit on tools that keep their promise and on tools that lie: the latter are caught, with the way there."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from chaos.torture.given import CannotTorture, Torture
from chaos.torture.run import tortured
from chaos.torture.scenario import Halt, Scenario
from chaos.torture.stage import staged
from chaos.torture.trial import Trial, Verdict
from domain.answers import Effect
from settings import Settings
from tests.integration.test_the_command_line import Terminal
from tests.torture import torture

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "chaos" / "torture" / "examples"
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
LONG = pytest.mark.timeout(400)

Play = Callable[[Torture, Scenario], Awaitable[Verdict]]


@LONG
async def test_a_tool_that_wrongly_declares_keyed_is_caught(settings: Settings) -> None:
    done = await Terminal(settings)("torture", str(EXAMPLES / "wrongly_keyed.py"), "-o", "json")
    assert done.code == 1, done.err
    [report] = done.json()
    assert (report["tool"], report["effect"], report["kept"]) == ("order_under_a_new_key", "keyed", False)
    broken = {verdict["scenario"]: verdict for verdict in report["broken"]}
    assert 10 < len(broken) < report["scenarios"]
    found = broken["first attempt killed after_effect"]
    assert (found["broken"], found["effects"]) == ("it happened 2 times", 2)
    assert [(step["who"], step["effects"]) for step in found["steps"]] == [
        ("first attempt", 1),
        ("first attempt", 1),
        ("second attempt", 2),
    ]
    assert found["steps"][-1]["journal"] == ["CallRenewed", "ToolReturned"]
    assert "first attempt killed before_effect" not in broken


@LONG
def test_an_honest_tool_of_each_effect_keeps_its_promise() -> None:
    torture(EXAMPLES / "honest.py")


@LONG
def test_the_pages_tool_keeps_its_promise(tmp_path: Path) -> None:
    """The two files of the page on extending, as a test of one line."""
    plugin, about = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "invoicing.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "torture_invoicing.py").write_text(about, encoding="utf-8")
    torture(tmp_path / "torture_invoicing.py")


def test_the_test_of_one_line_fails_with_what_the_command_says() -> None:
    with pytest.raises(AssertionError, match=r"ended with 2\nlonghaul: .* does not say what to call complete with"):
        torture(ROOT / "agents" / "tools" / "complete.py")


class Text(Args):
    """The mark."""

    text: str


class Target:
    """What came, by its mark and key; `knows` is what it answers when it is asked."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []
        self.knows: bool | None = None

    async def send(self, ctx: ToolContext, args: Text) -> ToolResult:
        ctx.last_check()
        return await self.send_unchecked(ctx, args)

    async def send_unchecked(self, ctx: ToolContext, args: Text) -> ToolResult:
        self.came.append((args.text, ctx.key))
        return ToolResult(text="sent")

    async def lookup(self, ctx: ToolContext, args: Text) -> ToolResult | None:
        knows = (args.text, ctx.key) in self.came if self.knows is None else self.knows
        return ToolResult(text="it has it") if knows else None

    def torture(self, effect: Effect, run: Any = None, **more: Any) -> Torture:
        lookup = self.lookup if effect is Effect.LOOKUP else None
        tool = Tool(
            name="send", effect=effect, args=Text, run=run or self.send, summary=lambda args: "send", lookup=lookup
        )
        counted = {"applied": lambda mark: sum(text == mark for text, _ in self.came), **more}
        return Torture(tool=tool, args=lambda mark: {"text": mark}, seconds=0.6, **counted)


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def play(settings: Settings, unique: str) -> Play:
    """Plays one scenario in this process. A killed attempt would stand still in it to its end: none is killed."""

    async def one(given: Torture, scenario: Scenario) -> Verdict:
        async with staged(settings, given) as stage:
            return await Trial(stage, scenario, unique).played()

    return one


UNHEARD = Scenario(how="unheard", alone=True)
STANDS_STILL = Scenario(how="suspended", point="before_effect", late=True, alone=True)
SLEEPER = Scenario(how="suspended", point="before_effect", late=True)
MEANWHILE = Scenario(how="suspended", point="after_call", second=Halt(point="after_check", how="suspended"))


async def test_a_pure_tool_that_changes_something_is_caught(play: Play, target: Target) -> None:
    assert (
        await play(target.torture(Effect.PURE), Scenario(alone=True))
    ).broken == "it is declared pure, and had 1 effect"


async def test_a_transactional_tool_that_sends_outside_is_caught(play: Play, target: Target) -> None:
    verdict = await play(target.torture(Effect.TRANSACTIONAL), UNHEARD)
    assert verdict.broken == "the journal says that it did not happen, and it happened"


async def test_a_keyed_tool_whose_target_forgets_keys_is_caught(play: Play, target: Target) -> None:
    assert (await play(target.torture(Effect.KEYED), UNHEARD)).broken == "it happened 2 times"


async def test_a_lookup_that_says_no_where_it_happened_is_caught(play: Play, target: Target) -> None:
    target.knows = False
    verdict = await play(target.torture(Effect.LOOKUP), UNHEARD)
    assert (verdict.broken, verdict.excused) == ("it happened 2 times", False)


async def test_a_lookup_that_says_yes_where_nothing_happened_is_caught(play: Play, target: Target) -> None:
    target.knows = True
    verdict = await play(target.torture(Effect.LOOKUP), Scenario(how="suspended", point="before_effect"))
    assert verdict.broken == "the journal says that it happened, and it did not"


@pytest.mark.parametrize("effect", [Effect.KEYED, Effect.LOOKUP, Effect.ONCE])
async def test_a_tool_without_a_last_check_is_caught(effect: Effect, play: Play, target: Target) -> None:
    verdict = await play(target.torture(effect, target.send_unchecked), STANDS_STILL)
    assert "sent after its deadline: call ctx.last_check()" in verdict.broken


async def test_a_lookup_without_a_last_check_lets_a_sleeper_send_again(play: Play, target: Target) -> None:
    verdict = await play(target.torture(Effect.LOOKUP, target.send_unchecked), SLEEPER)
    assert (verdict.broken, verdict.excused) == ("it happened 2 times", False)


@pytest.mark.parametrize("scenario", [UNHEARD, STANDS_STILL, SLEEPER, MEANWHILE], ids=lambda each: each.name)
@pytest.mark.parametrize("effect", [Effect.LOOKUP, Effect.ONCE])
async def test_who_keeps_the_rules_breaks_nothing(
    effect: Effect, scenario: Scenario, play: Play, target: Target
) -> None:
    verdict = await play(target.torture(effect), scenario)
    assert not verdict.broken or verdict.excused, verdict


async def test_a_sleeper_between_check_and_send_is_excused_for_lookup(play: Play, target: Target) -> None:
    verdict = await play(target.torture(Effect.LOOKUP), Scenario(how="suspended", point="after_check"))
    assert (verdict.broken, verdict.excused) == ("it happened 2 times", True)


async def test_of_once_in_doubt_a_person_is_asked(play: Play, target: Target) -> None:
    verdict = await play(target.torture(Effect.ONCE), Scenario(how="suspended", point="before_effect"))
    assert [step.journal for step in verdict.steps] == [("ToolCalled",), ("OutcomeUnknown",), ("LateOutcome",)]
    assert (verdict.broken, verdict.journal, verdict.effects) == ("", "did not happen", 0)


async def test_a_suspended_attempt_runs_nothing_of_what_follows(play: Play, target: Target) -> None:
    """Neither its effect nor its `finally` before it wakes up: the count after the second attempt is the second's."""

    async def run(ctx: ToolContext, args: Text) -> ToolResult:
        try:
            ctx.last_check()
        finally:
            target.came.append((args.text, "finally"))
        return ToolResult(text="sent")

    verdict = await play(target.torture(Effect.KEYED, run), Scenario(how="suspended", point="after_check"))
    assert [step.effects for step in verdict.steps] == [0, 1, 2]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"applied": lambda mark: 0}, "the witness counts 0 effects, where 'happened' and 1 would be right"),
        ({"applied": lambda mark: 1 / 0}, "send: applied: ZeroDivisionError"),
        ({"applied": None, "applied_sql": "select %s::nonsense"}, "send: applied: UndefinedObject"),
        ({"tables": "create nonsense"}, "send: tables: SyntaxError"),
        ({"target": lambda: 1 / 0}, "send: target: ZeroDivisionError"),
    ],
)
async def test_what_is_wrong_with_what_was_given_is_said(
    more: dict[str, Any], why: str, settings: Settings, target: Target
) -> None:
    with pytest.raises(CannotTorture) as refused:
        await tortured(settings, target.torture(Effect.ONCE, **more))
    assert why in str(refused.value)


async def test_a_file_that_says_too_little_is_wrong_use(settings: Settings) -> None:
    done = await Terminal(settings)("torture", str(ROOT / "agents" / "tools" / "complete.py"))
    assert (done.code, done.out) == (2, "")
    assert "does not say what to call complete with" in done.err
    assert "tool=COMPLETE" in done.err
