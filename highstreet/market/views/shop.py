"""What the shop's pages show, one function per page or part of it: read-only, across domains."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.catalog import Card
from highstreet.kit.db import Tx, row, row_or_none, rows
from highstreet.kit.text import Words
from highstreet.market.desk import Found
from highstreet.market.work import Work
from highstreet.parties import About, Hours

_decoder = msgspec.json.Decoder(Found)


class Around(msgspec.Struct, frozen=True):
    """What surrounds every page of a known browser: goods in the basket, unread notices, the person's picture."""

    basket: int
    notes: int
    portrait: str | None


async def around(tx: Tx, basket_id: str, person_id: str) -> Around:
    """For a basket and a person; either may be empty."""
    return await row(
        tx,
        Around,
        """SELECT coalesce((SELECT jsonb_array_length(lines) FROM orders.basket WHERE id = $1), 0) AS basket,
                  (SELECT count(*)::int FROM parties.notice WHERE party_id = $2 AND read_at IS NULL) AS notes,
                  (SELECT picture FROM parties.party WHERE id = $2) AS portrait""",
        basket_id,
        person_id,
    )


# --- the front page, shops, directories ---


class Shop(msgspec.Struct, frozen=True):
    """A seller as a tile: one of its places with the hours, and how many goods it shows."""

    id: str
    name: str
    picture: str | None
    about: About
    place_id: str
    place: Words
    lat: float
    lon: float
    hours: tuple[Hours, ...]
    goods: int


async def shops(tx: Tx, most: int = 60) -> list[Shop]:
    """Active sellers with goods on sale, those with most goods first."""
    return await rows(
        tx,
        Shop,
        """SELECT b.id, b.name, b.picture, b.about, p.id AS place_id, p.name AS place, p.lat, p.lon, p.hours, g.goods
           FROM (SELECT seller_id, count(DISTINCT item_id) AS goods FROM catalog.found WHERE shown GROUP BY 1
                 ORDER BY 2 DESC LIMIT $1) g
           JOIN parties.party b ON b.id = g.seller_id AND b.state = 'active'
           JOIN LATERAL (SELECT * FROM parties.place WHERE party_id = b.id AND closed_at IS NULL ORDER BY id LIMIT 1) p ON true
           ORDER BY g.goods DESC, b.name""",
        most,
    )


class Directory(msgspec.Struct, frozen=True):
    """A curated directory: what it lists, whose choice it is."""

    id: str
    name: Words
    about: Words
    curator: str | None
    items: int
    picture: str | None


async def directories(tx: Tx) -> list[Directory]:
    """The directories that are open and list something on sale."""
    return [one for one in await rows(tx, Directory, _DIRECTORY + " ORDER BY d.position, d.id") if one.items]


async def directory(tx: Tx, directory_id: str) -> Directory | None:
    return await row_or_none(tx, Directory, _DIRECTORY + " AND d.id = $1", directory_id)


_DIRECTORY = """SELECT d.id, d.name, d.about, c.name AS curator,
    (SELECT count(DISTINCT f.item_id) FROM catalog.directory_item x JOIN catalog.found f ON f.item_id = x.item_id AND f.shown
     WHERE x.directory_id = d.id) AS items,
    (SELECT f.card ->> 'picture' FROM catalog.directory_item x JOIN catalog.found f ON f.item_id = x.item_id AND f.shown
     WHERE x.directory_id = d.id ORDER BY x.added_at, f.offer_id LIMIT 1) AS picture
FROM catalog.directory d JOIN parties.party c ON c.id = d.curator_id WHERE d.closed_at IS NULL"""


class Listed(msgspec.Struct, frozen=True):
    """What a directory lists, and why."""

    card: Card
    reason: Words


async def listed(tx: Tx, directory_id: str, most: int = 120) -> list[Listed]:
    """The goods of a directory that are on sale, one card each, in the order they were added."""
    return await rows(
        tx,
        Listed,
        """SELECT f.card, x.reason FROM catalog.directory_item x
           JOIN LATERAL (SELECT card FROM catalog.found WHERE item_id = x.item_id AND shown ORDER BY price, offer_id LIMIT 1) f ON true
           WHERE x.directory_id = $1 ORDER BY x.added_at, x.item_id LIMIT $2""",
        directory_id,
        most,
    )


# --- orders ---


class Sides(msgspec.Struct, frozen=True):
    """What an order's page tells beside the order: the seller and the place, how it was paid, the sealed contact, refunds under way."""

    seller: str
    seller_picture: str | None
    seller_about: About
    place: Words
    address: dict[str, str]
    lat: float
    lon: float
    hours: tuple[Hours, ...]
    contact_key: bytes | None
    contact: bytes | None
    total: int
    refunding: int
    refunded: int
    courier: str | None
    paying: str | None


async def order_of(tx: Tx, order_id: str) -> Work | None:
    """An order as the desk sees it, or None."""
    found = _decoder.decode(await tx.fetchval("SELECT market.read($1, '{}', '{}')", [order_id]))
    return found.works[0] if found.works else None


async def orders_of_purchase(tx: Tx, purchase_id: str) -> list[Work]:
    """All orders paid together."""
    return _decoder.decode(await tx.fetchval("SELECT market.read('{}', $1, '{}')", [purchase_id])).works


