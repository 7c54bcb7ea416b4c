"""Reports: what devices told, kept once each as evidence, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.logistics.devices import Happening, Report

Outcome = Literal["heard", "told", "known", "case", "settled"]
_COLUMNS = "device_id, id, kind, command, order_id, at, heard_at, body, outcome, why, settled_by, settled_at"


class Heard(msgspec.Struct, frozen=True):
    """A report as it is kept. `why`: what does not fit, of a case; what a person decided, of one that is settled."""

    device_id: str
    id: str
    kind: Happening
    command: str
    order_id: str
    at: datetime
    heard_at: datetime
    body: dict[str, Any]
    outcome: Outcome
    why: str
    settled_by: str | None
    settled_at: datetime | None

    @property
    def told(self) -> Report:
        """As the device told it."""
        return msgspec.convert(self.body, Report)


async def keep(tx: Tx, device_id: str, told: Report, order_id: str, now: datetime) -> Heard:
    """Keep a report; one that was kept before is answered as it stands."""
    await tx.execute(
        """INSERT INTO logistics.report (device_id, id, kind, command, order_id, at, heard_at, body, outcome)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'heard') ON CONFLICT DO NOTHING""",
        device_id,
        told.id,
        told.kind,
        told.command,
        order_id,
        told.at,
        now,
        msgspec.to_builtins(told),
    )
    found = await row_or_none(
        tx,
        Heard,
        f"SELECT {_COLUMNS} FROM logistics.report WHERE device_id = $1 AND id = $2",
        device_id,
        told.id,
    )
    assert found is not None
    return found


async def judged(tx: Tx, report: Heard, outcome: Outcome, why: str) -> None:
    """What became of a report; told twice, the first stands."""
    await tx.execute(
        "UPDATE logistics.report SET outcome = $3, why = $4 WHERE device_id = $1 AND id = $2 AND outcome = 'heard'",
        report.device_id,
        report.id,
        outcome,
        why,
    )


async def about(tx: Tx, report: Heard, order_id: str) -> None:
    """Which order a report turned out to be about."""
    await tx.execute(
        "UPDATE logistics.report SET order_id = $3 WHERE device_id = $1 AND id = $2 AND order_id = ''",
        report.device_id,
        report.id,
        order_id,
    )


async def overtaken(tx: Tx, report: Heard, named: str) -> bool:
    """Whether a scan was first in time although another one of the same ticket was heard before it: then that one is the case.

    Told twice at the same moment, the second waits for what the first came to.
    """
    stands = await tx.fetchval(
        "SELECT outcome FROM logistics.report WHERE device_id = $1 AND id = $2 FOR UPDATE",
        report.device_id,
        report.id,
    )
    if stands != "heard":
        return bool(stands == "told")
    done = await tx.execute(
        """UPDATE logistics.report SET outcome = 'case', why = 'ticket_used'
           WHERE kind = 'entered' AND outcome = 'told' AND order_id = $1 AND (body ->> 'code') LIKE $2 || '%' AND at > $3""",
        report.order_id,
        named,
        report.at,
    )
    if done == "UPDATE 0":
        return False
    await judged(tx, report, "told", "")
    return True


async def left_over(tx: Tx, now: datetime, most: int = 100) -> list[Heard]:
    """Reports whose telling was interrupted: heard some while ago, and nothing became of them."""
    return await rows(
        tx,
        Heard,
        f"""SELECT {_COLUMNS} FROM logistics.report WHERE outcome = 'heard' AND heard_at < $1
            ORDER BY heard_at LIMIT $2""",
        now - timedelta(seconds=10),
        most,
    )


async def of_order(tx: Tx, order_id: str) -> list[Heard]:
    """Everything devices told about an order, by their clocks."""
    return await rows(
        tx, Heard, f"SELECT {_COLUMNS} FROM logistics.report WHERE order_id = $1 ORDER BY at, id", order_id
    )


async def settle(tx: Tx, device_id: str, report_id: str, by: str, reason: str, now: datetime) -> None:
    """A person has looked at a case and says what comes of it. Errors: Malformed without a reason, NotFound for none that waits."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 300:
        raise Malformed("reason", "please say why, in 3 to 300 characters", "请用 3 至 300 个字说明理由")
    done = await tx.execute(
        """UPDATE logistics.report SET outcome = 'settled', why = $3, settled_by = $4, settled_at = $5
           WHERE device_id = $1 AND id = $2 AND outcome = 'case'""",
        device_id,
        report_id,
        reason,
        by,
        now,
    )
    if done == "UPDATE 0":
        raise NotFound("case")
