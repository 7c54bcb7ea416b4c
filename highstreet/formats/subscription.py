"""Subscription: a rhythm that places ordinary orders: milk every day, a box every month. It sells nothing itself."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

EVERY_DAYS = 7
SHOW_DAYS = 3  # so long before it is ordered a box is shown


def quote(asked: Asked) -> Agreed:
    """Agreed are the rhythm and `of`, the ordinary offer it orders, or the `budget` of a box that a curator fills each time.

    Each of those orders has its own price, promise and way back.
    """
    terms, every = asked.goods[0].terms, max(1, asked.term("every_days", EVERY_DAYS))
    agreed: dict[str, int | str | bool] = {"every_days": every, "of": str(terms.get("of", ""))}
    if budget := asked.term("budget", 0):
        curator = next(
            (cut for cut in terms.get("cuts", []) if cut["role"] == "curator"), {"party": "", "bps": 0}
        )
        days = max(1, min(asked.term("show_days", SHOW_DAYS), every - 1))
        agreed |= {
            "budget": budget,
            "show_days": days,
            "curator": curator["party"],
            "curator_bps": curator["bps"],
        }
    return rules.nothing_to_pay(asked, agreed)


SUBSCRIPTION = Format(
    name="subscription",
    version=1,
    sells=("goods", "service", "digital"),
    promise="nothing",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("rhythm",),
    # From the wallet alone: the orders it places are paid from there without anybody being asked.
    money=Money(done=rules.release, undone=rules.refund_all, ways=("wallet",)),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        # A year after it was asked for it is asked for again: nobody pays for what was forgotten.
        "rhythm": Within(timedelta(days=365), "done"),
    },
    facts={"stopped": ("buyer", "seller")},
    hints=Hints(
        title=Words(en="Again and again", zh="周期购"),
        line=Words(
            en="Ordered for you in a rhythm; stop whenever you like.",
            zh="按期自动下单，随时可停，满一年自动到期。",
        ),
        picture="milk",
        terms=(
            Term("every_days", Words("Every", "每隔"), Words("days", "天"), EVERY_DAYS, most=366),
            Term("budget", Words("A curated box for at most", "精选盒每期预算"), money=True),
            Term(
                "show_days",
                Words("Box shown ahead by", "精选盒提前展示"),
                Words("days", "天"),
                SHOW_DAYS,
                most=14,
            ),
        ),
    ),
    stories=(
        Story("stopped after a month", "clock:+30d, buyer:stopped", "done", 0, 0, 0),
        Story("stopped at once", "buyer:stopped", "done", 0, 0, 0),
        Story("forgotten: it ends after a year", "clock:+366d", "done", 0, 0, 0),
    ),
)
