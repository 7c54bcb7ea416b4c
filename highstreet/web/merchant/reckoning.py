"""What a promotion would do: the rule a form says, tried on a likely basket of the shop's own goods."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from highstreet.kit.errors import Refusal
from highstreet.market.views import goods as views
from highstreet.pricing import Priced, Promotion, Want, price_lines, read_rule
from highstreet.web.merchant.desk import Desk
from highstreet.web.merchant.filled import Filled


def rule_of(desk: Desk, f: Filled, kind: str) -> dict[str, object]:
    """What the form says, as pricing reads it; faults are noted at their fields."""
    currency = desk.market.currency
    match kind:
        case "percent":
            return {"bps": f.share("percent") or 0}
        case "amount":
            return {"off": f.money("off", currency) or 0}
        case "spend":
            each = {"each": True} if f.value("each") else {}
            return {"spend": f.money("spend", currency) or 0, "off": f.money("off", currency) or 0, **each}
        case "buy_n":
            return {
                "n": f.whole("n", least=2, most=1000) or 0,
                "free": f.whole("free", least=1, most=999) or 0,
            }
        case _:
            return {"price": f.money("price", currency) or 0}


class Example(msgspec.Struct, frozen=True):
    """What a basket would cost: its lines as (offer, pieces, before, after), and both sums."""

    lines: list[tuple[views.OfferRow, int, int, int]]
    before: int
    after: int


def example_of(desk: Desk, f: Filled, kind: str, offers: list[views.OfferRow]) -> Example | None:
    """The promotion tried on a likely basket of this shop's own goods; None while it says nothing yet."""
    each = list({one.item_id: one for one in reversed(offers)}.values())
    named = [one for one in offers if one.id in f.all("offers")] or ([] if kind == "bundle" else each)
    quiet = Filled(
        desk.lang,
        f.form,
        {name: f.value(name) for name in ("percent", "off", "spend", "each", "n", "free", "price")},
    )
    try:
        rule = read_rule(kind, rule_of(desk, quiet, kind))
    except Refusal:
        return None
    if not quiet.ok or not named or (kind == "bundle" and len(named) < 2):
        return None
    pieces = rule.n if kind == "buy_n" else 1
    if kind == "spend":
        pieces = -(-rule.spend // max(1, sum(one.price for one in named[:3])))
    taken = [
        (one, min(max(pieces, 1), 99))
        for one in (named if kind == "bundle" else named[:1] if kind == "buy_n" else named[:3])
    ]
    wants = [Want(Priced(o.id, o.variant_id, desk.id, o.price, (), 0, o.currency), n) for o, n in taken]
    now = desk.visitor.now
    promotion = Promotion(
        "prm_example",
        desk.id,
        "seller",
        f.words("name"),
        kind,
        rule,
        tuple(f.all("offers")),
        0,
        False,
        now,
        now + timedelta(days=1),
    )
    priced = price_lines(wants, [promotion], "online", now)
    lines = [(o, n, o.price * n, line.paid) for (o, n), line in zip(taken, priced, strict=True)]
    return Example(lines, sum(line[2] for line in lines), sum(line[3] for line in lines))
