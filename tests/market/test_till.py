"""The till's flow: prices that were told stand, keys keep a sale single, two tills offline never oversell, the drawer agrees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from highstreet import catalog
from highstreet.inventory import OutOfStock, stock
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database
from highstreet.kit.errors import KeyReused, Malformed, NotFound, Refusal, SignInFirst
from highstreet.ledger import NotPayableSo, WalletShort
from highstreet.market import drawer, laws, pay_codes, till
from highstreet.market.desk import Decision, Found
from highstreet.market.till import Clerk, Rung, Sale
from highstreet.market.units import Unit
from highstreet.market.views import till as views
from highstreet.orders import EmptyBasket, QuoteUnknown
from tests.market.till_street import Till, open_till


@pytest_asyncio.fixture
async def at(db: Database, clock: FixedClock) -> AsyncIterator[Till]:
    async with open_till(db, clock) as found:
        yield found
        async with db.read(snapshot=True) as tx:
            broken = [law for law in await laws.check(tx) if not law.ok]
        assert broken == []


async def told(
    at: Till, *wanted: tuple[str, int], key: str = "k1", ago: timedelta = timedelta(), **more: Any
) -> Sale:
    """A sale as the till of this street would tell it, priced from its goods list."""
    market = at.market
    now = market.clock()
    known = await till.goods(market, list(at.offers.values()), now)
    lines = [Rung(at.offers[name], count, known[at.offers[name]].price) for name, count in wanted]
    total = sum(known[at.offers[name]].now * count for name, count in wanted)
    return Sale(key, now - ago, total, lines, **more)


async def free(at: Till, name: str) -> int:
    async with at.market.db.read() as tx:
        return (await stock.supply(tx, at.supplies[name])).free


async def test_sells_for_cash_and_answers_the_same_again(at: Till) -> None:
    market = at.market
    sale = await told(at, ("bread", 2), ("buns", 1))
    assert sale.total == 2 * 2800 + 1200
    first = await till.sell(market, at.clerk, sale, market.clock())
    assert (first["orders"][0]["stage"], first["total"]) == ("done", sale.total)
    assert await till.sell(market, at.clerk, sale, market.clock() + timedelta(minutes=9)) == first
    assert await free(at, "bread") == 10
    other = await told(at, ("bread", 1))
    with pytest.raises(KeyReused):
        await till.sell(market, at.clerk, other, market.clock())


async def test_a_storm_of_the_same_sale_sells_once(at: Till) -> None:
    market = at.market
    sale = await told(at, ("cake", 2))
    answers = await asyncio.gather(*(till.sell(market, at.clerk, sale, market.clock()) for _ in range(12)))
    assert all(one == answers[0] for one in answers)
    assert await free(at, "cake") == 4


async def test_the_price_that_was_told_stands(at: Till, clock: FixedClock) -> None:
    market = at.market
    sale = await told(at, ("bread", 3), ago=timedelta())
    async with market.db.transaction() as tx:
        await catalog.change_price(tx, at.clerk.seller_id, at.offers["bread"], 9900, now=clock())
    clock.forward(timedelta(days=2))
    answer = await till.sell(market, at.clerk, sale, clock())
    assert answer["total"] == 3 * 2800
    async with market.db.read() as tx:
        work = await views.order(tx, at.clerk.seller_id, order_id=answer["orders"][0]["id"])
    assert work.order.placed_at == sale.at


async def test_bad_sales_change_nothing(at: Till) -> None:
    market = at.market
    good = await told(at, ("bread", 1))
    one = good.lines[0]
    week, minutes = timedelta(days=8), timedelta(minutes=20)
    bad: list[tuple[Sale, type[Refusal]]] = [
        (replace(good, total=1), till.PriceDiffers),
        (replace(good, lines=[]), EmptyBasket),
        (replace(good, lines=[one, one]), Malformed),
        (replace(good, at=good.at + minutes), till.SaleAhead),
        (replace(good, at=good.at - week), till.SaleTooOld),
        (replace(good, at=good.at - minutes), QuoteUnknown),  # before the price was given out
        (replace(good, method="barter"), NotPayableSo),
        (replace(good, method="wallet"), SignInFirst),
        (replace(good, quote="bm90IG9uZSBvZiBvdXJz"), QuoteUnknown),
    ]
    bad += [
        (replace(good, lines=[replace(one, price=text)]), QuoteUnknown)
        for text in ("", "bm90IG91cnM", one.price[:-3])
    ]
    bad += [(replace(good, lines=[replace(one, quantity=count)]), Malformed) for count in (0, -1, 10**9)]
    for sale, refusal in bad:
        with pytest.raises(refusal):
            await till.sell(market, at.clerk, sale, market.clock())
    assert await free(at, "bread") == 12


async def test_another_shop_cannot_ring_up_our_goods(at: Till) -> None:
    market = at.market
    sale = await told(at, ("bread", 1))
    stranger = Clerk(at.clerk.person_id, at.sellers["tea"], at.places["tea"])
    with pytest.raises(NotFound):
        await till.sell(market, stranger, sale, market.clock())


async def test_recounting_counts_in_no_more_than_is_missing(at: Till, clock: FixedClock) -> None:
    market = at.market
    sale = await told(at, ("cake", 9), ("bread", 2))
    with pytest.raises(OutOfStock):
        await till.sell(market, at.clerk, sale, clock())
    await till.sell(market, at.clerk, sale, clock(), found=True)
    assert (await free(at, "cake"), await free(at, "bread")) == (0, 10)


async def test_pays_from_the_customers_wallet_once(at: Till, clock: FixedClock) -> None:
    market, ada = at.market, at.people["ada"]
    code = pay_codes.pay_code(market, ada, clock())
    sale = await told(at, ("bread", 1), method="wallet", code=code)
    with pytest.raises(WalletShort):
        await till.sell(market, at.clerk, sale, clock())

    def fill(_found: Found, unit: Unit) -> dict[str, object]:
        unit.transfer("bank:", f"wallet:{ada}", 5000, "top_up", "CNY", clock())
        return {}

    await market.act(Decision(fill, clock()))
    first = await till.sell(market, at.clerk, sale, clock())
    assert await till.sell(market, at.clerk, sale, clock()) == first
    with pytest.raises(KeyReused):
        await till.sell(
            market, at.clerk, await told(at, ("buns", 1), key="k2", method="wallet", code=code), clock()
        )
    clock.forward(timedelta(minutes=6))
    with pytest.raises(pay_codes.PayCodeWrong):
        pay_codes.whose_code(market, code, clock())


async def test_takes_back_without_a_receipt(at: Till, clock: FixedClock) -> None:
    market = at.market
    await till.sell(market, at.clerk, await told(at, ("bread", 2)), clock())
    async with market.db.read() as tx:
        ware = await views.supply_of(tx, at.clerk.seller_id, at.clerk.place_id, at.offers["bread"])
    assert ware is not None and ware.supply == at.supplies["bread"]
    answer = await till.take_back_without_order(
        market, seller_id=at.clerk.seller_id, lines=[(ware.supply, ware.variant, 1, 2800)], method="cash",
        by=at.clerk.person_id, now=clock(), key=None, reason="no receipt", place_id=at.clerk.place_id,
    )  # fmt: skip
    assert answer == {"amount": 2800, "quantity": 1}
    assert await free(at, "bread") == 11
    async with market.db.read() as tx:
        found = await views.drawer(tx, at.clerk.seller_id, at.clerk.place_id, "CNY")
    assert (found.booked, found.sales, found.returns, found.sold) == (2800, 5600, -2800, 1)


async def test_the_drawer_is_what_the_books_say(at: Till, clock: FixedClock) -> None:
    market = at.market
    await till.sell(market, at.clerk, await told(at, ("bread", 5)), clock())
    closed = await drawer.close_day(
        market, at.clerk, booked=14000, counted=13950, taken=10000, now=clock(), key=None
    )
    assert (closed["difference"], closed["left"]) == (-50, 3950)
    clock.forward(timedelta(hours=1))
    await till.sell(market, at.clerk, await told(at, ("buns", 1), key="k2"), clock())
    async with market.db.read() as tx:
        found = await views.drawer(tx, at.clerk.seller_id, at.clerk.place_id, "CNY")
        past = await views.closings(tx, at.clerk.place_id)
    assert (found.booked, found.left, found.sales) == (3950 + 1200, 3950, 1200)
    assert [(one.difference, one.taken) for one in past] == [(-50, 10000)]
    with pytest.raises(Malformed):
        await drawer.close_day(market, at.clerk, booked=0, counted=100, taken=101, now=clock(), key=None)
