"""Telling a fact: journal and outbox in one row, written in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from highstreet.kit.db import Tx


async def tell(
    tx: Tx,
    kind: str,
    subject: str,
    by: str,
    now: datetime,
    body: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Write down that something happened: `kind` ("business.accepted") to `subject`, done by `by` (ids).

    Nothing personal: no names, addresses or words somebody typed.
    """
    await tx.execute(
        "INSERT INTO kit.fact (at, kind, subject, by, body) VALUES ($1, $2, $3, $4, $5)",
        now,
        kind,
        subject,
        by,
        dict(body or {}),
    )
