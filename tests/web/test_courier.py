"""The courier over HTTP: what is near, a round taken whole, doors with proof, addresses only while carried, pay at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import pytest_asyncio
from litestar import Litestar
from PIL import Image

from highstreet import logistics
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database
from highstreet.kit.geo import Point
from highstreet.logistics import codes
from highstreet.market import carry, laws, privacy
from highstreet.market.carry import Door
from highstreet.market.fulfil import Telling, tell
from highstreet.market.views import courier as views
from highstreet.market.views import till as orders
from tests.market.till_street import Till, leg_of, open_till, order
from tests.web.till_pages import app_of, browser_of, send, signed_in


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
async def jun(at: Till, app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(at.market, app, at.people["jun"]) as browser:
        yield browser


async def stage_of(at: Till, order_id: str) -> tuple[str, str]:
    async with at.market.db.read() as tx:
        work = await orders.order(tx, at.sellers["bakery"], order_id=order_id)
    return work.order.stage, work.order.waits


async def test_a_delivery_from_shop_to_door(at: Till, jun: httpx.AsyncClient) -> None:
    order_id = await order(at, "bread/instant", "river")
    leg = await leg_of(at, order_id)
    near = await jun.get("/courier")
    assert "Old Mill Bakery" in near.text and "then about 0.5 km" in near.text and "¥5.50" in near.text
    assert (
        "River Lane" not in near.text and "Lin Xiaohe" not in near.text
    )  # whose it is, only for who carries it
    assert (await jun.get(f"/courier/legs/{leg}")).status_code == 404

    assert (await send(jun, "/courier/take", leg=leg)).status_code == 303
    assert (await send(jun, "/courier/take", leg=leg)).status_code == 303  # sent again
    assert "River Lane 3" in (await jun.get("/courier")).text
    path = f"/courier/legs/{leg}"
    for _ in range(2):
        assert (await send(jun, f"{path}/picked-up", once="key-1")).status_code == 303
    page = await jun.get(path)
    assert "tel:13800000001" in page.text and "Please knock" in page.text and "geo:31.3032" in page.text

    right = codes.code_of(at.market.code_signer, leg)
    wrong = await send(
        jun, f"{path}/delivered", once="key-2", code="000000" if right != "000000" else "111111"
    )
    assert wrong.status_code == 409 and "4 more tries" in wrong.text
    assert (await send(jun, f"{path}/delivered", once="key-3")).status_code == 422
    for _ in range(2):
        assert (await send(jun, f"{path}/delivered", once="key-4", code=right)).status_code == 303
    assert await stage_of(at, order_id) in {("done", ""), ("committed", "confirm")}
    done = await jun.get(path)
    assert "River Lane" not in done.text and "13800000001" not in done.text
    day = await jun.get("/courier/day")
    assert "¥5.50" in day.text and "100%" in day.text
    async with at.market.db.read() as tx:
        assert (
            await views.earned(tx, at.people["jun"], "CNY", "Asia/Shanghai", at.market.clock())
        ).total == 550


async def test_five_wrong_codes_close_the_door(at: Till, jun: httpx.AsyncClient) -> None:
    leg = await leg_of(at, await order(at, "buns/instant", "bridge"))
    await send(jun, "/courier/take", leg=leg)
    await send(jun, f"/courier/legs/{leg}/picked-up")
    right = codes.code_of(at.market.code_signer, leg)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert (await send(jun, f"/courier/legs/{leg}/delivered", code=wrong)).status_code == 409
    assert (await send(jun, f"/courier/legs/{leg}/delivered", code=right)).status_code == 429
    assert (await send(jun, f"/courier/legs/{leg}/delivered", took="recipient")).status_code == 303


async def test_nobody_elses_round(at: Till, app: Litestar, jun: httpx.AsyncClient) -> None:
    mine, free = [await leg_of(at, await order(at, "buns/instant", door)) for door in ("bridge", "school")]
    await send(jun, "/courier/take", leg=mine)
    async with signed_in(at.market, app, at.people["bo"]) as bo:
        assert (await bo.get(f"/courier/legs/{mine}")).status_code == 404
        for step in ("picked-up", "delivered", "attempted", "put-back"):
            assert (
                await send(bo, f"/courier/legs/{mine}/{step}", took="door", reason="refused")
            ).status_code == 404
        both = await bo.post(
            "/courier/take", data={"_csrf_token": bo.cookies.get("csrf") or "", "leg": [mine, free]}
        )
        assert both.status_code == 409  # all or none
        assert "Stone Bridge" not in (await bo.get("/courier")).text
        assert (await send(bo, "/courier/take", leg=free)).status_code == 303
    async with signed_in(at.market, app, at.people["mei"]) as mei:
        assert (await mei.get("/courier")).status_code == 403
    async with browser_of(app) as guest:
        assert (await guest.get("/courier")).headers["location"].startswith("/sign-in")


async def test_not_ready_attempted_again_and_put_back(at: Till, jun: httpx.AsyncClient) -> None:
    order_id = await order(at, "cake/instant", "school", ready=False)
    leg = await leg_of(at, order_id)
    path = f"/courier/legs/{leg}"
    await send(jun, "/courier/take", leg=leg)
    assert "still preparing" in (await jun.get(path)).text
    assert (await send(jun, f"{path}/picked-up")).status_code == 409
    assert (await send(jun, f"{path}/put-back")).status_code == 303
    assert "Deliveries near you" in (await jun.get("/courier")).text
    await send(jun, "/courier/take", leg=leg)
    await tell(at.market, Telling(order_id, "ready", "seller", at.people["mill"]), at.market.clock())
    await send(jun, f"{path}/picked-up")
    assert (await send(jun, f"{path}/put-back")).status_code == 409
    assert (await send(jun, f"{path}/attempted", reason="bored")).status_code == 422
    assert (await send(jun, f"{path}/attempted", reason="nobody_home")).status_code == 303
    assert "Nobody took it" in (await jun.get("/courier")).text
    assert (await send(jun, f"{path}/picked-up")).status_code == 303
    assert (await send(jun, f"{path}/delivered", took="neighbour")).status_code == 303
    async with at.market.db.read() as tx:
        proof = await tx.fetchval("SELECT proof FROM logistics.leg WHERE id = $1", leg)
    assert proof == {"how": "told", "took": "neighbour"}


async def test_says_where_one_is_and_sorts_by_it(at: Till, jun: httpx.AsyncClient) -> None:
    await order(at, "bread/instant", "river")
    assert (await send(jun, "/courier/here", lat="31.299", lon="120.590")).status_code == 303
    assert "450 m" in (await jun.get("/courier/near")).text
    for lat, lon in (("north", "1"), ("91", "0"), ("0", "nan"), ("", "")):
        assert (await send(jun, "/courier/here", lat=lat, lon=lon)).status_code == 422


async def test_a_round_in_chinese(at: Till, app: Litestar) -> None:
    leg = await leg_of(at, await order(at, "bread/instant", "river"))
    async with signed_in(at.market, app, at.people["jun"], "zh") as jun:
        assert "附近配送单" in (await jun.get("/courier")).text
        await send(jun, "/courier/take", leg=leg)
        assert (
            "我的这趟" in (await jun.get("/courier")).text
            and "老磨坊面包铺" in (await jun.get("/courier")).text
        )
        assert "已取货" in (await jun.get(f"/courier/legs/{leg}")).text
        assert "我的一天" in (await jun.get("/courier/day")).text


def test_the_nearest_next_but_the_late_first() -> None:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    start = Point(31.30, 120.58)
    near, middle, far = (
        Door(name, Point(31.30 + step, 120.58), now + timedelta(hours=3))
        for name, step in (("a", 0.001), ("b", 0.004), ("c", 0.009))
    )
    assert carry.suggest([far, near, middle], start, now) == ["a", "b", "c"]
    late = Door("c", far.point, now + timedelta(minutes=8))
    assert carry.suggest([near, late, middle], start, now)[0] == "c"
    assert carry.suggest([], None, now) == []
    assert sorted(carry.suggest([Door("x", None, None), near], None, now)) == ["a", "x"]


def test_pay_counts_each_kilometre_begun() -> None:
    assert [carry.pay(far) for far in (0, 1, 1000, 1001, None)] == [400, 550, 550, 700, 700]


async def test_after_the_third_try_it_is_brought_back_to_the_shop(at: Till, jun: httpx.AsyncClient) -> None:
    order_id = await order(at, "bread/instant", "river")
    leg = await leg_of(at, order_id)
    path = f"/courier/legs/{leg}"
    await send(jun, "/courier/take", leg=leg)
    await send(jun, f"{path}/picked-up")
    for n in (1, 2):
        for _ in range(2):  # the phone sends it again
            assert (
                await send(jun, f"{path}/attempted", once=f"try-{n}", reason="nobody_home")
            ).status_code == 303
        page = (await jun.get(path)).text
        assert f"Tried in vain: {n} of 3" in page and "I try again now" in page
    assert (await send(jun, f"{path}/attempted", once="try-3", reason="cannot_enter")).headers[
        "location"
    ] == path
    page = (await jun.get(path)).text
    assert "Bring it back to Old Mill Bakery" in page and "Mill Lane 12" in page
    assert "I try again now" not in page and "Note it" not in page
    assert (await send(jun, f"{path}/attempted", reason="nobody_home")).status_code == 409
    assert (await send(jun, f"{path}/picked-up")).status_code == 409
    body = {"resale": False}
    await tell(at.market, Telling(order_id, "returned", "seller", at.people["mill"], body), at.market.clock())
    assert await stage_of(at, order_id) == ("undone", "")
    assert "This one is done" in (await jun.get(path)).text


def picture(colour: str = "teal") -> bytes:
    """What a phone's camera sends: large, and with where it was taken."""
    made, told = Image.new("RGB", (1600, 1200), colour), Image.Exif()
    told[0x010E] = "River Lane 3"
    out = BytesIO()
    made.save(out, "JPEG", exif=told)
    return out.getvalue()


