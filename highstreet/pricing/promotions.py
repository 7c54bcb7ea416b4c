"""Discounts of a seller: their rules, starting and stopping them, and what a price may honestly be called
"before".

A promotion names who pays for it (its funder). How several are combined is told in `quotes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.money import MOST
from highstreet.kit.text import Words
from highstreet.pricing.errors import PromotionOver, WrongRule

SELLER = "seller"  # the funder of what the seller itself gives away
_MOST_OFFERS = 1_000
_MOST_PRIORITY = 1_000


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a promotion gives, by its kind; the other fields stay as they are. Money in minor units.

    percent: bps basis points off every line.
    amount: off for every step sold.
    spend: off for the lines together when they reach spend; with each, for every full spend.
    buy_n: of every n steps taken the cheapest `free` cost nothing ("buy two, get one free" is n=3, free=1).
    bundle: one step of each named offer together costs price.
    together: bps off every line while the basket holds what it needs, whoever sells it: (offer, at least so many).
    """

    bps: int = 0
    off: int = 0
    spend: int = 0
    each: bool = False
    n: int = 0
    free: int = 1
    price: int = 0
    needs: tuple[tuple[str, int], ...] = ()


# What a seller may start alone.
KINDS = {
    "percent": ("bps",),
    "amount": ("off",),
    "spend": ("spend", "off", "each"),
    "buy_n": ("n", "free"),
    "bundle": ("price",),
}
# Comes with a scenario, whose parts may be several sellers'.
TOGETHER = "together"
_FIELDS = {**KINDS, TOGETHER: ("bps", "needs")}


class Promotion(msgspec.Struct, frozen=True):
    """funder: 'seller' or a party's id. offers: what it is for, empty for all of the seller's. alone: with no
    other one."""

    id: str
    seller_id: str
    funder: str
    name: Words
    kind: str
    rule: Rule
    offers: tuple[str, ...]
    priority: int
    alone: bool
    valid_from: datetime
    valid_to: datetime


class NewPromotion(msgspec.Struct, frozen=True):
    """What is needed to start one. rule: as the table says, by kind. funder_id: the seller's own id, or who
    pays instead."""

    seller_id: str
    funder_id: str
    name: Words
    kind: str
    rule: Mapping[str, object]
    valid_from: datetime
    valid_to: datetime
    offers: tuple[str, ...] = ()
    priority: int = 0
    alone: bool = False


