"""What the merchant's desk shows of times and single things: what can be booked, how full it is, who has what until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words


class Bookable(msgspec.Struct, frozen=True):
    """Something of a seller's that is booked by time or lent; `here`: how many windows to come, or things, it has already."""

    id: str
    item_id: str
    title: Words
    options: dict[str, str]
    sku: str
    picture: str | None
    here: int


class Window(msgspec.Struct, frozen=True):
    """Room for so many in a window; free = total - held - sold."""

    id: int
    variant_id: str
    place_id: str
    starts: datetime
    ends: datetime
    total: int
    held: int
    sold: int

    @property
    def taken(self) -> int:
        return self.held + self.sold

    @property
    def free(self) -> int:
        return self.total - self.taken


class Booked(msgspec.Struct, frozen=True):
    """When a thing is somebody's."""

    starts: datetime
    ends: datetime
    order: str


class Thing(msgspec.Struct, frozen=True):
    """A single thing with its calendar."""

    id: int
    variant_id: str
    place_id: str
    tag: str
    state: str
    title: Words
    place: Words
    picture: str | None
    booked: list[Booked]


_MINE = """SELECT v.id, v.item_id, i.title, v.options, v.sku,
       (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture"""


async def timed(tx: Tx, seller_id: str, formats: Sequence[str], now: datetime) -> list[Bookable]:
    """What a seller opens times for: services, whatever is offered in one of these formats, and what has times already."""
    return await rows(
        tx,
        Bookable,
        _MINE
        + """, (SELECT count(*) FROM inventory.supply s JOIN parties.place l ON l.id = s.place_id
                WHERE s.variant_id = v.id AND l.party_id = $1 AND lower(s.period) > $3 AND s.total > 0) AS here
           FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           WHERE i.owner_id = $1 AND i.retired_at IS NULL AND (i.sells = 'service' OR EXISTS (
               SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.format = ANY ($2) AND o.state <> 'closed') OR EXISTS (
               SELECT FROM inventory.supply s WHERE s.variant_id = v.id AND s.period IS NOT NULL))
           ORDER BY here DESC, i.id DESC, v.id LIMIT 200""",
        seller_id,
        list(formats),
        now,
    )


async def lent(tx: Tx, seller_id: str, formats: Sequence[str]) -> list[Bookable]:
    """What a seller registers single things of: the use of something, and whatever is offered in one of these formats."""
    return await rows(
        tx,
        Bookable,
        _MINE
        + """, (SELECT count(*) FROM inventory.asset a WHERE a.variant_id = v.id AND a.state <> 'retired') AS here
           FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           WHERE i.owner_id = $1 AND i.retired_at IS NULL AND (i.sells = 'use' OR EXISTS (
               SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.format = ANY ($2) AND o.state <> 'closed') OR EXISTS (
               SELECT FROM inventory.asset a WHERE a.variant_id = v.id))
           ORDER BY here DESC, i.id DESC, v.id LIMIT 200""",
        seller_id,
        list(formats),
    )


_WINDOW = """SELECT s.id, s.variant_id, s.place_id, lower(s.period) AS starts, upper(s.period) AS ends, s.total, s.held, s.sold
             FROM inventory.supply s JOIN parties.place l ON l.id = s.place_id"""


async def windows(
    tx: Tx, seller_id: str, variant_id: str, place_id: str, since: datetime, until: datetime
) -> list[Window]:
    """A seller's windows that begin in a time, in order; the capacity of a production run is no window."""
    return await rows(
        tx,
        Window,
        _WINDOW
        + """ WHERE l.party_id = $1 AND s.variant_id = $2 AND ($3 = '' OR s.place_id = $3) AND s.period IS NOT NULL
                AND lower(s.period) >= $4 AND lower(s.period) < $5 AND (s.total > 0 OR s.held + s.sold > 0)
                AND NOT EXISTS (SELECT FROM orders.cohort c JOIN catalog.offer o ON o.id = c.offer_id
                                WHERE o.variant_id = s.variant_id AND c.terms -> 'supply' = to_jsonb(s.id))
              ORDER BY lower(s.period), s.id LIMIT 1000""",
        seller_id,
        variant_id,
        place_id,
        since,
        until,
    )


async def window(tx: Tx, seller_id: str, slot_id: int) -> Window:
    """Errors: NotFound, also for somebody else's."""
    found = await row_or_none(
        tx,
        Window,
        _WINDOW + " WHERE l.party_id = $1 AND s.id = $2 AND s.period IS NOT NULL",
        seller_id,
        slot_id,
    )
    if found is None:
        raise NotFound("time")
    return found


_THING = """SELECT a.id, a.variant_id, a.place_id, a.tag, a.state, i.title, l.name AS place,
       (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
       coalesce((SELECT jsonb_agg(jsonb_build_object('starts', lower(h.period), 'ends', upper(h.period), 'order', h.order_id)
                                  ORDER BY lower(h.period))
                 FROM inventory.hold h WHERE h.kind = 'asset' AND h.target_id = a.id AND h.freed = 0
                   AND h.period && tstzrange($2, $3)), '[]') AS booked
FROM inventory.asset a JOIN parties.place l ON l.id = a.place_id
JOIN catalog.variant v ON v.id = a.variant_id JOIN catalog.item i ON i.id = v.item_id"""


async def things(tx: Tx, seller_id: str, since: datetime, until: datetime) -> list[Thing]:
    """A seller's single things, those in use first, each with who has it in a time."""
    return await rows(
        tx,
        Thing,
        _THING
        + " WHERE l.party_id = $1 ORDER BY array_position(ARRAY['ready', 'resting', 'missing', 'retired'], a.state), i.id, a.tag LIMIT 500",
        seller_id,
        since,
        until,
    )


async def thing(tx: Tx, seller_id: str, asset_id: int, since: datetime, until: datetime) -> Thing:
    """Errors: NotFound, also for somebody else's."""
    found = await row_or_none(
        tx, Thing, _THING + " WHERE l.party_id = $1 AND a.id = $4", seller_id, since, until, asset_id
    )
    if found is None:
        raise NotFound("thing")
    return found
