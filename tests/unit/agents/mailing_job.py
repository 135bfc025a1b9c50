"""A mailing driven through the pure core: the files and the tools are real, the way out is the test's."""

from pathlib import Path

from agents.mail.mail import Mail
from agents.playbooks.mailing import Mailing
from agents.tools.complete import COMPLETE
from agents.tools.mail_from_batch import mail_from_batch
from agents.tools.prepare_mailing import PREPARE_MAILING
from agents.tools.tool import ToolContext
from domain.answers import Effect
from domain.facts import Request
from tests.unit.agents.playbook_job import PlaybookJob

TEMPLATE = "Subject: News for {name}\n\nDear {name},\nall is well.\n"


class WayOut:
    """Keeps what was sent; `faults` are raised first, by address or (under "") for the next mails."""

    effect = Effect.ONCE
    resource: str | None = None

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.faults: dict[str, list[Exception]] = {}

    async def send(self, ctx: ToolContext, mail: Mail) -> str:
        faults = self.faults.get(mail.to) or self.faults.get("")
        if faults:
            raise faults.pop(0)
        self.sent.append(mail)
        return ctx.key

    @property
    def addresses(self) -> list[str]:
        return [mail.to for mail in self.sent]


class MailingJob(PlaybookJob):
    """One mailing of the files in a folder."""

    def __init__(self, folder: Path, listed: str | bytes, template: str = TEMPLATE) -> None:
        self.list, self.template, self.out = folder / "list.csv", folder / "template.txt", WayOut()
        self.list.write_bytes(listed if isinstance(listed, bytes) else listed.encode())
        self.template.write_text(template)
        inputs = {"recipients": str(self.list), "template": str(self.template)}
        super().__init__(Mailing(), (PREPARE_MAILING, mail_from_batch(self.out), COMPLETE), inputs)

    @property
    def approval(self) -> Request:
        (found,) = [request for request in self.state.requests if request.kind == "approval"]
        return found

    @property
    def question(self) -> Request:
        (found,) = [request for request in self.state.requests if request.kind == "question"]
        return found

    async def approved(self) -> "MailingJob":
        """The job, from its request for consent on."""
        await self.run()
        self.say("approve", request=self.approval.id)
        return await self.run()

    async def sent_some(self, mails: int) -> "MailingJob":
        """The job, after its consent and so many mails."""
        await self.run()
        self.say("approve", request=self.approval.id)
        return await self.run(until=lambda state: len(self.out.sent) == mails and state.call is None)


def people(number: int, domain: str = "example.org") -> str:
    """A list of so many people."""
    return "email,name\n" + "".join(f"p{n}@{domain},P{n}\n" for n in range(1, number + 1))
