"""The tools that agents may call, by name."""

from collections.abc import Iterable
from typing import Any

from agents.mail.mailer import mailer
from agents.tools.compare_surveys import COMPARE_SURVEYS
from agents.tools.complete import COMPLETE
from agents.tools.forget import FORGET
from agents.tools.http_get import http_get
from agents.tools.list_files import LIST_FILES
from agents.tools.list_folder import LIST_FOLDER
from agents.tools.mail_from_batch import mail_from_batch
from agents.tools.prepare_mailing import PREPARE_MAILING
from agents.tools.read_file import READ_FILE
from agents.tools.read_files import READ_FILES
from agents.tools.recall import RECALL
from agents.tools.remember import REMEMBER
from agents.tools.search_files import SEARCH_FILES
from agents.tools.send_email import send_email
from agents.tools.tool import Tool
from agents.tools.write_file import WRITE_FILE
from agents.tools.write_report import WRITE_REPORT
from agents.web.allow import AllowList


def tools(mail_url: str | None, mail_from: str, http_allow: Iterable[str] = ()) -> dict[str, Tool[Any]]:
    """Every tool by its name."""
    way_out = mailer(mail_url, mail_from)
    known: Iterable[Tool[Any]] = (
        LIST_FOLDER,
        READ_FILES,
        COMPARE_SURVEYS,
        WRITE_REPORT,
        REMEMBER,
        RECALL,
        FORGET,
        COMPLETE,
        PREPARE_MAILING,
        send_email(way_out),
        mail_from_batch(way_out),
        LIST_FILES,
        READ_FILE,
        SEARCH_FILES,
        WRITE_FILE,
        http_get(AllowList.of(http_allow)),
    )
    return {tool.name: tool for tool in known}
