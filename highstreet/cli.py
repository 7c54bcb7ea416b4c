"""The operator's commands. Each imports what is heavy itself, so that `--help` is there at once.

Exit codes: 0 done, 1 found something wrong or failed, 2 asked wrongly, 3 the market does not open.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from highstreet import __version__

if TYPE_CHECKING:
    from highstreet.settings import Settings
    from highstreet.wiring import OpenMarket

FAILED, CLOSED = 1, 3


as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on stdout.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="highstreet")
def main() -> None:
    """The open platform on which a town runs its consumption as one market, online and offline."""


@main.group("bench")
def bench() -> None:
    """Measure the market on this machine."""


@bench.command("checkout")
@click.option("--clients", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=20, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
@as_json
def bench_checkout(clients: int, seconds: float, processes: int, as_json: bool) -> None:
    """Whole guest checkouts of one line over HTTP, from basket to paid order, and what they cost."""
    from highstreet.bench import checkout

    sys.exit(
        _measured(lambda: checkout.run(clients, seconds, processes), as_json, lambda one: one.errors == 0)
    )


@bench.command("last-units")
@click.option("--units", type=click.IntRange(1, 1_000_000), default=8, show_default=True)
@click.option("--buyers", type=click.IntRange(1, 1_000_000), default=24, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=4, show_default=True, help="Web processes.")
@click.option("--rounds", type=click.IntRange(1, 10_000), default=20, show_default=True)
@as_json
def bench_last_units(units: int, buyers: int, processes: int, rounds: int, as_json: bool) -> None:
    """Many buyers at once for the last units of one item: exactly those are sold."""
    from highstreet.bench import last_units

    sys.exit(
        _measured(
            lambda: last_units.run(units, buyers, processes, rounds),
            as_json,
            lambda one: not (one.oversold or one.undersold or one.other),
        )
    )


@bench.command("browse")
@click.option("--offers", type=click.IntRange(100, 10_000_000), default=100_000, show_default=True)
@click.option("--clients", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option("--seconds", type=click.FloatRange(2, 3600), default=30, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
@as_json
def bench_browse(offers: int, clients: int, seconds: float, processes: int, as_json: bool) -> None:
    """Searches and offer pages over HTTP in a large market."""
    from highstreet.bench import browse

    sys.exit(
        _measured(
            lambda: browse.run(offers, clients, seconds, processes), as_json, lambda one: one.errors == 0
        )
    )


@bench.command("group-close")
@click.option("--members", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
@as_json
def bench_group_close(members: int, as_json: bool) -> None:
    """A group of neighbours closes: one price for all, the difference back to everybody."""
    from highstreet.bench import cohorts

    terms = {"tiers": [[2, 1000], [members, 2500]], "least": 2, "once": True}
    sys.exit(
        _measured(lambda: cohorts.run("group_buy", members, terms, members), as_json, lambda one: one.ok)
    )


@bench.command("draw")
@click.option("--entrants", type=click.IntRange(1, 1_000_000), default=100_000, show_default=True)
@click.option("--units", type=click.IntRange(1, 1_000_000), default=1000, show_default=True)
@as_json
def bench_draw(entrants: int, units: int, as_json: bool) -> None:
    """A first launch is drawn by lot among many: one decision, which anybody can draw again from its published seed."""
    from highstreet.bench import cohorts

    terms = {"units": units, "once": True}
    sys.exit(_measured(lambda: cohorts.run("debut", entrants, terms, units), as_json, lambda one: one.ok))


@bench.command("faults")
@click.option("--clients", type=click.IntRange(1, 256), default=16, show_default=True)
@click.option(
    "--kills",
    type=click.IntRange(1, 10_000),
    default=12,
    show_default=True,
    help="In turn: web process, worker, database, a session of it.",
)
@click.option("--processes", type=click.IntRange(2, 64), default=2, show_default=True, help="Web processes.")
@as_json
def bench_faults(clients: int, kills: int, processes: int, as_json: bool) -> None:
    """A storm of checkouts while processes and the database are killed: nothing acknowledged is lost or doubled."""
    from highstreet.bench import faults

    sys.exit(_measured(lambda: faults.run(clients, kills, processes), as_json, lambda one: one.good))


@main.group("import")
def import_() -> None:
    """Bring in goods and sales from elsewhere."""


@import_.command("online-retail")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--replay", is_flag=True, help="Replay every sale and cancellation under the clock of its invoice."
)
@as_json
def import_online_retail(file: str, replay: bool, as_json: bool) -> None:
    """A merchant's year of real invoices (a parquet file). Killed in the middle, the same command goes on where it stopped."""
    from pathlib import Path

    from highstreet.replay import online_retail
    from highstreet.replay.invoices import BadFile

    async def go(market: OpenMarket) -> int:
        with click.progressbar(length=1, label="invoices", file=sys.stderr) as bar:

            def progress(done: int, of: int) -> None:
                bar.length = of
                bar.update(done - bar.pos)

            try:
                found = await online_retail.run(market, Path(file), progress, replay=replay)
            except BadFile as wrong:
                click.echo(str(wrong), err=True)
                return FAILED
        say(found, as_json, "\n".join(f"{name:<24}{value}" for name, value in found.items()))
        return 0 if found.get("difference_minor", 0) == 0 else FAILED

    sys.exit(with_market(go))


