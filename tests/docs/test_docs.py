"""The docs name everything there is: settings, commands, formats, waits, facts, refusals, groups of pages. Links lead somewhere."""

from __future__ import annotations

import ast
import re
from contextlib import asynccontextmanager
from pathlib import Path

import click
import pytest

from highstreet import app, cli, settings, wiring
from highstreet.market.format import LEG_WAITS
from highstreet.market.fulfil import EFFECTS

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
ONE_PAGE = ("README.md", "ARCHITECTURE.md", "STYLE.md", "WORDS.md", "CHANGELOG.md", "CONTRIBUTING.md",
            "docs/tour.md", "docs/operating.md", "docs/facts.md")  # fmt: skip


def page(name: str) -> str:
    return (ROOT / name).read_text()


def named(name: str) -> set[str]:
    """Everything a page puts between backticks, and each word of it."""
    spans = re.findall(r"`([^`\n]+)`", page(name))
    return {*spans, *(word for span in spans for word in re.findall(r"[\w./-]+", span))}


def without(missing: set[str], where: str) -> None:
    assert missing == set(), f"{where} does not name {', '.join(sorted(missing))}"


def test_every_setting_is_told():
    wanted = {"HIGHSTREET_" + name.upper() for name in settings.Settings.__struct_fields__}
    without(wanted - named("docs/operating.md"), "docs/operating.md")
    in_the_module = set(re.findall(r"[A-Z_]{3,}(?=[:,])", settings.__doc__ or ""))
    without({w.removeprefix("HIGHSTREET_") for w in wanted} - in_the_module, "the docstring of settings.py")


def test_every_command_is_told():
    told = page("docs/operating.md")
    for name, command in cli.main.commands.items():
        assert f"`highstreet {name}`" in told, name
        if isinstance(command, click.Group):
            for below in command.list_commands(click.Context(command)):
                assert below in named("docs/operating.md"), f"{name} {below}"


def test_every_format_is_told():
    from checks import formats

    assert page("docs/formats.md") == formats.text(), "run: python checks/formats.py"
    # Everything a leg or a gate may make an order wait for has its words.
    waits = {wait for legs in LEG_WAITS.values() for wait in legs.values()}
    waits |= {wait for one in wiring.formats().values() for wait in one.gate.waits}
    assert waits <= set(formats.WAITS)


def facts_told() -> set[str]:
    """The kinds of facts that are written out in the code."""
    found: set[str] = set()
    for path in sorted((ROOT / "highstreet").rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
                continue
            way = f"{call.func.value.id}.{call.func.attr}"
            at = {"facts.tell": 1, "unit.fact": 0, "work.tell": 0}.get(way)
            kind = call.args[at] if at is not None and len(call.args) > at else None
            if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                found.add(kind.value.removeprefix("order."))
    return found


def test_every_fact_is_told():
    wanted = facts_told() | set(EFFECTS) | {fact for one in wiring.formats().values() for fact in one.facts}
    assert len(wanted) > 40
    without(wanted - named("docs/facts.md"), "docs/facts.md")


def test_every_group_of_pages_is_told():
    @asynccontextmanager
    async def closed(_: object):
        yield

    groups = {"/" + route.path.strip("/").split("/")[0].split("{")[0] for route in app.build(closed).routes}
    without(groups - named("ARCHITECTURE.md"), "ARCHITECTURE.md")


def test_every_refusal_is_told():
    from checks import refusals

    assert page("docs/refusals.md") == refusals.text(), "run: python checks/refusals.py"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path.name} -> {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(path: Path):
    for target in re.findall(r"`((?:highstreet|docs|checks|tests)/[\w/.-]+\.\w+)`", path.read_text()):
        if target != "highstreet/formats/rainy_day.py":  # the one that the tutorial lets its reader write
            assert (ROOT / target).exists(), f"{path.name} names {target}"


@pytest.mark.parametrize("name", ONE_PAGE)
def test_a_page_is_one_page(name: str):
    lines = page(name).splitlines()
    assert len(lines) <= 100, f"{name} has {len(lines)} lines"
    assert all(len(line) <= 200 for line in lines if "<img" not in line)
