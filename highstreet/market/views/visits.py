"""What the doctor's desk, the patient's papers and the pharmacy's queue show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.text import Words


class Visit(msgspec.Struct, frozen=True):
    """An order for an online visit, with its time, who holds it and how much was written."""

    order_id: str
    number: int
    seller_id: str
    buyer_id: str | None
    format: str
    stage: str
    waits: str
    title: Words
    starts: datetime | None
    ends: datetime | None
    practitioner_id: str | None
    records: int
    prescriptions: int


_VISIT = """SELECT o.id AS order_id, o.number, o.seller_id, o.buyer_id, o.format, o.stage, o.waits,
    (SELECT l.title FROM orders.line l WHERE l.order_id = o.id ORDER BY l.position LIMIT 1) AS title,
    g.window_from AS starts, g.window_to AS ends, v.practitioner_id,
    (SELECT count(*)::int FROM parties.record r WHERE r.order_id = o.id) AS records,
    (SELECT count(*)::int FROM parties.prescription p WHERE p.order_id = o.id) AS prescriptions
FROM orders."order" o
LEFT JOIN LATERAL (SELECT window_from, window_to FROM logistics.leg WHERE order_id = o.id AND kind = 'visit' ORDER BY n LIMIT 1) g ON true
LEFT JOIN parties.visit v ON v.order_id = o.id"""


async def visit(tx: Tx, order_id: str) -> Visit | None:
    """One visit."""
    return await row_or_none(tx, Visit, _VISIT + " WHERE o.id = $1", order_id)


async def visits(
    tx: Tx, clinic_id: str, formats: Sequence[str], since: datetime, until: datetime
) -> list[Visit]:
    """A clinic's visits in a time, in order; those called off left out."""
    return await rows(
        tx,
        Visit,
        _VISIT
        + """ WHERE o.seller_id = $1 AND o.format = ANY ($2) AND o.stage IN ('committed', 'done')
              AND g.window_from >= $3 AND g.window_from < $4 ORDER BY g.window_from, o.id""",
        clinic_id,
        list(formats),
        since,
        until,
    )


class Drug(msgspec.Struct, frozen=True):
    """A medicine some pharmacy sells on prescription only."""

    substance: str
    title: Words
    pharmacies: int
    price: int
    currency: str


async def drugs(tx: Tx, asked: str, most: int = 30) -> list[Drug]:
    """What can be prescribed, by name or substance; the cheapest offer of each."""
    return await rows(
        tx,
        Drug,
        """SELECT i.attributes ->> 'substance' AS substance, (array_agg(i.title ORDER BY o.price, o.id))[1] AS title,
                  count(DISTINCT o.seller_id)::int AS pharmacies, min(o.price) AS price, min(o.currency) AS currency
           FROM catalog.item i JOIN catalog.offer o ON o.item_id = i.id AND o.state = 'open'
           WHERE i.attributes ->> 'prescription' = 'needed' AND i.attributes ->> 'substance' <> '' AND i.retired_at IS NULL
             AND ($1 = '' OR strpos(lower(i.title::text || (i.attributes ->> 'substance')), lower($1)) > 0)
           GROUP BY 1 ORDER BY 1 LIMIT $2""",
        asked,
        most,
    )


class Place(msgspec.Struct, frozen=True):
    """A business by its id: what it calls itself."""

    id: str
    name: str
    called: Words | None


async def names(tx: Tx, ids: Sequence[str]) -> dict[str, Place]:
    """Businesses by id."""
    found = await rows(
        tx,
        Place,
        "SELECT id, coalesce(name, '') AS name, about -> 'name' AS called FROM parties.party WHERE id = ANY ($1)",
        list(ids),
    )
    return {one.id: one for one in found}


class Clinic(msgspec.Struct, frozen=True):
    """An offer of visits that can lead to a prescription."""

    offer_id: str
    title: Words
    seller: Words | None


async def to_book(tx: Tx, formats: Sequence[str], most: int = 3) -> list[Clinic]:
    """Where a visit can be booked; `formats` are names as offers carry them."""
    return await rows(
        tx,
        Clinic,
        """SELECT o.id AS offer_id, i.title, b.about -> 'name' AS seller FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id
           JOIN parties.party b ON b.id = o.seller_id AND b.state = 'active'
           WHERE o.state = 'open' AND o.format = ANY ($1) ORDER BY o.id LIMIT $2""",
        list(formats),
        most,
    )


async def pharmacies(tx: Tx, day: date) -> list[Place]:
    """Businesses that may sell medicines today."""
    return await rows(
        tx,
        Place,
        """SELECT p.id, coalesce(p.name, '') AS name, p.about -> 'name' AS called FROM parties.party p
           WHERE p.state = 'active' AND EXISTS (SELECT FROM parties.licence l WHERE l.party_id = p.id AND l.kind = 'drugs'
               AND l.state = 'accepted' AND $1 BETWEEN l.valid_from AND l.valid_to) ORDER BY p.name, p.id""",
        day,
    )
