"""News: who is told what about an order, in the app and by mail, when a fact says so. One sentence per kind, in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec

from highstreet import parties
from highstreet.kit import jobs
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import spoken
from highstreet.kit.mail import Letter
from highstreet.kit.money import plain
from highstreet.kit.readers import Fact
from highstreet.kit.sealing import Seal
from highstreet.kit.text import Words
from highstreet.market import attempts
from highstreet.market.holders import tell_holders
from highstreet.market.place import Contact
from highstreet.market.views.news import AboutOrder, about_orders, contact_of, purchases_of
from highstreet.market.views.rooms import rooms_of

LETTER = "letter"
_FRESH = timedelta(days=1)
_MOST_IN_ONE_NOTE = 250

# What the buyer is told of a fact, with the order's number and the seller's name.
TO_BUYER: dict[str, Words] = {
    "order.committed": Words(
        "{seller} has your order {number} and is getting it ready.", "{seller}已接单，正在准备订单 {number}。"
    ),
    "order.ready": Words("Your order {number} from {seller} is ready.", "{seller}的订单 {number} 已备好。"),
    "order.shipped": Words("{seller} has sent your order {number}.", "{seller}已发出订单 {number}。"),
    "order.picked_up": Words(
        "The courier has picked up your order {number} at {seller}.", "骑手已从{seller}取走订单 {number}。"
    ),
    "order.delivered": Words(
        "Your order {number} from {seller} has arrived.", "{seller}的订单 {number} 已送达。"
    ),
    "order.attempted": Words(
        "Your order {number} could not be handed over; it will be tried again.",
        "订单 {number} 未能送达，将再次配送。",
    ),
    "order.going_back": Words(
        "Your order {number} could not be handed over three times. It goes back to {seller}; then you get your money back.",
        "订单 {number} 三次未能送达，正在退回{seller}，退回后将全额退款。",
    ),
    "order.declined": Words(
        "The payment for order {number} was declined. You can try again.",
        "订单 {number} 付款未成功，您可以重试。",
    ),
    "order.undone": Words(
        "Order {number} from {seller} was cancelled. What you paid comes back to you.",
        "{seller}的订单 {number} 已取消，已付款项将退还给您。",
    ),
    "order.returned": Words(
        "{seller} has what you sent back from order {number}. Your money is on its way.",
        "{seller}已收到订单 {number} 的退货，退款正在处理。",
    ),
    "order.return_refused": Words(
        "{seller} does not take back what you returned from order {number}.",
        "{seller}未接受订单 {number} 的退货。",
    ),
}
# What is told instead where the way of selling says it better: of a fact by the kind of the order's first leg, or what became of it.
TO_BUYER.update(
    {
        "order.committed visit": Words(
            "Your time with {seller} is booked: order {number}.", "{seller}已确认您的预约：订单 {number}。"
        ),
        "order.committed lessons": Words(
            "{seller} has a place for you: order {number}.", "{seller}已为您报名：订单 {number}。"
        ),
        "order.committed access": Words(
            "What you bought from {seller} is yours to open: order {number}.",
            "您在{seller}购买的内容可以打开了：订单 {number}。",
        ),
        "order.committed cabinet": Words(
            "The cabinet of {seller} waits for you: order {number}.",
            "{seller}的货柜等您开门：订单 {number}。",
        ),
        "order.committed out": Words(
            "{seller} keeps it for you: order {number}.", "{seller}已为您留好：订单 {number}。"
        ),
        "order.committed ride": Words(
            "A driver is on the way to you: order {number}.", "司机已接单，正在赶来：订单 {number}。"
        ),
        "order.committed errand": Words(
            "Somebody goes for you now: order {number}.", "跑腿员已接单：订单 {number}。"
        ),
        "order.committed rhythm": Words(
            "{seller} has you down: order {number} comes again and again until you stop it.",
            "已开通{seller}的周期购：订单 {number}，随时可停。",
        ),
        "order.went_ahead": Words(
            "It goes ahead! Order {number} from {seller} costs you {price}.",
            "成团了！{seller}的订单 {number}，成交价 {price}。",
        ),
        "order.not_gone_ahead": Words(
            "Order {number} from {seller} did not go ahead. Everything you paid comes back to you.",
            "{seller}的订单 {number} 未能成团，已付款项将全额退还。",
        ),
        "order.drawn": Words(
            "You were drawn! {seller} is getting order {number} ready.",
            "恭喜中签！{seller}正在准备订单 {number}。",
        ),
        "order.not_drawn": Words(
            "You were not drawn this time: order {number}, {seller}. Everything you paid comes back; anybody can check the draw.",
            "很遗憾未中签：{seller}的订单 {number}。已付款项将全额退还，抽签结果人人可验证。",
        ),
        "order.balance_wanted": Words(
            "The rest of order {number} from {seller} is to be paid: {owed}, until {until}.",
            "请支付{seller}订单 {number} 的尾款 {owed}，{until} 截止。",
        ),
        "order.balance_late": Words(
            "The rest of order {number} from {seller} was not paid in time. It was cancelled as agreed; what you do not owe comes back.",
            "{seller}的订单 {number} 尾款逾期未付，已按约定取消，应退款项将退还给您。",
        ),
        "order.rest_unpaid": Words(
            "The rest of order {number} was not paid in time; {seller} may ask you for it.",
            "订单 {number} 的尾款逾期未付，{seller}可能会与您联系。",
        ),
        "order.undone_kept": Words(
            "Order {number} from {seller} was cancelled. A part stays with the shop, as agreed; the rest comes back to you.",
            "{seller}的订单 {number} 已取消，商家按约定扣除部分款项，其余退还给您。",
        ),
        "order.offer_made": Words(
            "{seller} looked at what you handed in and offers {amount}: order {number}. Please say yes or no by {until}.",
            "{seller}查验后出价 {amount}：订单 {number}，请在 {until} 前确认是否同意。",
        ),
        "order.damage_found": Words(
            "{seller} found something broken and keeps up to {damage} of your deposit: order {number}.",
            "{seller}查验发现损坏，将从押金中扣除至多 {damage}：订单 {number}。",
        ),
        "rhythm.left_out": Words(
            "This time nothing was ordered for you by order {number} from {seller}. See why; the next one is tried again.",
            "{seller}的周期购 {number} 本期未能下单，请查看原因，下期会再试。",
        ),
    }
)
# What the seller's owners and managers are told; a clerk sees it on the desk.
TO_SELLER: dict[str, Words] = {
    "order.to_accept": Words("A new order waits to be accepted: {number}.", "有新订单待接单：{number}。"),
    "order.to_prepare": Words("A new order waits to be prepared: {number}.", "有新订单待备货：{number}。"),
    "order.cancelled_by_buyer": Words("The buyer cancelled order {number}.", "买家取消了订单 {number}。"),
    "order.coming_back": Words(
        "Order {number} could not be delivered three times. It is coming back; say so when you have it.",
        "订单 {number} 三次未能送达，正在退回，收到后请确认。",
    ),
    "order.return_wanted": Words(
        "A buyer wants to return something of order {number}.", "买家申请退货：订单 {number}。"
    ),
}
BY_MAIL = (
    "order.committed",
    "order.ready",
    "order.shipped",
    "order.delivered",
    "order.going_back",
    "order.undone",
    "order.returned",
    "order.went_ahead",
    "order.not_gone_ahead",
    "order.drawn",
    "order.not_drawn",
    "order.balance_wanted",
    "order.balance_late",
    "order.undone_kept",
    "order.offer_made",
    "order.damage_found",
    "rhythm.left_out",
)
_HEARD = {
    *(kind for kind in TO_BUYER if " " not in kind),
    "order.paid", "order.placed", "order.cancelled", "order.return_wanted", "order.late", "order.inspected",
}  # fmt: skip


_NAMED = ("number", "seller", "price", "owed", "until", "amount", "damage")


def sentence(kind: str, body: dict[str, Any], lang: str) -> str:
    """A notice's words; empty for a kind that is not about an order."""
    words = TO_BUYER.get(kind) or TO_SELLER.get(kind)
    return words.say(lang).format_map({**dict.fromkeys(_NAMED, ""), **body}) if words else ""


