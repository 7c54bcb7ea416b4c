"""A payment provider that only pretends, as its own small HTTP server.

    python -m highstreet.sandbox.payments --port 8701 --secret S --notify URL [--seed N] [--state FILE]

Buyers come to `GET /pay?intent=<base64url JSON>&sig=<hex>`; the market calls the rest with
`Authorization: Bearer <api_token(secret)>` and an `Idempotency-Key` for whatever moves money. What goes wrong
is set with `PUT /faults` (rates, see faults.py) and `PUT /faults/{key}` (the next so many times for one key).
"""

import argparse
import asyncio
import csv
import hashlib
import hmac
import io
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Response, get, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath

from highstreet.kit.clock import Clock, system_clock
from highstreet.sandbox.bank import TWIN, Ask, Bank, BankRefuses, Kind, Movement, StoredNotice, iso
from highstreet.sandbox.buyer import Call, choose, desk_of, front, notify_at, show
from highstreet.sandbox.desk import CLOSED_ACCOUNT, SLOW_CARD_SECONDS, Desk
from highstreet.sandbox.faults import Dice, Fault, Faults, Times
from highstreet.sandbox.notices import Postman, secret_bytes

T = TypeVar("T")


class ChargeBody(msgspec.Struct, frozen=True):
    amount: int
    currency: str
    token: str
    notify_url: str = ""


class RefundBody(msgspec.Struct, frozen=True):
    charge_key: str
    amount: int
    currency: str
    notify_url: str = ""


class PayoutBody(msgspec.Struct, frozen=True):
    account: str
    amount: int
    currency: str
    notify_url: str = ""


class HoldBody(msgspec.Struct, frozen=True):
    token: str
    amount: int
    currency: str
    notify_url: str = ""


class EndHoldBody(msgspec.Struct, frozen=True):
    authorisation_key: str
    amount: int
    currency: str
    notify_url: str = ""


class Told(msgspec.Struct, frozen=True):
    """A movement as the API and the statement tell it; `at` is ISO 8601 in UTC."""

    kind: Kind
    key: str
    of: str
    amount: int
    currency: str
    outcome: str
    provider_ref: str
    at: str
    refunded: int


def told(moved: Movement) -> Told:
    return Told(
        kind=moved.kind,
        key=moved.told_key,
        of=moved.of.removesuffix(TWIN),
        amount=moved.amount,
        currency=moved.currency,
        outcome=moved.outcome,
        provider_ref=moved.provider_ref,
        at=iso(moved.at),
        refunded=moved.refunded,
    )


def api_token(secret: bytes) -> str:
    """The bearer token of server-to-server calls; not the secret itself, so that one never travels."""
    return hmac.digest(secret, b"sandbox api token", hashlib.sha256).hex()


def only_the_market(
    connection: ASGIConnection[BaseRouteHandler, None, None, State], _: BaseRouteHandler
) -> None:
    given = connection.headers.get("authorization", "").encode()
    tokens: list[bytes] = [b"Bearer " + api_token(secret).encode() for secret in connection.app.state.secrets]
    if not any(hmac.compare_digest(given, token) for token in tokens):
        raise BankRefuses("unauthorized", 401, "Say who you are: Authorization: Bearer <token>.")


async def body_of(call: Call, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await call.body(), type=kind)
    except msgspec.DecodeError as error:
        raise BankRefuses("malformed", 400, str(error)) from error


def key_of(call: Call) -> str:
    key = call.headers.get("idempotency-key", "")
    if not key:
        raise BankRefuses("key_missing", 400, "Send an Idempotency-Key.")
    return key


