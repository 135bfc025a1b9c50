"""The kinds of faults, and what each does."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of fault."""

    WORKER_KILLED = "worker_killed"
    WORKER_KILLED_AT_POINT = "worker_killed_at_point"
    WORKER_SUSPENDED = "worker_suspended"
    WORKER_DRAINED = "worker_drained"
    TEMPORAL_KILLED = "temporal_killed"
    TEMPORAL_PAUSED = "temporal_paused"
    TEMPORAL_LOST = "temporal_lost"
    TEMPORAL_ONE_WAY = "temporal_one_way"
    POSTGRES_BACKENDS_KILLED = "postgres_backends_killed"
    POSTGRES_KILLED = "postgres_killed"
    COMMIT_REPLY_CUT = "commit_reply_cut"
    POSTGRES_BLACK_HOLE = "postgres_black_hole"
    POSTGRES_SLOW = "postgres_slow"
    CONNECTIONS_RESET = "connections_reset"
    REDIS_EMPTIED = "redis_emptied"
    REDIS_PAUSED = "redis_paused"
    FILE_TORN = "file_torn"
    FILE_REPLACED = "file_replaced"
    FILE_EDITED = "file_edited"
    DISK_FULL = "disk_full"
    JOB_RESET = "job_reset"
    TOOL_FAULT = "tool_fault"
    MODEL_FAULT = "model_fault"
    MESSAGE_DUPLICATED = "message_duplicated"
    MESSAGES_REORDERED = "messages_reordered"
    APPROVAL_DOUBLE = "approval_double"
    APPROVAL_LATE = "approval_late"
    POSTGRES_REWOUND = "postgres_rewound"
    FILES_DELETED = "files_deleted"


WORDS: dict[Kind, str] = {
    Kind.WORKER_KILLED: "a worker gets SIGKILL at any moment",
    Kind.WORKER_KILLED_AT_POINT: "a worker gets SIGKILL at a named place between two writes",
    Kind.WORKER_SUSPENDED: "a worker gets SIGSTOP past its heartbeat, then SIGCONT",
    Kind.WORKER_DRAINED: "a worker gets SIGTERM and finishes what it has begun",
    Kind.TEMPORAL_KILLED: "Temporal gets SIGKILL and is started again",
    Kind.TEMPORAL_PAUSED: "Temporal gets SIGSTOP, then SIGCONT",
    Kind.TEMPORAL_LOST: "Temporal is killed and its database deleted; `longhaul recover`",
    Kind.TEMPORAL_ONE_WAY: "what Temporal answers does not arrive for a while",
    Kind.POSTGRES_BACKENDS_KILLED: "Postgres ends every connection of the workers",
    Kind.POSTGRES_KILLED: "every process of Postgres gets SIGKILL; it is started again",
    Kind.COMMIT_REPLY_CUT: "a connection is dropped when Postgres has committed, before it is heard of",
    Kind.POSTGRES_BLACK_HOLE: "nothing gets through to Postgres or back for a while",
    Kind.POSTGRES_SLOW: "each packet to and from Postgres comes late for a while",
    Kind.CONNECTIONS_RESET: "every connection of the workers is reset",
    Kind.REDIS_EMPTIED: "Redis gets SIGKILL and comes back empty",
    Kind.REDIS_PAUSED: "Redis gets SIGSTOP, then SIGCONT",
    Kind.FILE_TORN: "memory.md or TODO.md is cut off in the middle",
    Kind.FILE_REPLACED: "memory.md or TODO.md is deleted, or other bytes take its place",
    Kind.FILE_EDITED: "a person adds a line to memory.md",
    Kind.DISK_FULL: "no worker can write a byte into a file for a while",
    Kind.JOB_RESET: "a running job is reset in Temporal to an earlier place",
    Kind.TOOL_FAULT: "a tool's target answers 429 or 500, not at all, garbled, or with an error although it did it",
    Kind.MODEL_FAULT: "the model answers 429 or 500, breaks off, is garbled, or says something else on a retry",
    Kind.MESSAGE_DUPLICATED: "a message comes twice",
    Kind.MESSAGES_REORDERED: "messages come in another order",
    Kind.APPROVAL_DOUBLE: "an approval comes twice",
    Kind.APPROVAL_LATE: "an approval comes after the end of its job",
    Kind.POSTGRES_REWOUND: "Postgres is restored from a backup, and a person accepts what is lost",
    Kind.FILES_DELETED: "the files of every agent at work are deleted",
}

SERVERS = (
    Kind.TEMPORAL_KILLED,
    Kind.TEMPORAL_PAUSED,
    Kind.TEMPORAL_LOST,
    Kind.TEMPORAL_ONE_WAY,
    Kind.POSTGRES_BACKENDS_KILLED,
    Kind.POSTGRES_KILLED,
    Kind.COMMIT_REPLY_CUT,
    Kind.POSTGRES_BLACK_HOLE,
    Kind.POSTGRES_SLOW,
    Kind.CONNECTIONS_RESET,
    Kind.REDIS_EMPTIED,
    Kind.REDIS_PAUSED,
)
"""Those of the first lane: one at a time."""
WORKERS = (
    Kind.WORKER_KILLED,
    Kind.WORKER_KILLED_AT_POINT,
    Kind.WORKER_SUSPENDED,
    Kind.WORKER_DRAINED,
    Kind.FILE_TORN,
    Kind.FILE_REPLACED,
    Kind.FILE_EDITED,
    Kind.DISK_FULL,
    Kind.JOB_RESET,
)
"""Those of the second lane: one at a time, beside those of the first."""
LANES = (SERVERS, WORKERS)
LOSSES = (Kind.TEMPORAL_LOST, Kind.POSTGRES_REWOUND, Kind.REDIS_EMPTIED, Kind.FILES_DELETED)
"""Those of the loss matrix: each a store that is gone."""
IN_JOBS = tuple(kind for kind in Kind if kind not in SERVERS + WORKERS + LOSSES)
"""Those that lie in how people, tools and models behave: they are part of the jobs."""

POINTS = (
    "before_decision",
    "after_decision",
    "before_call",
    "after_call",
    "before_effect",
    "after_effect",
    "after_outcome",
    "before_rename",
    "after_rename",
)
"""Where `worker_killed_at_point` strikes: `activities.crash`."""
