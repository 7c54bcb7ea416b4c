"""Prices of an offer other than its own: by channel, from a least quantity, for a time.

Which one is in force, in this order: one for the channel beats one for any channel; the highest least
quantity that is reached; one with dates beats one without; of two with dates the one that began later. None
in force: the offer's own. Times are half open: a price holds from `valid_from` until just before `valid_to`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.money import MOST
from highstreet.kit.quantity import check_quantity
from highstreet.pricing.errors import WrongPrice

CHANNELS = ("any", "online", "counter", "api")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class ListedPrice(msgspec.Struct, frozen=True):
    """price: minor units per step, tax included; least: from how many steps on."""

    channel: str
    least: int
    price: int
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class _Row(msgspec.Struct, frozen=True):
    offer_id: str
    channel: str
    least: int
    price: int
    valid_from: datetime | None
    valid_to: datetime | None


def price_in_force(
    prices: Sequence[ListedPrice], channel: str, quantity: int, now: datetime
) -> ListedPrice | None:
    """The most specific listed price in force, or None: the offer's own price holds."""
    best: ListedPrice | None = None
    best_rank: tuple[bool, int, bool, datetime, int] | None = None
    for listed in prices:
        if quantity < listed.least or (listed.channel != channel and listed.channel != "any"):
            continue
        begins, ends = listed.valid_from, listed.valid_to
        if (begins is not None and now < begins) or (ends is not None and now >= ends):
            continue
        dated = begins is not None or ends is not None
        rank = (listed.channel != "any", listed.least, dated, begins or _LONG_AGO, -listed.price)
        if best_rank is None or rank > best_rank:
            best, best_rank = listed, rank
    return best


async def set_price(tx: Tx, offer_id: str, listed: ListedPrice, by: str, now: datetime) -> None:
    """List a price, or change the one with the same channel, least quantity and beginning.

    The caller has made sure that the offer is one `by` may price.

    Errors: WrongPrice (what is wrong with it), NotFound (no such offer).
    """
    _check(listed)
    same = [
        p
        for p in await prices_of(tx, offer_id)
        if (p.channel, p.valid_from, p.valid_to) == (listed.channel, listed.valid_from, listed.valid_to)
    ]
    for other in same:
        if (other.least < listed.least and other.price < listed.price) or (
            other.least > listed.least and other.price > listed.price
        ):
            raise WrongPrice("price", "a larger quantity may not cost more each", "数量越多，单价不能越高")
    try:
        await tx.execute(
            """
            INSERT INTO pricing.price (id, offer_id, channel, least, price, valid_from, valid_to)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (offer_id, channel, least, valid_from) DO UPDATE
            SET price = excluded.price, valid_to = excluded.valid_to
            """,
            new_id("prc", now),
            offer_id,
            listed.channel,
            listed.least,
            listed.price,
            listed.valid_from,
            listed.valid_to,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("offer") from None
    told = {"channel": listed.channel, "least": listed.least, "price": listed.price}
    await facts.tell(tx, "price.listed", offer_id, by, now, told)


def _check(listed: ListedPrice) -> None:
    if listed.channel not in CHANNELS:
        raise WrongPrice(
            "channel", f"must be one of {', '.join(CHANNELS)}", f"必须是 {'、'.join(CHANNELS)} 之一"
        )
    check_quantity(listed.least, "least")
    if not 0 <= listed.price <= MOST:
        raise WrongPrice("price", "must be from 0 to a billion", "必须在 0 到十亿之间")
    for moment in (listed.valid_from, listed.valid_to):
        if moment is not None and moment.tzinfo is None:
            raise WrongPrice("valid_from", "a moment needs its time zone", "时间必须带时区")
    if listed.valid_from and listed.valid_to and listed.valid_from >= listed.valid_to:
        raise WrongPrice("valid_to", "must be after the beginning", "必须晚于开始时间")


async def remove_price(tx: Tx, offer_id: str, listed: ListedPrice, by: str, now: datetime) -> None:
    """Take a price off the list: the one of this channel, least quantity and beginning. Errors: NotFound."""
    done = await tx.execute(
        """
        DELETE FROM pricing.price
        WHERE offer_id = $1 AND channel = $2 AND least = $3 AND valid_from IS NOT DISTINCT FROM $4
        """,
        offer_id,
        listed.channel,
        listed.least,
        listed.valid_from,
    )
    if done == "DELETE 0":
        raise NotFound("price")
    told = {"channel": listed.channel, "least": listed.least}
    await facts.tell(tx, "price.removed", offer_id, by, now, told)


async def prices_of(tx: Tx, offer_id: str) -> list[ListedPrice]:
    """All listed prices of one offer, past and coming ones too, as a seller reads them."""
    return await rows(
        tx,
        ListedPrice,
        """
        SELECT channel, least, price, valid_from, valid_to FROM pricing.price
        WHERE offer_id = $1 ORDER BY channel, valid_from NULLS FIRST, least
        """,
        offer_id,
    )


async def load_prices(
    tx: Tx, now: datetime, offer_ids: Sequence[str] | None = None
) -> dict[str, tuple[ListedPrice, ...]]:
    """Listed prices by offer, for the snapshot of offers: those in force and those to come. None: of every
    offer."""
    found = await rows(
        tx,
        _Row,
        """
        SELECT offer_id, channel, least, price, valid_from, valid_to FROM pricing.price
        WHERE (valid_to IS NULL OR valid_to > $1) AND ($2::text[] IS NULL OR offer_id = ANY ($2))
        ORDER BY offer_id, channel, least, valid_from NULLS FIRST
        """,
        now,
        None if offer_ids is None else list(offer_ids),
    )
    lists: dict[str, list[ListedPrice]] = {}
    for r in found:
        listed = ListedPrice(r.channel, r.least, r.price, r.valid_from, r.valid_to)
        lists.setdefault(r.offer_id, []).append(listed)
    return {offer_id: tuple(prices) for offer_id, prices in lists.items()}
