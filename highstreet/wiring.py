"""The only place that names concrete formats, adapters and subscribers, and puts a running market together.

market = await open_market(settings.load())
...
await market.close()
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog

from highstreet import catalog, orders, parties, policy
from highstreet.adapters.devices_sandbox import SandboxDevices
from highstreet.adapters.lender_sandbox import SandboxLender
from highstreet.adapters.mail_file import FileMail
from highstreet.adapters.mail_smtp import Security, SmtpMail
from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.api.keys import forget_answers
from highstreet.formats.appointment import APPOINTMENT
from highstreet.formats.collect import COLLECT
from highstreet.formats.consult import CONSULT
from highstreet.formats.counter import COUNTER
from highstreet.formats.course import COURSE
from highstreet.formats.debut import DEBUT
from highstreet.formats.digital import DIGITAL
from highstreet.formats.errand import ERRAND
from highstreet.formats.group_buy import GROUP_BUY
from highstreet.formats.instant import INSTANT
from highstreet.formats.live import LIVE
from highstreet.formats.made_to_order import MADE_TO_ORDER
from highstreet.formats.online import ONLINE
from highstreet.formats.preorder import PREORDER
from highstreet.formats.rental import RENTAL
from highstreet.formats.resale import RESALE
from highstreet.formats.ride import RIDE
from highstreet.formats.scheduled import SCHEDULED
from highstreet.formats.stay import STAY
from highstreet.formats.subscription import SUBSCRIPTION
from highstreet.formats.ticket import TICKET
from highstreet.formats.trade_in import TRADE_IN
from highstreet.formats.unattended import UNATTENDED
from highstreet.kit import rates
from highstreet.kit.clock import Clock, system_clock
from highstreet.kit.db import Database, DatabaseAway, Tx, connect
from highstreet.kit.errors import Refusal
from highstreet.kit.jobs import Again, Work
from highstreet.kit.mail import Mail, MailAway, MailRefused
from highstreet.kit.postgres import CannotStart, Server, ensure
from highstreet.kit.readers import Fact
from highstreet.kit.text import Words
from highstreet.market import (
    clawing_back,
    devices,
    gather,
    news,
    programmes,
    reports,
    rooms,
    screening,
    settling,
    tax_moves,
)
from highstreet.market.desk import Market
from highstreet.market.errands import CHECK_BOOKS, ERRANDS, check_books
from highstreet.market.format import Format, register
from highstreet.market.fulfil import advance_order
from highstreet.market.settle import EscrowLeft
from highstreet.market.views.opening import formats_in_use
from highstreet.migrations import CannotMigrate, migrate
from highstreet.settings import Settings

TOWN = "highstreet"  # what buyers read at the payment provider, and the town's name before it has one

Subscriber = Callable[[Tx, list[Fact]], Awaitable[None]]


class Round(msgspec.Struct, frozen=True):
    """Work found by looking: `go` every so many seconds, and at once again while it answers that there was some."""

    name: str
    seconds: float
    go: Callable[[], Awaitable[bool]]


class CannotOpen(Exception):
    """The market does not open; the message says why in a sentence."""


class OpenMarket(Market):
    """A market opened by `open_market`: beside what every market has, what its process keeps for it.

    `town` is what it is called, `url` how it is reached from outside, `media` where uploaded pictures lie, `mail` what carries letters.
    """

    town: Words
    url: str
    media: Path
    mail: Mail
    server: Server | None
    sandbox: SandboxProvider
    locks: SandboxDevices
    lender: SandboxLender | None

    async def close(self) -> None:
        """Finish what is under way, then let go of everything; the last process stops the embedded server."""
        await super().close()
        await self.sandbox.close()
        await self.locks.close()
        if self.lender is not None:
            await self.lender.close()
        await self.db.close()
        if self.server is not None:
            await self.server.leave()


def formats() -> dict[str, Format]:
    """Every business format this town knows, by the code an order carries."""
    return register([
        COUNTER, ONLINE, COLLECT, INSTANT, GROUP_BUY, APPOINTMENT, RENTAL, STAY, COURSE, CONSULT, RIDE, ERRAND, DIGITAL, TICKET,
        SCHEDULED, PREORDER, MADE_TO_ORDER, DEBUT, LIVE, UNATTENDED, RESALE, TRADE_IN, SUBSCRIPTION,
    ])  # fmt: skip


def sandbox_url(settings: Settings) -> str:
    """Where the payment provider listens: its own address, or the sandbox beside the market's port."""
    return settings.payment_url or f"http://{settings.host}:{settings.port + 1}"


def devices_url(settings: Settings) -> str:
    """Where the maker of locks and cabinets listens: its own address, or the sandbox near the market's port."""
    return settings.devices_url or f"http://{settings.host}:{settings.port + 3}"


