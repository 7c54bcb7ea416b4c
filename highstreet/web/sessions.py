"""Who looks at a page: their look, session, basket and what waits to be said, from cookies and at most one
visit to the database.

Cookies: `session` and `basket` (HttpOnly, random; the database holds only their SHA-256), `flash` (one
sentence for the next page), `near` (where the person said they are), and the three of the look, which scripts
may write.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie, State
from litestar.utils.scope.state import ScopeState

from highstreet import orders, parties
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views import shop as views
from highstreet.parties import Session
from highstreet.web.render import Flash, Look, look_from

SESSION, BASKET, FLASH, NEAR = "session", "basket", "flash", "near"
_MONTH = 30 * 86_400
_YEAR = 365 * 86_400

AnyRequest = Request[Any, Any, State]


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one page. `session` is None for guests; `basket_id` is empty until something is put in.

    `part`: htmx asks for a fragment of the page. `address`: the keyed hash of where the call comes from.
    """

    look: Look
    now: datetime
    path: str
    address: bytes
    agent: str = ""
    csrf: str = ""
    town: str = "highstreet"
    zone: str = "Asia/Shanghai"
    url: str = ""
    demo: bool = False
    part: bool = False
    session: Session | None = None
    token: str = ""
    basket_id: str = ""
    basket_cookie: str = ""
    basket: int = 0
    notes: int = 0
    portrait: str = ""
    near: Point | None = None
    flashes: tuple[Flash, ...] = ()

    @property
    def lang(self) -> str:
        return self.look.lang

    @property
    def who(self) -> str:
        """Who tells a fact: the person's party, or the guest."""
        return self.session.party_id if self.session else "guest"

    @property
    def scope(self) -> str:
        """Whose idempotency keys these are: the person, the browser's basket, or the place the call comes from."""
        return self.who if self.session else self.basket_id or self.address.hex()[:40]


async def visitor_of(request: AnyRequest, market: Market) -> Visitor:
    """The visitor of a request; without a session or basket cookie nothing is asked of the database."""
    now = market.clock()
    plain = stranger(request, market)
    token, cookie = request.cookies.get(SESSION, ""), request.cookies.get(BASKET, "")
    if not token and not cookie:
        return plain
    session: Session | None = None
    async with market.db.read() as tx:
        if token:
            session = await parties.sessions.session_of(tx, token, now, market.seal)
        basket_id = (
            orders.baskets.basket_of(session.party_id if session else cookie) if session or cookie else ""
        )
        around = await views.around(tx, basket_id, session.party_id if session else "")
    if session is not None and parties.sessions.wants_touch(session, now):
        async with market.db.transaction() as tx:
            await parties.sessions.touch(tx, token, now)
    return msgspec.structs.replace(
        plain,
        session=session,
        token=token if session else "",
        basket_id=basket_id,
        basket_cookie=cookie,
        basket=around.basket,
        notes=around.notes,
        portrait=around.portrait or "",
    )


def stranger(request: AnyRequest, market: Market | None) -> Visitor:
    """The visitor as far as the request alone tells: what an error page shows when the database is away."""
    state, client = request.app.state, request.client
    look, town = look_from(request.cookies, request.headers.get("accept-language", "")), state.get("town")
    host = client.host if client else ""
    # As request.url has them, which takes apart and keeps what nobody asks for.
    path, query = request.scope.get("root_path", "") + request.scope["path"], request.scope["query_string"]
    return Visitor(
        look=look,
        now=market.clock() if market else state["clock"](),
        path=path + (f"?{query.decode()}" if query else ""),
        address=market.seal.blind("address", host) if market else b"",
        agent=request.headers.get("user-agent", "")[:200],
        csrf=csrf_of(request),
        town=town.say(look.lang) if isinstance(town, Words) else town or "highstreet",
        zone=str(market.tz) if market else "Asia/Shanghai",
        url=state.get("url") or str(request.base_url).rstrip("/"),
        demo=market.demo if market else False,
        part=wants_part(request),
        near=_near(request.cookies),
        flashes=_flashes(request.cookies),
    )


async def known_or_stranger(request: AnyRequest, market: Market) -> Visitor:
    """The visitor for a page that must appear whatever the database does."""
    try:
        return await visitor_of(request, market)
    except (DatabaseAway, DatabaseBusy):
        return stranger(request, market)


def wants_part(request: AnyRequest) -> bool:
    """Whether htmx asks for a fragment; a boosted link or a restored history wants the whole page."""
    said = request.headers
    return said.get("hx-request") == "true" and not (
        said.get("hx-boosted") or said.get("hx-history-restore-request")
    )


def csrf_of(request: AnyRequest) -> str:
    """The token forms send along."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


# --- cookies ---


def session_cookie(visitor: Visitor, token: str) -> Cookie:
    """Signed in with this token."""
    return _kept(visitor, SESSION, token, _MONTH)


def new_basket() -> str:
    """The secret of a new basket; the database sees `baskets.basket_of` of it."""
    return secrets.token_urlsafe(18)


def basket_cookie(visitor: Visitor, value: str) -> Cookie:
    return _kept(visitor, BASKET, value, _MONTH)


def near_cookie(visitor: Visitor, point: Point | None) -> Cookie:
    """Where the person said they are, to a hundred metres; None forgets it."""
    return _kept(visitor, NEAR, f"{point.lat:.3f},{point.lon:.3f}", _YEAR) if point else gone(NEAR)


def look_cookie(visitor: Visitor, name: str, value: str) -> Cookie:
    """A wish for the look; site.js writes the same cookies."""
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=_YEAR,
        samesite="lax",
        httponly=False,
        secure=_secure(visitor),
    )


def flash_cookie(visitor: Visitor, flash: Flash) -> Cookie:
    text = base64.urlsafe_b64encode(msgspec.json.encode(flash)).decode().rstrip("=")
    return _kept(visitor, FLASH, text, 120)


def gone(name: str) -> Cookie:
    """The cookie that takes one away."""
    return Cookie(key=name, value="", path="/", max_age=0, samesite="lax", httponly=True)


def _kept(visitor: Visitor, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=seconds,
        samesite="lax",
        httponly=True,
        secure=_secure(visitor),
    )


def _secure(visitor: Visitor) -> bool:
    return visitor.url.startswith("https:")


def _flashes(cookies: Mapping[str, str]) -> tuple[Flash, ...]:
    text = cookies.get(FLASH, "")
    if not text or len(text) > 2000:
        return ()
    try:
        return (msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Flash),)
    except (ValueError, msgspec.MsgspecError):
        return ()


def _near(cookies: Mapping[str, str]) -> Point | None:
    lat, _, lon = cookies.get(NEAR, "").partition(",")
    try:
        point = Point(float(lat), float(lon))
    except ValueError:
        return None
    return point if -90 <= point.lat <= 90 and -180 <= point.lon <= 180 else None
