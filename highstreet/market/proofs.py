"""Proofs: what public money wants to see of each thing it helps to buy: its serial number before it leaves, the old one taken back,
evidence soon after. Asked of a line as its rule said when it was placed, whatever the format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.market.choices import OLD
from highstreet.market.format import Format
from highstreet.orders import Line, NoSuchOrder, NotNow, NotThis, is_public
from highstreet.policy import Rule

if TYPE_CHECKING:
    from highstreet.market.desk import Found, Market
    from highstreet.market.fulfil import Telling
    from highstreet.market.units import Key, Unit
    from highstreet.market.work import Work

# Who stands beside the goods when they leave or arrive, and can be asked for something first.
_BESIDE_IT = ("seller", "courier", "partner")


class Owed(msgspec.Struct, frozen=True, array_like=True):
    """What a rule asks of one line of an order."""

    line: int
    serial: bool
    imei: bool
    old: bool
    evidence: list[str]
    hours: int


def owed(rule: Rule, parts: Iterable[int], kinds: dict[int, tuple[str, ...]]) -> list[Owed]:
    """What a rule asks of the lines it pays for, numbered as the order will number them."""
    if not (rule.unique_serial or rule.evidence or rule.trade_in):
        return []
    return [
        Owed(
            n + 1,
            rule.unique_serial,
            not set(rule.imei).isdisjoint(kinds[n]),
            rule.trade_in,
            list(rule.evidence),
            rule.evidence_hours or 0,
        )
        for n in parts
    ]


def leaving(work: Work, role: str, now: datetime, unit: Unit) -> None:
    """Goods that somebody lets go have their serial number told, and those that are handed over the old thing taken.

    What the clock or the buyer says stands: what is missing then is looked at when it is settled.

    Errors: OldFirst; SerialFirst when it is written.
    """
    lines = [line for line in work.lines if _aided(line)]
    if not lines or role not in _BESIDE_IT:
        return
    # At a counter the old thing lies on it, and the clerk said so.
    if work.new and any(OLD in line.choice and line.fulfilled for line in lines):
        work.tell("old_taken", work.order.seller_id, now)
        _take_old(work, lines, now, unit)
    for line in lines:
        if _left(work, line):
            unit.add("goods_leave", order_id=work.order.id, line=line.position)
        if OLD in line.choice and _arrived(work, line) and not work.has("old_taken"):
            raise policy.errors.OldFirst


def follow(work: Work, now: datetime, unit: Unit) -> None:
    """Note when subsidised goods left, arrived, and came back for good."""
    ended = work.order.stage == "undone" and work.before.get("order", ("",))[0] != "undone"
    for line in work.lines:
        if not _aided(line):
            continue
        left, arrived = _left(work, line), _arrived(work, line)
        if left or arrived:
            unit.add(
                "duty_moves", order_id=work.order.id, line=line.position, left_at=now, handed_at=now if arrived else None,
            )  # fmt: skip
        undone = line.undone == line.quantity and sum(_before(work, line)[::2]) < line.quantity
        if not work.new and (ended or undone):
            unit.add("goods_back", order_id=work.order.id, line=line.position, at=now)
    if any(told.kind == "old_taken" for told in work.news) and not work.new:
        _take_old(work, [line for line in work.lines if _aided(line)], now, unit)


def old_taken(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    """The old thing is with the shop or its courier."""
    if work.order.stage != "committed" or not any(OLD in line.choice for line in work.lines):
        raise NotNow
    leg = work.leg("planned", "ready", "underway", "failed", "done")
    if telling.role == "courier" and (leg is None or leg.courier_id != telling.by):
        raise NotThis(fact=telling.fact)
    if work.has("old_taken"):
        raise NotNow
    work.tell("old_taken", telling.by, now)


async def capture(
    market: Market, order_id: str, seller_id: str, line: int, text: str, by: str, now: datetime, key: Key | None = None, *,
    instead: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Tell a line's serial number; the same again changes nothing. `instead`: what the same person told within the hour was a mistake.

    Errors: NoSuchOrder, NotNow, SerialWrong, SerialUsed, SerialTold, SerialNotAsked.
    """
    from highstreet.market.desk import Decision

    async with market.db.read() as tx:
        asked = [one for one in await policy.evidence.owed(tx, order_id) if one.line == line]
    one = policy.serials.read(text, phone=any(each.imei for each in asked))

    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        if not found.works or found.works[0].order.seller_id != seller_id:
            raise NoSuchOrder
        work = found.works[0]
        if work.order.stage not in ("placed", "committed"):
            raise NotNow
        if not asked:
            raise policy.errors.SerialNotAsked
        unit.guard("versions", order_id, work.order.version)
        put(market, unit, order_id, line, one, by, now, instead=instead)
        return {"order": order_id, "line": line, "kind": one.kind}

    return await market.act(Decision(decide, now, orders=(order_id,), key=key))


def put(
    market: Market, unit: Unit, order_id: str, line: int, one: policy.serials.Serial, by: str, now: datetime, *, instead: bool = False
) -> None:  # fmt: skip
    """Tell it in a unit of one's own: at a counter in the one that sells."""
    unit.add("serial", **policy.serials.row(market.seal, one, order_id, line, by, now, instead=instead))
    unit.fact("serial.told", order_id, by, now, {"line": line})


def rung(market: Market, told: dict[str, str], by: str, now: datetime) -> Callable[[Unit], None]:
    """Tells serial numbers, by offer, in the unit of a sale at a counter. Errors: SerialWrong; SerialNotAsked without a subsidy."""

    def also(unit: Unit) -> None:
        for work in unit.works:
            for line in work.lines:
                if text := told.get(line.offer_id):
                    imei = any(
                        one["imei"] for one in unit.rows.get("duty", []) if one["line"] == line.position
                    )
                    one = policy.serials.read(text, phone=imei)
                    put(market, unit, work.order.id, line.position, one, by, now)

    return also


async def show(
    market: Market, order_id: str, line: int, kind: str, content: bytes, media: str, by: str, now: datetime
) -> str:  # fmt: skip
    """Keep a piece of evidence; the caller has seen that the order is the teller's. Errors: those of `policy.evidence.tell`."""

    async def kept(tx: Tx) -> str:
        return await policy.evidence.tell(tx, market.seal, order_id, line, kind, content, media, by, now)

    return await market.db.run(kept)


def _take_old(work: Work, lines: Iterable[Line], now: datetime, unit: Unit) -> None:
    for line in lines:
        if OLD in line.choice:
            unit.add("duty_moves", order_id=work.order.id, line=line.position, old_at=now)


def _aided(line: Line) -> bool:
    return sum(one.amount for one in line.adjustments if is_public(one.funder)) != 0


def _before(work: Work, line: Line) -> tuple[int, int, int]:
    found: tuple[int, int, int] = work.before.get("lines", {}).get(line.position, (0, 0, 0))
    return found


def _arrived(work: Work, line: Line) -> bool:
    return line.fulfilled > _before(work, line)[1]


def _left(work: Work, line: Line) -> bool:
    """Its goods leave the place with what is decided now."""
    hold = work.hold_of(line)
    if hold is None:
        return _arrived(work, line)
    was = work.before.get("holds", {}).get((hold.line, hold.target_id), (0, 0, 0))
    return hold.used > was[0]