async def stir(tx: Tx, facts: list[Fact]) -> None:
    """Wake whoever looks at an order, its purchase or the live room it was bought in: their ids, on the channel `told`."""
    subjects = {fact.subject for fact in facts if fact.kind.startswith("order.")}
    if not subjects:
        return
    asked = sorted(subjects)
    names = sorted({*asked, *await purchases_of(tx, asked), *await rooms_of(tx, asked)})
    for start in range(0, len(names), _MOST_IN_ONE_NOTE):
        await tx.execute("SELECT pg_notify('told', $1)", ",".join(names[start : start + _MOST_IN_ONE_NOTE]))


async def tell_parties(tx: Tx, facts: list[Fact], now: datetime, tz: tzinfo) -> None:
    """Notices in the app; and letters as jobs of this transaction, for what is not older than a day. `tz`: the town's, for until when."""
    await tell_holders(tx, facts)
    heard = [fact for fact in facts if fact.kind in _HEARD]
    known = await about_orders(tx, sorted({fact.subject for fact in heard}))
    for fact in heard:
        one = known.get(fact.subject)
        if one is None or not one.away:
            continue
        kind = _for_seller(fact, one)
        if kind:
            await parties.notices.tell_staff(tx, one.seller_id, kind, _body(one), fact.at, subject=one.id)
        kind = for_buyer(fact, one)
        if kind not in TO_BUYER:
            continue
        said = _said(fact, one, tz)
        # A period that was left out is told each time, everything else once.
        subject = f"{one.id} {fact.body.get('n')}" if fact.kind.startswith("rhythm.") else one.id
        if one.buyer_id is not None:
            await parties.notices.tell(tx, one.buyer_id, kind, subject, _body(one) | said, fact.at)
        mailed = kind.partition(" ")[0] in BY_MAIL
        if mailed and (one.buyer_id or one.reachable) and fact.at > now - _FRESH:
            wanted = {"kind": kind, "order": one.id, "fact": fact.id, "said": said}
            await jobs.enqueue(tx, LETTER, wanted, once=f"{LETTER} {fact.id}")


