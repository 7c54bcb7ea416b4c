"""`highstreet bench`: the measurements as commands. Each imports what is heavy itself."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, TextIO

import click

from highstreet.commands import FAILED, as_json, run_or_say, say, settings_or_close, with_market

if TYPE_CHECKING:
    from highstreet.wiring import OpenMarket


@click.group("bench")
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


@bench.command("instruments")
@click.option("--clients", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option("--seconds", type=click.FloatRange(8, 600), default=20, show_default=True, help="Of each kind.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
@as_json
def bench_instruments(clients: int, seconds: float, processes: int, as_json: bool) -> None:
    """Checkouts that two instruments of public money pay a part of, beside checkouts without any."""
    from highstreet.bench import instruments

    sys.exit(
        _measured(lambda: instruments.run(clients, seconds, processes), as_json, lambda one: one.errors == 0)
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


@bench.command("voucher-rush")
@click.option("--vouchers", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
@click.option("--claimers", type=click.IntRange(1, 1_000_000), default=100_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=4, show_default=True, help="Web processes.")
@click.option("--kill", type=click.Choice(["none", "web", "database"]), default="none", show_default=True)
@as_json
def bench_voucher_rush(
    vouchers: int, claimers: int, processes: int, kill: Literal["none", "web", "database"], as_json: bool
) -> None:
    """Many more people want a voucher than there are: exactly those are claimed, one each."""
    from highstreet.bench import voucher_rush

    sys.exit(
        _measured(
            lambda: voucher_rush.run(vouchers, claimers, processes, kill), as_json, lambda one: one.good
        )
    )


@bench.command("rehearsal")
@click.option("--rules", type=click.File(encoding="utf-8"), help="A programme's file [dining vouchers].")
@as_json
def bench_rehearsal(rules: TextIO | None, as_json: bool) -> None:
    """A drafted programme judged over every past order of this market."""
    from highstreet.bench import rehearsal

    ours = settings_or_close()

    async def go(market: OpenMarket) -> int:
        _say(await rehearsal.run(market, str(ours.data_dir), rules.read() if rules else None), as_json)
        return 0

    sys.exit(with_market(go))


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


def _measured(run: Callable[[], Awaitable[Any]], as_json: bool, good: Callable[[Any], bool]) -> int:
    """Run a bench and say its figures; exit code 1 when what must hold did not."""

    async def go() -> int:
        found = await run()
        _say(found, as_json)
        return 0 if good(found) else FAILED

    return run_or_say(go)


def _say(found: object, as_json: bool) -> None:
    import msgspec

    figures: dict[str, Any] = msgspec.to_builtins(found)
    say(figures, as_json, "\n".join(f"{name:<24}{value}" for name, value in figures.items()))
