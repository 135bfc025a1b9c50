"""The rules that can be taken away, one at a time: each must then cost a promise, or it is no rule.

A rule is named by its number in the design and a sentence. `SOUGHT` says where what it costs is looked for.
"""

from enum import StrEnum
from typing import NamedTuple

from chaos.protocol.bounds import Bounds
from domain.answers import Effect


class Rule(StrEnum):
    """One rule of the protocol that the explored world knows how to do without."""

    DECISION = "1 a decision is appended right after the state that it was made on"
    CALL = "1 a call is recorded right after the state that it was judged on"
    CALL_DUE = "1 a call is made only while nothing stands that its workflow has not seen"
    OUTCOME_OPEN = "1 an outcome is appended only while its call is open"
    OUTCOME_AGAIN = "1 an outcome that was raced is judged again"
    MESSAGE_EACH = "1 messages are judged by their ids, not by whether something stands"
    MESSAGE_ONCE = "1 a message id stands once"
    ALARM = "1 an alarm is appended only when nothing stands after the version seen"
    END = "1 a job ends right after the state that it was judged on"
    OPEN_FIRST = "2 an open call is settled before all else"
    VOIDED = "2 a voided call is never sent"
    VOIDED_RENEWAL = "2 a voided call is not renewed"
    VOIDED_OUTLIVED = "2 a voided call is given up only after its deadline"
    VOIDED_UNKNOWN = "2 a voided call that may have been sent has not failed"
    VOIDED_TRANSACTION = "2 a transaction that was raced looks again whether its call is voided"
    KEY = "3 the key is the version of the call, whoever sends it"
    FORK = "3 after an accepted loss keys are new"
    RECORDED = "3 the recorded call wins over what a retried model says"
    LAST_CHECK = "4 nothing is sent after the call's deadline"
    OUTLIVE = "4 a retry that must not overlap waits until the deadline has passed"
    RENEW = "4 who sends again has renewed the deadline before"
    ONE_RENEWS = "4 who loses the renewal does not send"
    ASK = "4 a retry of lookup asks before it sends"
    NEVER_AGAIN = "4 a retry of once never sends"
    UNSENT = "5 what is known not to have been sent is an outcome, not an error"
    UNSENT_SOLE = "5 'unsent' is no outcome while an earlier attempt may have sent"
    UNSENT_KNOWN = "5 who sent nothing does not speak for one that has renewed since"
    SHIELD = "5 effect and outcome are one unit, shielded from cancellation"
    LATE = "5 a sender that later knows more says so"
    LATE_APART = "5 a settled outcome is not overwritten by a later one"
    AGAIN = "5 'send again' is a new call with a new key"
    GAP = "6 a reader brings the hash that it has seen"
    GAP_APPEND = "6 an append names the row that it follows"
    GIVEN_UP = "7 an activity that was given up becomes an event"
    CONFIRM = "10 what is confirmed is recorded"
    REFUSED = "10 a refused message is recorded too"
    INBOX = "10 a message leaves the inbox when the journal holds its id"
    AFTER_END = "10 what is said after the end is recorded as refused"

    @property
    def number(self) -> int:
        """The rule's number in the design."""
        return int(self.split()[0])


class Sought(NamedTuple):
    """Where what a rule costs is looked for: an effect, and how much goes wrong."""

    effect: Effect = Effect.ONCE
    bounds: Bounds = Bounds()


ONE_SLEEPS = Bounds(faults=1, messages=1, answers=0, kinds=("suspended",))
TWO_SLEEP = Bounds(faults=2, messages=1, answers=0, together=3, kinds=("suspended",))

NO_BACKUP = Bounds(kinds=("suspended", "reset", "server lost"))
ONE_MESSAGE = Bounds(faults=0, messages=1, answers=0)

SOUGHT: dict[Rule, Sought] = {
    Rule.CALL: Sought(Effect.ONCE, NO_BACKUP),
    Rule.END: Sought(Effect.ONCE, NO_BACKUP),
    Rule.REFUSED: Sought(Effect.ONCE, ONE_MESSAGE),
    Rule.VOIDED: Sought(Effect.KEYED, ONE_SLEEPS),
    Rule.VOIDED_RENEWAL: Sought(Effect.KEYED, TWO_SLEEP),
    Rule.VOIDED_OUTLIVED: Sought(Effect.LOOKUP),
    Rule.VOIDED_UNKNOWN: Sought(Effect.KEYED),
    Rule.VOIDED_TRANSACTION: Sought(Effect.TRANSACTIONAL),
    Rule.KEY: Sought(Effect.KEYED),
    Rule.FORK: Sought(Effect.KEYED),
    Rule.RECORDED: Sought(Effect.KEYED),
    Rule.LAST_CHECK: Sought(Effect.LOOKUP),
    Rule.OUTLIVE: Sought(Effect.LOOKUP),
    Rule.RENEW: Sought(Effect.LOOKUP),
    Rule.ONE_RENEWS: Sought(Effect.LOOKUP),
    Rule.ASK: Sought(Effect.LOOKUP),
    Rule.UNSENT_SOLE: Sought(Effect.KEYED),
    Rule.UNSENT_KNOWN: Sought(Effect.KEYED),
}
"""Where a rule costs something, when not with an effect that is at most once."""

NOT_COVERED = {
    "7, locks and transactions": "here a commit is one step, so nobody holds a row; tested on real Postgres",
    "8": "children, and agents that continue as new, are other workflows; a new life of this one is explored",
    "9": "one clock stands for Temporal's; that nobody takes the machine's is tested",
    "11": "rows are told apart as hashes would; that the chain verifies, and survives erasure, is tested",
    "12": "one job's stream is explored; the agent's stream, with many writers, is tested",
}
"""Rules of the design that this world cannot speak of, and where they are held."""
