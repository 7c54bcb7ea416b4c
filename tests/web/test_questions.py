"""Questions about public money on the pages: decided with a reason, read and appealed by the accused, overturned by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from litestar import Litestar
from litestar.datastructures import State

from highstreet import parties, policy
from highstreet.web import account, city, frame, merchant
from tests.market.lane import SECRET, Lane
from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane
from tests.market.test_redeeming import bought, claim, grant
from tests.web.city_desk import Officer, enter


def app_of(lane: Lane) -> Litestar:
    return Litestar(
        [*city.ROUTES, *merchant.ROUTES, account.questions, account.appeal_question, account.notices],
        state=State({"market": lane.market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


def browser(app: Any, session: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://town.test", cookies={"session": session})


async def sent(http: httpx.AsyncClient, page: str, path: str, **form: str) -> httpx.Response:
    token = (await http.get(page)).text.partition('name="csrf-token" content="')[2].partition('"')[0]
    return await http.post(path, data=form | {"_csrf_token": token})


async def asked(lane: Lane) -> tuple[str, str, str]:
    """A clerk of the tea house has redeemed there; the question, the buyer and the seller."""
    buyer, seller = lane.made.people["clerk"], lane.made.sellers["tea"]
    await claim(lane, await grant(lane, claims=2), buyer)
    order = await bought(lane, {"tea/online": 1}, buyer)
    seen = policy.screens.Use(order, buyer, seller, 1_000, 8_800, lane.clock())
    found = policy.screens.self_redeemed([seen] * 3, [policy.Tie(buyer, seller, "staff")])[0]
    edges = (policy.screens.Edge(buyer, lane.made.people["owner"], ("phone",)),)
    one = policy.screens.Found(
        "self",
        "seller",
        seller,
        (buyer, lane.made.people["owner"]),
        (seller,),
        found.parts,
        found.evidence[:1],
        edges,
    )
    return await lane.market.db.run(policy.alerts.ask, "tea", one, lane.clock()) or "", buyer, seller


async def test_a_question_is_decided_appealed_and_overturned_on_the_pages(lane: Lane) -> None:
    alert, buyer, seller = await asked(lane)
    app = app_of(lane)
    first = Officer(browser(app, await enter(lane, "Liang", "officer")))
    second = Officer(browser(app, await enter(lane, "Fang", "officer")))
    zhou = Officer(browser(app, await enter(lane, "Zhou", "operator")))
    assert (await zhou.see("/alerts")).status_code == 403
    listed = (await first.see("/alerts")).text
    assert "Redeemed at one&#39;s own shop" in listed
    assert "本店人员自核销" in (await first.see("/alerts", lang="zh")).text
    shown = (await first.see(f"/alerts/{alert}")).text
    assert "<line" in shown
    assert buyer in shown, "the form may bar them"
    assert (await first.see("/alerts/alt_nobody")).status_code == 404

    assert (await first.post(f"/alerts/{alert}", verdict="upheld", reason=" ")).status_code == 422
    until = (lane.clock() + timedelta(days=30)).date().isoformat()
    await first.post(f"/alerts/{alert}", verdict="upheld", reason="her own till", bar=seller, until=until)
    again = await second.post(f"/alerts/{alert}", verdict="dismissed", reason="no")
    assert (again.status_code, "decided before" in again.text) == (409, True)
    assert (await first.post(f"/alerts/{alert}/cases")).status_code == 303
    async with lane.market.db.read() as tx:
        (case,) = await policy.clawbacks.of_evidence(tx, alert)
    assert (case.state, case.amount) == ("open", 1_000)

    async with lane.market.db.transaction() as tx:
        mine = await parties.sessions.open_session(tx, buyer, None, True, "test", lane.clock())
    me, stranger = browser(app, mine), second.http
    page = (await me.get("/me/questions")).text
    assert "her own till" in page
    assert "pty_" not in page.replace(buyer, ""), "others stay unknown"
    assert (await sent(stranger, "/me/questions", f"/me/questions/{alert}", text="me?")).status_code == 404
    assert (await sent(me, "/me/questions", f"/me/questions/{alert}", text=" ")).status_code == 422
    assert (await sent(me, "/me/questions", f"/me/questions/{alert}", text="a gift")).status_code == 303
    assert (await sent(me, "/me/questions", f"/me/questions/{alert}", text="once more")).status_code == 409

    no = await first.post(f"/alerts/{alert}/appeal", verdict="stood", reason="I was right")
    assert no.status_code == 403
    assert (
        await second.post(f"/alerts/{alert}/appeal", verdict="overturned", reason="so it was")
    ).status_code == 303
    async with lane.market.db.read() as tx:
        assert (await policy.clawbacks.case(tx, case.id)).state == "dropped"
        assert await policy.alerts.bars_of(tx, alert) == []
    assert "overturned" in (await me.get("/me/questions")).text
    assert "overturned" in (await me.get("/me/notices")).text
    assert (await first.post("/alerts/screen")).status_code == 303
