"""The till over HTTP: sales told once or many times, decisions about what could not be taken in, returns, the drawer, and whose it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from highstreet import policy
from highstreet.inventory import stock
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database
from highstreet.kit.errors import NotFound
from highstreet.logistics import codes
from highstreet.market import laws, pay_codes, programmes, till, unsettled, vouchers_shown
from highstreet.market.till import Clerk, Rung, Sale
from highstreet.market.views import till as views
from highstreet.web.till import telling
from tests.market.till_street import Till, leg_of, open_till, order
from tests.web.till_pages import app_of, browser_of, send, signed_in, token_of


@pytest_asyncio.fixture
async def at(db: Database, clock: FixedClock) -> AsyncIterator[Till]:
    async with open_till(db, clock) as found:
        yield found
        async with db.read(snapshot=True) as tx:
            assert [law for law in await laws.check(tx) if not law.ok] == []


@pytest_asyncio.fixture
async def app(at: Till) -> Litestar:
    return app_of(at.market)


@pytest_asyncio.fixture
async def mei(at: Till, app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(at.market, app, at.people["mei"]) as browser:
        yield browser


async def told(at: Till, *wanted: tuple[str, int], key: str = "sale-0001", **more: Any) -> Sale:
    market = at.market
    known = await till.goods(market, list(at.offers.values()), market.clock())
    lines = [Rung(at.offers[name], count, known[at.offers[name]].price) for name, count in wanted]
    total = sum(known[at.offers[name]].now * count for name, count in wanted)
    return Sale(key, market.clock(), total, lines, **more)


async def tell(browser: httpx.AsyncClient, at: Till, *sales: Sale, **more: Any) -> httpx.Response:
    body = {"place": at.places["bakery"], "sales": msgspec.to_builtins(sales)} | more
    return await browser.post("/till/sales", content=msgspec.json.encode(body), headers=token_of(browser))


async def empty(at: Till, name: str, left: int = 0) -> None:
    async with at.market.db.transaction() as tx:
        await stock.count(tx, at.supplies[name], left, at.clerk.person_id, at.market.clock())


async def test_the_page_opens_and_lists_signed_goods(at: Till, mei: httpx.AsyncClient) -> None:
    page = await mei.get("/till")
    assert page.status_code == 200 and 'id="entry"' in page.text
    assert "<script>" not in page.text and " style=" not in page.text
    listed = (await mei.get("/till/goods", params={"place": at.places["bakery"]})).json()
    by_sku = {one["sku"]: one for one in listed["goods"]}
    assert set(by_sku) == {"B-bread", "B-buns", "B-cake", "B-milk"}
    assert (by_sku["B-milk"]["was"], by_sku["B-milk"]["now"], by_sku["B-milk"]["why"]) == (
        1680,
        1512,
        ["Morning milk"],
    )
    worker = await mei.get("/till/worker.js")
    assert (
        worker.headers["service-worker-allowed"] == "/till" and "javascript" in worker.headers["content-type"]
    )


async def test_sales_are_judged_alone_and_told_again_answer_the_same(
    at: Till, mei: httpx.AsyncClient
) -> None:
    await empty(at, "cake", 1)
    sales = [
        await told(at, ("bread", 1), key="sale-000a"),
        await told(at, ("cake", 2), key="sale-000b"),
        await told(at, ("buns", 1), key="sale-000c"),
    ]
    first = (await tell(mei, at, *sales)).json()
    assert [one["state"] for one in first["sales"]] == ["sold", "kept", "sold"]
    assert first["sales"][1]["code"] == "out_of_stock" and first["needs"] == 1
    again = (await tell(mei, at, *sales)).json()
    assert again["sales"] == first["sales"]
    async with at.market.db.read() as tx:
        assert await tx.fetchval('SELECT count(*) FROM orders."order"') == 2


async def test_a_live_refusal_keeps_nothing_until_the_goods_are_found(
    at: Till, mei: httpx.AsyncClient
) -> None:
    await empty(at, "cake")
    sale = await told(at, ("cake", 1))
    refused = await tell(mei, at, sale, live=True)
    assert refused.status_code == 409 and refused.json()["code"] == "out_of_stock"
    async with at.market.db.read() as tx:
        assert await unsettled.count_open(tx, at.places["bakery"]) == 0
    sold = await tell(mei, at, sale, live=True, found=True)
    assert sold.json()["sales"][0]["state"] == "sold"


async def test_two_tills_offline_sell_the_last_one(at: Till, clock: FixedClock) -> None:
    """The second is not taken in, not lost, and not oversold: somebody decides."""
    market = at.market
    await empty(at, "cake", 1)
    first, second = await told(at, ("cake", 1), key="a"), await told(at, ("cake", 1), key="b")
    clock.forward(timedelta(hours=3))
    assert "sale" in await telling.receive(market, at.clerk, first, clock())
    for _ in range(2):  # telling it again neither doubles nor loses it
        answer = await telling.receive(market, at.clerk, second, clock())
        assert answer["refusal"] == "out_of_stock" and answer["said"]["zh"]
    async with market.db.read() as tx:
        assert [(one.key, one.sale) for one in await unsettled.open_ones(tx, at.clerk.place_id)] == [
            ("b", second)
        ]
    recorded = await telling.record(market, at.clerk, "b", clock())
    assert recorded["orders"][0]["stage"] == "done"
    assert await telling.record(market, at.clerk, "b", clock()) == recorded
    assert await telling.strike_out(market, at.clerk, "b", "twice", clock()) is False
    async with market.db.read() as tx:
        assert await unsettled.open_ones(tx, at.clerk.place_id) == []
        assert (
            await tx.fetchval("SELECT quantity FROM inventory.movement WHERE note = 'b' AND kind = 'counted'")
            == 1
        )
        assert (await stock.supply(tx, at.supplies["cake"])).free == 0


async def test_a_sale_struck_out_can_never_come_back(at: Till, mei: httpx.AsyncClient) -> None:
    await empty(at, "cake")
    sale = await told(at, ("cake", 2))
    await tell(mei, at, sale)
    assert (
        "These sales need you" in (page := await mei.get("/till/needs-you")).text
        and "Osmanthus cake" in page.text
    )
    path = f"/till/needs-you/{sale.key}"
    assert (await send(mei, path, decision="void")).status_code == 422
    assert (await send(mei, path, decision="void", reason="typed_twice")).status_code == 303
    async with at.market.db.transaction() as tx:
        await stock.change(tx, at.supplies["cake"], "received", 5, at.clerk.person_id, at.market.clock())
    assert (await tell(mei, at, sale)).json()["sales"][0]["code"] == "sale_void"
    assert (await send(mei, "/till/needs-you/nobody", decision="record")).status_code == 404


async def test_an_old_sale_waits_for_a_person(at: Till, clock: FixedClock) -> None:
    sale = await told(at, ("bread", 1))
    clock.forward(timedelta(days=9))
    assert (await telling.receive(at.market, at.clerk, sale, clock()))["refusal"] == "sale_too_old"
    answer = await telling.record(at.market, at.clerk, sale.key, clock())
    async with at.market.db.read() as tx:
        work = await views.order(tx, at.clerk.seller_id, order_id=answer["orders"][0]["id"])
    assert work.order.placed_at == clock()
    with pytest.raises(NotFound):
        await telling.record(at.market, Clerk("x", at.clerk.seller_id, at.places["tea"]), sale.key, clock())


def _sale(at: bytes = b"2026-11-23T02:00:00Z", total: bytes = b"1", key: bytes = b"long-enough") -> bytes:
    return b'{"place": "p", "sales": [{"key": "%b", "at": "%b", "total": %b, "lines": []}]}' % (
        key,
        at,
        total,
    )


BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b'{"place": 5}',
    b'{"place": "x", "sales": [{"key": "k"}]}',
    _sale(key=b"short"),
    _sale(at=b"2026-11-23T02:00:00"),
    *(_sale(total=total) for total in (b"NaN", b"-1", b"1.5", b"1e99", b'"1"')),
]


async def test_bad_bodies_are_faults_with_a_sentence(mei: httpx.AsyncClient) -> None:
    for body in BAD_BODIES:
        answer = await mei.post("/till/sales", content=body, headers=token_of(mei))
        assert (answer.status_code, bool(answer.json()["said"]["zh"])) == (422, True), body
    assert (await mei.post("/till/sales", content=_sale())).status_code == 403  # without the forms' token


async def test_nobody_elses_till(at: Till, app: Litestar, mei: httpx.AsyncClient) -> None:
    """Another shop's place, order, sale and goods are not there; without the role or a sign-in there is no till."""
    sold = (await tell(mei, at, await told(at, ("bread", 1)))).json()["sales"][0]
    async with signed_in(at.market, app, at.people["leaf"]) as gu:
        assert (await gu.get("/till")).status_code == 200
        for path in (
            f"/till/receipts/{sold['order']}",
            f"/till/receipts/{sold['order']}/code.svg",
            f"/till/sales/{sold['order']}",
        ):
            assert (await gu.get(path)).status_code == 404
        assert (await gu.get("/till/goods", params={"place": at.places["bakery"]})).status_code == 404
        assert (await tell(gu, at, await told(at, ("bread", 1), key="sale-0002"))).status_code == 404
        assert (await send(gu, f"/till/returns/{sold['order']}", **{"line-1": "1"})).status_code == 404
        assert (
            await send(gu, f"/till/returns/goods/{at.offers['bread']}", quantity="1", amount="1")
        ).status_code == 404
        assert (await send(gu, f"/till/collect/{sold['order']}", code="123456")).status_code == 404
        assert (await send(gu, f"/till/sales/{sold['order']}/cancel")).status_code == 404
        assert (await send(gu, "/till/place", place=at.places["bakery"])).status_code == 404
        foreign = {"place": at.places["tea"], "lines": [{"offer": at.offers["bread"], "quantity": 1}]}
        assert (await gu.post("/till/quote", json=foreign, headers=token_of(gu))).status_code == 404
    async with signed_in(at.market, app, at.people["ada"]) as ada:
        assert (await ada.get("/till")).status_code == 403
        assert (await tell(ada, at)).status_code == 403
    async with browser_of(app) as guest:
        assert (await guest.get("/till")).headers["location"].startswith("/sign-in")
        assert (await guest.get("/till/goods")).status_code == 401


