"""Locks and cabinets that only pretend, as their own small HTTP server, with a page to stand before them.

    python -m highstreet.sandbox.devices --port 8702 --market URL [--seed N]

The market asks `POST /devices/{id}/commands`, signed with the device's key; the device tells `POST {market}/api/devices/{id}/reports`.
Which devices there are is set with `PUT /devices/{id}` or given as JSON in HIGHSTREET_SANDBOX_DEVICES; what goes wrong is chosen on the
page or with `PUT /devices/{id}/mishaps`.
"""

import argparse
import asyncio
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

import httpx
import msgspec
from litestar import Litestar, Response, get, post, put
from litestar.params import FromPath

from highstreet.kit.clock import Clock, system_clock
from highstreet.sandbox.bank import BankRefuses
from highstreet.sandbox.buyer import Call, language, page
from highstreet.sandbox.device import MISHAPS, Answered, Device, Kind, NoAnswer, Tell
from highstreet.sandbox.notices import signature
from highstreet.sandbox.payments import refused, serve
from highstreet.sandbox.standing import draw, draw_all

T = TypeVar("T")
ATTEMPTS = 40
LONGEST_WAIT = 30.0


class Install(msgspec.Struct, frozen=True):
    """A device as it is put up: its key is the one the market showed."""

    id: str
    kind: Kind
    name: str
    key: str
    lat: float | None = None
    lon: float | None = None
    public: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """What the market asks."""

    key: str
    kind: str
    lines: dict[str, int] = {}
    titles: dict[str, str] = {}


Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
Times = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Mishaps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next so many times, or how often (0 to 1, seeded)."""

    times: dict[str, Times] = {}
    rates: dict[str, Rate] = {}
    seed: int | None = None


class Yard:
    """All devices of one process, used from one event loop, and the carrying of what they tell."""

    def __init__(self, market: str, seed: int, clock: Clock, first_wait: float) -> None:
        self.devices: dict[str, Device] = {}
        self.market = market
        self.seed = seed
        self.clock = clock
        self.first_wait = first_wait
        self.tasks: set[asyncio.Task[None]] = set()
        self.http = httpx.AsyncClient(timeout=15, trust_env=False, follow_redirects=False)

    def install(self, one: Install) -> Device:
        """Put up a device; one that is there gets its new key and keeps its memory."""
        found = self.devices.get(one.id)
        if found is None:
            found = self.devices[one.id] = Device(
                id=one.id, kind=one.kind, name=one.name, key=one.key, seed=self.seed, lat=one.lat, lon=one.lon
            )
        found.key, found.public = one.key, one.public or found.public
        return found

    def find(self, device_id: str) -> Device:
        if device_id not in self.devices:
            raise BankRefuses("device_unknown", 404, "There is no such device here.")
        return self.devices[device_id]

    def send(self, tells: list[Tell]) -> None:
        for tell in tells:
            task = asyncio.create_task(self._until_heard(tell))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def quiet(self) -> None:
        """Wait until everything that was told has arrived."""
        while self.tasks:
            await asyncio.wait(self.tasks)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.http.aclose()

    async def _until_heard(self, tell: Tell) -> None:
        for attempt in range(ATTEMPTS):
            device = self.devices[tell.device]
            key = (device.key + ("?" if attempt < tell.forged else "")).encode()
            stamp = int(self.clock().timestamp())
            headers = {"content-type": "application/json"} | _signed(key, tell.id, stamp, tell.body)
            url = f"{self.market}/api/devices/{tell.device}/reports"
            try:
                answer = await self.http.post(url, content=tell.body, headers=headers)
                device.note(self.clock(), "heard", f"{tell.id} {answer.status_code}")
                if answer.status_code == 200 or answer.status_code in (404, 410, 413, 422):
                    return
            except (httpx.HTTPError, httpx.InvalidURL):
                pass
            await asyncio.sleep(min(self.first_wait * 2**attempt, LONGEST_WAIT))


def _signed(key: bytes, message: str, stamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature((key,), message, stamp, body),
    }


def yard_of(call: Call) -> Yard:
    found = call.app.state.yard
    assert isinstance(found, Yard)
    return found


async def body_of(call: Call, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await call.body(), type=kind)
    except msgspec.DecodeError as error:
        raise BankRefuses("malformed", 400, str(error)) from error


def _answer(yard: Yard, device: Device, answered: Answered) -> Response[bytes]:
    body = msgspec.json.encode(answered)
    stamp = int(yard.clock().timestamp())
    return Response(
        body,
        status_code=200,
        media_type="application/json",
        headers=_signed(device.key.encode(), answered.key, stamp, body),
    )


async def _signed_by_market(call: Call, device: Device) -> None:
    given = call.headers.get("webhook-signature", "").encode()
    message, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "0")
    known = signature((device.key.encode(),), message, int(stamp), await call.body())
    if not hmac.compare_digest(known.encode(), given):
        raise BankRefuses("wrong_signature", 401, "This was not signed with my key.")


# --- what the market asks ---


@post("/devices/{device_id:str}/commands", status_code=200)
async def command(request: Call, device_id: FromPath[str]) -> Response[bytes]:
    yard = yard_of(request)
    device = yard.find(device_id)
    await _signed_by_market(request, device)
    wanted = await body_of(request, Wanted)
    try:
        answered, tells = device.ask(wanted.key, wanted.kind, wanted.lines, wanted.titles, yard.clock())
    except NoAnswer:
        raise BankRefuses("no_answer", 504, "The device does not answer.") from None
    yard.send(tells)
    return _answer(yard, device, answered)


@get("/devices/{device_id:str}/commands/{key:str}")
async def see_command(request: Call, device_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    yard = yard_of(request)
    device = yard.find(device_id)
    await _signed_by_market(request, device)
    if not device.online:
        raise BankRefuses("no_answer", 504, "The device does not answer.")
    return _answer(yard, device, device.answers.get(key) or Answered(key, "unseen"))


# --- what a tester turns ---


@put("/devices/{device_id:str}")
async def install(request: Call, device_id: FromPath[str]) -> dict[str, str]:
    one = await body_of(request, Install)
    yard_of(request).install(msgspec.structs.replace(one, id=device_id))
    return {"status": "installed"}


@put("/devices/{device_id:str}/mishaps")
async def set_mishaps(request: Call, device_id: FromPath[str]) -> dict[str, int]:
    device, wanted = yard_of(request).find(device_id), await body_of(request, Mishaps)
    if unknown := sorted({*wanted.times, *wanted.rates} - set(MISHAPS)):
        raise BankRefuses("malformed", 400, f"There is no mishap called {unknown[0]}.")
    device.planned, device.rates = dict(wanted.times), dict(wanted.rates)
    device.seed = device.seed if wanted.seed is None else wanted.seed
    device.asked.clear()
    return device.planned


@get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


# --- whoever stands before it ---


@get("/")
async def front(request: Call) -> Response[str]:
    return page(draw_all(list(yard_of(request).devices.values()), language(request)))


@get("/devices/{device_id:str}")
async def show(request: Call, device_id: FromPath[str]) -> Response[str]:
    yard = yard_of(request)
    return page(draw(yard.find(device_id), language(request), yard.clock(), yard.market))


@post("/devices/{device_id:str}/do")
async def do(request: Call, device_id: FromPath[str]) -> Response[str]:
    """One thing done at the device: take and close, bring back here or far away, off and on the network, a mishap for the next time."""
    yard = yard_of(request)
    device, form, now = yard.find(device_id), await request.form(), yard.clock()
    act = str(form.get("act", ""))
    if act == "take":
        yard.send(
            device.take({line: _whole(str(form.get(f"line-{line}", "0"))) for line in device.lines}, now)
        )
    elif act in ("bring_back", "bring_back_far"):
        far = 0.02 if act == "bring_back_far" else 0.0
        lat = device.lat + far if device.lat is not None else None
        yard.send(device.bring_back(lat, device.lon, now))
    elif act == "scan":
        yard.send(device.scan(str(form.get("code", "")), now))
    elif act == "leave_network":
        device.online = False
    elif act == "join_network":
        device.online = True
        yard.send(device.send_on())
    elif act in MISHAPS:
        device.planned[act] = 1
    else:
        raise BankRefuses("malformed", 400, "There is no such button.")
    back = f"/devices/{device.id}?lang={language(request)}"
    return Response("", status_code=303, headers={"location": back})


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def create_app(
    market: str,
    installed: list[Install],
    seed: int = 0,
    first_wait: float = 1.0,
    clock: Clock = system_clock,
) -> Litestar:
    """The devices as an ASGI application. `first_wait`: seconds before a report is tried again; it doubles each time."""

    @asynccontextmanager
    async def open_yard(app: Litestar) -> AsyncIterator[None]:
        yard = Yard(market.rstrip("/"), seed, clock, first_wait)
        for one in installed:
            yard.install(one)
        app.state.update({"yard": yard})
        yield
        await yard.close()

    return Litestar(
        route_handlers=[front, show, do, command, see_command, install, set_mishaps, health],
        lifespan=[open_yard],
        exception_handlers={BankRefuses: refused},
        openapi_config=None,
        request_max_body_size=65_536,
    )


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m highstreet.sandbox.devices", description=__doc__)
    words.add_argument("--port", type=int, default=8702)
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--market", required=True, metavar="URL", help="where devices tell what happens")
    words.add_argument("--seed", type=int, default=0, help="makes every mishap repeatable")
    words.add_argument("--retry-after", type=float, default=1.0, metavar="S", help="first wait of a report")
    given = words.parse_args()
    installed = msgspec.json.decode(os.environ.get("HIGHSTREET_SANDBOX_DEVICES") or "[]", type=list[Install])
    app = create_app(given.market, installed, given.seed, given.retry_after)
    print(f"pretending to be locks and cabinets on http://{given.host}:{given.port}", flush=True)
    asyncio.run(serve(app, given.host, given.port))


if __name__ == "__main__":
    main()
