"""The quick lane of the shop: a search and the page of an offer straight from ASGI, past the framework's routing and middleware.

They are the same functions that the framework serves, and give the same page; `tests/web/test_quick.py` holds that. Whatever does
not end in a page (a refusal, an error) is asked again the whole way, which says no as it always does. It saves about a quarter of
what such a page costs (docs/performance.md).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie
from litestar.middleware.csrf import CSRF_SECRET_BYTES
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.errors import Refusal
from highstreet.market.desk import Market
from highstreet.web import sessions
from highstreet.web.frame import HEADERS, asked_of, away
from highstreet.web.sessions import AnyRequest
from highstreet.web.shop.offer import offer
from highstreet.web.shop.search import find

_OFFERS = "/offers/"
_log = structlog.get_logger()

_Page = Callable[[Market, sessions.Visitor, AnyRequest], Awaitable[Response[str]]]


async def _search(market: Market, visitor: sessions.Visitor, request: AnyRequest) -> Response[str]:
    return await find.fn(market, visitor, asked_of(request))


async def _offer(market: Market, visitor: sessions.Visitor, request: AnyRequest) -> Response[str]:
    return await offer.fn(market, visitor, request.scope["path"][len(_OFFERS) :])


def _lane(path: str) -> tuple[_Page, str] | None:
    if path == "/search":
        return _search, "/search"
    if path.startswith(_OFFERS):
        name = path[len(_OFFERS) :]
        # Only what an identifier looks like: the framework decides about everything else.
        if name.isascii() and name.replace("_", "").isalnum():
            return _offer, "/offers/{offer_id}"
    return None


class QuickPages:
    """An ASGI application in front of the whole one: it takes these two pages and leaves everything else."""

    def __init__(self, pages: Litestar, otherwise: ASGIApp, csrf: CSRFConfig) -> None:
        self._pages = pages
        self._otherwise = otherwise
        self._csrf = csrf
        # Written once: putting a cookie together takes longer than drawing four cards.
        written = Cookie(
            key=csrf.cookie_name, value="{}", path=csrf.cookie_path, secure=csrf.cookie_secure,
            httponly=csrf.cookie_httponly, samesite=csrf.cookie_samesite, domain=csrf.cookie_domain,
        )  # fmt: skip
        self._cookie = written.to_header(header="").replace('"', "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _lane(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        answer = await self._drawn(found[0], scope, receive) if found is not None else None
        if found is None or answer is None:
            await self._otherwise(scope, receive, send)
            return
        cast("dict[str, Any]", scope)["path_template"] = found[1]
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _drawn(
        self, page: _Page, scope: Any, receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """The page's status, headers and body; None when it is not for us to answer."""
        # A scope of its own: the whole way finds its own untouched.
        own: Any = {**scope, "litestar_app": self._pages, "app": self._pages, "state": {}}
        request: AnyRequest = Request(own, receive)
        token = request.cookies.get(self._csrf.cookie_name)
        new = token is None
        if token is None:
            token = _new_token(self._csrf.secret)
        ScopeState.from_scope(own).csrf_token = token
        try:
            market: Market = self._pages.state["market"]
            answer = await page(market, await sessions.visitor_of(request, market), request)
        except (DatabaseAway, DatabaseBusy) as error:
            answer = away(request, error)  # not asked again: that would keep everybody waiting twice as long
        except Refusal:
            return None
        except Exception as error:  # noqa: BLE001 - the whole way meets it too, logs it and says so on a page
            _log.debug("a page failed in the quick lane", exc_info=error)
            return None
        body = answer.content.encode()
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value.encode()) for name, value in (HEADERS | dict(answer.headers)).items()),
        ]
        cookies = [cookie.to_header(header="") for cookie in answer.cookies]
        if new:
            cookies.append(self._cookie.replace("{}", token))
        headers += [(b"set-cookie", cookie.encode()) for cookie in cookies]
        return answer.status_code or 200, headers, body


def _new_token(secret: str) -> str:
    """As the framework's middleware makes and checks them, in a tenth of its time."""
    token = secrets.token_hex(CSRF_SECRET_BYTES)
    return token + hmac.digest(secret.encode(), token.encode(), "sha256").hex()
