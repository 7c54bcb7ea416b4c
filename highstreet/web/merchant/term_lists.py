"""Terms that are lists: options and what they cost on top, what never goes together, questions and answers, who else earns.

On the form each is a few rows of fields, `o-0-group`, `o-0-value`, `o-0-money`; a row that says nothing is left out, and a row without
a group belongs to the one above. `more` further rows are drawn when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.money import plain
from highstreet.market.format import Format
from highstreet.market.views.earners import businesses_known
from highstreet.web.merchant.desk import Desk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.hall import hall_said, seated

LISTS = ("options", "answers")
_MOST, _BLANK = 60, 2
_TOGETHER = " · "


def asked(one: Format) -> list[str]:
    """Which lists of choices a format's offers need: `options`, `answers`."""
    return [ask.kind for ask in one.hints.asks if ask.kind in LISTS]


def windows_needed(one: Format) -> bool:
    """Whether the times a buyer chooses from are those of something else: delivery windows, which are no goods themselves."""
    return one.promise != "slot" and any(ask.kind == "slot" for ask in one.hints.asks)


def orders_again(one: Format) -> bool:
    """Whether it orders another offer in a rhythm; which, its terms say."""
    return "rhythm" in one.legs


def rows_of(f: Filled, prefix: str, part: str) -> int:
    """How many rows to draw: those that say something, and two more, or more if asked for."""
    last = max((n for n in range(_MOST) if f.value(f"{prefix}-{n}-{part}")), default=-1)
    wanted = 4 if f.value("do") == f"more-{prefix}" or (last < 0 and prefix in LISTS) else _BLANK
    return min(last + 1 + wanted, _MOST)


def read_lists(f: Filled, one: Format, currency: str, known: Mapping[str, str]) -> dict[str, Any]:
    """What the form says of them, faults noted at their rows. `known`: who may be named, party by the name one types."""
    said: dict[str, Any] = {kind: _groups(f, kind, currency) for kind in asked(one)}
    said |= {"never": never} if (never := _never(f, said.get("options", {}))) else {}
    for name, wanted in (("slots_of", windows_needed(one)), ("of", orders_again(one))):
        if wanted and f.value(name):
            said[name] = f.value(name)
    if seated(one) and hall_said(f, currency) is not None:
        said["hall"] = f.value("hall")
    if cuts := _cuts(f, known):
        said["cuts"] = cuts
    return said


def _groups(f: Filled, kind: str, currency: str) -> dict[str, dict[str, int]]:
    groups: dict[str, dict[str, int]] = {}
    group = ""
    for n in range(_MOST):
        group = f.text(f"{kind}-{n}-group", most=60) or group
        value = f.text(f"{kind}-{n}-value", most=60)
        if not value:
            continue
        if not group:
            f.wrong(f"{kind}-{n}-group", "What is it a choice of?", "请填写属于哪一项。")
        money = f"{kind}-{n}-money"
        taken = f.value(money).startswith(("-", "−"))
        quiet = Filled(f.lang, start={money: f.value(money).lstrip("-−")})
        amount = quiet.money(money, currency, required=False) or 0
        for name, wrong in quiet.errors.items():
            f.wrong(name, wrong, wrong)
        if taken and kind == "options":
            f.wrong(money, "Options cost nothing or more.", "选项加价不能为负数。")
        groups.setdefault(group, {})[value] = -amount if taken else amount
    return groups


def _never(f: Filled, options: Mapping[str, Mapping[str, int]]) -> list[dict[str, str]]:
    pairs: list[dict[str, str]] = []
    for n in range(_MOST):
        told = [f.value(f"never-{n}-{side}").split(_TOGETHER, 1) for side in ("one", "other")]
        if all(len(each) == 2 and each[1] in options.get(each[0], {}) for each in told):
            if told[0][0] == told[1][0]:
                f.wrong(f"never-{n}-one", "Choose of two different groups.", "请选择两组不同的选项。")
            pairs.append({each[0]: each[1] for each in told})
    return pairs


def pairs_of(groups: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Every choice of every group, as a list to choose from."""
    told = [group + _TOGETHER + value for group, values in groups.items() for value in values]
    return [("", ""), *((text, text) for text in told)]


def _cuts(f: Filled, known: Mapping[str, str]) -> list[dict[str, Any]]:
    cuts: list[dict[str, Any]] = []
    for n in range(_MOST):
        who = f.text(f"cuts-{n}-who", most=120)
        if not who:
            continue
        party = known.get(who.casefold())
        if party is None:
            f.wrong(f"cuts-{n}-who", "Choose a name from the list.", "请从列表中选择名称。")
        bps = f.share(f"cuts-{n}-share", least=1, most=9_900)
        cuts.append({"role": f.value(f"cuts-{n}-role"), "party": party or "", "bps": bps or 0})
    return cuts


async def names_to_choose(tx: Tx, desk: Desk) -> dict[str, str]:
    """Who may be named as earning too, by the name one types: the businesses of the town, and whoever works here."""
    staff = [one.person_id for one in await parties.roles.staff_of(tx, desk.id)]
    found = await parties.people.names(tx, desk.market.seal, staff)
    told = {name: party for party, name in found.items()}
    for party, names in await businesses_known(tx):
        told |= {name: party for name in names if party != desk.id}
    return told


def by_name(names: Mapping[str, str]) -> dict[str, str]:
    """The same, however the letters are written."""
    return {name.casefold(): party for name, party in names.items()}


def start_of(terms: Mapping[str, Any], currency: str, names: Mapping[str, str]) -> dict[str, str]:
    """The rows as an offer states them."""
    start = {name: str(terms.get(name, "")) for name in ("slots_of", "of", "hall")}
    for kind in LISTS:
        rows = [(g, v, money) for g, values in terms.get(kind, {}).items() for v, money in values.items()]
        for n, (group, value, amount) in enumerate(rows):
            sign = "-" if amount < 0 else ""
            money = sign + plain(abs(amount), currency) if amount else ""
            start |= {f"{kind}-{n}-group": group, f"{kind}-{n}-value": value, f"{kind}-{n}-money": money}
    for n, rule in enumerate(terms.get("never", [])):
        for side, (group, value) in zip(("one", "other"), rule.items(), strict=False):
            start[f"never-{n}-{side}"] = group + _TOGETHER + value
    named: dict[str, str] = {}
    for name, party in names.items():
        named.setdefault(party, name)
    for n, cut in enumerate(terms.get("cuts", [])):
        share = f"{Decimal(cut['bps']) / 100:f}"
        who = named.get(str(cut["party"]), "")
        start |= {f"cuts-{n}-role": str(cut["role"]), f"cuts-{n}-who": who, f"cuts-{n}-share": share}
    return start
