"""Online visits: who does not come pays their own part, a doctor who does not come earns nothing, and a prescription is only a number."""

from __future__ import annotations

import pytest

from highstreet.formats.consult import CONSULT
from highstreet.kit.errors import Malformed
from highstreet.orders import NotNow, NotThis
from tests.laws.histories import Town, act, check, line, place

PAID = 9_000  # the patient's own part; a programme pays the other 1,000
RX = {"reference": "RX-2026-000417"}


def _live(*steps: str):
    town = Town(stock=10)
    work = place(town, CONSULT, [line(1, 1, 10_000, 1_000)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, CONSULT, work, step)
        check(town, work)
    return town, work


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (("clock:+46h", "buyer:cancelled"), 0),
        (("clock:+47h", "buyer:cancelled"), PAID * 3 // 10),
        (("clock:+47h", "seller:cancelled"), 0),
        (("clock:+49h", "buyer:cancelled"), PAID // 2),
        (("clock:+49h", "seller:no_show"), PAID // 2),
        (("clock:+6d",), 0),
    ],
)
def test_a_visit_that_is_not_held(steps: tuple[str, ...], kept: int):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert town.accounts.get("seller:pty_seller", 0) == kept
    assert town.accounts.get("programme:spring", 0) == 0


def test_nobody_is_missed_before_the_time():
    town, work = _live("clock:+47h")
    with pytest.raises(NotNow):
        act(town, CONSULT, work, "seller:no_show")


@pytest.mark.parametrize("steps", [("clock:+49h",), ("clock:+49h", "seller:visited")])
def test_a_prescription_is_told_by_its_number_during_the_visit_or_after(steps: tuple[str, ...]):
    town, work = _live(*steps)
    work = act(town, CONSULT, work, "seller:prescribed", dict(RX))
    told = work.has("prescribed")
    assert told is not None
    assert told.body == RX
    with pytest.raises(NotNow):
        act(town, CONSULT, work, "seller:prescribed", dict(RX))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"reference": "发热三天"},
        {"reference": "take two a day"},
        {"reference": "INSULIN-2026"},
        {"reference": 4},
    ],
)
def test_nothing_medical_fits_into_the_number(said: dict[str, object]):
    town, work = _live("clock:+49h", "seller:visited")
    with pytest.raises(Malformed):
        act(town, CONSULT, work, "seller:prescribed", dict(said))


def test_no_prescription_before_a_visit_or_without_one():
    town, work = _live()
    with pytest.raises(NotNow):
        act(town, CONSULT, work, "seller:prescribed", dict(RX))
    town, work = _live("clock:+49h", "seller:no_show")
    with pytest.raises(NotNow):
        act(town, CONSULT, work, "seller:prescribed", dict(RX))
    with pytest.raises(NotThis):
        act(town, CONSULT, work, "buyer:prescribed", dict(RX))