async def test_a_whole_basket_is_priced_and_sold_at_its_quote(at: Till, mei: httpx.AsyncClient) -> None:
    body = {"place": at.places["bakery"], "lines": [{"offer": at.offers["milk"], "quantity": 3}]}
    priced = (await mei.post("/till/quote", json=body, headers=token_of(mei))).json()
    assert (priced["total"], priced["list"]) == (4536, 5040)
    assert priced["story"] == [{"text": "Morning milk", "amount": -504, "by": "seller"}]
    sale = Sale("sale-0001", at.market.clock(), 4536, [Rung(at.offers["milk"], 3)], quote=priced["text"])
    answer = (await tell(mei, at, sale, live=True)).json()["sales"][0]
    assert (answer["state"], answer["total"]) == ("sold", 4536)
    receipt = await mei.get(f"/till/receipts/{answer['order']}")
    assert answer["number"] in receipt.text and "¥45.36" in receipt.text and "<svg" in receipt.text
    more = Sale("sale-0002", at.market.clock(), 4536, [Rung(at.offers["milk"], 4)], quote=priced["text"])
    assert (await tell(mei, at, more, live=True)).json()["code"] == "quote_unknown"


async def test_a_phone_pays_and_may_give_up(at: Till, mei: httpx.AsyncClient) -> None:
    answer = (await tell(mei, at, await told(at, ("bread", 1), method="sandbox"), live=True)).json()["sales"][
        0
    ]
    assert (
        answer["state"] == "paying"
        and "<svg" in answer["qr"]
        and answer["url"].startswith("https://pay.example/")
    )
    state = (await mei.get(f"/till/sales/{answer['order']}")).json()
    assert (state["stage"], state["waits"]) == ("placed", "payment")
    stopped = await mei.post(f"/till/sales/{answer['order']}/cancel", json={}, headers=token_of(mei))
    assert stopped.json()["stage"] == "undone"


