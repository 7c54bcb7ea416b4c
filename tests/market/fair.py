"""What is entered or opened, offered at the grocer's: a show, a book, a numbered print."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet import catalog, inventory
from highstreet.kit.text import Words
from highstreet.market.quote import quote
from highstreet.orders import Entry
from tests.market.lane import LICENCES, OPENED, Lane

DAY = timedelta(days=1)


async def offered(
    lane: Lane,
    form: str,
    terms: dict[str, Any] | None = None,
    *,
    price: int = 2_000,
    stock: int | None = None,
) -> tuple[str, str]:
    """An open offer and its variant; `stock`: so many were received."""
    made = lane.made
    async with lane.market.db.transaction() as tx:
        sells = lane.market.format(form).sells[0]
        item = await catalog.describe(
            tx, owner_id=made.sellers["grocer"], category_id="home.kitchen", sells=sells, title=Words("Thing", "东西"),
            now=OPENED, attributes={},
        )  # fmt: skip
        variant = (await catalog.read_item(tx, item)).variants[0].id
        shop = made.places["grocer"]
        if stock is not None:
            supply = await inventory.stock.open_stock(tx, variant, shop)
            await inventory.stock.change(tx, supply, "received", stock, made.people["owner"], OPENED)
        offer = await catalog.draft_offer(
            tx, seller_id=made.sellers["grocer"], variant_id=variant, place_id=shop, format=form, currency="CNY",
            price=price, now=OPENED, terms=terms or {},
        )  # fmt: skip
        await catalog.open_offer(tx, made.sellers["grocer"], offer, licences=LICENCES, now=OPENED)
    return offer, variant


async def session(lane: Lane, variant: str, room: int, starts: datetime) -> int:
    """A time of two hours with so much room."""
    async with lane.market.db.transaction() as tx:
        ends = starts + timedelta(hours=2)
        return await inventory.slots.open_slot(
            tx, variant, lane.made.places["grocer"], starts, ends, room, "pty_x", lane.clock()
        )


async def bought(
    lane: Lane, offer: str, many: int, chosen: dict[str, Any] | None = None, *, buyer: str | None = None
) -> str:
    """Quoted, placed and paid; the order's id."""
    asked = (await quote(lane.market, [Entry(offer, many, chosen or {})], lane.clock())).quote
    placed = await lane.place(asked, buyer=buyer)
    key = placed["collection"]["key"]
    assert (await lane.notice(key, placed["collection"]["amount"], ref=key))["result"] == "paid"
    return placed["orders"][0]["id"]
