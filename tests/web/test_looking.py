"""What is looked at together is told to each as if they had looked alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import inventory, parties
from highstreet.kit.clock import FixedClock
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.market.views import offered as views
from highstreet.market.views.offered import AskedPage
from tests.web.shop_browser import Browser
from tests.web.shop_world import Street, street, street_template
from tests.web.test_quick import quick_of, until

__all__ = ["street", "street_template"]

LONG = timedelta(days=36_500)  # no licence is valid for so long


async def test_pages_asked_for_together_are_the_pages_asked_for_alone(
    street: Street, clock: FixedClock
) -> None:
    market, today = street.market, clock().date()
    days = (today, today + LONG)
    asked = [
        AskedPage(one, day, land)
        for one in sorted(street.offers.values())
        for day in days
        for land in (None, "CN")
    ]
    asked.insert(3, AskedPage("ofr_00000000000000000000", today))
    together = await asyncio.gather(*map(market.looking.offer_page, asked))
    async with market.db.read() as tx:
        alone = [(await views.offer_pages(tx, [one]))[0] for one in asked]
    assert together == alone
    assert [n for n, page in enumerate(together) if page is None] == [3]
    held = {
        (ask.offer_id, ask.day): len(page.licences) for ask, page in zip(asked, together, strict=True) if page
    }
    assert held[street.offers["tea"], today] and not held[street.offers["tea"], days[1]]


async def test_an_address_that_is_no_text_spoils_only_its_own_page(street: Street, clock: FixedClock) -> None:
    today, tea = clock().date(), street.offers["tea"]
    asked = [AskedPage(one, today) for one in (tea, "a\0b", tea)]
    told = await asyncio.gather(*map(street.market.looking.offer_page, asked), return_exceptions=True)
    assert isinstance(told[1], Malformed)
    assert [isinstance(one, views.OfferPage) for one in told] == [True, False, True]


async def test_what_stands_behind_offers_is_told_by_the_day(street: Street, clock: FixedClock) -> None:
    market, today = street.market, clock().date()
    goods = await market.shelf.offers(street.offers.values())
    supplies = [one.supply_id for one in goods.values() if one.supply_id is not None]
    sellers = list(street.sellers.values())
    later = today + LONG
    now, then, few = await asyncio.gather(
        market.looking.standing(supplies, sellers, today),
        market.looking.standing(supplies, sellers, later),
        market.looking.standing(supplies[:1], [], today),
    )
    async with market.db.read() as tx:
        assert now == await views.standing(tx, supplies, sellers, today)
        assert then == await views.standing(tx, supplies, sellers, later)
    assert now.licences and not then.licences
    assert few.free[str(supplies[0])] == now.free[str(supplies[0])]


async def test_what_several_miss_is_read_once_and_one_that_is_not_there_is_missed_by_who_asked(
    street: Street,
) -> None:
    shelf, every = street.market.shelf, sorted(set(street.offers.values()))
    wanted = [every, every[:2], [*every[:1], "ofr_00000000000000000000"], ["a\0b"]]
    told = await asyncio.gather(*map(shelf.offers, wanted), return_exceptions=True)
    assert isinstance(told[2], NotFound)
    assert isinstance(told[3], Malformed)
    assert [list(one) for one in told[:2] if isinstance(one, dict)] == wanted[:2]


@pytest.mark.parametrize("together", [1, 20])
async def test_what_is_left_is_read_after_it_was_asked_for(
    street: Street, clock: FixedClock, together: int
) -> None:
    market, cake = street.market, street.offers["cake"]
    supply = (await market.shelf.offers([cake]))[cake].supply_id
    assert supply is not None
    for left in (5, 0, 7):
        async with market.db.transaction() as tx:
            await tx.execute(
                "UPDATE inventory.supply SET total = sold + held + $2 WHERE id = $1", supply, left
            )
        asked = [market.looking.standing([supply], [], clock().date()) for _ in range(together)]
        assert {one.free[str(supply)] for one in await asyncio.gather(*asked)} == {left}


async def test_the_first_stock_of_an_offer_is_heard_of(street: Street) -> None:
    market, visitor = street.market, Browser(quick_of(street))
    goods = (await market.shelf.offers([street.offers["tea"]]))[street.offers["tea"]]
    async with market.db.transaction() as tx:
        place = await parties.places.open_place(
            tx,
            goods.seller_id,
            "shop",
            Words("Second counter"),
            {},
            Point(31.2, 121.5),
            (),
            0,
            market.clock(),
        )
        offer = await tx.fetchval(
            """INSERT INTO catalog.offer SELECT (jsonb_populate_record(o, $2)).* FROM catalog.offer o WHERE id = $1 RETURNING id""",
            goods.id, {"id": "ofr_00000000000000000077", "place_id": place},
        )  # fmt: skip
    assert "Sold out for now" in await visitor.get(f"/offers/{offer}")
    async with market.db.transaction() as tx:
        supply = await inventory.stock.open_stock(tx, goods.variant_id, place)
        await inventory.stock.change(tx, supply, "received", 5, "test", market.clock())

    async def there() -> bool:
        return "Sold out for now" not in await visitor.get(f"/offers/{offer}")

    await until(there)
