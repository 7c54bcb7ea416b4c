"""The web process: every surface and the API over one open market, as an ASGI application.

Granian calls `create_app` once per process. A test puts a market of its own in: `serve(build(), market)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import mimetypes
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.params import FromPath
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client import multiprocess as between_processes

from highstreet import __version__, settings, wiring
from highstreet.api import ROUTES as API
from highstreet.api import api_docs, problems
from highstreet.api.quick import QuickLane
from highstreet.evenly import evenly
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.logs import set_up_logs
from highstreet.market.desk import Market
from highstreet.opening import end_with_parent
from highstreet.web import account, cards, city, courier, frame, live, merchant, operator, shop, till
from highstreet.web.quick import QuickPages
from highstreet.wiring import OpenMarket

AREAS = (
    shop.ROUTES,
    live.ROUTES,
    account.ROUTES,
    cards.ROUTES,
    merchant.ROUTES,
    till.ROUTES,
    courier.ROUTES,
    operator.ROUTES,
    city.ROUTES,
)
STATIC = Path(__file__).parent / "web" / "static"
_YEAR = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"

Areas = Sequence[Sequence[ControllerRouterHandler]]
Opening = Callable[[Litestar], AbstractAsyncContextManager[None]]

_log = structlog.get_logger()

SECONDS = Histogram(
    "highstreet_request_seconds",
    "Time from request to answer, by route",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ANSWERS = Counter("highstreet_answers", "Answers given, by route and status", ["method", "route", "status"])


def create_app() -> ASGIApp:
    """The application as Granian's factory makes it, over the market the environment describes."""
    end_with_parent()
    ours = settings.load()
    set_up_logs(ours.log_level)

    @contextlib.asynccontextmanager
    async def open_for_business(app: Litestar) -> AsyncIterator[None]:
        async with wiring.opened(ours) as market:
            serve(app, market)
            _leave_in_peace()
            at_work = asyncio.create_task(_lay_out(market))
            try:
                yield
            finally:
                at_work.cancel()
                await asyncio.gather(at_work, return_exceptions=True)

    secure = ours.url.startswith("https:")
    town = build(open_for_business, secure=secure, secret=ours.secret)
    csrf = frame.csrf_config(ours.secret, secure=secure)
    return evenly(Watched(QuickPages(town, QuickLane(town), csrf)))


async def _lay_out(market: Market) -> None:
    """Bring what is asked for most to hand, and keep it true; until then the database answers."""
    await market.shelf.lay_out()
    await market.at_hand.keep()


