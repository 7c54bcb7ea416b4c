"""What buyers of every way of selling are told: decided, drawn, the rest to pay and too late, an offer to agree to, a period left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from highstreet.kit.db import rows
from highstreet.kit.readers import Fact
from highstreet.market import gather, news
from highstreet.market.format import Format
from highstreet.market.rhythms import go_on
from highstreet.wiring import formats
from tests.laws.histories import usual_way
from tests.market.lane import Lane
from tests.market.test_formats import Buyer, offered

ALL = {one.name: one for one in formats().values()}


async def told(lane: Lane, order_id: str, kind: str) -> list[tuple[str, str]]:
    """What is told of the latest fact of a kind: kinds of notices, with the English sentence."""
    async with lane.market.db.transaction() as tx:
        found = await rows(
            tx,
            Fact,
            """SELECT xid, id, at, kind, subject, by, body FROM kit.fact WHERE subject = $1 AND kind = $2 ORDER BY id DESC LIMIT 1""",
            order_id,
            kind,
        )
        assert found, f"{kind} was never told"
        await tx.execute("DELETE FROM parties.notice")
        await news.tell_parties(tx, found, lane.clock(), lane.market.tz)
        notices = await tx.fetch(
            "SELECT kind, body FROM parties.notice WHERE party_id = $1", lane.made.people["buyer"]
        )
    for one in notices:
        assert news.sentence(one["kind"], one["body"], "zh") != news.sentence(one["kind"], one["body"], "en")
        assert "13800000001" not in str(one["body"]) and "Lin Xiaohe" not in str(one["body"])
    return [(one["kind"], news.sentence(one["kind"], one["body"], "en")) for one in notices]


async def ordered(lane: Lane, name: str, method: str = "") -> tuple[Buyer, str]:
    """Paid, in a cohort where the format needs one; with the cohort's id."""
    one: Format = ALL[name]
    offer, chosen = await offered(lane, one)
    cohort = ""
    if one.decided == "cohort":
        closes = lane.clock() + timedelta(days=2)
        cohort = (await gather.open_cohort(lane.market, offer, closes, {}, "owner", lane.clock())).id
    me = Buyer(lane, one, offer, chosen, 1)
    await me.places(method or usual_way(one), counter=False)
    if me.collection is not None:
        await me.pays()
    return me, cohort


async def close(lane: Lane, cohort: str, **said: Any) -> None:
    await gather.close_cohort(lane.market, cohort, "owner", lane.clock(), said)


async def test_a_group_is_told_that_it_went_ahead_and_at_which_price(lane: Lane) -> None:
    me, cohort = await ordered(lane, "group_buy")
    for number in range(4):
        other = Buyer(lane, me.one, me.offer, me.chosen, 100 + number)
        other.buyer = f"pty_other{number}"
        await other.places("sandbox", counter=False)
        await other.pays()
    await close(lane, cohort)
    ((kind, said),) = [one for one in await told(lane, me.order, "order.committed") if "went" in one[0]]
    assert kind == "order.went_ahead" and "¥80.00" in said


async def test_a_group_that_was_too_small_hears_that_everything_comes_back(lane: Lane) -> None:
    me, cohort = await ordered(lane, "group_buy")
    await close(lane, cohort)
    assert [kind for kind, _ in await told(lane, me.order, "order.undone")] == ["order.not_gone_ahead"]


async def test_who_was_drawn_hears_it_and_who_was_not_too(lane: Lane) -> None:
    me, cohort = await ordered(lane, "debut")
    await close(lane, cohort)
    assert [kind for kind, _ in await told(lane, me.order, "order.committed")] == ["order.drawn"]
    one, offer = me.one, me.offer
    closes = lane.clock() + timedelta(days=2)
    none = (await gather.open_cohort(lane.market, offer, closes, {"units": 0}, "owner", lane.clock())).id
    late = Buyer(lane, one, offer, me.chosen | {"cohort": none}, 2)
    await late.places("sandbox", counter=False)
    await late.pays()
    await close(lane, none)
    assert [kind for kind, _ in await told(lane, late.order, "order.undone")] == ["order.not_drawn"]


async def test_the_rest_is_asked_for_with_until_when_and_missed_for_a_price(lane: Lane) -> None:
    me, cohort = await ordered(lane, "preorder")
    await close(lane, cohort, arrived=1)
    ((kind, said),) = await told(lane, me.order, "order.balance_wanted")
    due = (await lane.order(me.order)).deadlines["balance"].astimezone(lane.market.tz)
    assert kind == "order.balance_wanted" and f"until {due:%Y-%m-%d %H:%M}" in said and "¥80.00" in said
    await lane.later(me.order, days=4)
    assert [one for one, _ in await told(lane, me.order, "order.undone")] == ["order.balance_late"]


async def test_a_visit_is_booked_and_its_rest_asked_for_once(lane: Lane) -> None:
    me, _ = await ordered(lane, "appointment")
    assert [kind for kind, _ in await told(lane, me.order, "order.committed")] == ["order.committed visit"]
    lane.clock.forward(timedelta(hours=49))
    await lane.tell(me.order, "visited")
    await lane.later(me.order, hours=1)
    work = await lane.order(me.order)
    assert [one.kind for one in work.told].count("balance_wanted") == 1
    await lane.later(me.order, days=30)
    assert [kind for kind, _ in await told(lane, me.order, "order.late")] == ["order.rest_unpaid"]


async def test_what_is_offered_and_what_was_found_broken_is_said_in_money(lane: Lane) -> None:
    old, _ = await ordered(lane, "trade_in")
    await lane.tell(old.order, "handed_in")
    await lane.tell(old.order, "inspected", amount=3000)
    ((kind, said),) = await told(lane, old.order, "order.inspected")
    assert kind == "order.offer_made" and "¥30.00" in said
    bike, _ = await ordered(lane, "rental")
    await lane.later(bike.order, days=2)
    await lane.tell(bike.order, "unlocked")
    await lane.tell(bike.order, "brought_back")
    await lane.tell(bike.order, "inspected", damage=3000)
    ((kind, said),) = await told(lane, bike.order, "order.inspected")
    assert kind == "order.damage_found" and "¥30.00" in said


async def test_what_was_kept_when_it_was_called_off_late_is_said(lane: Lane) -> None:
    room, _ = await ordered(lane, "stay")
    await lane.later(room.order, hours=36)
    await lane.tell(room.order, "cancelled", "buyer")
    assert [one for one, _ in await told(lane, room.order, "order.undone")] == ["order.undone_kept"]


async def test_a_period_that_was_left_out_is_told_each_time(lane: Lane) -> None:
    me, _ = await ordered(lane, "subscription")
    await go_on(lane.market, lane.clock())  # the wallet is empty
    assert [kind for kind, _ in await told(lane, me.order, "rhythm.left_out")] == ["rhythm.left_out"]
    async with lane.market.db.read() as tx:
        subject = await tx.fetchval("SELECT subject FROM parties.notice WHERE kind = 'rhythm.left_out'")
    assert subject == f"{me.order} 0"
