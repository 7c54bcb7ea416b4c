"""The city's lantern weeks: a programme of vouchers with its rule, its money, its shops, and three rounds of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet import policy
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import programmes
from highstreet.market.desk import Market
from highstreet.policy import Asking, ChangeKind
from highstreet.town.founding import Town

NAME = "lantern-weeks"
_SHOPS = ("tea", "bakery", "grocer", "noodles", "toys", "tailor", "books", "fish", "garden")
_RULES = """# Vouchers of the lantern weeks: ten off fifty in small shops, thirty off a hundred by lot.
id = "lantern-weeks"
name = { en = "Lantern weeks", zh = "渡口灯会消费券" }
kind = "voucher"
currency = "CNY"

[[rule]]
from = 2026-01-01
to = 2028-01-01
source = "灯渡镇商务办〔2026〕12 号 渡口灯会消费券发放办法 (made for this town, which is not on any map)"
sellers = ["enrolled"]
days = 7
limits = [{ per = "person", within = "batch", count = 1 }]
[[rule.schedule]]
of = "basket"
least = "50.00"
off = "10.00"
[[rule.schedule]]
of = "basket"
least = "100.00"
off = "30.00"
"""


async def launch(market: Market, town: Town, now: datetime) -> None:
    """The programme with its rounds, once: proposed by the officer, decided by the auditor; Mei has claimed one."""
    liang, qiu = town.people["liang"], town.people["qiu"]

    def window(starts: timedelta, lasts: timedelta) -> dict[str, str]:
        return {"opens_at": (now + starts).isoformat(), "closes_at": (now + starts + lasts).isoformat()}

    hour, day = timedelta(hours=1), timedelta(days=1)
    changes: list[tuple[ChangeKind, dict[str, object], str]] = [
        ("rules", {"rules": _RULES}, "灯会期间提振小店消费"),
        ("budget", {"amount": 1_000_000}, "年度促消费专项资金"),
        ("batch", {"amount": 1_000, "claims": 300, **window(-hour, 10 * day)}, "首轮先到先得"),
        (
            "batch",
            {"schedule": 1, "amount": 3_000, "claims": 60, "way": "draw", **window(-hour, 3 * day)},
            "大额券摇号",
        ),
        ("batch", {"amount": 1_000, "claims": 300, **window(2 * day, 8 * day)}, "次轮先到先得"),
    ]

    async def decided(tx: Tx) -> None:
        await policy.budgets.draft(tx, NAME, town.sellers["city"], market.currency, liang, now)
        for kind, body, why in changes:
            one = await policy.budgets.propose(tx, NAME, kind, body, why, liang, now)
            await programmes.decide(tx, one.id, True, qiu, now)
        for shop in _SHOPS:
            if shop in town.sellers:
                await policy.enrolments.enrol(tx, NAME, town.sellers[shop], frozenset(), liang, now)
        first = (await policy.budgets.batches(tx, NAME))[0]
        mei = town.people["mei"]
        asking = Asking("clm_" + mei[4:], mei, (f"party:{mei}",), "the first voucher of the lantern weeks")
        await policy.claims.take(tx, first.id, [asking], 1, now)
        await facts.tell(tx, "town.vouchers_given", "town", town.sellers["city"], now)

    await market.db.run(decided)
