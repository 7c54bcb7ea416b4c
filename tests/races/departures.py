"""What several counters and shops do with the same refund forms at once; and a twin of each that looks first and then writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.market import tax_refunds
from highstreet.market.desk import Market
from highstreet.market.tax_refunds import Traveller, Wish
from highstreet.policy.departure_errors import FormMovedOn, OnAnotherForm

Act = dict[str, Any]


async def write_form(market: Market, act: Act) -> Any:
    """A shop writes a form for an order."""
    wish = Wish(act["shop"], (act["order"],), msgspec.convert(act["who"], Traveller), None, "race")
    return (await market.db.run(lambda tx: tax_refunds.issue(market, tx, wish, market.clock()))).id


async def stamp_form(market: Market, act: Act) -> Any:
    """Customs stamps at a port."""
    now = datetime.fromisoformat(act["now"])
    done = await market.db.run(
        lambda tx: tax_refunds.stamp(market, tx, act["form"], "race", act["port"], "", now)
    )
    return done.state


async def take_back(market: Market, act: Act) -> Any:
    """The promised day has passed."""

    async def back(tx: Tx) -> bool:
        await policy.departures.of(tx, act["form"], lock=True)
        advance = await policy.advances.latest(tx, act["form"])
        assert advance is not None
        return await tax_refunds.take_back(tx, advance, "clock", "passed", datetime.fromisoformat(act["now"]))

    return await market.db.run(back)


async def look_then_write_form(market: Market, act: Act) -> Any:
    """Looks whether the line is on a form, then writes one, and no index says that it is on one only."""
    async with market.db.transaction() as tx:
        if await tx.fetchval(
            "SELECT true FROM policy.refund_line WHERE order_id = $1 AND live", act["order"]
        ):
            raise OnAnotherForm
        await tx.execute(
            """INSERT INTO policy.refund_line (form_id, order_id, position, title, quantity, vat, paid, amount)
               SELECT id, $2, 1, '{}', 1, 1300, 1, 1 FROM policy.refund_form WHERE id = $1""",
            act["form"], act["order"],
        )  # fmt: skip
    return act["form"]


async def look_then_stamp(market: Market, act: Act) -> Any:
    """Reads the state, then writes without looking again."""
    async with market.db.transaction() as tx:
        if (await policy.departures.of(tx, act["form"])).state != "issued":
            raise FormMovedOn
        await tx.execute(
            """UPDATE policy.refund_form SET state = 'stamped', stamped_by = 'race', stamped_at = $2, port = $3 WHERE id = $1""",
            act["form"], datetime.fromisoformat(act["now"]), act["port"],
        )  # fmt: skip
    return "stamped"


async def look_then_settle(market: Market, act: Act) -> Any:
    """Reads that the advance is not settled, then writes release or capture, and no index says that it is one of both."""
    now = datetime.fromisoformat(act["now"])
    async with market.db.transaction() as tx:
        advance = await policy.advances.latest(tx, act["form"])
        assert advance is not None
        if advance.state != "advanced":
            raise FormMovedOn
        await tx.execute("UPDATE policy.advance_refund SET state = $2 WHERE id = $1", advance.id, act["to"])
        await tax_refunds._end_hold(tx, advance, act["how"], now)
    return act["to"]


ACTS: dict[str, Callable[[Market, Act], Awaitable[Any]]] = {
    "write_form": write_form, "stamp_form": stamp_form, "take_back": take_back,
    "look_then_write_form": look_then_write_form, "look_then_stamp": look_then_stamp, "look_then_settle": look_then_settle,
}  # fmt: skip
