"""What the books and the orders say of a programme's money: what moved, for which orders, with all the evidence there is of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.orders import Line


class Moved(msgspec.Struct, frozen=True):
    """What is out of a programme for an order (None: no order), and what of it went and came in the period, in minor units."""

    order_id: str | None
    moved: int
    went_in: int
    came_back: int


async def moved(
    tx: Tx, programme_id: str, since: datetime, until: datetime, below: str, before: str
) -> list[Moved]:
    """By the ledger, whatever is not its budget, up to `until` and below a transaction id; the period is what no settlement below
    `before` and up to `since` can have seen."""
    return await rows(
        tx,
        Moved,
        """
        SELECT t.order_id, sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS moved,
               coalesce(sum(t.amount) FILTER (WHERE t.from_id = a.id AND NOT (t.at < $2 AND t.xid < $5::text::xid8)), 0)::bigint AS went_in,
               coalesce(sum(t.amount) FILTER (WHERE t.to_id = a.id AND NOT (t.at < $2 AND t.xid < $5::text::xid8)), 0)::bigint AS came_back
        FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
        WHERE a.kind = 'programme' AND a.party_id = $1 AND t.purpose <> 'budget' AND t.at < $3 AND t.xid < $4::text::xid8
        GROUP BY 1 ORDER BY 1
        """,
        programme_id,
        since,
        until,
        below,
        before,
    )


async def below(tx: Tx) -> str:
    """The transaction id below which everything is written and seen."""
    return str(await tx.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text"))


async def first_moved(tx: Tx, programme_id: str) -> datetime | None:
    """When a programme first paid."""
    found: datetime | None = await tx.fetchval(
        """SELECT min(t.at) FROM ledger.account a JOIN ledger.transfer t ON t.from_id = a.id
           WHERE a.kind = 'programme' AND a.party_id = $1 AND t.purpose <> 'budget'""",
        programme_id,
    )
    return found


class Taken(msgspec.Struct, frozen=True):
    """A claim an order spent."""

    id: str
    batch: str
    schedule: int
    amount: int
    spent: int
    taken_at: datetime


class Paid(msgspec.Struct, frozen=True):
    """A payment of the buyer's into an order. how: the kind of account; reference: the provider's, or ours."""

    how: str
    reference: str
    amount: int


class Proof(msgspec.Struct, frozen=True):
    """A leg that ended well, and the SHA-256 of what proves it."""

    leg: str
    kind: str
    state: str
    at: datetime | None
    sha256: str | None


class Paper(msgspec.Struct, frozen=True):
    """Evidence a seller showed of a line: an invoice, a photograph; kept sealed, known by its SHA-256."""

    kind: str
    reference: str
    sha256: str


class Particulars(msgspec.Struct, frozen=True):
    """An order as a settlement has to know it. serials: as keyed hashes."""

    id: str
    number: int
    seller_id: str
    buyer_id: str | None
    placed_at: datetime
    ended_at: datetime | None
    stage: str
    waits: str
    lines: list[Line]
    claims: list[Taken]
    paid: list[Paid]
    proofs: list[Proof]
    items: dict[str, str]
    serials: list[str] = []
    papers: list[Paper] = []


_lines = msgspec.json.Decoder(list[Line])


async def particulars(tx: Tx, programme_id: str, orders: Sequence[str]) -> dict[str, Particulars]:
    """By order."""
    found = await tx.fetch(
        """
        SELECT o.id, o.number, o.seller_id, o.buyer_id, o.placed_at, o.ended_at, o.stage, o.waits,
               (SELECT jsonb_agg(to_jsonb(l) - 'order_id' ORDER BY l.position) FROM orders.line l WHERE l.order_id = o.id)::text AS lines,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'batch', c.batch_id, 'schedule', c.schedule, 'amount', c.amount,
                       'spent', c.spent, 'taken_at', c.taken_at) ORDER BY c.id), '[]')
                FROM policy.claim c WHERE c.order_id = o.id AND c.programme_id = $2) AS claims,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('how', a.kind, 'amount', t.amount,
                       'reference', coalesce(k.provider_ref, t.about, t.id::text)) ORDER BY t.xid, t.id), '[]')
                FROM ledger.transfer t JOIN ledger.account a ON a.id = t.from_id
                JOIN ledger.account e ON e.id = t.to_id AND e.kind = 'escrow'
                LEFT JOIN ledger.collection k ON k.key = t.about
                WHERE t.order_id = o.id AND a.kind IN ('provider', 'wallet', 'till', 'bank', 'card')) AS paid,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('leg', g.id, 'kind', g.kind, 'state', g.state, 'at', g.ended_at,
                       'sha256', encode(sha256(convert_to(g.proof::text, 'UTF8')), 'hex')) ORDER BY g.n), '[]')
                FROM logistics.leg g WHERE g.order_id = o.id AND g.kind <> 'return') AS proofs,
               (SELECT coalesce(jsonb_object_agg(l.position::text, v.item_id), '{}')
                FROM orders.line l JOIN catalog.variant v ON v.id = l.variant_id WHERE l.order_id = o.id) AS items,
               ARRAY(SELECT encode(s.key, 'hex') FROM policy.serial s
                     WHERE s.order_id = o.id AND s.freed_at IS NULL ORDER BY s.line) AS serials,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'reference', e.id, 'sha256', encode(e.sha256, 'hex'))
                       ORDER BY e.id), '[]') FROM policy.evidence e WHERE e.order_id = o.id) AS papers
        FROM orders."order" o WHERE o.id = ANY ($1) ORDER BY o.id
        """,
        list(orders),
        programme_id,
    )
    return {
        row["id"]: Particulars(
            row["id"], row["number"], row["seller_id"], row["buyer_id"], row["placed_at"], row["ended_at"], row["stage"], row["waits"],
            _lines.decode(row["lines"] or "[]"), msgspec.convert(row["claims"], list[Taken]), msgspec.convert(row["paid"], list[Paid]),
            msgspec.convert(row["proofs"], list[Proof]), row["items"],
            list(row["serials"]), msgspec.convert(row["papers"], list[Paper]),
        )
        for row in found
    }  # fmt: skip


class InForce(msgspec.Struct, frozen=True):
    """The rules of a programme as two persons decided them, from a moment on."""

    change: str
    rules: str
    why: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime


async def rules_over_time(tx: Tx, programme_id: str) -> list[InForce]:
    """The latest decision first."""
    return await rows(
        tx,
        InForce,
        """SELECT id AS change, body ->> 'rules' AS rules, why, proposed_by, proposed_at, decided_by, decided_at FROM policy.change
           WHERE programme_id = $1 AND kind = 'rules' AND accepted ORDER BY decided_at DESC, id DESC""",
        programme_id,
    )


async def out_of(tx: Tx, programme_id: str, order_id: str) -> int:
    """What is out of a programme for an order now."""
    return int(
        await tx.fetchval(
            """SELECT coalesce(sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END), 0)::bigint
               FROM ledger.transfer t JOIN ledger.account a ON a.id IN (t.from_id, t.to_id)
               WHERE t.order_id = $2 AND a.kind = 'programme' AND a.party_id = $1""",
            programme_id,
            order_id,
        )
    )


async def clawed(tx: Tx, programme_id: str, since: datetime, until: datetime, below: str) -> dict[str, int]:
    """What cases took back of each seller in a time, less what went back to it."""
    found = await tx.fetch(
        """SELECT c.seller_id, sum(CASE WHEN f.kind = 'seller' THEN t.amount ELSE -t.amount END)::bigint AS amount
           FROM policy.clawback c JOIN ledger.transfer t ON t.order_id = c.order_id AND t.about = c.id AND t.purpose = 'clawback'
           JOIN ledger.account f ON f.id = t.from_id
           WHERE c.programme_id = $1 AND t.at >= $2 AND t.at < $3 AND t.xid < $4::text::xid8 GROUP BY 1 ORDER BY 1""",
        programme_id,
        since,
        until,
        below,
    )
    return {row["seller_id"]: row["amount"] for row in found}


async def overtaken(tx: Tx) -> list[tuple[str, int]]:
    """Cases that owe more than is out of their programme for their order, with what they may owe: the order gave money back meanwhile."""
    found = await tx.fetch(
        """
        SELECT id, greatest(0, out - (upto - owed)) AS may FROM (
            SELECT c.id, c.owed, sum(c.owed) OVER (PARTITION BY c.programme_id, c.order_id ORDER BY c.decided_at, c.id)::bigint AS upto,
                   (SELECT coalesce(sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END), 0)::bigint
                    FROM ledger.transfer t JOIN ledger.account a ON a.id IN (t.from_id, t.to_id)
                    WHERE t.order_id = c.order_id AND a.kind = 'programme' AND a.party_id = c.programme_id) AS out
            FROM policy.clawback c WHERE c.owed > 0) x
        WHERE upto > out ORDER BY id LIMIT 200
        """
    )
    return [(row["id"], row["may"]) for row in found]


async def without_seed(tx: Tx) -> list[str]:
    """Running programmes whose coming settlement has no seed yet."""
    found = await tx.fetch(
        """SELECT p.id FROM policy.programme p WHERE p.state = 'running' AND NOT EXISTS (
               SELECT FROM policy.settlement_seed s WHERE s.programme_id = p.id
               AND s.n = (SELECT coalesce(max(x.n), 0) + 1 FROM policy.settlement x WHERE x.programme_id = p.id))
           ORDER BY 1 LIMIT 200"""
    )
    return [row["id"] for row in found]
