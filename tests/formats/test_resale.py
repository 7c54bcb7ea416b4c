"""Resale: the owner earns when the buyer keeps it, hands back when it comes back later, and its condition is remembered."""

from __future__ import annotations

from typing import get_args

import pytest

from highstreet import parties
from highstreet.formats.resale import RESALE
from highstreet.market.work import Work
from highstreet.orders import Cut, NotReturnable
from tests.laws.histories import Town, act, check, line, place

OWNER = (Cut("owner", "pty_partner", 7_500),)
SENT = ("provider:paid", "seller:shipped", "seller:delivered")


def _told(town: Town, work: Work, *told: str) -> Work:
    for action in told:
        work = act(town, RESALE, work, action)
        check(town, work)
    return work


def _sent(town: Town) -> Work:
    work = place(town, RESALE, [line(1, 1, 10_000)], "sandbox", OWNER, {"tenths": 8})
    return _told(town, work, *SENT)


def test_it_needs_a_licence_the_town_knows():
    assert RESALE.licence in get_args(parties.licences.LicenceKind)


def test_the_condition_it_was_sold_in_is_remembered():
    assert _sent(Town(stock=1)).order.agreed.number("tenths") == 8


def test_the_owner_earns_after_the_days_to_send_it_back():
    town = Town(stock=1)
    work = _told(town, _sent(town), "clock:+6d")
    assert "seller:pty_partner" not in town.accounts
    _told(town, work, "clock:+1d")
    shares = [town.accounts[name] for name in ("seller:pty_partner", "platform:", "seller:pty_seller")]
    assert shares == [7_500, 300, 2_200]


DISPUTE = "buyer:return_wanted reason=not_as_described"


@pytest.mark.parametrize(
    "told", [("clock:+6d", DISPUTE, "seller:returned"), ("clock:+9d", "seller:returned")]
)
def test_what_comes_back_everybody_hands_back_what_they_earned_of_it(told: tuple[str, ...]):
    town = Town(stock=1)
    work = _told(town, _sent(town), *told, "clock:+20d")
    assert (work.order.stage, town.supply[1]["sold"]) == ("done", 0)
    assert set(town.accounts.values()) == {0}


def test_not_as_described_is_said_within_seven_days():
    town = Town(stock=1)
    work = _told(town, _sent(town), "clock:+7d")
    with pytest.raises(NotReturnable):
        act(town, RESALE, work, DISPUTE)
