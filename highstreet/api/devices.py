"""What devices tell by themselves: locks, cabinets and gates, each signed with its own key."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.api.tokens import Call, market_of
from highstreet.kit.errors import NotFound
from highstreet.market import reports


class Became(msgspec.Struct, frozen=True):
    """What became of a report: told (its order heard it), known (nothing new), case (it does not fit, a person looks), settled."""

    outcome: str


@post("/api/devices/{device_id:str}/reports", status_code=200, tags=["devices"])
async def hear_report(request: Call, device_id: FromPath[str]) -> Became:
    """A signed report of a device: `opened`, `closed`, `taken` (lines by position), `locked` (lat, lon), `state`, under the command's key.

    Headers as Standard Webhooks has them; the id is the report's. Answered once it is kept; telling it again changes nothing.
    """
    market = market_of(request)
    if market.devices is None:
        raise NotFound("device")
    async with market.db.read() as tx:
        device = await logistics.devices.device(tx, device_id)
    now = market.clock()
    secret = logistics.devices.secret_of(market.device_signer, device.id, device.key_no)
    told = market.devices.read(request.headers, await request.body(), secret, now)
    return Became(await reports.hear(market, device, told, now))
