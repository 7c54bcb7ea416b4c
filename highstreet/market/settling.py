"""Settling: a programme's money of a period is drawn up, order by order with all its evidence, and reconciled with the books to the fen.

An order's money is settled when the order has ended by the period's end: the books have let it go out of escrow to whoever earned it.
What an order gives back later is a row below zero of the next settlement. Everything is read below one transaction id, which the
settlement keeps: who draws it up again from the ledger comes to the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

import msgspec

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id
from highstreet.market.desk import Market
from highstreet.market.views import evidence, public_money
from highstreet.market.views import settling as views
from highstreet.market.views.settling import InForce, Moved, Particulars
from highstreet.policy import Programme, Settlement, SettlementRow, Thing

_MOST_WORDS = 80
_LONG = timedelta(days=366)


class Period(msgspec.Struct, frozen=True):
    """The next settlement of a programme: where it begins, and until when it may go; they are the same when nothing is over yet."""

    since: datetime
    until: datetime


async def next_period(tx: Tx, programme_id: str, now: datetime, tz: tzinfo) -> Period:
    """From the end of the last one, or the day the programme first paid, until last midnight in the town."""
    return await _following(tx, programme_id, await policy.settlements.last(tx, programme_id), now, tz)


async def _following(
    tx: Tx, programme_id: str, before: Settlement | None, now: datetime, tz: tzinfo
) -> Period:
    first = None if before else await views.first_moved(tx, programme_id)
    today = _midnight(now, tz)
    since = before.until if before else min(_midnight(first, tz) if first else today, today)
    return Period(since, max(since, today))


def _midnight(at: datetime, tz: tzinfo) -> datetime:
    return datetime.combine(at.astimezone(tz).date(), time(), tz)


async def draw_up(market: Market, programme_id: str, until: datetime, by: str, now: datetime) -> Settlement:
    """Settle a programme up to a midnight of the town. Asked again for the same end, and by two at once: the one there is.

    Errors: NotFound, NotNext.
    """
    return await market.db.run(_draw_up, market, programme_id, until, by, now)


async def _draw_up(
    tx: Tx, market: Market, programme_id: str, until: datetime, by: str, now: datetime
) -> Settlement:
    one = await policy.budgets.standing(tx, programme_id)
    earlier = await policy.settlements.settlements(tx, programme_id)
    if again := next((s for s in earlier if s.until == until), None):
        return again
    may = await _following(tx, programme_id, earlier[0] if earlier else None, now, market.tz)
    if not may.since < until <= may.until or _midnight(until, market.tz) != until:
        raise policy.errors.NotNext(
            since=may.since.astimezone(market.tz).date(), until=may.until.astimezone(market.tz).date()
        )
    seed = await policy.settlements.tell_seed(tx, programme_id, now)
    # Number and period belong to what was read first: if they are taken by now, nothing below is written.
    if seed.n != (earlier[0].n if earlier else 0) + 1:
        return await _draw_up(tx, market, programme_id, until, by, now)
    below = await views.below(tx)
    before_id = await _below_of(tx, earlier[0].id) if earlier else "0"
    found = await views.moved(tx, programme_id, may.since, until, below, before_id)
    settled = await policy.settlements.settled(tx, programme_id)
    known = await views.particulars(
        tx, programme_id, [m.order_id for m in found if m.order_id and m.moved != settled.get(m.order_id, 0)]
    )
    drawn = await _rows(tx, market, programme_id, seed, found, settled, known, until, now)
    held = {
        m.order_id: m.moved - settled.get(m.order_id, 0)
        for m in found
        if m.order_id is not None and m.order_id in known and not _ended(known[m.order_id], until)
    }
    moved, before = sum(m.moved for m in found), sum(settled.values())
    amount = sum(row.amount for row in drawn if not row.withheld)
    withheld = sum(row.amount for row in drawn if row.withheld)
    clawed = await views.clawed(tx, programme_id, may.since, until, below)
    rowed = {row.order_id for row in drawn}
    left = [
        {"order": m.order_id, "amount": m.moved - settled.get(m.order_id or "", 0)}
        for m in found
        if m.order_id not in rowed and m.order_id not in held and m.moved != settled.get(m.order_id or "", 0)
    ]
    head = Settlement(
        new_id("stl", now), programme_id, seed.n, may.since.astimezone(UTC), until.astimezone(UTC), one.currency,
        sum(m.went_in for m in found), sum(m.came_back for m in found), moved, before, amount, sum(held.values()), withheld,
        moved - before - amount - sum(held.values()) - withheld, sum(clawed.values()), left, {}, "drawn", by, now,
    )  # fmt: skip
    files = policy.settlement_files.files_of(head, drawn, clawed)
    head = msgspec.structs.replace(
        head, files={name: policy.settlement_files.sha256(text) for name, text in files.items()}
    )
    if not await policy.settlements.keep(tx, head, below, drawn):
        # Somebody drew it up at the same moment: theirs stands, of whichever end they chose.
        return await _draw_up(tx, market, programme_id, until, by, now)
    await policy.settlements.tell_seed(tx, programme_id, now)
    for seller in sorted({row.seller_id for row in drawn}):
        body = {"programme": programme_id, "settlement": head.id}
        await parties.notices.tell_staff(tx, seller, "settlement_drawn", body, now, subject=head.id)
    return head


async def _below_of(tx: Tx, settlement_id: str) -> str:
    return str(await tx.fetchval("SELECT below::text FROM policy.settlement WHERE id = $1", settlement_id))


def _ended(one: Particulars, until: datetime) -> bool:
    return one.stage in ("done", "undone") and one.ended_at is not None and one.ended_at < until


async def _rows(
    tx: Tx, market: Market, programme_id: str, seed: policy.settlements.Seed, found: Sequence[Moved],
    settled: Mapping[str, int], known: Mapping[str, Particulars], until: datetime, now: datetime,
) -> list[SettlementRow]:  # fmt: skip
    """The rows of a settlement, in the order of their orders' numbers."""
    due = sorted(
        (
            (known[m.order_id], m)
            for m in found
            if m.order_id is not None
            and m.order_id in known
            and _ended(known[m.order_id], until)
            and m.moved >= 0
        ),
        key=lambda pair: pair[0].number,
    )
    gather = await _Gather.of(tx, market, programme_id, [one for one, _ in due], now)
    sample = policy.audits.sample(seed.seed, [(f"{seed.n}/{one.number}", one.seller_id) for one, _ in due])
    drawn: list[SettlementRow] = []
    for n, (one, moved) in enumerate(due, start=1):
        before = settled.get(one.id, 0)
        told = gather.evidence(one, moved)
        name, amount = f"{seed.n}/{one.number}", moved.moved - before
        why = gather.withheld(one, told) if amount > 0 else ""
        drawn.append(
            SettlementRow(
                n,
                one.id,
                one.seller_id,
                name,
                moved.moved,
                before,
                amount,
                why,
                name in sample,
                told,
            )
        )
    return drawn