@main.command("open")
@click.option("--host", help="Where the pages are served [127.0.0.1].")
@click.option(
    "--port", type=click.IntRange(1, 65534), help="The pages' port [8000]; the sandbox takes the next."
)
@click.option("--processes", type=click.IntRange(1, 64), help="Web processes [2].")
@as_json
def open_(host: str | None, port: int | None, processes: int | None, as_json: bool) -> None:
    """Open the market: database, town, payment sandbox, pages and worker in one command. Ctrl-C closes it."""
    from highstreet import opening

    _put(host=host, port=port, web_processes=processes)
    # The terminal belongs to the person who opened the market; whoever wants every request says so.
    _put_if_missing(log_level="warning", demo="yes")
    ours = _settings()

    def opened(url: str) -> None:
        say({"url": url}, as_json, f"The market is open on {url} - Ctrl-C closes it.")

    sys.exit(run_or_say(lambda: opening.open_town(ours, opened, _note)))


@main.command()
@click.option("--host", help="Address to serve on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on [8000].")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes on the one port [2].")
def web(host: str | None, port: int | None, processes: int | None) -> None:
    """Serve the pages and the API."""
    from highstreet import opening

    _put(host=host, port=port, web_processes=processes)
    opening.serve_web(_settings())


@main.command()
def worker() -> None:
    """Do what waits: letters, notices, deadlines, refunds, payouts."""
    from highstreet import worker as working

    sys.exit(run_or_say(lambda: working.work(_settings())))


@main.command()
@as_json
def migrate(as_json: bool) -> None:
    """Bring the database to the shape this version needs."""
    from highstreet import opening

    async def go() -> int:
        applied = await opening.bring_to_shape(_settings())
        text = "\n".join(applied) if applied else "Nothing to do: the database has its shape."
        say({"applied": applied}, as_json, text)
        return 0

    sys.exit(run_or_say(go))


@main.command()
@click.option(
    "--people", type=click.IntRange(0, 1_000_000), default=0, help="Grow the town by so many people."
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same town.")
@as_json
def town(people: int, seed: int, as_json: bool) -> None:
    """Load the named town, and with --people a bigger one around it."""
    from highstreet import opening

    async def go(market: OpenMarket) -> int:
        made = await opening.load_town(market, people=people, seed=seed, note=_note)
        say(made, as_json, ", ".join(f"{count} {what}" for what, count in made.items()))
        return 0

    sys.exit(with_market(go))


@main.command()
@click.option("--purchases", type=click.IntRange(1, 100_000), default=300, show_default=True)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="The same seed draws the same purchases."
)
@as_json
def day(purchases: int, seed: int, as_json: bool) -> None:
    """Let the town live through the last twenty-four hours: purchases, deliveries, cancellations."""
    import msgspec

    from highstreet.town.day import live_a_day

    async def go(market: OpenMarket) -> int:
        with click.progressbar(length=purchases, label="A day of purchases", file=sys.stderr) as bar:
            lived = await live_a_day(market, purchases, seed, market.clock(), lambda: bar.update(1))
        told: dict[str, Any] = msgspec.to_builtins(lived)
        say(told, as_json, "\n".join(f"{name:<14}{value}" for name, value in told.items()))
        return 0 if lived.purchases else FAILED

    sys.exit(with_market(go))


