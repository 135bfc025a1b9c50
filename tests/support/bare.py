"""A bare Temporal workflow of the usual kind, and its next release, in which the order of two steps is another one."""

from datetime import timedelta

from temporalio import activity, workflow

LIMIT = timedelta(seconds=10)


@activity.defn
async def first() -> None:
    """A step."""


@activity.defn
async def second() -> None:
    """Another step."""


class _Waiting:
    """Ends when it is told to."""

    def __init__(self) -> None:
        self.told = False

    @workflow.signal
    def go_on(self) -> None:
        """The word it waits for."""
        self.told = True


@workflow.defn(name="Bare")
class Bare(_Waiting):
    """As it was released."""

    @workflow.run
    async def run(self) -> None:
        """Two steps, and then a person."""
        await workflow.execute_activity(first, start_to_close_timeout=LIMIT)
        await workflow.execute_activity(second, start_to_close_timeout=LIMIT)
        await workflow.wait_condition(lambda: self.told)


@workflow.defn(name="Bare")
class ChangedBare(_Waiting):
    """The next release, without a patch."""

    @workflow.run
    async def run(self) -> None:
        """The second step is the first."""
        await workflow.execute_activity(second, start_to_close_timeout=LIMIT)
        await workflow.execute_activity(first, start_to_close_timeout=LIMIT)
        await workflow.wait_condition(lambda: self.told)
