"""Quotes: what they price, what they refuse, how long they hold, and that the shelf never keeps yesterday's offer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from highstreet import catalog, parties
from highstreet.catalog.errors import OfferClosed
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.geo import Point
from highstreet.market import quote as quotes
from highstreet.market import shelf
from highstreet.market.views.selling import Sold
from highstreet.orders import EmptyBasket, Entry, QuoteExpired, QuoteUnknown
from tests.market.lane import Lane, market_of


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Bounded waiting for news that travel by NOTIFY."""
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.005)


async def test_prices_a_basket_over_sellers_and_formats(lane: Lane) -> None:
    made = await lane.quote(
        {"tea/online": 2, "bowl/online": 1, "tea/collect": 1, "train/online": 1, "jam/instant": 1}
    )
    parts = {(one.seller_id, one.format): one for one in made.orders}
    sellers = lane.made.sellers
    assert set(parts) == {
        (sellers["tea"], "online@1"), (sellers["tea"], "collect@1"), (sellers["toys"], "online@1"), (sellers["grocer"], "instant@1"),
    }  # fmt: skip
    parcel = parts[sellers["tea"], "online@1"]
    assert [(line.quantity, line.paid) for line in parcel.lines] == [(2, 17600), (1, 5900)]
    # Free delivery from 99 yuan; instant delivery costs five below 88.
    assert parcel.agreed.due("delivery") == 0
    assert parts[sellers["grocer"], "instant@1"].agreed.due("delivery") == 500
    assert made.total == 17600 + 5900 + 8800 + 12801 + 2801 + 500
    assert all(one.agreed.window is not None for one in made.orders)


async def test_asking_writes_nothing(lane: Lane) -> None:
    await lane.quote({"tea/online": 2})
    assert await lane.orders() == 0
    assert await lane.supply("tea") == (30, 0, 0)


async def test_refuses_quantities_nobody_can_buy(lane: Lane) -> None:
    wrong: list[Any] = [0, -1, 10**10, True, 1.5, float("nan"), float("inf"), "2", None]
    for quantity in wrong:
        with pytest.raises(Malformed):
            await lane.quote({"tea/online": quantity})


async def test_refuses_baskets_that_are_none(lane: Lane) -> None:
    market, now, offer = lane.market, lane.clock(), lane.made.offers["tea/online"]
    with pytest.raises(EmptyBasket):
        await quotes.quote(market, [], now)
    with pytest.raises(Malformed, match="each offer only once"):
        await quotes.quote(market, [Entry(offer, 1), Entry(offer, 2)], now)
    with pytest.raises(Malformed, match="at most 100"):
        await quotes.quote(market, [Entry(f"ofr_{n:020}", 1) for n in range(101)], now)


async def test_refuses_unknown_offers(lane: Lane) -> None:
    for offer in ("", "ofr_00000000000000000000", "x" * 5000, "'; DROP TABLE catalog.offer; --", "ofr_\x01"):
        with pytest.raises(NotFound):
            await quotes.quote(lane.market, [Entry(offer, 1)], lane.clock())


async def test_an_identifier_of_something_else_is_no_offer(lane: Lane) -> None:
    for foreign in (lane.made.sellers["tea"], lane.made.variants["tea"], lane.made.places["tea"]):
        with pytest.raises(NotFound):
            await quotes.quote(lane.market, [Entry(foreign, 1)], lane.clock())


async def test_refuses_what_is_not_on_sale(lane: Lane) -> None:
    market, made = lane.market, lane.made
    await lane.quote({"tea/online": 1, "bowl/online": 1})
    async with market.db.transaction() as tx:
        await catalog.pause_offer(tx, made.sellers["tea"], made.offers["tea/online"], now=lane.clock())

    async def refused() -> bool:
        try:
            await lane.quote({"tea/online": 1})
        except OfferClosed:
            return True
        return False

    await until(refused)
    await lane.quote({"bowl/online": 1})
    async with market.db.transaction() as tx:
        await parties.businesses.suspend(
            tx, made.sellers["tea"], made.people["clerk"], "no licence", lane.clock()
        )

    async def bowls_refused() -> bool:
        try:
            await lane.quote({"bowl/online": 1})
        except OfferClosed:
            return True
        return False

    await until(bowls_refused)


async def test_holds_half_an_hour_and_only_as_we_signed_it(lane: Lane) -> None:
    market, now = lane.market, lane.clock()
    text = (await quotes.quote(market, [Entry(lane.made.offers["tea/online"], 1)], now)).text
    assert quotes.read(market, text, now + quotes.GOOD_FOR).total == 8800 + 800
    with pytest.raises(QuoteExpired):
        quotes.read(market, text, now + quotes.GOOD_FOR + timedelta(seconds=1))
    middle = len(text) // 2
    forged = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    for wrong in (forged, text[:-1], text + "A", "", "not a quote", "é" * 40):
        with pytest.raises(QuoteUnknown):
            quotes.read(market, wrong, now)
    # What was signed for another purpose is no quote either.
    link = market.link_signer.sign(msgspec.msgpack.encode({"total": 1}))
    with pytest.raises(QuoteUnknown):
        quotes.read(market, link, now)
    assert quotes.read(market_of(market.db, lane.clock), text, now).total == 9600


async def test_no_more_per_order_than_the_seller_allows(lane: Lane) -> None:
    async with lane.market.db.transaction() as tx:
        await catalog.change_terms(
            tx, lane.made.sellers["tea"], lane.made.offers["tea/online"], now=lane.clock(), most_per_order=2
        )
    assert (await lane.quote({"tea/online": 2})).total == 17600
    with pytest.raises(Malformed, match="at most 2 per order"):
        await lane.quote({"tea/online": 3})


async def test_nothing_is_promised_farther_than_it_is_carried(lane: Lane) -> None:
    entry = [Entry(lane.made.offers["jam/instant"], 1)]
    near = await quotes.quote(lane.market, entry, lane.clock(), where=Point(31.301, 120.581))
    assert near.quote.total == 3301
    with pytest.raises(quotes.TooFar):
        await quotes.quote(lane.market, entry, lane.clock(), where=Point(31.4, 120.58))


async def test_a_changed_price_is_heard(lane: Lane) -> None:
    assert (await lane.quote({"tea/collect": 1})).total == 8800
    async with lane.market.db.transaction() as tx:
        await catalog.change_price(
            tx, lane.made.sellers["tea"], lane.made.offers["tea/collect"], 9000, now=lane.clock()
        )

    async def dearer() -> bool:
        return (await lane.quote({"tea/collect": 1})).total == 9000

    await until(dearer)


async def test_a_change_told_while_an_offer_is_read_is_not_lost(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old row is on its way to us, the news of the new one arrives first: the old one must not be kept."""
    offer = lane.made.offers["tea/collect"]
    plain = shelf.offers_for_sale

    async def slow(tx: Any, ids: list[str], country: str, day: date) -> list[Sold]:
        found = await plain(tx, ids, country, day)
        monkeypatch.setattr(shelf, "offers_for_sale", plain)
        async with lane.market.db.transaction() as other:
            await catalog.change_price(other, lane.made.sellers["tea"], offer, 9000, now=lane.clock())
        lane.market.shelf._changed(offer)
        return found

    monkeypatch.setattr(shelf, "offers_for_sale", slow)
    assert (await lane.quote({"tea/collect": 1})).total == 8800
    assert (await lane.quote({"tea/collect": 1})).total == 9000
