"""Digital: content to read, hear or play, software seats, numbered collectibles: yours at once, and returnable until you open it."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

TERMS = (
    Term("edition", Words("Numbered edition of", "限量编号总数"), Words("pieces", "份"), most=100_000),
    Term("team_seats", Words("Seats for a team: 1 for yes", "团队席位：1 为是"), most=1),
    Term(
        "downloads",
        Words("May be downloaded so many times", "可下载次数"),
        Words("times", "次"),
        usual=5,
        most=100,
    ),
    *rules.passing(times=3, until_h=0),
)


def quote(asked: Asked) -> Agreed:
    """The law leaves out what was opened or downloaded (art. 25); what nobody opened goes back like anything else bought from afar."""
    terms = rules.stated(asked, TERMS)
    return rules.agree(
        asked, fee_bps=DIGITAL.money.fee_bps, window=None, return_days=rules.RETURN_DAYS, terms=terms
    )


DIGITAL = Format(
    name="digital",
    version=1,
    sells=("digital",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("access",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={"payment": Within(timedelta(minutes=15), "undone"), "return": rules.SENT_BACK},
    facts={"accessed": ("buyer", "device"), "cancelled": ("buyer", "seller"), **rules.RETURN_FACTS},
    hints=Hints(
        title=Words(en="Digital content", zh="数字内容"),
        line=Words(
            en="Yours as soon as it is paid; until you open it, you can give it back.",
            zh="付款即得，在线使用；未打开前七日内可退。",
        ),
        picture="book",
        terms=TERMS,
    ),
    stories=(
        Story("bought and opened", "provider:paid, buyer:accessed", "done", 9500, 500, -10000),
        Story("thought better of it before paying", "buyer:cancelled", "undone", 0, 0, 0),
        Story(
            "never opened, given back", "provider:paid, buyer:return_wanted, seller:returned", "done", 0, 0, 0
        ),
    ),
)
