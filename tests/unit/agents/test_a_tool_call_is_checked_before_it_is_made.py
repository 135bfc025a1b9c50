"""The catalogue: arguments come back complete, or with one sentence that says what is wrong."""

import pytest

from agents.mail.mailer import mailer
from agents.tools.catalogue import catalogue, facts
from agents.tools.list_folder import LIST_FOLDER
from agents.tools.read_file import READ_FILE
from agents.tools.remember import REMEMBER
from agents.tools.send_email import send_email
from agents.tools.write_report import WRITE_REPORT
from domain.answers import Effect

SHA = "0" * 64


def test_arguments_come_back_complete() -> None:
    memory = {"section": "Key Learnings", "text": " x ", "topic": ""}
    checked = facts(REMEMBER).check({"memories": [{"section": "Key Learnings", "text": " x "}]})
    assert checked == {"memories": [{**memory, "text": "x", "source": ""}], "agent": None}
    assert facts(REMEMBER).summary(checked) == "remember 1: x"


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        ({}, "folder: Field required"),
        ({"folder": 1}, "folder: Input should be a valid string"),
        ({"folder": "/", "x": 1}, "x: Extra inputs are not permitted"),
    ],
)
def test_a_fault_names_the_place(args: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}$"):
        facts(LIST_FOLDER).check(args)


def test_arguments_are_taken_for_what_they_are() -> None:
    with pytest.raises(ValueError, match=r"^first: Input should be a valid integer"):
        facts(READ_FILE).check({"path": "a.md", "first": "2"})
    assert facts(READ_FILE).check({"path": "a.md", "first": 2})["first"] == 2


@pytest.mark.parametrize(
    "to",
    [
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org\n",
        "ann@example.org\r\nBcc: all@example.org",
        "Ann <ann@example.org>",
        "ann@example.org,ben@example.org",
        "änn@example.org",
        "ann..b@example.org",
        "ann@-example.org",
        "a" * 65 + "@example.org",
        "ann@" + "e" * 260,
    ],
)
def test_only_plain_addresses_are_mailed_to(to: str) -> None:
    with pytest.raises(ValueError, match=r"^to: Value error, it must be one plain mail address"):
        facts(send_email(mailer(None, "x@y"))).check({"to": to, "subject": "s", "body_ref": SHA})


@pytest.mark.parametrize("subject", ["two\nlines", "bell\x07", "\u202e"])
def test_a_subject_is_one_plain_line(subject: str) -> None:
    with pytest.raises(ValueError, match=r"^subject: Value error, it must not hold line breaks"):
        facts(send_email(mailer(None, "x@y"))).check({"to": "a@b", "subject": subject, "body_ref": SHA})


def test_a_mail_is_guarded_and_sent_at_most_once() -> None:
    tool = facts(send_email(mailer("smtp://mail.example.org", "x@y")))
    assert (tool.effect, tool.guarded) == (Effect.ONCE, True)
    assert tool.summary({"to": "a@b", "subject": "s", "body_ref": SHA}) == "mail to a@b: s"


def test_two_tools_of_one_name_are_refused() -> None:
    assert list(catalogue([LIST_FOLDER, WRITE_REPORT])) == ["list_folder", "write_report"]
    with pytest.raises(ValueError, match="two tools are named 'list_folder'"):
        catalogue([LIST_FOLDER, LIST_FOLDER])