def _leave_in_peace() -> None:
    """What the process is built of stays: Python need not look it through for garbage again and again.

    A page makes thousands of small things and hardly a ring of them; looked for less often, it costs a tenth less.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def serve(app: Litestar, market: OpenMarket) -> None:
    """Let an application serve this market."""
    app.state.update({"market": market, "town": market.town, "url": market.url, "mail": market.mail})


def build(
    opening: Opening | None = None,
    *,
    secure: bool = False,
    secret: bytes = b"",
    areas: Areas = AREAS,
) -> Litestar:
    """Every route of the town. `opening` opens the market; without one somebody calls `serve`.

    `secure`: it is reached by https, so cookies travel by nothing else. `secret`: the town's, so that every process
    knows the forms of the others; without one, a process knows only its own.
    """
    return Litestar(
        route_handlers=[
            *_pages(areas, secure, secret or secrets.token_bytes(32)),
            *API,
            health,
            ready,
            metrics,
            Shelved(STATIC).handler(),
            *api_docs.ROUTES,
        ],
        lifespan=[opening] if opening else [],
        exception_handlers={Exception: answer_error},
        openapi_config=api_docs.config(__version__),
        request_max_body_size=12_000_000,
        logging_config=None,
        debug=False,
    )


def _pages(areas: Areas, secure: bool, secret: bytes) -> list[Router]:
    """The pages, behind what guards pages; the API's routes pass none of it."""
    routes = [route for area in areas for route in area]
    csrf = frame.csrf_config(secret, secure=secure)
    return [
        Router(
            path="/",
            route_handlers=routes,
            dependencies=frame.DEPENDENCIES,
            exception_handlers=dict(frame.EXCEPTION_HANDLERS),
            middleware=[frame.secured, DefineMiddleware(CSRFMiddleware, config=csrf)],
            include_in_schema=False,
        )
    ]


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What no route caught: the API answers with a problem, everything else with a page."""
    if request.scope["path"].startswith("/api"):
        return problems.answer(request, error)
    for kind in type(error).__mro__:
        found = frame.EXCEPTION_HANDLERS.get(kind)
        if found is not None:
            return found(request, error)
    return problems.answer(request, error)


# --- for those who run it ---


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False)
async def health() -> str:
    """The process lives."""
    return "ok"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False)
async def ready(request: Request[Any, Any, Any]) -> Response[str]:
    """The process can serve: its database answers."""
    market: Market = request.app.state.market
    try:
        async with market.db.read() as tx:
            await tx.execute("SELECT 1")
    except (DatabaseAway, DatabaseBusy):
        return Response("the database is away", status_code=503, headers={"retry-after": "1"})
    return Response("ready", status_code=200)


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """What all web processes counted, for Prometheus."""
    registry = CollectorRegistry()
    try:
        between_processes.MultiProcessCollector(registry)
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})
    except ValueError:
        # A single process, not started by `highstreet web`, counts for itself.
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


class Watched:
    """Counts, times and logs every request: its route, never its path, address, keys or body.

    What is counted is entered once a second, and before somebody asks for it: entering each as it comes costs three times as much.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seconds: dict[tuple[str, str], Any] = {}
        self._answers: dict[tuple[str, str, int], Any] = {}
        self._noted: list[tuple[str, str, int, float]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        if scope["path"] == "/metrics":
            self._enter()
        try:
            await self._app(scope, receive, watch)
        finally:
            self._note(scope, status, perf_counter() - started)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        route: str = scope.get("path_template") or "unknown"
        method: str = scope["method"]
        if not self._noted:
            asyncio.get_running_loop().call_later(1, self._enter)
        self._noted.append((method, route, status, seconds))
        if not route.startswith(("/static", "/healthz", "/metrics")):
            _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))

    def _enter(self) -> None:
        noted, self._noted = self._noted, []
        for method, route, status, seconds in noted:
            timer = self._seconds.get((method, route))
            if timer is None:
                timer = self._seconds[method, route] = SECONDS.labels(method, route)
            timer.observe(seconds)
            counter = self._answers.get((method, route, status))
            if counter is None:
                counter = self._answers[method, route, status] = ANSWERS.labels(method, route, str(status))
            counter.inc()


# --- files ---


class Shelved:
    """The pages' own files, kept in memory. Asked for with `?v=` and their hash they never grow old."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                mark = hashlib.sha256(content).hexdigest()[:16]
                self._files["/" + path.relative_to(folder).as_posix()] = (content, kind, mark)

    def hash_of(self, name: str) -> str:
        """The hash to ask for a file with (`/site.css`)."""
        return self._files[name][2]

    def handler(self) -> HTTPRouteHandler:
        """The route that serves them."""

        @get("/static/{file:path}", include_in_schema=False)
        async def static(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
            found = self._files.get(file)
            if found is None:
                return Response(b"", status_code=404, media_type="text/plain")
            content, kind, mark = found
            asked = request.query_params.get("v")
            headers = {"etag": f'"{mark}"', "cache-control": _YEAR if asked == mark else _HOUR}
            if request.headers.get("if-none-match") == f'"{mark}"':
                return Response(b"", status_code=304, headers=headers, media_type=kind)
            return Response(content, headers=headers, media_type=kind)

        return static
