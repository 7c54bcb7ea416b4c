"""docs/tour.md tells the truth: its files and names exist, the steps lead to each other, and the purchase goes as told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from highstreet.market import laws
from highstreet.market.fulfil import Telling, tell
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from tests.town import FIRST_LOOK, lantern_ferry

ROOT = Path(__file__).parents[2]
TOUR = (ROOT / "docs/tour.md").read_text()


def names_in(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def called_in(path: str, name: str) -> set[str]:
    """What a function of a file calls, by the last part of the name."""
    tree = ast.parse((ROOT / path).read_text())
    inside = next(
        n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name
    )
    called = [node.func for node in ast.walk(inside) if isinstance(node, ast.Call)]
    return {
        f.attr if isinstance(f, ast.Attribute) else f.id
        for f in called
        if isinstance(f, ast.Attribute | ast.Name)
    }


def test_four_files_are_enough():
    steps = re.findall(r"^## \d\. .*?: (\S+)$", TOUR, re.M)
    assert len(steps) == 4
    assert all((ROOT / step).is_file() for step in steps)
    kinds = ("web/", "market/", "formats/", "web/")
    assert all(step.startswith("highstreet/" + kind) for step, kind in zip(steps, kinds, strict=True))
    assert steps[3].endswith(".html")


def test_everything_named_exists():
    named = re.findall(r"`(highstreet/[\w/]+\.(?:py|html))(?:::(\w+))?`", TOUR)
    assert len(named) > 8
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert not name or name in set(names_in(ROOT / path)), f"{path}::{name}"


def test_each_step_leads_to_the_next():
    assert "place" in called_in("highstreet/web/shop/checkout.py", "order")
    assert {"_work", "advance", "act"} <= called_in("highstreet/market/place.py", "place")
    assert "shop/order.html" in (ROOT / "highstreet/web/shop/orders.py").read_text()


async def test_the_purchase_goes_as_told(server_url: str, template: str):
    rows = re.findall(r"^\| (\w+) \| (buyer|seller) \| (\w+) \| (\w*) ?\|$", TOUR, re.M)
    assert rows[0][0] == "placed"
    assert rows[-1][2] == "done"
    async with lantern_ferry(server_url, template) as ferry:
        market, town, now = ferry.market, ferry.town, FIRST_LOOK
        asked = await quote(market, [Entry(town.offers["BREAD-SOUR/collect"], 1)], now)
        luo = town.people["luo"]
        placing = Placing(asked.quote, Contact(name="Luo"), "wallet", luo, buyer_id=luo)
        state = (await place(market, placing, now, None))["orders"][0]
        order_id = state["id"]
        for fact, _, stage, waits in rows:
            if fact != "placed":
                by = town.people["wu"]
                state = await tell(market, Telling(order_id, fact, "seller", by), now)
            assert (state["stage"], state["waits"]) == (stage, waits), fact
        async with market.db.read(snapshot=True) as tx:
            assert [law for law in await laws.check(tx) if not law.ok] == []