async def devices_to_put_up(market: Market) -> list[dict[str, Any]]:
    """Every device in use as the sandbox puts it up, with its key."""
    async with market.db.read() as tx:
        return await devices.to_put_up(market, tx)


def payment_notices_url(settings: Settings) -> str:
    """Where the provider sends its notices; the sandbox, being at home, straight to our own port."""
    return _notices_url(settings, "sandbox", at_home=settings.payment_url is None)


def lender_notices_url(settings: Settings) -> str:
    """Where the lender sends its notices."""
    return _notices_url(settings, "lender", at_home=settings.lender_url is None)


def _notices_url(settings: Settings, provider: str, *, at_home: bool) -> str:
    base = f"http://{settings.host}:{settings.port}" if at_home else settings.url
    return f"{base}/api/payments/{provider}/notices"


def _lender(settings: Settings, clock: Clock) -> SandboxLender | None:
    """Whoever lends for instalments: its own address, or the sandbox two ports beside the market's."""
    if not settings.lends:
        return None
    url = settings.lender_url or f"http://{settings.host}:{settings.port + 2}"
    secret = settings.lender_secret.decode()
    return SandboxLender(url, (secret,), lender_notices_url(settings), TOWN, clock=clock)


async def open_market(settings: Settings, *, clock: Clock = system_clock, size: int = 6) -> OpenMarket:
    """Start or reach the database, bring it to its shape, and open the market on it.

    `size`: connections for transactions, and as many for reads. A database that is just coming back is waited for: a web process
    that gives up while it recovers would be started again and again, until whoever keeps it gives up too. Errors: `CannotOpen`.
    """
    until = asyncio.get_running_loop().time() + _RECOVERS_SECONDS
    while True:
        try:
            return await _open(settings, clock, size)
        except CannotOpen as e:
            if not _comes_back(settings, e) or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(0.2)


async def _open(settings: Settings, clock: Clock, size: int) -> OpenMarket:
    server: Server | None = None
    db: Database | None = None
    try:
        url, revive = settings.database_url, None
        if url is None:
            server = await ensure(settings.data_dir)
            url, revive = server.url, server.ensure_running
        await migrate(url)
        db = await connect(url, size=size, revive=revive)
        market = _market(settings, db, clock)
        await _refuse_unknown_formats(market)
        await market.open()
        market.town = await db.run(parties.businesses.town_name) or Words(TOWN, TOWN)
    except (CannotStart, CannotMigrate, DatabaseAway, OSError, *_COMING_BACK) as e:
        await _let_go(db, server)
        raise CannotOpen(str(e)) from e
    except BaseException:
        await _let_go(db, server)
        raise
    market.server = server
    return market


_RECOVERS_SECONDS = 30.0
# What a server says, or how the line breaks, when it was killed and is starting again.
_COMING_BACK = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.CrashShutdownError,
    asyncpg.AdminShutdownError,
    ConnectionResetError,
)


def _comes_back(settings: Settings, e: CannotOpen) -> bool:
    cause: BaseException | None = e.__cause__
    # Our own server is started again by whoever finds it gone; nobody does that for somebody else's.
    if settings.database_url is None and isinstance(cause, DatabaseAway | ConnectionError):
        return True
    while cause is not None and not isinstance(cause, _COMING_BACK):
        cause = cause.__cause__
    return cause is not None


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, clock: Clock = system_clock) -> AsyncIterator[OpenMarket]:
    """A market for the length of a block."""
    market = await open_market(settings, clock=clock)
    try:
        yield market
    finally:
        await market.close()


def _market(settings: Settings, db: Database, clock: Clock) -> OpenMarket:
    sandbox = SandboxProvider(
        sandbox_url(settings), (settings.payment_secret.decode(),), payment_notices_url(settings), TOWN
    )
    locks = SandboxDevices(devices_url(settings), clock)
    lender = _lender(settings, clock)
    market = OpenMarket(
        db,
        formats(),
        settings.secret,
        providers={sandbox.name: sandbox},
        devices=locks,
        lenders={lender.name: lender} if lender is not None else {},
        clock=clock,
        currency=settings.currency,
        tz=_zone(settings),
        demo=settings.demo,
    )
    market.url = settings.url
    market.media = settings.media_dir
    market.mail = _mail(settings, clock)
    market.sandbox = sandbox
    market.locks = locks
    market.lender = lender
    market.server = None
    return market


def _zone(settings: Settings) -> tzinfo:
    return ZoneInfo(settings.time_zone)


