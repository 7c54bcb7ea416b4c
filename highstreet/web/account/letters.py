"""Letters about an account, sent once the answer is out: their links prove that somebody reads them."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Response
from litestar.background_tasks import BackgroundTask

from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import new_id
from highstreet.kit.mail import Letter, Mail, MailAway
from highstreet.kit.signing import Signer
from highstreet.market.desk import Market
from highstreet.web.frame import Visitor, go, say
from highstreet.web.sessions import AnyRequest

_log = logging.getLogger(__name__)


def thanks(request: AnyRequest, visitor: Visitor, letter: Letter | None) -> Response[Any]:
    """The same answer for everybody: nobody learns who is here."""
    text = say(visitor, "If we know this address, a letter with the next step is on its way.")
    answer = go(visitor, "/sign-in", say=text, kind="info")
    answer.background = posting(request, letter)
    return answer


def links(market: Market) -> Signer:
    """What signs the links in letters."""
    return market.link_signer


def letter_to(visitor: Visitor, handle: str, subject: str, text: str) -> Letter | None:
    """A letter, if the handle is an address."""
    try:
        return Letter(handle, f"{visitor.town}: {subject}", text, new_id("let", visitor.now))
    except Malformed:
        return None


def posting(request: AnyRequest, letter: Letter | None) -> BackgroundTask | None:
    """Sends after the answer is out, so that its time tells nobody who is here."""
    mail: Mail | None = request.app.state.get("mail")
    return BackgroundTask(_send, mail, letter) if mail is not None and letter is not None else None


async def _send(mail: Mail, letter: Letter) -> None:
    try:
        await mail.send(letter)
    except (MailAway, Refusal) as away:
        _log.warning("a letter was not taken: %s", away)
