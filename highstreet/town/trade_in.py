"""Old for new in the town: a programme after the notice of 2026, one shop that takes part, and a washing machine with its price filed."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet import policy
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import programmes
from highstreet.market.desk import Market
from highstreet.policy import Asking, ChangeKind
from highstreet.town.founding import Town

NAME = "ferry-trade-in"
_SHOP, _OFFER, _PRICE = "hardware", "HOME-WASH/online", 219_900
_RULES = """# Old for new, as the notice of 2026 has it; in force a year longer, so that the town can always be shown.
id = "ferry-trade-in"
name = { en = "Old for new: appliances", zh = "灯渡镇家电以旧换新" }
kind = "subsidy"
currency = "CNY"

[[rule]]
from = 2026-01-01
to = 2028-01-01
source = "灯渡镇商务办〔2026〕3 号（依商办流通函〔2025〕469 号；made for this town, which is not on any map）"
people = ["verified"]
sellers = ["enrolled"]
trade_in = true
unique_serial = true
same_person = true
filed_price = true
evidence = ["serial", "photo_new", "photo_old", "invoice", "delivery"]
# The notice asks that evidence is uploaded continuously and never in bulk; it names no hours. These are the town's own.
evidence_hours = 72
on_return = "treasury"
quota = "used"
days = 14
limits = [{ per = "each", within = "year", count = 1 }, { per = "serial", within = "ever", count = 1 }]
[[rule.schedule]]
kinds = ["fridge", "washer", "tv", "air_conditioner", "water_heater", "computer"]
grades = [1]
rate = "15%"
cap = "1500.00"
"""


async def launch(market: Market, town: Town, now: datetime) -> None:
    """The programme with one round, once; Lin Mei is verified and has claimed one."""
    liang, zhou, mei = town.people["liang"], town.people["zhou"], town.people["mei"]
    window = {
        "opens_at": (now - timedelta(hours=1)).isoformat(),
        "closes_at": (now + timedelta(days=20)).isoformat(),
    }
    changes: list[tuple[ChangeKind, dict[str, object], str]] = [
        ("rules", {"rules": _RULES}, "承接国家以旧换新"),
        ("budget", {"amount": 3_000_000}, "省市配套资金"),
        ("batch", {"amount": 150_000, "claims": 20, **window}, "首批资格"),
    ]  # fmt: skip

    async def decided(tx: Tx) -> None:
        await policy.budgets.draft(tx, NAME, town.sellers["city"], market.currency, liang, now)
        for kind, body, why in changes:
            one = await policy.budgets.propose(tx, NAME, kind, body, why, liang, now)
            await programmes.decide(tx, one.id, True, zhou, now)
        seller = town.sellers[_SHOP]
        await policy.enrolments.enrol(tx, NAME, seller, frozenset(), liang, now)
        variant: str = await tx.fetchval(
            "SELECT variant_id FROM catalog.offer WHERE id = $1", town.offers[_OFFER]
        )
        await policy.prices.file(tx, NAME, seller, {variant: _PRICE}, town.people["gang"], now)
        for who in ("mei", "he", "luo"):
            await policy.enrolments.qualify(
                tx, town.people[who], "verified", now + timedelta(days=400), liang, now
            )
        first = (await policy.budgets.batches(tx, NAME))[0]
        asking = Asking("clm_t" + mei[5:], mei, (f"party:{mei}",), "the first old for new")
        await policy.claims.take(tx, first.id, [asking], 1, now)
        await facts.tell(tx, "town.trade_in_begun", "town", town.sellers["city"], now)

    await market.db.run(decided)
