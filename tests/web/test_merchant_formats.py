"""What a format asks of its seller: its own questions, its licence, room by time, single things, groups; and nothing of anybody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from highstreet import orders, parties
from highstreet.kit.text import Words
from highstreet.market import gather
from highstreet.market.format import Format
from tests.web.merchant_desk import Clerk, Desk, open_desk

NAMED = {"title_en": "One of ours", "title_zh": "自家的", "unit-0": "piece", "step-0": "1", "variants": "1"}


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def wu(desk: Desk) -> Clerk:
    return await desk.sit("wu")


def one_that(desk: Desk, **wanted: Any) -> Format:
    """A format of the market by what it does, so that no test depends on its name."""
    for one in desk.market.formats.values():
        asks = {ask.kind for ask in one.hints.asks}
        if all(
            value in asks
            if name == "asks"
            else value in getattr(one.hints, name)
            if name == "gathers"
            else getattr(one, name) == value
            for name, value in wanted.items()
        ):
            return one
    raise LookupError(wanted)


async def variant_of(wu: Clerk, sku: str, sells: str, category: str = "food.bakery") -> str:
    """Something described at the desk; the identifier of its one variant."""
    await wu.send("/merchant/goods/new", NAMED | {"category": category, "sells": sells, "sku-0": sku})
    assert wu.status == 200, wu.text
    return wu.find(r'name="variant-0" value="(var_[^"]+)"')


async def offered(desk: Desk, wu: Clerk, one: Format, sku: str, **more: str) -> str:
    """An offer of something new in a format; its identifier."""
    variant = await variant_of(wu, sku, one.sells[0])
    form = {
        "variant": variant,
        "format": one.name,
        "place": desk.town.places["bakery"],
        "price": "100",
        "do": "open",
    }
    await wu.send("/merchant/offers/new", form | more)
    assert wu.status == 200, wu.text
    return wu.path.rpartition("/")[2]


async def licensed(desk: Desk, kind: str) -> None:
    """The bakery holds a licence, reviewed and in force."""
    now = desk.market.clock()
    async with desk.market.db.transaction() as tx:
        shown: Any = kind
        licence = await parties.licences.show(
            tx,
            desk.town.sellers["bakery"],
            shown,
            f"L-{kind}",
            "the city",
            date(2026, 1, 1),
            date(2027, 12, 31),
            None,
            now,
        )
        await parties.licences.review(tx, licence, True, desk.town.people["shen"], "", now)


async def test_every_format_asks_its_own_questions_and_no_other(desk: Desk, wu: Clerk) -> None:
    variants = {
        sells: await variant_of(wu, f"Q-{sells}", sells) for sells in ("goods", "service", "digital", "use")
    }
    for one in desk.market.formats.values():
        page = await wu.get(
            f"/merchant/offers/new?variant={variants[one.sells[0]]}&format={one.name}&price=10",
            **{"hx-request": "true"},
        )
        assert wu.status == 200, one.name
        assert set(re.findall(r'name="t-(\w+)"', page)) == {term.name for term in one.hints.terms}, one.name
        assert "None" not in re.sub(r"<[^>]+>", "", page), one.name
        for kind in ("options", "answers"):
            assert (f'name="{kind}-0-value"' in page) == (kind in {ask.kind for ask in one.hints.asks}), (
                one.name
            )


async def test_a_part_is_typed_in_percent_and_kept_exactly(desk: Desk, wu: Clerk) -> None:
    one = next(
        f for f in desk.market.formats.values() if any(t.share for t in f.hints.terms) and f.licence is None
    )
    term = next(t for t in one.hints.terms if t.share)
    offer = await offered(desk, wu, one, "PCT", **{f"t-{term.name}": "12.5"})
    kept = await desk.value("SELECT terms FROM catalog.offer WHERE id = $1", offer)
    assert kept[term.name] == 1250
    page = await wu.get(f"/merchant/offers/{offer}")
    assert f'value="12.5" id="f-t-{term.name}"' in page
    page = await wu.send(f"/merchant/offers/{offer}", {"price": "100", f"t-{term.name}": "1200"})
    assert (wu.status, "A percentage from 0 to" in page) == (422, True)


async def test_options_are_rows_with_what_they_cost_and_what_never_goes_together(
    desk: Desk, wu: Clerk
) -> None:
    one = one_that(desk, asks="options", licence=None)
    rows = {
        "options-0-group": "Size", "options-0-value": "M", "options-1-value": "XL", "options-1-money": "5",
        "options-2-group": "Colour", "options-2-value": "red", "options-3-value": "blue",
        "never-0-one": "Size · XL", "never-0-other": "Colour · red",
    }  # fmt: skip
    offer = await offered(desk, wu, one, "OPT", **rows)
    terms = await desk.value("SELECT terms FROM catalog.offer WHERE id = $1", offer)
    assert terms["options"] == {"Size": {"M": 0, "XL": 500}, "Colour": {"red": 0, "blue": 0}}
    assert terms["never"] == [{"Size": "XL", "Colour": "red"}]
    page = await wu.get(f"/merchant/offers/{offer}")
    assert page.count('value="Size"') == 2  # each row says what it is a choice of
    assert '<option value="Size · XL" selected>' in page
    # Further rows are drawn, nothing is saved, what was typed stays.
    page = await wu.send(
        f"/merchant/offers/{offer}", rows | {"price": "1", "do": "more-options", "options-4-value": "green"}
    )
    assert 'value="green"' in page
    assert "options-8-value" in page
    assert await desk.value("SELECT price FROM catalog.offer WHERE id = $1", offer) == 10000
    page = await wu.send(
        f"/merchant/offers/{offer}", {"price": "100", "options-0-value": "M", "cuts-0-who": ""}
    )
    assert (wu.status, "What is it a choice of?" in page) == (422, True)


async def test_somebody_else_earns_by_name_and_nobody_of_their_own(desk: Desk, wu: Clerk) -> None:
    one = next(
        f
        for f in desk.market.formats.values()
        if f.licence is None and not f.hints.asks and f.money.fee_bps > 100
    )
    cut = {"cuts-0-role": "host", "cuts-0-share": "8"}
    tea = await desk.value(
        "SELECT about -> 'name' ->> 'en' FROM parties.party WHERE id = $1", desk.town.sellers["tea"]
    )
    own = await desk.value(
        "SELECT about -> 'name' ->> 'en' FROM parties.party WHERE id = $1", desk.town.sellers["bakery"]
    )
    offer = await offered(desk, wu, one, "CUT", **cut, **{"cuts-0-who": tea.upper()})
    terms = await desk.value("SELECT terms FROM catalog.offer WHERE id = $1", offer)
    assert terms["cuts"] == [{"role": "host", "party": desk.town.sellers["tea"], "bps": 800}]
    assert f'value="{tea}"' in await wu.get(f"/merchant/offers/{offer}")
    for who, said in ((own, "Choose a name from the list"), ("Nobody at all", "Choose a name from the list")):
        page = await wu.send(f"/merchant/offers/{offer}", {"price": "100"} | cut | {"cuts-0-who": who})
        assert (wu.status, said in page) == (422, True)
    page = await wu.send(
        f"/merchant/offers/{offer}", {"price": "100"} | cut | {"cuts-0-who": tea, "cuts-0-share": "99"}
    )
    assert (wu.status, "leave nothing for you" in page.lower()) == (422, True)


async def test_a_way_of_selling_needs_its_licence_and_says_how_to_show_it(desk: Desk, wu: Clerk) -> None:
    one = next(
        f
        for f in desk.market.formats.values()
        if f.licence is not None and not {a.kind for a in f.hints.asks} & {"options", "answers"}
    )
    variant = await variant_of(wu, "LIC", one.sells[0])
    form = {"variant": variant, "format": one.name, "place": desk.town.places["bakery"], "price": "100"}
    page = await wu.send("/merchant/offers/new", form)
    assert wu.status == 422
    assert "Show it under Business, Licences." in page
    zh = await desk.sit("wu", lang="zh")
    assert "请在“店铺－证照”中提交" in await zh.send("/merchant/offers/new", form)
    await wu.send("/merchant/offers/new", form | {"do": "draft"})
    offer = wu.path.rpartition("/")[2]
    assert "To open it you need the licence" in wu.text
    await wu.send(f"/merchant/offers/{offer}/state", to="open")
    assert wu.status == 403
    await licensed(desk, str(one.licence))
    await wu.send(f"/merchant/offers/{offer}/state", to="open")
    assert await desk.value("SELECT state FROM catalog.offer WHERE id = $1", offer) == "open"


async def test_times_are_opened_by_the_week_once_and_taken_back_as_far_as_they_are_free(
    desk: Desk, wu: Clerk
) -> None:
    variant = await variant_of(wu, "TIME", "service")
    page = await wu.get("/merchant/times")
    form = {
        "once": wu.find(r'name="once" value="([^"]+)"'), "variant": variant, "place": desk.town.places["bakery"], "from": "2026-11-24",
        "until": "2026-12-01", "days": ["1", "3"], "opens": "09:00", "closes": "11:00", "minutes": "60", "room": "3",
    }  # fmt: skip
    page = await wu.send("/merchant/times", form)
    assert "6 times are open." in page  # two Tuesdays and a Thursday, two hours each
    await wu.send("/merchant/times", form)
    slot = await desk.value(
        "SELECT min(id) FROM inventory.supply WHERE variant_id = $1 AND period IS NOT NULL", variant
    )
    total = "SELECT total FROM inventory.supply WHERE id = $1"
    assert await desk.value("SELECT count(*) FROM inventory.supply WHERE variant_id = $1", variant) == 6
    assert await desk.value(total, slot) == 3  # the same form sent twice opened once
    assert "0 / 3" in await wu.get(f"/merchant/times?variant={variant}")
    async with desk.market.db.transaction() as tx:
        await tx.execute("UPDATE inventory.supply SET sold = 2 WHERE id = $1", slot)
    await wu.send(f"/merchant/times/{slot}", room="1", was="3")
    assert wu.status == 409
    await wu.send(f"/merchant/times/{slot}", do="close", was="3")
    assert await desk.value(total, slot) == 2
    await wu.send(f"/merchant/times/{slot}", do="close", was="3")
    assert "has changed since you opened the page" in wu.text
    async with desk.market.db.transaction() as tx:
        await tx.execute("UPDATE inventory.supply SET sold = 0 WHERE id = $1", slot)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"until": "2026-11-20"}, "Not before the first day"), ({"opens": "25:00"}, "A time of day such as"),
     ({"minutes": "5", "until": "2027-11-01", "days": []}, "open at most 500"),
     ({"from": "2026-11-20", "until": "2026-11-20"}, "No such time is still to come"), ({"room": "0"}, "This must be from 1")],
)  # fmt: skip
async def test_times_that_cannot_be_are_told_at_their_field(
    desk: Desk, wu: Clerk, changed: dict[str, Any], said: str
) -> None:
    variant = await variant_of(wu, "TIME", "service")
    form: dict[str, Any] = {
        "variant": variant, "place": desk.town.places["bakery"], "from": "2026-11-24", "until": "2026-12-01", "days": ["1"],
        "opens": "09:00", "closes": "11:00", "minutes": "60", "room": "3",
    }  # fmt: skip
    page = await wu.send("/merchant/times", form | changed)
    assert (wu.status, said in page) == (422, True), page[:3000]


async def test_things_are_registered_rest_come_back_and_retire_when_nobody_has_them(
    desk: Desk, wu: Clerk
) -> None:
    variant = await variant_of(wu, "BIKE", "use")
    form = {"variant": variant, "place": desk.town.places["bakery"], "tags": "No. 1\nNo. 2, No. 2"}
    assert "2 registered." in await wu.send("/merchant/things", form)
    page = await wu.send("/merchant/things", form | {"tags": "No. 2"})
    assert (wu.status, "is registered already" in page) == (422, True)
    first = await desk.value("SELECT min(id) FROM inventory.asset WHERE variant_id = $1", variant)
    state = "SELECT state FROM inventory.asset WHERE id = $1"
    await wu.send(f"/merchant/things/{first}", to="resting")
    assert await desk.value(state, first) == "resting"
    await wu.send(f"/merchant/things/{first}", to="ready")
    now = desk.market.clock()
    async with desk.market.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO inventory.hold (order_id, line, kind, target_id, quantity, period)
               VALUES ('ord_test', 1, 'asset', $1, 1, tstzrange($2, $3))""",
            first, now, now + timedelta(days=2),
        )  # fmt: skip
    page = await wu.get("/merchant/things")
    assert "out until" in page
    assert "strip-taken" in page
    await wu.send(f"/merchant/things/{first}", to="retired")
    assert wu.status == 409
    assert await desk.value(state, first) == "ready"
    async with desk.market.db.transaction() as tx:
        await tx.execute("DELETE FROM inventory.hold WHERE order_id = 'ord_test'")
    await wu.send(f"/merchant/things/{first}", to="retired")
    assert await desk.value(state, first) == "retired"
    await wu.send(f"/merchant/things/{first}", to="ready")
    assert wu.status == 404


