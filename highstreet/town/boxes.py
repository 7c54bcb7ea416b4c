"""Quiet evenings: the Reading Boat fills boxes from the tea house. Lin Mei's is shown, Grandma He's is being put together."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.market import boxes
from highstreet.market.desk import Market
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.units import Key
from highstreet.market.views.boxes import Box, next_box
from highstreet.orders import Entry
from highstreet.town.founding import Town

# Who subscribed how long ago, what they never want, and whether they have been shown their box.
_SUBSCRIBED = (
    ("mei", timedelta(days=11) - timedelta(hours=2), ["茉莉"], True),
    ("he", timedelta(days=8), [], False),
)


async def fill(market: Market, town: Town, now: datetime) -> None:
    """Two subscriptions and their first boxes, through the flows; doing it again changes nothing."""
    offer, curator = town.offers["WAY-EVENING/subscription"], town.sellers["books"]
    for who, ago, never, shown in _SUBSCRIBED:
        buyer, then = town.people[who], now - ago
        asked = await quote(market, [Entry(offer, 1)], then)
        placing = Placing(asked.quote, Contact(who), "wallet", buyer, buyer, "zh")
        placed = await place(market, placing, then, Key("town", f"subscribed {who}", "box"))
        order: str = placed["orders"][0]["id"]

        async def said(
            tx: Tx, order: str = order, buyer: str = buyer, never: list[str] = never
        ) -> Box | None:
            await boxes.wish(market, tx, order, buyer, never)
            return await next_box(tx, order)

        box = await market.db.run(said)
        if box is None or box.items:
            continue
        async with market.db.read() as tx:
            goods = sorted(await boxes.goods(market, tx, box), key=lambda one: (one.price, one.offer_id))
        for n, one in enumerate(goods[: 4 if shown else 1]):
            try:
                await boxes.put_in(market, order, curator, one.offer_id, 1, now, spare=n > 2)
            except Refusal:
                break  # the budget says when it is full
        if shown:
            await boxes.show(market, order, curator, now)

    async def done(tx: Tx) -> None:
        await facts.tell(tx, "town.boxes_filled", "town", curator, now)

    await market.db.run(done)
