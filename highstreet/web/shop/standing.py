"""Where an order stands, in the buyer's words: one sentence for each thing it may wait for, by the way it is sold."""

from __future__ import annotations

from highstreet.kit.text import Words
from highstreet.market.format import Format
from highstreet.market.work import Work

# What an order waits for. A second word after a space tells more closely: the kind of the first leg, a fact of the
# format's or what is announced when its orders gather; the first that fits is said.
WAITS: dict[str, Words] = {
    "payment": Words("Waiting for your payment", "待付款"),
    "accept": Words("The shop is looking at your order", "等待商家接单"),
    "accept ride": Words("Looking for a driver", "正在为您叫车"),
    "accept errand": Words("Looking for somebody to go for you", "正在为您找跑腿员"),
    "closing": Words("The group is gathering", "正在成团"),
    "closing once": Words("You are in the draw", "已参与抽签，等待开奖"),
    "closing arrived": Words("Kept for you until it arrives", "已预订，等待到货"),
    "closing units": Words("The run is filling up", "正在凑齐这一批"),
    "balance": Words("The rest is to be paid", "待付尾款"),
    "prepare": Words("The shop is packing it", "商家备货中"),
    "pickup": Words("Ready for you to fetch", "待取货"),
    "courier": Words("Waiting for a courier", "等待骑手取货"),
    "underway": Words("On its way to you", "正在送来的路上"),
    "confirm": Words("It has arrived", "已送达"),
    "return": Words("Waiting for it to come back", "等待退货到店"),
    "visit": Words("Your time is booked", "已预约成功"),
    "visit entered": Words("Your ticket is ready", "门票已出，凭码入场"),
    "lessons": Words("Your lessons are under way", "课程进行中"),
    "open": Words("The cabinet waits for you", "货柜待开门"),
    "take": Words("The cabinet is counting what you took", "货柜清点中"),
    "out": Words("Kept for you", "已为您留好"),
    "out checked_in": Words("Your room is booked", "已预订，待入住"),
    "back": Words("It is yours to use for now", "使用中"),
    "back checked_out": Words("Enjoy your stay", "入住中"),
    "inspect": Words("The shop is looking it over", "商家查验中"),
    "driver": Words("Your driver is on the way", "司机正赶来接您"),
    "ride": Words("You are on your way", "行程中"),
    "buy": Words("Being bought for you", "跑腿员采购中"),
    "bring": Words("On its way to you", "配送途中"),
    "rhythm": Words("Comes again and again", "按期送达中"),
    "hand_in": Words("Bring your old one to the shop", "请将旧物交到店里"),
    "agree": Words("The shop has an offer for you", "商家已出价，等您确认"),
    "wipe": Words("Your data is being wiped", "正在清除个人数据"),
    "give_back": Words("You get it back at the shop", "请到店取回旧物"),
}
_ENDED = {
    "done": Words("All done", "已完成"),
    "undone": Words("Cancelled", "已取消"),
}
_READY = Words("Yours to open", "可以打开使用了")
# How it ended when what it waited for together with others came to nothing, by what was announced.
_FELL = {
    "once": Words("Not drawn this time: your money is on its way back", "未中签，款项原路退回"),
    "arrived": Words("It never came: your money is on its way back", "未能到货，款项原路退回"),
    "least": Words("Too few joined: your money is on its way back", "未成团，款项原路退回"),
}
_OPENED = Words("Yours", "已开启，归您使用")
_ELSE = Words("In the works", "处理中")


def standing(form: Format, stage: str, waits: str, *, opened: bool = False) -> Words:
    """Where an order of this format stands, in one sentence. `opened`: what was bought to be opened has been."""
    if not waits:
        if opened and stage == "done":
            return _OPENED
        return _READY if stage == "done" and "accessed" in form.facts else _ENDED.get(stage, _ELSE)
    named = {f"{waits} {closer}" for closer in (*form.legs[:1], *form.hints.gathers, *form.facts)}
    for name, words in WAITS.items():
        if name in named:
            return words
    return WAITS.get(waits, _ELSE)


def fallen(form: Format, work: Work) -> Words | None:
    """What to say of an order that was decided against together with others; None for any other end."""
    decision = work.cohort.decision if work.cohort is not None else None
    if work.order.stage != "undone" or decision is None or not work.paid or work.has("cancelled"):
        return None
    goes = (
        decision.get("go") and "once" not in form.hints.gathers
    )  # the rest was not paid, or it was undone later
    if goes or work.has("committed"):
        return None
    return next((words for kind, words in _FELL.items() if kind in form.hints.gathers), None)


# --- the code one shows ---

SHOWN: dict[str, Words] = {
    "pickup": Words("Show this at the counter.", "请在柜台出示。"),
    "handover": Words("Show this at the counter.", "请在柜台出示。"),
    "courier": Words("Tell it to the courier when you have your goods in hand.", "收到商品后再告诉骑手。"),
    "visit": Words("Show it when you arrive.", "到店时请出示。"),
    "visit entered": Words(
        "Hold it to the gate. It lets you in once, all of you together.",
        "入园时对准闸机，凭此码同行人一次入场。",
    ),
    "cabinet": Words(
        "Hold it to the cabinet's camera, or open it from here.", "对准货柜摄像头，或直接在此开门。"
    ),
    "out": Words("Type it on the lock, or show it where you fetch it.", "在锁上输入，或在领取处出示。"),
    "out checked_in": Words("Type it on the door, or show it at the desk.", "在门锁上输入，或在前台出示。"),
    "ride": Words(
        "Tell it to your driver before you get in: it is how you know each other.",
        "上车前报给司机，以便核对。",
    ),
}


def shown(form: Format, kind: str) -> Words:
    """Who sees or scans the code of a leg of this kind."""
    for fact in form.facts:
        if f"{kind} {fact}" in SHOWN:
            return SHOWN[f"{kind} {fact}"]
    return SHOWN.get(kind, Words())


# --- what is paid for what ---

_DUES: dict[str, Words] = {
    "price": Words("Price", "价款"),
    "delivery": Words("Delivery", "配送费"),
    "deposit": Words("Deposit, comes back to you", "押金（可退）"),
    "cap": Words("Set aside to be spent for you", "代买预付（多退）"),
}


def due(purpose: str, *, later: bool, parts: bool) -> Words:
    """What a sum is for. `parts`: the price is paid in two."""
    if purpose == "price" and parts:
        return (
            Words("The rest, to be paid later", "尾款（稍后支付）") if later else Words("First part", "首款")
        )
    return _DUES.get(purpose, Words(purpose, purpose))
