from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from highstreet import catalog
from highstreet.catalog import errors
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, BAKER_PLACE, NOW, TEA, TEA_PLACE, Street, find, on_sale, tea


async def _draft(street: Street, **change: object) -> str:
    async with street.db.transaction() as tx:
        item = await catalog.read_item(tx, await tea(tx))
        given: dict[str, object] = {
            "seller_id": TEA, "variant_id": item.variants[0].id, "place_id": TEA_PLACE, "format": "online", "currency": "CNY",
            "price": 100, **change,
        }  # fmt: skip
        return await catalog.draft_offer(tx, now=NOW, **given)  # pyright: ignore[reportArgumentType]


async def test_an_offer_lives_from_draft_to_closed(street: Street) -> None:
    offer_id = await _draft(street)
    assert (await find(street, "tea")).total == 0
    async with street.db.transaction() as tx:
        with pytest.raises(errors.LicenceNeeded) as refused:
            await catalog.open_offer(tx, TEA, offer_id, licences=set[str](), now=NOW)
        assert "food trade" in refused.value.sentence("en")
        assert "食品经营许可证" in refused.value.sentence("zh")
        await catalog.open_offer(tx, TEA, offer_id, licences={"food"}, now=NOW)
        assert (await catalog.read_offer(tx, offer_id)).sellable
    assert (await find(street, "tea")).total == 1
    async with street.db.transaction() as tx:
        await catalog.pause_offer(tx, TEA, offer_id, now=NOW)
    assert (await find(street, "tea")).total == 0
    async with street.db.transaction() as tx:
        await catalog.open_offer(tx, TEA, offer_id, licences={"food"}, now=NOW)
        await catalog.close_offer(tx, TEA, offer_id, now=NOW)
        await catalog.close_offer(tx, TEA, offer_id, now=NOW)
        for again in (
            catalog.open_offer(tx, TEA, offer_id, licences={"food"}, now=NOW),
            catalog.pause_offer(tx, TEA, offer_id, now=NOW),
            catalog.change_price(tx, TEA, offer_id, 5, now=NOW),
            catalog.change_terms(tx, TEA, offer_id, tax="reduced", now=NOW),
        ):
            with pytest.raises(errors.OfferClosed):
                await again
    assert (await find(street, "tea")).total == 0


WRONG: list[tuple[dict[str, object], type[Exception]]] = [
    ({"price": -1}, Malformed),
    ({"price": 10**12}, Malformed),
    ({"price": 1.5}, Malformed),
    ({"price": float("nan")}, Malformed),
    ({"price": True}, Malformed),
    ({"currency": "XXX"}, Malformed),
    ({"format": "on line"}, Malformed),
    ({"most_per_order": 0}, Malformed),
    ({"variant_id": "var_unknown"}, NotFound),
    ({"place_id": BAKER_PLACE}, errors.OfferNotYours),
    ({"place_id": "plc_unknown"}, errors.OfferNotYours),
]


async def test_a_wrong_offer_is_refused(street: Street) -> None:
    for change, refusal in WRONG:
        with pytest.raises(refusal):
            await _draft(street, **change)


async def test_somebody_elses_offer_does_not_exist(street: Street) -> None:
    offer_id = await _draft(street)
    async with street.db.transaction() as tx:
        for call in (
            catalog.open_offer(tx, BAKER, offer_id, licences={"food"}, now=NOW),
            catalog.pause_offer(tx, BAKER, offer_id, now=NOW),
            catalog.close_offer(tx, BAKER, offer_id, now=NOW),
            catalog.change_price(tx, BAKER, offer_id, 5, now=NOW),
            catalog.change_terms(tx, BAKER, offer_id, tax="zero", now=NOW),
            catalog.read_offer(tx, "ofr_unknown"),
        ):
            with pytest.raises(NotFound):
                await call
        assert await catalog.read_offers(tx, ["ofr_unknown"]) == {}


async def test_the_desk_lists_what_is_on_sale(street: Street) -> None:
    async with street.db.transaction() as tx:
        first = await on_sale(
            tx,
            await tea(tx, Words("Jasmine 100%_tea"), variants=[catalog.Variant("JM", gtin="6901234567892")]),
        )
        second = await on_sale(tx, await tea(tx, Words("Oolong")))
        third = await on_sale(tx, await tea(tx, Words("Bread"), owner=BAKER), seller=BAKER, place=BAKER_PLACE)
        await catalog.pause_offer(tx, TEA, second, now=NOW)
        assert [o.id for o in (await catalog.open_offers_of(tx, TEA)).rows] == [first]
        page = await catalog.offers_of(tx, TEA, most=1)
        assert [o.id for o in page.rows] == [second]
        assert [o.id for o in (await catalog.offers_of(tx, TEA, page.next, most=1)).rows] == [first]
        assert [o.id for o in (await catalog.offers_of(tx, TEA, text="100%_")).rows] == [first]
        assert [o.id for o in (await catalog.offers_of(tx, TEA, text="jm")).rows] == [first]
        assert [o.id for o in await catalog.offer_by_code(tx, TEA, TEA_PLACE, "6901234567892")] == [first]
        assert [o.id for o in await catalog.offer_by_code(tx, TEA, TEA_PLACE, "JM")] == [first]
        assert await catalog.offer_by_code(tx, BAKER, BAKER_PLACE, "JM") == []
        offer = await catalog.read_offer(tx, third)
        assert [o.id for o in await catalog.other_offers(tx, offer.item_id)] == [third]


