"""News: who is told what about an order, in the app and by mail, when a fact says so. One sentence per kind, in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet import parties
from highstreet.kit import jobs
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import spoken
from highstreet.kit.mail import Letter
from highstreet.kit.readers import Fact
from highstreet.kit.sealing import Seal
from highstreet.kit.text import Words
from highstreet.market import attempts
from highstreet.market.place import Contact
from highstreet.market.views.news import AboutOrder, about_orders, contact_of, purchases_of

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
)
_HEARD = {*TO_BUYER, "order.paid", "order.placed", "order.cancelled", "order.return_wanted"}


def sentence(kind: str, body: dict[str, Any], lang: str) -> str:
    """A notice's words; empty for a kind that is not about an order."""
    words = TO_BUYER.get(kind) or TO_SELLER.get(kind)
    return (
        words.say(lang).format(number=body.get("number", ""), seller=body.get("seller", "")) if words else ""
    )


async def stir(tx: Tx, facts: list[Fact]) -> None:
    """Wake whoever looks at an order or its purchase: their ids, on the channel `told`."""
    subjects = {fact.subject for fact in facts if fact.kind.startswith("order.")}
    if not subjects:
        return
    names = sorted(subjects | set(await purchases_of(tx, sorted(subjects))))
    for start in range(0, len(names), _MOST_IN_ONE_NOTE):
        await tx.execute("SELECT pg_notify('told', $1)", ",".join(names[start : start + _MOST_IN_ONE_NOTE]))


async def tell_parties(tx: Tx, facts: list[Fact], now: datetime) -> None:
    """Notices in the app; and letters as jobs of this transaction, for what is not older than a day."""
    heard = [fact for fact in facts if fact.kind in _HEARD]
    known = await about_orders(tx, sorted({fact.subject for fact in heard}))
    for fact in heard:
        one = known.get(fact.subject)
        if one is None or not one.away:
            continue
        kind = _for_seller(fact, one)
        if kind:
            await parties.notices.tell_staff(tx, one.seller_id, kind, _body(one), fact.at, subject=one.id)
        kind = "order.going_back" if _going_back(fact) else fact.kind
        if kind not in TO_BUYER:
            continue
        if one.buyer_id is not None:
            await parties.notices.tell(tx, one.buyer_id, kind, one.id, _body(one), fact.at)
        if kind in BY_MAIL and (one.buyer_id or one.reachable) and fact.at > now - _FRESH:
            await jobs.enqueue(
                tx, LETTER, {"kind": kind, "order": one.id, "fact": fact.id}, once=f"{LETTER} {fact.id}"
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
    said = sentence(kind, _body(one), one.lang)
    look = f"查看订单：{link}" if one.lang == "zh" else f"See your order: {link}"
    return Letter(to=to, subject=said, text=f"{said}\n\n{look}\n", message_id=f"{kind}.{wanted['fact']}")


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
