"""The city's desk: a programme drafted, proposed by one and decided by another, watched and closed, over the pages."""

from __future__ import annotations

import re
import sys
from unittest.mock import patch

from highstreet import policy
from tests.market.lane import Lane, keeps_the_laws
from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane
from tests.web.city_desk import RULES, Officer, app_of, browser_of, enter
from tests.web.city_desk import officers as officers

AT = "/programmes/lane-weeks"


async def decide(by: Officer, change: str, verdict: str = "accept", said: str = "") -> int:
    return (await by.post(change, verdict=verdict, said=said)).status_code


def change_of(answer: object) -> str:
    """The change a proposal led to."""
    where = getattr(answer, "headers", {}).get("location", "")
    assert where.startswith("/city/changes/"), getattr(answer, "text", "")
    return where.removeprefix("/city")


async def test_an_operator_sees_the_door_but_not_the_money(lane: Lane) -> None:
    zhou = browser_of(app_of(lane), await enter(lane, "Zhou", "operator"))
    for path in ("/", "/new", "/changes", AT):
        assert (await zhou.see(path)).status_code == 403
    await zhou.http.aclose()


async def test_an_address_no_text_can_name_is_a_clear_no(officers: tuple[Officer, Officer]) -> None:
    liang, _ = officers
    for path in (
        "/changes/%00",
        "/alerts/%00",
        "/programmes/%00/watch",
        "/settlements/%00/files/%00",
        "/trail?q=%00x",
    ):
        answer = await liang.see(path)
        assert answer.status_code == 422, path
        assert "含有文字中不会出现的字符" in answer.text or "holds a sign that no text has" in answer.text


async def test_a_programme_from_a_few_answers(officers: tuple[Officer, Officer]) -> None:
    liang, _ = officers
    assert "No programme yet" in (await liang.see("/")).text
    form = {
        "id": "spring", "name_zh": '春日 "餐饮" 券', "source": "灯渡镇商务办〔2026〕31 号", "first": "2026-03-01", "last": "2026-05-31",
        "least": "50", "off": "10", "days": "7", "each": "1", "food": "1", "in_person": "1",
    }  # fmt: skip
    wrong = await liang.post("/new/voucher", **form | {"off": "60"})
    assert wrong.status_code == 422
    assert "takes off more than must be spent" in wrong.text
    assert "灯渡镇商务办〔2026〕31 号" in wrong.text, "nothing typed is lost"
    assert (await liang.post("/new/voucher", **form)).status_code == 303
    page = (await liang.see("/programmes/spring/draft")).text
    for said in (
        "10 off, for the whole basket from 50 on",
        "满 50 元，减 10 元",
        "on the spot",
        "Every line can be followed.",
    ):
        assert said in page, said
    assert (await liang.post("/new/voucher", **form)).status_code == 422, "its name is taken"
    copied = await liang.post("/new/copy", **{"from": "shipped:trade-in", "copy_id": "our-trade-in"})
    assert copied.status_code == 303
    assert "15% of it" in (await liang.see("/programmes/our-trade-in/draft")).text
    assert (await liang.post("/new/copy", **{"from": "shipped:nothing", "copy_id": "x-y"})).status_code == 422


async def test_the_wrong_line_is_marked_and_nothing_is_overwritten(officers: tuple[Officer, Officer]) -> None:
    liang, qiu = officers
    await liang.post("/new/copy", **{"from": "empty:", "copy_id": "lane-weeks"})
    broken = RULES.replace('off = "5.00"', 'offf = "5.00"')
    told = await liang.post(f"{AT}/draft", text=broken, began_from="1")
    assert told.status_code == 303
    page = (await liang.see(f"{AT}/draft")).text
    assert '<li class="wrong">16</li>' in page
    assert "Line 16" in page
    checked = await liang.http.post(
        f"/city{AT}/draft/check",
        data={"text": RULES, "began_from": "2"},
        headers={"HX-Request": "true", "x-csrftoken": liang.http.cookies["csrf"]},
    )
    assert "Every line can be followed." in checked.text
    assert "<html" not in checked.text
    assert (await qiu.post(f"{AT}/draft", text=RULES, began_from="2")).status_code == 303
    late = await liang.post(f"{AT}/draft", text=broken + "# mine", began_from="2")
    assert late.status_code == 409
    assert "# mine" in late.text
    assert "Somebody else saved" in late.text
    assert 'name="began_from" value="3"' in late.text
    other = await liang.post(
        f"{AT}/draft", text=RULES.replace("lane-weeks", "other"), began_from="3", do="propose", why="x"
    )
    assert other.status_code == 422
    assert "Saving 1" in (await qiu.see(f"{AT}/draft?n=1")).text


