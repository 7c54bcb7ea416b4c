"""Curated boxes: a curator fills each period of a rhythm within the subscriber's budget; the subscriber sees it some days before it is
ordered, and declines, swaps or skips until the day before. What was not shown in time is not ordered, and nobody is charged.

The budget is kept by one guarded UPDATE, whoever adds what at the same moment; the rhythm places what is inside as an ordinary purchase.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from highstreet import parties
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.money import plain
from highstreet.market.desk import Market
from highstreet.market.quote import quote
from highstreet.market.views import boxes as views
from highstreet.market.views.boxes import Box, Choosable
from highstreet.orders import Cut, Entry, NotNow

_MOST_WORDS, _LONGEST_WORD = 12, 30


class OverBudget(Refusal):
    """A curator may not spend more than the subscriber allowed."""

    code: ClassVar[str] = "over_budget"
    status: ClassVar[int] = 422
    en = "That would make the box dearer than its budget: {over} too much."
    zh = "超出订阅预算 {over}，不能放入。"


class NeverWanted(Refusal):
    """The subscriber said so."""

    code: ClassVar[str] = "never_wanted"
    status: ClassVar[int] = 422
    en = "{title} has something this subscriber never wants."
    zh = "{title_zh}含有订阅者忌口或不要的内容。"


class TooLateToShow(Refusal):
    """The subscriber was promised days to look at it."""

    code: ClassVar[str] = "too_late_to_show"
    en = "It had to be shown by then so that the subscriber can look at it. This time nothing is ordered."
    zh = "已过展示期限，订阅者来不及查看，本期不下单。"


def fillable(market: Market) -> list[str]:
    """The formats whose offers can lie in a box: ordered without a question, brought or fetched."""
    return [
        one.name
        for one in market.formats.values()
        if one.promise == "stock"
        and one.legs
        and not one.hints.asks
        and one.decided == "alone"
        and "wallet" in one.money.ways
    ]


async def goods(market: Market, tx: Tx, box: Box) -> list[Choosable]:
    """What the curator may choose from: the seller's open offers without what the subscriber never wants."""
    never = await wishes(market, tx, box.order_id)
    found = await views.choosable(tx, box.seller_id, fillable(market))
    return [one for one in found if not _hit(never, one.said)]


async def put_in(
    market: Market,
    order_id: str,
    curator_id: str,
    offer_id: str,
    quantity: int,
    now: datetime,
    *,
    spare: bool = False,
) -> None:
    """Put an offer in the next box, or beside it as a spare.

    Errors: OverBudget, NeverWanted, NotNow once it is shown, NotFound, Malformed.
    """
    async with market.db.read() as tx:
        box = await _own(tx, order_id, curator_id)
        found = {one.offer_id: one for one in await views.choosable(tx, box.seller_id, fillable(market))}
        never = await wishes(market, tx, order_id)
    one = found.get(offer_id)
    if one is None:
        raise NotFound("offer")
    if _hit(never, one.said):
        raise NeverWanted(title=one.title.say("en"), title_zh=one.title.say("zh"))
    amount = (await quote(market, [Entry(offer_id, quantity)], now)).lines[offer_id].paid

    async def written(tx: Tx) -> None:
        await tx.execute(
            "INSERT INTO market.box (order_id, n, budget) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            order_id,
            box.n,
            box.budget,
        )
        await _spend(tx, box, 0 if spare else amount, open_to="curator")
        made = await tx.execute(
            """INSERT INTO market.box_item (order_id, n, offer_id, quantity, amount, spare, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT DO NOTHING""",
            order_id, box.n, offer_id, quantity, amount, spare, now,
        )  # fmt: skip
        if made == "INSERT 0 0":
            raise Malformed("offer", "is in the box already", "已在盒中")

    await market.db.run(written)


async def take_out(tx: Tx, order_id: str, curator_id: str, offer_id: str) -> None:
    """Take an offer out again before the box is shown; taking it out twice changes nothing. Errors: NotNow, NotFound."""
    box = await _own(tx, order_id, curator_id)
    await _drop(tx, box, offer_id, open_to="curator")


