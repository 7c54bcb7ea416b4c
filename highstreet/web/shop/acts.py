"""The acts of one tap: what a buyer may tell about an order, by the fact and by what the order waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from highstreet.kit.text import Words
from highstreet.market.unwind import open_return, opened
from highstreet.web import render
from highstreet.web.frame import Visitor
from highstreet.web.shop.follow import Followed

_EARLY = timedelta(minutes=15)


class Act(msgspec.Struct, frozen=True):
    """A fact its buyer may tell with one tap while the order waits for one of `waits`: the button, what it means, and the answer.

    `%(money)s` stands for what the shop found it to be worth. `timed`: only when the agreed time has come.
    """

    waits: tuple[str, ...]
    text: Words
    note: Words
    done: Words
    icon: str = "check"
    kind: str = "main"
    timed: bool = False


# fmt: off
ACTS: Mapping[str, Act] = {
    "opened": Act(
        ("open",), Words("Open the cabinet", "开门"),
        Words("It opens at once: stand in front of it. What you leave is paid back.", "请站在货柜前再点，没拿的会退款。"),
        Words("It is open. Take what you like and close the door.", "柜门已开，取好后请关门。"), icon="key",
    ),
    "unlocked": Act(
        ("out",), Words("Unlock it", "开锁"),
        Words("Stand next to it: from now on it is yours to bring back.", "请站在旁边再点：开锁后开始使用。"),
        Words("Unlocked. Have a good way.", "已开锁，祝您使用愉快。"), icon="key", timed=True,
    ),
    "checked_in": Act(
        ("out",), Words("I have moved in", "我已入住"),
        Words("Tell it when you have the key.", "拿到钥匙后再点。"),
        Words("Enjoy your stay.", "祝您入住愉快。"), icon="key", timed=True,
    ),
    "brought_back": Act(
        ("back",), Words("I have brought it back", "我已归还"),
        Words("Tell it once it stands locked where it belongs.", "停放到指定地点并上锁后再点。"),
        Words("Thank you. Once it was looked at, your deposit comes back.", "谢谢，查验后退还押金。"), icon="loop",
    ),
    "checked_out": Act(
        ("back",), Words("I have left", "我已退房"),
        Words("Tell it when you have given back the key.", "交还钥匙后再点。"),
        Words("Thank you for staying. Once the room was looked at, your deposit comes back.", "感谢入住，查房后退还押金。"), icon="out",
    ),
    "handed_in": Act(
        ("hand_in",), Words("I have handed it in", "我已交付"),
        Words(),
        Words("Thank you. The shop looks it over now.", "谢谢，商家将开始查验。"),
    ),
    "agreed": Act(
        ("agree",), Words("Yes, take it for %(money)s", "同意，%(money)s 成交"),
        Words("The money goes into your wallet.", "款项将存入您的钱包。"),
        Words("Agreed. The money is on its way to your wallet.", "已同意，款项即将存入钱包。"),
    ),
    "declined": Act(
        ("hand_in", "inspect", "agree"), Words("No, I keep it", "不换了，我要留着"),
        Words(),
        Words("All right, you keep it.", "好的，旧物归您保留。"), icon="cross", kind="plain",
    ),
    "stopped": Act(
        ("rhythm",), Words("Stop", "停止周期购"),
        Words("Nothing more is ordered from then on; what is on its way still comes.", "停止后不再自动下单，已下的订单照常送达。"),
        Words("Stopped. Nothing more is ordered.", "已停止，不再自动下单。"), icon="stop", kind="plain",
    ),
    "received": Act(
        ("underway", "confirm"), Words("I have it, all is well", "已收到，没有问题"),
        Words(),
        Words("Thank you for telling.", "感谢您的确认。"),
    ),
}
OPEN_IT = Act(
    (), Words("Open it", "打开使用"),
    Words("Once opened, it can no longer be given back without a reason.", "打开后不再适用七天无理由退货。"),
    Words("Here it is.", "请看下方内容。"), icon="book",
)
# fmt: on


class Offered(msgspec.Struct, frozen=True):
    """An act as a page draws it."""

    fact: str
    text: str
    note: str
    icon: str
    kind: str


def may_tell(found: Followed, now: datetime) -> dict[str, Act]:
    """What the buyer may tell now with one tap, by fact."""
    order, leg = found.work.order, found.outward
    start = leg.window_from if leg is not None else None
    early = start is not None and now < start - _EARLY
    told = {fact for fact, who in found.form.facts.items() if "buyer" in who}
    found_now = {
        fact: act
        for fact, act in ACTS.items()
        if fact in told and order.waits in act.waits and not (act.timed and early)
    }
    if "accessed" in told and order.stage == "done" and closed_lines(found):
        found_now["accessed"] = OPEN_IT
    return found_now


def acts(found: Followed, visitor: Visitor) -> list[Offered]:
    """The acts as the page draws them."""
    worth = render.money(worth_of(found), found.work.order.currency, visitor.lang)
    return [
        Offered(
            fact, act.text.say(visitor.lang).replace("%(money)s", worth), act.note.say(visitor.lang), act.icon, act.kind
        )
        for fact, act in may_tell(found, visitor.now).items()
    ]  # fmt: skip


def worth_of(found: Followed) -> int:
    """What was said to be given for what is handed in: by the shop, else by the buyer's answers."""
    seen, estimate = found.work.has("inspected"), found.work.order.agreed.number("estimate")
    return seen.body.get("amount", estimate) if seen is not None else estimate


def closed_lines(found: Followed) -> dict[str, int]:
    """What was bought to be opened and is still closed, by line; not what is going back."""
    going = open_return(found.work)
    away = set((going.proof or {}).get("lines", {})) if going is not None else set[str]()
    seen = opened(found.work)
    return {
        str(line.position): line.kept
        for line in found.work.lines
        if line.kept and line.position not in seen and str(line.position) not in away
    }
