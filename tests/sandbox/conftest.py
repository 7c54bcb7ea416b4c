from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from tests.sandbox.provider import Inbox, RunningProvider

_numbers = count()


@pytest_asyncio.fixture(scope="session")
async def inbox() -> AsyncIterator[Inbox]:
    inbox = Inbox()
    await inbox.open()
    yield inbox
    await inbox.close()


@pytest_asyncio.fixture(scope="session")
async def one_provider(inbox: Inbox) -> AsyncIterator[RunningProvider]:
    provider = RunningProvider("--notify", inbox.url, "--retry-after", "0.02", "--seed", "7")
    await provider.start()
    yield provider
    await provider.close()


@pytest_asyncio.fixture
async def provider(one_provider: RunningProvider, inbox: Inbox) -> RunningProvider:
    """The provider with nothing going wrong."""
    await one_provider.faults(seed=7)
    inbox.answers.clear()
    return one_provider


@pytest.fixture
def key() -> str:
    return f"col_{next(_numbers):06d}"