async def test_hands_over_by_code(at: Till, mei: httpx.AsyncClient) -> None:
    order_id = await order(at, "bread/collect", cash=True)
    code = codes.code_of(at.market.code_signer, await leg_of(at, order_id))
    wrong = await mei.get("/till/collect", params={"code": "000000" if code != "000000" else "000001"})
    assert wrong.status_code == 409 and "not right" in wrong.text
    page = await mei.get("/till/collect", params={"code": f"{code[:3]} {code[3:]}"})
    assert "To be paid now" in page.text and "¥28.00" in page.text
    done = await send(mei, f"/till/collect/{order_id}", code=code)
    assert done.status_code == 303
    assert (await send(mei, f"/till/collect/{order_id}", code=code)).status_code == 404
    async with at.market.db.read() as tx:
        assert (await views.order(tx, at.clerk.seller_id, order_id=order_id)).order.stage == "done"
        assert (await views.drawer(tx, at.clerk.seller_id, at.clerk.place_id, "CNY")).booked == 2800


async def test_returns_with_and_without_a_receipt(at: Till, app: Litestar, mei: httpx.AsyncClient) -> None:
    sold = (await tell(mei, at, await told(at, ("bread", 2)))).json()["sales"][0]
    page = await mei.get("/till/returns", params={"number": sold["number"].lower()})
    assert "Riverside sourdough" in page.text
    once = {"once": "key-1", "line-1": "1", "resale": "1", "reason": "faulty"}
    for _ in range(2):
        assert (await send(mei, f"/till/returns/{sold['order']}", **once)).status_code == 303
    async with at.market.db.read() as tx:
        work = await views.order(tx, at.clerk.seller_id, order_id=sold["order"])
        assert (work.lines[0].returned, (await stock.supply(tx, at.supplies["bread"])).free) == (1, 11)
    assert (
        await send(mei, f"/till/returns/{sold['order']}", once="key-2", **{"line-1": "9"})
    ).status_code == 409
    for _ in range(2):  # also the last one, although then nothing is left to take back
        done = await send(mei, f"/till/returns/{sold['order']}", once="key-4", **{"line-1": "1"})
        assert done.status_code == 303
    assert (await mei.get("/till/returns", params={"number": "nonsense"})).status_code == 404

    goods = f"/till/returns/goods/{at.offers['buns']}"
    assert (
        await send(mei, goods, quantity="1", amount="12.00")
    ).status_code == 403  # a clerk may not give goodwill
    async with signed_in(at.market, app, at.people["mill"]) as wu:
        assert "Steamed buns" in (await wu.get("/till/returns", params={"goods": "6901234567908"})).text
        for amount in ("12.01", "-1", "NaN", "0", "1e99", "free"):
            assert (await send(wu, goods, quantity="1", amount=amount)).status_code == 422
        for _ in range(2):
            assert (await send(wu, goods, once="key-3", quantity="1", amount="12.00")).status_code == 303
    async with at.market.db.read() as tx:
        assert (await views.drawer(tx, at.clerk.seller_id, at.clerk.place_id, "CNY")).booked == -1200


