"""send_email to a real HTTP service: each answer means one thing, and a repeat under the key is one mail."""

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from agents.mail.mailer import mailer
from agents.retry_after import seconds_to_wait
from agents.tools.send_email import SendEmailArgs, send_email
from agents.tools.tool import ToolContext, ToolResult
from domain.answers import Effect
from domain.errors import LonghaulError, RateLimited, ToolFault, ToolInDoubt, ToolInvalid, ToolUnsent
from tests.support.mail_service import MailService, mail_service

SHA = "a" * 64
ARGS = SendEmailArgs(to="ann@example.org", subject="Über", body_ref=SHA)


@pytest.fixture
def service() -> Iterator[MailService]:
    with mail_service() as running:
        yield running


async def send(url: str, sender: str = "longhaul@example.org", text: str = "Grüße\n", **more: Any) -> ToolResult:
    async def artifact(sha256: str) -> bytes:
        return text.encode()

    given: dict[str, Any] = {"job": "job-1", "agent": "ann", "key": "job-1/17", "step": 1, "now": 0.0, "home": "/"}
    context = ToolContext(**{**given, "last_check": lambda: None, "artifact": artifact, **more})
    return await send_email(mailer(url, sender)).run(context, ARGS)


async def test_a_mail_is_posted_whole_with_its_key(service: MailService) -> None:
    result = await send(service.url)
    mail = {"to": "ann@example.org", "subject": "Über", "text": "Grüße\n", "from": "longhaul@example.org"}
    assert service.taken == {"job-1/17": mail}
    assert result.data == {"to": "ann@example.org", "message_id": "mail-1"}


def test_the_scheme_says_the_effect() -> None:
    assert send_email(mailer("https://mail.example.org", "x@y")).effect is Effect.KEYED
    assert send_email(mailer("smtp://mail.example.org", "x@y")).effect is Effect.ONCE
    assert send_email(mailer(None, "x@y")).effect is Effect.ONCE


async def test_a_repeat_under_the_key_is_one_mail(service: MailService) -> None:
    service.drops = 1
    with pytest.raises(ToolFault) as doubt:
        await send(service.url)
    assert not isinstance(doubt.value, ToolUnsent | ToolInvalid), "whether it was taken is not known"
    await send(service.url)
    assert (len(service.taken), len(service.requests)) == (1, 2)


async def test_another_mail_under_the_same_key_is_for_a_person(service: MailService) -> None:
    await send(service.url)
    with pytest.raises(ToolInDoubt, match="another mail under this call's key"):
        await send(service.url, text="something else")
    assert len(service.taken) == 1


MEANINGS = {ToolInvalid: (400, 413, 422), ToolUnsent: (302, 401, 403, 404), ToolFault: (408, 425, 500, 503)}


@pytest.mark.parametrize(("status", "kind"), [(status, kind) for kind, all_ in MEANINGS.items() for status in all_])
async def test_each_answer_means_one_thing(service: MailService, status: int, kind: type[LonghaulError]) -> None:
    service.replies = [(status, {})]
    with pytest.raises(LonghaulError, match=str(status)) as raised:
        await send(service.url)
    assert type(raised.value) is kind


async def test_a_service_that_is_busy_is_asked_again_when_it_says(service: MailService) -> None:
    service.replies = [(429, {"Retry-After": "7"})]
    with pytest.raises(RateLimited) as busy:
        await send(service.url)
    assert busy.value.retry_after == 7


async def test_a_refused_connection_is_known_to_be_unsent() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ToolUnsent, match="cannot connect"):
            await send(f"http://127.0.0.1:{bound.getsockname()[1]}/")


async def test_a_password_alone_is_a_bearer_token_and_no_text_holds_it(service: MailService) -> None:
    service.replies = [(401, {})]
    url = service.url.replace("http://", "http://:s3cr3t@")
    with pytest.raises(ToolUnsent) as refused:
        await send(url)
    assert service.requests[0][2]["Authorization"] == "Bearer s3cr3t"
    assert "s3cr3t" not in str(refused.value)


async def test_the_last_check_stands_before_the_request(service: MailService) -> None:
    def too_late() -> None:
        raise ToolUnsent("its deadline had passed")

    with pytest.raises(ToolUnsent, match="deadline"):
        await send(service.url, last_check=too_late)
    assert service.requests == []


async def test_a_wrong_sender_is_known_to_be_unsent(service: MailService) -> None:
    with pytest.raises(ToolUnsent, match="LONGHAUL_MAIL_FROM"):
        await send(service.url, sender="Ann <ann@example.org>")
    assert service.requests == []


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds_to_wait("12") == 12
    assert 50 < seconds_to_wait(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert seconds_to_wait(formatdate(time.time() - 60, usegmt=True)) == 0
    assert seconds_to_wait("99999999") == 3600
    assert seconds_to_wait(None) == seconds_to_wait("soon") == 5
