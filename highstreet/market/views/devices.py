"""What pages show of devices: a seller's, how each stands, and what waits for a person: cases, takes nobody told, disputes, lost things."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, row, rows
from highstreet.kit.geo import Point
from highstreet.kit.text import Words


class Standing(msgspec.Struct, frozen=True):
    """A device in its seller's list. `command`: what it does now; `order`: for which order."""

    id: str
    kind: str
    name: str
    place: Words
    tag: str | None
    key_no: int
    state: str
    battery: int | None
    registered_at: datetime
    heard_at: datetime | None
    revoked_at: datetime | None
    command: str | None
    order: str | None


class Open(msgspec.Struct, frozen=True):
    """Something a person has to look at. kind: report (does not fit), silent (a take nobody told), disputed, lost."""

    kind: str
    order_id: str
    number: int | None
    seller_id: str
    seller: str
    since: datetime
    until: datetime | None
    why: str
    device_id: str | None = None
    report_id: str | None = None
    device: str | None = None
    title: Words | None = None
    amount: int = 0
    currency: str = "CNY"


class Trace(msgspec.Struct, frozen=True):
    """One piece of evidence: what a device told or was asked, by its clock, and when it was heard."""

    device: str
    kind: str
    at: datetime
    heard_at: datetime
    outcome: str
    why: str
    body: dict[str, Any]


class Installed(msgspec.Struct, frozen=True):
    """A device in use, and where its place is."""

    id: str
    kind: str
    name: str
    key_no: int
    lat: float
    lon: float


async def installed(tx: Tx) -> list[Installed]:
    """Every device in use in town."""
    return await rows(
        tx,
        Installed,
        """SELECT d.id, d.kind, d.name, d.key_no, p.lat, p.lon
           FROM logistics.device d JOIN parties.place p ON p.id = d.place_id WHERE d.revoked_at IS NULL ORDER BY d.id""",
    )


async def point_of(tx: Tx, place_id: str) -> Point:
    """Where a place is."""
    return await row(tx, Point, "SELECT lat, lon FROM parties.place WHERE id = $1", place_id)


async def devices_of(tx: Tx, seller_id: str) -> list[Standing]:
    """A seller's devices, those in use first."""
    return await rows(
        tx,
        Standing,
        """SELECT d.id, d.kind, d.name, p.name AS place, a.tag, d.key_no, d.state, d.battery, d.registered_at, d.heard_at, d.revoked_at,
                  c.state AS command, c.order_id AS "order"
           FROM logistics.device d JOIN parties.place p ON p.id = d.place_id
           LEFT JOIN inventory.asset a ON a.id = d.asset_id
           LEFT JOIN logistics.command c ON c.device_id = d.id AND c.kind = 'unlock' AND c.state IN ('wanted', 'asked', 'opened')
           WHERE d.seller_id = $1 ORDER BY d.revoked_at IS NOT NULL, d.kind, a.tag, d.name, d.id LIMIT 500""",
        seller_id,
    )


_REPORTS = """SELECT 'report' AS kind, r.order_id, o.number, d.seller_id, b.name AS seller, r.at AS since, NULL::timestamptz AS until,
       r.why, d.id AS device_id, r.id AS report_id, d.name AS device, NULL::jsonb AS title, 0 AS amount, 'CNY' AS currency
FROM logistics.report r JOIN logistics.device d ON d.id = r.device_id JOIN parties.party b ON b.id = d.seller_id
LEFT JOIN orders."order" o ON o.id = r.order_id
WHERE r.outcome = 'case'"""
_ORDERS = """SELECT CASE o.waits WHEN 'take' THEN 'silent' WHEN 'return' THEN 'disputed' ELSE 'lost' END AS kind, o.id AS order_id,
       o.number, o.seller_id, b.name AS seller,
       coalesce(f.at, o.placed_at) AS since, w.due_at AS until, coalesce(f.body ->> 'reason', '') AS why,
       NULL AS device_id, NULL AS report_id, NULL AS device,
       (SELECT l.title FROM orders.line l WHERE l.order_id = o.id ORDER BY l.position LIMIT 1) AS title, o.total AS amount, o.currency
FROM orders."order" o JOIN parties.party b ON b.id = o.seller_id
LEFT JOIN orders.deadline w ON w.order_id = o.id AND w.kind = o.waits
LEFT JOIN LATERAL (SELECT k.at, k.body FROM kit.fact k WHERE k.subject = o.id
                   AND k.kind IN ('order.opened', 'order.unanswered', 'order.return_wanted', 'order.late')
                   ORDER BY k.id DESC LIMIT 1) f ON true"""
_WAITING = """ WHERE (o.waits = 'take' OR o.waits = 'return' AND EXISTS (
                   SELECT FROM logistics.leg g WHERE g.order_id = o.id AND g.kind = 'cabinet'))"""
_LOST = """ WHERE EXISTS (SELECT FROM inventory.asset a JOIN inventory.hold h ON h.target_id = a.id AND h.kind = 'asset'
                    WHERE a.state = 'missing' AND h.order_id = o.id)
              AND o.stage = 'done' AND EXISTS (SELECT FROM kit.fact k WHERE k.subject = o.id AND k.kind = 'order.late')"""


async def waiting(tx: Tx, seller_id: str | None, now: datetime, most: int = 200) -> list[Open]:
    """What waits for a person, of one seller or of all (None), the most pressing first. A take has five minutes to be told before that."""
    return await rows(
        tx,
        Open,
        f"""SELECT x.* FROM ({_REPORTS} UNION ALL {_ORDERS}{_WAITING} UNION ALL {_ORDERS}{_LOST}) x
            WHERE ($1::text IS NULL OR x.seller_id = $1) AND (x.kind <> 'silent' OR x.since < $2::timestamptz - interval '5 minutes')
            ORDER BY x.until NULLS LAST, x.since LIMIT $3""",
        seller_id,
        now,
        most,
    )


async def evidence(tx: Tx, order_id: str) -> list[Trace]:
    """What devices told about an order and what they were asked for it, as it happened."""
    return await rows(
        tx,
        Trace,
        """SELECT x.* FROM (
               SELECT d.name AS device, r.kind, r.at, r.heard_at, r.outcome, r.why, r.body
               FROM logistics.report r JOIN logistics.device d ON d.id = r.device_id WHERE r.order_id = $1
               UNION ALL
               SELECT d.name, c.kind, c.wanted_at, coalesce(c.answered_at, c.wanted_at), c.state, c.reason, '{}'::jsonb
               FROM logistics.command c JOIN logistics.device d ON d.id = c.device_id WHERE c.order_id = $1) x
           ORDER BY x.at, x.heard_at""",
        order_id,
    )
