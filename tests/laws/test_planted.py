"""Wrongly composed formats: the laws must catch every one, or they prove nothing."""

from __future__ import annotations

import random

import msgspec
import pytest

from highstreet.formats.collect import COLLECT
from highstreet.formats.course import COURSE
from highstreet.formats.debut import DEBUT
from highstreet.formats.errand import ERRAND
from highstreet.formats.instant import INSTANT
from highstreet.formats.made_to_order import MADE_TO_ORDER
from highstreet.formats.online import ONLINE
from highstreet.formats.preorder import PREORDER
from highstreet.formats.ride import RIDE
from highstreet.formats.stay import STAY
from highstreet.formats.subscription import SUBSCRIPTION
from highstreet.formats.trade_in import TRADE_IN
from highstreet.formats.unattended import UNATTENDED
from highstreet.ledger import ESCROW, PLATFORM, Transfer
from highstreet.market import rules
from highstreet.market.format import BadFormat, Format, Money, register
from highstreet.market.settle import EscrowLeft
from highstreet.orders import Due
from tests.laws.histories import Town, act, check, line, place, try_to


def _money(one: Format, **changes) -> Format:
    return msgspec.structs.replace(one, money=msgspec.structs.replace(one.money, **changes))


def _deposit_forgotten(asked):
    agreed = ONLINE.quote(asked)
    return msgspec.structs.replace(agreed, dues=[*agreed.dues, Due("deposit", 5000)])


def _left_where_it_was(work):
    return [one for one in rules.release(work) if one.purpose != rules.CAP]


def _fee_out_of_everything(work):
    fee = min(500, work.escrow("price")) if work.has("cancelled") else 0
    rest = [Transfer("price", ESCROW, work.payer, work.escrow("price") - fee)]
    return [Transfer("price", ESCROW, work.seller, fee), *rest]


