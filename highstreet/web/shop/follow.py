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


class Followed(msgspec.Struct, frozen=True):
    """An order its buyer may see, with its format and everything around it. `key` is the guest's link."""

    work: Work
    form: Format
    sides: views.Sides
    contact: Contact
    key: str
    by: str

    @property
    def path(self) -> str:
        return f"/orders/{self.work.order.id}"

    @property
    def query(self) -> str:
        return f"?key={self.key}"

    @property
    def outward(self) -> Leg | None:
        """The leg that brings the goods."""
        return next((leg for leg in self.work.legs if leg.kind != "return"), None)

    @property
    def returning(self) -> Leg | None:
        return open_return(self.work)

    @property
    def may_cancel(self) -> bool:
        """Whether the flow would let the buyer cancel now."""
        work, leg = self.work, self.work.leg
        told = "buyer" in self.form.facts.get("cancelled", ())
        left = leg("underway", "done", "failed") is not None
        waiting = work.order.waits in ("pickup", "prepare") or leg("ready") is None
        return told and work.order.stage in ("placed", "committed") and not left and waiting

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
        payer = self.work.payer
        return sum(f.amount for f in self.work.flows if f.source == ESCROW and f.target == payer)


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
    return Followed(work, form, sides, contact_of(market, work, sides), link, by)


def contact_of(market: Market, work: Work, sides: views.Sides) -> Contact:
    """What the buyer wrote; empty once it was erased."""
    return open_contact(market.seal, work.order.purchase_id, sides.contact_key, sides.contact) or Contact()


def pick_up_code(market: Market, found: Followed) -> dict[str, Any] | None:
    """The code to show, as digits and QR, while there is something to hand over."""
    leg = found.outward
    work = found.work
    if leg is None or leg.code_until is None or leg.state in ("done", "void"):
        return None
    if work.order.stage != "committed":
        return None
    digits = logistics.codes.code_of(market.code_signer, leg.id)
    drawn = segno.make(digits, micro=False, error="m").svg_inline(border=1, scale=4, omitsize=True)
    return {"digits": digits, "qr": Markup(drawn), "until": leg.code_until, "kind": leg.kind}  # noqa: S704
