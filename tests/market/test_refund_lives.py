"""Whatever happens to refund forms, in whatever order: each is paid once, each hold ends once, and the books say so."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from highstreet.kit.errors import Refusal
from highstreet.market import tax_refunds
from tests.market.departing import PORT, Departing, departing
from tests.market.lane import Lane, keeps_the_laws

STEPS = (
    "back",
    "stamp",
    "elsewhere",
    "cash",
    "transfer",
    "ahead",
    "refuse",
    "undo",
    "work",
    "work",
    "day",
    "week",
)
TROUBLE = ("", "", "away", "lost", "declined")


async def step(here: Departing, form: tax_refunds.Form, order: str, what: str, dice: random.Random) -> None:
    """One thing that happens; refused as often as not."""
    run, now = here.lane.market.db.run, here.now
    for kind in ("authorise", "payout", "void", "capture"):
        here.cards.trouble[kind] = [dice.choice(TROUBLE)]
    if what == "back":
        await here.lane.tell(order, "returned", lines={"1": 1})
    elif what in ("stamp", "elsewhere"):
        await here.stamp(form, PORT if what == "stamp" else "Shanghai Hongqiao Airport")
    elif what in ("cash", "transfer"):
        await here.pay(form, what, "6222001234567890" if what == "transfer" else "")
    elif what == "ahead":
        await here.advance(form, days=dice.randint(0, 3))
    elif what == "refuse":
        await run(tax_refunds.refuse, form.id, "pty_customs", "used", now)
    elif what == "undo":
        await run(tax_refunds.undo, form.id, "pty_clerk", now)
    elif what == "work":
        await here.work(1)
    else:
        here.lane.clock.forward(timedelta(days=1 if what == "day" else 2))


@pytest.mark.parametrize("seed", [5, 17])
async def test_every_life_of_a_form_keeps_the_laws(lane: Lane, seed: int) -> None:
    here, dice = await departing(lane), random.Random(seed)
    ends: set[tuple[str, str]] = set()
    for _ in range(5):
        order = await here.buy({"tea/counter": 4})
        form = await here.issue(order)
        for what in dice.choices(STEPS, k=14):
            try:
                await step(here, form, order, what, dice)
            except Refusal:
                continue
        here.cards.trouble.clear()
        for _ in range(3):
            await here.work(2)
            lane.clock.forward(timedelta(hours=2))
        now_is, advance = await here.again(form)
        ends.add((now_is.state, advance))
        # Nothing is left half way once the provider answers and the promised day has passed.
        assert advance not in ("asked", "authorised", "releasing", "capturing")
        await keeps_the_laws(lane.market.db)
    assert len(ends) > 1
