"""Official statistics of what is consumed in the town, by the definitions of the National Bureau of Statistics, pure and explained.

Total retail sales of consumer goods: physical goods sold directly to individuals and social groups for other than production and
business, plus catering income; whatever of the price public money paid is part of the price. Online retail sales: goods and services
sold through a public trading platform. Source: NBS explanation of main indicators; share of physical goods online in the total.
A figure of fewer than three sellers or five buyers is not shown, nor one from which it could be reckoned.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from weakref import WeakKeyDictionary

import msgspec

from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views import statistics as views
from highstreet.market.views.statistics import Sold

LEAST_SELLERS, LEAST_BUYERS = 3, 5
RETAIL = ("goods", "catering")
ONLINE = ("goods", "catering", "services", "digital")
# What is paid through orders and is no retail sale of consumer goods: each with the reason that the page gives.
EXCLUDED: dict[str, tuple[Words, Words]] = {
    "services": (
        Words("Services other than catering", "餐饮以外的服务"),
        Words("The total counts goods and catering income only.", "社零总额只统计商品零售和餐饮收入。"),
    ),
    "digital": (
        Words("Digital content", "数字内容"),
        Words("Not a physical good; it counts as online retail sales.", "非实物商品，计入网上零售额。"),
    ),
    "business": (
        Words("Bought by businesses", "企业购买"),
        Words(
            "For production or to be sold again; schools and clinics are social groups and count.",
            "用于生产经营或转售；学校、诊所等社会集团计入总额。"),
    ),
    "delivery": (
        Words("Delivery fees", "配送费"),
        Words("Carriage is a service of transport.", "属于运输服务。"),
    ),
    "deposit": (
        Words("Deposits", "押金"),
        Words("Money held until something comes back; what is kept of it makes good damage.", "归还前暂存的款项，扣留部分为损失赔偿。"),
    ),
    "cap": (
        Words("Laid out for somebody else", "代购垫付"),
        Words("The shop where it was bought counts the sale.", "由实际销售的商店统计。"),
    ),
    "buyback": (
        Words("Paid for old things", "旧物回收"),
        Words("Buyers sold to the shop here: no sale to a consumer.", "消费者向商家出售，不是对消费者的零售。"),
    ),
    "kept": (
        Words("Kept of orders that came to nothing", "未成交订单的扣款"),
        Words("Agreed for calling off late or not coming; nothing was sold.", "逾期取消或未到的约定扣款，没有商品售出。"),
    ),
    "under_way": (
        Words("Paid, not handed over yet", "已付款未交付"),
        Words("Counts once it is handed over.", "交付后计入。"),
    ),
    "other": (Words("Other purposes", "其他用途"), Words("Not the price of goods.", "不是商品价款。")),
}  # fmt: skip


class Cell(msgspec.Struct, frozen=True):
    """An amount, and who it is of: so many of them as it takes to be shown."""

    amount: int = 0
    sellers: frozenset[str] = frozenset()
    buyers: frozenset[str] = frozenset()

    def plus(self, other: Cell) -> Cell:
        return Cell(self.amount + other.amount, self.sellers | other.sellers, self.buyers | other.buyers)

    @property
    def shown(self) -> bool:
        """Nobody can be told by it: of enough sellers and buyers, or of nobody at all."""
        if not self.sellers:
            return True
        return len(self.sellers) >= LEAST_SELLERS and len(self.buyers) >= LEAST_BUYERS


class Shown(msgspec.Struct, frozen=True):
    """Parts of a sum that is shown too. None is withheld; `withheld` is what the withheld parts are together."""

    parts: dict[str, int | None]
    withheld: int = 0


class Report(msgspec.Struct, frozen=True):
    """The figures of a year (or of what there is of it), in minor units; None is withheld. share: in tenths of a percent.

    retail: total retail sales of consumer goods; online: online retail sales; physical: physical goods online.
    months, kinds, areas: of the retail sales; excluded: what is not in them, by bucket; paid: both together, as the ledger has it.
    """

    year: int
    currency: str
    retail: int | None
    online: int | None
    physical: int | None
    share: int | None
    months: Shown
    months_online: dict[str, int | None]
    kinds: Shown
    areas: Shown
    excluded: Shown
    paid: int | None


def share_of(part: int, whole: int) -> int | None:
    """In tenths of a percent, rounded half up; None of nothing."""
    return (2_000 * part + whole) // (2 * whole) if whole > 0 else None


def withhold(cells: Mapping[str, Cell]) -> Shown:
    """Which parts of a shown sum may be shown beside it. Too small ones are withheld, and as many more as it takes for nobody to reckon
    a single one from the rest: the smallest first.
    """
    hidden = {name for name, cell in cells.items() if not cell.shown}
    rest = sorted(
        (name for name in cells if name not in hidden and cells[name].sellers),
        key=lambda n: (abs(cells[n].amount), n),
    )
    while hidden and rest and not _sum(cells[name] for name in hidden).shown:
        hidden.add(rest.pop(0))
    if len(hidden) == 1 and rest:
        hidden.add(rest.pop(0))
    parts = {name: None if name in hidden else cell.amount for name, cell in cells.items()}
    return Shown(parts, sum(cells[name].amount for name in hidden))  # fmt: skip


def _sum(cells: Iterable[Cell]) -> Cell:
    total = Cell()
    for cell in cells:
        total = total.plus(cell)
    return total


def reckon(year: int, currency: str, found: Iterable[Sold]) -> Report:
    """The report of a year from what was sold in it."""
    cells: dict[tuple[str, str], Cell] = {}

    def add(family: str, name: str, cell: Cell) -> None:
        cells[family, name] = cells.get((family, name), Cell()).plus(cell)

    for month in range(1, 13):
        add("months", f"{year}-{month:02}", Cell())
    for name in EXCLUDED:
        add("excluded", name, Cell())
    for one in found:
        cell = Cell(one.amount, frozenset(one.sellers), frozenset(one.buyers))
        add("all", "paid", cell)
        retail = one.bucket in RETAIL
        add("retail" if retail else "excluded", one.bucket, cell)
        physical = one.bucket == "goods" and one.online
        if retail:
            add("months", f"{one.month:%Y-%m}", cell)
            add("kinds", one.root, cell)
            add("areas", "rural" if one.rural else "urban", cell)
            add("ways", "physical" if physical else "rest", cell)
            add(f"month {one.month:%Y-%m}", "physical" if physical else "rest", cell)
        if one.online and one.bucket in ONLINE:
            add("online", "physical" if physical else "rest", cell)

    def family(name: str) -> dict[str, Cell]:
        return {key: cell for (of, key), cell in cells.items() if of == name}

    retail, online = _sum(family("retail").values()), _sum(family("online").values())
    part = cells.get(("ways", "physical"), Cell())
    tells = [withhold(family(name)).parts.get("physical", 0) for name in ("ways", "online")]
    physical = None if None in tells or not part.shown else part.amount
    paid = withhold({"retail": retail, "excluded": _sum(family("excluded").values())})
    shown = retail.shown
    months = {key: withhold(family(f"month {key}")).parts.get("physical", 0) for key in family("months")}
    by_month = withhold(family("months"))
    return Report(
        year, currency, retail.amount if shown else None, online.amount if online.shown else None, physical,
        None if physical is None or not shown else share_of(physical, retail.amount),
        by_month,
        {key: None if by_month.parts[key] is None else value for key, value in months.items()},
        withhold(family("kinds")),
        withhold(family("areas")),
        withhold(family("excluded")) if None not in paid.parts.values() else Shown(dict.fromkeys(EXCLUDED)),
        cells.get(("all", "paid"), Cell()).amount if None not in paid.parts.values() else None,
    )  # fmt: skip


async def report(market: Market, tx: Tx, year: int) -> Report:
    """The report of a calendar year in the town's time zone."""
    in_person = sorted({one.name for one in market.formats.values() if one.in_person})
    found = await views.sold(
        tx, date(year, 1, 1), date(year + 1, 1, 1), market.currency, market.tz, in_person, LEAST_SELLERS, LEAST_BUYERS
    )  # fmt: skip
    return reckon(year, market.currency, found)


