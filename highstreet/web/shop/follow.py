"""Following an order: what has happened, what comes next, and what its buyer may do now."""

from __future__ import annotations

from typing import Any

import msgspec
import segno
from markupsafe import Markup

from highstreet import logistics
from highstreet.ledger import ESCROW
from highstreet.logistics import Leg
from highstreet.market.contacts import Contact, open_contact
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.unwind import open_return
from highstreet.market.views import shop as views
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder
from highstreet.web.frame import Form, Visitor
from highstreet.web.shop.calling_off import Off, calling_off
from highstreet.web.shop.standing import shown


class Followed(msgspec.Struct, frozen=True):
    """An order its buyer may see, with its format and everything around it. `key` is the guest's link."""

    work: Work
    form: Format
    sides: views.Sides
    contact: Contact
    key: str
    by: str
    off: Off | None = None

    @property
    def path(self) -> str:
        return f"/orders/{self.work.order.id}"

    @property
    def query(self) -> str:
        return f"?key={self.key}"

    @property
    def outward(self) -> Leg | None:
        """The leg that is on: the first that has not ended, else the last."""
        legs = [leg for leg in self.work.legs if leg.kind != "return"]
        return next((leg for leg in legs if leg.state not in ("done", "void")), legs[-1] if legs else None)

    @property
    def how(self) -> str:
        """The kind of that leg; before the legs are planned, of the first to come."""
        leg = self.outward
        return leg.kind if leg is not None else next(iter(self.form.legs), "")

    @property
    def window(self) -> tuple[Any, Any] | None:
        """The time that was agreed on, while the order is under way."""
        return self.work.order.agreed.window if self.work.order.stage in ("placed", "committed") else None

    @property
    def returning(self) -> Leg | None:
        return open_return(self.work)

    @property
    def may_cancel(self) -> bool:
        return self.off is not None

    @property
    def may_return(self) -> bool:
        told = "buyer" in self.form.facts.get("return_wanted", ())
        kept = any(line.fulfilled > line.returned for line in self.work.lines)
        return told and kept and self.returning is None and self.work.order.stage in ("committed", "done")

    @property
    def may_confirm(self) -> bool:
        told = "buyer" in self.form.facts.get("received", ())
        return told and self.work.order.waits in ("underway", "confirm")

    @property
    def refunded(self) -> int:
        """What has gone back to the buyer so far, or is on its way."""
        payers = self.work.payers
        return sum(f.amount for f in self.work.flows if f.source == ESCROW and f.target in payers)

    @property
    def paid(self) -> int:
        """What the buyer has paid so far."""
        payers = self.work.payers
        return sum(f.amount for f in self.work.flows if f.source in payers and f.target == ESCROW)

    @property
    def owed(self) -> int:
        """What is still to be paid when the order asks for it."""
        ended = self.work.order.stage in ("done", "undone")
        return 0 if self.work.settled or ended else self.work.order.agreed.asked(later=True)

    def kept(self, purpose: str) -> int:
        """What went to the seller of what was paid for a purpose (a deposit, what was spent)."""
        return self.work.moved(purpose, ESCROW, self.work.seller)


async def follow(market: Market, visitor: Visitor, order_id: str, asked: Form) -> Followed:
    """The order, for its buyer or whoever holds its link. Errors: NoSuchOrder for everybody else."""
    async with market.db.read() as tx:
        work = await views.order_of(tx, order_id)
        if work is None:
            raise NoSuchOrder
        mine = visitor.session is not None and work.order.buyer_id == visitor.session.party_id
        link = market.link_signer.short(order_id)
        if not mine and asked.get("key") != link:
            raise NoSuchOrder
        sides = await views.sides(tx, order_id)
    by = visitor.session.party_id if mine and visitor.session else work.order.buyer_id or "guest"
    form = market.format(work.order.format)
    off = calling_off(work, form, by, visitor.now)
    return Followed(work, form, sides, contact_of(market, work, sides), link, by, off)


def contact_of(market: Market, work: Work, sides: views.Sides) -> Contact:
    """What the buyer wrote; empty once it was erased."""
    return open_contact(market.seal, work.order.purchase_id, sides.contact_key, sides.contact) or Contact()


def code_to_show(market: Market, found: Followed, lang: str) -> dict[str, Any] | None:
    """The code to show, as digits and QR with who sees it, while there is something to hand over or to enter."""
    leg = found.outward
    work = found.work
    if leg is None or leg.code_until is None or leg.state in ("done", "void"):
        return None
    begun = leg.state == "underway" and leg.kind != "courier"
    if work.order.stage != "committed" or begun:
        return None
    digits = logistics.codes.code_of(market.code_signer, leg.id)
    drawn = segno.make(digits, micro=False, error="m").svg_inline(border=1, scale=4, omitsize=True)
    note = shown(found.form, leg.kind).say(lang)
    return {"digits": digits, "qr": Markup(drawn), "until": leg.code_until, "note": note}  # noqa: S704


def qr_of(market: Market, named: str) -> dict[str, Any]:
    """A code as digits and as a drawing. `named`: `ent_….version`."""
    signer = market.code_signer
    code = logistics.entitlements.code_of(signer, named)
    image = segno.make(code, micro=False, error="m").svg_inline(border=2, scale=4, omitsize=True)
    return {"digits": logistics.entitlements.digits_of(signer, named), "qr": Markup(image)}  # noqa: S704