async def show(market: Market, order_id: str, curator_id: str, now: datetime) -> None:
    """Show the box to its subscriber. Errors: OverBudget with what bringing it costs, TooLateToShow, NotNow, NotFound."""
    async with market.db.read() as tx:
        box = await _own(tx, order_id, curator_id)
    if not box.inside or box.shown_at:
        raise NotNow
    if now > box.show_by:
        raise TooLateToShow
    await _priced(market, box, now)

    async def written(tx: Tx) -> None:
        done = await tx.execute(
            "UPDATE market.box SET shown_at = $3 WHERE order_id = $1 AND n = $2 AND shown_at IS NULL",
            order_id,
            box.n,
            now,
        )
        if done == "UPDATE 0":
            raise NotNow
        await facts.tell(tx, "box.shown", order_id, curator_id, now, {"n": box.n})
        if box.buyer_id:
            await parties.notices.tell(
                tx, box.buyer_id, "box_shown", f"{order_id} {box.n}", {"order": order_id}, now
            )

    await market.db.run(written)


async def decline(tx: Tx, order_id: str, buyer_id: str, offer_id: str, now: datetime) -> None:
    """The subscriber does not want this one. Errors: NotNow outside the days it may be changed, NotFound."""
    box = await _subscribers(tx, order_id, buyer_id, now)
    await _drop(tx, box, offer_id, open_to="subscriber")


async def swap(tx: Tx, order_id: str, buyer_id: str, offer_id: str, instead: str, now: datetime) -> None:
    """The subscriber takes a spare instead. Errors: OverBudget, NotNow, NotFound."""
    box = await _subscribers(tx, order_id, buyer_id, now)
    known = {one.offer_id: one for one in box.items}
    old, new = known.get(offer_id), known.get(instead)
    if old is None or new is None or old.spare or not new.spare:
        raise NotFound("offer")
    await _spend(tx, box, new.amount - old.amount, open_to="subscriber")
    done = await tx.execute(
        """UPDATE market.box_item SET spare = NOT spare WHERE order_id = $1 AND n = $2
           AND (offer_id = $3 AND NOT spare OR offer_id = $4 AND spare)""",
        order_id, box.n, offer_id, instead,
    )  # fmt: skip
    if done != "UPDATE 2":
        raise NotNow


async def skip(tx: Tx, order_id: str, buyer_id: str, now: datetime) -> None:
    """Nothing is ordered this time. Skipping twice changes nothing. Errors: NotNow, NotFound."""
    box = await _subscribers(tx, order_id, buyer_id, now, shown=False)
    await tx.execute(
        """INSERT INTO market.box (order_id, n, budget, skipped_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (order_id, n) DO UPDATE SET skipped_at = coalesce(market.box.skipped_at, excluded.skipped_at)""",
        order_id, box.n, box.budget, now,
    )  # fmt: skip
    await facts.tell(tx, "box.skipped", order_id, buyer_id, now, {"n": box.n})


async def wish(market: Market, tx: Tx, order_id: str, buyer_id: str, never: list[str]) -> None:
    """What never shall be in it, as words; each box from the next on. Errors: Malformed, NotFound."""
    box = await views.next_box(tx, order_id)
    if box is None or box.buyer_id != buyer_id:
        raise NotFound("box")
    words = [word.strip() for word in never if word.strip()]
    if len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD or not word.isprintable() for word in words):
        raise Malformed("never", f"up to {_MOST_WORDS} short words", f"不超过 {_MOST_WORDS} 个词")
    key = market.seal.new_key(order_id)
    await tx.execute(
        """INSERT INTO market.box_wish (order_id, key, content) VALUES ($1, $2, $3)
           ON CONFLICT (order_id) DO UPDATE SET key = excluded.key, content = excluded.content""",
        order_id, key, market.seal.close(order_id, key, msgspec.json.encode(words)),
    )  # fmt: skip


