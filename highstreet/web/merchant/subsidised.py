"""What public money wants to see of an order's things: a list that fills up, line by line, with what may be told next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.work import Work

ASKED = ("photo_new", "photo_old", "invoice")


class Proof(msgspec.Struct, frozen=True):
    """One line: its programmes' names, its number, the old thing as the buyer described it, and what was shown of each kind asked."""

    line: int
    title: dict[str, str]
    programmes: list[Words]
    serial: bool
    imei: bool
    told: policy.serials.Told | None
    old: dict[str, Any] | None
    old_at: datetime | None
    shown: dict[str, list[policy.evidence.Shown]]
    delivery: bool
    handed_at: datetime | None
    until: datetime | None

    @property
    def steps(self) -> tuple[int, int]:
        """How much is done, and of how much."""
        done = [self.told is not None] * self.serial + [self.old_at is not None] * (self.old is not None)
        done += [bool(found) for found in self.shown.values()] + [self.handed_at is not None] * self.delivery
        return sum(done), len(done)


async def proofs_of(tx: Tx, market: Market, work: Work) -> list[Proof]:
    """Nothing for an order that no public money pays a part of."""
    owed = await policy.evidence.owed(tx, work.order.id)
    if not owed:
        return []
    numbers = await policy.serials.of_order(tx, market.seal, work.order.id)
    shown = await policy.evidence.of_order(tx, work.order.id)
    names = {
        name: policy.instruments.in_force((await policy.budgets.standing(tx, name)).rules or "").name
        for name in {one.programme_id for one in owed}
    }
    found: list[Proof] = []
    for line in work.lines:
        mine = [one for one in owed if one.line == line.position]
        if not mine or line.cancelled == line.quantity:
            continue
        kinds = [kind for kind in ASKED if any(kind in one.evidence for one in mine)]
        handed = max((one.handed_at for one in mine if one.handed_at), default=None)
        untils = [one.until for one in mine if one.until is not None]
        found.append(
            Proof(
                line.position,
                line.title,
                [names[one.programme_id] for one in mine],
                any(one.serial for one in mine),
                any(one.imei for one in mine),
                numbers.get(line.position),
                line.choice.get("old") if any(one.old for one in mine) else None,
                max((one.old_at for one in mine if one.old_at), default=None),
                {kind: [s for s in shown if (s.line, s.kind) == (line.position, kind)] for kind in kinds},
                any("delivery" in one.evidence for one in mine),
                handed,
                max(untils, default=None),
            )
        )
    return found
