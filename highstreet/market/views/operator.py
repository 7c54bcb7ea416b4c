"""What the operator's pages read: how the machine is, what waits for a person, any order with its whole story, and the feed of facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Row, Tx, row, rows

MOST_BEHIND = 10_000  # nobody counts further


class Pulse(msgspec.Struct, frozen=True):
    """The database, and who is connected to it. Ages in seconds, size in bytes."""

    version: str
    size: int
    started_at: datetime
    connections: int
    most_connections: int
    waiting: int
    oldest_transaction: float
    processes: int
    workers: int


async def pulse(tx: Tx) -> Pulse:
    """Every process listens for news over one connection, and every worker has one for its jobs: so they can be counted here."""
    return await row(
        tx,
        Pulse,
        """WITH mine AS (SELECT * FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend')
           SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size,
               pg_postmaster_start_time() AS started_at, (SELECT count(*) FROM mine) AS connections,
               current_setting('max_connections')::int AS most_connections,
               (SELECT count(*) FROM mine WHERE wait_event_type = 'Lock') AS waiting,
               coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM mine WHERE pid <> pg_backend_pid()), 0)::float8
                   AS oldest_transaction,
               (SELECT count(*) FROM mine WHERE application_name LIKE '% news') AS processes,
               (SELECT count(*) FROM mine WHERE application_name LIKE '% jobs') AS workers""",
    )


class Lag(msgspec.Struct, frozen=True):
    """How far a reader is behind; `since`: when the first fact (or transfer) it has not read was told."""

    name: str
    behind: int
    since: datetime | None


async def lags(tx: Tx) -> list[Lag]:
    """Every reader of facts, and the folding of transfers; counted up to MOST_BEHIND."""
    return await rows(
        tx,
        Lag,
        """SELECT r.name, n.behind, n.since FROM kit.reader r CROSS JOIN LATERAL (
               SELECT count(*) AS behind, min(at) AS since FROM (
                   SELECT at FROM kit.fact WHERE r.name <> 'ledger.fold' AND (xid, id) > (r.xid, r.id) ORDER BY xid, id LIMIT $1) f) n
           WHERE r.name <> 'ledger.fold'
           UNION ALL
           SELECT r.name, n.behind, n.since FROM kit.reader r CROSS JOIN LATERAL (
               SELECT count(*) AS behind, min(at) AS since FROM (
                   SELECT at FROM ledger.transfer WHERE (xid, id) > (r.xid, r.id) ORDER BY xid, id LIMIT $1) t) n
           WHERE r.name = 'ledger.fold' ORDER BY name""",
        MOST_BEHIND,
    )


class Late(msgspec.Struct, frozen=True):
    """Deadlines that have passed and were not acted upon."""

    kind: str
    count: int
    oldest: datetime


async def late(tx: Tx, now: datetime) -> list[Late]:
    """Overdue deadlines by what the orders wait for."""
    return await rows(
        tx,
        Late,
        "SELECT kind, count(*) AS count, min(due_at) AS oldest FROM orders.deadline WHERE due_at < $1 GROUP BY kind ORDER BY 3",
        now,
    )


class Attention(msgspec.Struct, frozen=True):
    """What waits for a person, counted."""

    strays: int
    strays_late: int
    refunds: int
    businesses: int
    licences: int
    particulars: int
    takes: int
    jobs_failed: int
    unheard: int


async def attention(tx: Tx, now: datetime) -> Attention:
    """`unheard`: money asked of buyers over ten minutes ago, of which nobody knows."""
    return await row(
        tx,
        Attention,
        """SELECT (SELECT count(*) FROM ledger.stray WHERE settled_at IS NULL) AS strays,
               (SELECT count(*) FROM ledger.stray WHERE settled_at IS NULL AND due_at < $1) AS strays_late,
               (SELECT count(*) FROM ledger.refund WHERE state = 'failed' OR (state IN ('wanted', 'asked') AND tries >= 6)) AS refunds,
               (SELECT count(*) FROM parties.party WHERE kind = 'business' AND state = 'applied') AS businesses,
               (SELECT count(*) FROM parties.licence WHERE state = 'shown') AS licences,
               (SELECT count(*) FROM parties.particulars WHERE due_at <= $1) AS particulars,
               (SELECT count(*) FROM logistics.report WHERE outcome = 'case') + (SELECT count(*) FROM orders."order" o
                   WHERE waits = 'return' AND EXISTS (SELECT FROM logistics.leg WHERE order_id = o.id AND kind = 'cabinet')) AS takes,
               (SELECT count(*) FROM jobs.pgqueuer WHERE status = 'failed') AS jobs_failed,
               (SELECT count(*) FROM ledger.collection WHERE state = 'asked' AND asked_at < $1 - interval '10 min') AS unheard""",
        now,
    )


async def orders_by_hour(tx: Tx, now: datetime) -> list[int]:
    """Orders placed in each of the last 24 hours, the oldest first."""
    found = await tx.fetch(
        """SELECT h, coalesce(o.orders, 0) AS orders FROM generate_series(23, 0, -1) h LEFT JOIN (
               SELECT floor(extract(epoch FROM $1::timestamptz - placed_at) / 3600)::int AS ago, count(*) AS orders
               FROM orders."order" WHERE placed_at > $1::timestamptz - interval '24 hours' AND placed_at <= $1 GROUP BY 1) o ON o.ago = h
           ORDER BY h DESC""",
        now,
    )
    return [r["orders"] for r in found]


# --- jobs ---


class JobRow(msgspec.Struct, frozen=True):
    """A job in the queue. `payload` holds ids."""

    id: int
    kind: str
    status: str
    created: datetime
    updated: datetime
    execute_after: datetime
    attempts: int
    payload: bytes | None


async def jobs(tx: Tx, status: str, most: int = 100) -> list[JobRow]:
    """Jobs in the queue of one status (queued, picked, failed), the oldest first."""
    return await rows(
        tx,
        JobRow,
        """SELECT id, entrypoint AS kind, status::text AS status, created, updated, execute_after, attempts, payload
           FROM jobs.pgqueuer WHERE status::text = $1 ORDER BY created, id LIMIT $2""",
        status,
        most,
    )


async def job_counts(tx: Tx) -> dict[str, int]:
    """Jobs in the queue by status."""
    found = await tx.fetch("SELECT status::text AS status, count(*) AS count FROM jobs.pgqueuer GROUP BY 1")
    return {r["status"]: r["count"] for r in found}


class Done(msgspec.Struct, frozen=True):
    """How jobs of one kind went in the last day; `why`: the last failure's kind."""

    kind: str
    done: int
    failed: int
    last: datetime
    why: str | None


