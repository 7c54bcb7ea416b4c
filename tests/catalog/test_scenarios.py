from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import catalog
from highstreet.catalog import Wanted, errors
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, BAKER_PLACE, CITY, NOW, TEA, Street, on_sale, tea

UNTIL = NOW + timedelta(days=30)


async def two_offers(tx: Tx) -> tuple[str, str]:
    first = await on_sale(tx, await tea(tx))
    second = await on_sale(
        tx, await tea(tx, Words("Bun", "包子"), owner=BAKER), seller=BAKER, place=BAKER_PLACE
    )
    return first, second


async def described(tx: Tx, *parts: Wanted, curator: str = CITY) -> str:
    return await catalog.describe_scenario(
        tx, curator_id=curator, name=Words("A slow morning", "慢早晨"), about=Words("Tea and a bun."), picture="waves",
        parts=parts, until=UNTIL, now=NOW,
    )  # fmt: skip


async def test_a_scenario_holds_offers_of_several_sellers_in_their_order(street: Street) -> None:
    async with street.db.transaction() as tx:
        leaf, bun = await two_offers(tx)
        scenario_id = await described(
            tx, Wanted(leaf, 1, Words("At nine"), 500, CITY), Wanted(bun, 2, Words("At ten"))
        )
        assert await catalog.scenarios(tx, NOW) == []
        await catalog.open_scenario(tx, CITY, scenario_id, {}, now=NOW)
        (found,) = await catalog.scenarios(tx, NOW)
        assert [(p.offer_id, p.quantity, p.moment.en, p.off_bps, p.seller_id) for p in found.parts] == [
            (leaf, 1, "At nine", 500, TEA),
            (bun, 2, "At ten", 0, BAKER),
        ]
        assert (found.curator, found.parts[0].funder, found.missing) == (None, None, [])
        assert await catalog.scenarios(tx, UNTIL) == [], "it closes by itself"
        with pytest.raises(NotFound):
            await catalog.close_scenario(tx, TEA, scenario_id, now=NOW)
        for _ in range(2):
            await catalog.close_scenario(tx, CITY, scenario_id, now=NOW)
        assert await catalog.scenarios(tx, NOW) == []
        with pytest.raises(NotFound):
            await catalog.open_scenario(tx, CITY, scenario_id, {}, now=NOW)


async def test_nobody_pays_who_did_not_agree(street: Street) -> None:
    async with street.db.transaction() as tx:
        leaf, bun = await two_offers(tx)
        scenario_id = await described(
            tx, Wanted(leaf, 1, Words("1"), 500, TEA), Wanted(bun, 1, Words("2"), 300, BAKER), curator=TEA
        )
        with pytest.raises(errors.SellerAsked, match="Bun"):
            await catalog.open_scenario(tx, TEA, scenario_id, {}, now=NOW)
        await tx.execute("UPDATE catalog.scenario_part SET seller_agreed_at = $1", NOW)
        with pytest.raises(errors.FunderAsked, match="Morning Bread"):
            await catalog.open_scenario(tx, TEA, scenario_id, {}, now=NOW)
        with pytest.raises(NotFound):
            await catalog.agree_to_fund(tx, CITY, scenario_id, now=NOW)
        with pytest.raises(NotFound):
            await catalog.consenting.agree(tx, CITY, scenario_id, now=NOW)
        await catalog.consenting.refuse(tx, BAKER, scenario_id, now=NOW)
        with pytest.raises(errors.ScenarioRefused):
            await catalog.open_scenario(tx, TEA, scenario_id, {}, now=NOW)
        await catalog.consenting.agree(tx, BAKER, scenario_id, now=NOW)
        await catalog.open_scenario(tx, TEA, scenario_id, {}, now=NOW)


async def test_a_part_that_is_not_on_sale_breaks_it_with_a_sentence(street: Street) -> None:
    async with street.db.transaction() as tx:
        leaf, bun = await two_offers(tx)
        scenario_id = await described(tx, Wanted(leaf, 1, Words("1")), Wanted(bun, 1, Words("2")))
        await catalog.open_scenario(tx, CITY, scenario_id, {}, now=NOW)
        await catalog.pause_offer(tx, BAKER, bun, now=NOW)
        found = await catalog.read_scenario(tx, scenario_id)
        assert [part.offer_id for part in found.missing] == [bun]
        with pytest.raises(errors.ScenarioBroken) as broken:
            found.check(NOW)
        assert "“Bun” is not on sale" in broken.value.sentence("en")
        assert "“包子”目前未在售" in broken.value.sentence("zh")
        other = await described(tx, Wanted(leaf, 1, Words("1")), Wanted(bun, 1, Words("2")))
        with pytest.raises(errors.ScenarioBroken):
            await catalog.open_scenario(tx, CITY, other, {}, now=NOW)


async def test_what_makes_no_scenario(street: Street) -> None:
    async with street.db.transaction() as tx:
        leaf, bun = await two_offers(tx)
        one, two = Wanted(leaf, 1, Words("1")), Wanted(bun, 1, Words("2"))
        for parts in (
            (one,),
            (one, one),
            (one, Wanted(bun, 0, Words())),
            (one, Wanted(bun, 1, Words(), 500)),
            (one, Wanted(bun, 1, Words(), 0, CITY)),
            (one, Wanted(bun, 1, Words(), 5_001, CITY)),
        ):
            with pytest.raises(Malformed):
                await described(tx, *parts)
        for parts in ((one, Wanted("ofr_none", 1, Words())), (one, Wanted(bun, 1, Words(), 5, "pty_none"))):
            with pytest.raises(NotFound):
                await described(tx, *parts)
        for name, until in ((Words(), UNTIL), (Words("x" * 121), UNTIL), (Words("x"), NOW)):
            with pytest.raises((Malformed, errors.TitleMissing)):
                await catalog.describe_scenario(
                    tx, curator_id=CITY, name=name, about=Words(), picture="waves", parts=(one, two), until=until, now=NOW,
                )  # fmt: skip
