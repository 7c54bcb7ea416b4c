"""Mail through an SMTP server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import suppress
from typing import Literal

from highstreet.kit.clock import Clock
from highstreet.kit.db import must_be_outside
from highstreet.kit.mail import Letter, MailAway, MailRefused, compose

Security = Literal["none", "starttls", "tls"]


class SmtpMail:
    """Answers `kit.mail.Mail`. One connection per letter, in a thread; certificates are always checked.

    `security`: tls (from the first byte, usually port 465), starttls (587), or none for a server on this
    machine.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        clock: Clock,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        timeout: float = 20.0,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._clock = clock
        self._security = security
        self._user = user
        self._password = password
        self._timeout = timeout

    async def send(self, letter: Letter) -> None:
        must_be_outside()
        await asyncio.to_thread(self._hand_over, letter)

    def _hand_over(self, letter: Letter) -> None:
        message = compose(letter, self._sender, self._clock())
        try:
            server = self._connect()
            try:
                if self._security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
            finally:
                # a farewell that goes wrong must not make us send the letter again
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
                server.close()
        except smtplib.SMTPRecipientsRefused as error:
            raise self._said(*next(iter(error.recipients.values()))) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise self._said(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise self._unable(error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailAway(f"{self._host}: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        if self._security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)

    def _said(self, code: int, _words: bytes | str) -> MailAway | MailRefused:
        """5xx is for ever, 4xx for now. The server's words are left out: they often repeat the address."""
        return MailRefused(reason=code) if code >= 500 else MailAway(f"{self._host}: {code}")

    def _unable(self, error: smtplib.SMTPNotSupportedError) -> MailAway | MailRefused:
        # such a server never takes an address beyond ASCII; missing STARTTLS or AUTH an operator can mend
        if "SMTPUTF8" in str(error):
            return MailRefused(reason="SMTPUTF8")
        return MailAway(f"{self._host}: {error}")
