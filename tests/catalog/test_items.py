from __future__ import annotations

import pytest

from highstreet import catalog
from highstreet.catalog import Variant, errors
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, NOW, TEA, Street, find, on_sale, tea


async def test_an_item_is_described_and_read(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await catalog.describe(
            tx, owner_id=TEA, category_id="food.tea", sells="goods", title=Words("Dragon Well", "龙井"),
            attributes={"tea": "Green tea", "origin": " Hangzhou "}, labels=["handmade", "local"], brand=" Lin ",
            variants=[Variant("LJ-50", gtin="6901234567892", options={"size": "50 g"}), Variant("LJ-250")], now=NOW,
        )  # fmt: skip
        item = await catalog.read_item(tx, item_id)
    assert (item.title, item.brand) == (Words("Dragon Well", "龙井"), "Lin")
    assert item.attributes == {"tea": "green", "origin": "Hangzhou"}
    assert item.labels == ["local", "handmade"]
    assert [(v.sku, v.gtin) for v in item.variants] == [("LJ-50", "06901234567892"), ("LJ-250", None)]
    assert item.no_return is None


async def test_fresh_food_says_why_it_cannot_be_sent_back(street: Street) -> None:
    async with street.db.transaction() as tx:
        item = await catalog.read_item(tx, await tea(tx, Words("Pears", "梨"), category="food.fruit"))
    assert item.no_return == "fresh"
    assert item.no_return in catalog.NO_RETURN


WRONG: list[tuple[dict[str, object], type[Exception]]] = [
    ({"category_id": "food.nothing"}, errors.CategoryUnknown),
    ({"category_id": "food"}, errors.CategoryTooBroad),
    ({"category_id": "food.pantry"}, errors.AttributeMissing),
    ({"attributes": {"tea": "pu'er?"}}, errors.AttributeWrong),
    ({"attributes": {"colour": "green"}}, errors.AttributeWrong),
    ({"category_id": "food.pantry", "attributes": {"shelf_life_days": "NaN"}}, errors.AttributeWrong),
    ({"category_id": "food.pantry", "attributes": {"shelf_life_days": "-3"}}, errors.AttributeWrong),
    ({"title": Words(" ", "")}, errors.TitleMissing),
    ({"title": Words("x" * 201)}, Malformed),
    ({"title": Words("tea\0")}, Malformed),
    ({"brand": "b" * 81}, Malformed),
    ({"labels": ["best_ever"]}, errors.LabelUnknown),
    ({"labels": ["green"]}, errors.LabelNotYours),
    ({"labels": ["trade_in"], "by": "operator"}, errors.LabelNotYours),
    ({"variants": [Variant("A"), Variant("A ")]}, errors.SkuTwice),
    ({"variants": [Variant("A", gtin="6901234567893")]}, errors.GtinWrong),
    ({"variants": [Variant("A", unit="bushel")]}, Malformed),
    ({"variants": [Variant("A", step=0)]}, Malformed),
    ({"variants": [Variant(" ")]}, Malformed),
    ({"variants": [Variant(str(n)) for n in range(201)]}, Malformed),
]


async def test_what_is_wrong_is_refused_and_leaves_nothing(street: Street) -> None:
    for change, refusal in WRONG:
        given: dict[str, object] = {"category_id": "food.tea", "title": Words("Tea"), **change}
        with pytest.raises(refusal):
            async with street.db.transaction() as tx:
                await catalog.describe(tx, owner_id=TEA, sells="goods", now=NOW, **given)  # pyright: ignore[reportArgumentType]
    async with street.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM catalog.item") == 0


async def test_a_label_given_by_the_operator_stays_when_the_seller_changes_others(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        await catalog.change_item(tx, TEA, item_id, labels=["green"], by="operator", now=NOW)
        await catalog.change_item(tx, TEA, item_id, labels=["green", "local"], now=NOW)
        assert (await catalog.read_item(tx, item_id)).labels == ["local", "green"]


async def test_a_change_is_found_at_once(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        await on_sale(tx, item_id)
        variant = (await catalog.read_item(tx, item_id)).variants[0]
        await catalog.change_item(
            tx, TEA, item_id, title=Words("Jasmine tea", "茉莉花茶"), brand="", now=NOW,
            variants=[Variant("JM-1", id=variant.id), Variant("JM-2")],
        )  # fmt: skip
        assert [v.sku for v in (await catalog.read_item(tx, item_id)).variants] == ["JM-1", "JM-2"]
    assert (await find(street, "jasmine")).total == 1
    assert (await find(street, "龙井")).total == 0


async def test_a_new_kind_drops_what_only_the_old_one_asked(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        await catalog.change_item(
            tx, TEA, item_id, attributes={"tea": "green", "origin": "Hangzhou"}, now=NOW
        )
        await catalog.change_item(tx, TEA, item_id, category_id="food.fruit", now=NOW)
        item = await catalog.read_item(tx, item_id)
    assert (item.attributes, item.no_return) == ({"origin": "Hangzhou"}, "fresh")


async def test_somebody_elses_item_does_not_exist(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        for call in (
            catalog.change_item(tx, BAKER, item_id, title=Words("Mine"), now=NOW),
            catalog.retire(tx, BAKER, item_id, now=NOW),
            catalog.change_item(tx, TEA, "itm_unknown", now=NOW),
            catalog.read_item(tx, "itm_unknown"),
        ):
            with pytest.raises(NotFound):
                await call


async def test_a_variant_keeps_its_unit_and_its_item(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id, other = await tea(tx), await tea(tx)
        variant = (await catalog.read_item(tx, item_id)).variants[0]
        with pytest.raises(Malformed):
            await catalog.change_item(
                tx, TEA, item_id, variants=[Variant("1", unit="gram", id=variant.id)], now=NOW
            )
        with pytest.raises(NotFound):
            await catalog.change_item(tx, TEA, other, variants=[Variant("1", id=variant.id)], now=NOW)
        with pytest.raises(errors.SkuTwice):
            await catalog.change_item(tx, TEA, item_id, variants=[Variant("1")], now=NOW)


async def test_a_retired_item_takes_its_offers_along(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        offer_id = await on_sale(tx, item_id)
        await catalog.retire(tx, TEA, item_id, now=NOW)
        await catalog.retire(tx, TEA, item_id, now=NOW)
        offer = await catalog.read_offer(tx, offer_id)
        assert (offer.state, offer.sellable) == ("closed", False)
        with pytest.raises(errors.ItemRetired):
            await catalog.change_item(tx, TEA, item_id, title=Words("x"), now=NOW)
        with pytest.raises(errors.ItemRetired):
            await on_sale(tx, item_id)
        assert (await catalog.items_of(tx, TEA)).rows == []
        assert [i.id for i in (await catalog.items_of(tx, TEA, retired=True)).rows] == [item_id]
    assert (await find(street, "tea")).total == 0


async def test_items_come_in_pages(street: Street) -> None:
    async with street.db.transaction() as tx:
        made = [await tea(tx, Words(f"Tea {n}")) for n in range(5)]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await catalog.items_of(tx, TEA, cursor, most=2)
            seen += [item.id for item in page.rows]
            cursor = page.next
            if cursor is None:
                break
    assert seen == made[::-1]