class _Gather:
    """What is known of many orders at once, to tell the evidence of each."""

    def __init__(self, market: Market, programme_id: str) -> None:
        self._market = market
        self._programme_id = programme_id
        self._over_time: list[tuple[InForce, Programme]] = []
        self._kinds: dict[str, public_money.Kind] = {}
        self._sellers: dict[str, dict[str, str | None]] = {}
        self._excused: set[str] = set()
        self._disputed: set[str] = set()
        self._doubted: set[str] = set()
        self._lacking: set[str] = set()

    @classmethod
    async def of(
        cls, tx: Tx, market: Market, programme_id: str, orders: Sequence[Particulars], now: datetime
    ) -> _Gather:
        self = cls(market, programme_id)
        for one in await views.rules_over_time(tx, programme_id):
            self._over_time.append((one, policy.instruments.read(one.rules)))
        self._kinds = await public_money.kinds_of(tx, {item for one in orders for item in one.items.values()})
        sellers = await parties.businesses.businesses(tx, sorted({one.seller_id for one in orders}))
        self._sellers = {key: {"name": one.name, "uscc": one.uscc} for key, one in sellers.items()}
        self._excused = await policy.settlements.excused(tx, programme_id)
        cases = await policy.clawbacks.cases(tx, programme_id=programme_id, most=100_000)
        # Also what its seller still may show: it is settled once it has.
        lacking = await evidence.missing(tx, programme_id, now + _LONG, 100_000)
        self._lacking = {one.order_id for one in lacking}
        self._disputed = {one.order_id for one in cases if one.state == "open"}
        judged = {one.order_id for one in cases if one.state != "open"}
        doubted = await policy.alerts.upheld_rows(tx, programme_id)
        self._doubted = {one.order_id for one in doubted} - judged
        return self

    def withheld(self, one: Particulars, evidence: dict[str, Any]) -> policy.settlements.Withheld:
        """Why a row must wait; '' when nothing keeps it."""
        if one.waits == "return":
            return "return"
        if one.id in self._disputed:
            return "clawback"
        if one.id in self._doubted:
            return "alert"
        proven = evidence["proof"] and evidence["rule"] and (evidence["paid"] or not evidence["price_paid"])
        return "" if (proven and one.id not in self._lacking) or one.id in self._excused else "evidence"

    def evidence(self, one: Particulars, moved: Moved) -> dict[str, Any]:
        """Everything the auditor asks of a transaction; nothing personal: the buyer is a keyed hash."""
        taken = min((claim.taken_at for claim in one.claims), default=one.placed_at)
        found = self._rule(taken)
        lines = self._lines(one, found[1] if found else None)
        # What came back after the period's end is the next settlement's.
        if moved.moved == sum(line["amount"] for line in lines):
            lines = [line | {"kept_amount": line["amount"]} for line in lines]
        buyer = one.buyer_id and self._market.seal.blind("settlement", one.buyer_id).hex()
        return {
            "order": one.number,
            "receipt": one.number,
            "seller": self._sellers.get(one.seller_id, {}),
            "placed_at": one.placed_at.isoformat(),
            "ended_at": one.ended_at.isoformat() if one.ended_at else None,
            "claims": [
                {"id": claim.id, "amount": claim.amount, "spent": claim.spent} for claim in one.claims
            ],
            "rule": found and found[2],
            "lines": lines,
            "buyer": buyer,
            "price_paid": sum(line.paid for line in one.lines),
            "paid": [msgspec.to_builtins(paid) for paid in one.paid],
            "proof": _proof(one),
            "papers": [msgspec.to_builtins(paper) for paper in one.papers],
            "serials": one.serials,
            "returned": {str(line.position): line.undone for line in one.lines if line.undone},
            "went_in": moved.went_in,
            "came_back": moved.came_back,
        }

    def _rule(self, at: datetime) -> tuple[Programme, policy.Rule, dict[str, str]] | None:
        """The rule that held at a moment, by the file that was in force then."""
        for one, programme in self._over_time:
            if one.decided_at <= at and (rule := programme.rule_on(at, self._market.tz)) is not None:
                told = {
                    "from": rule.starts.isoformat(), "source": rule.source, "base": rule.base, "change": one.change,
                    "on_return": rule.on_return,
                }  # fmt: skip
                return programme, rule, told
        return None

    def _lines(self, one: Particulars, rule: policy.Rule | None) -> list[dict[str, Any]]:
        """Of each line that public money paid for: the base, the terms, what was paid of it and what is left of that."""
        kinds = {programme.kind for _, programme in self._over_time}
        voucher = one.claims[0].schedule if one.claims and kinds == {"voucher"} else None
        told: list[dict[str, Any]] = []
        for line in one.lines:
            paid = line.funded().get(self._programme_id, 0)
            if not paid:
                continue
            earlier = 0
            for adjustment in line.adjustments:
                if adjustment.funder == self._programme_id:
                    break
                earlier -= adjustment.amount if adjustment.funder != "seller" else 0
            final = line.amount - earlier
            listed = line.price * line.quantity
            base = {"listed": listed, "seller": line.amount}.get(rule.base if rule else "", final)
            kind = self._kinds.get(one.items.get(str(line.position), ""), public_money.Kind(()))
            thing = Thing(
                line.position, kind.names, line.quantity, listed, line.amount, final, kind.grade, line.tax_bps, kind.setting
            )  # fmt: skip
            by = rule and (
                rule.schedules[voucher]
                if voucher is not None and voucher < len(rule.schedules)
                else policy.eligibility.schedule_for(rule, thing)
            )
            title = line.title.get("zh") or line.title.get("en", "")
            terms = policy.eligibility.terms(by).en if by else ""
            told.append(
                {
                    "position": line.position, "title": title[:_MOST_WORDS], "quantity": line.quantity, "base": base, "terms": terms,
                    "amount": paid, "kept_amount": paid - line.part_of(self._programme_id, paid, line.undone),
                }
            )  # fmt: skip
        return told


