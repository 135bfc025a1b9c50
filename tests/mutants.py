"""Takes each rule of the protocol out of a copy of the code, and checks that its test fails then.

    python -m tests.mutants [WORD ...]      only mutants whose name has one of the words

No part of the pytest run. Prints killed or SURVIVED for each; ends with 1 when one survives, or no longer applies.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "docs")
SECONDS = 240
AT_ONCE = 2


@dataclass(frozen=True)
class Mutant:
    """One rule taken out: in `file`, `old` becomes `new` (and so for each of `more`); then `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    more: tuple[tuple[str, str, str], ...] = ()


def _rule(number: int, name: str) -> str:
    [file] = (ROOT / "tests" / "integration").glob(f"test_rule_{number:02}_*.py")
    return f"{file.relative_to(ROOT)}::{name}"


JUDGE, FOLD, FACTS, HEAR, DECISION = (f"domain/{n}.py" for n in ("judge", "fold", "facts", "hear", "decision"))
SETTLE, OUTCOMES, ACT, DECIDE, JOB = (f"activities/{n}.py" for n in ("settle", "outcomes", "tools", "thinking", "job"))
JOBS, JOURNAL, MEMORY, POSTGRES = (f"stores/{n}.py" for n in ("jobs", "journal", "memory", "postgres"))
NEXT = "domain/job.py"
AHEAD = "tests/integration/test_a_quick_call_is_followed_by_the_next_decision.py"
MACHINE = '__import__("time").time()'

MUTANTS = (
    Mutant(
        "1 decide: on what no longer stands",
        JUDGE,
        "return standing.undisturbed and isinstance(standing.state.next_move(), Decide)",
        "return isinstance(standing.state.next_move(), Decide)",
        _rule(1, "test_a_decision_on_what_is_no_longer_so_is_not_made"),
    ),
    Mutant(
        "1 decide: raced is not read again",
        DECIDE,
        "        except Raced:\n            found = await self.jobs.find(found.job, found.seen)\n",
        "        except Raced:\n            raise\n",
        _rule(1, "test_of_two_decisions_at_one_version_one_stands_and_both_attempts_return_it"),
    ),
    Mutant(
        "1 call: over a message",
        JUDGE,
        "if not (standing.undisturbed and isinstance(move, Act) and move.open is None):",
        "if not (isinstance(move, Act) and move.open is None):",
        _rule(1, "test_a_call_that_a_message_precedes_is_not_made"),
        more=((ACT, "(move.open or found.standing.undisturbed)", "True"),),
    ),
    Mutant(
        "act: after a slow call it decides before people are heard",
        ACT,
        "if time.monotonic() - began < self.quick_seconds and not _is_to_stop():",
        "if not _is_to_stop():",
        f"{AHEAD}::test_a_slow_one",
    ),
    Mutant(
        "act: told to stop, it thinks on",
        ACT,
        "< self.quick_seconds and not _is_to_stop():",
        "< self.quick_seconds:",
        f"{AHEAD}::test_who_is_told_to_stop_thinks_no_further",
    ),
    Mutant(
        "act: a decision that cannot be made fails the call before it",
        ACT,
        "            return found\n",
        "            raise\n",
        f"{AHEAD}::test_a_model_that_is_down_takes_nothing_from_the_call",
    ),
    Mutant(
        "7 a cancellation is forgotten while Redis is told",
        "stores/redis.py",
        "socket_timeout=None",
        "socket_timeout=5",
        "tests/integration/test_a_cancellation_is_never_forgotten.py",
    ),
    Mutant(
        "1 call: a later attempt takes it for its own",
        ACT,
        "mine = found.state.call is None",
        "mine = True",
        _rule(4, "test_a_retry_of_once_never_sends"),
        more=((ACT, "if mine else found", "if found.state.call is None else found"),),
    ),
    Mutant(
        "1 call: raced is taken for done",
        ACT,
        "        except Raced:\n            return None\n",
        "        except Raced:\n            return await self.jobs.find(found.job, found.seen)\n",
        _rule(1, "test_two_attempts_at_one_call_make_one_call"),
    ),
    Mutant(
        "1 outcome: lost to a message that came between",
        OUTCOMES,
        "            except Raced:\n                await self.find()\n            except",
        "            except Raced:\n                await self.find()\n                return\n            except",
        _rule(1, "test_an_outcome_stands_though_a_message_came_between"),
    ),
    Mutant(
        "1 messages: something stands, so it is done",
        JUDGE,
        "    state, heard, events = standing.state, set(recorded), []\n",
        "    if standing.tail:\n        return ()\n    state, heard, events = standing.state, set(recorded), []\n",
        _rule(1, "test_a_message_is_recorded_whatever_stands_already"),
    ),
    Mutant(
        "1 messages: a repeated one again",
        JUDGE,
        "        heard.add(message.message_id)\n",
        "",
        _rule(1, "test_a_message_stands_once_however_often_it_comes"),
    ),
    Mutant(
        "1 messages: ids are not unique in the journal",
        "stores/migrations/0001_journal.sql",
        "create unique index one_event_per_message",
        "create index one_event_per_message",
        "tests/integration/test_the_journal_shows_every_change.py::test_a_message_id_stands_once",
    ),
    Mutant(
        "1 alarms: over another attempt's",
        JUDGE,
        "if not standing.undisturbed or state.end:",
        "if state.end:",
        _rule(1, "test_a_job_is_overdue_once"),
    ),
    Mutant(
        "1 end: over a message",
        JUDGE,
        "if not (standing.undisturbed and isinstance(move, Close)):",
        "if not isinstance(move, Close):",
        _rule(1, "test_a_job_does_not_end_over_a_message_that_it_has_not_seen"),
    ),
    Mutant(
        "2 a voided call is sent",
        SETTLE,
        "        if state.call_is_voided:\n            return",
        "        if False:\n            return",
        _rule(2, "test_a_voided_call_is_never_sent"),
    ),
    Mutant(
        "2 a cancelled job's call is not void",
        FACTS,
        "(self.call.revision < self.revision or self.cancelled is not None)",
        "(self.call.revision < self.revision)",
        _rule(2, "test_a_voided_call_is_never_sent"),
    ),
    Mutant(
        "2 a changed job's call is not void",
        FACTS,
        "(self.call.revision < self.revision or self.cancelled is not None)",
        "(self.cancelled is not None)",
        _rule(2, "test_a_voided_call_is_never_sent"),
    ),
    Mutant(
        "2 a voided call is renewed",
        JUDGE,
        "if standing.state.call != known or standing.state.call_is_voided:",
        "if standing.state.call != known:",
        _rule(2, "test_a_call_that_is_voided_while_it_is_looked_at_is_not_sent_again"),
    ),
    Mutant(
        "2 a voided call is given up before its deadline",
        SETTLE,
        "        if not await self._outlived():\n            return None\n        if self.tool.effect is not",
        "        if self.tool.effect is not",
        _rule(2, "test_a_voided_call_is_given_up_only_after_its_deadline"),
    ),
    Mutant(
        "2 a voided lookup is not asked",
        SETTLE,
        "if self.tool.effect is not Effect.LOOKUP:",
        "if True:",
        _rule(2, "test_a_voided_call_that_went_out_is_found_by_asking"),
    ),
    Mutant(
        "2 a pause comes before the open call",
        NEXT,
        "        if self.call:\n            return Act(",
        "        if self.call and not self.pause:\n            return Act(",
        _rule(2, "test_a_paused_job_settles_its_open_call_first"),
    ),
    Mutant(
        "2 a cancellation comes before the open call",
        NEXT,
        "        if self.call:\n            return Act(",
        "        if self.call and not self.cancelled:\n            return Act(",
        _rule(2, "test_a_cancelled_job_ends_only_after_its_open_call"),
    ),
    Mutant(
        "3 the key is the step",
        SETTLE,
        'key=f"{job}/{self.call.version}"',
        'key=f"{job}/{self.call.step}"',
        _rule(3, "test_the_key_is_job_and_version_of_the_call"),
    ),
    Mutant(
        "3 the key is drawn",
        SETTLE,
        'key=f"{job}/{self.call.version}"',
        'key=f"{job}/{time.time()}"',
        _rule(3, "test_a_retry_sends_under_the_same_key"),
    ),
    Mutant(
        "4 the last check knows no deadline",
        SETTLE,
        "        if self._seconds_left() <= 0:\n            raise",
        "        if False:\n            raise",
        _rule(4, "test_a_tool_that_stood_still_past_its_deadline_sends_nothing"),
    ),
    Mutant(
        "4 a retry does not wait",
        SETTLE,
        "if time.time() > current.deadline + CLOCK_MARGIN:",
        "if True:",
        _rule(4, "test_a_retry_that_must_not_overlap_waits_out_the_deadline"),
    ),
    Mutant(
        "4 a renewed deadline is not waited for",
        FOLD,
        'update={"deadline": event.deadline}',
        'update={"deadline": state.call.deadline}',
        _rule(4, "test_a_later_attempt_waits_for_the_renewed_deadline"),
    ),
    Mutant(
        "4 a retry of once sends",
        SETTLE,
        '                await self._give_up("the worker ended',
        '                await self._send_again(sole=True)\n                await self._give_up("the worker ended',
        _rule(4, "test_a_retry_of_once_never_sends"),
    ),
    Mutant(
        "4 a retry of lookup does not ask",
        SETTLE,
        "        if not await self._asked():\n            await self._send_again(sole=True)",
        "        await self._send_again(sole=True)",
        _rule(4, "test_a_retry_of_lookup_that_is_told_yes_sends_nothing"),
    ),
    Mutant(
        "4 a retry of lookup does not renew",
        SETTLE,
        "            await self._send_again(sole=True)",
        "            await self._send(sole=True)",
        _rule(4, "test_a_retry_of_lookup_asks_and_on_a_no_renews_and_sends"),
    ),
    Mutant(
        "4 who loses the renewal sends all the same",
        SETTLE,
        "        if renewed:\n            self.call = renewed\n",
        "        if True:\n            late = {'deadline': time.time() + 9}\n"
        "            self.call = renewed or self.call.model_copy(update=late)\n",
        _rule(4, "test_of_two_renewals_one_stands_and_one_sends"),
    ),
    Mutant(
        "5 unsent is raised",
        SETTLE,
        "(sole and unsent)",
        "False",
        _rule(5, "test_what_is_known_unsent_has_failed_and_nothing_is_raised"),
    ),
    Mutant(
        "5 unsent is an outcome though another attempt may have sent",
        SETTLE,
        "await self._send_again(sole=False)",
        "await self._send_again(sole=True)",
        _rule(5, "test_unsent_is_no_outcome_while_an_earlier_attempt_may_have_sent"),
    ),
    Mutant(
        "5 a cancellation before the effect is not honoured",
        SETTLE,
        "        if self.cancelled:\n            raise",
        "        if False:\n            raise",
        _rule(5, "test_a_cancellation_before_the_effect_is_a_failure_known_unsent"),
    ),
    Mutant(
        "5 effect and outcome are not shielded",
        ACT,
        "            await asyncio.shield(unit)\n",
        "            await unit\n",
        _rule(5, "test_a_cancellation_after_the_effect_began_loses_no_outcome"),
    ),
    Mutant(
        "5 a late outcome is dropped",
        JUDGE,
        "    if unknown is None or unknown.happened is not None:\n        return ()\n    match event:",
        "    if True:\n        return ()\n    match event:",
        _rule(5, "test_a_late_outcome_overwrites_nothing_and_closes_the_question"),
    ),
    Mutant(
        "5 a late outcome overwrites",
        JUDGE,
        "    if open_call(standing, event.call):\n        return (event,)",
        "    if open_call(standing, event.call) or standing.state.unknown_call(event.call):\n        return (event,)",
        _rule(5, "test_a_late_outcome_overwrites_nothing_and_closes_the_question"),
    ),
    Mutant(
        "5 a late outcome overrules a person",
        FOLD,
        "    if unknown.verdict is not None and not (spared and event.happened):\n        return closed",
        "    if False:\n        return closed",
        "tests/unit/domain/test_an_unknown_outcome_is_settled_in_any_order.py",
    ),
    Mutant(
        "5 send again is forgotten",
        FOLD,
        "return _with(state, consents=(*state.consents, consent), intent=call)",
        "return _with(state, consents=(*state.consents, consent), intent=None)",
        _rule(5, "test_send_again_is_a_new_call_with_a_new_key"),
    ),
    Mutant(
        "5 a transaction's change stands without its outcome",
        SETTLE,
        "await self.outcomes.commit(within=self._within)",
        "await self.outcomes.commit(events=await self._apart())",
        _rule(5, "test_a_transaction_and_its_outcome_stand_together_or_not_at_all"),
        more=(
            (
                SETTLE,
                "    async def _within(",
                "    async def _apart(self) -> Sequence[JobEvent]:\n"
                "        async with self.outcomes.jobs.pool.connection() as connection:\n"
                "            return await self._within(connection)\n\n"
                "    async def _within(",
            ),
        ),
    ),
    Mutant(
        "6 a gap is not seen",
        JOURNAL,
        "    if not rows or rows[0].head != seen:\n",
        "    if rows and rows[0].head.version != seen.version:\n",
        _rule(6, "test_a_tail_that_is_gone_stops_the_job_and_nothing_is_written"),
    ),
    Mutant(
        "6 another history is not seen",
        JOURNAL,
        "    if not rows or rows[0].head != seen:\n",
        "    if not rows:\n",
        _rule(6, "test_another_history_of_the_same_length_stops_the_job"),
    ),
    Mutant(
        "6 a gap is retried",
        "activities/faults.py",
        "FINAL = (JournalBehind, ",
        "FINAL = (",
        _rule(6, "test_a_tail_that_is_gone_stops_the_job_and_nothing_is_written"),
    ),
    Mutant(
        "6 caches go by version",
        JOBS,
        "        if (stream, at.hash) in self._states:\n            self._states.move_to_end((stream, at.hash))\n"
        "            return self._states[stream, at.hash]",
        "        if (stream, str(at.version)) in self._states:\n"
        "            return self._states[stream, str(at.version)]",
        _rule(6, "test_a_cache_does_not_survive_a_restored_backup"),
        more=((JOBS, "self._states[stream, head.hash] = state", "self._states[stream, str(head.version)] = state"),),
    ),
    Mutant(
        "7 a suspended transaction keeps its rows",
        POSTGRES,
        "-c idle_in_transaction_session_timeout=5s ",
        "",
        _rule(7, "test_a_worker_suspended_inside_a_transaction_loses_its_rows_to_the_next"),
    ),
    Mutant(
        "7 a lock is waited for without end",
        POSTGRES,
        "-c lock_timeout=5s ",
        "",
        _rule(7, "test_every_connection_of_the_pool_has_its_limits"),
    ),
    Mutant(
        "7 activities do not beat",
        "activities/beat.py",
        "        activity.heartbeat()\n",
        "        pass\n",
        _rule(7, "test_every_activity_beats_while_it_waits"),
    ),
    Mutant(
        "7 a failure is recorded though the work stands",
        JUDGE,
        "if not standing.undisturbed or move is None:",
        "if move is None:",
        _rule(7, "test_an_activity_that_had_done_its_work_has_not_failed"),
    ),
    Mutant(
        "7 an outcome is let go when Postgres is away",
        OUTCOMES,
        "            except Disconnected:\n                await self._found_again(patience)\n",
        "",
        _rule(7, "test_postgres_away_for_a_moment_loses_no_outcome"),
    ),
    Mutant(
        "9 approvals on the machine's clock",
        DECIDE,
        "decision.Terms(now=now,",
        f"decision.Terms(now={MACHINE},",
        _rule(9, "test_an_approval_has_its_deadline_from_the_workflows_clock"),
    ),
    Mutant(
        "9 alarms on the machine's clock",
        JOB,
        "judge.alarms(at, given.now)",
        f"judge.alarms(at, {MACHINE})",
        _rule(9, "test_reminders_and_expiry_come_when_the_workflows_clock_says"),
    ),
    Mutant(
        "9 unknown outcomes on the machine's clock",
        OUTCOMES,
        "Terms(now=now, days",
        "Terms(now=time.time(), days",
        _rule(9, "test_an_unknown_outcome_has_its_deadline_from_the_workflows_clock"),
    ),
    Mutant(
        "9 the job's deadline on the machine's clock",
        DECIDE,
        "if now >= state.deadline_at:",
        f"if {MACHINE} >= state.deadline_at:",
        _rule(9, "test_an_overdue_job_asks_no_model"),
    ),
    Mutant(
        "9 what was in the inbox in time is too late when it is recorded",
        HEAR,
        '    if request is None or request.kind != "approval":\n',
        f'    if request is None or request.kind != "approval" or {MACHINE} + 1e9 > request.deadline.until:\n',
        _rule(9, "test_an_answer_in_the_inbox_before_the_deadline_is_in_time_however_late_it_is_recorded"),
    ),
    Mutant(
        "10 garbage is dropped",
        JOB,
        "judge.messages(found.standing, given.messages, found.recorded.keys())",
        'judge.messages(found.standing, [m for m in given.messages if m.kind != "garbled"], found.recorded.keys())',
        _rule(10, "test_garbage_is_recorded_as_refused_and_stops_no_other_message"),
    ),
    Mutant(
        "10 refused messages are dropped",
        JUDGE,
        "        events.append(event)\n",
        '        if event.type != "MessageRefused":\n            events.append(event)\n',
        _rule(10, "test_what_changes_nothing_is_recorded_with_the_reason"),
    ),
    Mutant(
        "10 other arguments are approved",
        HEAR,
        "    if isinstance(message, m.Approve) and message.args_hash not in (None, request.args_hash):\n",
        "    if False:\n",
        _rule(10, "test_an_approval_of_other_arguments_is_refused"),
    ),
    Mutant(
        "10 a stale approval stays open",
        DECISION,
        'stale = [r.id for r in state.requests if r.kind == "approval" and r.args_hash != kept]',
        "stale = list[int]()",
        _rule(10, "test_an_approval_lost_to_a_changed_requirement_is_refused"),
    ),
    Mutant(
        "10 a guarded call needs no consent",
        NEXT,
        "case PlannedCall() as call if not call.guarded or self.granted(call.args_hash):",
        "case PlannedCall() as call:",
        _rule(10, "test_a_guarded_call_is_not_made_without_consent"),
        more=(
            (FACTS, "for r in self.requests if r.args_hash == args_hash and", "for r in self.requests if False and"),
        ),
    ),
    Mutant(
        "10 no receipt for a repeated message",
        "activities/tail.py",
        "receipts = tuple(found.recorded.values())",
        "receipts = ()",
        _rule(1, "test_a_message_stands_once_however_often_it_comes"),
    ),
    *(
        Mutant(
            f"11 {name} is not verified",
            JOURNAL,
            old,
            "True",
            _rule(11, "test_a_changed_column_of_any_row_is_found_there"),
        )
        for name, old in (
            ("the data", "hashlib.sha256(salt + canonical(data)).digest() == digest"),
            ("the hash before", "previous.hex() == head.hash"),
            ("the hash", "chain(head.hash, stream, version, type_, schema, digest) == stored"),
        )
    ),
    Mutant(
        "11 the chain leaves the type out",
        JOURNAL,
        "canonical([previous, stream, version, type_, schema, digest.hex()])",
        "canonical([previous, stream, version, schema, digest.hex()])",
        _rule(11, "test_a_changed_column_of_any_row_is_found_there"),
    ),
    Mutant(
        "11 a newer schema is guessed at",
        JOBS,
        "if row.schema > SCHEMA:",
        "if False:",
        _rule(11, "test_an_event_of_a_newer_release_is_not_guessed_at"),
    ),
    Mutant(
        "11 no outbox row",
        JOBS,
        "told as ({journal.TOLD}), ",
        "",
        _rule(11, "test_every_event_stands_in_the_outbox_of_its_commit"),
    ),
    Mutant(
        "12 writers of memory take no lock",
        MEMORY,
        '        await connection.execute(LOCK, (f"agent/{agent}",))\n',
        "",
        _rule(12, "test_many_writers_lose_nothing_and_double_nothing"),
    ),
    Mutant(
        "12 a job's rows come before the agent's lock",
        JOBS,
        "                committed = await self._append(connection, found, (*events, *await within(connection)))\n",
        '                await connection.execute("select from agent_tasks where job_id = %s for update",'
        " (found.job,))\n"
        "                committed = await self._append(connection, found, (*events, *await within(connection)))\n",
        _rule(12, "test_the_agents_lock_comes_before_the_rows_of_a_job"),
    ),
)


def main(words: list[str]) -> int:
    """Tries the mutants; returns 1 when one is not killed."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    with ThreadPoolExecutor(AT_ONCE) as several:
        verdicts = list(several.map(_tried, chosen))
    bad = [mutant.name for mutant, verdict in zip(chosen, verdicts, strict=True) if verdict != "killed"]
    print(f"{len(chosen) - len(bad)} of {len(chosen)} killed" + "".join(f"\n  not: {name}" for name in bad))
    return 1 if bad else 0


def _tried(mutant: Mutant) -> str:
    with _copy() as copy:
        verdict = _verdict(mutant, copy)
    print(f"{verdict:9} {mutant.name}", flush=True)
    return verdict


def _verdict(mutant: Mutant, copy: Path) -> str:
    for file, old, new in ((mutant.file, mutant.old, mutant.new), *mutant.more):
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            return "NOT ONE" if old in text else "NOT FOUND"
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--timeout", "60", mutant.tests]
    try:
        code = subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return "killed"
    return {0: "SURVIVED", 1: "killed"}.get(code, f"ERROR {code}")


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="longhaul-mutant-", dir="/var/tmp") as folder:
        copy = Path(folder) / "longhaul"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        yield copy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
