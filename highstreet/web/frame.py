"""What every page shares: who asks (`visitor`), the market, how an answer is made (`show`, `go`), and how a
no looks.

A page is a Litestar handler that takes `market: GivenMarket`, `visitor: GivenVisitor` and, when a form was
sent, `form: GivenForm` (the query string: `asked: GivenForm`). It answers with `show(visitor,
"till/sale.html", ...)` or `go(visitor, "/till", say="Sold")`. A `Refusal` that a page lets pass becomes a
page with its sentence; a form that wants to keep what was typed catches it and shows itself again with
`status=refused.status`.

The app mounts `DEPENDENCIES`, `EXCEPTION_HANDLERS`, `csrf_config(...)` and `secured` (a middleware), and sets
on its state: `market`, and if it has them `town` (the name of the market), `url` (how it is reached from
outside) and `mail` (kit.mail.Mail).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.response import Redirect
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from highstreet import parties
from highstreet.kit import rates
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.errors import Malformed, NotFound, Refusal, SignInFirst, TooOften, Unavailable
from highstreet.kit.ids import new_id
from highstreet.kit.rates import Limit
from highstreet.market.desk import Market
from highstreet.web import render, sessions
from highstreet.web.news import live as live
from highstreet.web.render import Flash, Frame
from highstreet.web.sessions import AnyRequest, Visitor

_log = logging.getLogger(__name__)
_LONGEST = 4000  # letters in one field of a form
_SURFACES = {"merchant", "till", "courier", "operator", "maker", "city"}

_CONTENT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "content-security-policy": _CONTENT,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


# --- what pages are given ---


class Form(msgspec.Struct, frozen=True):
    """What a form sent: texts, trimmed. Files are read by the page that expects them, from the request."""

    values: dict[str, list[str]]

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field; the default when it was not sent."""
        return self.values.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number. Errors: Malformed."""
        text = self.get(name)
        if not text and default is not None:
            return default
        if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 12:
            raise Malformed(name, "must be a whole number", "必须是整数")
        return int(text)


# How a handler writes what it wants: `market: GivenMarket`, `form: GivenForm`, ...
GivenMarket: TypeAlias = NamedDependency[Market]
GivenVisitor: TypeAlias = NamedDependency[Visitor]
GivenForm: TypeAlias = NamedDependency[Form]


async def form_of(request: AnyRequest) -> Form:
    """The texts of a sent form. Errors: Malformed for a field longer than 4,000 letters."""
    values: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if not isinstance(value, str):
            continue
        if len(value) > _LONGEST or "\x00" in value:
            raise Malformed(name[:40], "is too long", "内容过长")
        values.setdefault(name, []).append(value.strip())
    return Form(values)


def asked_of(request: AnyRequest) -> Form:
    """The texts of the query string."""
    values: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        values.setdefault(name, []).append(str(value).strip()[:_LONGEST].replace("\x00", ""))
    return Form(values)


def market_of(state: State) -> Market:
    return state["market"]


async def visitor_of(request: AnyRequest, market: GivenMarket) -> Visitor:
    found = await sessions.visitor_of(request, market)
    request.state.visitor = found
    return found


DEPENDENCIES: dict[str, Provide] = {
    "market": Provide(market_of, sync_to_thread=False),
    "visitor": Provide(visitor_of),
    "form": Provide(form_of),
    "asked": Provide(asked_of, sync_to_thread=False),
}


def acting_for(visitor: Visitor, action: parties.roles.Action) -> str:
    """The business the visitor does this for: the one chosen, else the first where they may.

    Errors: SignInFirst, SecondFactorNeeded, NotAllowed.
    """
    session = visitor.session
    if session is None:
        raise SignInFirst
    asked = [session.acts_for] if session.acts_for else []
    asked += [role.party_id for role in session.roles]
    for party_id in asked:
        if parties.may(session, action, party_id):
            return party_id
    parties.require(session, action, asked[0] if asked else None)
    return asked[0]


def signed_in(visitor: Visitor) -> parties.Session:
    """Errors: SignInFirst."""
    if visitor.session is None:
        raise SignInFirst
    return visitor.session


async def limited(market: Market, visitor: Visitor, what: str, *limits: Limit) -> None:
    """Count a try of this visitor's address; refuses with TooOften. In a transaction of its own."""
    async with market.db.transaction() as tx:
        wait = await rates.take(tx, what, visitor.address, limits, visitor.now)
    if wait:
        raise TooOften(seconds=wait)


# --- answers ---


def show(
    visitor: Visitor,
    template: str,
    *,
    part: str = "",
    status: int = 200,
    cookies: tuple[Any, ...] = (),
    **values: object,
) -> Response[str]:
    """A page; or, when htmx asks and the page names one, its block `part` alone."""
    frame = frame_of(visitor, template)
    if visitor.part and part and not template.endswith("/rows.html"):
        html = render.fragment(template, part, visitor.look, frame, visitor=visitor, **values)
    else:
        html = render.page(template, visitor.look, frame, visitor=visitor, **values)
    answer = Response(html, status_code=status, media_type="text/html")
    personal = visitor.session or visitor.basket_id or visitor.flashes
    answer.headers["cache-control"] = "no-store" if personal else "private, no-cache"
    answer.headers["vary"] = "HX-Request, Cookie"
    for cookie in cookies:
        answer.set_cookie(cookie)
    if visitor.flashes:
        answer.set_cookie(sessions.gone(sessions.FLASH))
    return answer


