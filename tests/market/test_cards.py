"""A seller's prepaid card: bought once, drawn in proportion, given back the way it was paid; its principal is the holder's until used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from highstreet import ledger
from highstreet.kit.errors import Malformed
from highstreet.kit.money import share
from highstreet.kit.text import Words
from highstreet.ledger import CardElsewhere, CardShort, Flow, NoCardHere, Notice, Transfer
from highstreet.ledger.card_plans import Step
from highstreet.ledger.cards import Card
from highstreet.ledger.errors import CardChanged, CardFull, EnoughInAdvance
from highstreet.market import cards, errands, pay_codes, purse, till
from highstreet.market.place import NotPayableSo
from highstreet.market.purse import Purse
from tests.market.lane import Lane, keeps_the_laws
from tests.market.outside import Outside
from tests.market.outside import outside as outside
from tests.market.outside import running as running


async def offered(lane: Lane, *steps: Step, seller: str = "tea") -> str:
    """A card on sale; whose it is."""
    shop = lane.made.sellers[seller]
    plan = list(steps or (Step(20_000, 2_000), Step(50_000, 10_000)))
    await lane.market.db.run(
        ledger.card_plans.offer, shop, plan, Words("Tea all year", ""), "CNY", lane.made.people["owner"], lane.clock()
    )  # fmt: skip
    return shop


async def asked(lane: Lane, amount: int = 20_000, once: str = "a", seller: str = "tea") -> str:
    buyer, shop = lane.made.people["buyer"], lane.made.sellers[seller]
    return (await lane.market.db.run(cards.buy, shop, buyer, amount, "sandbox", once, lane.clock())).key


async def hear(lane: Lane, key: str, amount: int, kind: str = "charge.succeeded", ref: str = "") -> Any:
    told = Notice("sandbox", "ntc", key, kind, amount, "CNY", ref or f"ref {key}", lane.clock())  # type: ignore[arg-type]
    return await errands.told(lane.market, told, lane.clock())


async def bought(lane: Lane, amount: int = 20_000, once: str = "a") -> str:
    """A paid card; how one pays with it."""
    assert await hear(lane, await asked(lane, amount, once), amount) == {"result": "paid"}
    return f"card:{(await held(lane)).id}"


async def held(lane: Lane) -> Card:
    async with lane.market.db.read() as tx:
        (card,) = await ledger.cards.mine(tx, lane.made.people["buyer"])
    return card


async def on_it(lane: Lane) -> tuple[int, int]:
    card = await held(lane)
    return card.principal, card.bonus


async def test_bought_once_whatever_the_provider_says_and_only_as_offered(lane: Lane) -> None:
    with pytest.raises(NoCardHere):
        await asked(lane)
    shop = await offered(lane)
    key = await asked(lane)
    assert await asked(lane) == key
    assert (await hear(lane, key, 20_000, "charge.failed"))["result"] == "declined"
    assert (await hear(lane, key, 19_999))["reason"] == "wrong_amount"
    for result in ("paid", "repeated"):
        assert (await hear(lane, key, 20_000, ref="r"))["result"] == result
    assert (await hear(lane, key, 20_000, ref="other"))["reason"] == "paid_twice"
    assert await on_it(lane) == (20_000, 2_000)
    assert await lane.money() == {"provider": -20_000, "card": 20_000, "bonus": 2_000, "tea": -2_000}
    for wrong in ([Step(20_000, 10_001)], [Step(500_100)], [Step(1_000), Step(1_000)], []):
        with pytest.raises(Malformed):
            await offered(lane, *wrong) if wrong else ledger.card_plans.checked([], "CNY")
    with pytest.raises(Malformed):
        await asked(lane, 30_000, "b")
    with pytest.raises(CardFull):
        for once in "cde":
            await asked(lane, 50_000, once)
    await lane.market.db.run(ledger.card_plans.stop, shop, "owner", lane.clock())
    with pytest.raises(NoCardHere):
        await asked(lane, 20_000, "f")


async def test_a_seller_takes_only_so_much_in_advance(lane: Lane) -> None:
    shop = await offered(lane, Step(100_000))
    async with lane.market.db.transaction() as tx:
        for n in range(20):
            await ledger.cards.ask(
                tx, ledger.cards.Buying(shop, f"pty_{n}", 100_000, "sandbox", "x", 500_000), lane.clock()
            )
        with pytest.raises(EnoughInAdvance):
            await ledger.cards.ask(
                tx, ledger.cards.Buying(shop, "pty_x", 100_000, "sandbox", "x", 500_000), lane.clock()
            )


async def test_pays_in_proportion_and_gets_back_in_the_same(lane: Lane) -> None:
    await offered(lane)
    way, buyer = await bought(lane), lane.made.people["buyer"]
    with pytest.raises(CardShort):
        await lane.buy({"tea/online": 3}, way, buyer)
    for basket, who in (
        ({"jam/collect": 1}, buyer),
        ({"tea/online": 1, "jam/collect": 1}, buyer),
        ({"tea/online": 1}, None),
    ):
        with pytest.raises(CardElsewhere):
            await lane.buy(basket, way, who)
    (order,) = [one["id"] for one in (await lane.buy({"tea/online": 2}, way, buyer))["orders"]]
    work = await lane.order(order)
    delivery = work.order.total - 17_600
    assert (await on_it(lane))[0] + (await on_it(lane))[1] == 22_000 - work.order.total and delivery >= 0
    # A tenth of every yuan on the card is the seller's gift, whatever it pays.
    assert abs((await on_it(lane))[1] * 10 - (await on_it(lane))[0]) <= 20
    await lane.tell(order, "cancelled", "buyer", lines={"1": 1}, reason="one is enough")
    await lane.tell(order, "shipped", tracking="SF1")
    await lane.tell(order, "delivered")
    before = await on_it(lane)
    await lane.tell(order, "return_wanted", "buyer", lines={"1": 1}, reason="no_reason")
    await lane.tell(order, "returned", lines={"1": 1}, resale=True)
    after = await on_it(lane)
    assert sum(after) - sum(before) == 8_800 and abs((after[1] - before[1]) * 11 - 8_800) <= 11
    done = await lane.later(order, days=30)
    assert done.order.stage == "done"
    money = await lane.money()
    # The gift came back to the seller as far as it was used; what it earned is the rest, less the market's fee of that alone.
    assert money["card"] + money["bonus"] == 22_000 - delivery and money.get("escrow", 0) == 0
    assert await lane.refunds(order) == []


def test_each_back_is_exact_in_the_end_and_deposits_are_principal_alone() -> None:
    drawn = Purse("crd_a", 10_000, 1_000).draw(
        [
            Transfer("price", "card:crd_a", "escrow:", 6_500),
            Transfer("deposit", "card:crd_a", "escrow:", 4_500),
        ]
    )
    sums = {(one.purpose, one.source): one.amount for one in drawn}
    assert sums["deposit", "bonus:crd_a"] == 0 and sums["price", "bonus:crd_a"] == 1_000
    with pytest.raises(CardShort):
        Purse("crd_a", 100, 900).draw([Transfer("deposit", "card:crd_a", "escrow:", 101)])
    for own, gift in ((6_667, 333), (1, 2), (5_000, 0), (999, 1_001)):
        flows = [Flow("price", "card:crd_a", "escrow:", own), Flow("price", "bonus:crd_a", "escrow:", gift)]
        left = own + gift
        while left:
            part = min(left, 37)
            for one in purse.back(flows, Transfer("price", "escrow:", "card:crd_a", part)):
                assert one.amount >= 0
                flows.append(Flow(one.purpose, one.source, one.target, one.amount))
            left -= part
        back = {
            name: sum(f.amount for f in flows if f.target == name) for name in ("card:crd_a", "bonus:crd_a")
        }
        assert back == {"card:crd_a": own, "bonus:crd_a": gift}


async def test_the_rest_goes_back_to_the_payments_it_came_from(lane: Lane, outside: Outside) -> None:
    await offered(lane)
    for once, amount in (("form 1", 20_000), ("form 2", 50_000)):
        key = await asked(lane, amount, f"{once} rest")
        await outside.charge({"collection": {"key": key, "amount": amount}})
        (notice,) = await outside.notices(key)
        assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "paid"
    card, buyer = await held(lane), lane.made.people["buyer"]
    assert (card.principal, card.bonus) == (70_000, 12_000)
    await lane.buy({"tea/collect": 1}, f"card:{card.id}", buyer)
    left = (await held(lane)).principal
    back = ledger.card_refunds.give_back
    with pytest.raises(CardChanged):
        await lane.market.db.run(back, card.id, buyer, lane.clock(), 70_000)
    done = await lane.market.db.run(back, card.id, buyer, lane.clock(), left)
    assert done.amount == left and await on_it(lane) == (0, 0)
    with pytest.raises(CardChanged):
        await lane.market.db.run(back, card.id, buyer, lane.clock(), left)
    async with lane.market.db.read() as tx:
        parts = [r["amount"] for r in await tx.fetch("SELECT amount FROM ledger.refund ORDER BY amount")]
    assert sum(parts) == left and len(parts) == 2
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=1))) == 2
    await keeps_the_laws(lane.market.db)


async def test_a_seller_that_is_gone_owes_nothing_that_it_never_earned(lane: Lane) -> None:
    shop = await offered(lane)
    way, buyer = await bought(lane), lane.made.people["buyer"]
    placed = await lane.buy({"tea/online": 1}, way, buyer)
    late = await asked(lane, 50_000, "late")
    await lane.market.db.run(ledger.card_plans.close, shop, "officer", "The shop is empty.", lane.clock())
    assert await errands.cards(lane.market, lane.clock()) == 1
    # Paid only now, and what a cancelled order gives back: both go back too.
    assert (await hear(lane, late, 50_000))["result"] == "paid"
    await lane.tell(placed["orders"][0]["id"], "cancelled", "buyer", lines={"1": 1}, reason="gone")
    assert await errands.cards(lane.market, lane.clock()) == 1
    assert await errands.cards(lane.market, lane.clock()) == 0
    async with lane.market.db.read() as tx:
        stands = await ledger.card_refunds.progress(tx, shop)
        failed = await tx.fetchval("SELECT key FROM ledger.refund ORDER BY key LIMIT 1")
    assert (stands.cards_left, stands.left, stands.sent) == (0, 0, 70_000)
    assert await lane.money() == {}
    # A refund the provider refuses is wanted again, or settled by hand, by a person.
    await lane.market.db.run(ledger.refunds.failed, failed, "account closed", lane.clock())
    again = await lane.market.db.run(ledger.refunds.again, failed, "officer", lane.clock())
    await lane.market.db.run(ledger.refunds.failed, again, "account closed", lane.clock())
    await lane.market.db.run(ledger.refunds.by_hand, again, "officer", "bank transfer", lane.clock())


async def test_pays_at_the_till_by_its_code_once(lane: Lane) -> None:
    await offered(lane)
    way, buyer = await bought(lane), lane.made.people["buyer"]
    clerk = till.Clerk(lane.made.people["owner"], lane.made.sellers["tea"], lane.made.places["tea"])
    offer = lane.made.offers["tea/counter"]
    good = (await till.goods(lane.market, [offer], lane.clock()))[offer]
    code = pay_codes.pay_code(lane.market, buyer, lane.clock(), way)
    lines = [till.Rung(offer, 1, good.price)]
    sale = till.Sale("k1", lane.clock(), good.now, lines, "wallet", code=code)
    first = await till.sell(lane.market, clerk, sale, lane.clock())
    assert await till.sell(lane.market, clerk, sale, lane.clock()) == first
    assert sum(await on_it(lane)) == 22_000 - good.now
    # An eleventh of the price was the seller's own gift: it comes back to the seller whole, the market takes its fee of the rest.
    own, gift = 20_000 - (await on_it(lane))[0], 2_000 - (await on_it(lane))[1]
    fee = share(own, 60, 10_000)
    money = await lane.money()
    assert gift == good.now // 11 and money["platform"] == fee and money["tea"] == own + gift - fee - 2_000
    other = pay_codes.pay_code(lane.market, lane.made.people["owner"], lane.clock(), way)
    with pytest.raises(CardElsewhere):
        await till.sell(
            lane.market,
            clerk,
            till.Sale("k2", lane.clock(), good.now, lines, "wallet", code=other),
            lane.clock(),
        )
    with pytest.raises(NotPayableSo):
        await till.sell(lane.market, clerk, till.Sale("k3", lane.clock(), good.now, lines, way), lane.clock())
