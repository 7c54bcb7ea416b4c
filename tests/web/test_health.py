"""A morning at Doctor Fang's on the pages: the record, the prescription, the pharmacist's yes, the patient's papers, the basket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from highstreet.parties import sessions
from tests.web.merchant_desk import Desk, open_desk
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

NOTE = {"complaint": "Thirst", "findings": "7.9 mmol/l", "diagnosis": "As before", "advice": "Go on"}


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def patient(desk: Desk, who: str) -> Browser:
    browser = Browser(app_of(desk.market))
    async with desk.market.db.transaction() as tx:
        token = await sessions.open_session(
            tx, desk.town.people[who], None, False, "test", desk.market.clock()
        )
    browser.client.cookies.set("session", token)
    return browser


async def test_a_morning_at_the_doctors(desk: Desk) -> None:
    doctor = await desk.sit("fang", "clinic")
    page = await doctor.get("/merchant/visits")
    rows = re.findall(r'href="(/merchant/visits/ord_\w+)"(.*?)</li>', page, re.S)
    assert len(rows) == 2
    (luo,) = [path for path, row in rows if "Luo" in row]
    (he,) = [path for path, row in rows if "Grandma He" in row]
    # A first visit is not held online; nothing typed is lost.
    await doctor.send(luo + "/record", NOTE | {"before": ""})
    assert (
        doctor.status == 422 and "diagnosed in person before" in doctor.text and "7.9 mmol/l" in doctor.text
    )
    await doctor.send(luo + "/record", NOTE | {"before": "County hospital, 2024"})
    assert "Sealed" in doctor.text and "7.9 mmol/l" not in doctor.text
    record = doctor.find(r'action="(/merchant/visits/ord_\w+/records/rec_\w+)"')
    assert "7.9 mmol/l" in await doctor.send(record)
    # The clinic's owner is not the practitioner.
    owner = await desk.sit("su", "clinic")
    await owner.get(luo)
    assert "Doctor Fang" in owner.text and "/records/" not in owner.text
    await owner.send(record)
    assert owner.status == 403
    signed = {
        "for": "Diabetes",
        "drug1": doctor.find(r'value="(Metformin[^"]*)"'),
        "dose1": "one a day",
        "days": "2",
    }
    await doctor.send(luo + "/prescriptions", signed)
    assert doctor.status == 422 and "Please sign it" in doctor.text
    await doctor.send(luo + "/prescriptions", signed | {"sign": "1", "days": "4"})
    assert doctor.status == 422
    await doctor.send(luo + "/prescriptions", signed | {"sign": "1"})
    number = doctor.find(r"Signed: (RX-[\d-]+)\.")

    await _sold(desk, number)
    await doctor.get(he)
    assert "1 left" in doctor.text


async def _sold(desk: Desk, number: str) -> None:
    """What a prescription goes through until it can be bought on."""
    # The patient shows it to the pharmacy from the offer's page; before the pharmacist's yes nothing can be bought.
    teacher = await patient(desk, "luo")
    offer = "/offers/" + desk.town.offers["CARE-SUGAR/collect"]
    assert "/basket" not in re.findall(r'<form id="buy"[^>]*>', await teacher.get(offer))
    shown = f"/me/health/prescriptions/{number}/showings"
    await teacher.send(shown, {})
    assert "the pharmacist is looking" in teacher.text and teacher.path == offer
    bai = await desk.sit("bai", "pharmacy")
    assert number in await bai.get("/merchant/prescriptions") and "one a day" not in bai.text
    assert "one a day" in await bai.send(f"/merchant/prescriptions/{number}")
    await bai.send(f"/merchant/prescriptions/{number}/look", say="yes")
    assert "The patient can buy now" in bai.text
    await teacher.get(offer)
    await teacher.send("/basket", {"quantity": "1", "c-prescription": number})
    assert teacher.path == "/basket" and "Metformin" in teacher.text
    papers = await teacher.get("/me/health")
    assert re.findall(r"<strong>(Doctor Fang|Pharmacist Bai)", papers.split('class="seen"')[1]) == [
        "Pharmacist Bai",
        "Doctor Fang",
    ]

    # Somebody else's number buys nothing, and is not taken.
    mei = await patient(desk, "mei")
    assert "Book a visit" in await mei.get(offer)
    await mei.post(shown, {"pharmacy": desk.town.sellers["pharmacy"]})
    assert "written for somebody else" in mei.text