async def brought(
    at: Till, jun: httpx.AsyncClient, content: bytes, **fields: str
) -> tuple[str, str, httpx.Response]:
    order_id = await order(at, "bread/instant", "river")
    leg = await leg_of(at, order_id)
    await send(jun, "/courier/take", leg=leg)
    await send(jun, f"/courier/legs/{leg}/picked-up")
    form = {"_csrf_token": jun.cookies.get("csrf") or ""} | fields
    answer = httpx.Response(0)
    for _ in range(2):  # the phone sends it again
        answer = await jun.post(
            f"/courier/legs/{leg}/delivered", data=form, files={"photo": ("door.jpg", content, "image/jpeg")}
        )
    return order_id, leg, answer


async def test_a_picture_at_the_door_is_for_those_of_the_order(
    at: Till, app: Litestar, jun: httpx.AsyncClient
) -> None:
    order_id, leg, answer = await brought(at, jun, picture(), once="key-1", took="door")
    assert answer.status_code == 303
    path = f"/orders/{order_id}/photo"
    assert path in (await jun.get(f"/courier/legs/{leg}")).text
    seen = await jun.get(path)
    assert (seen.headers["content-type"], seen.headers["cache-control"]) == ("image/webp", "no-store")
    with Image.open(BytesIO(seen.content)) as shown:
        assert shown.size == (800, 600) and not shown.getexif()
    for who, status in (("ada", 200), ("mill", 200), ("mei", 200), ("bo", 404), ("leaf", 404)):
        async with signed_in(at.market, app, at.people[who]) as browser:
            assert (await browser.get(path)).status_code == status, who
    async with browser_of(app) as guest:
        assert (await guest.get(path)).status_code == 404
        link = at.market.link_signer.short(order_id)
        assert (await guest.get(f"{path}?key={link}")).status_code == 200
        assert (await guest.get(f"{path}?key={link}x")).status_code == 404
    async with at.market.db.read() as tx:
        kept = await tx.fetchrow(
            "SELECT g.proof, p.content FROM logistics.leg g JOIN logistics.photo p ON p.leg_id = g.id"
        )
    assert kept is not None and kept["proof"] == {"how": "told", "took": "door", "photo": True}
    assert seen.content not in kept["content"], "sealed"


async def test_what_is_no_picture_is_told_and_nothing_is_delivered(at: Till, jun: httpx.AsyncClient) -> None:
    order_id, _, answer = await brought(at, jun, b"not a picture", took="door")
    assert answer.status_code == 422 and "picture" in answer.text
    assert await stage_of(at, order_id) == ("committed", "underway")
    async with at.market.db.read() as tx:
        assert not await logistics.photos.is_there(tx, order_id)


async def test_a_delivered_legs_picture_stays_and_goes_with_the_buyer(
    at: Till, jun: httpx.AsyncClient
) -> None:
    order_id, leg, _ = await brought(at, jun, picture(), took="door")
    now = at.market.clock()
    async with at.market.db.transaction() as tx:
        assert not await logistics.photos.keep(tx, leg, at.people["jun"], b"another", now)
    if (await stage_of(at, order_id))[1] == "confirm":
        await tell(at.market, Telling(order_id, "received", "buyer", at.people["ada"]), now)
    async with at.market.db.transaction() as tx:
        await privacy.erase(tx, at.people["ada"], now)
    assert (await jun.get(f"/orders/{order_id}/photo")).status_code == 404
    async with at.market.db.read() as tx:
        assert not await logistics.photos.is_there(tx, order_id)
