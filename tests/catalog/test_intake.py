from __future__ import annotations

import csv
import io

import pytest

from highstreet import catalog
from highstreet.catalog import Preview, errors
from highstreet.kit.errors import NotFound
from tests.catalog.conftest import BAKER, BAKER_PLACE, NOW, TEA, TEA_PLACE, Street, find

KINDS = catalog.built_in()
GOOD = {"title": "Green tea", "标题": "绿茶", "category": "Tea and coffee", "sku": "T1", "price": "12.50"}


def _preview(*rows: dict[str, str]) -> Preview:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO()
    write = csv.DictWriter(out, columns, restval="")
    write.writeheader()
    write.writerows(rows)
    return catalog.preview(catalog.read_sheet(out.getvalue().encode(), "x.csv", KINDS), KINDS, "CNY")


async def _keep(street: Street, preview: Preview) -> str:
    async with street.db.transaction() as tx:
        return await catalog.keep_preview(
            tx, seller_id=TEA, by="prs_lin", file_name="..\\..\\C:/goods\n.csv", preview=preview, now=NOW
        )


async def _take(street: Street, intake_id: str, **change: object) -> catalog.Taken:
    given: dict[str, object] = {
        "seller_id": TEA, "place_id": TEA_PLACE, "formats": ["online"], "currency": "CNY", "licences": {"food"}, **change
    }  # fmt: skip
    async with street.db.transaction() as tx:
        return await catalog.take(tx, intake_id, known=KINDS, now=NOW, **given)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_templates_can_be_taken_as_they_are(lang: str) -> None:
    for data in (catalog.template_csv(lang), catalog.template_xlsx(lang, KINDS)):
        sheet = catalog.read_sheet(data, "x", KINDS)
        found = catalog.preview(sheet, KINDS, "CNY")
        assert (sheet.unknown, found.errors, len(found.rows)) == ([], [], 1)
        assert (found.rows[0].category_id, found.rows[0].price, found.rows[0].labels) == (
            "food.tea",
            12_800,
            ["local"],
        )


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"title": "", "标题": ""}, "title_en", "The title is missing."),
        ({"title": "x" * 201}, "title_en", "Title has at most 200 letters."),
        ({"category": ""}, "category", "Category is missing."),
        ({"category": "Food and drink"}, "category", "There is no category “Food and drink”."),
        ({"category": "Pharmacy"}, "category", "Pharmacy need: Approval number."),
        ({"sku": ""}, "sku", "Stock number is missing."),
        ({"price": ""}, "price", "Price is missing."),
        ({"price": "NaN"}, "price", "price: an amount must be a plain number"),
        ({"price": "-1"}, "price", "price: an amount cannot be negative"),
        ({"price": "1.005"}, "price", "price: CNY has no more than 2 decimals"),
        ({"price": "9" * 30}, "price", "price: this amount is too large"),
        ({"price": "=A1*2"}, "price", "Cell E2 holds a formula; please write its value."),
        ({"stock": "1.5"}, "stock", "Stock must be a whole number from 0."),
        ({"stock": "-1"}, "stock", "Stock must be a whole number from 0."),
        ({"step": "0"}, "step", "Sold in steps of must be a whole number from 1."),
        (
            {"gtin": "6901234567893"},
            "gtin",
            "6901234567893 is not a bar code number: its check digit is wrong.",
        ),
        ({"unit": "bushel"}, "unit", "Unit must be one of"),
        ({"labels": "green"}, "labels", "The label “Green” is given by the market's operator"),
        ({"labels": "best"}, "labels", "There is no label “best”."),
        ({"tea": "soup"}, "category", "Kind: choose one of Green tea"),
    ],
)
def test_a_wrong_row_says_which_column_and_why(change: dict[str, str], column: str, said: str) -> None:
    found = _preview({**GOOD, **change})
    assert found.rows == []
    (error,) = found.errors
    assert (error.row, error.column) == (2, column)
    assert error.en.startswith(said)
    assert any("\u4e00" <= c <= "\u9fff" for c in error.zh)


def test_all_that_is_wrong_is_told_and_the_rest_holds() -> None:
    found = _preview(
        GOOD,
        {**GOOD, "sku": "T2", "price": "x", "stock": "y"},
        {**GOOD, "sku": "T1"},
        {**GOOD, "sku": "T3"},
    )
    assert [row.sku for row in found.rows] == ["T1", "T3"]
    assert [(e.row, e.column) for e in found.errors] == [(3, "price"), (3, "stock"), (4, "sku")]


