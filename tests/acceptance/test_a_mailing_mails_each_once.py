"""A mailing whose workers are killed between a mail and its outcome, and whose people change their mind half-way."""

import asyncio
from collections import Counter
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from agents.jobs import job_type
from domain.events import Limits
from settings import Settings
from starter.client import Longhaul, request
from starter.demo.sink import Sink
from tests.conftest import until
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, verified, waits
from tests.support.mail_service import mail_service
from tests.support.processes import WorkerProcess
from worker import running

TEMPLATE = "Subject: News for {name}\n\nDear {name},\nall is well.\n"


async def _start(longhaul: Longhaul, folder: Path, job: str, people: int) -> None:
    """Starts the mailing, and consents to its batch."""
    (folder / "list.csv").write_text("email,name\n" + "".join(f"p{n}@example.org,P{n}\n" for n in range(people)))
    (folder / "template.txt").write_text(TEMPLATE)
    inputs = {"recipients": str(folder / "list.csv"), "template": str(folder / "template.txt")}
    asked = request("mailing", job, job_type("mailing").checked(inputs), "mail", "ann", job=job)
    await longhaul.start(asked.model_copy(update={"limits": Limits(steps=100_000)}))
    [approval] = (await waits(longhaul, job)).requests
    await longhaul.say(job, "approve", {"by": "bob", "request": approval.id})


async def test_over_http_each_is_mailed_once_whatever_is_killed(
    settings: Settings, tmp_path: Path, unique: str
) -> None:
    """The worker dies at each point around an effect; a change leaves some out: the rest gets its mail once."""
    people = 60
    assert settings.crash_points is not None
    with mail_service() as service:
        mine = settings.model_copy(update={"mail_url": SecretStr(service.url)})
        with WorkerProcess(mine) as worker:
            async with Longhaul.connect(mine) as longhaul:
                await _start(longhaul, tmp_path, unique, people)
                for number, point in enumerate(("after_call", "after_effect", "before_effect", "after_effect")):
                    await until(lambda number=number: len(service.taken) > 8 * number)
                    (settings.crash_points / f"{point}.kill").touch()
                    await until(worker.fell)
                    worker.start()
                service.drops = 2
                await longhaul.say(unique, "tell", {"by": "ann", "text": "skip p5?@example.org"})
                state = await ended(longhaul, unique)
                await verified(longhaul, unique)
                story = await events(longhaul, unique)
    assert state.status == "completed", story[-1]
    mailed = Counter(service.addresses)
    assert set(mailed.values()) == {1}
    assert set(mailed) == {f"p{n}@example.org" for n in range(50)}
    assert len(service.requests) > len(service.taken), "some were sent again, under the same key"
    assert len(of_type(story, "ApprovalRequested")) == 1
    assert not of_type(story, "OutcomeUnknown")


async def test_another_mail_under_a_key_is_for_a_person_at_once(
    settings: Settings, tmp_path: Path, unique: str
) -> None:
    """The service says 409: nobody but a person can find out what it has under that key."""
    with mail_service() as service:
        service.replies = [(409, {})]
        mine = settings.model_copy(update={"mail_url": SecretStr(service.url)})
        async with running(mine), Longhaul.connect(mine) as longhaul:
            await _start(longhaul, tmp_path, unique, 2)
            [asked] = (await waits(longhaul, unique)).requests
            assert asked.kind == "unknown_outcome"
            assert service.addresses == ["p1@example.org"], "the others go on"
            await longhaul.say(unique, "answer", {"by": "bob", "request": asked.id, "text": "again"})
            assert (await ended(longhaul, unique)).status == "completed"
            story = await events(longhaul, unique)
    assert service.addresses == ["p1@example.org", "p0@example.org"]
    assert len({key for key, _, _ in service.requests}) == 3, "again is a new call with a new key"
    [doubt] = of_type(story, "OutcomeUnknown")
    assert "another mail under this call's key" in getattr(doubt, "why", "")


class Cutting(Sink):
    """Takes these mails in, and cuts the connection before it says so."""

    cut = frozenset({"p3@example.org", "p7@example.org", "p11@example.org"})

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        reply = await super().handle_DATA(server, session, envelope)
        if self.cut.issuperset(envelope.rcpt_tos):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return reply


async def test_over_smtp_what_is_in_doubt_is_settled_at_once(settings: Settings, tmp_path: Path, unique: str) -> None:
    """Each mail that was cut off is in doubt; the others go on, and one command settles all of them."""
    people = 16
    with Cutting() as sink:
        mine = settings.model_copy(update={"mail_url": SecretStr(sink.url)})
        async with running(mine), Longhaul.connect(mine) as longhaul:
            await _start(longhaul, tmp_path, unique, people)
            await until(lambda: len(sink.mails) == people)
            state = await waits(longhaul, unique)
            assert [one.kind for one in state.requests] == ["unknown_outcome"] * len(sink.cut)
            await _settled_by_command(mine, unique, len(sink.cut))
            state = await ended(longhaul, unique)
    assert state.status == "completed"
    assert Counter(mail["To"] for mail in sink.mails) == Counter(f"p{n}@example.org" for n in range(people))
    assert f"Mailed {people} of {people}" in getattr(state.end, "result", "")


async def _settled_by_command(settings: Settings, job: str, number: int) -> None:
    longhaul = Terminal(settings)
    shown = await longhaul("answer", job, "--all", "sent")
    assert shown.code == 2
    assert shown.err.count("mail to p") == number, "they are shown before anything is settled"
    assert "nothing was settled; say --yes" in shown.err
    settled = await longhaul("answer", job, "--all", "sent", "--yes", "-o", "json")
    assert (settled.code, settled.json()["settled"]) == (0, number)
    again = await asyncio.gather(longhaul("answer", job, "--all", "skip", "--yes"), longhaul("answer", job))
    assert [said.code for said in again] == [2, 2]
    assert "no outcome of job" in again[0].err
    assert "an answer needs its request and its text" in again[1].err
