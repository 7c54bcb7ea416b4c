"""Two forms for one thing, two stamps at two ports, release against capture at midnight: one wins, and the books say the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from highstreet.market import tax_moves
from tests.market.departing import EMMA, PORT, Departing, departing
from tests.market.lane import Lane, keeps_the_laws
from tests.races.conftest import Crowd
from tests.races.outcomes import Answers, said
from tests.races.test_races import refill

pytestmark = [pytest.mark.race, pytest.mark.timeout(120)]
TRIES = 40
PORTS = (PORT, "Shanghai Hongqiao Airport")


async def once(lane: Lane, answers: Answers, no: str) -> None:
    """One came through, everybody else was told."""
    assert said(answers) == {"ok": 1, no: len(answers) - 1}
    await keeps_the_laws(lane.market.db)


async def settled_once(lane: Lane, form: str) -> None:
    """The hold is asked to be released or captured, one of both, and the form goes with it."""
    async with lane.market.db.read() as tx:
        kinds = [
            r["kind"]
            for r in await tx.fetch(
                "SELECT kind FROM ledger.tax_move WHERE form_id = $1 AND of IS NOT NULL", form
            )
        ]
        state, advance = await tx.fetchrow(
            "SELECT f.state, a.state FROM policy.refund_form f JOIN policy.advance_refund a ON a.form_id = f.id WHERE f.id = $1",
            form,
        )  # type: ignore[misc]
    assert (kinds, advance) in ((["void"], "releasing"), (["capture"], "capturing"))
    assert (state == "paid") == (advance == "releasing")


def stamps(here: Departing, form: str, do: str = "stamp_form") -> list[dict[str, Any]]:
    now = here.now.isoformat()
    return [{"do": do, "form": form, "port": PORTS[n % 2], "now": now} for n in range(8)]


async def ahead(here: Departing) -> str:
    """Paid in the shop; the promised day is today, and the cards are quiet."""
    form = await here.form()
    await here.advance(form, days=0)
    for _ in range(2):
        await tax_moves.ask(here.lane.market, here.now)
    assert (await here.again(form))[1] == "advanced"
    return form.id


async def test_one_form_one_stamp_one_end(lane: Lane, crowd: Crowd) -> None:
    here = await departing(lane)
    act = {"do": "write_form", "shop": here.shop, "order": await here.buy(), "who": msgspec.to_builtins(EMMA)}
    answers = await crowd.act([act] * 8)
    await once(lane, answers, "on_another_form")
    form = next(one["ok"] for one in answers if "ok" in one)
    await once(lane, await crowd.act(stamps(here, form)), "form_moved_on")
    for _ in range(3):
        form = await ahead(here)
        late = (here.now + timedelta(days=1)).isoformat()
        acts = [{"do": "take_back", "form": form, "now": late}, *stamps(here, form)[::2]] * 2
        await crowd.act(acts)
        await settled_once(lane, form)
    await here.work()
    await keeps_the_laws(lane.market.db)


async def test_twins_that_look_first_write_two_forms_stamp_twice_and_settle_both_ways(
    careless: tuple[Lane, Crowd],
) -> None:
    lane, crowd = careless
    here = await departing(lane)
    async with lane.market.db.transaction() as tx:
        await tx.execute("DROP INDEX policy.refund_line_once")
        await tx.execute("DROP INDEX ledger.captured_or_released")
    answers = list[dict[str, Any]]()
    await refill(lane, "tea", 3 * (3 * TRIES + 4))
    forms = [(await here.form()).id for _ in range(4)]
    for _ in range(TRIES):
        order = await here.buy()
        answers = await crowd.act(
            [{"do": "look_then_write_form", "form": one, "order": order} for one in forms]
        )
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await once(lane, answers, "on_another_form")
    for _ in range(TRIES):
        answers = await crowd.act(stamps(here, (await here.form()).id, "look_then_stamp"))
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await once(lane, answers, "form_moved_on")
    form = ""
    for _ in range(TRIES):
        form, now = await ahead(here), here.now.isoformat()
        ways = (("releasing", "void"), ("capturing", "capture"))
        both = [
            {"do": "look_then_settle", "form": form, "now": now, "to": to, "how": how} for to, how in ways
        ]
        if said(await crowd.act(both * 2))["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await settled_once(lane, form)
