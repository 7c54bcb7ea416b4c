"""Trade-in: an old thing for money towards a new one. Answers give an estimate, an inspection the amount; only the shop pays for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet.kit.text import Words
from highstreet.ledger import ESCROW, Transfer
from highstreet.market import rules
from highstreet.market.format import FALLEN, OPEN, Choice, Format, Gate, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed

BUYBACK = "buyback"  # a purpose of its own: no voucher and no public money names it


def quote(asked: Asked) -> Agreed:
    """The estimate is the sum of what the terms say of each answer: `answers` = {question: {answer: amount}}."""
    worth = asked.goods[0].terms.get("answers", {})
    answers: dict[str, str] = asked.chosen("answers") or {}
    estimate = sum(worth[question][answer] for question, answer in answers.items())
    return rules.nothing_to_pay(asked, {"estimate": max(0, estimate), "device": asked.term("device", 0)})


def amount(work: Work) -> int:
    """What the shop says it is worth; the estimate until it says otherwise."""
    seen, estimate = work.has("inspected"), work.order.agreed.number("estimate")
    return estimate if seen is None else seen.body.get("amount", estimate)


def decide(work: Work, _now: datetime) -> str:
    """Handed in, looked at, agreed to when it is worth less than was said, wiped if it is a device. Otherwise it is given back.

    A shop that does not look and a customer who does not answer mean no; a wiping nobody confirms does not keep the customer unpaid.
    """
    late = told.body["waits"] if (told := work.has("late")) is not None else ""
    if work.has("given_back"):
        return FALLEN
    if not work.has("handed_in"):
        return FALLEN if work.has("declined") else "hand_in"
    if work.has("declined") or late in ("inspect", "agree"):
        return "give_back"
    if not work.has("inspected"):
        return "inspect"
    if amount(work) < work.order.agreed.number("estimate") and not work.has("agreed"):
        return "agree"
    if work.order.agreed.number("device") and not work.has("wiped") and not late:
        return "wipe"
    return OPEN


def committed(work: Work) -> list[Transfer]:
    return [Transfer(BUYBACK, work.seller, ESCROW, amount(work))]


def done(work: Work) -> list[Transfer]:
    """Into the customer's wallet: to spend on the new one, or to keep."""
    return [Transfer(BUYBACK, ESCROW, work.payer, work.escrow(BUYBACK))]


def undone(work: Work) -> list[Transfer]:
    return [Transfer(BUYBACK, ESCROW, work.seller, work.escrow(BUYBACK))]


TRADE_IN = Format(
    name="trade_in",
    version=1,
    sells=("goods",),
    promise="nothing",
    quote=quote,
    gate=Gate(decide, waits=("hand_in", "inspect", "agree", "wipe", "give_back")),
    money=Money(committed=committed, done=done, undone=undone, ways=("wallet",)),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        "hand_in": Within(timedelta(days=14), "undone"),
        "inspect": Within(timedelta(days=3), "drop"),
        "agree": Within(timedelta(days=5), "drop"),
        "wipe": Within(timedelta(days=3), "drop"),
        "give_back": Within(timedelta(days=14), "undone"),
    },
    facts={
        "handed_in": ("seller", "courier", "partner"),
        "inspected": ("seller",),
        "agreed": ("buyer",),
        "declined": ("buyer",),
        "wiped": ("seller",),
        "given_back": ("seller",),
    },
    hints=Hints(
        title=Words(en="Old for new", zh="以旧换新"),
        line=Words(
            en="Answer a few questions; paid to your wallet once it has been looked at.",
            zh="答题估价，验机后旧机款到账钱包；不满意原物退还。",
        ),
        asks=(Choice("answers"),),
        terms=(
            Term("device", Words("Holds the owner's data", "含个人数据"), Words("1 = yes", "1 为是"), most=1),
        ),
    ),
    stories=(
        Story(
            "as it was described",
            "seller:handed_in, seller:inspected amount=8000, seller:wiped",
            "done",
            -8000,
            0,
            8000,
        ),
        Story("never brought", "buyer:declined", "undone", 0, 0, 0),
        Story(
            "worth less than was said: declined and given back",
            "seller:handed_in, seller:inspected amount=3000, buyer:declined, seller:given_back",
            "undone",
            0,
            0,
            0,
        ),
    ),
)