def moment(text: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BankRefuses("malformed", 400, "Write a time as 2026-11-22T08:00:00Z.") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# --- what the market calls ---


@post("/charges", guards=[only_the_market], status_code=200)
async def charge(request: Call) -> Told:
    """Charges a saved test card: tok_ok, tok_declined, or tok_slow (answers after three seconds)."""
    asked = await body_of(request, ChargeBody)
    if asked.token not in ("tok_ok", "tok_declined", "tok_slow"):
        raise BankRefuses("token_unknown", 422, "There is no such card.")
    if asked.token == "tok_slow":
        await asyncio.sleep(SLOW_CARD_SECONDS)
    ask = Ask(kind="charge", key=key_of(request), of="", amount=asked.amount, currency=asked.currency)
    url = notify_at(request, asked.notify_url)
    return told(await desk_of(request).call(ask, url, asked.token == "tok_declined"))


@post("/refunds", guards=[only_the_market], status_code=200)
async def refund(request: Call) -> Told:
    asked = await body_of(request, RefundBody)
    ask = Ask("refund", key_of(request), asked.charge_key, asked.amount, asked.currency)
    return told(await desk_of(request).call(ask, notify_at(request, asked.notify_url)))


@post("/payouts", guards=[only_the_market], status_code=200)
async def payout(request: Call) -> Told:
    """Pays out to any account; those that begin with acct_closed refuse the money."""
    asked = await body_of(request, PayoutBody)
    if not asked.account:
        raise BankRefuses("account_missing", 422, "Say which account is paid.")
    ask = Ask("payout", key_of(request), asked.account, asked.amount, asked.currency)
    closed = asked.account.startswith(CLOSED_ACCOUNT)
    return told(await desk_of(request).call(ask, notify_at(request, asked.notify_url), closed))


@post("/authorisations", guards=[only_the_market], status_code=200)
async def authorise(request: Call) -> Told:
    """Holds an amount on a test card (as for charges) for forty-five days, and takes nothing."""
    asked = await body_of(request, HoldBody)
    if asked.token not in ("tok_ok", "tok_declined", "tok_slow"):
        raise BankRefuses("token_unknown", 422, "There is no such card.")
    if asked.token == "tok_slow":
        await asyncio.sleep(SLOW_CARD_SECONDS)
    ask = Ask("authorisation", key_of(request), "", asked.amount, asked.currency)
    url = notify_at(request, asked.notify_url)
    return told(await desk_of(request).call(ask, url, asked.token == "tok_declined"))


@post("/captures", guards=[only_the_market], status_code=200)
async def capture(request: Call) -> Told:
    """Takes what is held, whole and once."""
    return await _end_hold(request, "capture")


@post("/voids", guards=[only_the_market], status_code=200)
async def void(request: Call) -> Told:
    """Releases a hold."""
    return await _end_hold(request, "void")


async def _end_hold(request: Call, kind: Kind) -> Told:
    asked = await body_of(request, EndHoldBody)
    ask = Ask(kind, key_of(request), asked.authorisation_key, asked.amount, asked.currency)
    return told(await desk_of(request).call(ask, notify_at(request, asked.notify_url)))


@get(["/authorisations/{key:str}", "/captures/{key:str}", "/voids/{key:str}"], guards=[only_the_market])
async def see_hold(request: Call, key: FromPath[str]) -> Told:
    kinds: dict[str, Kind] = {"authorisations": "authorisation", "captures": "capture", "voids": "void"}
    return told(await desk_of(request).look(kinds[request.url.path.split("/")[1]], key))


@get("/charges/{key:str}", guards=[only_the_market])
async def see_charge(request: Call, key: FromPath[str]) -> Told:
    return told(await desk_of(request).look("charge", key))


@get("/refunds/{key:str}", guards=[only_the_market])
async def see_refund(request: Call, key: FromPath[str]) -> Told:
    return told(await desk_of(request).look("refund", key))


@get("/payouts/{key:str}", guards=[only_the_market])
async def see_payout(request: Call, key: FromPath[str]) -> Told:
    return told(await desk_of(request).look("payout", key))


@get("/statement", guards=[only_the_market])
async def statement(request: Call) -> Response[str] | Response[bytes]:
    """All money moved, `from` included to `to` excluded; CSV with `Accept: text/csv`, else JSON."""
    desk, query = desk_of(request), request.query_params
    since = moment(query.get("from", ""), datetime(1970, 1, 1, tzinfo=UTC))
    until = moment(query.get("to", ""), datetime(9999, 1, 1, tzinfo=UTC))
    lines = [told(moved) for moved in desk.bank.statement(since, until)]
    if "text/csv" not in request.headers.get("accept", ""):
        return Response(msgspec.json.encode({"lines": lines}), media_type="application/json")
    sheet = io.StringIO()
    rows = csv.writer(sheet)
    rows.writerow(Told.__struct_fields__)
    rows.writerows(msgspec.structs.astuple(line) for line in lines)
    return Response(sheet.getvalue(), media_type="text/csv")


# --- what a tester turns ---


@get("/faults", guards=[only_the_market])
async def see_faults(request: Call) -> Faults:
    return desk_of(request).dice.faults


@put("/faults", guards=[only_the_market])
async def set_faults(request: Call) -> Faults:
    """Replaces all rates; `{}` ends every misfortune. Without `seed` the old one stays."""
    dice = desk_of(request).dice
    faults = await body_of(request, Faults)
    dice.set(faults)
    return dice.faults


@put("/faults/{key:str}", guards=[only_the_market])
async def plan_fault(request: Call, key: FromPath[str]) -> dict[Fault, Times]:
    """`{"error_500": 2}`: the next two occasions for this key go wrong."""
    times = await body_of(request, dict[Fault, Times])
    desk_of(request).dice.plan(key, times)
    return times


@get("/notices", guards=[only_the_market])
async def see_notices(request: Call) -> list[dict[str, str | int]]:
    stored = desk_of(request).bank.notices(key=request.query_params.get("key", ""))
    return [
        {
            "id": one.id,
            "key": one.key,
            "state": one.state,
            "attempts": one.attempts,
            "last_status": one.last_status,
        }
        for one in stored
    ]


@post("/notices/{notice_id:str}/send", guards=[only_the_market], status_code=200)
async def send_notice(request: Call, notice_id: FromPath[str]) -> dict[str, int]:
    """Sends one notice again, correctly signed, whatever became of it before. Tells the status it got."""
    desk = desk_of(request)
    notice: StoredNotice | None = desk.bank.notice(notice_id)
    if notice is None:
        raise BankRefuses("notice_unknown", 404, "There is no such notice.")
    return {"status": await desk.postman.send(notice)}


@get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


def refused(_: Call, refusal: BankRefuses) -> Response[dict[str, str | int]]:
    return Response(
        {"status": refusal.status, "code": refusal.code, "detail": refusal.detail},
        status_code=refusal.status,
        media_type="application/problem+json",
        headers={"retry-after": "1"} if refusal.status == 429 else {},
    )


FOR_TESTERS = (see_faults, set_faults, plan_fault, see_notices, send_notice, health)


def open_for_business(
    routes: Sequence[HTTPRouteHandler],
    secrets: list[str],
    notify_url: str = "",
    seed: int = 0,
    state_file: str = ":memory:",
    first_wait: float = 1.0,
    clock: Clock = system_clock,
    bank_of: type[Bank] = Bank,
    desk_of: type[Desk] = Desk,
) -> Litestar:
    """Whoever moves money, as an ASGI application. The first secret signs our calls, all of them sign notices.

    `first_wait` is how many seconds pass before a notice is tried again; it doubles each time, up to 60.
    """
    keys = tuple(secret_bytes(secret) for secret in secrets)

    @asynccontextmanager
    async def business(app: Litestar) -> AsyncIterator[None]:
        bank, dice = bank_of(state_file), Dice(Faults(seed=seed))
        postman = Postman(bank, dice, keys, clock, first_wait)
        desk = desk_of(bank, dice, postman, clock)
        app.state.update({"desk": desk, "secrets": keys, "notify_url": notify_url})
        postman.resume()
        await desk.open()
        yield
        await desk.close()
        await postman.close()
        bank.close()

    return Litestar(
        route_handlers=[*routes, *FOR_TESTERS],
        lifespan=[business],
        exception_handlers={BankRefuses: refused},
        openapi_config=None,
        request_max_body_size=65_536,
    )


def create_app(
    secrets: list[str],
    notify_url: str = "",
    seed: int = 0,
    state_file: str = ":memory:",
    first_wait: float = 1.0,
    clock: Clock = system_clock,
) -> Litestar:
    """The payment provider."""
    routes = (
        front, show, choose, charge, refund, payout, see_charge, see_refund, see_payout, statement,
        authorise, capture, void, see_hold,
    )  # fmt: skip
    return open_for_business(routes, secrets, notify_url, seed, state_file, first_wait, clock)


async def serve(app: Litestar, host: str, port: int) -> None:
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, server.stop)
    await server.serve()


def run(what: str, module: str, port: int, create: Callable[..., Litestar], about: str | None) -> None:
    """Read the command line and serve until a signal comes."""
    words = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    words.add_argument("--port", type=int, default=port)
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument(
        "--secret", action="append", help="shared with the market; several while one is changed"
    )
    words.add_argument("--notify", default="", metavar="URL", help="where notices go unless the intent says")
    words.add_argument("--seed", type=int, default=0, help="makes every misfortune repeatable")
    words.add_argument("--state", default=":memory:", metavar="FILE", help="remember across restarts")
    words.add_argument("--retry-after", type=float, default=1.0, metavar="S", help="first wait of a notice")
    given = words.parse_args()
    secrets: list[str] = given.secret or os.environ.get("HIGHSTREET_SANDBOX_SECRET", "").split()
    if not secrets:
        words.error("say --secret, or set HIGHSTREET_SANDBOX_SECRET")
    app = create(secrets, given.notify, given.seed, given.state, given.retry_after)
    print(f"pretending to be a {what} on http://{given.host}:{given.port}", flush=True)
    asyncio.run(serve(app, given.host, given.port))


if __name__ == "__main__":
    run("payment provider", "highstreet.sandbox.payments", 8701, create_app, __doc__)
