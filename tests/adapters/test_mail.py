"""Letters: into files, and to a small SMTP server that can be made to say no."""

import asyncio
import email
import email.policy
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio

from highstreet.adapters.mail_file import FileMail
from highstreet.adapters.mail_smtp import SmtpMail
from highstreet.bench.load import free_port
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed
from highstreet.kit.mail import Letter, Mail, MailAway, MailRefused

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CLOCK = FixedClock(NOW)
SENDER = "Willow Street Market <market@willow.example>"
LETTER = Letter(
    to="lan@willow.example",
    subject="您的订单 K7M4-QX9C 已送达",
    text="林兰，您好：\n.\n包裹在门口。\n",
    html="<p>林兰，您好</p>",
    message_id="fct_01k9.mail",
)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def says_the_same(message: EmailMessage) -> None:
    assert message["To"] == "lan@willow.example"
    assert message["From"] == SENDER
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == "<fct_01k9.mail@willow.example>"
    assert message["Date"].datetime == NOW
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and html is not None
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert "林兰" in html.get_content()


# --- files ---


async def test_a_letter_becomes_a_file_only_its_owner_reads(tmp_path: Path) -> None:
    outbox = tmp_path / "data" / "outbox"
    mail: Mail = FileMail(outbox, SENDER, CLOCK)
    await mail.send(LETTER)
    await mail.send(LETTER)
    (file,) = outbox.iterdir()
    assert file.name == "fct_01k9.mail.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700
    says_the_same(read(file.read_bytes()))


@pytest.mark.parametrize(
    ("to", "subject", "message_id"),
    [
        ("a@b.c\r\nBcc: all@town.example", "Hello", "m"),
        ("a@b.c, d@e.f", "Hello", "m"),
        ("nobody", "Hello", "m"),
        ("", "Hello", "m"),
        ("a@b.c", "Hello\nBcc: all@town.example", "m"),
        ("a@b.c", "  ", "m"),
        ("a@b.c", "Hello", "../../etc/passwd"),
        ("a@b.c", "Hello", ""),
    ],
)
def test_nothing_is_smuggled_into_a_header_or_a_path(to: str, subject: str, message_id: str) -> None:
    with pytest.raises(Malformed):
        Letter(to=to, subject=subject, text="x", message_id=message_id)


async def test_no_letter_leaves_from_inside_a_transaction(db: Database, tmp_path: Path) -> None:
    async with db.transaction():
        for mail in (FileMail(tmp_path / "outbox", SENDER, CLOCK), SmtpMail("127.0.0.1", 1, SENDER, CLOCK)):
            with pytest.raises(RuntimeError):
                await mail.send(LETTER)
    assert not (tmp_path / "outbox").exists()


# --- SMTP ---


ANSWERS = {"DATA": "354 go on", "QUIT": "221 bye"}


class SmtpServer:
    """Takes letters on a loopback port; `says` replaces its answer to a command: {"RCPT": "550 no"}."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[bytes] = []
        self.says: dict[str, str] = {}

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 willow\r\n")
            while line := (await reader.readline()).decode().strip():
                word = line.split()[0].upper()
                answer = self.says.get(word, ANSWERS.get(word, "250 ok"))
                writer.write(answer.encode() + b"\r\n")
                if word == "DATA" and answer.startswith("354"):
                    self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(self.says.get("END", "250 taken").encode() + b"\r\n")
                if word == "QUIT":
                    break
        writer.close()


@pytest_asyncio.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    server = SmtpServer()
    await server.open()
    yield server
    server.server.close()
    await server.server.wait_closed()


def through(server: SmtpServer) -> SmtpMail:
    return SmtpMail("127.0.0.1", server.port, SENDER, CLOCK, security="none", timeout=5)


async def test_a_letter_arrives_whole(smtp: SmtpServer) -> None:
    mail: Mail = through(smtp)
    await mail.send(LETTER)
    (raw,) = smtp.letters
    says_the_same(read(raw.removesuffix(b".\r\n").replace(b"\r\n..\r\n", b"\r\n.\r\n")))


async def test_a_rude_farewell_does_not_send_the_letter_twice(smtp: SmtpServer) -> None:
    smtp.says = {"QUIT": "451 what"}
    await through(smtp).send(LETTER)
    assert len(smtp.letters) == 1


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "END"])
async def test_no_for_ever_and_no_for_now(smtp: SmtpServer, word: str) -> None:
    smtp.says = {word: "550 no such person as lan@willow.example"}
    with pytest.raises(MailRefused) as refused:
        await through(smtp).send(LETTER)
    assert "550" in refused.value.sentence("en") and "lan@" not in refused.value.sentence("en")
    smtp.says = {word: "451 come back later"}
    with pytest.raises(MailAway, match="451"):
        await through(smtp).send(LETTER)


async def test_a_server_that_is_away_or_cannot_encrypt_is_tried_again(smtp: SmtpServer) -> None:
    with pytest.raises(MailAway):
        await SmtpMail("127.0.0.1", free_port(), SENDER, CLOCK, security="none").send(LETTER)
    with pytest.raises(MailAway, match="STARTTLS"):
        await SmtpMail("127.0.0.1", smtp.port, SENDER, CLOCK, timeout=5).send(LETTER)
    with pytest.raises(MailAway):
        await SmtpMail("127.0.0.1", smtp.port, SENDER, CLOCK, security="tls", timeout=5).send(LETTER)
    assert smtp.letters == []


async def test_an_address_the_server_cannot_write(smtp: SmtpServer) -> None:
    letter = Letter(to="林兰@willow.example", subject="Hello", text="x", message_id="m")
    with pytest.raises(MailRefused, match="SMTPUTF8"):
        await through(smtp).send(letter)