def test_what_spreadsheets_do_to_numbers_is_undone() -> None:
    found = _preview(
        {**GOOD, "gtin": "36000291452", "price": "¥1,299", "stock": "1,000", "unit": "克", "step": "50"},
    )
    row = found.rows[0]
    assert (row.gtin, row.price, row.stock, row.unit, row.step) == (
        "00036000291452",
        129_900,
        1000,
        "gram",
        50,
    )


async def test_rows_of_one_item_become_its_variants(street: Street) -> None:
    rows = [
        {**GOOD, "sku": f"T{n}", "item": "TEA", "size": f"{n}0 g", "stock": str(n), "origin": "Hangzhou"}
        for n in range(1, 4)
    ]
    taken = await _take(street, await _keep(street, _preview(*rows)), formats=["online", "collect"])
    assert (taken.items, taken.variants, taken.offers, taken.known, taken.drafts) == (1, 3, 6, 0, 0)
    assert [received.quantity for received in taken.stock] == [1, 2, 3]
    found = await find(street, "绿茶", format="collect")
    assert (found.total, found.cards[0].variants) == (1, 3)
    async with street.db.read() as tx:
        item = await catalog.read_item(tx, found.cards[0].item_id)
    assert item.attributes == {"origin": "Hangzhou"}
    assert {received.variant_id for received in taken.stock} == {v.id for v in item.variants}


def test_rows_of_one_item_must_agree() -> None:
    one = {**GOOD, "item": "X", "size": "S"}
    found = _preview(one, {**one, "sku": "T2"}, {**one, "sku": "T3", "category": "Fruit", "size": "L"})
    assert {(e.row, e.column) for e in found.errors} == {(3, "size"), (4, "category")}


async def test_taking_is_done_once(street: Street) -> None:
    intake_id = await _keep(street, _preview(GOOD, {**GOOD, "sku": "T2"}))
    first = await _take(street, intake_id)
    assert await _take(street, intake_id) == first
    async with street.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM catalog.offer") == 2
        kept = await catalog.read_intake(tx, TEA, intake_id)
    assert (kept.state, kept.taken, kept.file_name) == ("taken", first, "goods.csv")


async def test_a_known_stock_number_only_changes_its_price(street: Street) -> None:
    await _take(street, await _keep(street, _preview(GOOD)))
    again = _preview({**GOOD, "price": "20", "title": "Other"}, {**GOOD, "sku": "T2"})
    taken = await _take(street, await _keep(street, again))
    assert (taken.items, taken.variants, taken.offers, taken.known) == (1, 1, 1, 1)
    assert {card.price for card in (await find(street, "green")).cards} == {2_000, 1_250}
    assert (await find(street, "other")).total == 0


async def test_without_the_licence_offers_stay_drafts(street: Street) -> None:
    rows = (GOOD, {**GOOD, "sku": "B1", "category": "home.kitchen", "title": "Bowl"})
    taken = await _take(street, await _keep(street, _preview(*rows)), licences=set[str]())
    assert (taken.offers, taken.drafts) == (2, 1)
    assert [card.title.en for card in (await find(street)).cards] == ["Bowl"]


async def test_somebody_elses_table_and_place(street: Street) -> None:
    intake_id = await _keep(street, _preview(GOOD))
    with pytest.raises(NotFound):
        await _take(street, intake_id, seller_id=BAKER, place_id=BAKER_PLACE)
    with pytest.raises(errors.OfferNotYours):
        await _take(street, intake_id, place_id=BAKER_PLACE)
    with pytest.raises(errors.OfferNotYours):
        await _take(street, intake_id, place_id="plc_unknown")
    async with street.db.transaction() as tx:
        for call in (catalog.read_intake(tx, BAKER, intake_id), catalog.drop_intake(tx, BAKER, intake_id)):
            with pytest.raises(NotFound):
                await call
        await catalog.drop_intake(tx, TEA, intake_id)
        assert await tx.fetchval("SELECT count(*) FROM catalog.item") == 0
    with pytest.raises(errors.IntakeOver):
        await _take(street, intake_id)
