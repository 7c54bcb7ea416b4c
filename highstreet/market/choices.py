"""Choices: what a buyer picks besides a quantity (a time, seats, a room, options, a route), checked against the offer, looked up once.

What is found goes into the signed quote, so placing need not look again: a slot and an asset never change what they are, and
whether there is still room is judged where it is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet import inventory, orders, parties
from highstreet.inventory import NotFree, SeatTaken
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.geo import Point, metres
from highstreet.market.format import Format
from highstreet.market.shelf import ForSale
from highstreet.orders import Cohort, Entry
from highstreet.pricing import Priced

ON_PRESCRIPTION = "prescription"  # asked for by what is sold, whatever the format asks
OLD = "old"  # what goes back for it, whatever the format asks: a rule of public money may want it
PERSONAL = ("text", "route")  # kept sealed with the buyer's contact, never with the line
_LONGEST_TEXT = 500
_LONGEST_BRAND = 40
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_AHEAD = timedelta(days=366)  # whoever books for longer keeps a thing from everybody else


class Take(msgspec.Struct, frozen=True, array_like=True):
    """What is set aside besides the offer's stock: a slot of a supply, or an asset for a period."""

    kind: str
    target_id: int
    quantity: int
    period: str | None = None


class Picked(msgspec.Struct, frozen=True):
    """What the choices of one line stand for: what they take, when that is, and whose cohort it joins."""

    takes: list[Take] = []
    period: tuple[datetime, datetime] | None = None
    cohort: Cohort | None = None


NOTHING = Picked()


class NothingOpen(Refusal):
    """Nobody gathers for this now."""

    code = "nothing_open"
    en = "Nothing is open for this at the moment; please look again later."
    zh = "目前没有正在进行的活动，请稍后再看。"


class TooFar(Refusal):
    """The place does not deliver, or fetch, that far."""

    code = "too_far"
    status = 422
    en = "{km} km is farther than this shop delivers."
    zh = "距离 {km} 公里，超出该店配送范围。"


def choose(one: Format, goods: ForSale, entry: Entry) -> Entry:
    """The entry with its choice checked for what the format asks; the quantity follows the choice where that says how many.

    Errors: Malformed, naming what is missing or does not fit; TooFar for a way that begins beyond the place's reach; PrescriptionNeeded.
    """
    if goods.rx is None and not one.hints.asks and not entry.choice:
        return entry
    kept: dict[str, Any] = {}
    if goods.rx is not None:
        number = entry.choice.get(ON_PRESCRIPTION)
        if not isinstance(number, str) or not number or "\x00" in number:
            raise parties.errors.PrescriptionNeeded(
                title=goods.title.get("en") or goods.title.get("zh", ""),
                title_zh=goods.title.get("zh") or goods.title.get("en", ""),
            )
        kept[ON_PRESCRIPTION] = number
    if one.promise == "stock" and entry.choice.get(OLD):
        kept[OLD] = _old(entry.choice[OLD])
    quantity = entry.quantity
    for ask in one.hints.asks:
        if ask.kind == "seats" and not goods.terms.get("hall"):
            continue
        if entry.choice.get(ask.kind) in (None, "", {}, []):
            raise Malformed(ask.kind, "please choose", "请选择")
        terms = {**goods.terms, "currency": goods.priced.currency}
        kept[ask.kind] = _CHECKS[ask.kind](entry.choice[ask.kind], terms)
        if ask.kind == "route":
            _within_reach(goods, Point(*kept["route"]["from"]))
        if ask.steps is not None:
            quantity = ask.steps(kept[ask.kind], goods.terms)
            if quantity < 1:
                raise Malformed(ask.kind, "is too short", "时间太短")
    if one.decided == "cohort" and isinstance(entry.choice.get("cohort"), str):
        kept["cohort"] = entry.choice["cohort"]
    return Entry(entry.offer, quantity, kept)


def with_options(goods: ForSale, choice: dict[str, Any]) -> Priced:
    """The offer's prices with what the chosen options cost on top, per step."""
    extra = sum(goods.terms["options"][option][value] for option, value in choice.get("options", {}).items())
    if choice.get("seats"):
        extra += hall_of(goods).seats[choice["seats"][0]].extra
    if not extra:
        return goods.priced
    listed = tuple(msgspec.structs.replace(one, price=one.price + extra) for one in goods.priced.prices)
    return msgspec.structs.replace(goods.priced, list_price=goods.priced.list_price + extra, prices=listed)


async def look_up(tx: Tx, one: Format, goods: ForSale, entry: Entry, now: datetime) -> Picked:
    """What an entry's choice stands for. Errors: NotFree (taken, over, or not of this offer), NothingOpen."""
    takes: list[Take] = []
    period = None
    cohort = None
    if one.decided == "cohort":
        cohort = await orders.cohorts.joinable(tx, goods.id, now, entry.choice.get("cohort"))
        if cohort is None:
            raise NothingOpen
        if one.promise == "run":
            takes.append(Take("supply", int(cohort.terms["supply"]), entry.quantity))
    if "slot" in entry.choice:
        slot = await inventory.slots.find(
            tx, entry.choice["slot"], goods.place.id, (goods.variant_id, str(goods.terms.get("slots_of", "")))
        )
        if slot is None or slot.starts <= now:
            raise NotFree
        period = (slot.starts, slot.ends)
        takes.append(Take("supply", slot.id, entry.quantity if one.promise == "slot" else 1))
        if "seats" in entry.choice and await inventory.seats.taken(tx, slot.id) & set(entry.choice["seats"]):
            raise SeatTaken
    if "period" in entry.choice:
        starts, ends = (datetime.fromisoformat(entry.choice["period"][end]) for end in ("from", "to"))
        if starts < now.replace(hour=0, minute=0, second=0, microsecond=0):
            raise NotFree
        if ends > now + _AHEAD:
            raise Malformed("period", "must end within a year", "须在一年之内")
        free = await inventory.assets.free_between(tx, goods.variant_id, goods.place.id, starts, ends)
        if not free:
            raise NotFree
        period = (starts, ends)
        takes.append(Take("asset", free[0].id, 1, f"[{starts.isoformat()},{ends.isoformat()})"))
    return Picked(takes, period, cohort)


