"""Letters by e-mail: what one is, how it becomes a message, and the port whoever carries it must answer."""

from __future__ import annotations

import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

import msgspec

from highstreet.kit.errors import Malformed, Refusal

_ADDRESS = re.compile(r"[^\s@<>,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>,;:\"\x00-\x1f\x7f]{1,189}\Z")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._-]{1,120}\Z")


class Letter(msgspec.Struct, frozen=True):
    """One letter to one address. `message_id` is ours and the same in every attempt, so that a letter which
    arrives twice is seen to be one. Errors: Malformed for whatever could smuggle in a header.
    """

    to: str
    subject: str
    text: str
    message_id: str
    html: str | None = None

    def __post_init__(self) -> None:
        if not _ADDRESS.match(self.to):
            raise Malformed("to", "this is not an e-mail address", "电子邮箱地址不正确")
        if not self.subject.strip() or any(ord(letter) < 32 or ord(letter) == 127 for letter in self.subject):
            raise Malformed("subject", "one line of text", "标题应为一行文字")
        if not _MESSAGE_ID.match(self.message_id):
            raise Malformed(
                "message_id", "letters, digits, dot, dash, underscore", "只能包含字母、数字和 . - _"
            )


class MailAway(Exception):
    """The letter was not taken, or we do not know: try again later with the same message_id."""


class MailRefused(Refusal):
    """This letter will never be taken; trying again is useless."""

    code = "mail_refused"
    status = 422
    en = "The mail server will not deliver this letter ({reason})."
    zh = "邮件服务器拒绝投递此邮件（{reason}）。"


class Mail(Protocol):
    """Carries letters. Never inside a transaction."""

    async def send(self, letter: Letter) -> None:
        """Hands the letter over. Errors: MailAway, MailRefused."""
        ...


def compose(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The message as it travels; `sender` is an address, or `Name <address>`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2].strip('> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message
