"""What official statistics are counted from: the money buyers and programmes paid through orders, in exactly one bucket each.

Read from the ledger, so that the buckets sum to what was paid to the last fen; the lines of an order only say how its sum is shared out
between kinds of goods. Money counts in the month its order ended; what goes back later counts in the month it goes back.
"""

from __future__ import annotations

from datetime import date, tzinfo

import msgspec

from highstreet.kit.db import Tx, rows


class Sold(msgspec.Struct, frozen=True):
    """Money of one bucket in one month, in minor units. month: its first day in the town's time zone; root: of the kind of goods.

    online: ordered and paid through the market from afar. sellers, buyers: some of them, at most as many as `market.statistics` asks
    for before it shows a figure; a guest is a buyer of their own.
    """

    month: date
    bucket: str
    root: str
    online: bool
    rural: bool
    amount: int
    sellers: tuple[str, ...]
    buyers: tuple[str, ...]


async def sold(
    tx: Tx, since: date, until: date, currency: str, tz: tzinfo, in_person: list[str], sellers: int, buyers: int
) -> list[Sold]:  # fmt: skip
    """All money that counts in the months from `since` until before `until`. in_person: the formats only a clerk can sell."""
    return await rows(
        tx, Sold, _SOLD, since, until, currency, str(tz), in_person, sellers, buyers
    )  # fmt: skip


async def paid_in_all(tx: Tx, currency: str) -> int:
    """What buyers and programmes paid through orders, less what went back to them: the sum all buckets of all months must have."""
    found: int = await tx.fetchval(
        """SELECT coalesce(sum(CASE WHEN s.kind = 'escrow' THEN -t.amount ELSE t.amount END), 0)::bigint
           FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
           WHERE t.order_id IS NOT NULL AND s.currency = $1
             AND (s.kind = 'escrow' AND g.kind = ANY ($2) OR g.kind = 'escrow' AND s.kind = ANY ($2))""",
        currency,
        list(_PAYERS),
    )
    return found


# Not the bonus of a card: that is the seller's own gift, so nobody paid it. Nor a discount of the market's or of a brand's.
_PAYERS = ("provider", "till", "wallet", "card", "programme")

_SOLD = f"""
WITH payer AS (SELECT id FROM ledger.account WHERE currency = $3 AND kind IN {_PAYERS}),
escrow AS (SELECT id FROM ledger.account WHERE currency = $3 AND kind = 'escrow'),
flow AS (
    SELECT t.order_id, t.purpose, t.at, t.amount FROM ledger.transfer t
    JOIN payer p ON p.id = t.from_id JOIN escrow e ON e.id = t.to_id WHERE t.order_id IS NOT NULL
    UNION ALL
    SELECT t.order_id, t.purpose, t.at, -t.amount FROM ledger.transfer t
    JOIN payer p ON p.id = t.to_id JOIN escrow e ON e.id = t.from_id WHERE t.order_id IS NOT NULL
), dated AS (
    SELECT f.order_id, f.purpose, coalesce(f.at > o.ended_at, false) AS after,
           date_trunc('month', CASE WHEN f.at <= o.ended_at THEN o.ended_at ELSE f.at END AT TIME ZONE $4)::date AS month,
           sum(f.amount)::bigint AS amount
    FROM flow f JOIN orders."order" o ON o.id = f.order_id GROUP BY 1, 2, 3, 4
), met AS (
    SELECT *, bool_or(after) OVER (PARTITION BY order_id) AS went_back FROM dated WHERE amount <> 0
), kind AS (
    SELECT l.order_id, coalesce(i.sells, 'goods') AS sells, coalesce(split_part(i.category_id, '.', 1), 'other') AS root,
           sum(l.amount * (l.quantity - l.cancelled) / l.quantity) AS sale, sum(l.amount * l.returned / l.quantity) AS back,
           sum(l.amount) + 1 AS whole
    FROM orders.line l LEFT JOIN catalog.offer f ON f.id = l.offer_id LEFT JOIN catalog.item i ON i.id = f.item_id
    WHERE l.order_id IN (SELECT order_id FROM met WHERE month >= $1 AND month < $2) GROUP BY 1, 2, 3
), weighed AS (
    SELECT m.*, k.sells, k.root, k.whole,
           CASE WHEN m.after THEN k.back WHEN m.went_back THEN k.sale ELSE k.sale - k.back END AS weight
    FROM met m LEFT JOIN kind k ON k.order_id = m.order_id AND m.purpose = 'price' WHERE m.month >= $1 AND m.month < $2
), chosen AS (
    SELECT *, CASE WHEN sum(weight) OVER w > 0 THEN weight ELSE whole END AS share FROM weighed
    WINDOW w AS (PARTITION BY order_id, purpose, after, month)
), shared AS (
    SELECT *, sum(share) OVER (part ORDER BY sells, root) AS up_to, sum(share) OVER part AS all_of, count(*) OVER part AS kinds FROM chosen
    WINDOW part AS (PARTITION BY order_id, purpose, after, month)
), parted AS (
    SELECT s.*, CASE WHEN kinds = 1 THEN amount
        ELSE round(amount * up_to / all_of) - round(amount * (up_to - share) / all_of) END AS part FROM shared s
)
SELECT p.month,
       CASE WHEN p.purpose IN ('delivery', 'deposit', 'buyback', 'cap') THEN p.purpose
            WHEN p.purpose <> 'price' THEN 'other'
            WHEN o.stage = 'undone' THEN 'kept'
            WHEN o.ended_at IS NULL THEN 'under_way'
            WHEN b.kind = 'business' AND NOT EXISTS (
                SELECT FROM parties.place x WHERE x.party_id = b.id AND x.kind IN ('clinic', 'school')) THEN 'business'
            WHEN p.root = 'meals' THEN 'catering'
            WHEN coalesce(p.sells, 'goods') = 'goods' THEN 'goods'
            WHEN p.sells = 'digital' THEN 'digital' ELSE 'services' END AS bucket,
       coalesce(p.root, '') AS root, NOT (u.method = 'cash' OR split_part(o.format, '@', 1) = ANY ($5)) AS online,
       coalesce(l.address ->> 'area', '') = 'rural' AS rural, sum(p.part)::bigint AS amount,
       (array_agg(DISTINCT o.seller_id))[1:$6] AS sellers, (array_agg(DISTINCT coalesce(o.buyer_id, o.purchase_id)))[1:$7] AS buyers
FROM parted p JOIN orders."order" o ON o.id = p.order_id JOIN orders.purchase u ON u.id = o.purchase_id
LEFT JOIN parties.party b ON b.id = o.buyer_id LEFT JOIN parties.place l ON l.id = o.place_id
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