PLANTED = {
    "the price is never released": _money(ONLINE, done=lambda work: []),
    "the seller gets the delivery fee twice": _money(
        ONLINE,
        done=lambda work: [
            *rules.release(work),
            Transfer("delivery", ESCROW, work.seller, work.escrow("delivery")),
        ],
    ),
    "the fee comes on top": _money(
        INSTANT,
        done=lambda work: [
            *rules.release(work),
            Transfer("price", ESCROW, PLATFORM, rules.share(work.order.total, 500, 10_000)),
        ],
    ),
    "nothing goes back when undone": _money(INSTANT, undone=lambda work: []),
    "the buyer gets the programme's money": _money(
        ONLINE,
        undone=lambda work: [Transfer(p, ESCROW, work.payer, work.escrow(p)) for p in ("price", "delivery")],
    ),
    "the seller keeps the price of an undone order with the voucher in it": _money(
        INSTANT, undone=rules.release
    ),
    "a deposit is asked for and forgotten": _money(
        msgspec.structs.replace(ONLINE, quote=_deposit_forgotten),
        undone=lambda work: rules.refund_all(work)[:1],
    ),
    "half of the price is lost in rounding": _money(
        COLLECT, done=lambda work: [Transfer("price", ESCROW, work.seller, work.escrow("price") // 2)]
    ),
    "the buyer is paid more than came in": _money(
        COLLECT, undone=lambda work: [Transfer("price", ESCROW, work.payer, work.order.total + 1)]
    ),
    "money leaves escrow when it binds and again at the end": _money(
        ONLINE,
        committed=rules.release,
        done=lambda work: [Transfer("price", ESCROW, work.seller, work.order.agreed.due("price"))],
    ),
    "the first part that stays takes the voucher with it": _money(
        PREORDER, undone=lambda work: rules.release(work) if work.has("late") else rules.refund_all(work)
    ),
    "what was paid first is forgotten when the rest was paid": _money(
        MADE_TO_ORDER,
        done=lambda work: [
            Transfer("price", ESCROW, work.seller, due.amount) for due in work.order.agreed.dues if due.later
        ],
    ),
    "who is not drawn gets nothing back": _money(DEBUT, undone=lambda work: []),
    "the cabinet keeps the ceiling, whatever was taken": _money(
        UNATTENDED,
        done=lambda work: [Transfer("price", ESCROW, work.seller, work.order.agreed.due("price"))],
    ),
    "the platform pays for the old thing": _money(
        TRADE_IN, committed=lambda work: [Transfer("buyback", PLATFORM, ESCROW, 8000)]
    ),
    "the customer is never paid for the old thing": _money(TRADE_IN, done=lambda work: []),
    "what was not spent of the cap stays where it was": _money(ERRAND, done=_left_where_it_was),
    "a driver called off is paid out of the voucher": _money(RIDE, undone=_fee_out_of_everything),
    "lessons are earned before they are given, and given back all the same": _money(
        COURSE, committed=rules.release
    ),
    "a room not used is paid by the voucher": _money(STAY, undone=rules.release),
    "damage is kept and given back": _money(
        STAY,
        done=lambda work: [
            *rules.release_but(work, 4000),
            Transfer("deposit", ESCROW, work.payer, work.escrow("deposit")),
        ],
    ),
    "a rhythm takes money nobody agreed to": _money(
        SUBSCRIPTION, committed=lambda work: [Transfer("price", work.payer, ESCROW, 100)]
    ),
}


def _live(one: Format, dice: random.Random) -> None:
    town = Town(stock=10)
    wanted = [
        line(n, dice.randint(1, 3), dice.randint(1, 4000), dice.choice([0, 1]))
        for n in range(1, dice.randint(2, 3))
    ]
    work = place(town, one, wanted, "sandbox")
    facts = [f"{who}:{fact}" for fact, tellers in one.facts.items() for who in tellers]
    happy = iter(one.stories[0].steps)
    for _ in range(12):
        # Half of the steps follow the happy story, or a long story would never be lived to its end.
        step = next(happy, None) if dice.random() < 0.5 else None
        work = try_to(
            town, one, work, step or dice.choice([*facts, "provider:paid", "clock:+1h", "clock:+9d"])
        )
        check(town, work)
    for _ in range(6):
        work = act(town, one, work, "clock:+40d")
        check(town, work)


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrongly_composed_format_is_caught(name: str) -> None:
    with pytest.raises((EscrowLeft, AssertionError)):
        for seed in range(200):
            _live(PLANTED[name], random.Random(seed))


def test_the_right_ones_are_not() -> None:
    planted_in = (
        PREORDER,
        MADE_TO_ORDER,
        DEBUT,
        UNATTENDED,
        TRADE_IN,
        SUBSCRIPTION,
        ERRAND,
        RIDE,
        COURSE,
        STAY,
    )
    for one in (ONLINE, INSTANT, COLLECT, *planted_in):
        for seed in range(40):
            _live(one, random.Random(seed))


def test_a_wait_without_a_deadline_is_refused_when_registered() -> None:
    bare = {name: limit for name, limit in ONLINE.deadlines.items() if name != "underway"}
    with pytest.raises(BadFormat, match="underway"):
        register([msgspec.structs.replace(ONLINE, deadlines=bare)])


def test_two_formats_of_one_code_and_a_format_without_stories_are_refused() -> None:
    with pytest.raises(BadFormat, match="twice"):
        register(
            [
                ONLINE,
                msgspec.structs.replace(ONLINE, money=Money(done=rules.release, undone=rules.refund_all)),
            ]
        )
    with pytest.raises(BadFormat, match="stories"):
        register([msgspec.structs.replace(ONLINE, stories=ONLINE.stories[:2])])


def test_a_gate_may_not_wait_for_what_has_no_deadline() -> None:
    one = msgspec.structs.replace(
        INSTANT, deadlines={name: limit for name, limit in INSTANT.deadlines.items() if name != "accept"}
    )
    with pytest.raises(BadFormat, match="accept"):
        register([one])
