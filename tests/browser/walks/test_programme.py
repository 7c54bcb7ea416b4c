"""An officer's programme: drafted with a wrong line, tried, proposed, accepted by another, claimed and redeemed, watched, reported."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.walks, pytest.mark.browser, pytest.mark.timeout(300)]
AT = "/city/programmes/spring-tea"


async def test_programme(walk: Walk) -> None:
    await _drafted(walk)
    await _accepted(walk, "rules")
    await _launched(walk)
    await _redeemed(walk)
    await _reported(walk)


async def _drafted(walk: Walk) -> None:
    """From a published file; the wrong line is marked while one types, and again when it is saved."""
    page = walk.page
    await walk.be("liang")
    await walk.see("/city/new")
    await walk.looked_at("new")
    await page.locator('input[value="shipped:dining-shanghai-2024"]').check()
    await page.fill("#f-copy_id", "spring-tea")
    await walk.press(page.locator('form[action="/city/new/copy"] button'))
    text = await page.locator("#text").input_value()
    right = (
        re.sub(r"(?m)^from = .*$", "from = 2026-01-01", re.sub(r"(?m)^to = .*$", "to = 2028-01-01", text))
        .replace('people = ["here"]\n', "")
        .replace('sellers = ["enrolled", "food"]\n', "")
        .replace('least = "300.00"\noff = "50.00"', 'least = "30.00"\noff = "5.00"')
    )
    await page.fill("#text", right.replace('least = "30.00"', 'leest = "30.00"'))
    await expect(page.locator(".gutter .wrong")).to_have_count(1)
    await expect(page.locator("#verdict .notice.refusal")).to_contain_text("leest")
    await walk.looked_at("wrong-line")
    await page.fill("#text", right)
    await expect(page.locator("#verdict .notice.good")).to_be_visible()
    await expect(page.locator("#told")).to_contain_text("满 30 元，减 5 元")
    await walk.press(page.locator('button[value="rehearse"]'))
    await page.fill("#f-since", "2026-01-01")
    await walk.press(page.locator('form[action$="/rehearsal"] button'))
    await expect(page.locator("#came")).to_be_visible()
    await walk.looked_at("tried")
    await walk.see(f"{AT}/draft")
    await page.fill("#f-why", "春季促进茶饮消费")
    await walk.press(page.locator('button[value="propose"]'))


async def _accepted(walk: Walk, moment: str) -> None:
    """The auditor looks at what was proposed last, and accepts."""
    path = walk.page.url.removeprefix(walk.eyes.url)
    assert path.startswith("/city/changes/"), await walk.page.locator(".error, .notice").all_inner_texts()
    assert await walk.page.locator('[value="accept"]').count() == 0, "nobody decides their own"
    await walk.be("qiu")
    await walk.see(path)
    if moment == "rules":
        await walk.looked_at(f"decide-{moment}")
    await walk.press(walk.page.locator('[value="accept"]'))
    await walk.be("liang")
    await walk.see(AT)


async def _launched(walk: Walk) -> None:
    page = walk.page
    for form, values in (
        ("budget", {"amount": "500", "why": "年度专项资金"}),
        ("round", {"claims": "20", "opens": f"{walk.now:%Y-%m-%dT00:00}", "why": "首轮"}),
    ):
        box = page.locator(f'details:has(form[action="{AT}/{form}"])')
        await box.locator("summary").click()
        for name, value in values.items():
            await box.locator(f'[name="{name}"]').fill(value)
        await walk.press(box.locator("button").last)
        await _accepted(walk, form)


async def _redeemed(walk: Walk) -> None:
    """A buyer claims, and buys with it."""
    page = walk.page
    await walk.be("luo")
    await walk.see("/me/vouchers")
    mine = page.locator(".voucher.open", has_text="满 30.00 减 5.00")
    await walk.press(mine.locator("form button"))
    await walk.see(f"/offers/{walk.id_of('TEA-BLACK/online')}")
    await walk.buys()
    await expect(page.locator("main")).to_contain_text("5.00")


async def _reported(walk: Walk) -> None:
    page = walk.page
    await walk.be("liang")
    await walk.see(AT)
    await expect(page.locator(".is-spent dd")).to_have_text("¥5.00")
    await walk.looked_at("launched")
    await walk.see(f"{AT}/watch")
    await expect(page.locator(".pin:not(.none)")).to_have_count(1)
    await walk.looked_at("watched")
    await walk.see(f"{AT}/report")
    await walk.looked_at("reported")
    for kind, begins in (("csv", "\ufeffof,name,figure".encode()), ("pdf", b"%PDF-")):
        answer = await page.request.get(f"{walk.eyes.url}{AT}/report.{kind}")
        assert (await answer.body()).startswith(begins), kind
