"""One town and one browser for all walks of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator

import pluggy
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.walks.lantern import Lantern, Walk, lit, walking

# Those that differ most are walked with every test run; all of them by `make walks`.
ALWAYS = {"test_instant", "test_preorder", "test_programme", "test_ride", "test_trade_in", "test_vouchers"}
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    """Note who failed: a picture of where the walk stopped says more than its trace."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the others out, unless somebody asks for walks by mark or by path."""
    asked = f"{config.option.markexpr} {' '.join(config.invocation_params.args)}"
    if "walks" in asked:
        return
    left = [one for one in items if one.get_closest_marker("walks") and one.name not in ALWAYS]
    config.hook.pytest_deselected(items=left)
    items[:] = [one for one in items if one not in left]


@pytest_asyncio.fixture(scope="session")
async def lantern(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lantern]:
    async with lit(server_url, template, tmp_path_factory.mktemp("lantern")) as found:
        yield found


@pytest_asyncio.fixture
async def walk(request: pytest.FixtureRequest, chromium: Browser, lantern: Lantern) -> AsyncIterator[Walk]:
    """Every third phone is set to the large text of the elder mode."""
    name = request.node.name.removeprefix("test_")
    async with walking(chromium, lantern, name, elder="1" if len(name) % 3 == 0 else "0") as found:
        yield found
        if request.node.stash.get(FAILED, False):
            await found.eyes.keep(f"walks-failed-{name}")
