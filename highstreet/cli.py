"""The operator's commands. Each imports what is heavy itself, so that `--help` is there at once.

Exit codes: 0 done, 1 found something wrong or failed, 2 asked wrongly, 3 the market does not open.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from highstreet import __version__
from highstreet.commands import FAILED, as_json, run_or_say, say, settings_or_close, with_market
from highstreet.measuring import bench

if TYPE_CHECKING:
    from highstreet.wiring import OpenMarket


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="highstreet")
def main() -> None:
    """The open platform on which a town runs its consumption as one market, online and offline."""


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
    "--port", type=click.IntRange(1, 65532), help="The pages' port [8000]; the sandboxes take the next three."
)
@click.option("--processes", type=click.IntRange(1, 64), help="Web processes [2].")
@as_json
def open_(host: str | None, port: int | None, processes: int | None, as_json: bool) -> None:
    """Open the market: database, town, payment sandbox, pages and worker in one command. Ctrl-C closes it."""
    from highstreet import opening

    _put(host=host, port=port, web_processes=processes)
    # The terminal belongs to the person who opened the market; whoever wants every request says so.
    _put_if_missing(log_level="warning", demo="yes")
    ours = settings_or_close()

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
    opening.serve_web(settings_or_close())


@main.command()
def worker() -> None:
    """Do what waits: letters, notices, deadlines, refunds, payouts."""
    from highstreet import worker as working

    sys.exit(run_or_say(lambda: working.work(settings_or_close())))


@main.command()
@as_json
def migrate(as_json: bool) -> None:
    """Bring the database to the shape this version needs."""
    from highstreet import opening

    async def go() -> int:
        applied = await opening.bring_to_shape(settings_or_close())
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
    from highstreet.market.axes import axes

    known = wiring.formats().values()
    text = "\n".join(
        f"{one.code:<17}{one.hints.title.en} / {one.hints.title.zh} - {one.hints.line.en}" for one in known
    )
    say({"formats": [axes(one) for one in known]}, as_json, text)


# --- how commands speak and fail ---


def _note(text: str) -> None:
    """What happens meanwhile, for a person; stdout stays for the answer."""
    click.echo(text, err=True)


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


main.add_command(bench)


if __name__ == "__main__":
    main()
