from __future__ import annotations

from pathlib import Path

import pytest

import highstreet.web
from highstreet import catalog
from highstreet.catalog.errors import CategoryUnknown
from tests.catalog.conftest import Street

DRAWINGS = Path(highstreet.web.__file__).parent / "static" / "pictures"


async def test_the_tree_is_whole(street: Street) -> None:
    kinds = street.kinds
    assert len(kinds.all) > 40
    for kind in kinds.all.values():
        assert kind.name.en
        assert kind.name.zh
        assert kinds.path(kind.id)[-1] is kind
        assert kind.picture is not None
        assert (DRAWINGS / f"{kind.picture.removeprefix('drawn:')}.svg").is_file(), kind.picture
        assert kinds.licence(kind.id) in {None, *catalog.LICENCES}
        assert kinds.no_return(kind.id) in {None, *catalog.NO_RETURN}
        codes = [attribute.code for attribute in kinds.attributes(kind.id)]
        assert len(codes) == len(set(codes))


async def test_what_is_said_above_holds_below(street: Street) -> None:
    assert street.kinds.licence("food.tea") == "food"
    assert street.kinds.licence("home.kitchen") is None
    assert street.kinds.no_return("meals.breakfast") == "fresh"
    assert [a.code for a in street.kinds.attributes("food.fruit")] == ["origin", "keep"]
    with pytest.raises(CategoryUnknown):
        street.kinds.path("nothing")


async def test_loading_again_changes_nothing(street: Street) -> None:
    async with street.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO catalog.category (id, parent_id, name) VALUES ('food.own', 'food', '{"en": "Own", "zh": "自有"}')"""
        )
        await catalog.load_categories(tx)
        again = await catalog.categories(tx)
    assert again.all.keys() == street.kinds.all.keys() | {"food.own"}
