"""Course: lessons paid ahead, earned one by one as they are given, at a desk or on a screen; what is not taught goes back at any time."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.errors import Malformed
from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

# Notice on prepaid fees of after-school training (Ministry of Education and five others, 2021): nobody is charged for more than
# sixty lessons, or more than three months, ahead.
MOST_LESSONS = 60
MOST_WEEKS = 13


def quote(asked: Asked) -> Agreed:
    """All lessons within so many weeks. Errors: Malformed for more lessons than may be charged ahead."""
    if sum(line.quantity for line in asked.lines) > MOST_LESSONS:
        raise Malformed(
            "quantity", f"at most {MOST_LESSONS} lessons ahead", f"一次预收不得超过 {MOST_LESSONS} 课时"
        )
    weeks = min(asked.term("weeks", MOST_WEEKS), MOST_WEEKS)
    return rules.agree(
        asked, fee_bps=COURSE.money.fee_bps, window=(asked.now, asked.now + timedelta(weeks=weeks))
    )


COURSE = Format(
    name="course",
    version=1,
    sells=("service", "digital"),
    promise="nothing",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("lessons",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        # A teacher who vanishes: two weeks after the course should be over, what was never taught goes back by itself.
        "lessons": Within(timedelta(days=14), "rest"),
    },
    facts={"attended": ("seller", "device"), "cancelled": ("buyer", "seller")},
    licence="school",
    hints=Hints(
        title=Words(en="Take a course", zh="报班学习"),
        line=Words(
            en="Pay for lessons ahead; those not taught are refunded whenever you stop.",
            zh="按课时预付，随时退班，未上课时全额退还。",
        ),
        picture="notebook",
        terms=(
            Term(
                "weeks",
                Words("All lessons are given within", "全部课时上完期限"),
                Words("weeks", "周"),
                MOST_WEEKS,
                most=MOST_WEEKS,
            ),
        ),
    ),
    stories=(
        Story(
            "four lessons given",
            "provider:paid, seller:attended, seller:attended, device:attended, seller:attended",
            "done",
            9500,
            500,
            -10000,
        ),
        Story(
            "stopped after the first of four",
            "provider:paid, seller:attended, clock:+7d, buyer:cancelled",
            "done",
            2375,
            125,
            -2500,
        ),
        Story(
            "the teacher vanished after two of four",
            "provider:paid, seller:attended, seller:attended, clock:+110d",
            "done",
            4750,
            250,
            -5000,
        ),
    ),
)