def for_buyer(fact: Fact, one: AboutOrder) -> str:
    """As what the buyer is told a fact; it may be a kind that nothing is told of."""
    told = _TOLD.get(fact.kind)
    return told(fact, one) if told is not None else fact.kind


def _committed(fact: Fact, one: AboutOrder) -> str:
    if one.gone_ahead is not None:
        return "order.drawn" if one.by_lot else "order.went_ahead"
    return f"{fact.kind} {one.way}" if f"{fact.kind} {one.way}" in TO_BUYER else fact.kind


def _undone(fact: Fact, one: AboutOrder) -> str:
    reason = fact.body.get("reason")
    if reason == "late_balance":
        return "order.balance_late"
    if one.gone_ahead is not None and reason == "refused":
        return "order.not_drawn" if one.by_lot else "order.not_gone_ahead"
    return "order.undone_kept" if one.kept else fact.kind


def _late(fact: Fact, _one: AboutOrder) -> str:
    unpaid = fact.body.get("waits") == "balance" and fact.body.get("falls") == "done"
    return "order.rest_unpaid" if unpaid else ""


def _inspected(fact: Fact, one: AboutOrder) -> str:
    if one.waits == "agree":
        return "order.offer_made"
    return "order.damage_found" if fact.body.get("damage") else ""


def _attempted(fact: Fact, _one: AboutOrder) -> str:
    return "order.going_back" if _going_back(fact) else fact.kind


_TOLD = {
    "order.committed": _committed,
    "order.undone": _undone,
    "order.late": _late,
    "order.inspected": _inspected,
    "order.attempted": _attempted,
}


def _said(fact: Fact, one: AboutOrder, tz: tzinfo) -> dict[str, str]:
    """The sums and times a sentence may name, as text."""
    sums = {
        "price": one.price,
        "owed": one.owed,
        "amount": fact.body.get("amount"),
        "damage": fact.body.get("damage"),
    }
    said = {name: _money(sum_, one.currency) for name, sum_ in sums.items() if isinstance(sum_, int) and sum_}
    return said | ({"until": f"{one.until.astimezone(tz):%Y-%m-%d %H:%M}"} if one.until is not None else {})


def _money(amount: int, currency: str) -> str:
    return (
        f"\u00a5{plain(amount, currency)}" if currency == "CNY" else f"{plain(amount, currency)} {currency}"
    )


def _going_back(fact: Fact) -> bool:
    return fact.kind == "order.attempted" and fact.body.get("times") == attempts.MOST


def _for_seller(fact: Fact, one: AboutOrder) -> str:
    if _going_back(fact):
        return "order.coming_back"
    if fact.kind in ("order.paid", "order.placed") and one.waits == "accept":
        return "order.to_accept"
    if fact.kind == "order.committed":
        return "order.to_prepare"
    if fact.kind == "order.cancelled" and fact.by in ("guest", one.buyer_id):
        return "order.cancelled_by_buyer"
    return fact.kind if fact.kind == "order.return_wanted" else ""


def _body(one: AboutOrder) -> dict[str, str | int | bool | None]:
    return {"number": spoken(one.number), "seller": one.seller, "order": one.id}


async def letter(tx: Tx, seal: Seal, wanted: dict[str, Any], link: str) -> Letter | None:
    """The letter a job wants; None when the buyer left no address, or is gone. `link`: where the order is seen."""
    order_id, kind = str(wanted["order"]), str(wanted["kind"])
    one = (await about_orders(tx, [order_id])).get(order_id)
    if one is None or kind not in TO_BUYER:
        return None
    to = await _address(tx, seal, one)
    if not to:
        return None
    said = sentence(kind, _body(one) | dict(wanted.get("said") or {}), one.lang)
    look = f"查看订单：{link}" if one.lang == "zh" else f"See your order: {link}"
    return Letter(
        to=to,
        subject=said,
        text=f"{said}\n\n{look}\n",
        message_id=f"{kind.replace(' ', '.')}.{wanted['fact']}",
    )


async def _address(tx: Tx, seal: Seal, one: AboutOrder) -> str:
    """The mail address given with the purchase, else the buyer's own."""
    found = await contact_of(tx, one.id)
    if found is not None:
        plain = seal.open(found["id"], found["contact_key"], found["contact"])
        given = msgspec.json.decode(plain, type=Contact).email
        if given:
            return given
    if one.buyer_id is None:
        return ""
    try:
        return (await parties.people.profile(tx, seal, one.buyer_id)).email or ""
    except NotFound:
        return ""