@asynccontextmanager
async def _hearing(street: Street) -> AsyncIterator[Callable[[], list[str]]]:
    """What is told on the channel, read so far and forgotten when asked for."""
    told: list[str] = []
    ready = asyncio.Event()

    def heard(payload: str | None) -> None:
        if payload is None:
            ready.set()
        else:
            told.append(payload)

    await street.db.listen("offer", heard)
    await asyncio.wait_for(ready.wait(), 30)

    def take() -> list[str]:
        taken = sorted(set(told))
        told.clear()
        return taken

    yield take


async def _until(take: Callable[[], list[str]], wanted: set[str]) -> None:
    seen: set[str] = set()
    async with asyncio.timeout(30):
        while not wanted <= seen:
            seen.update(take())
            await asyncio.sleep(0.01)


async def test_every_change_is_told(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        offer_id = await on_sale(tx, item_id)
    async with _hearing(street) as take:
        async with street.db.transaction() as tx:
            await catalog.change_price(tx, TEA, offer_id, 99, now=NOW)
        await _until(take, {offer_id})
        async with street.db.transaction() as tx:
            await catalog.change_item(tx, TEA, item_id, title=Words("New"), now=NOW)
        await _until(take, {f"item:{item_id}"})
        async with street.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO pricing.price (id, offer_id, price) VALUES ('prc_1', $1, 5)", offer_id
            )
        await _until(take, {offer_id})
        async with street.db.transaction() as tx:
            await tx.execute("DELETE FROM pricing.price")
        await _until(take, {offer_id})
        async with street.db.transaction() as tx:
            await tx.execute("UPDATE parties.party SET state = 'suspended' WHERE id = $1", TEA)
        await _until(take, {f"seller:{TEA}"})
        async with street.db.transaction() as tx:
            await tx.execute("UPDATE catalog.offer SET changed_at = now() WHERE false")
            await tx.execute(
                """INSERT INTO catalog.offer (id, seller_id, item_id, variant_id, place_id, format, currency, price, changed_at)
                   SELECT 'ofr_' || n, seller_id, item_id, variant_id, place_id, format, currency, price, changed_at
                   FROM catalog.offer, generate_series(1, 1001) n"""
            )
        await _until(take, {"*"})


async def test_a_suspended_seller_is_not_found(street: Street) -> None:
    async with street.db.transaction() as tx:
        offer_id = await on_sale(tx, await tea(tx))
        await tx.execute("UPDATE parties.party SET state = 'suspended' WHERE id = $1", TEA)
    assert (await find(street, "tea")).total == 0
    async with street.db.transaction() as tx:
        assert not (await catalog.read_offer(tx, offer_id)).sellable
        await tx.execute(
            "UPDATE parties.party SET state = 'active', name = 'Lin & Daughters' WHERE id = $1", TEA
        )
    assert [card.seller for card in (await find(street, "tea")).cards] == ["Lin & Daughters"]
    async with street.db.transaction() as tx:
        await tx.execute("UPDATE parties.place SET closed_at = now() WHERE id = $1", TEA_PLACE)
    assert (await find(street, "tea")).total == 0


@pytest.mark.race
async def test_two_at_once_leave_one_card_with_both_changes(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx, variants=[catalog.Variant("S"), catalog.Variant("L")])
        small, large = await on_sale(tx, item_id, 100), await on_sale(tx, item_id, 200, variant=1)

    async def price(offer_id: str, amount: int) -> None:
        async with street.db.transaction() as tx:
            await catalog.change_price(tx, TEA, offer_id, amount, now=NOW)

    for n in range(15):
        await asyncio.gather(price(small, 1_000 + n), price(large, 2_000 - n), price(small, 1_000 + n))
        cards = (await find(street)).cards
        assert [(c.offer_id, c.price, c.price_to) for c in cards] == [(small, 1_000 + n, 2_000 - n)]


@pytest.mark.race
async def test_retiring_while_others_change_ends_closed(street: Street) -> None:
    for _ in range(8):
        async with street.db.transaction() as tx:
            item_id = await tea(tx)
            offer_id = await on_sale(tx, item_id)

        async def retire(item_id: str = item_id) -> None:
            async with street.db.transaction() as tx:
                await catalog.retire(tx, TEA, item_id, now=NOW)

        async def price(offer_id: str = offer_id) -> None:
            async with street.db.transaction() as tx:
                await catalog.change_price(tx, TEA, offer_id, 5, now=NOW)

        done = await asyncio.gather(price(), retire(), price(), return_exceptions=True)
        assert all(one is None or isinstance(one, errors.OfferClosed) for one in done)
        assert (await find(street)).total == 0