_KEPT: WeakKeyDictionary[Market, dict[int, tuple[datetime, Report]]] = WeakKeyDictionary()
_KEPT_FOR = timedelta(minutes=1)


async def report_of(market: Market, year: int, now: datetime) -> Report:
    """The report anybody may ask for, at most a minute old: reading a year of a large market takes about a second.

    Errors: NotFound for a year that is not between 2000 and this one.
    """
    if not 2000 <= year <= year_of(now, market.tz):
        raise NotFound("year")
    kept = _KEPT.setdefault(market, {})
    at, found = kept.get(year, (None, None))
    if found is None or at is None or now - at >= _KEPT_FOR:
        async with market.db.read(snapshot=True) as tx:
            found = await report(market, tx, year)
        kept[year] = (now, found)
    return found


def year_of(now: datetime, tz: tzinfo) -> int:
    """The calendar year it is in the town."""
    return now.astimezone(tz).year


def as_csv(one: Report) -> str:
    """The same figures as rows: figure, part, amount in units of the currency; empty where it is withheld."""
    sheet = io.StringIO()
    out = csv.writer(sheet, lineterminator="\n")

    def put(figure: str, part: str, amount: int | None) -> None:
        out.writerow([figure, part, one.currency, "" if amount is None else plain(amount, one.currency)])

    out.writerow(["figure", "part", "currency", "amount"])
    put("retail sales of consumer goods", str(one.year), one.retail)
    put("online retail sales", str(one.year), one.online)
    put("physical goods online", str(one.year), one.physical)
    out.writerow(
        [
            "share of physical goods online",
            str(one.year),
            "%",
            "" if one.share is None else f"{one.share / 10:.1f}",
        ]
    )
    for figure, shown in (
        ("month", one.months),
        ("kind", one.kinds),
        ("area", one.areas),
        ("excluded", one.excluded),
    ):
        for part, amount in shown.parts.items():
            put(figure, part, amount)
        put(figure, "withheld", shown.withheld)
    put("paid through orders", str(one.year), one.paid)
    return sheet.getvalue()