async def test_a_group_is_opened_with_its_steps_once_and_closed_by_its_seller(desk: Desk, wu: Clerk) -> None:
    one = one_that(desk, gathers="tiers", licence=None)
    offer = await offered(desk, wu, one, "GRP")
    page = await wu.get("/merchant/groups")
    form = {
        "once": wu.find(r'name="once" value="([^"]+)"'), "offer": offer, "closes": "2026-11-25T18:00", "least": "3",
        "tier-0-from": "3", "tier-0-off": "10", "tier-1-from": "10", "tier-1-off": "17.5",
    }  # fmt: skip
    page = await wu.send("/merchant/groups", form)
    assert "It is open; buyers can join until it closes." in page
    await wu.send("/merchant/groups", form)
    made = await desk.value("SELECT array_agg(id) FROM orders.cohort WHERE offer_id = $1", offer)
    assert len(made) == 1
    async with desk.market.db.read() as tx:
        cohort = await orders.cohorts.read(tx, made[0])
    assert cohort is not None
    assert cohort.terms["tiers"] == [[3, 1000], [10, 1750]]
    assert cohort.closes_at == datetime(2026, 11, 25, 10, tzinfo=UTC)
    page = await wu.send("/merchant/groups", form | {"once": "x", "tier-1-off": "5"})
    assert (wu.status, "more people and takes more off" in page) == (422, True)
    assert "¥82.50" in await wu.get("/merchant/groups")
    await wu.send(f"/merchant/groups/{made[0]}/close")
    assert "Closed: it does not go ahead" in wu.text
    again = await gather.close_cohort(desk.market, made[0], "x", desk.market.clock())
    assert again.version == 2


