"""The seller's desk for what public money helps to buy: filed prices, a serial number, pictures, and what is still to be shown."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from highstreet.market import place, quote
from highstreet.orders import Entry
from tests.web.merchant_desk import open_desk

OFFER, OLD = "HOME-WASH/online", {"old": {"kind": "washer", "brand": "双鹿", "works": "yes"}}


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 150), (shade, 90, 90)).save(out, "JPEG")
    return out.getvalue()


async def test_what_a_subsidised_order_needs_is_told_at_the_desk(server_url: str, template: str, tmp_path: Path) -> None:  # fmt: skip
    async with open_desk(server_url, template, tmp_path) as desk:
        mei, now = desk.town.people["mei"], desk.market.clock()
        asked = await quote.quote(desk.market, [Entry(desk.town.offers[OFFER], 1, OLD)], now, holder=mei)
        assert asked.quote.orders[0].total == 219_900 - 32_985
        await desk.market.db.run(_fill, mei)
        placing = place.Placing(asked.quote, place.Contact("林梅", "13800138000"), "wallet", mei, mei)
        order = (await place.place(desk.market, placing, now, None))["orders"][0]["id"]

        gang, url = await desk.sit("gang", "hardware"), f"/merchant/orders/{order}"
        page = await gang.get(url)
        assert "For the subsidy" in page
        assert "<b>0</b> / 6" in page
        assert "a washing machine · 双鹿" in page
        assert "tell its serial number before it leaves" in await gang.send(f"{url}/shipment", carrier="SF", tracking="SF1")  # fmt: skip
        assert "6 to 40 letters" in await gang.send(f"{url}/serial", {"line": "1", "serial-1": "12"})  # fmt: skip
        assert "QD20260301778" in await gang.send(f"{url}/serial", {"line": "1", "serial-1": "qd 2026-0301778"})  # fmt: skip
        await gang.send(f"{url}/facts", fact="old_taken")
        for kind, shade in (("photo_new", 10), ("photo_old", 200)):
            files = {f"{kind}-1": ("x.jpg", picture(shade), "image/jpeg")}
            told = await gang.send(f"{url}/evidence", {"line": "1", "kind": kind}, files=files)
            assert "Kept with the order" in told
        again = {"photo_new-1": ("x.txt", b"no picture", "image/jpeg")}
        await gang.send(f"{url}/evidence", {"line": "1", "kind": "photo_new"}, files=again)
        assert gang.status == 422
        assert "<b>4</b> / 6" in await gang.get(url)
        shown = gang.find(r'src="(/merchant/orders/\w+/evidence/\w+)"')
        await gang.get(shown)
        assert gang.status == 200
        elsewhere = await desk.sit("wu", "bakery")
        await elsewhere.get(shown)
        assert elsewhere.status == 404

        page = await gang.get("/merchant/subsidies")
        assert "invoice · the delivery" in page
        assert "A buyer gets ¥329.85" in page
        variant = await desk.value("SELECT variant_id FROM catalog.offer WHERE id = $1", desk.town.offers[OFFER])  # fmt: skip
        page = await gang.send("/merchant/subsidies/ferry-trade-in", {f"price-{variant}": "2000.00"})
        assert "Raised, then subsidised: 2199.00 is above the price filed" in page
        await gang.send("/merchant/subsidies/ferry-trade-in", {f"price-{variant}": "a lot"})
        assert gang.status == 422
        await elsewhere.send("/merchant/subsidies/ferry-trade-in", {f"price-{variant}": "1.00"})
        assert elsewhere.status == 404


async def _fill(tx: object, person: str) -> None:
    await tx.execute(  # type: ignore[attr-defined]
        """UPDATE ledger.wallet w SET balance = balance + 200000 FROM ledger.account a
           WHERE a.id = w.account_id AND a.kind = 'wallet' AND a.party_id = $1""",
        person,
    )
