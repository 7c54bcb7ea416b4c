"""Starting and stopping promotions, the rules refused, and the honest price before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from highstreet.kit.db import Database
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words
from highstreet.pricing import (
    CHINA,
    EUROPE,
    NewPromotion,
    PriceAt,
    PromotionOver,
    WrongRule,
    load_promotions,
    promotions_of,
    read_rule,
    reference_price,
    running,
    start,
    stop,
)
from tests.pricing.goods import DAY, NOW

AUTUMN = NewPromotion(
    seller_id="par_shop",
    funder_id="par_shop",
    name=Words("Autumn week", "金秋周"),
    kind="percent",
    rule={"bps": 1000},
    valid_from=NOW - DAY,
    valid_to=NOW + DAY,
)


@pytest.mark.parametrize(
    ("kind", "rule", "field"),
    [
        ("gift", {}, "kind"),
        ("percent", {}, "bps"),
        ("spend", {"spend": 100}, "off"),
        ("percent", {"bps": "1000"}, "rule"),
        ("percent", {"bps": 10.5}, "rule"),
        ("percent", {"bps": True}, "rule"),
        ("percent", {"bps": 1000, "off": 1}, "rule"),
        ("percent", {"bps": 0}, "bps"),
        ("percent", {"bps": 9901}, "bps"),
        ("percent", {"bps": -1}, "bps"),
        ("amount", {"off": 0}, "off"),
        ("amount", {"off": 10**12}, "off"),
        ("spend", {"spend": 0, "off": 1}, "spend"),
        ("spend", {"spend": 100, "off": 101}, "off"),
        ("buy_n", {"n": 1, "free": 1}, "n"),
        ("buy_n", {"n": 3, "free": 3}, "free"),
        ("buy_n", {"n": 3, "free": 0}, "free"),
        ("bundle", {"price": 0}, "price"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(kind: str, rule: Mapping[str, object], field: str) -> None:
    with pytest.raises(WrongRule) as no:
        read_rule(kind, rule)
    assert no.value.values["field"] == field
    assert no.value.status == 422
    assert no.value.sentence("zh")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": Words()}, "name"),
        ({"offers": ("off_tea", "off_tea")}, "offers"),
        ({"offers": tuple(f"off_{n}" for n in range(1001))}, "offers"),
        ({"kind": "bundle", "rule": {"price": 100}, "offers": ("off_tea",)}, "offers"),
        ({"priority": 1001}, "priority"),
        ({"valid_from": NOW + DAY}, "valid_to"),
        ({"valid_from": NOW - 2 * DAY, "valid_to": NOW}, "valid_to"),
        ({"valid_to": (NOW + DAY).replace(tzinfo=None)}, "valid_from"),
    ],
)
async def test_a_promotion_that_cannot_be_is_refused_before_the_database_is_asked(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(WrongRule) as no:
        await start(None, msgspec.structs.replace(AUTUMN, **change), "prs_kim", NOW)  # pyright: ignore[reportArgumentType]
    assert no.value.values["field"] == field


async def put_parties(db: Database, *ids: str) -> None:
    async with db.transaction() as tx:
        await tx.executemany(
            "INSERT INTO parties.party (id, kind, name, created_at) VALUES ($1, 'business', $1, $2)",
            [(party_id, NOW) for party_id in ids],
        )


async def test_a_promotion_runs_from_its_beginning_until_it_is_stopped(db: Database) -> None:
    await put_parties(db, "par_shop", "par_city")
    coming = msgspec.structs.replace(
        AUTUMN,
        kind="spend",
        rule={"spend": 10_000, "off": 2_000},
        funder_id="par_city",
        offers=("off_tea",),
        valid_from=NOW + timedelta(hours=1),
        priority=3,
        alone=True,
    )
    async with db.transaction() as tx:
        autumn = await start(tx, AUTUMN, "prs_kim", NOW)
        spend = await start(tx, coming, "prs_kim", NOW)
    assert (autumn.funder, spend.funder) == ("seller", "par_city")
    async with db.read() as tx:
        assert await running(tx, "par_shop", NOW) == [autumn]
        assert await running(tx, "par_shop", NOW + timedelta(hours=1)) == [spend, autumn]
        assert await load_promotions(tx, NOW) == [autumn, spend]
        assert await load_promotions(tx, NOW, ["par_shop"]) == [autumn, spend]
        assert await load_promotions(tx, NOW, ["par_city"]) == []
        assert await load_promotions(tx, NOW + DAY) == []
    async with db.transaction() as tx:
        await stop(tx, autumn.id, "par_shop", "prs_kim", NOW)
    async with db.read() as tx:
        assert await running(tx, "par_shop", NOW) == []
        assert await load_promotions(tx, NOW) == [spend]
        assert [(p.id, p.valid_to) for p in await promotions_of(tx, "par_shop")] == [
            (spend.id, NOW + DAY),
            (autumn.id, NOW),
        ]
        told = await tx.fetch("SELECT kind, subject FROM kit.fact WHERE by = 'prs_kim' ORDER BY id")
    assert [(r["kind"], r["subject"]) for r in told] == [
        ("promotion.started", autumn.id),
        ("promotion.started", spend.id),
        ("promotion.stopped", autumn.id),
    ]


async def test_only_ones_own_running_promotion_can_be_stopped(db: Database) -> None:
    await put_parties(db, "par_shop", "par_other")
    async with db.transaction() as tx:
        autumn = await start(tx, AUTUMN, "prs_kim", NOW)
    with pytest.raises(NotFound):
        await db.run(stop, autumn.id, "par_other", "prs_kim", NOW)
    with pytest.raises(NotFound):
        await db.run(stop, "prm_none", "par_shop", "prs_kim", NOW)
    with pytest.raises(PromotionOver):
        await db.run(stop, autumn.id, "par_shop", "prs_kim", NOW + DAY)
    await db.run(stop, autumn.id, "par_shop", "prs_kim", NOW)
    with pytest.raises(PromotionOver):
        await db.run(stop, autumn.id, "par_shop", "prs_kim", NOW)


async def test_an_unknown_seller_or_funder_is_refused(db: Database) -> None:
    with pytest.raises(NotFound):
        await db.run(start, AUTUMN, "prs_kim", NOW)


def deals(*given: tuple[float, int]) -> list[PriceAt]:
    return [PriceAt(NOW - timedelta(days=days), price) for days, price in given]


@pytest.mark.parametrize(
    ("history", "china", "europe"),
    [
        (deals(), None, None),
        (deals((1, 900)), 900, 900),
        (deals((0, 100), (-1, 100)), None, None),  # the reduction itself is no earlier price
        (deals((6, 800), (2, 900), (1, 1000)), 800, 800),
        (deals((7, 800), (1, 900)), 800, 800),  # the seventh day counts
        (deals((8, 800), (1, 900)), 900, 800),
        (deals((20, 800), (10, 900)), 900, 800),  # no deal in seven days: the last one before
        (deals((40, 700), (35, 900), (1, 1000)), 1000, 900),  # 900 was still asked when the 30 days opened
        (deals((3, 500), (1, 2000)), 500, 500),  # raised first, then reduced: the raise does not count
        (deals((9, 700), (9, 600)), 600, 600),
    ],
)
def test_a_price_before_is_the_lowest_of_the_days_the_law_names(
    history: list[PriceAt], china: int | None, europe: int | None
) -> None:
    for order in (history, history[::-1]):
        assert reference_price(order, NOW) == reference_price(order, NOW, CHINA) == china
        assert reference_price(order, NOW, EUROPE) == europe
    assert "art. 16" in CHINA.source
    assert "6a" in EUROPE.source
