"""An order's way in steps: what happened, what comes next, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from highstreet.kit.text import Words
from highstreet.market.work import Work
from highstreet.web.frame import Visitor, say
from highstreet.web.shop.follow import Followed


class Mile(msgspec.Struct, frozen=True):
    """A step of the way: the fact that says it happened, its words then, and its words before."""

    fact: str
    after: Words
    before: Words


# By the kind of leg. A step whose fact the format does not know is left out.
_WAYS: Mapping[str, tuple[Mile, ...]] = {
    "parcel": (
        Mile("shipped", Words("Sent", "已发货"), Words("The shop packs it", "商家备货")),
        Mile("delivered", Words("Delivered", "已送达"), Words("On its way to you", "配送途中")),
    ),
    "courier": (
        Mile("ready", Words("Packed", "已备好"), Words("The shop packs it", "商家备货")),
        Mile("picked_up", Words("With the courier", "骑手已取货"), Words("A courier fetches it", "骑手取货")),
        Mile("delivered", Words("Delivered", "已送达"), Words("At your door", "送到您家门口")),
    ),
    "pickup": (
        Mile("ready", Words("Ready at the shop", "已备好，可到店取"), Words("The shop puts it aside", "商家为您备好")),
        Mile("handed_over", Words("Fetched", "已取走"), Words("You fetch it", "您到店取货")),
    ),
    "handover": (
        Mile("handed_over", Words("Handed over", "已交付"), Words("You get it at the counter", "柜台取货")),
    ),
    "visit": (
        Mile("visited", Words("Done, you were there", "已到店服务"), Words("Your time", "预约时间")),
        Mile("entered", Words("You went in", "已入场"), Words("You go in with your code", "凭码入场")),
    ),
    "lessons": (Mile("lessons", Words("All lessons given", "课程已上完"), Words("Your lessons", "上课")),),
    "access": (Mile("accessed", Words("Opened", "已打开"), Words("You open it", "打开使用")),),
    "cabinet": (
        Mile("opened", Words("Opened", "已打开"), Words("You open the cabinet", "您打开货柜")),
        Mile("taken", Words("Taken", "已取货"), Words("The cabinet says what you took", "货柜清点")),
    ),
    "out": (
        Mile("unlocked", Words("Taken over", "已取用"), Words("You take it over", "取用")),
        Mile("checked_in", Words("Moved in", "已入住"), Words("You move in", "办理入住")),
    ),
    "back": (
        Mile("brought_back", Words("Brought back", "已归还"), Words("You bring it back", "归还")),
        Mile("checked_out", Words("Moved out", "已退房"), Words("You move out", "退房")),
        Mile("inspected", Words("Looked over", "已查验"), Words("It is looked over, your deposit comes back", "查验后退押金")),
    ),
    "ride": (
        Mile("started", Words("You got in", "已上车"), Words("The driver comes", "司机来接")),
        Mile("arrived", Words("There", "已到达"), Words("You are driven there", "送您到目的地")),
    ),
    "errand": (
        Mile("bought", Words("Bought", "已买好"), Words("It is bought or fetched", "采购或取件")),
        Mile("brought", Words("Brought to you", "已送到"), Words("It is brought to you", "送到您手上")),
    ),
    "rhythm": (Mile("stopped", Words("Stopped", "已停止"), Words("Until you stop it", "直到您停止")),),
}  # fmt: skip
# What has to happen before the promise binds, by what the gate waits for.
_GATES: Mapping[str, tuple[Mile, ...]] = {
    "accept": (Mile("accepted", Words("Accepted by the shop", "商家已接单"), Words("The shop says yes", "商家接单")),),
    "accept ride": (Mile("accepted", Words("A driver said yes", "司机已接单"), Words("A driver says yes", "司机接单")),),
    "accept errand": (Mile("accepted", Words("Somebody goes for you", "跑腿员已接单"), Words("Somebody says yes", "跑腿员接单")),),
    "closing": (Mile("decided", Words("The group went ahead", "已成团"), Words("The group is decided", "截止成团")),),
    "closing once": (Mile("decided", Words("Drawn", "已中签"), Words("Lots are drawn", "公开抽签")),),
    "closing arrived": (Mile("decided", Words("The goods are there", "已到货"), Words("The goods arrive at the shop", "等待到货")),),
    "closing units": (Mile("decided", Words("The run goes ahead", "已开始制作"), Words("The run is decided", "凑齐后开始制作")),),
    "balance": (Mile("balance_paid", Words("The rest is paid", "尾款已付"), Words("You pay the rest", "支付尾款")),),
    "hand_in": (Mile("handed_in", Words("Handed in", "已交付旧物"), Words("You bring it to the shop", "将旧物交到店里")),),
    "agree": (Mile("agreed", Words("You said yes", "您已同意"), Words("You say yes or no", "您确认价格")),),
    "wipe": (Mile("wiped", Words("All your data is wiped", "个人数据已清除"), Words("Your data is wiped", "清除个人数据")),),
    "inspect": (Mile("inspected", Words("Looked over", "已查验"), Words("The shop looks it over", "商家查验")),),
}  # fmt: skip
_REST = _GATES["balance"]
# These do not follow from what came after them.
_OWN = frozenset({"paid", "balance_paid"})


def timeline(visitor: Visitor, found: Followed) -> list[dict[str, Any]]:
    """What happened and what comes, as `parts.timeline` draws it. `at` is a time, or None."""
    work = found.work
    plan = _plan(found)
    told = _told(work)
    known = [mile.fact in told for mile in plan]
    last = max((n for n, yes in enumerate(known) if yes), default=0)
    steps: list[dict[str, Any]] = []
    for n, mile in enumerate(plan):
        over = known[n] or ((n < last or "received" in told) and mile.fact not in _OWN)
        if not over and work.order.stage == "done" and mile.fact != "accessed":
            continue
        text = (mile.after if over else mile.before).say(visitor.lang)
        steps.append({"text": text, "at": told.get(mile.fact), "state": "done" if over else "next"})
    return _ended(visitor, work, steps)


def _told(work: Work) -> dict[str, Any]:
    """When each fact was first told; that the cohort was decided for this order too."""
    told = {one.kind: one.at for one in work.told}
    if work.cohort is not None and work.cohort.decided_at is not None and work.order.stage != "undone":
        told["decided"] = work.cohort.decided_at
    if "attended" in told and all(line.fulfilled == line.quantity for line in work.lines):
        told["lessons"] = told["attended"]
    return told


def _plan(found: Followed) -> list[Mile]:
    work, form, agreed = found.work, found.form, found.work.order.agreed
    plan = [Mile("placed", *[Words("Order placed", "已下单")] * 2)]
    if work.method not in form.money.at_handover and agreed.asked(later=False):
        plan.append(Mile("paid", Words("Paid", "已付款"), Words("Payment", "付款")))
    later = bool(agreed.asked(later=True))
    asked = {"agree": work.order.waits == "agree" or work.has("agreed"), "wipe": agreed.number("device")}
    for wait in (one for one in form.gate.waits if asked.get(one, True)):
        closer = {f"{wait} {one}" for one in (*form.legs[:1], *form.hints.gathers)}
        named = next((one for one in _GATES if one in closer), wait if wait in _GATES else "")
        if named and (later or _GATES[named] != _REST):
            plan += _GATES[named]
    for kind in form.legs:
        plan += [mile for mile in _WAYS.get(kind, ()) if mile.fact in form.facts or mile.fact == kind]
    if later and "balance" not in form.gate.waits:
        plan += _REST
    return plan


def _ended(visitor: Visitor, work: Work, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where it stands among the steps, and how it ended."""
    told = {one.kind: one.at for one in work.told}
    if work.order.stage == "undone":
        steps = [step for step in steps if step["state"] == "done"]
        steps.append({"text": say(visitor, "Cancelled"), "at": work.order.ended_at, "state": "failed"})
        return steps
    for fact, text in (("return_wanted", "You want to send it back"), ("returned", "Back at the shop")):
        if fact in told:
            steps.append({"text": say(visitor, text), "at": told[fact], "state": "done"})
    coming = next((step for step in steps if step["state"] == "next"), None)
    if coming is not None:
        coming["state"] = "now"
    return steps
