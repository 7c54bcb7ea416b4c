"""What must have come of a race, whoever won it. The same functions judge the market and its known-bad twins."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.market.lane import Lane, keeps_the_laws

Answers = list[dict[str, Any]]


def said(answers: Answers) -> Counter[str]:
    """How often what was answered: `ok`, or the code of a no."""
    return Counter("ok" if "ok" in one else one["no"] for one in answers)


async def exactly_these_sold(lane: Lane, good: str, units: int, answers: Answers) -> None:
    """As many accepted as there were units, everybody else told plainly, and the books say the same."""
    assert said(answers) == {"ok": units, "out_of_stock": len(answers) - units}
    total, held, sold = await lane.supply(good)
    assert held + sold == total
    await keeps_the_laws(lane.market.db)


async def one_ride(lane: Lane, device: str, answers: Answers) -> None:
    """One got it open, everybody else was told that somebody has it."""
    assert said(answers) == {"ok": 1, "device_busy": len(answers) - 1}
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM logistics.command WHERE device_id = $1", device) == 1


async def one_answer(lane: Lane, before: int, answers: Answers) -> None:
    """All with the same key were told the same, and one order was placed for all of them."""
    assert said(answers) == {"ok": len(answers)}
    assert await lane.orders() == before + 1
    assert all(one == answers[0] for one in answers)
    await keeps_the_laws(lane.market.db)


async def dispensed_as_often_as_it_says(lane: Lane, prescription: str, answers: Answers) -> None:
    """A prescription was used as often as it says, everybody else was told, and each use is written down."""
    async with lane.market.db.read() as tx:
        times, left = await tx.fetchrow(
            "SELECT uses, uses_left FROM parties.prescribed WHERE prescription = $1", prescription
        )  # type: ignore[misc]
        used = await tx.fetchval(
            "SELECT count(*) FROM parties.dispensing WHERE prescription = $1", prescription
        )
    assert said(answers) == {"ok": times, "prescription_used": len(answers) - times}
    assert (left, used) == (0, times)
    await keeps_the_laws(lane.market.db)


async def no_more_than_it_held(lane: Lane, held: int, each: int, answers: Answers) -> None:
    """A wallet paid as often as it could, and everybody else was told that it is short."""
    assert said(answers) == {"ok": held // each, "wallet_short": len(answers) - held // each}
    assert (await lane.money()).get("wallet", 0) == held % each
    await keeps_the_laws(lane.market.db)


async def card_spent_once(lane: Lane, held: int, each: int, answers: Answers) -> None:
    """The same for a prepaid card, which pays with principal and bonus."""
    assert said(answers) == {"ok": held // each, "card_short": len(answers) - held // each}
    money = await lane.money()
    assert money.get("card", 0) + money.get("bonus", 0) == held % each
    await keeps_the_laws(lane.market.db)
