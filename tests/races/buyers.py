"""One process of several that act on the same town at once: `python -m tests.races.buyers`, spoken to in lines of JSON.

{"open": url} opens a market of its own; {"act": [{"do": name, ...}, ...]} does all of them at once and answers with a list of
answers, each `{"ok": ...}` or `{"no": code or error's name}`; {"close": true} closes the market. Naive twins of what the market
does stand in `twins.py` and are called the same way.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from highstreet import ledger
from highstreet.inventory import stock
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Tx, connect
from highstreet.kit.errors import Refusal
from highstreet.ledger import Notice
from highstreet.logistics import commands
from highstreet.market import proofs
from highstreet.market import quote as quotes
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.fulfil import Telling, advance_order, tell
from highstreet.market.pay import told_charge
from highstreet.market.place import Contact, Placing, place
from highstreet.market.units import Key, Unit
from tests.market.lane import market_of
from tests.races import departures, twins

Act = dict[str, Any]


async def buy(market: Market, act: Act) -> Any:
    """Place a signed quote."""
    now = market.clock()
    placing = Placing(
        quotes.read(market, act["quote"], now),
        Contact(),
        act.get("method", "sandbox"),
        "race",
        act.get("buyer"),
    )
    answer = await place(market, placing, now, _key(act))
    return {"orders": [one["id"] for one in answer["orders"]], "purchase": answer["purchase"]}


async def fact(market: Market, act: Act) -> Any:
    """Tell a fact about an order."""
    telling = Telling(act["order"], act["fact"], act["role"], act["role"], act.get("body", {}))
    return await tell(market, telling, market.clock(), _key(act))


async def late(market: Market, act: Act) -> Any:
    """Let the time pass for an order."""
    return await advance_order(market, act["order"], datetime.fromisoformat(act["now"]))


async def notice(market: Market, act: Act) -> Any:
    """A provider says that it was paid."""
    now = datetime.fromisoformat(act["now"])
    told = Notice(
        "sandbox", "ntc", act["key"], "charge.succeeded", act["amount"], "CNY", act.get("ref", "ref"), now
    )
    return await told_charge(market, told, now)


async def borrow(market: Market, act: Act) -> Any:
    """Take a single thing for a period."""

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        unit.add("asset", id=act["asset"], period=act["period"])
        unit.add(
            "hold",
            order_id=act["name"],
            line=1,
            kind="asset",
            target_id=act["asset"],
            quantity=1,
            used=0,
            period=act["period"],
        )
        return {"took": act["name"]}

    return await market.act(Decision(decide, market.clock()))


async def carry(market: Market, act: Act) -> Any:
    """Carry stock from one place to another."""
    async with market.db.transaction() as tx:
        await stock.move(tx, act["source"], act["target"], act["count"], "race", market.clock())
    return True


async def give_back(market: Market, act: Act) -> Any:
    """Take back what is left on a card."""
    done = await market.db.run(ledger.card_refunds.give_back, act["card"], "race", market.clock())
    return done.amount


async def unlock(market: Market, act: Act) -> Any:
    """Want a lock opened for an order."""
    now = market.clock()

    async def want(tx: Tx) -> str:
        made = await commands.want(
            tx, act["key"], act["device"], act["order"], act["order"], "unlock", "race", now, now
        )
        return made.key

    return await market.db.run(want)


async def capture(market: Market, act: Act) -> Any:
    """Tell the serial number of an order's thing."""
    return await proofs.capture(market, act["order"], act["seller"], 1, act["serial"], "race", market.clock())


def _key(act: Act) -> Key | None:
    return Key("race", act["idempotency"], act.get("fingerprint", "f")) if "idempotency" in act else None


ACTS: dict[str, Callable[[Market, Act], Awaitable[Any]]] = {
    "buy": buy, "fact": fact, "late": late, "notice": notice, "borrow": borrow, "carry": carry,
    "give_back": give_back, "unlock": unlock, "capture": capture, **twins.ACTS, **departures.ACTS,
}  # fmt: skip


async def _answer(market: Market, act: Act) -> dict[str, Any]:
    try:
        return {"ok": await ACTS[act["do"]](market, act)}
    except Refusal as no:
        return {"no": no.code}
    except Exception as e:  # noqa: BLE001 - whatever it is, the test that asked shall see it
        return {"no": f"{type(e).__name__}: {e}"}


async def main() -> None:
    """Read lines until there are no more."""
    loop = asyncio.get_running_loop()
    market: Market | None = None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = msgspec.json.decode(line)
        answer: Any = True
        if "open" in told:
            db = await connect(told["open"], name="race", size=8)
            market = market_of(db, FixedClock(datetime.fromisoformat(told["now"])))
            await market.open()
        elif market is not None and "act" in told:
            answer = await asyncio.gather(*(_answer(market, one) for one in told["act"]))
        elif market is not None:
            await market.close()
            await market.db.close()
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