def _proof(one: Particulars) -> list[dict[str, Any]]:
    """The legs that ended well; of an order without any way to go, that it was handed over at once."""
    done = [
        {
            "kind": leg.kind,
            "reference": leg.leg,
            "at": leg.at.isoformat() if leg.at else None,
            "sha256": leg.sha256,
        }
        for leg in one.proofs
        if leg.state == "done"
    ]
    if one.proofs or one.stage == "undone" or one.ended_at is None:
        return done
    return [{"kind": "at once", "reference": one.id, "at": one.ended_at.isoformat(), "sha256": None}]


async def files(tx: Tx, one: Settlement) -> dict[str, str]:
    """A settlement's files, the same as when it was drawn up: made again of its rows."""
    drawn = await policy.settlements.rows_of(tx, one.id)
    clawed = await views.clawed(tx, one.programme_id, one.since, one.until, await _below_of(tx, one.id))
    return policy.settlement_files.files_of(msgspec.structs.replace(one, state="drawn"), drawn, clawed)


async def tell_seeds(market: Market, now: datetime) -> int:
    """Every running programme has told the hash of its coming sample. How many had not."""
    told = 0
    async with market.db.read() as tx:
        missing = await views.without_seed(tx)
    for programme_id in missing:
        await market.db.run(policy.settlements.tell_seed, programme_id, now)
        told += 1
    return told
