"""Goods and promotions for the tests of pricing, with as few words as a test can be read with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from highstreet.kit.text import Words
from highstreet.pricing import ListedPrice, Priced, Promotion, Want, read_rule

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def good(
    offer_id: str,
    price: int,
    *listed: ListedPrice,
    seller: str = "shop",
    tax_bps: int = 1300,
    currency: str = "CNY",
) -> Priced:
    return Priced(offer_id, f"var_{offer_id}", seller, price, listed, tax_bps, currency)


def want(offer_id: str, price: int, quantity: int = 1, *listed: ListedPrice, seller: str = "shop") -> Want:
    return Want(good(offer_id, price, *listed, seller=seller), quantity)


def promotion(
    kind: str,
    rule: Mapping[str, object],
    *offers: str,
    name: str = "",
    seller: str = "shop",
    funder: str = "seller",
    priority: int = 0,
    alone: bool = False,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + DAY,
) -> Promotion:
    name = name or f"{kind} {rule}"
    return Promotion(
        id=f"prm_{name}_{'_'.join(offers)}",
        seller_id=seller,
        funder=funder,
        name=Words(name, name),
        kind=kind,
        rule=read_rule(kind, rule),
        offers=offers,
        priority=priority,
        alone=alone,
        valid_from=begins,
        valid_to=ends,
    )