async def test_closes_the_day_with_the_difference_told(at: Till, mei: httpx.AsyncClient) -> None:
    await tell(mei, at, await told(at, ("bread", 1)))
    assert (await send(mei, "/till/close", counted="many")).status_code == 422
    assert (await send(mei, "/till/close", counted="20", taken="30")).status_code == 422
    for _ in range(2):
        assert (await send(mei, "/till/close", once="key-1", counted="27.50", taken="20")).status_code == 303
    page = await mei.get("/till/close")
    assert "−¥0.50" in page.text and "Clerk Mei" in page.text and "¥7.50" in page.text


async def test_the_wallet_code_is_shown_to_its_owner_alone(at: Till, app: Litestar) -> None:
    async with signed_in(at.market, app, at.people["ada"], "zh") as ada:
        page = await ada.get("/pay-code")
        assert page.status_code == 200 and "到店付款码" in page.text and "<svg" in page.text
    code = pay_codes.pay_code(at.market, at.people["ada"], at.market.clock())
    assert pay_codes.whose_code(at.market, code, at.market.clock()) == (at.people["ada"], "wallet")
    for wrong in ("", code[:-2], "x" * 90, "é"):
        with pytest.raises(pay_codes.PayCodeWrong):
            pay_codes.whose_code(at.market, wrong, at.market.clock())