async def test_the_goods_have_arrived_is_told_where_that_is_waited_for(desk: Desk, wu: Clerk) -> None:
    one = one_that(desk, gathers="arrived", licence=None)
    offer = await offered(desk, wu, one, "ARR")
    form = {"offer": offer, "closes": "2026-12-25T18:00"}
    page = await wu.send("/merchant/groups", form)
    assert (wu.status, "Please fill this in." in page) == (422, True)
    await wu.send("/merchant/groups", form | {"units": "20"})
    made = await desk.value("SELECT id FROM orders.cohort WHERE offer_id = $1", offer)
    assert "The goods have arrived" in wu.text
    await wu.send(f"/merchant/groups/{made}/close", arrived="1", units="18")
    assert "Closed: it goes ahead." in wu.text


async def test_nothing_of_this_is_open_to_another_business_or_a_stranger(desk: Desk, wu: Clerk) -> None:
    service, bike = await variant_of(wu, "TIME", "service"), await variant_of(wu, "BIKE", "use")
    place = desk.town.places["bakery"]
    times = {
        "variant": service,
        "place": place,
        "from": "2026-11-24",
        "opens": "09:00",
        "closes": "10:00",
        "minutes": "60",
        "room": "3",
    }
    await wu.send("/merchant/times", times)
    await wu.send("/merchant/things", {"variant": bike, "place": place, "tags": "Nr 7"})
    offer = await offered(desk, wu, one_that(desk, gathers="tiers", licence=None), "GRP")
    await wu.send("/merchant/groups", {"offer": offer, "closes": "2026-11-25T18:00"})
    slot = await desk.value(
        "SELECT min(id) FROM inventory.supply WHERE variant_id = $1 AND period IS NOT NULL", service
    )
    asset = await desk.value("SELECT id FROM inventory.asset WHERE variant_id = $1", bike)
    cohort = await desk.value("SELECT id FROM orders.cohort WHERE offer_id = $1", offer)
    shen = await desk.sit("shen", "tea")
    for path in ("/merchant/times", "/merchant/things", "/merchant/groups"):
        page = await shen.get(path)
        assert "Nr 7" not in page
        assert service not in page
        assert offer not in page
    theirs = desk.town.places["tea"]
    for path, fields, status in (
        (f"/merchant/times/{slot}", {"room": "1"}, 404), (f"/merchant/things/{asset}", {"to": "retired"}, 404),
        (f"/merchant/groups/{cohort}/close", {}, 404), ("/merchant/groups", {"offer": offer, "closes": "2026-11-25T18:00"}, 404),
        ("/merchant/times", times, 422), ("/merchant/times", times | {"place": theirs}, 422),
        ("/merchant/things", {"variant": bike, "place": theirs, "tags": "Nr 8"}, 422),
    ):  # fmt: skip
        await shen.send(path, fields)
        assert shen.status == status, (path, shen.path, re.sub(r"<[^>]+>", " ", shen.text)[2000:4000])
    undecided = "SELECT count(*) FROM orders.cohort WHERE offer_id = $1 AND decided_at IS NULL"
    assert await desk.value(undecided, offer) == 1
    stranger = desk.stranger()
    for path in ("/merchant/times", "/merchant/things", "/merchant/groups"):
        await stranger.get(path)
        assert stranger.path != path or stranger.status in (401, 403)


async def test_every_page_answers_in_chinese_too(desk: Desk, wu: Clerk) -> None:
    await variant_of(wu, "TIME", "service")
    zh = await desk.sit("wu", lang="zh")
    for path, said in (
        ("/merchant/times", "开放时段"),
        ("/merchant/things", "租借物品"),
        ("/merchant/groups", "拼团"),
    ):
        assert said in await zh.get(path), path


def test_words_of_terms_are_in_both_languages() -> None:
    from highstreet import wiring

    for one in wiring.formats().values():
        for term in one.hints.terms:
            assert term.words.en, (one.name, term.name)
            assert term.words.zh, (one.name, term.name)
            assert term.unit == Words() or (term.unit.en and term.unit.zh), (one.name, term.name)
