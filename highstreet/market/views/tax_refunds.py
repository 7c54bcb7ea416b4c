"""What travellers bought that could leave with them: lines of orders as refund forms see them. And figures for the desks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import heard
from highstreet.kit.text import Words


class Kept(msgspec.Struct, frozen=True):
    """A line as far as it was handed over and not brought back. form: of a living refund form it is on."""

    order_id: str
    number: int
    seller_id: str
    buyer_id: str | None
    at: datetime
    position: int
    title: Words
    whole: int
    kept: int
    vat: int
    paid: int
    public: bool
    form: str | None


_KEPT = """SELECT o.id AS order_id, o.number, o.seller_id, o.buyer_id, coalesce(o.committed_at, o.placed_at) AS at, l.position, l.title,
        l.quantity AS whole, l.fulfilled - l.returned AS kept, l.tax_bps AS vat, l.paid,
        EXISTS (SELECT FROM jsonb_array_elements(l.adjustments) a JOIN policy.programme p ON p.id = a ->> 'funder') AS public,
        (SELECT r.form_id FROM policy.refund_line r WHERE r.order_id = l.order_id AND r.position = l.position AND r.live) AS form
    FROM orders."order" o JOIN orders.line l ON l.order_id = o.id JOIN catalog.offer f ON f.id = l.offer_id
    JOIN catalog.item i ON i.id = f.item_id AND i.sells = 'goods'
    WHERE o.stage IN ('committed', 'done')"""


async def kept(tx: Tx, order_ids: Sequence[str]) -> list[Kept]:
    """All goods of these orders, also those that went back."""
    return await rows(tx, Kept, _KEPT + " AND o.id = ANY ($1) ORDER BY o.id, l.position", list(order_ids))


async def bought_by(tx: Tx, buyer_id: str, since: datetime, shop_id: str | None = None) -> list[Kept]:
    """What a person has of shops since then, the newest first."""
    return await rows(
        tx,
        Kept,
        _KEPT
        + """ AND o.buyer_id = $1 AND coalesce(o.committed_at, o.placed_at) >= $2 AND ($3::text IS NULL OR o.seller_id = $3)
              AND l.fulfilled > l.returned ORDER BY at DESC, o.id, l.position""",
        buyer_id,
        since,
        shop_id,
    )


async def order_by_number(tx: Tx, shop_id: str, text: str) -> str | None:
    """The order a customer names at a shop's desk, by its number."""
    number = heard(text)
    if number is None:
        return None
    return await tx.fetchval(
        'SELECT id FROM orders."order" WHERE seller_id = $1 AND number = $2', shop_id, number
    )


class AtPort(msgspec.Struct, frozen=True):
    """What the counter did on a day: stamped, refused, and paid out."""

    stamped: int
    refused: int
    paid: int
    cash: int


async def at_port(tx: Tx, since: datetime) -> AtPort:
    """Since then, over all counters. Money in minor units."""
    found = await tx.fetchrow(
        """SELECT count(*) FILTER (WHERE stamped_at >= $1) AS stamped,
                  count(*) FILTER (WHERE state = 'refused' AND ended_at >= $1) AS refused,
                  coalesce(sum(amount) FILTER (WHERE paid_at >= $1), 0)::bigint AS paid,
                  coalesce(sum(amount) FILTER (WHERE paid_at >= $1 AND way = 'cash'), 0)::bigint AS cash
           FROM policy.refund_form WHERE stamped_at >= $1 OR ended_at >= $1 OR paid_at >= $1""",
        since,
    )
    return AtPort(**dict(found)) if found else AtPort(0, 0, 0, 0)


class Settled(msgspec.Struct, frozen=True):
    """A form an officer dealt with lately."""

    id: str
    number: int
    state: str
    amount: int
    way: str | None
    at: datetime
    port: str | None


async def lately(tx: Tx, officer: str, since: datetime, most: int = 12) -> list[Settled]:
    """What an officer did, the newest first."""
    return await rows(
        tx,
        Settled,
        """SELECT id, number, state, amount, way, greatest(stamped_at, paid_at, ended_at) AS at, port FROM policy.refund_form
           WHERE (stamped_by = $1 OR paid_by = $1) AND greatest(stamped_at, paid_at, ended_at) >= $2 ORDER BY at DESC, id LIMIT $3""",
        officer,
        since,
        most,
    )


async def shops_that_refund(tx: Tx, programme_id: str, now: datetime) -> dict[str, Words]:
    """The names of the shops that take part, by id."""
    found = await tx.fetch(
        """SELECT e.seller_id, coalesce(p.name, '') AS name, p.about -> 'name' AS known
           FROM policy.enrolment e JOIN parties.party p ON p.id = e.seller_id
           WHERE e.programme_id = $1 AND 'refund_shop' = ANY (e.qualities) AND (e.ends_at IS NULL OR e.ends_at > $2) ORDER BY p.name""",
        programme_id,
        now,
    )
    return {
        row["seller_id"]: msgspec.convert(row["known"], Words)
        if row["known"]
        else Words(row["name"], row["name"])
        for row in found
    }


def day_of(one: Kept, tz: object) -> date:
    """The day it was bought, in the town."""
    return one.at.astimezone(tz).date()  # type: ignore[arg-type]


class Visitor(msgspec.Struct, frozen=True):
    """Somebody with a passport shown, who bought at a shop today: their orders without a form, and what was paid for goods."""

    buyer_id: str
    orders: list[str]
    numbers: list[int]
    paid: int
    at: datetime


async def visitors_today(tx: Tx, shop_id: str, since: datetime) -> list[Visitor]:
    """Who may want a form, the latest first."""
    return await rows(
        tx,
        Visitor,
        """SELECT o.buyer_id, array_agg(DISTINCT o.id) AS orders, array_agg(DISTINCT o.number) AS numbers,
                  sum(l.paid)::bigint AS paid, max(coalesce(o.committed_at, o.placed_at)) AS at
           FROM orders."order" o JOIN orders.line l ON l.order_id = o.id JOIN policy.visitor v ON v.person_id = o.buyer_id
           JOIN catalog.offer f ON f.id = l.offer_id JOIN catalog.item i ON i.id = f.item_id AND i.sells = 'goods'
           WHERE o.seller_id = $1 AND o.stage IN ('committed', 'done') AND coalesce(o.committed_at, o.placed_at) >= $2
             AND l.fulfilled > l.returned
             AND NOT EXISTS (SELECT FROM policy.refund_line r WHERE r.order_id = o.id AND r.position = l.position AND r.live)
           GROUP BY o.buyer_id ORDER BY at DESC, o.buyer_id LIMIT 20""",
        shop_id,
        since,
    )
