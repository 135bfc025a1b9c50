"""Every error of Longhaul's own, as one tree.

    LonghaulError
    ├── Raced             another append came first; read again and judge again
    ├── Disconnected      Postgres went away; whether the last commit stands is for the journal to say
    ├── Unreachable       a service does not answer
    ├── JournalBehind     the journal lacks a row that the caller has seen
    ├── JournalBroken     the hash chain does not verify
    ├── TurnIsTaken       another job of the agent is at work
    ├── Unstorable        content that Postgres cannot keep
    ├── Unreadable        a file that is not what Longhaul wrote, nor an edit of it
    ├── Refused           what a person asked for cannot be done now
    │   └── NotHeard      the job is open, but there is no workflow now that could hear it
    ├── NotFound          no such job, agent, artifact or request
    ├── InvalidAnswer     a model's answer that does not fit its job
    │   └── VagueAnswer   it does not say what is to be done (domain/unclear.py)
    ├── RateLimited       too many calls; the error says when to come back
    ├── ResourceBusy      somebody else holds the lease of an external resource
    ├── ModelUnavailable  the model gave no answer; ask again later
    ├── Unembeddable      a text that an embedder does not take
    └── ToolFault
        ├── ToolUnsent    the effect is known not to have happened
        ├── ToolInDoubt   only a person can find out whether it happened
        └── ToolInvalid   the arguments can never work

The docstring of a leaf is the first half of its message; the argument says which value and what would be right.
"""


class LonghaulError(Exception):
    """Something in Longhaul went wrong."""

    def __str__(self) -> str:
        sentence = (self.__doc__ or "").strip().splitlines()[0].rstrip(".")
        detail = super().__str__()
        return f"{sentence}: {detail}" if detail else f"{sentence}."


class Raced(LonghaulError):
    """Another append came first."""


class Disconnected(LonghaulError):
    """Postgres went away."""


class Unreachable(LonghaulError):
    """A service does not answer."""


class JournalBehind(LonghaulError):
    """The journal lacks a row that this job has already seen (was Postgres restored from an older backup?)."""


class JournalBroken(LonghaulError):
    """The journal's hash chain does not verify."""


class TurnIsTaken(LonghaulError):
    """Another job of this agent is at work."""


class Unstorable(LonghaulError):
    """The content cannot be stored."""


class Unreadable(LonghaulError):
    """The file is neither what Longhaul wrote nor an edit of it."""


class Refused(LonghaulError):
    """Refused."""


class NotHeard(Refused):
    """Not heard."""


class NotFound(LonghaulError):
    """Not found."""


class InvalidAnswer(LonghaulError):
    """The model's answer does not fit the job."""


class RateLimited(LonghaulError):
    """Too many calls in too short a time."""

    def __init__(self, why: str, retry_after: float) -> None:
        super().__init__(f"{why}; free again in {retry_after:.1f} s")
        self.retry_after = retry_after


class ResourceBusy(LonghaulError):
    """The resource is in use."""


class ModelUnavailable(LonghaulError):
    """The model gave no answer."""


class Unembeddable(LonghaulError):
    """The embedder does not take this text."""


class ToolFault(LonghaulError):
    """The tool failed."""

    kind = "crashed"


class ToolUnsent(ToolFault):
    """Nothing was sent."""

    kind = "refused"

    def __init__(self, why: str, kind: str = "refused") -> None:
        super().__init__(why)
        self.kind = kind


class ToolInDoubt(ToolFault):
    """A person must look whether it happened."""


class ToolInvalid(ToolFault):
    """The tool cannot work with these arguments."""

    kind = "invalid"