def go(
    visitor: Visitor,
    path: str,
    *,
    say: str = "",
    kind: Literal["info", "good", "warn", "refusal"] = "good",
    cookies: tuple[Any, ...] = (),
) -> Response[Any]:
    """See `path` next (303), with a sentence at the top of it. `say` is in the visitor's language already."""
    answer: Response[Any] = Redirect(path, status_code=303)
    if visitor.part:
        answer = Response("", status_code=200, headers={"HX-Redirect": path})
    for cookie in cookies:
        answer.set_cookie(cookie)
    if say:
        answer.set_cookie(sessions.flash_cookie(visitor, Flash(say, kind)))
    return answer


def frame_of(visitor: Visitor, template: str) -> Frame:
    surface = template.partition("/")[0]
    return Frame(
        town=visitor.town,
        path=visitor.path,
        zone=visitor.zone,
        now=visitor.now,
        csrf=visitor.csrf,
        person=visitor.session.name if visitor.session else "",
        portrait=visitor.portrait,
        basket=visitor.basket,
        notes=visitor.notes,
        surface=surface if surface in _SURFACES else "shop",
        demo=visitor.demo,
        flashes=visitor.flashes,
    )


def say(visitor: Visitor, text: str, **values: object) -> str:
    """An English source sentence in the visitor's language."""
    return render.say(visitor.look, text, **values)


def back_to(path: str, otherwise: str = "/") -> str:
    """A path of ours that a stranger handed in; anything that could lead elsewhere is `otherwise`."""
    good = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and len(path) < 500
    )
    return path if good else otherwise


# --- a no ---


def refused(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    """A refusal nobody caught: to the sign-in if that is what is missing, else its sentence on a calm page."""
    visitor = _visitor(request)
    if isinstance(refusal, SignInFirst | parties.SecondFactorNeeded | parties.SignInAgain):
        back = (
            visitor.path
            if request.method == "GET"
            else back_to(urlsplit(request.headers.get("referer", "")).path, "/me")
        )
        query = urlencode({"next": back} | ({} if isinstance(refusal, SignInFirst) else {"again": "1"}))
        return go(visitor, f"/sign-in?{query}", say=refusal.sentence(visitor.lang), kind="info")
    headers = {"retry-after": "2"} if refusal.status == 503 else {}
    if refusal.status == 429:
        headers["retry-after"] = str(refusal.values.get("seconds", 60))
    return _no(visitor, refusal.status, refusal.sentence(visitor.lang), headers)


def away(request: AnyRequest, _: Exception) -> Response[Any]:
    """The database is away or busy: said as such, worth trying again."""
    return refused(request, Unavailable())


def http_refused(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """What the framework itself says no to: no such page, a form that has been open too long, a body too large."""
    visitor = _visitor(request)
    if isinstance(error, PermissionDeniedException):
        text = say(
            visitor, "This page was open for too long. Please go back, load it again and try once more."
        )
    elif error.status_code == 404:
        text = NotFound(say(visitor, "page")).sentence(visitor.lang)
    elif error.status_code == 405:
        text = say(visitor, "This address answers to a form only.")
    elif error.status_code == 413:
        text = say(visitor, "That is too large to be sent here.")
    elif error.status_code >= 500:
        return broken(request, error)
    else:
        text = say(visitor, "Something in this request could not be read.")
    return _no(visitor, error.status_code, text, {})


def broken(request: AnyRequest, error: Exception) -> Response[Any]:
    """Our own mistake: logged under a reference the person can read out, shown without a trace."""
    visitor = _visitor(request)
    reference = new_id("err", visitor.now)[-8:].upper()
    _log.error(
        "a page failed: %s %s, reference %s", request.method, request.url.path, reference, exc_info=error
    )
    text = say(
        visitor, "Something went wrong on our side. Nothing was charged. Please try again, or ask a person."
    )
    return _no(visitor, 500, text, {}, reference)


EXCEPTION_HANDLERS: Mapping[Any, Any] = {
    Refusal: refused,
    DatabaseAway: away,
    DatabaseBusy: away,
    HTTPException: http_refused,
    Exception: broken,
}


def _visitor(request: AnyRequest) -> Visitor:
    found = getattr(request.state, "visitor", None) if "state" in request.scope else None
    if isinstance(found, Visitor):
        return found
    return sessions.stranger(request, request.app.state["market"])


def _no(
    visitor: Visitor, status: int, text: str, headers: dict[str, str], reference: str = ""
) -> Response[Any]:
    answer = show(
        visitor,
        "shop/refused.html",
        part="notice",
        status=status,
        text=text,
        code=status,
        reference=reference,
    )
    # An unknown address never reaches the middleware.
    answer.headers.update(HEADERS | headers | {"cache-control": "no-store"})
    return answer


# --- what guards every answer ---


def csrf_config(secret: bytes, *, secure: bool = False) -> CSRFConfig:
    """Every form carries a token.

    Calls with a bearer token (under /api) and notices of providers do not need one.
    """
    return CSRFConfig(
        secret=hashlib.sha256(b"highstreet csrf" + secret).hexdigest(),
        cookie_name="csrf",
        header_name="x-csrftoken",
        cookie_httponly=True,
        cookie_secure=secure,
        cookie_samesite="lax",
        exclude_from_csrf_key="without_csrf",
    )


def secured(app: ASGIApp) -> ASGIApp:
    """Adds the security headers to every answer that has not set its own."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, with_headers)

    return guarded
