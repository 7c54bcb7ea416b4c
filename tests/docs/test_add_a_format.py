"""docs/add-a-format.md, followed literally: its file, its registration, and then its stories and the laws."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks import tidy
from highstreet import wiring
from highstreet.market.format import Format, register
from tests.laws.histories import Town, act, check, line, place, try_to

PAGE = Path(__file__).parents[2] / "docs" / "add-a-format.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.S)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Format]:
    """The format as the page writes it, imported from its file."""
    file = tmp_path_factory.mktemp("formats") / "rainy_day.py"
    file.write_text(BLOCKS[0])
    spec = importlib.util.spec_from_file_location("rainy_day_of_the_page", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module.RAINY_DAY
    del sys.modules[spec.name]


def test_the_page_touches_two_files() -> None:
    named = re.findall(r"^## \d\. .*`(highstreet/[\w/.]+)`", PAGE.read_text(), flags=re.M)
    assert named == ["highstreet/formats/rainy_day.py", "highstreet/wiring.py"]
    assert BLOCKS[1].strip() == "from highstreet.formats.rainy_day import RAINY_DAY"


def test_the_file_is_short_enough(made_up: Format) -> None:
    assert len(BLOCKS[0].splitlines()) <= tidy.FORMAT
    assert made_up.name == "rainy_day"


def test_it_registers_beside_the_others(made_up: Format) -> None:
    assert "rainy_day@1" in register([*wiring.formats().values(), made_up])


def test_its_stories_end_as_they_say(made_up: Format) -> None:
    for story in made_up.stories:
        town = Town(stock=10)
        work = place(town, made_up, [line(1, 1, 10_000)], "sandbox")
        for action in story.steps:
            work = act(town, made_up, work, action)
            check(town, work)
        ended = (work.order.stage, town.accounts.get(work.seller, 0), town.accounts.get("platform:", 0))
        assert ended == (story.stage, story.seller, story.platform)
        assert town.accounts.get(work.payer, 0) == story.buyer


@pytest.mark.parametrize("seed", range(20))
def test_it_keeps_the_laws(made_up: Format, seed: int) -> None:
    dice = random.Random(seed)
    town = Town(stock=10)
    work = place(town, made_up, [line(1, 2, dice.randint(1, 5000), voucher=1)], "sandbox")
    told = [f"{who}:{fact}" for fact, tellers in made_up.facts.items() for who in tellers]
    for _ in range(12):
        work = try_to(town, made_up, work, dice.choice([*told, "provider:paid", "clock:+1h"]))
        check(town, work)
    work = act(town, made_up, work, "clock:+40d")
    check(town, work)
    assert work.order.stage in ("done", "undone")