async def sides(tx: Tx, order_id: str) -> Sides:
    """For an order that exists."""
    return await row(
        tx,
        Sides,
        """SELECT b.name AS seller, b.picture AS seller_picture, b.about AS seller_about, p.name AS place, p.address, p.lat, p.lon, p.hours,
                  u.contact_key, u.contact, u.total,
                  coalesce((SELECT sum(amount) FROM ledger.refund r
                            WHERE r.order_id = o.id AND r.state IN ('wanted', 'asked')), 0)::bigint AS refunding,
                  coalesce((SELECT sum(amount) FROM ledger.refund r WHERE r.order_id = o.id AND r.state = 'done'), 0)::bigint AS refunded,
                  (SELECT g.courier_id FROM logistics.leg g WHERE g.order_id = o.id AND g.courier_id IS NOT NULL
                   ORDER BY g.n DESC LIMIT 1) AS courier,
                  (SELECT c.state FROM ledger.collection c WHERE c.purchase_id = u.id ORDER BY c.asked_at DESC LIMIT 1) AS paying
           FROM orders."order" o
           JOIN orders.purchase u ON u.id = o.purchase_id
           JOIN parties.party b ON b.id = o.seller_id
           JOIN parties.place p ON p.id = o.place_id
           WHERE o.id = $1""",
        order_id,
    )


class Glance(msgspec.Struct, frozen=True):
    """An order in the list of one's orders."""

    id: str
    number: int
    purchase_id: str
    stage: str
    waits: str
    format: str
    total: int
    currency: str
    seller: Words
    placed_at: datetime
    window_from: datetime | None
    window_to: datetime | None
    lines: list[dict[str, Any]]


async def my_orders(tx: Tx, buyer_id: str, before: str | None = None, most: int = 20) -> list[Glance]:
    """A buyer's orders, the newest first; up to `most` of those before an id."""
    return await rows(
        tx,
        Glance,
        """SELECT o.id, o.number, o.purchase_id, o.stage, o.waits, o.format, o.total, o.currency, o.placed_at,
                  jsonb_build_object('en', b.name) || coalesce(b.about -> 'name', '{}') AS seller,
                  g.window_from, g.window_to,
                  (SELECT jsonb_agg(jsonb_build_object('title', l.title, 'picture', l.picture, 'quantity', l.quantity) ORDER BY l.position)
                   FROM orders.line l WHERE l.order_id = o.id) AS lines
           FROM orders."order" o JOIN parties.party b ON b.id = o.seller_id
           LEFT JOIN LATERAL (SELECT window_from, window_to FROM logistics.leg WHERE order_id = o.id AND kind <> 'return'
                              ORDER BY n LIMIT 1) g ON true
           WHERE o.buyer_id = $1 AND ($2::text IS NULL OR o.id < $2) ORDER BY o.id DESC LIMIT $3""",
        buyer_id,
        before,
        most,
    )


async def order_numbered(tx: Tx, number: int) -> str | None:
    """The id of the order with a number."""
    return await tx.fetchval('SELECT id FROM orders."order" WHERE number = $1', number)


# --- paying ---


class Purchase(msgspec.Struct, frozen=True):
    """A basket paid at once, with the latest money asked for it."""

    id: str
    buyer_id: str | None
    currency: str
    total: int
    method: str
    at: datetime
    key: str | None
    amount: int | None
    state: str | None
    provider: str | None
    asked_at: datetime | None


async def purchase(tx: Tx, purchase_id: str) -> Purchase | None:
    return await row_or_none(
        tx,
        Purchase,
        """SELECT u.id, u.buyer_id, u.currency, u.total, u.method, u.at, c.key, c.amount, c.state, c.provider, c.asked_at
           FROM orders.purchase u
           LEFT JOIN LATERAL (SELECT * FROM ledger.collection WHERE purchase_id = u.id ORDER BY asked_at DESC LIMIT 1) c ON true
           WHERE u.id = $1""",
        purchase_id,
    )


async def wallet(tx: Tx, party_id: str, currency: str) -> int:
    """What a person's wallet holds, in minor units; 0 when they have none."""
    found = await tx.fetchval(
        """SELECT w.balance FROM ledger.wallet w JOIN ledger.account a ON a.id = w.account_id
           WHERE a.kind = 'wallet' AND a.party_id = $1 AND a.currency = $2""",
        party_id,
        currency,
    )
    return found or 0


class Device(msgspec.Struct, frozen=True):
    """A browser somebody is signed in with."""

    agent: str
    seen_at: datetime


class SignedInAt(msgspec.Struct, frozen=True):
    """Where a person is signed in, and whether a second factor is asked for."""

    sessions: list[Device]
    second_factor: bool


async def signed_in_at(tx: Tx, party_id: str) -> SignedInAt:
    """For the page on security; the latest used first."""
    found = await rows(
        tx,
        Device,
        "SELECT agent, seen_at FROM parties.session WHERE party_id = $1 ORDER BY seen_at DESC LIMIT 50",
        party_id,
    )
    second = await tx.fetchval("SELECT totp IS NOT NULL FROM parties.secret WHERE party_id = $1", party_id)
    return SignedInAt(found, bool(second))
