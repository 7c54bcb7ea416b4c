"""Units of change: what one decision wants written, as rows by table, judged as one by `market.apply`: all of it or nothing.

The units of a batch are sent together, table by table, each row with the number of its unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from highstreet.kit.ids import new_id
from highstreet.ledger import ESCROW, GUARDED, Flow, Transfer
from highstreet.market import dispensing, proofs, redeeming

if TYPE_CHECKING:
    from highstreet.market.work import Work

_GUARDED = tuple(f"{kind}:" for kind in GUARDED)

AccountNumber = Callable[[str, str], int]


def _goes_back(transfer: Transfer | Flow) -> bool:
    return transfer.source == ESCROW and transfer.target.startswith("provider:")


def _split(refunds: dict[str, int], amount: int) -> list[tuple[str, int]]:
    """An amount that goes back, told by refund; what is told is taken out of `refunds`."""
    parts: list[tuple[str, int]] = []
    for key in list(refunds):
        part = min(amount, refunds[key])
        if part:
            parts.append((key, part))
            refunds[key] -= part
            amount -= part
    return parts


class Key(msgspec.Struct, frozen=True):
    """An idempotency key: whose it is, what it is, and a fingerprint of what was asked with it."""

    scope: str
    key: str
    fingerprint: str


# How a guard names what it looks at, and what must still be so.
_GUARDS = {"versions": ("id", "version"), "collections": ("key", "state"), "cohorts": ("id", "version")}


class Unit:
    """Row lists by table name, guards (versions, collections, supplies, wallets) and the answer kept for the key."""

    def __init__(self, account: AccountNumber) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.works: list[Work] = []
        self._account = account
        self._stock: dict[int, list[int]] = {}
        self._wallets: dict[int, int] = {}

    def add(self, table: str, **row: Any) -> None:
        """One row of a table (or of its moves)."""
        self.rows.setdefault(table, []).append(row)

    def guard(self, what: str, key: str, value: int | str) -> None:
        """The unit holds only while this order or cohort has this version, or this collection this state."""
        named, stands = _GUARDS[what]
        self.rows.setdefault(what, []).append({named: key, stands: value})

    def stock(self, supply_id: int, held: int = 0, sold: int = 0, total: int = 0) -> None:
        """Move a supply; all moves of a unit on one supply are one."""
        if held or sold or total:
            sums = self._stock.setdefault(supply_id, [0, 0, 0])
            sums[0] += held
            sums[1] += sold
            sums[2] += total

    def transfer(
        self,
        source: str,
        target: str,
        amount: int,
        purpose: str,
        currency: str,
        now: datetime,
        **more: str | None,
    ) -> None:
        """Move money, and the guarded balance of a wallet or card with it."""
        from_id, to_id = self._account(source, currency), self._account(target, currency)
        self.add("transfer", at=now, purpose=purpose, from_id=from_id, to_id=to_id, amount=amount, **more)
        for name, number, signed in ((source, from_id, -amount), (target, to_id, amount)):
            if name.startswith(_GUARDED):
                self._wallets[number] = self._wallets.get(number, 0) + signed

    def ask(
        self,
        key: str,
        purchase_id: str,
        provider: str,
        currency: str,
        amount: int,
        now: datetime,
        order_id: str | None = None,
    ) -> None:
        """Ask money of the buyer through a provider: for a purchase, or for what one order asks later."""
        self.add(
            "collection",
            key=key,
            purchase_id=purchase_id,
            order_id=order_id,
            provider=provider,
            currency=currency,
            amount=amount,
            state="asked",
            asked_at=now,
        )

    def fact(
        self, kind: str, subject: str, by: str, now: datetime, body: dict[str, Any] | None = None
    ) -> None:
        """Tell the outbox."""
        self.add("fact", at=now, kind=kind, subject=subject, by=by, body=body or {})

    def take_in(self, work: Work, now: datetime) -> None:
        """Take what changed of an order into this unit."""
        self.works.append(work)
        order = work.order
        if work.new:
            self._new_order(work)
        elif not self._changed(work):
            return
        else:
            self.guard("versions", order.id, order.version)
            self.add(
                "order_move",
                id=order.id,
                stage=order.stage,
                waits=order.waits,
                committed_at=order.committed_at,
                ended_at=order.ended_at,
            )
        if work.cohort is not None and work.cohort.decided_at is None:
            self.guard("cohorts", work.cohort.id, work.cohort.version)
        if work.cohort is not None and order.stage == "undone":
            self.add("left", order_id=order.id)
        self._lines(work)
        self._holds(work)
        self._seats(work)
        self._legs(work)
        self._entitlements(work)
        redeeming.follow(work, self)
        proofs.follow(work, now, self)
        self._deadlines(work)
        for told in work.news:
            self.fact("order." + told.kind, order.id, told.by, told.at, told.body)
        refunds = self._refunds(work, now)
        for t in work.posted:
            for about, amount in _split(refunds, t.amount) if _goes_back(t) else [(t.about, t.amount)]:
                self.transfer(
                    t.source, t.target, amount, t.purpose, order.currency, now, order_id=order.id, about=about
                )

    def _refunds(self, work: Work, now: datetime) -> dict[str, int]:
        """What goes back to a provider's buyer is asked of the provider by a job, by key: first out of what was paid last."""
        amount = sum(t.amount for t in work.posted if _goes_back(t))
        went_back = sum(f.amount for f in work.flows if _goes_back(f)) - amount
        paid_later = work.order.agreed.asked(later=True) if work.balance else 0
        from_later = min(amount, max(0, paid_later - went_back))
        refunds: dict[str, int] = {}
        for collection, part in ((work.balance, from_later), (work.collection, amount - from_later)):
            if part == 0:
                continue
            key = new_id("rfd", now)
            refunds[key] = part
            self.add(
                "refund",
                key=key,
                order_id=work.order.id,
                collection_key=collection,
                provider=work.method,
                currency=work.order.currency,
                amount=part,
                state="wanted",
                wanted_at=now,
            )
        return refunds

    def _changed(self, work: Work) -> bool:
        return bool(work.news or work.posted) or work.before["order"] != (work.order.stage, work.order.waits)

    def _new_order(self, work: Work) -> None:
        order = work.order
        self.add(
            "order",
            id=order.id,
            number=order.number,
            purchase_id=order.purchase_id,
            seller_id=order.seller_id,
            buyer_id=order.buyer_id,
            place_id=order.place_id,
            format=order.format,
            stage=order.stage,
            waits=order.waits,
            currency=order.currency,
            total=order.total,
            agreed=order.agreed,
            cohort_id=order.cohort_id,
            placed_at=order.placed_at,
            committed_at=order.committed_at,
            ended_at=order.ended_at,
        )

    def _lines(self, work: Work) -> None:
        before = work.before.get("lines", {})
        for line in work.lines:
            if work.new:
                self.rows.setdefault("line", []).append(
                    {"order_id": work.order.id, **msgspec.to_builtins(line)}
                )
                continue
            if work.before["prices"][line.position] != (line.amount, line.paid):
                self.add(
                    "line_price",
                    order_id=work.order.id,
                    position=line.position,
                    amount=line.amount,
                    paid=line.paid,
                    adjustments=line.adjustments,
                )
            if before[line.position] != (line.cancelled, line.fulfilled, line.returned):
                c, f, r = before[line.position]
                dispensing.give_back(work, line, self)
                if line.returned > r:
                    self.add("goods_back", order_id=work.order.id, position=line.position)
                self.add(
                    "line_move",
                    order_id=work.order.id,
                    position=line.position,
                    cancelled=line.cancelled - c,
                    fulfilled=line.fulfilled - f,
                    returned=line.returned - r,
                )

    def _holds(self, work: Work) -> None:
        before = work.before.get("holds", {})
        for hold in work.holds:
            was = before.get((hold.line, hold.target_id))
            if was is None:
                self.rows.setdefault("hold", []).append(
                    {"order_id": work.order.id, **msgspec.to_builtins(hold)}
                )
                if hold.kind == "supply":
                    self.stock(hold.target_id, held=hold.held, sold=hold.sold)
                else:
                    self.add("asset", id=hold.target_id, period=hold.period)
                continue
            used, freed, back = hold.used - was[0], hold.freed - was[1], hold.back - was[2]
            if used or freed or back:
                self.add(
                    "hold_move",
                    order_id=work.order.id,
                    line=hold.line,
                    target_id=hold.target_id,
                    used=used,
                    freed=freed,
                    back=back,
                    expires_at=hold.expires_at,
                )
                if hold.kind == "supply":
                    self.stock(hold.target_id, held=-used - freed, sold=used - back)
        for supply_id, lost in work.back:
            self.stock(supply_id, total=-lost)
            self.add(
                "movement",
                supply_id=supply_id,
                kind="written_off",
                quantity=-lost,
                by=work.order.seller_id,
                note=work.order.id,
                at=work.news[-1].at,
            )

    def _seats(self, work: Work) -> None:
        """The seats of a line go with the hold of the room they fill."""
        before = work.before.get("holds", {})
        for line in work.lines:
            hold = work.hold_of(line) if line.choice.get("seats") else None
            if hold is None or hold.kind != "supply":
                continue
            was = before.get((hold.line, hold.target_id))
            if was is None:
                for label in line.choice["seats"]:
                    self.add(
                        "seat",
                        supply_id=hold.target_id,
                        label=label,
                        order_id=work.order.id,
                        line=line.position,
                    )
            elif not hold.held and not hold.sold and was != (hold.used, hold.freed, hold.back):
                self.add("seat_left", order_id=work.order.id, supply_id=hold.target_id)

    def _legs(self, work: Work) -> None:
        before = work.before.get("legs", {})
        for leg in work.legs:
            was = before.get(leg.id)
            if was is None:
                self.rows.setdefault("leg", []).append(
                    {"order_id": work.order.id, **msgspec.to_builtins(leg)}
                )
                was = (leg.state, None, None, leg.code_until)  # a leg's row begins with nobody carrying it
            if was != (leg.state, leg.courier_id, leg.tracking, leg.code_until):
                self.rows.setdefault("leg_move", []).append(msgspec.to_builtins(leg))

    def _entitlements(self, work: Work) -> None:
        before = work.before.get("entitlements", {})
        for one in work.entitlements:
            if one.id not in before:
                self.add("entitlement", order_id=work.order.id, **msgspec.to_builtins(one))
            elif before[one.id] != one.stands():
                self.rows.setdefault("entitlement_move", []).append(msgspec.to_builtins(one))

    def _deadlines(self, work: Work) -> None:
        before: dict[str, datetime] = work.before.get("deadlines", {})
        for kind in before:
            if kind not in work.deadlines:
                self.add("met", order_id=work.order.id, kind=kind)
        for kind, due in work.deadlines.items():
            if before.get(kind) != due:
                self.add("deadline", order_id=work.order.id, kind=kind, due_at=due)

    def body(self, key: Key | None, answer: dict[str, Any] | None) -> dict[str, list[dict[str, Any]]]:
        """All of the unit's rows by table, its guards, and the key with the answer to keep."""
        if self._stock:
            self.rows["stock"] = [
                {"id": i, "held": h, "sold": s, "total": t} for i, (h, s, t) in self._stock.items()
            ]
        if self._wallets:
            self.rows["wallet"] = [
                {"id": number, "amount": amount} for number, amount in self._wallets.items()
            ]
        if key is not None:
            kept = {"scope": key.scope, "key": key.key, "fingerprint": key.fingerprint}
            self.rows["key"] = [{**kept, "answer": answer or {}}]
        return self.rows


def together(bodies: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of all units by table as `market.apply` reads them: `nth` is the unit's number, from 1."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for n, body in enumerate(bodies, start=1):
        for table, rows in body.items():
            for row in rows:
                row["nth"] = n
            tables.setdefault(table, []).extend(rows)
    return tables
