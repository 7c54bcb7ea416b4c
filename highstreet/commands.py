"""What every command of the operator shares: how it answers, opens the market, and says why it cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from highstreet.settings import Settings
    from highstreet.wiring import OpenMarket

FAILED, CLOSED = 1, 3

as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on stdout.")


def say(answer: dict[str, Any], as_json: bool, text: str) -> None:
    """The answer of a command: one JSON object, or words for a person."""
    click.echo(json.dumps(answer, ensure_ascii=False, default=str) if as_json else text)
    sys.stdout.flush()


def with_market(go: Callable[[OpenMarket], Awaitable[int]]) -> int:
    """Run a command over an open market; its exit code."""
    from highstreet import wiring

    ours = settings_or_close()

    async def inside() -> int:
        async with wiring.opened(ours) as market:
            return await go(market)

    return run_or_say(inside)


def run_or_say(go: Callable[[], Awaitable[int]]) -> int:
    """Run a command's coroutine. A reason not to open is said and ends with 3, a refusal with 1."""
    import asyncio

    import uvloop

    from highstreet.kit.errors import Refusal
    from highstreet.wiring import CannotOpen

    async def main_() -> int:
        return await go()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main_())
    except CannotOpen as e:
        close(str(e))
    except Refusal as e:
        click.echo(str(e), err=True)
        return FAILED
    except KeyboardInterrupt:
        return 130


def settings_or_close() -> Settings:
    from highstreet import settings

    try:
        return settings.load()
    except settings.WrongSettings as e:
        close(str(e))


def close(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(CLOSED)