async def jobs_done(tx: Tx, now: datetime) -> list[Done]:
    """What became of jobs in the last day, by kind."""
    return await rows(
        tx,
        Done,
        """SELECT entrypoint AS kind, count(*) FILTER (WHERE status::text = 'successful') AS done,
               count(*) FILTER (WHERE status::text IN ('exception', 'failed')) AS failed, max(created) AS last,
               (array_agg(traceback ->> 'exception_type' ORDER BY created DESC) FILTER (WHERE traceback IS NOT NULL))[1] AS why
           FROM jobs.pgqueuer_log
           WHERE created > $1::timestamptz - interval '1 day' AND status::text IN ('successful', 'exception', 'failed')
           GROUP BY entrypoint ORDER BY entrypoint""",
        now,
    )


# --- people ---


class Trader(msgspec.Struct, frozen=True):
    """A business with what it does here."""

    id: str
    name: str
    picture: str | None
    state: str
    about: dict[str, Any]
    offers: int
    orders: int
    open: int
    created_at: datetime


async def traders(tx: Tx, named: str, state: str, most: int = 60) -> list[Trader]:
    """Businesses by name, or of one state; those one must look at first."""
    return await rows(
        tx,
        Trader,
        """SELECT p.id, coalesce(p.name, '') AS name, p.picture, p.state, p.about, p.created_at,
               (SELECT count(*) FROM catalog.offer o WHERE o.seller_id = p.id AND o.state = 'open') AS offers,
               (SELECT count(*) FROM orders."order" o WHERE o.seller_id = p.id) AS orders,
               (SELECT count(*) FROM orders."order" o WHERE o.seller_id = p.id AND o.waits <> '') AS open
           FROM parties.party p
           WHERE p.kind = 'business' AND ($2 = '' OR p.state = $2)
             AND ($1 = '' OR strpos(lower(p.name), lower($1)) > 0 OR strpos(lower(p.about ->> 'name'), lower($1)) > 0
                  OR p.uscc = upper($1) OR p.id = $1)
           ORDER BY array_position(ARRAY['applied', 'suspended', 'active', 'closed'], p.state), p.name LIMIT $3""",
        named,
        state,
        most,
    )


# --- an order ---


class Moved(msgspec.Struct, frozen=True):
    """A transfer of an order, with its accounts' names."""

    at: datetime
    purpose: str
    source: str
    target: str
    amount: int
    about: str | None


class Told(msgspec.Struct, frozen=True):
    """A fact, as it was told."""

    xid: int
    id: int
    at: datetime
    kind: str
    subject: str
    by: str
    body: dict[str, Any]


class OrderFile(msgspec.Struct, frozen=True):
    """All there is about an order, for whoever must explain it."""

    order: Row
    lines: list[Row]
    legs: list[Row]
    deadlines: list[Row]
    journal: list[Told]
    transfers: list[Moved]
    collections: list[Row]
    refunds: list[Row]


async def find_order(tx: Tx, number: int | None, text: str) -> str | None:
    """The id of an order by the number somebody read out, or by the text of an id: the order's, its purchase's, a charge's or refund's."""
    found = await tx.fetchval(
        """SELECT id FROM orders."order" WHERE number = $1 OR id = $2 OR purchase_id = $2
               OR purchase_id = (SELECT purchase_id FROM ledger.collection WHERE key = $2)
               OR id = (SELECT order_id FROM ledger.refund WHERE key = $2) ORDER BY id LIMIT 1""",
        number,
        text,
    )
    return str(found) if found else None


