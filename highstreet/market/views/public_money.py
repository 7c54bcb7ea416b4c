"""What a rule of public money asks about goods, and what programmes' claims became."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from highstreet.kit.db import Tx


class Kind(msgspec.Struct, frozen=True):
    """What an item is, as a rule names it: the path of its category and every word of it; its energy grade; where a service is given."""

    names: tuple[str, ...]
    grade: int | None = None
    setting: str = ""


async def kinds_of(tx: Tx, items: Iterable[str]) -> dict[str, Kind]:
    """By item."""
    found = await tx.fetch(
        """SELECT id, category_id, attributes ->> 'energy_grade' AS grade, attributes ->> 'setting' AS setting
           FROM catalog.item WHERE id = ANY ($1)""",
        sorted(set(items)),
    )
    return {
        row["id"]: Kind(
            _names(row["category_id"]),
            int(row["grade"]) if (row["grade"] or "").isdigit() else None,
            row["setting"] or "",
        )
        for row in found
    }


def _names(path: str) -> tuple[str, ...]:
    words = path.split(".")
    whole = (".".join(words[: n + 1]) for n in range(len(words)))
    return tuple(dict.fromkeys((*reversed(words), *whole)))


async def ended(tx: Tx, most: int = 500) -> list[str]:
    """Orders that have ended with a claim that set more aside than it spent."""
    found = await tx.fetch(
        """SELECT DISTINCT c.order_id FROM policy.claim c JOIN orders."order" o ON o.id = c.order_id
           WHERE c.state = 'taken' AND c.amount > c.spent AND o.stage IN ('done', 'undone') AND o.waits = ''
           ORDER BY 1 LIMIT $1""",
        most,
    )
    return [row["order_id"] for row in found]
