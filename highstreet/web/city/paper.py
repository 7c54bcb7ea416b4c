"""A programme's report on paper. Imported only when somebody wants one: reportlab is an extra (`report`)."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table

from highstreet.web.city.accounts import Account
from highstreet.web.city.desk import Desk
from highstreet.web.city.paper_shapes import BODY, HEAD, SMALL, TITLE, bar, foot, ready, table, text
from highstreet.web.render import money


def written(desk: Desk, it: Account | None, programme_id: str) -> bytes:
    """The file, in the language of whoever asks."""
    ready()
    into = io.BytesIO()
    title = desk.words(it.programme.name) if it else programme_id
    paper = SimpleDocTemplate(
        into, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
        title=title, author=desk.visitor.town, invariant=1,
    )  # fmt: skip
    made = f"{desk.now.astimezone(desk.market.tz):%Y-%m-%d %H:%M}"
    around = partial(foot, said=f"{desk.visitor.town} · {programme_id} · {made}")
    paper.build(
        _story(desk, it, title) if it else [text(title, TITLE)], onFirstPage=around, onLaterPages=around
    )
    return into.getvalue()


def _story(desk: Desk, it: Account, title: str) -> list[Any]:
    def amount(minor: int) -> str:
        return money(minor, it.purse.currency, desk.lang)

    say = desk.say
    story: list[Any] = [
        text(say("Report of a programme"), SMALL),
        text(title, TITLE),
        text(it.purse.id, SMALL),
    ]
    story += [text(say("Budget %(amount)s", amount=amount(it.purse.given)), HEAD), bar(it), Spacer(1, 4)]
    one = it.purse
    names = [
        (say("Spent"), one.spent), (say("Claimed, not spent"), one.claimed), (say("Unclaimed in rounds"), one.unclaimed),
        (say("Free"), one.free), (say("Back at the treasury"), one.back),
    ]  # fmt: skip
    story.append(table([(name, amount(minor)) for name, minor in names], [110, 60]))
    story += [text(say("Claimed and redeemed"), HEAD), _counts(desk, it)]
    for head, rows in (
        (say("Sellers"), [(each.name, each.orders, each.spent) for each in it.sellers[:25]]),
        (say("Kinds of things"), [(desk.words(words), each.orders, each.spent) for words, each in it.kinds[:25]]),
        (say("By district"), [(each.name or say("No district in the address"), each.orders, each.spent) for each in it.districts]),
    ):  # fmt: skip
        if rows:
            cells = [(say("Name"), say("Orders"), say("Spent"))]
            cells += [(name, f"{orders:,}", amount(spent)) for name, orders, spent in rows]
            story.append(KeepTogether([text(head, HEAD), table(cells, [90, 30, 50], head=True)]))
    story += _judged(desk, it, amount)
    return story + _rules(desk, it)


def _counts(desk: Desk, it: Account) -> Table:
    head = [desk.say(one) for one in ("A round", "claimed", "redeemed", "lapsed", "Spent")]
    zone = desk.market.tz
    rows = [
        (f"{one.opens_at.astimezone(zone):%Y-%m-%d %H:%M}", f"{one.claimed:,}", f"{one.redeemed:,}", f"{one.lapsed:,}",
         money(one.spent, it.purse.currency, desk.lang))
        for one in it.rounds
    ]  # fmt: skip
    total = (
        desk.say("Together"),
        f"{it.claims:,}",
        f"{it.redeemed:,}",
        f"{it.lapsed:,}",
        money(it.purse.spent, it.purse.currency, desk.lang),
    )
    return table([tuple(head), *rows, total], [55, 25, 25, 25, 40], head=True)


def _judged(desk: Desk, it: Account, amount: Any) -> list[Any]:
    """Leverage and effect, each under its own heading: the one is not the other."""
    said = desk.say("No sales were helped yet.")
    if it.leverage is not None:
        said = desk.say(
            "%(sales)s of sales with %(spent)s of public money in them: %(n)s for each yuan. Most might have been bought anyway.",
            sales=amount(it.sales), spent=amount(it.purse.spent), n=it.leverage,
        )  # fmt: skip
    found: list[Any] = [text(desk.say("Leverage"), HEAD), text(said, BODY)]
    small = round(100 * it.small / it.purse.spent) if it.purse.spent else 0
    found.append(text(desk.say("Small sellers' share: %(share)s %%.", share=small), BODY))
    found.append(text(desk.say("What it changed"), HEAD))
    found += [text(line, BODY) for line in _effects(desk, it)]
    return found


def _effects(desk: Desk, it: Account) -> list[str]:
    """A sentence for each drawn round that can be judged, or why nothing can be said."""
    if not it.changed:
        why = (
            "Too few people entered the draw for anything to be said."
            if it.drawn
            else "No round was given by lot, so nobody can say what would have been bought without it."
        )
        return [desk.say(why)]
    found: list[str] = []
    for one in it.changed:
        shown = [
            money(round(n), it.purse.currency, desk.lang)
            for n in (one.spending.difference, one.spending.low, one.spending.high)
        ]
        found.append(
            desk.say(
                "Round of %(day)s: each who won was sold %(amount)s more than each who did not (95 %% interval %(low)s to %(high)s; "
                "%(winners)s won, %(losers)s did not).",
                day=one.drawn.drawn_at.astimezone(desk.market.tz).date(), amount=shown[0], low=shown[1], high=shown[2],
                winners=one.winners, losers=one.losers,
            )
        )  # fmt: skip
        if not one.spending.shows:
            found.append(desk.say("The interval includes zero: it may have changed nothing."))
    return found


def _rules(desk: Desk, it: Account) -> list[Any]:
    found: list[Any] = [text(desk.say("Rules and their sources"), HEAD)]
    for rule in it.told:
        lines = [text(point.words.say(desk.lang), BODY) for point in rule.points]
        found += [text(f"{rule.starts} - {rule.ends}", SMALL), *lines, Spacer(1, 6)]
    return found
