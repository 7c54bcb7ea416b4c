"""What whoever is accused may see of a question about public money: what was found, and of the evidence what is their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import spoken
from highstreet.kit.text import Words
from highstreet.market.views import screening as views
from highstreet.policy import Alert


class Asked(NamedTuple):
    """An upheld question. evidence: with the orders' numbers; until: they are barred; shows_appeal: it is theirs."""

    alert: Alert
    pattern: Words
    programme: Words
    currency: str
    evidence: list[tuple[policy.screens.Seen, str]]
    until: datetime | None
    shows_appeal: bool


async def asked_of(
    tx: Tx, now: datetime, *, person: str | None = None, seller: str | None = None
) -> list[Asked]:
    """What was upheld of a person, or of a seller, the newest first. Nobody sees the orders of others."""
    found: list[Asked] = []
    for one in await policy.alerts.about(tx, person=person, seller=seller):
        own = [seen for seen in one.evidence if (seen.person == person if person else seen.seller == seller)]
        standing = await policy.budgets.standing(tx, one.programme_id)
        name = policy.instruments.read(standing.rules).name if standing.rules else Words(one.programme_id)
        numbers = await views.numbers(tx, [seen.order for seen in own])
        bars = dict(await policy.alerts.bars_of(tx, one.id))
        until = bars.get(person or seller or "")
        evidence = [(seen, spoken(numbers[seen.order])) for seen in own if seen.order in numbers]
        shows = one.appealed_by == person if person else bool(seller)
        pattern = policy.bounds.PATTERNS[one.pattern]
        found.append(
            Asked(
                one,
                pattern,
                name,
                standing.currency,
                evidence,
                until if until and until > now else None,
                shows,
            )
        )
    return found


def own(found: Sequence[Asked], alert_id: str) -> Asked:
    """One of them. Errors: NotFound for somebody else's."""
    for one in found:
        if one.alert.id == alert_id:
            return one
    raise NotFound("question")
