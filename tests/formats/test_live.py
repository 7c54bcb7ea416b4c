"""Live: held for two minutes; the host earns of what is kept, and only of that."""

from __future__ import annotations

from datetime import timedelta

from highstreet.formats.live import LIVE
from highstreet.market.commit import advance
from highstreet.market.work import Work
from highstreet.orders import Cut
from tests.laws.histories import START, Town, act, check, line, place

HOST = (Cut("host", "pty_partner", 2_000),)


def _lived(town: Town, told: str, method: str = "sandbox") -> Work:
    work = place(town, LIVE, [line(1, 2, 5_000)], method, HOST)
    for action in told.split(", "):
        work = act(town, LIVE, work, action)
        check(town, work)
    return work


def test_a_drop_is_free_again_when_two_minutes_have_passed():
    town = Town(stock=2)
    work = place(town, LIVE, [line(1, 2, 5_000)], "sandbox")
    assert work.deadlines == {"payment": START + timedelta(minutes=2)}
    for seconds, held in ((119, 2), (120, 0)):
        advance(work, LIVE, START + timedelta(seconds=seconds))
        assert sum(hold.held for hold in work.holds) == held
    assert work.order.stage == "undone"


def test_money_that_comes_after_the_two_minutes_goes_straight_back():
    town = Town(stock=2)
    work = _lived(town, "clock:+1h, provider:paid")
    assert work.has("paid_late")
    assert town.accounts["provider:sandbox"] == 0


def test_the_host_earns_a_part_once_the_days_to_send_back_are_over():
    town = Town(stock=2)
    work = _lived(town, "provider:paid, seller:shipped, seller:delivered, clock:+3d")
    assert "seller:pty_partner" not in town.accounts
    act(town, LIVE, work, "clock:+5d")
    assert (town.accounts["seller:pty_partner"], town.accounts["platform:"]) == (2_000, 500)
    assert town.accounts["seller:pty_seller"] == 7_500


def test_the_host_earns_nothing_of_what_went_back():
    town = Town(stock=2)
    work = _lived(town, "provider:paid, seller:shipped, seller:delivered, buyer:received")
    assert town.accounts["seller:pty_partner"] == 2_000
    work = act(town, LIVE, work, "seller:returned", {"lines": {"1": 1}})
    check(town, work)
    assert (town.accounts["seller:pty_partner"], town.accounts["seller:pty_seller"]) == (1_000, 3_750)
    assert town.accounts["provider:sandbox"] == -5_000