def _slot(value: Any, _terms: dict[str, Any]) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Malformed("slot", "please choose a time from the list", "请从列表中选择时间") from None


def hall_of(goods: ForSale) -> inventory.halls.Hall:
    """The hall an offer states. Errors: Malformed."""
    return inventory.halls.read(str(goods.terms["hall"]), goods.priced.currency)


def _seats(value: Any, terms: dict[str, Any]) -> list[str]:
    wanted = value.split(",") if isinstance(value, str) else value
    most = inventory.halls.MOST_TOGETHER
    if (
        not isinstance(wanted, list)
        or not 0 < len(wanted) <= most
        or not all(isinstance(s, str) for s in wanted)
    ):
        raise Malformed("seats", f"choose 1 to {most} seats", f"请选择 1 至 {most} 个座位")
    known = inventory.halls.read(str(terms["hall"]), str(terms["currency"])).seats
    if len(set(wanted)) < len(wanted) or any(label not in known for label in wanted):
        raise Malformed("seats", "names a seat this hall has not", "没有这个座位")
    if len({known[label].extra for label in wanted}) > 1:
        raise Malformed("seats", "of different prices are two orders", "不同票价的座位请分开下单")
    return sorted(wanted, key=list(known).index)


def _period(value: Any, _terms: dict[str, Any]) -> dict[str, str]:
    try:
        starts, ends = datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"])
        if starts >= ends or starts.tzinfo is None or ends.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError, KeyError):
        raise Malformed(
            "period", "needs a beginning and a later end, with a time zone", "需要起止时间，且结束晚于开始"
        ) from None
    return {"from": starts.isoformat(), "to": ends.isoformat()}


def _options(value: Any, terms: dict[str, Any]) -> dict[str, str]:
    offered: dict[str, dict[str, int]] = terms.get("options", {})
    if not isinstance(value, dict) or set(value) != set(offered):
        raise Malformed(
            "options", "choose one of each: " + ", ".join(offered), "请逐项选择：" + "、".join(offered)
        )
    for option, picked in value.items():
        if not isinstance(picked, str) or picked not in offered[option]:
            raise Malformed(option, "is not offered so", "没有这个选项")
    for rule in terms.get("never", []):
        if all(value.get(option) == picked for option, picked in rule.items()):
            together = " + ".join(str(picked) for picked in rule.values())
            raise Malformed("options", f"{together} do not go together", f"{together} 不能同时选择")
    return value


def _answers(value: Any, terms: dict[str, Any]) -> dict[str, str]:
    asked: dict[str, dict[str, int]] = terms.get("answers", {})
    if not isinstance(value, dict) or set(value) != set(asked):
        raise Malformed("answers", "please answer every question", "请回答所有问题")
    for question, answer in value.items():
        if not isinstance(answer, str) or answer not in asked[question]:
            raise Malformed(question, "is not one of the answers", "不是可选的答案")
    return value


def _route(value: Any, _terms: dict[str, Any]) -> dict[str, Any]:
    try:
        route = msgspec.convert(
            {end: {"lat": value[end][0], "lon": value[end][1]} for end in ("from", "to")}, dict[str, Point]
        )
        if any(not (-90 <= one.lat <= 90 and -180 <= one.lon <= 180) for one in route.values()):
            raise ValueError
    except (TypeError, ValueError, KeyError, IndexError, msgspec.ValidationError):
        raise Malformed("route", "needs where from and where to", "需要起点和终点") from None
    return {end: [point.lat, point.lon] for end, point in route.items()}


def _within_reach(goods: ForSale, begins: Point) -> None:
    """Whoever drives comes from the place: where a way begins is within its reach, wherever it leads."""
    away = metres(goods.place.point, begins)
    if away > goods.place.reach_m:
        raise TooFar(km=round(away / 1000, 1))


def _old(value: Any) -> dict[str, Any]:
    """What is handed over: its kind, whose make, whether it works."""
    told: dict[str, Any] = value if isinstance(value, dict) else {}
    kind, brand = told.get("kind"), told.get("brand", "")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise Malformed("old", "say what is handed over", "请填写交回的旧品")
    if not isinstance(brand, str) or len(brand) > _LONGEST_BRAND or not (brand.isprintable() or not brand):
        raise Malformed(
            "old", f"a make has at most {_LONGEST_BRAND} letters", f"品牌最多 {_LONGEST_BRAND} 字"
        )
    return {"kind": kind, "brand": brand.strip(), "works": told.get("works") in (True, "yes")}


def _text(value: Any, _terms: dict[str, Any]) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT or "\x00" in value:
        raise Malformed("text", f"needs 1 to {_LONGEST_TEXT} characters", f"需要 1 至 {_LONGEST_TEXT} 个字")
    return value.strip()


_CHECKS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "slot": _slot,
    "seats": _seats,
    "period": _period,
    "options": _options,
    "answers": _answers,
    "route": _route,
    "text": _text,
}