async def order_file(tx: Tx, order_id: str) -> OrderFile | None:
    """One order, whole; None when there is none."""
    order = await tx.fetchrow(
        """SELECT o.id, o.number, o.purchase_id, o.seller_id, s.name AS seller, o.buyer_id, o.format, o.stage, o.waits, o.version,
               o.currency::text AS currency, o.total, o.placed_at, o.committed_at, o.ended_at, p.method, o.agreed -> 'fee_bps' AS fee_bps
           FROM orders."order" o JOIN orders.purchase p ON p.id = o.purchase_id JOIN parties.party s ON s.id = o.seller_id
           WHERE o.id = $1""",
        order_id,
    )
    if order is None:
        return None
    lines = await tx.fetch(
        """SELECT position, title, quantity, unit, price, amount, paid, cancelled, fulfilled, returned FROM orders.line
           WHERE order_id = $1 ORDER BY position""",
        order_id,
    )
    legs = await tx.fetch(
        """SELECT n, kind, state, window_from, window_to, started_at, ended_at, carrier, tracking FROM logistics.leg
           WHERE order_id = $1 ORDER BY n""",
        order_id,
    )
    deadlines = await tx.fetch(
        "SELECT kind, due_at FROM orders.deadline WHERE order_id = $1 ORDER BY due_at", order_id
    )
    transfers = await rows(
        tx,
        Moved,
        """SELECT t.at, t.purpose, s.kind || ':' || s.party_id AS source, g.kind || ':' || g.party_id AS target, t.amount, t.about
           FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
           WHERE t.order_id = $1 ORDER BY t.xid, t.id""",
        order_id,
    )
    collections = await tx.fetch(
        """SELECT key, provider, amount, state, provider_ref, asked_at, settled_at FROM ledger.collection
           WHERE purchase_id = $1 ORDER BY asked_at""",
        order["purchase_id"],
    )
    refunds = await tx.fetch(
        "SELECT key, provider, amount, state, tries, why, wanted_at, settled_at FROM ledger.refund WHERE order_id = $1 ORDER BY wanted_at",
        order_id,
    )
    journal = await facts(tx, subject=order_id, most=500)
    return OrderFile(order, lines, legs, deadlines, journal[::-1], transfers, collections, refunds)


# --- facts ---


async def facts(
    tx: Tx, *, subject: str = "", kind: str = "", before: tuple[int, int] | None = None, most: int = 50
) -> list[Told]:
    """What was told, the latest first: about one subject, or of kinds that begin so. `before`: the (xid, id) of the last one seen."""
    if subject:
        return await rows(
            tx,
            Told,
            """SELECT xid, id, at, kind, subject, by, body FROM kit.fact
               WHERE subject = $1 AND starts_with(kind, $2) AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
            subject,
            kind,
            before[1] if before else None,
            most,
        )
    return await rows(
        tx,
        Told,
        """SELECT xid, id, at, kind, subject, by, body FROM kit.fact
           WHERE starts_with(kind, $1) AND ($2::text IS NULL OR (xid, id) < ($2::text::xid8, $3::bigint))
           ORDER BY xid DESC, id DESC LIMIT $4""",
        kind,
        str(before[0]) if before else None,
        before[1] if before else None,
        most,
    )


class Check(msgspec.Struct, frozen=True):
    """A check of the books, as far as it has come. `ok` is None while it runs; `laws`: (law, holds, cases)."""

    run: str
    by: str
    wanted_at: datetime
    of: int
    laws: list[tuple[str, bool, str]]
    ok: bool | None


async def last_check(tx: Tx) -> Check | None:
    """The latest check somebody wanted."""
    wanted = await tx.fetchrow(
        "SELECT subject, by, at FROM kit.fact WHERE kind = 'books.check_wanted' ORDER BY xid DESC, id DESC LIMIT 1"
    )
    if wanted is None:
        return None
    told = await facts(tx, subject=wanted["subject"], most=200)
    # A worker that died was followed by another, which began anew: the last beginning counts.
    of, laws, ok = 0, list[tuple[str, bool, str]](), None
    for fact in reversed(told):
        if fact.kind == "books.check_started":
            of, laws, ok = int(fact.body["of"]), [], None
        elif fact.kind == "books.law_checked":
            laws.append((fact.body["law"], fact.body["ok"], fact.body["cases"]))
        elif fact.kind == "books.checked":
            ok = bool(fact.body["ok"])
    return Check(wanted["subject"], wanted["by"], wanted["at"], of, laws, ok)


async def orders_by_format(tx: Tx) -> dict[str, tuple[int, int]]:
    """How many orders follow each format, and how many of them are open."""
    found = await tx.fetch(
        """SELECT format, count(*) AS orders, count(*) FILTER (WHERE waits <> '') AS open FROM orders."order" GROUP BY format"""
    )
    return {r["format"]: (r["orders"], r["open"]) for r in found}


async def staff_among(tx: Tx, ids: list[str]) -> list[str]:
    """Those of these people who work for a business or the city: their names may be shown, a buyer's may not."""
    found = await tx.fetch("SELECT DISTINCT person_id FROM parties.role WHERE person_id = ANY ($1)", ids)
    return [r["person_id"] for r in found]