async def wishes(market: Market, tx: Tx, order_id: str) -> list[str]:
    """The words a subscriber never wants to see."""
    found = await tx.fetchrow("SELECT key, content FROM market.box_wish WHERE order_id = $1", order_id)
    if found is None:
        return []
    return msgspec.json.decode(market.seal.open(order_id, found["key"], found["content"]), type=list[str])


async def forget(tx: Tx, person_id: str) -> None:
    """A person's wishes go with them."""
    await tx.execute(
        """DELETE FROM market.box_wish w USING orders."order" o WHERE o.id = w.order_id AND o.buyer_id = $1""",
        person_id,
    )


async def to_order(market: Market, order_id: str, now: datetime) -> tuple[list[Entry], list[Cut]] | str:
    """What the rhythm places for the period that is due, and the curator's cut; or why there is nothing to place."""
    async with market.db.read() as tx:
        box = await views.next_box(tx, order_id)
    if box is None or box.skipped_at or (box.shown_at and not box.inside):
        return "box_skipped"
    if box.shown_at is None or not box.inside:
        return "box_not_filled"
    try:
        await _priced(market, box, now)
    except Refusal as refused:
        return refused.code
    cuts = [Cut("curator", box.curator_id, box.curator_bps)] if box.curator_bps else []
    return [Entry(one.offer_id, one.quantity) for one in box.inside], cuts


async def _priced(market: Market, box: Box, now: datetime) -> None:
    """At today's prices, with what bringing it costs. Errors: OverBudget, and whatever a quote refuses."""
    entries = [Entry(one.offer_id, one.quantity) for one in box.inside]
    total = (await quote(market, entries, now)).quote.total
    if total > box.budget:
        raise OverBudget(over=plain(total - box.budget, box.currency))


async def _own(tx: Tx, order_id: str, curator_id: str) -> Box:
    box = await views.next_box(tx, order_id)
    if box is None or box.curator_id != curator_id:
        raise NotFound("box")
    return box


async def _subscribers(tx: Tx, order_id: str, buyer_id: str, now: datetime, *, shown: bool = True) -> Box:
    box = await views.next_box(tx, order_id)
    if box is None or box.buyer_id != buyer_id:
        raise NotFound("box")
    if now >= box.locks_at or (shown and (box.shown_at is None or box.skipped_at)):
        raise NotNow
    return box


async def _spend(tx: Tx, box: Box, amount: int, *, open_to: str) -> None:
    """Move what is spent, in one guarded UPDATE. Errors: OverBudget; NotNow when the box is with the other one of the two."""
    done = await tx.execute(
        """UPDATE market.box SET spent = spent + $3 WHERE order_id = $1 AND n = $2 AND spent + $3 <= budget
           AND (shown_at IS NULL) = ($4 = 'curator') AND skipped_at IS NULL""",
        box.order_id, box.n, amount, open_to,
    )  # fmt: skip
    if done == "UPDATE 1":
        return
    now_is = await tx.fetchrow(
        """SELECT spent, (shown_at IS NULL) = ($3 = 'curator') AND skipped_at IS NULL AS open FROM market.box
           WHERE order_id = $1 AND n = $2""",
        box.order_id, box.n, open_to,
    )  # fmt: skip
    if now_is is None or not now_is["open"]:
        raise NotNow
    raise OverBudget(over=plain(now_is["spent"] + amount - box.budget, box.currency))


async def _drop(tx: Tx, box: Box, offer_id: str, *, open_to: str) -> None:
    gone = await tx.fetchrow(
        "DELETE FROM market.box_item WHERE order_id = $1 AND n = $2 AND offer_id = $3 RETURNING amount, spare",
        box.order_id, box.n, offer_id,
    )  # fmt: skip
    if gone is not None:
        await _spend(tx, box, 0 if gone["spare"] else -gone["amount"], open_to=open_to)


def _hit(never: list[str], said: str) -> bool:
    return any(word.lower() in said for word in never)
