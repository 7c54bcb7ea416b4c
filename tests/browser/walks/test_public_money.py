"""Walks with public money: claimed on the phone, spent online and at the till, sent back; everybody sees who paid what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from highstreet import policy
from highstreet.market import lining_up, programmes
from highstreet.town.vouchers import NAME
from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def _scan(walk: Walk, text: str) -> None:
    """What a scanner does: it types, and ends with Enter."""
    await walk.page.keyboard.type(text)
    await walk.page.keyboard.press("Enter")


async def test_vouchers(walk: Walk) -> None:
    page = walk.page
    await walk.be("emma")
    await walk.see("/me/vouchers")
    await walk.press(page.locator(".voucher.open", has_text="渡口灯会消费券").locator("form").first)
    await walk.looked_at("claimed")
    await walk.goes_to("TEA-BLACK/online")
    await walk.buys()
    await walk.looked_at("paid-in-part")
    await expect(page.locator("main")).to_contain_text("渡口灯会消费券")

    # At the till: the teacher shows his phone.
    await walk.be("luo")
    await walk.see("/me/vouchers")
    await walk.press(page.locator(".voucher.open", has_text="渡口灯会消费券").locator("form").first)
    await walk.press(page.locator('header a[href="/me/vouchers/code"]'))
    await walk.looked_at("code")
    code = re.sub(r"\D", "", await page.locator(".till-digits").inner_text())
    await walk.be("wu")
    await walk.see("/till")
    await expect(page.locator(".tile").first).to_be_visible()
    await _scan(walk, "2*BREAD-SOUR")
    await expect(page.locator("#due")).to_have_text("¥56.00")
    await _scan(walk, f"V{code}")
    await expect(page.locator("#due")).to_have_text("¥46.00")
    await expect(page.locator("#voucher-line")).to_have_attribute("data-state", "good")
    await walk.eyes.judge("till with a voucher")
    await walk.eyes.keep("walks/vouchers-till")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await walk.eyes.keep("walks/vouchers-till-desk")
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.keyboard.press("F8")
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_visible()
    number = await page.locator("#done-number").inner_text()
    async with walk.lantern.market.db.read() as tx:
        walk.order, walk.link = (
            await tx.fetchval('SELECT id FROM orders."order" ORDER BY id DESC LIMIT 1'),
            "",
        )
    await walk.see(f"/till/receipts/{walk.order}")
    await expect(page.locator(".payers")).to_contain_text("10.00")
    await walk.looked_at("receipt")

    # Both come back: the customer's part out of the drawer, the programme's to the programme.
    await walk.see(f"/till/returns?number={number}")
    await page.fill('input[name="line-1"]', "2")
    await walk.press(page.locator(f'form[action="/till/returns/{walk.order}"] button.main'))
    await expect(page.locator(".notice").first).to_contain_text("46.00")
    found = await walk.fetch("SELECT sum(spent)::bigint AS spent FROM policy.claim WHERE order_id = $1")
    assert (found["spent"] or 0) == 0
    await walk.ends("wu", earned=0)


async def a_line(walk: Walk) -> str:
    """A round of the lantern weeks that opens in ten minutes, with a line."""
    db, now, town = walk.lantern.market.db, walk.now, walk.lantern.town
    window = {
        "opens_at": (now + timedelta(minutes=10)).isoformat(),
        "closes_at": (now + timedelta(hours=2)).isoformat(),
    }
    body = {"amount": 1_000, "claims": 20, "queue": True, "pace": 60, **window}
    one = await db.run(policy.budgets.propose, NAME, "batch", body, "in turn", town.people["liang"], now)
    await db.run(programmes.decide, one.id, True, town.people["qiu"], now)
    async with db.read() as tx:
        return next(b.id for b in await policy.budgets.batches(tx, NAME) if b.pace)


async def test_waiting_room(walk: Walk) -> None:
    """Wait before it opens, be called up, claim; who comes later stands behind."""
    page, market = walk.page, walk.lantern.market
    round_id = await a_line(walk)
    for n in range(15):
        await lining_up.stand(market, round_id, f"pty_waits_{n}", None, walk.now)
    await walk.be("emma")
    await walk.see("/me/vouchers")
    await walk.press(page.locator(f'a[href="/me/vouchers/{round_id}"]'))
    await walk.looked_at("outside")
    await walk.press(page.locator(".room form button"))
    await expect(page.locator(".room-in.before")).to_be_visible()
    await walk.looked_at("before")
    await walk.be("su")
    walk.lantern.clock.forward(timedelta(minutes=10))
    await walk.see(f"/me/vouchers/{round_id}")
    await walk.press(page.locator(".room form button"))
    await expect(page.locator(".room-number")).to_have_text("10")
    await walk.looked_at("waiting")
    walk.lantern.clock.forward(timedelta(seconds=20))
    await walk.see(f"/me/vouchers/{round_id}")
    await expect(page.locator(".room-in.called")).to_be_visible()
    await walk.looked_at("called")
    await walk.press(page.locator(".room form button"))
    await walk.see(f"/me/vouchers/{round_id}")
    await expect(page.locator(".room-in.mine")).to_be_visible()


async def test_helped(walk: Walk) -> None:
    """Somebody without a smartphone: a helper at the tea house claims, the slip pays at the baker's; the city's counter does the same."""
    page = walk.page
    await walk.be("gu at tea")
    await walk.see("/till/help")
    await walk.looked_at("help")
    await page.fill("#f-phone", "13500001234")
    await page.fill("#f-name", "何奶奶的邻居")
    await page.check("[name=agree]", force=True)
    await walk.press("form .button.main.wide")
    await walk.eyes.judge("helped, met")
    await walk.eyes.keep("walks/helped-met")
    await walk.press(page.locator('form[action="/till/help/claim"] button').first)
    await walk.eyes.judge("helped, slip")
    await walk.eyes.keep("walks/helped-slip")
    await page.emulate_media(media="print")
    await walk.eyes.keep("walks/helped-slip-print")
    await page.emulate_media(media="screen")
    code = re.sub(r"\D", "", await page.locator(".slip-digits").inner_text())
    await walk.be("wu")
    await walk.see("/till")
    await expect(page.locator(".tile").first).to_be_visible()
    await _scan(walk, "2*BREAD-SOUR")
    await page.keyboard.press("F6")
    await page.fill("#voucher-code", code)
    await walk.eyes.keep("walks/helped-dialog")
    await page.keyboard.press("Enter")
    await expect(page.locator("#due")).to_have_text("¥46.00")
    await page.keyboard.press("F8")
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_visible()
    await walk.be("gu at tea")
    await walk.see("/till/help")
    await expect(page.locator(".list .badge.good")).to_have_count(1)
    await walk.be("liang")
    await walk.see("/city/help")
    await walk.looked_at("city")


KETTLES = """
id = "kettles"
name = { en = "Safe kettles", zh = "安心水壶补贴" }
kind = "subsidy"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "a made programme of the walks"
unique_serial = true
[[rule.schedule]]
rate = "10%"
cap = "20.00"
"""


async def test_serial_at_the_till(walk: Walk) -> None:
    """What public money helps to buy leaves the counter with its serial number told."""
    page, db, now, town = walk.page, walk.lantern.market.db, walk.now, walk.lantern.town
    liang, qiu, luo = (town.people[name] for name in ("liang", "qiu", "luo"))
    await db.run(policy.budgets.draft, "kettles", town.sellers["city"], "CNY", liang, now)
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    changes: dict[policy.ChangeKind, dict[str, object]] = {
        "rules": {"rules": KETTLES},
        "budget": {"amount": 20_000},
        "batch": {"claims": 10, "amount": 2_000, **window},
    }
    for kind, body in changes.items():
        one = await db.run(policy.budgets.propose, "kettles", kind, body, "安全", liang, now)
        await db.run(programmes.decide, one.id, True, qiu, now)
    round_id = (await db.run(policy.budgets.batches, "kettles"))[0].id
    asking = policy.Asking("clm_kettle", luo, (f"party:{luo}",), "one kettle")
    await db.run(policy.claims.take, round_id, [asking], 1, now)

    await walk.be("luo")
    await walk.see("/me/vouchers/code")
    code = re.sub(r"\D", "", await page.locator(".till-digits").inner_text())
    await walk.be("gang")
    await walk.see("/till")
    await expect(page.locator(".tile").first).to_be_visible()
    await _scan(walk, "HOME-KETTLE")
    await expect(page.locator("#due")).to_have_text("¥159.00")
    await expect(page.locator("#serials")).to_be_hidden()
    await _scan(walk, f"V{code}")
    await expect(page.locator("#due")).to_have_text("¥143.10")
    await expect(page.locator("#serials input")).to_be_visible()
    await page.fill("#serials input", "KT-2026-000117")
    await walk.eyes.judge("till with a serial number")
    await walk.eyes.keep("walks/serial-till")
    await page.keyboard.press("F8")
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_visible()
