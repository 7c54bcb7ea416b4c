"""Tax refunds in the town: the programme as it is in force, two shops that write forms, and Emma Reed, who leaves in December."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources

from highstreet import policy
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import programmes, tax_refunds
from highstreet.market.desk import Market
from highstreet.town.founding import Town
from highstreet.town.past import Bought, buy

NAME = "departure-tax-refund"
SHOPS = ("tailor", "toys")
_H = timedelta(hours=1)
# At the counter, in cash: two days ago a jacket, which has its form; this morning what has none yet.
_BEFORE = Bought(49 * _H, "emma", "cash", {"WEAR-JACKET:M/counter": 1})
_TODAY = (
    Bought(_H, "emma", "cash", {"WEAR-UMBR/counter": 1, "WEAR-HAT/counter": 1}),
    Bought(timedelta(minutes=40), "emma", "cash", {"TOY-BLOCKS/counter": 1}),
)


async def begin(market: Market, town: Town, now: datetime) -> None:
    """The programme, its shops, and what Emma bought; once."""
    liang, qiu, emma = town.people["liang"], town.people["qiu"], town.people["emma"]
    file = resources.files("highstreet.policy") / "programmes" / f"{NAME}.toml"
    rules = file.read_text(encoding="utf-8")
    for n, bought in enumerate((_BEFORE, *_TODAY)):
        await buy(market, town, bought, f"to take home {n}", now - bought.ago)

    async def decided(tx: Tx) -> None:
        await policy.budgets.draft(tx, NAME, town.sellers["city"], market.currency, liang, now)
        one = await policy.budgets.propose(
            tx, NAME, "rules", {"rules": rules}, "按国家规定开办离境退税", liang, now
        )
        await programmes.decide(tx, one.id, True, qiu, now)
        for shop in SHOPS:
            await policy.enrolments.enrol(
                tx, NAME, town.sellers[shop], frozenset({"refund_shop"}), liang, now - _BEFORE.ago - _H
            )
        came = (now - timedelta(days=12)).astimezone(market.tz).date()
        traveller = tax_refunds.Traveller("Emma Reed", "704122915", "GBR", came)
        await policy.departures.travellers.show_passport(
            tx, market.seal, emma, traveller, now.astimezone(market.tz).date(), emma, now
        )
        found = await tx.fetchval(
            """SELECT id FROM orders."order" WHERE buyer_id = $1 AND seller_id = $2 AND placed_at < $3 AND format LIKE 'counter%'
               ORDER BY placed_at DESC LIMIT 1""",
            emma,
            town.sellers["tailor"],
            now - 40 * _H,
        )
        wish = tax_refunds.Wish(town.sellers["tailor"], (found,), traveller, emma, town.people["ruan"])
        await tax_refunds.issue(market, tx, wish, now - _BEFORE.ago + _H / 2)
        await facts.tell(tx, "town.refunds_begun", "town", town.sellers["city"], now)

    await market.db.run(decided)
