"""What a rule of public money asks about goods, and what programmes' claims became."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words


class Kind(msgspec.Struct, frozen=True):
    """What an item is, as a rule names it: the path of its category and every word of it, what kind of appliance or device it is said to
    be; its energy grade; where a service is given."""

    names: tuple[str, ...]
    grade: int | None = None
    setting: str = ""


async def kinds_of(tx: Tx, items: Iterable[str]) -> dict[str, Kind]:
    """By item."""
    found = await tx.fetch(
        """SELECT id, category_id, coalesce(attributes ->> 'energy_grade', attributes ->> 'energy') AS grade,
                  attributes ->> 'setting' AS setting, coalesce(attributes ->> 'appliance', attributes ->> 'device') AS said
           FROM catalog.item WHERE id = ANY ($1)""",
        sorted(set(items)),
    )
    return {
        row["id"]: kind_of(row["category_id"], row["said"], row["grade"], row["setting"]) for row in found
    }


@lru_cache(4096)
def kind_of(category: str, said: str | None, grade: str | None, setting: str | None) -> Kind:
    """Of an item of a category, by what is stated of it."""
    words = category.split(".")
    whole = (".".join(words[: n + 1]) for n in range(len(words)))
    names = tuple(dict.fromkeys((*reversed(words), *whole))) + ((said,) if said else ())
    return Kind(names, int(grade) if grade and grade.isdigit() else None, setting or "")


async def ended(tx: Tx, most: int = 500) -> list[str]:
    """Orders that have ended with a claim that set more aside than it spent."""
    found = await tx.fetch(
        """SELECT DISTINCT c.order_id FROM policy.claim c JOIN orders."order" o ON o.id = c.order_id
           WHERE c.state = 'taken' AND c.amount > c.spent AND o.stage IN ('done', 'undone') AND o.waits = ''
           ORDER BY 1 LIMIT $1""",
        most,
    )
    return [row["order_id"] for row in found]


class OnOffer(msgspec.Struct, frozen=True):
    """A round of a running programme, with what is still unclaimed of it in minor units. pace: of its line, if it has one."""

    id: str
    programme_id: str
    rules: str
    currency: str
    schedule: int
    amount: int
    claims: int
    way: str
    opens_at: datetime
    closes_at: datetime
    days: int
    seed_sha256: str
    drawn_at: datetime | None
    unclaimed: int
    entered: int
    pace: int | None = None


async def on_offer(tx: Tx, now: datetime, most: int = 20) -> list[OnOffer]:
    """The rounds that can be claimed now or soon, and those that closed in the last week; what opens first coming first."""
    return await rows(
        tx,
        OnOffer,
        """SELECT b.id, b.programme_id, p.rules, p.currency::text AS currency, b.schedule, b.amount, b.claims, b.way, b.opens_at,
                  b.closes_at, b.days, b.seed_sha256, b.drawn_at,
                  (SELECT coalesce(sum(s.unclaimed), 0)::bigint FROM policy.slice s WHERE s.batch_id = b.id) AS unclaimed,
                  (SELECT count(*) FROM policy.entry e WHERE e.batch_id = b.id) AS entered,
                  (SELECT l.pace FROM policy.line l WHERE l.batch_id = b.id) AS pace
           FROM policy.batch b JOIN policy.programme p ON p.id = b.programme_id
           WHERE p.state = 'running' AND b.closes_at > $1::timestamptz - interval '7 days' ORDER BY b.opens_at, b.id LIMIT $2""",
        now,
        most,
    )


async def entered(tx: Tx, holder_id: str) -> dict[str, bool | None]:
    """The draws a person is in, by round: whether they won, None before it is drawn."""
    found = await tx.fetch("SELECT batch_id, won FROM policy.entry WHERE holder_id = $1", holder_id)
    return {row["batch_id"]: row["won"] for row in found}


async def shops(tx: Tx, programme_id: str, most: int = 12) -> list[Words]:
    """The names of businesses that take part in a programme, for who wants to know where to go."""
    found = await tx.fetch(
        """SELECT b.name, b.about -> 'name' AS words FROM policy.enrolment e JOIN parties.party b ON b.id = e.seller_id
           WHERE e.programme_id = $1 AND b.state = 'active' ORDER BY b.name, b.id LIMIT $2""",
        programme_id,
        most,
    )
    return [Words(**(row["words"] or {"en": row["name"], "zh": row["name"]})) for row in found]


async def unclaimed(tx: Tx, batch_id: str) -> int:
    """What nobody has claimed of a batch, in minor units."""
    found: int = await tx.fetchval(
        "SELECT coalesce(sum(unclaimed), 0)::bigint FROM policy.slice WHERE batch_id = $1", batch_id
    )
    return found
