"""Paying by instalments: every term of every plan stands on the page before the yes, and the yes is an act of its own."""

from __future__ import annotations

from typing import Any

from litestar import Response

from highstreet import ledger
from highstreet.kit.errors import Malformed
from highstreet.market import instalments
from highstreet.market.desk import Market
from highstreet.market.instalments import Agreed, Reach
from highstreet.market.quote import Quote
from highstreet.web.frame import Form, Visitor, say, show

# What the checkout form was filled in with: it goes through the page of terms and comes back.
_FILLED = ("quote", "key", "name", "phone", "email", "address", "note", "method", "agree")


async def loans_for(market: Market, visitor: Visitor, quote: Quote) -> list[dict[str, Any]]:
    """Whoever lends what the basket costs, as ways to pay."""
    found = await instalments.lenders(market, quote)
    return [way_of(visitor, name, reach) for name, reach in found.items()]


def way_of(visitor: Visitor, name: str, reach: Reach) -> dict[str, Any]:
    """Instalments as one of the ways to pay."""
    months = ", ".join(str(one) for one in reach.months)
    note = say(visitor, "%(months)s months. You see all of it first.", months=months)
    return {
        "value": name,
        "text": say(visitor, "By instalments"),
        "note": note,
        "icon": "calendar",
        "off": False,
    }


async def agreed(market: Market, visitor: Visitor, quote: Quote, form: Form) -> Agreed | Response[str]:
    """The yes that came with the form; without one, or when it is none, the page of terms. Errors: NotLent, LenderAway, SheetNotTrue."""
    if form.get("step") != "terms":
        return await _terms(market, visitor, quote, form, {})
    wrong: dict[str, str] = {}
    if not form.get("sheet"):
        wrong["sheet"] = say(visitor, "Please choose how many months.")
    if form.get("loan") != "1":
        wrong["loan"] = say(visitor, "A loan begins only when you have agreed to its terms.")
    try:
        if not wrong:
            return instalments.agree(
                market, form.get("method"), quote, form.get("sheet"), visitor.now,
                yes=True, born=form.get("born"), lang=visitor.lang,
            )  # fmt: skip
    except Malformed:
        wrong["born"] = say(visitor, "Please give your date of birth.")
    except ledger.instalments.TooYoung as young:
        wrong["born"] = young.sentence(visitor.lang)
    except (ledger.instalments.SheetExpired, ledger.instalments.SheetUnknown) as old:
        return await _terms(market, visitor, quote, form, {}, old.status, old.sentence(visitor.lang))
    return await _terms(market, visitor, quote, form, wrong, 422)


async def _terms(
    market: Market,
    visitor: Visitor,
    quote: Quote,
    form: Form,
    wrong: dict[str, str],
    status: int = 200,
    refused: str = "",
) -> Response[str]:
    sheets = await instalments.sheets(market, form.get("method"), quote)
    return show(
        visitor,
        "shop/instalments.html",
        status=status,
        sheets=sheets,
        first=sheets[0],
        chosen=_months(market, form),
        words=instalments.wording,
        filled={name: form.get(name) for name in _FILLED},
        born=form.get("born")[:10],
        wrong=wrong,
        refused=refused,
    )


def _months(market: Market, form: Form) -> int:
    """How many months were chosen before; 0 for none. The sheet of the same months differs by its time."""
    try:
        return market.lenders[form.get("method")].read_sheet(form.get("sheet")).months
    except ledger.instalments.SheetUnknown:
        return 0