def _mail(settings: Settings, clock: Clock) -> Mail:
    if settings.mail == "file":
        return FileMail(settings.data_dir / "mail", settings.mail_from, clock)
    parts = urlsplit(settings.mail)
    host = parts.hostname or "localhost"
    at_home = host in ("localhost", "127.0.0.1", "::1")
    security: Security = "tls" if parts.scheme == "smtps" else "none" if at_home else "starttls"
    port = parts.port or {"tls": 465, "starttls": 587, "none": 25}[security]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpMail(host, port, settings.mail_from, clock, security, user, password)


async def _refuse_unknown_formats(market: Market) -> None:
    async with market.db.read() as tx:
        unknown = sorted(set(await formats_in_use(tx)) - set(market.formats))
    if unknown:
        raise CannotOpen(
            f"Open orders follow {', '.join(unknown)}, which this version of highstreet does not know: "
            "start the version that does, or bring the format back."
        )


async def _let_go(db: Database | None, server: Server | None) -> None:
    if db is not None:
        await db.close()
    if server is not None:
        await server.leave()


def subscribers(market: OpenMarket) -> dict[str, Subscriber]:
    """Who hears of facts, by the name their position is kept under.

    Each is called in the transaction that moves the position, so what it writes there is written once.
    """

    async def tell_parties(tx: Tx, facts: list[Fact]) -> None:
        await news.tell_parties(tx, facts, market.clock(), market.tz)

    async def free_devices(tx: Tx, facts: list[Fact]) -> None:
        await devices.hear_orders(market, tx, facts, market.clock())

    return {
        "stir": news.stir, "tell parties": tell_parties, "free devices": free_devices, "screening": partial(screening.hear, market),
    }  # fmt: skip


def jobs_of(market: OpenMarket) -> dict[str, Work]:
    """What a worker does for each kind of job."""

    async def letter(wanted: dict[str, Any]) -> None:
        order_id = str(wanted["order"])
        link = f"{market.url}/orders/{order_id}?key={market.link_signer.short(order_id)}"
        async with market.db.read() as tx:
            written = await news.letter(tx, market.seal, wanted, link)
        if written is None:
            return
        try:
            await market.mail.send(written)
        except MailAway as e:
            raise Again from e
        except MailRefused as e:
            structlog.get_logger().warning(
                "letter refused", order=order_id, reason=str(e.values.get("reason"))
            )

    async def check(wanted: dict[str, Any]) -> None:
        await check_books(market, str(wanted["run"]), str(wanted["by"]), market.clock())

    async def ask_device(wanted: dict[str, Any]) -> None:
        await devices.ask(market, str(wanted["command"]))

    return {news.LETTER: letter, CHECK_BOOKS: check, devices.ASK: ask_device}


def rounds(market: OpenMarket) -> list[Round]:
    """What a worker does again and again: each finds its work in the database and may run in two workers at once."""

    async def pass_deadlines() -> bool:
        now = market.clock()
        async with market.db.read() as tx:
            late = await orders.deadlines.passed(tx, now)
        passed = 0
        for order_id in late:
            # One order that cannot go on must not hold up the others behind it.
            try:
                await advance_order(market, order_id, now)
                passed += 1
            except (Refusal, EscrowLeft) as e:
                structlog.get_logger().error("deadline stuck", order=order_id, exc_info=e)
        return passed > 0

    async def clean() -> bool:
        now = market.clock()
        async with market.db.transaction() as tx:
            await rates.sweep(tx, now)
            await parties.sessions.sweep(tx, now)
            await orders.baskets.forget_old(tx, now)
            await parties.licences.expire(tx, now.astimezone(market.tz).date(), now)
            await parties.particulars.remind(tx, now)
            await catalog.chat.forget_old(tx, now)
            await policy.redemptions.forget_old(tx, now)
            return await forget_answers(tx, now) > 0

    def errand(run: Callable[[Market, datetime], Awaitable[int]]) -> Callable[[], Awaitable[bool]]:
        async def go() -> bool:
            return await run(market, market.clock()) > 0

        return go

    return [
        Round("deadlines", 1.0, pass_deadlines),
        Round("cohorts", 1.0, errand(gather.close_due)),
        Round("rooms", 1.0, errand(rooms.follow_clock)),
        Round("programmes", 5.0, errand(programmes.keep)),
        Round("claw-backs", 30.0, errand(clawing_back.keep)), Round("audit seeds", 30.0, errand(settling.tell_seeds)),
        Round("tax refunds", 1.0, errand(tax_moves.ask)), Round("departures", 30.0, errand(tax_moves.keep)),
        Round("screening", 60.0, errand(screening.keep)),
        Round("silent devices", 1.0, errand(devices.pass_over)), Round("device reports", 5.0, errand(reports.take_up)),
        Round("cleaning", 3600.0, clean),
        *(Round(name, 1.0, errand(run)) for name, run in ERRANDS.items()),
    ]  # fmt: skip
