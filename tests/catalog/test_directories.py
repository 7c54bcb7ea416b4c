from __future__ import annotations

import pytest

from highstreet import catalog
from highstreet.catalog import errors
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, CITY, NOW, TEA, Street, on_sale, tea


async def test_a_directory_lists_items_with_reasons(street: Street) -> None:
    async with street.db.transaction() as tx:
        directory_id = await catalog.open_directory(
            tx, curator_id=CITY, name=Words("Made here", "本地好物"), about=Words("Made in town."), now=NOW
        )
        sold, unsold = await tea(tx, Words("Sold")), await tea(tx, Words("Unsold"))
        await on_sale(tx, sold)
        for item in (sold, unsold, unsold):
            await catalog.add_to_directory(tx, CITY, directory_id, item, Words("Good", "好"), now=NOW)
        directory, page = await catalog.read_directory(tx, directory_id, most=1)
        assert (directory.name.zh, directory.curator, directory.items) == ("本地好物", "City office", 2)
        _, rest = await catalog.read_directory(tx, directory_id, page.next, most=1)
        both = {listed.item_id: listed for listed in (*page.rows, *rest.rows)}
        assert both.keys() == {sold, unsold}
        assert rest.next is None
        card = both[sold].card
        assert card is not None
        assert card.item_id == sold
        assert both[unsold].card is None
        assert [(d.id, why.en) for d, why in await catalog.directories_of(tx, sold)] == [
            (directory_id, "Good")
        ]
        await catalog.remove_from_directory(tx, CITY, directory_id, sold)
        assert await catalog.directories_of(tx, sold) == []
        await catalog.close_directory(tx, CITY, directory_id, now=NOW)
        assert await catalog.directories(tx) == []
        assert [d.id for d in await catalog.directories(tx, curator_id=CITY)] == [directory_id]
        with pytest.raises(NotFound):
            await catalog.read_directory(tx, directory_id)


async def test_only_its_curator_changes_it(street: Street) -> None:
    async with street.db.transaction() as tx:
        directory_id = await catalog.open_directory(
            tx, curator_id=CITY, name=Words("x"), about=Words(), now=NOW
        )
        item = await tea(tx)
        for call in (
            catalog.add_to_directory(tx, BAKER, directory_id, item, Words("x"), now=NOW),
            catalog.remove_from_directory(tx, BAKER, directory_id, item),
            catalog.close_directory(tx, BAKER, directory_id, now=NOW),
            catalog.add_to_directory(tx, CITY, directory_id, "itm_unknown", Words("x"), now=NOW),
            catalog.read_directory(tx, "dir_unknown"),
        ):
            with pytest.raises(NotFound):
                await call
        with pytest.raises(Malformed):
            await catalog.add_to_directory(tx, CITY, directory_id, item, Words(), now=NOW)
        with pytest.raises(errors.TitleMissing):
            await catalog.open_directory(tx, curator_id=CITY, name=Words(), about=Words(), now=NOW)
        for cursor in ("W10", "x", "WyJub3ciLCJhIl0"):
            with pytest.raises(Malformed):
                await catalog.read_directory(tx, directory_id, cursor)
        await catalog.retire(tx, TEA, item, now=NOW)
        with pytest.raises(errors.ItemRetired):
            await catalog.add_to_directory(tx, CITY, directory_id, item, Words("x"), now=NOW)
