"""The moonlight fair: a programme that is over. Its vouchers were spent, settled twice, looked at by lot, and one of them is in dispute."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from highstreet import parties, policy
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import clawing_back, programmes, settling
from highstreet.market.desk import Market
from highstreet.policy import Asking, ChangeKind, Settlement
from highstreet.town.founding import Town
from highstreet.town.past import Bought, Next, buy, top_up

NAME = "moonlight-fair"
_SHOPS = ("books", "tea", "tailor", "toys")
_RULES = """# Vouchers of the moonlight fair: eight off forty, in the shops that take part.
id = "moonlight-fair"
name = { en = "Moonlight fair", zh = "月光市集消费券" }
kind = "voucher"
currency = "CNY"

[[rule]]
from = 2026-01-01
to = 2028-01-01
source = "灯渡镇商务办〔2026〕9 号 月光市集消费券发放办法 (made for this town, which is not on any map)"
sellers = ["enrolled"]
days = 7
limits = [{ per = "person", within = "batch", count = 1 }]
[[rule.schedule]]
of = "basket"
least = "40.00"
off = "8.00"
"""
D, H = timedelta(days=1), timedelta(hours=1)
_BEGAN = 13 * D  # so long ago


def _parcel(shop: str, who: str, *, by: str, tracking: str) -> tuple[Next, ...]:
    """Sent the same day, there the day after, kept."""
    return (
        Next(5 * H, shop, "seller", who, "shipped", {"carrier": "White Heron", "tracking": tracking}),
        Next(26 * H, shop, "seller", who, "delivered"),
        Next(30 * H, shop, "buyer", by, "received"),
    )


_BOUGHT = (
    Bought(
        12 * D,
        "he",
        "wallet",
        {"BOOK-LAKE/online": 1, "BOOK-BRUSH/online": 1},
        _parcel("books", "xu", by="he", tracking="WH1000199701"),
    ),
    Bought(
        12 * D - 2 * H,
        "luo",
        "wallet",
        {"TEA-COFFEE/online": 1},
        _parcel("tea", "shen", by="luo", tracking="WH1000199718"),
    ),
    Bought(
        12 * D - 4 * H,
        "su",
        "wallet",
        {"TOY-BEAR/online": 1},
        _parcel("toys", "chen", by="su", tracking="WH1000199725"),
    ),
    Bought(
        11 * D,
        "emma",
        "wallet",
        {"WEAR-HAT/online": 1},
        (
            *_parcel("tailor", "ruan", by="emma", tracking="WH1000199732"),
            Next(5 * D, "tailor", "buyer", "emma", "return_wanted", {"lines": {"1": 1}, "reason": "damaged"}),
            Next(6 * D, "tailor", "seller", "ruan", "returned"),
        ),
    ),
)


async def hold_fair(market: Market, town: Town, now: datetime) -> None:
    """The fair from its first proposal to the claw-back under way, once, as seen from `now`."""
    began = now - _BEGAN
    async with market.db.read() as tx:
        begun = await tx.fetchval("SELECT rules IS NOT NULL FROM policy.programme WHERE id = $1", NAME)
    if not begun:
        await market.db.run(_launch, market, town, began)
    for n, bought in enumerate(_BOUGHT):
        price = 20_000
        await top_up(market, town.people[bought.who], price, began, f"top-up for the fair {bought.who}")
        await buy(market, town, bought, f"fair {n}", now - bought.ago, with_vouchers=True)
    await programmes.keep(market, now - 4 * D)
    first = await _settle(market, town, now - 8 * D)
    if first.state == "drawn":
        await market.db.run(_look_into, market, town, first, now - 7 * D)
    await _settle(market, town, now - 2 * D)
    await market.db.run(_end, town, now)


async def _launch(tx: Tx, market: Market, town: Town, now: datetime) -> None:
    liang, qiu = town.people["liang"], town.people["qiu"]
    window = {"opens_at": now.isoformat(), "closes_at": (now + 4 * D).isoformat()}
    changes: list[tuple[ChangeKind, dict[str, object], str]] = [
        ("rules", {"rules": _RULES}, "秋夜市集聚人气"),
        ("budget", {"amount": 20_000}, "市集专项资金"),
        ("batch", {"amount": 800, "claims": 25, **window}, "一次发完"),
    ]
    await policy.budgets.draft(tx, NAME, town.sellers["city"], market.currency, liang, now)
    for kind, body, why in changes:
        one = await policy.budgets.propose(tx, NAME, kind, body, why, liang, now)
        await programmes.decide(tx, one.id, True, qiu, now)
    await policy.settlements.tell_seed(tx, NAME, now)
    for shop in _SHOPS:
        await policy.enrolments.enrol(tx, NAME, town.sellers[shop], frozenset(), liang, now)
    people = [town.people[one.who] for one in _BOUGHT]
    askings = [Asking(f"clm_fair{who[4:]}", who, (f"party:{who}",), "the moonlight fair") for who in people]
    await policy.claims.take(
        tx, (await policy.budgets.batches(tx, NAME))[0].id, askings, 1, now + timedelta(minutes=5)
    )


async def _settle(market: Market, town: Town, now: datetime) -> Settlement:
    """Up to the last midnight, by the officer."""
    end = datetime.combine(now.astimezone(market.tz).date(), time(), market.tz)
    return await settling.draw_up(market, NAME, end, town.people["liang"], now)


async def _look_into(tx: Tx, market: Market, town: Town, first: Settlement, now: datetime) -> None:
    """The auditor checks the first settlement, goes to see the sampled sales, and finds one wanting."""
    qiu, liang = town.people["qiu"], town.people["liang"]
    await policy.settlements.check(tx, first.id, "", qiu, now)
    await policy.settlements.accept(tx, first.id, "灯财〔2026〕41 号", liang, now + H)
    for row in await policy.settlements.rows_of(tx, first.id):
        if not row.sampled:
            continue
        wanting = row.seller_id == town.sellers["toys"]
        await policy.audits.record(
            tx, first.id, row.n, not wanting, "on_site" if wanting else "desk",
            "收据上写的是木马，不是小熊" if wanting else "", "照片 7、8" if wanting else "票据齐全", qiu, now + 2 * H,
        )  # fmt: skip
        if wanting:
            await clawing_back.open_case(
                tx, market, NAME, row.order_id, row.amount, "核查发现收据品名与所售商品不符", "照片 7、8", qiu, now + 3 * H
            )  # fmt: skip


async def _end(tx: Tx, town: Town, now: datetime) -> None:
    """The fair is closed; the pharmacist would like to take part in the next thing."""
    one = await policy.budgets.propose(tx, NAME, "close", {}, "市集已结束", town.people["liang"], now)
    await programmes.decide(tx, one.id, True, town.people["qiu"], now)
    papers = await parties.licences.licences_of(tx, town.sellers["pharmacy"])
    await policy.applications.apply(
        tx, "lantern-weeks", town.sellers["pharmacy"], policy.applications.STATEMENTS, [p.id for p in papers],
        town.people["bai"], now,
    )  # fmt: skip
    await facts.tell(tx, "town.fair_settled", "town", town.sellers["city"], now)
