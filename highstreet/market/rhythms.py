"""Rhythms: an order that places ordinary orders, one each period, at the price of the day and by the rules of their own format."""

from __future__ import annotations

from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.market import boxes
from highstreet.market.contacts import Contact, open_contact
from highstreet.market.desk import Market
from highstreet.market.place import Placing, place
from highstreet.market.quote import quote
from highstreet.market.units import Key
from highstreet.market.views.rhythms import Turn, turns
from highstreet.orders import Cut, Entry

_AT_ONCE = 50


async def go_on(market: Market, now: datetime) -> int:
    """Place what is due; how many periods passed. Dying anywhere in between is no harm: the period's key finds its purchase again.

    What cannot be placed (sold out, wallet empty) is told to the buyer, and the next period tries again.
    """
    async with market.db.read() as tx:
        due = await turns(tx, now, _AT_ONCE)
    for turn in due:
        purchase, refused = await _place(market, turn, now)
        await market.db.run(_note, turn, purchase, refused, now)
    return len(due)


async def _place(market: Market, turn: Turn, now: datetime) -> tuple[str | None, str | None]:
    contact = open_contact(market.seal, turn.purchase_id, turn.contact_key, turn.contact) or Contact()
    key = Key(f"rhythm {turn.order_id}", str(turn.n), turn.of)
    try:
        entries, cuts = [Entry(turn.of, turn.quantity, turn.choice)], list[Cut]()
        if turn.budget:
            found = await boxes.to_order(market, turn.order_id, now)
            if isinstance(found, str):
                return None, found
            entries, cuts = found
        asked = await quote(market, entries, now)
        placing = Placing(
            asked.quote,
            contact,
            turn.method,
            turn.buyer_id or "guest",
            turn.buyer_id,
            turn.lang,
            cuts=tuple(cuts),
        )
        return (await place(market, placing, now, key))["purchase"], None
    except Refusal as refused:
        return None, refused.code


async def _note(tx: Tx, turn: Turn, purchase: str | None, refused: str | None, now: datetime) -> None:
    done = await tx.execute(
        """INSERT INTO market.rhythm (order_id, n, at, purchase_id, refused) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING""",
        turn.order_id,
        turn.n,
        now,
        purchase,
        refused,
    )
    if done == "INSERT 0 1":
        body = {"n": turn.n, "purchase": purchase, "refused": refused}
        await facts.tell(
            tx, "rhythm.placed" if purchase else "rhythm.left_out", turn.order_id, "clock", now, body
        )
