"""An order on the desk: everything a decision may look at, and what the decision changes, written as rows when it is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.inventory import Hold
from highstreet.ledger import Flow, Transfer, escrow_of
from highstreet.logistics import Entitlement, Leg
from highstreet.market import purse
from highstreet.market.purse import METHOD, Purse
from highstreet.orders import DECIDED, WITHDRAWN, Cohort, Due, Line, Order, Share, Told


class Work(msgspec.Struct):
    """An order with its lines, holds, legs, deadlines, journal and money. Change it through the flows, then `write` it to a unit."""

    order: Order
    method: str
    lines: list[Line]
    holds: list[Hold] = []
    legs: list[Leg] = []
    entitlements: list[Entitlement] = []
    deadlines: dict[str, datetime] = {}
    told: list[Told] = []
    flows: list[Flow] = []
    collection: str | None = None
    balance: str | None = None
    cohort: Cohort | None = None
    posted: list[Transfer] = []
    news: list[Told] = []
    back: list[tuple[int, int]] = []
    before: dict[str, Any] = {}
    purse: Purse | None = None

    @property
    def new(self) -> bool:
        return self.order.version == 0

    def open(self) -> Work:
        """Remember how everything stood, so that only what changed is written."""
        self.before = {
            "order": (self.order.stage, self.order.waits),
            "lines": {line.position: (line.cancelled, line.fulfilled, line.returned) for line in self.lines},
            "prices": {line.position: (line.amount, line.paid) for line in self.lines},
            "holds": {(h.line, h.target_id): (h.used, h.freed, h.back) for h in self.holds},
            "legs": {leg.id: (leg.state, leg.courier_id, leg.tracking, leg.code_until) for leg in self.legs},
            "entitlements": {one.id: one.stands() for one in self.entitlements},
            "deadlines": dict(self.deadlines),
        }
        return self

    def line(self, position: int) -> Line:
        """The line at a position; LookupError when there is none."""
        for line in self.lines:
            if line.position == position:
                return line
        raise LookupError(position)

    def escrow(self, purpose: str) -> int:
        """What escrow holds for this order and purpose."""
        return escrow_of(self.flows).get(purpose, 0)

    def moved(self, purpose: str, source: str, target: str) -> int:
        """What has moved so far from one account to another for a purpose."""
        return sum(
            f.amount for f in self.flows if f.purpose == purpose and f.source == source and f.target == target
        )

    @property
    def payer(self) -> str:
        """The account the buyer's money comes from and goes back to."""
        if self.method == "cash":
            return f"till:{self.order.seller_id}"
        if self.method == "wallet":
            return f"wallet:{self.order.buyer_id}"
        if self.method.startswith(METHOD):
            return self.method
        return f"provider:{self.method}"

    @property
    def payers(self) -> tuple[str, ...]:
        """All accounts what the buyer pays comes from: of a card its principal and its bonus."""
        return (self.payer, purse.bonus_of(self.payer)) if self.by_card else (self.payer,)

    @property
    def by_card(self) -> bool:
        """Whether it is paid with a seller's prepaid card."""
        return self.method.startswith(METHOD)

    @property
    def gift(self) -> int:
        """What of a payment by card was its bonus, the seller's own money; without what went back onto it."""
        name = purse.bonus_of(self.payer) if self.by_card else ""
        signed = [
            f.amount if f.source == name else -f.amount for f in self.flows if name in (f.source, f.target)
        ]
        return sum(signed)

    @property
    def seller(self) -> str:
        return f"seller:{self.order.seller_id}"

    @property
    def paid(self) -> bool:
        """Whether the buyer's payment has come in."""
        return self.has("paid") is not None

    @property
    def settled(self) -> bool:
        """Whether what was to be paid later has come in too."""
        return self.has("balance_paid") is not None

    def owed(self, due: Due) -> int:
        """What the buyer owes for a purpose before anything was paid: lines cancelled meanwhile are off."""
        if due.purpose != "price" or self.order.agreed.whole:
            return due.amount
        changed = sum(line.changed(DECIDED) + line.changed(WITHDRAWN) for line in self.lines)
        return due.amount + changed - sum(line.part(line.paid, line.cancelled) for line in self.lines)

    def funded(self, share: Share) -> int:
        """What somebody else pays towards a purpose before anything was paid: lines cancelled meanwhile are off."""
        if share.purpose != "price":
            return share.amount
        return share.amount - sum(
            line.changed(WITHDRAWN, share.funder)
            + line.part_of(share.funder, line.funded().get(share.funder, 0), line.cancelled)
            for line in self.lines
        )

    def has(self, kind: str) -> Told | None:
        """The last fact of a kind, told before or now."""
        for told in reversed(self.news or []):
            if told.kind == kind:
                return told
        for told in reversed(self.told):
            if told.kind == kind:
                return told
        return None

    def tell(self, kind: str, by: str, now: datetime, **body: Any) -> None:
        """Add a fact to the journal."""
        self.news.append(Told(kind, by, now, body))

    def post(self, transfers: list[Transfer]) -> None:
        """Move money; transfers of nothing are left out."""
        if self.by_card and self.purse is not None:
            drawn = self.purse.draw([one for one in transfers if one.source == self.payer])
            transfers = drawn + [one for one in transfers if one.source != self.payer]
        for transfer in transfers:
            if self.by_card and transfer.target == self.payer:
                for part in purse.back(self.flows, transfer):
                    self._post(part)
            else:
                self._post(transfer)

    def _post(self, transfer: Transfer) -> None:
        if transfer.amount == 0:
            return
        self.posted.append(transfer)
        for flow in self.flows:
            if (flow.purpose, flow.source, flow.target) == (
                transfer.purpose,
                transfer.source,
                transfer.target,
            ):
                flow.amount += transfer.amount
                break
        else:
            self.flows.append(Flow(transfer.purpose, transfer.source, transfer.target, transfer.amount))

    def wait(self, what: str, until: datetime | None) -> None:
        """Wait for something; the deadline of another wait is over with it, the same wait keeps the deadline it has."""
        if self.order.waits == what and what in self.deadlines:
            return
        self.order.waits = what
        self.deadlines = {what: until} if what and until is not None else {}

    def leg(self, *states: str) -> Leg | None:
        """The first outward leg in one of these states."""
        for leg in self.legs:
            if leg.kind != "return" and leg.state in states:
                return leg
        return None

    def hold_of(self, line: Line) -> Hold | None:
        """What is set aside for a line, if anything is. What the whole order takes (a delivery window) is held for line 0."""
        for hold in self.holds:
            if hold.line == line.position:
                return hold
        return None

    def names(self) -> set[str]:
        """The accounts its transfers touch."""
        return {t.source for t in self.posted} | {t.target for t in self.posted}