async def test_proposed_by_one_decided_by_another_and_closed(
    lane: Lane, officers: tuple[Officer, Officer]
) -> None:
    liang, qiu = officers
    await liang.post("/new/copy", **{"from": "empty:", "copy_id": "lane-weeks"})
    rules = change_of(
        await liang.post(f"{AT}/draft", text=RULES, began_from="1", do="propose", why="for the lane")
    )
    assert "You proposed this" in (await liang.see(rules)).text
    assert await decide(liang, rules) == 403, "nobody decides their own"
    assert 'value="accept"' in (await qiu.see(rules)).text
    assert await decide(qiu, rules) == 303
    assert await decide(qiu, rules) == 409, "once"

    money = change_of(await liang.post(f"{AT}/budget", way="more", amount="100", why="to begin with"))
    assert await decide(qiu, money, "refuse") == 422, "who refuses says why"
    assert await decide(qiu, money) == 303
    await rounds(lane, liang, qiu)
    await ended(liang, qiu)
    one = await lane.market.db.run(policy.budgets.standing, "lane-weeks")
    assert (one.state, one.allocated, one.free) == ("closed", 0, 0)
    assert "This programme is closed" in (await liang.see(AT, "en")).text
    assert "待第二人" not in (await liang.see("/", "zh")).text
    await reported(qiu)
    await keeps_the_laws(lane.market.db)


async def reported(qiu: Officer) -> None:
    """On a page, as a table and on paper."""
    page = (await qiu.see(f"{AT}/report")).text
    assert "a made programme of the tests" in page
    assert "No round was given by lot" in page
    table = await qiu.see(f"{AT}/report.csv")
    assert table.text.splitlines()[1] == "programme,id,lane-weeks"
    assert "budget,back at the treasury,100.00" in table.text
    paper = await qiu.see(f"{AT}/report.pdf", "zh")
    assert paper.content.startswith(b"%PDF-")
    assert len(paper.content) > 3_000
    with patch.dict(sys.modules, {"highstreet.web.city.paper": None}):
        without = await qiu.see(f"{AT}/report.pdf")
    assert without.status_code == 503
    assert "extra that writes PDF files" in without.text


async def rounds(lane: Lane, liang: Officer, qiu: Officer) -> None:
    """One that costs more than there is, refused; and one that opens."""
    form = {
        "schedule": "0",
        "way": "first_come",
        "claims": "30",
        "amount": "",
        "days": "7",
        "most": "1",
        "why": "a round",
    }
    now = lane.clock().astimezone(lane.market.tz)
    window = {
        "opens": f"{now:%Y-%m-%dT%H:%M}",
        "closes": f"{now.replace(year=now.year + 1, day=1):%Y-%m-%dT%H:%M}",
    }
    wrong = await liang.post(f"{AT}/round", **form, opens="soon", closes="")
    assert wrong.status_code == 422
    assert "must be a day and a time" in wrong.text.lower()
    many = change_of(await liang.post(f"{AT}/round", **form, **window))
    assert "There is not so much" in (await qiu.see(many)).text
    refused = await qiu.post(many, verdict="accept")
    assert refused.status_code == 409
    assert "100.00" in refused.text
    assert await decide(qiu, many, "refuse", "fewer, please") == 303
    few = change_of(await liang.post(f"{AT}/round", **form | {"claims": "12"}, **window))
    assert await decide(qiu, few) == 303
    page = (await liang.see(AT)).text
    assert re.search(r"5\.00 off from 20\.00", page)
    assert "fewer, please" in page
    assert "open to claim" in page
    batch = (await lane.market.db.run(policy.budgets.batches, "lane-weeks"))[0]
    assert batch.amount * batch.claims == 6_000
    part = await liang.see(AT, **{"HX-Request": "true"})
    assert "<html" not in part.text


async def ended(liang: Officer, qiu: Officer) -> None:
    """A change of the rules refused, and the end accepted."""
    less = change_of(
        await liang.post(
            f"{AT}/draft",
            text=RULES.replace('least = "20.00"', 'least = "25.00"'),
            began_from="2",
            do="propose",
            why="less",
        )
    )
    told = (await qiu.see(less)).text
    assert "least = &#34;25.00&#34;" in told
    assert "5 off, for the whole basket from 25 on" in told
    assert await decide(qiu, less, "refuse", "not now") == 303

    end = change_of(await liang.post(f"{AT}/close", why="the weeks are over"))
    assert "go back to the treasury" in (await qiu.see(end)).text
    assert await decide(qiu, end) == 303


async def test_tried_on_past_orders_and_watched(lane: Lane, officers: tuple[Officer, Officer]) -> None:
    liang, qiu = officers
    await liang.post("/new/copy", **{"from": "empty:", "copy_id": "lane-weeks"})
    await liang.post(f"{AT}/draft", text=RULES, began_from="1")
    day = lane.clock().astimezone(lane.market.tz).date().isoformat()
    assert "Try the draft" in (await liang.see(f"{AT}/rehearsal")).text
    tried = await liang.post(f"{AT}/rehearsal", since=day, until=day, claims="1", round_days="7", budget="")
    assert tried.status_code == 200
    assert "What would have come of it" in tried.text
    assert "orders in" in tried.text
    wrong = await liang.post(f"{AT}/rehearsal", since=day, until="", claims="0", round_days="7", budget="x")
    assert wrong.status_code == 422
    assert "Nothing to report yet" in (await liang.see(f"{AT}/report")).text
    assert "Nobody has claimed yet" in (await liang.see(f"{AT}/watch")).text
    assert qiu