async def test_every_page_speaks_chinese(at: Till, app: Litestar) -> None:
    async with signed_in(at.market, app, at.people["mei"], "zh") as mei:
        for path in ("/till", "/till/collect", "/till/returns", "/till/needs-you", "/till/close"):
            page = await mei.get(path)
            assert page.status_code == 200
            main = page.text[page.text.index("<main") : page.text.index("</main>")]
            assert any(word in main for word in ("收银", "取货", "退货", "处理", "日结"))
            assert "To pay" not in main and "Count the drawer" not in main


async def test_what_is_subsidised_shows_its_serial_number_before_it_leaves(
    at: Till, mei: httpx.AsyncClient
) -> None:
    """The till is told which things have one, asks for it, and sells with it; a number is good once."""
    rules = """
        id = "radios"
        name = { en = "Radios", zh = "收音机补贴" }
        kind = "subsidy"
        currency = "CNY"
        [[rule]]
        from = 2020-01-01
        to = 2100-01-01
        source = "a made programme of the tests"
        unique_serial = true
        [[rule.schedule]]
        rate = "10%"
        cap = "5.00"
    """
    db, now, ada = at.market.db, at.market.clock(), at.people["ada"]
    await db.run(policy.budgets.draft, "radios", "pty_city", "CNY", "pty_he", now)
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    changes: dict[policy.ChangeKind, dict[str, object]] = {
        "rules": {"rules": rules}, "budget": {"amount": 1_000}, "batch": {"claims": 2, "amount": 500, **window},
    }  # fmt: skip
    for kind, body in changes.items():
        one = await db.run(policy.budgets.propose, "radios", kind, body, "as planned", "pty_he", now)
        await db.run(programmes.decide, one.id, True, "pty_she", now)
    round_id = (await db.run(policy.budgets.batches, "radios"))[0].id
    asking = policy.Asking("clm_radio", ada, (f"party:{ada}",), "one")
    await db.run(policy.claims.take, round_id, [asking], 1, now)

    code = await vouchers_shown.show(at.market, ada, now)
    bread = at.offers["bread"]
    body = {"place": at.places["bakery"], "lines": [{"offer": bread, "quantity": 1}], "voucher": code.digits}
    priced = (await mei.post("/till/quote", json=body, headers=token_of(mei))).json()
    assert priced["serials"] == [bread]
    assert priced["voucher"]["off"] > 0
    sale = Sale("sale-serial-1", now, priced["total"], [Rung(bread, 1)], quote=priced["text"])
    assert (await tell(mei, at, sale, live=True)).json()["code"] == "serial_first"
    with_it = msgspec.structs.replace(sale, key="sale-serial-2", serials={bread: "SN-4711-A"})
    assert (await tell(mei, at, with_it, live=True)).json()["sales"][0]["state"] == "sold"