class _Row(msgspec.Struct, frozen=True):
    id: str
    seller_id: str
    funder_id: str
    name: Words
    kind: str
    rule: Rule
    offers: tuple[str, ...]
    priority: int
    alone: bool
    valid_from: datetime
    valid_to: datetime

    def promotion(self) -> Promotion:
        return Promotion(
            id=self.id,
            seller_id=self.seller_id,
            funder=SELLER if self.funder_id == self.seller_id else self.funder_id,
            name=self.name,
            kind=self.kind,
            rule=self.rule,
            offers=self.offers,
            priority=self.priority,
            alone=self.alone,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


def read_rule(kind: str, rule: Mapping[str, object]) -> Rule:
    """The rule a person or a file wrote. Errors: WrongRule names the field and what is wrong with it."""
    if kind not in _FIELDS:
        raise WrongRule("kind", f"must be one of {', '.join(KINDS)}", f"必须是 {'、'.join(KINDS)} 之一")
    for field in rule:
        if field not in _FIELDS[kind]:
            raise WrongRule("rule", f"{field} does not belong to {kind}", f"{kind} 没有 {field} 这一项")
    try:
        read = msgspec.convert(dict(rule), Rule)
    except msgspec.ValidationError as e:
        raise WrongRule("rule", f"does not fit {kind}: {e}", f"与 {kind} 不符：{e}") from None
    if kind in ("percent", TOGETHER):
        _within("bps", read.bps, 1, 9_900)
        if kind == TOGETHER and (len(read.needs) < 2 or any(least < 1 for _, least in read.needs)):
            raise WrongRule("needs", "names at least two offers and how many", "至少包含两个商品及其数量")
    elif kind == "amount":
        _within("off", read.off, 1, MOST)
    elif kind == "spend":
        _within("spend", read.spend, 1, MOST)
        _within("off", read.off, 1, read.spend)
    elif kind == "buy_n":
        _within("n", read.n, 2, 1_000)
        _within("free", read.free, 1, read.n - 1)
    else:
        _within("price", read.price, 1, MOST)
    return read


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise WrongRule(field, f"must be from {least} to {most}", f"必须在 {least} 到 {most} 之间")


def _check(new: NewPromotion, now: datetime) -> Rule:
    rule = read_rule(new.kind, new.rule)
    if not (new.name.en or new.name.zh):
        raise WrongRule("name", "buyers must be told what it is called", "请填写促销名称")
    if len(set(new.offers)) != len(new.offers):
        raise WrongRule("offers", "an offer is named twice", "商品重复")
    if len(new.offers) > _MOST_OFFERS:
        raise WrongRule("offers", f"names more than {_MOST_OFFERS} offers", f"商品不能超过 {_MOST_OFFERS} 个")
    if new.kind == "bundle" and len(new.offers) < 2:
        raise WrongRule("offers", "a bundle names at least two offers", "组合至少包含两个商品")
    _within("priority", new.priority, -_MOST_PRIORITY, _MOST_PRIORITY)
    if new.valid_from.tzinfo is None or new.valid_to.tzinfo is None:
        raise WrongRule("valid_from", "a moment needs its time zone", "时间必须带时区")
    if new.valid_from >= new.valid_to:
        raise WrongRule("valid_to", "must be after the beginning", "必须晚于开始时间")
    if new.valid_to <= now:
        raise WrongRule("valid_to", "is already over", "已经过去")
    return rule


async def start(tx: Tx, new: NewPromotion, by: str, now: datetime) -> Promotion:
    """Start a promotion, now or at its beginning. Errors: WrongRule, NotFound (no such seller or funder)."""
    rule = _check(new, now)
    row = _Row(
        id=new_id("prm", now),
        seller_id=new.seller_id,
        funder_id=new.funder_id,
        name=new.name,
        kind=new.kind,
        rule=rule,
        offers=new.offers,
        priority=new.priority,
        alone=new.alone,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
    )
    try:
        await tx.execute(
            """
            INSERT INTO pricing.promotion
                (id, seller_id, funder_id, name, kind, rule, offers, priority, alone, valid_from, valid_to)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            *msgspec.structs.astuple(row),
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("party") from None
    told = {"seller": row.seller_id, "funder": row.funder_id, "kind": row.kind}
    await facts.tell(tx, "promotion.started", row.id, by, now, told)
    return row.promotion()


async def stop(tx: Tx, promotion_id: str, seller_id: str, by: str, now: datetime) -> None:
    """End a promotion of this seller now. Errors: NotFound (none of theirs), PromotionOver."""
    done = await tx.execute(
        """
        UPDATE pricing.promotion SET stopped_at = $3
        WHERE id = $1 AND seller_id = $2 AND stopped_at IS NULL AND valid_to > $3
        """,
        promotion_id,
        seller_id,
        now,
    )
    if done == "UPDATE 0":
        known = await tx.fetchval(
            "SELECT true FROM pricing.promotion WHERE id = $1 AND seller_id = $2", promotion_id, seller_id
        )
        raise PromotionOver() if known else NotFound("promotion")
    await facts.tell(tx, "promotion.stopped", promotion_id, by, now)


async def running(tx: Tx, seller_id: str, now: datetime) -> list[Promotion]:
    """A seller's promotions in force now."""
    found = await promotions_of(tx, seller_id)
    return [p for p in found if p.valid_from <= now < p.valid_to]


async def promotions_of(tx: Tx, seller_id: str) -> list[Promotion]:
    """All of a seller's promotions, newest first; `valid_to` of a stopped one is when it was stopped."""
    found = await rows(
        tx,
        _Row,
        """
        SELECT id, seller_id, funder_id, name, kind, rule, offers, priority, alone, valid_from,
               least(valid_to, stopped_at) AS valid_to
        FROM pricing.promotion WHERE seller_id = $1 ORDER BY id DESC
        """,
        seller_id,
    )
    return [r.promotion() for r in found]


async def load_promotions(tx: Tx, now: datetime, seller_ids: Sequence[str] | None = None) -> list[Promotion]:
    """The promotions in force or to come, for the snapshot of offers. seller_ids None: of every seller."""
    found = await rows(
        tx,
        _Row,
        """
        SELECT id, seller_id, funder_id, name, kind, rule, offers, priority, alone, valid_from, valid_to
        FROM pricing.promotion
        WHERE stopped_at IS NULL AND valid_to > $1 AND ($2::text[] IS NULL OR seller_id = ANY ($2))
        ORDER BY seller_id, id
        """,
        now,
        None if seller_ids is None else list(seller_ids),
    )
    return [r.promotion() for r in found]


class PriceAt(msgspec.Struct, frozen=True):
    """A price and when: of a sale made (deals), or since when it was asked (posted prices)."""

    at: datetime
    price: int


class WasLaw(msgspec.Struct, frozen=True):
    """Which earlier price a reduction may be compared with: the lowest of `days`, of deals made or of prices
    posted."""

    days: int
    posted: bool
    source: str


CHINA = WasLaw(
    7,
    posted=False,
    source="Provisions on Clearly Marked Prices and Prohibiting Price Fraud (SAMR Order 56, 2022), art. 16: "
    "the lowest deal in the same place in the seven days before; no deal then: the last one before",
)
EUROPE = WasLaw(
    30,
    posted=True,
    source="Directive 98/6/EC, art. 6a (inserted by Directive (EU) 2019/2161): "
    "the lowest price applied in the 30 days before",
)


def reference_price(history: Sequence[PriceAt], began: datetime, law: WasLaw = CHINA) -> int | None:
    """The highest price a reduction that began then may be compared with; None: no earlier price may be shown
    at all.

    history: in any order; under CHINA the deals at this place, under EUROPE each price from when it was
    asked.
    """
    earlier = sorted((p for p in history if p.at < began), key=lambda p: p.at)
    opens = began - timedelta(days=law.days)
    inside = [p.price for p in earlier if p.at >= opens]
    before = [p for p in earlier if p.at < opens]
    if law.posted and before:
        inside.append(before[-1].price)  # still asked when the window opened
    if inside:
        return min(inside)
    if not before:
        return None
    last = before[-1].at
    return min(p.price for p in before if p.at == last)
