"""A traveller's refund form as the shop, the traveller and the customs see it: one paper on three surfaces."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

import segno
from markupsafe import Markup

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.tax_refunds import PORTS, Advance, Form, Traveller

Line = policy.departures.Line


class Paper(NamedTuple):
    """A form with all its page shows. qr: as SVG; left: days until the goods must have left, or the promise is due; ports by name."""

    form: Form
    lines: list[Line]
    traveller: Traveller | None
    shop: Words
    advance: Advance | None
    qr: Markup
    left: int
    ports: dict[str, Words]


async def paper(market: Market, tx: Tx, form: Form, now: datetime) -> Paper:
    """Everything about a form."""
    shops = await parties.businesses.businesses(tx, [form.shop_id])
    advance = await policy.advances.latest(tx, form.id)
    until = advance.leaves_on if advance is not None and advance.state == "advanced" else form.leave_by
    today = now.astimezone(market.tz).date()
    return Paper(
        form,
        await policy.departures.lines(tx, form.id),
        policy.departures.opened(market.seal, form),
        _name(shops.get(form.shop_id)),
        advance,
        drawn(form.spoken),
        (until - today).days,
        {port.en: port for port in PORTS},
    )


def _name(shop: parties.Business | None) -> Words:
    if shop is None:
        return Words()
    return shop.about.name if shop.about.name.en or shop.about.name.zh else Words(shop.name, shop.name)


def drawn(number: str) -> Markup:
    """The code of a form, for the customs' scanner."""
    image = segno.make(f"TRF {number}", micro=False, error="m").svg_inline(border=2, scale=4, omitsize=True)
    return Markup(image)  # noqa: S704 - drawn by us


def hidden(passport: str) -> str:
    """A passport's number, for somebody who has it in hand to compare: its ends."""
    return f"{passport[:2]}***{passport[-3:]}"


def last_promise(
    market: Market, form: Form, programme: policy.Programme | None, now: datetime
) -> date | None:
    """The last day that may be promised for this form; None where nothing is paid at once, or any more."""
    noon = datetime(form.bought_on.year, form.bought_on.month, form.bought_on.day, 12, tzinfo=market.tz)
    rule = programme.rule_on(noon, market.tz) if programme else None
    last = policy.advances.last_day(rule, form.bought_on, form) if rule else None
    return last if last is not None and last >= now.astimezone(market.tz).date() + timedelta(days=0) else None
