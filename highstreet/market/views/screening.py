"""What screening reads of other domains: who spent public money where, what they share with others, what a thing was asked for before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Row, Tx, rows
from highstreet.policy import Link, Raised, Redemption


async def spent(
    tx: Tx, claims: Sequence[str], orders: Sequence[str], amounts: Sequence[int], in_person: Sequence[str]
) -> list[Redemption]:
    """What these claims were spent on, as the facts tell it: claim, order and amount at the same position."""
    return await rows(
        tx,
        Redemption,
        """SELECT o.id AS order_id, c.id AS claim_id, c.programme_id, c.holder_id AS person_id, o.seller_id,
                  CASE WHEN split_part(o.format, '@', 1) = ANY ($4) THEN
                      (SELECT f.by FROM kit.fact f WHERE f.subject = o.id AND f.kind = 'order.placed' LIMIT 1) END AS clerk_id,
                  c.schedule, t.amount, (SELECT coalesce(sum(l.amount), 0)::bigint FROM orders.line l WHERE l.order_id = o.id) AS price,
                  o.placed_at AS at
           FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t (claim, order_id, amount)
           JOIN policy.claim c ON c.id = t.claim JOIN orders."order" o ON o.id = t.order_id""",
        list(claims),
        list(orders),
        list(amounts),
        list(in_person),
    )


async def contacts(tx: Tx, orders: Sequence[str]) -> list[Row]:
    """person, at, method, purchase_id, contact_key, contact of these orders."""
    return await tx.fetch(
        """SELECT o.buyer_id AS person, o.placed_at AS at, p.method, p.id AS purchase_id, p.contact_key, p.contact
           FROM orders."order" o JOIN orders.purchase p ON p.id = o.purchase_id
           JOIN parties.party b ON b.id = o.buyer_id AND b.state <> 'erased' WHERE o.id = ANY ($1)""",
        list(orders),
    )


async def known(tx: Tx, programme_id: str, people: Sequence[str]) -> list[Link]:
    """What else tells these people together: the numbers they sign in with, the devices they claimed with. Who was erased has nothing."""
    return await rows(
        tx,
        Link,
        """SELECT l.party_id AS person, 'phone' AS kind, encode(l.handle, 'hex') AS mark FROM parties.login l
           WHERE l.party_id = ANY ($2) AND l.kind = 'phone'
           UNION
           SELECT c.holder_id, 'device', split_part(k.person, ':', 2)
           FROM policy.batch b JOIN policy.claimant k ON k.batch_id = b.id JOIN policy.claim c ON c.id = k.claim_id
           JOIN parties.party p ON p.id = c.holder_id AND p.state <> 'erased'
           WHERE b.programme_id = $1 AND k.person LIKE 'device:%' AND c.holder_id = ANY ($2) ORDER BY 1, 2, 3""",
        programme_id,
        list(people),
    )


class Own(msgspec.Struct, frozen=True):
    """Somebody of a seller's. leads: owner or manager."""

    person: str
    seller: str
    leads: bool


async def own_people(tx: Tx, sellers: Iterable[str]) -> list[Own]:
    """Who works for these sellers."""
    return await rows(
        tx,
        Own,
        """SELECT person_id AS person, party_id AS seller, bool_or(role IN ('owner', 'manager')) AS leads FROM parties.role
           WHERE party_id = ANY ($1) AND role <> 'courier' GROUP BY 1, 2 ORDER BY 1, 2""",
        sorted(set(sellers)),
    )


async def own_addresses(tx: Tx, sellers: Iterable[str]) -> list[tuple[str, str]]:
    """Seller and each way its places' addresses are written."""
    found = await tx.fetch(
        """SELECT DISTINCT p.party_id, v.value FROM parties.place p, jsonb_each_text(p.address) v
           WHERE p.party_id = ANY ($1) AND v.key IN ('line', 'line_zh', 'en', 'zh') AND p.closed_at IS NULL ORDER BY 1, 2""",
        sorted(set(sellers)),
    )
    return [(row["party_id"], row["value"]) for row in found]


async def raised(tx: Tx, programme_id: str, orders: Sequence[str]) -> list[Raised]:
    """Pieces sold with a programme's money for more than the lowest they were asked for in the last thirty days, with when that rose."""
    return await rows(
        tx,
        Raised,
        """WITH sold AS (
               SELECT r.order_id, r.seller_id, l.offer_id, l.amount / l.quantity AS price, r.at, r.amount
               FROM policy.redemption r JOIN orders.line l ON l.order_id = r.order_id
               WHERE r.programme_id = $1 AND r.order_id = ANY ($2)
                 AND EXISTS (SELECT FROM jsonb_array_elements(l.adjustments) a WHERE a ->> 'funder' = $1)
           )
           SELECT s.order_id AS order, s.seller_id AS seller, s.offer_id AS offer, s.price, low.before, up.at AS raised_at, s.at, s.amount
           FROM sold s
           CROSS JOIN LATERAL (SELECT min(q.price) AS before FROM (
               SELECT w.price FROM catalog.asked w
               WHERE w.offer_id = s.offer_id AND w.at > s.at - interval '30 days' AND w.at <= s.at
               UNION ALL
               (SELECT w.price FROM catalog.asked w WHERE w.offer_id = s.offer_id AND w.at <= s.at - interval '30 days'
                ORDER BY w.at DESC, w.n DESC LIMIT 1)) q) low
           CROSS JOIN LATERAL (SELECT min(w.at) AS at FROM catalog.asked w
               WHERE w.offer_id = s.offer_id AND w.at <= s.at AND w.price > low.before
                 AND w.at > (SELECT max(x.at) FROM catalog.asked x
                             WHERE x.offer_id = s.offer_id AND x.at <= s.at AND x.price = low.before)) up
           WHERE up.at IS NOT NULL AND s.price > low.before ORDER BY s.at, s.order_id""",
        programme_id,
        list(orders),
    )


class Asked(msgspec.Struct, frozen=True):
    """What an offer was asked for from a moment on; sold: it was sold then, with public money."""

    offer: str
    title: dict[str, str]
    at: datetime
    price: int
    sold: bool


async def price_lines(tx: Tx, orders: Sequence[str]) -> list[Asked]:
    """The prices of what these orders bought, over sixty days before the last of them."""
    return await rows(
        tx,
        Asked,
        """WITH bought AS (
               SELECT l.offer_id, l.title, o.placed_at, l.amount / l.quantity AS price FROM orders.line l
               JOIN orders."order" o ON o.id = l.order_id WHERE o.id = ANY ($1)
           ), whole AS (
               SELECT offer_id, (array_agg(title))[1] AS title, max(placed_at) AS until FROM bought
               GROUP BY 1 ORDER BY count(*) DESC LIMIT 3)
           SELECT w.offer_id AS offer, b.title, w.at, w.price, false AS sold FROM whole b JOIN catalog.asked w ON w.offer_id = b.offer_id
           WHERE w.price IS NOT NULL AND w.at <= b.until AND w.at > b.until - interval '60 days'
           UNION ALL
           SELECT b.offer_id, b.title, b.placed_at, b.price, true FROM bought b JOIN whole USING (offer_id) ORDER BY 1, 3""",
        list(orders),
    )


async def numbers(tx: Tx, orders: Sequence[str]) -> dict[str, int]:
    """The numbers people know orders by."""
    found = await tx.fetch('SELECT id, number FROM orders."order" WHERE id = ANY ($1)', list(orders))
    return {row["id"]: row["number"] for row in found}
