"""A survey driven through the pure core."""

from pathlib import Path
from typing import Any

from agents.playbooks.survey import Survey
from agents.tools.compare_surveys import COMPARE_SURVEYS
from agents.tools.list_folder import LIST_FOLDER
from agents.tools.read_files import READ_FILES
from agents.tools.remember import REMEMBER
from agents.tools.send_email import SendEmailArgs
from agents.tools.tool import Tool, ToolContext, ToolResult
from agents.tools.write_report import WRITE_REPORT
from domain.answers import Effect
from domain.memory import AgentState, Entry
from tests.unit.agents.playbook_job import PlaybookJob


class Outbox:
    """Stands in for an SMTP server: it keeps what was sent, and fails with what it is given."""

    def __init__(self) -> None:
        self.sent: list[SendEmailArgs] = []
        self.faults: list[Exception] = []

    async def run(self, ctx: ToolContext, args: SendEmailArgs) -> ToolResult:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(args)
        return ToolResult(text=f"mailed to {args.to}", data={"message_id": ctx.key})

    def tool(self) -> Tool[SendEmailArgs]:
        return Tool("send_email", Effect.ONCE, SendEmailArgs, self.run, lambda args: f"mail to {args.to}", guarded=True)


class SurveyJob(PlaybookJob):
    """One survey, and all that it touches."""

    def __init__(
        self, folder: Path | str, *, memory: AgentState | None = None, job: str = "job-1", **inputs: Any
    ) -> None:
        self.outbox = Outbox()
        tools: tuple[Tool[Any], ...] = (LIST_FOLDER, READ_FILES, COMPARE_SURVEYS, WRITE_REPORT, REMEMBER)
        given = {"folder": str(folder), **inputs}
        super().__init__(Survey(), (*tools, self.outbox.tool()), given, memory=memory, job=job)

    @property
    def report(self) -> str:
        return self.files["report.md"].decode()

    def remembered(self, section: str) -> list[Entry]:
        return [entry for entry in self.memory.entries if entry.section == section]
