"""One order as its seller works on it: goods, way, buyer, money, and every step there is to take."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from highstreet import logistics, parties
from highstreet.kit.ids import spoken
from highstreet.kit.text import Words
from highstreet.ledger import ESCROW, PLATFORM
from highstreet.market import attempts, unwind
from highstreet.market.place import Contact
from highstreet.market.views import merchant as views
from highstreet.market.work import Work
from highstreet.web.chosen import chosen, kinds_of_old
from highstreet.web.merchant import steps, telling
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.subsidised import proofs_of

# Steps that are asked for in the panel on top; the others stand beside what they concern.
_PRESSING = {"ready", "shipped", "handed_over", "delivered", "return_refused"}


async def order_page(
    desk: Desk, order_id: str, filled: Filled | None = None, doing: str = ""
) -> Response[str]:
    """The page; `filled` is a form that was not taken, `doing` which one."""
    f = filled or Filled(desk.lang)
    async with desk.market.db.read() as tx:
        found = await views.order(tx, desk.id, order_id)
        work = found.work
        people = {told.by for told in work.told if told.by.startswith("pty_")} | (
            {found.buyer_id} if found.buyer_id else set()
        )
        names = await parties.people.names(tx, desk.market.seal, sorted(people))
        leg = work.leg("underway", "failed", "done")
        scans = await logistics.parcels.scans(tx, leg.id) if leg is not None else []
        photo = await logistics.photos.is_there(tx, order_id)
        contact = contact_of(desk, found)
        proofs = await proofs_of(tx, desk.market, work)
        picked = await chosen(tx, work, contact.wishes if contact else {}, desk.lang)
    one = desk.market.format(work.order.format)
    back = unwind.open_return(work)
    can = steps.next_steps(desk.market, work, desk.visitor.now) if desk.may("orders") else set[str]()
    acts = [(fact, telling.asked(act, work)) for fact, act in telling.acts_now(can, work.order.waits)]
    return desk.show(
        "order.html",
        status=f.status,
        at="/merchant/orders",
        f=f,
        doing=doing,
        found=found,
        work=work,
        order=work.order,
        number=spoken(work.order.number),
        one=one,
        can=can,
        now=bool(acts or can & _PRESSING),
        acts=acts,
        coming_back=attempts.going_back(work),
        contact=contact,
        chosen=picked,
        names=names,
        leg=work.leg("planned", "ready", "underway", "failed", "done"),
        by_code=steps.BY_CODE,
        back=back,
        back_lines=_back_lines(back.proof if back else None),
        scans=scans,
        photo=photo,
        proofs=proofs,
        old_kinds=kinds_of_old(desk.lang),
        money=_money(work),
        due=work.deadlines.get(work.order.waits),
    )


@get("/orders/{order_id:str}")
async def order(desk: GivenDesk, order_id: FromPath[str]) -> Response[str]:
    desk.require("see_orders")
    return await order_page(desk, order_id)


@get("/orders/{order_id:str}/slip")
async def slip(desk: GivenDesk, order_id: FromPath[str]) -> Response[str]:
    """What is laid into the parcel; made to be printed."""
    desk.require("see_orders")
    async with desk.market.db.read() as tx:
        found = await views.order(tx, desk.id, order_id)
    return desk.show(
        "slip.html",
        at="/merchant/orders",
        found=found,
        work=found.work,
        order=found.work.order,
        number=spoken(found.work.order.number),
        contact=contact_of(desk, found),
    )


def contact_of(desk: Desk, found: views.SellersOrder) -> Contact | None:
    """How to reach the buyer: opened only while the order runs, for whoever handles orders."""
    runs = found.work.order.stage in ("placed", "committed") or found.work.order.waits != ""
    if not runs or not desk.may("orders") or found.contact is None or found.contact_key is None:
        return None
    plain = desk.market.seal.open(found.purchase_id, found.contact_key, found.contact)
    return msgspec.json.decode(plain, type=Contact)


def _back_lines(proof: dict[str, Any] | None) -> dict[int, int]:
    """What the buyer wants to send back, by line."""
    return {int(position): int(count) for position, count in (proof or {}).get("lines", {}).items()}


def _money(work: Work) -> list[tuple[Words, int]]:
    """What became of the money, in the seller's eyes; only what moved."""
    held = sum(work.escrow(purpose) for purpose in {flow.purpose for flow in work.flows})
    paid = sum(f.amount for f in work.flows if f.target == ESCROW and f.source in work.payers)
    others = sum(
        f.amount
        for f in work.flows
        if f.target == ESCROW and f.source not in (*work.payers, work.seller, PLATFORM)
    )
    given = sum(f.amount for f in work.flows if f.source == ESCROW and f.target in work.payers)
    fee = sum(
        work.moved(p, ESCROW, PLATFORM) - work.moved(p, PLATFORM, ESCROW)
        for p in {f.purpose for f in work.flows}
    )
    mine = sum(
        work.moved(p, ESCROW, work.seller) - work.moved(p, work.seller, ESCROW)
        for p in {f.purpose for f in work.flows}
    )
    rows = [
        (Words("Paid by the buyer", "买家支付"), paid),
        (Words("Paid by others towards the price", "其他出资方支付"), others),
        (Words("Given back", "已退款"), -given),
        (Words("The market's fee", "市场服务费"), -fee),
        (Words("Yours", "您的收入"), mine),
        (Words("Held safely until the order ends", "托管中，订单结束后结算"), held),
    ]
    return [(text, amount) for text, amount in rows if amount]


ROUTES = [order, slip]
