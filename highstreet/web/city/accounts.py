"""What a report of a programme says: all its figures at one moment, and the same as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.market import what_changed
from highstreet.market.rehearsal import SMALL
from highstreet.market.views import city as views
from highstreet.market.views import effects, watching
from highstreet.policy import Programme
from highstreet.web.city.desk import Desk
from highstreet.web.city.watch import District, districts


class Account(NamedTuple):
    """All that a report says. kinds: with what each category is called; changed: of each round that was drawn with enough people."""

    purse: views.Purse
    programme: Programme
    told: list[policy.explaining.Told]
    rounds: list[watching.Round]
    sellers: list[watching.Gained]
    kinds: list[tuple[Words, watching.Gained]]
    districts: list[District]
    small: int
    changed: list[what_changed.Told]
    drawn: int

    @property
    def claims(self) -> int:
        return sum(one.claimed for one in self.rounds)

    @property
    def redeemed(self) -> int:
        return sum(one.redeemed for one in self.rounds)

    @property
    def lapsed(self) -> int:
        return sum(one.lapsed for one in self.rounds)

    @property
    def sales(self) -> int:
        return sum(one.sales for one in self.sellers)

    @property
    def leverage(self) -> float | None:
        """Sales of the helped orders for each unit of public money; not an effect."""
        return round(self.sales / self.purse.spent, 2) if self.purse.spent else None


async def account(desk: Desk, programme_id: str) -> Account | None:
    """As it stands; None while there are no rules in force."""
    async with desk.market.db.read(snapshot=True) as tx:
        purse = await views.purse(tx, programme_id, desk.now)
        if purse.rules is None:
            return None
        names = await views.kinds(tx)
        sellers = await watching.by_seller(tx, programme_id, desk.now, SMALL)
        kinds = await watching.by_kind(tx, programme_id)
        drawn = await effects.drawn_of(tx, programme_id)
        programme = policy.instruments.read(purse.rules)
        return Account(
            purse,
            programme,
            policy.explaining.explain(programme, names),
            await watching.rounds(tx, programme_id, desk.now),
            sellers,
            [(names.get(one.id, Words(one.id, one.id)), one) for one in kinds],
            districts(await watching.by_place(tx, programme_id)),
            sum(one.spent for one in sellers if one.small),
            await _changed(tx, desk, drawn),
            len(drawn),
        )


async def _changed(tx: Tx, desk: Desk, drawn: Sequence[effects.Drawn]) -> list[what_changed.Told]:
    found = [await what_changed.told(tx, one.id, desk.now) for one in drawn[:6]]
    return [one for one in found if one is not None]


def figures(it: Account) -> list[tuple[str, str, str]]:
    """The rows of the table."""
    one = it.purse

    def yuan(amount: int) -> str:
        return plain(amount, one.currency).replace(",", "")

    found = [
        ("programme", "id", one.id),
        ("programme", "name", it.programme.name.zh),
        ("programme", "state", one.state),
    ]
    found += [("rule", rule.starts.isoformat(), rule.source) for rule in it.programme.rules]
    money = {
        "given": one.given, "spent": one.spent, "claimed and not spent": one.claimed, "unclaimed": one.unclaimed, "free": one.free,
        "back at the treasury": one.back,
    }  # fmt: skip
    found += [("budget", name, yuan(amount)) for name, amount in money.items()]
    counts = {"claimed": it.claims, "redeemed": it.redeemed, "lapsed": it.lapsed}
    found += [("claims", name, str(count)) for name, count in counts.items()]
    found += [("seller", each.name, yuan(each.spent)) for each in it.sellers]
    found += [("district", each.name, yuan(each.spent)) for each in it.districts]
    found += [("kind", words.zh or each.id, yuan(each.spent)) for words, each in it.kinds]
    found += [("small sellers", "spent", yuan(it.small)), ("sales", "of helped orders", yuan(it.sales))]
    found.append(
        ("leverage", "sales / spent (not an effect)", "" if it.leverage is None else str(it.leverage))
    )
    for each in it.changed:
        for name, estimate in each.estimates.items():
            of = f"effect of round {each.drawn.id}"
            found.append((of, name, f"{estimate.difference:.4f}"))
            found.append((of, f"{name}, interval", f"{estimate.low:.4f} .. {estimate.high:.4f}"))
    return found
