"""What people hold: their tickets and things, who comes to a time, and who works with whom."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.text import Words


class Thing(msgspec.Struct, frozen=True):
    """An entitlement with what it is of. `starts`, `ends`: the agreed time; `returning`: some of its order is to go back."""

    id: str
    order_id: str
    number: int
    line: int
    what: str
    state: str
    version: int
    passed: int
    seat: str
    title: Words
    offer_id: str
    format: str
    stage: str
    place: Words
    seller: Words
    placed_at: datetime
    picture: str | None = None
    buyer_id: str | None = None
    holder_id: str | None = None
    edition_no: int | None = None
    edition_of: int = 0
    offered_until: datetime | None = None
    offered_to: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    used_at: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Nothing more can be done with it."""
        past = self.ends is not None and self.ends < now
        return self.state == "void" or past or (self.starts is not None and self.state == "used")


_OF = """SELECT e.id, e.order_id, o.number, e.line, e.what, e.state, e.version, e.passed, e.seat, l.title, l.picture, l.offer_id,
                o.format, o.stage, p.name AS place, coalesce(b.about -> 'name', jsonb_build_object('en', b.name)) AS seller,
                o.placed_at, o.buyer_id, e.holder_id,
                e.edition_no, e.edition_of, e.offered_until, e.offered_to, (o.agreed -> 'window' ->> 0)::timestamptz AS starts,
                (o.agreed -> 'window' ->> 1)::timestamptz AS ends, e.used_at
         FROM logistics.entitlement e JOIN orders."order" o ON o.id = e.order_id
         JOIN orders.line l ON l.order_id = e.order_id AND l.position = e.line
         JOIN parties.place p ON p.id = o.place_id JOIN parties.party b ON b.id = o.seller_id """


async def things_of(tx: Tx, person_id: str, most: int = 200) -> list[Thing]:
    """Everything somebody holds, what comes next first, then the latest."""
    return await rows(
        tx,
        Thing,
        _OF + "WHERE e.holder_id = $1 ORDER BY starts NULLS LAST, e.order_id DESC, e.line, e.n LIMIT $2",
        person_id,
        most,
    )


async def offered_to(tx: Tx, person_id: str, now: datetime) -> list[Thing]:
    """What others offer somebody."""
    return await rows(
        tx,
        Thing,
        _OF + "WHERE e.offered_to = $1 AND e.offered_until > $2 AND e.state <> 'void' ORDER BY e.id",
        person_id,
        now,
    )


async def thing(tx: Tx, entitlement_id: str) -> Thing | None:
    """One of them."""
    return await row_or_none(tx, Thing, _OF + "WHERE e.id = $1", entitlement_id)


async def things_of_order(tx: Tx, order_id: str) -> list[Thing]:
    """What an order entitles to, without what is void."""
    return await rows(
        tx, Thing, _OF + "WHERE e.order_id = $1 AND e.state <> 'void' ORDER BY e.line, e.n", order_id
    )


async def colleagues_of(tx: Tx, person_id: str) -> list[str]:
    """Who works for a business that somebody owns or manages, without themselves."""
    found = await tx.fetch(
        """SELECT DISTINCT s.person_id FROM parties.role r JOIN parties.role s ON s.party_id = r.party_id
           WHERE r.person_id = $1 AND r.role IN ('owner', 'manager') AND s.person_id <> $1 ORDER BY 1""",
        person_id,
    )
    return [r["person_id"] for r in found]


class Coming(msgspec.Struct, frozen=True):
    """Somebody expected at a time; the contact is the buyer's, sealed."""

    id: str
    order_id: str
    number: int
    seat: str
    state: str
    buyer_id: str | None
    holder_id: str | None
    used_at: datetime | None
    purchase_id: str
    contact_key: bytes | None
    contact: bytes | None


async def coming(tx: Tx, seller_id: str, slot_id: int) -> list[Coming]:
    """Everybody with a ticket of a seller's for one time, by seat."""
    return await rows(
        tx,
        Coming,
        """SELECT e.id, e.order_id, o.number, e.seat, e.state, o.buyer_id, e.holder_id, e.used_at,
                  u.id AS purchase_id, u.contact_key, u.contact
           FROM inventory.hold h JOIN orders."order" o ON o.id = h.order_id JOIN orders.purchase u ON u.id = o.purchase_id
           JOIN logistics.entitlement e ON e.order_id = h.order_id AND e.line = h.line
           WHERE h.kind = 'supply' AND h.target_id = $2 AND o.seller_id = $1 AND e.what = 'entry' AND e.state <> 'void'
           ORDER BY e.seat, o.number, e.n LIMIT 5000""",
        seller_id,
        slot_id,
    )


async def sold_at(tx: Tx, seller_id: str, variant_id: str) -> str | None:
    """The place of a seller's first offer of a variant."""
    found: str | None = await tx.fetchval(
        "SELECT place_id FROM catalog.offer WHERE variant_id = $1 AND seller_id = $2 ORDER BY id LIMIT 1",
        variant_id,
        seller_id,
    )
    return found