@main.command()
@as_json
def check(as_json: bool) -> None:
    """Check the laws of the market over everything in the database. Exit code 1 when one is broken."""
    from highstreet.market import laws

    async def go(market: OpenMarket) -> int:
        async with market.db.read(snapshot=True) as tx:
            found = await laws.check(tx)
        ok = all(law.ok for law in found)
        told = [{"name": law.law, "ok": law.ok, "broken": law.broken} for law in found]
        lines = [
            f"{'ok    ' if law.ok else 'BROKEN'}  {law.law}  {', '.join(law.broken)}".rstrip()
            for law in found
        ]
        say({"ok": ok, "laws": told}, as_json, "\n".join(lines))
        return 0 if ok else FAILED

    sys.exit(with_market(go))


@main.command()
@as_json
def formats(as_json: bool) -> None:
    """List the business formats this town knows."""
    from highstreet import wiring

    known = wiring.formats().values()
    told = [
        {
            "code": one.code,
            "title": {"en": one.hints.title.en, "zh": one.hints.title.zh},
            "line": {"en": one.hints.line.en, "zh": one.hints.line.zh},
            "sells": list(one.sells),
            "promise": one.promise,
            "legs": list(one.legs),
            "ways": list(one.money.ways),
            "fee_bps": one.money.fee_bps,
            "facts": {fact: list(tellers) for fact, tellers in one.facts.items()},
        }
        for one in known
    ]
    text = "\n".join(
        f"{one.code:<14}{one.hints.title.en} / {one.hints.title.zh} - {one.hints.line.en}" for one in known
    )
    say({"formats": told}, as_json, text)


# --- how commands speak and fail ---


def say(answer: dict[str, Any], as_json: bool, text: str) -> None:
    """The answer of a command: one JSON object, or words for a person."""
    click.echo(json.dumps(answer, ensure_ascii=False, default=str) if as_json else text)
    sys.stdout.flush()


def _note(text: str) -> None:
    """What happens meanwhile, for a person; stdout stays for the answer."""
    click.echo(text, err=True)


def _measured(run: Callable[[], Awaitable[Any]], as_json: bool, good: Callable[[Any], bool]) -> int:
    """Run a bench and say its figures; exit code 1 when what must hold did not."""
    import msgspec

    async def go() -> int:
        found = await run()
        figures: dict[str, Any] = msgspec.to_builtins(found)
        say(figures, as_json, "\n".join(f"{name:<24}{value}" for name, value in figures.items()))
        return 0 if good(found) else FAILED

    return run_or_say(go)


def with_market(go: Callable[[OpenMarket], Awaitable[int]]) -> int:
    """Run a command over an open market; its exit code."""
    from highstreet import wiring

    ours = _settings()

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
        _closed(str(e))
    except Refusal as e:
        click.echo(str(e), err=True)
        return FAILED
    except KeyboardInterrupt:
        return 130


def _settings() -> Settings:
    from highstreet import settings

    try:
        return settings.load()
    except settings.WrongSettings as e:
        _closed(str(e))


def _put(**values: object) -> None:
    """Options of the command line go before the environment, for this process and those it starts."""
    import os

    for name, value in values.items():
        if value is not None:
            os.environ[f"HIGHSTREET_{name.upper()}"] = str(value)


def _put_if_missing(**values: str) -> None:
    import os

    for name, value in values.items():
        os.environ.setdefault(f"HIGHSTREET_{name.upper()}", value)


def _closed(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(CLOSED)


if __name__ == "__main__":
    main()
