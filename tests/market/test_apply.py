"""The one writer of orders: one batch in which every verdict falls beside units that hold. Each is judged alone, in its turn."""

from __future__ import annotations

from typing import Any, NamedTuple

from highstreet import inventory
from highstreet.inventory import assets
from highstreet.kit.db import Tx
from highstreet.market.units import Key, Unit, together
from tests.market.lane import Lane

BUYER = "pty_buyer"
DONE = {"verdict": "done"}


class Judged(NamedTuple):
    """The verdicts by name; which units were written, which keys are kept, what is left in the wallet and held of the supply."""

    verdicts: dict[str, Any]
    told: set[str]
    kept: set[str]
    purse: int
    held: int


class Undone(Exception):
    """Ends the transaction, with what was seen in it."""

    def __init__(self, seen: Judged) -> None:
        super().__init__()
        self.seen = seen


class Batch:
    """Units by name; each tells a fact about its name, so that it can be seen which were written."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._units: list[tuple[str, Unit, Key | None]] = []

    def unit(self, name: str, key: str = "", body: str = "f") -> Unit:
        unit = Unit(self.lane.market.accounts.number)
        unit.fact("test.told", name, "test", self.lane.clock())
        self._units.append((name, unit, Key("batch", key, body) if key else None))
        return unit

    async def judge(self, supply: int) -> Judged:
        """Judge and write them, look, and undo it all: orders whose books agree with these rows there are none."""
        bodies = [unit.body(key, {"told": name}) for name, unit, key in self._units]
        try:
            async with self.lane.market.db.transaction() as tx:
                found = await tx.fetchval("SELECT market.apply($1, $2)", together(bodies), self.lane.clock())
                seen = Judged(
                    {name: (found or {}).get(str(n), DONE) for n, (name, _, _) in enumerate(self._units, 1)},
                    await _column(tx, "SELECT subject FROM kit.fact WHERE kind = 'test.told'"),
                    await _column(tx, "SELECT key FROM kit.answer WHERE scope = 'batch'"),
                    await tx.fetchval("SELECT sum(balance)::bigint FROM ledger.wallet"),
                    (await inventory.stock.supply(tx, supply)).held,
                )
                raise Undone(seen)
        except Undone as undone:
            return undone.seen
        raise AssertionError


async def _column(tx: Tx, sql: str) -> set[str]:
    return {row[0] for row in await tx.fetch(sql)}


async def test_a_batch_of_every_verdict(lane: Lane) -> None:
    (order,), (other,) = await lane.paid({"tea/online": 1}), await lane.paid({"tea/online": 1})
    asked = (await lane.buy({"bowl/online": 1}))["collection"]["key"]
    version = (await lane.order(order)).order.version
    await lane.fill_wallet(BUYER, 80)
    async with lane.market.db.transaction() as tx:
        camera = await assets.register(tx, lane.made.variants["bowl"], lane.made.places["tea"], "camera")
    jam, batch = lane.made.supplies["jam"], Batch(lane)

    batch.unit("first", key="a")
    batch.unit("the same again", key="a")
    batch.unit("same key, another body", key="a", body="g")
    batch.unit("order as read").guard("versions", order, version)
    batch.unit("order changed by the one before").guard("versions", order, version)
    batch.unit("order read too early").guard("versions", other, version - 1)
    batch.unit("order that is not there").guard("versions", "ord_nowhere", 1)
    batch.unit("collection as read").guard("collections", asked, "asked")
    batch.unit("collection changed").guard("collections", asked, "paid")
    batch.unit("thirty of forty").stock(jam, held=30)
    batch.unit("twenty of ten", key="b").stock(jam, held=20)
    batch.unit("ten of ten").stock(jam, held=10)
    batch.unit("a supply that is not there").stock(10**9, held=1)
    batch.unit("the refused once more", key="b")
    for name, amount in (("fifty of eighty", 50), ("fifty of thirty", 50), ("thirty of thirty", 30)):
        batch.unit(name).transfer(f"wallet:{BUYER}", "bank:", amount, "price", "CNY", lane.clock())
    for name, period in (("morning", "[1,4)"), ("inside the morning", "[2,3)"), ("noon", "[4,5)")):
        start, end = (f"2026-12-01 0{hour}:00+00" for hour in (period[1], period[3]))
        batch.unit(name).add("asset", id=camera, period=f"[{start},{end})")

    judged = await batch.judge(jam)
    assert {name: verdict for name, verdict in judged.verdicts.items() if verdict != DONE} == {
        "the same again": {"verdict": "repeated", "answer": {"told": "first"}},
        "same key, another body": {"verdict": "key_reused"},
        "order changed by the one before": {"verdict": "stale"},
        "order read too early": {"verdict": "stale"},
        "order that is not there": {"verdict": "stale"},
        "collection changed": {"verdict": "stale"},
        "twenty of ten": {"verdict": "out_of_stock", "short": [{"supply": jam, "left": 10}]},
        "a supply that is not there": {"verdict": "out_of_stock", "short": [{"supply": 10**9, "left": 0}]},
        "the refused once more": {"verdict": "stale"},
        "fifty of thirty": {"verdict": "wallet_short"},
        "inside the morning": {"verdict": "not_free", "assets": [camera]},
    }
    assert judged.told == {name for name, verdict in judged.verdicts.items() if verdict == DONE}
    assert (judged.kept, judged.purse, judged.held) == ({"a"}, 0, 40)


async def test_a_batch_that_fits_has_no_verdicts(lane: Lane) -> None:
    jam, batch = lane.made.supplies["jam"], Batch(lane)
    for n in range(40):
        batch.unit(f"{n}", key=f"{n}").stock(jam, held=1)
    judged = await batch.judge(jam)
    assert all(verdict == DONE for verdict in judged.verdicts.values())
    assert (len(judged.told), len(judged.kept), judged.held) == (40, 40, 40)
