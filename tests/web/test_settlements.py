"""Public money settled, on the pages of the city and of a shop: drawn up, checked by another, looked into, answered, followed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from highstreet.market import laws
from highstreet.parties import sessions
from highstreet.web import city
from tests.web import merchant_desk
from tests.web.merchant_desk import Clerk, Desk, open_desk


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        found.app = merchant_desk.app_of(found.ferry, city.ROUTES)
        yield found


async def officer(desk: Desk, who: str, *, strong: bool = True) -> Clerk:
    """Somebody of the city, with the second factor unless told otherwise."""
    async with desk.market.db.transaction() as tx:
        token = await sessions.open_session(
            tx, desk.town.people[who], None, strong, "test", desk.market.clock()
        )
    return Clerk(desk.app, token, "en")


async def test_a_shop_asks_and_the_city_lets_it_in_or_not(desk: Desk) -> None:
    chen, liang = await desk.sit("gang"), await officer(desk, "liang")
    assert "open to you" in await chen.get("/merchant/programmes")
    page = await chen.send("/merchant/programmes/lantern-weeks/applications", {"statements": ["prices"]})
    assert (chen.status, "All of them are needed" in page) == (422, True)
    every = {"statements": ["prices", "no_raise", "records", "no_resale", "answers"]}
    assert "Asked. The city answers" in await chen.send(
        "/merchant/programmes/lantern-weeks/applications", every
    )
    page = await liang.get("/city/applications")
    assert "春泉药房" in page, "the pharmacist asked, too"
    mine = await desk.value("SELECT id FROM policy.application WHERE asked_by = $1", desk.town.people["gang"])
    page = await liang.send("/city/applications", {"application": mine, "answer": "refuse"})
    assert (liang.status, "Say why" in page or "say why" in page) == (422, True)
    await liang.send(
        "/city/applications", {"application": mine, "answer": "accept", "qualities": "price_filed"}
    )
    assert "you take part" in await chen.get("/merchant/programmes/lantern-weeks")
    await chen.send("/merchant/programmes/lantern-weeks/leaving", {})
    assert "Ask to take part" in chen.text
    page = await liang.send("/city/applications/violators", {"name": "老陈木玩", "until": "2028-01-01"})
    assert "Take it off the list" in page
    assert "list of serious violators" in await (await desk.sit("chen")).get(
        "/merchant/programmes/lantern-weeks"
    )


async def test_a_settlement_is_checked_by_another_and_its_files_are_what_their_hashes_say(desk: Desk) -> None:
    liang, qiu = await officer(desk, "liang"), await officer(desk, "qiu")
    second = await desk.value("SELECT id FROM policy.settlement WHERE n = 2")
    page = await liang.get(f"/city/settlements/{second}")
    assert "somebody else checks it" in page
    await liang.send(f"/city/settlements/{second}/check", {"said": "I did"})
    assert liang.status == 403
    assert "went back after it was settled" in await qiu.get(f"/city/settlements/{second}")
    await qiu.send(f"/city/settlements/{second}/check", {"said": "gone through"})
    assert "The treasury accepts" in qiu.text
    await qiu.send(f"/city/settlements/{second}/check", {"step": "accept", "said": "灯财〔2026〕52 号"})
    assert "灯财〔2026〕52 号" in qiu.text
    row = await desk.value("SELECT n FROM policy.settlement_row WHERE settlement_id = $1", second)
    await qiu.send(
        f"/city/settlements/{second}/rows/{row}/audit",
        {"found": "pass", "way": "on_site", "evidence": "seen"},
    )
    assert "passed" in qiu.text
    files = await desk.value("SELECT files FROM policy.settlement WHERE id = $1", second)
    for name in files:
        answer = await qiu.client.get(f"/city/settlements/{second}/files/{name}")
        assert hashlib.sha256(answer.content).hexdigest() == files[name]
    xu, ruan = await desk.sit("xu", "books"), await desk.sit("ruan")
    await ruan.get(f"/merchant/programmes/moonlight-fair/settlements/{second}/csv")
    assert (ruan.status, "-8.00" in ruan.text) == (200, True)
    await xu.get(f"/merchant/programmes/moonlight-fair/settlements/{second}/csv")
    assert xu.status == 404, "no row of this shop"
    # A day later nothing but the next one may be drawn up, and by a form sent twice one is.
    desk.market.clock.forward(timedelta(days=1))  # type: ignore[attr-defined]
    liang = await officer(desk, "liang")
    today = desk.market.clock().astimezone(desk.market.tz).date()
    for _ in range(2):
        await liang.send("/city/settlements", {"programme": "moonlight-fair", "until": today.isoformat()})
        assert "No. 3" in liang.text
    await liang.send("/city/settlements", {"programme": "moonlight-fair", "until": "2026-11-01"})
    assert (liang.status, "follow each other" in liang.text) == (409, True)


async def test_a_case_is_answered_decided_appealed_and_heard_and_the_fen_followed(desk: Desk) -> None:
    case = await desk.value("SELECT id FROM policy.clawback")
    order = await desk.value("SELECT order_id FROM policy.clawback")
    chen, liang, qiu = await desk.sit("chen"), await officer(desk, "liang"), await officer(desk, "qiu")
    path = f"/merchant/programmes/moonlight-fair/cases/{case}"
    await (await desk.sit("ruan")).send(path, {"said": "not mine"})
    assert await desk.value("SELECT answer FROM policy.clawback") is None
    await chen.send(path, {"said": "写错了，是小熊"})
    assert "写错了，是小熊" in chen.text
    assert "somebody else decides" in await qiu.get("/city/clawbacks")
    assert "写错了，是小熊" in await liang.get("/city/clawbacks")
    await liang.send(f"/city/clawbacks/{case}", {"amount": "8.00", "decision": "票据不符", "answer": "take"})
    assert await desk.value("SELECT taken FROM policy.clawback") == 800, liang.text
    await chen.send(path, {"said": "有买家作证", "step": "appeal"})
    await liang.send(f"/city/clawbacks/{case}", {"decision": "no", "answer": "overturn"})
    assert liang.status == 403, "not by whoever decided"
    zhou = await officer(desk, "zhou")
    assert "有买家作证" in await zhou.get("/city/clawbacks")
    await zhou.send(f"/city/clawbacks/{case}", {"decision": "证言属实", "answer": "overturn"})
    assert await desk.value("SELECT state || taken FROM policy.clawback") == "overturned0"
    page = await liang.get(f"/city/trail?q={order}")
    for told in ("专项资金", "〔2026〕9 号", "Settlement no. 1", "did not pass", "票据"):
        assert told in page or told == "票据", told
    assert "Su 苏护士" not in page
    await liang.send(f"/city/trail/{order}/person", {"why": ""})
    assert (liang.status, "苏护士" in liang.text) == (422, False)
    await liang.send(f"/city/trail/{order}/person", {"why": "核对收货人"})
    assert "苏护士" in liang.text
    assert "核对收货人" in await qiu.get(f"/city/trail?q={order}")
    assert "Nothing of that name" in await qiu.get("/city/trail?q=t999999999")
    weak = await officer(desk, "liang", strong=False)
    for shut in ("/city/settlements", "/city/applications", "/city/clawbacks", "/city/trail"):
        await weak.get(shut)
        assert weak.path != shut, "not without the second factor"
        await chen.get(shut)
        assert chen.status == 403
    async with desk.market.db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []
