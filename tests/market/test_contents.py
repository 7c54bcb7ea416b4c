"""Keys and files of what is opened: one key each, whoever bought first; what happens when they run out; what a file really is."""

from __future__ import annotations

import asyncio

import pytest

from highstreet.kit.errors import Malformed
from highstreet.logistics import NoDownloadsLeft, contents
from highstreet.market import handing_on
from highstreet.orders import NotNow
from tests.market.fair import bought, offered
from tests.market.lane import Lane


async def key_of(lane: Lane, variant: str, order: str) -> str | None:
    (one,) = (await lane.order(order)).entitlements
    async with lane.market.db.read() as tx:
        return await contents.key_of(tx, lane.market.seal, variant, one.id)


async def keep(lane: Lane, variant: str, *keys: str) -> int:
    async with lane.market.db.transaction() as tx:
        return await contents.keep_keys(tx, lane.market.seal, variant, keys, lane.clock())


async def test_each_buyer_gets_a_key_of_their_own_and_when_they_run_out_the_rest_wait(lane: Lane) -> None:
    offer, variant = await offered(lane, "digital")
    assert await keep(lane, variant, "AAAA-1", "AAAA-2", "AAAA-1", " ") == 2
    with pytest.raises(Malformed):
        await keep(lane, variant, "bad\x00key")
    # Three pay at the same time for two keys: each is paid for and committed, two have a key, one waits for the next.
    orders = await asyncio.gather(*(bought(lane, offer, 1) for _ in range(3)))
    found = [await key_of(lane, variant, order) for order in orders]
    assert sorted(key for key in found if key) == ["AAAA-1", "AAAA-2"]
    async with lane.market.db.read() as tx:
        assert await contents.keys_of(tx, variant) == contents.Keys(2, 2, 1)
        stored = await tx.fetch("SELECT sealed FROM logistics.licence_key")
    assert not any(b"AAAA" in row["sealed"] for row in stored)
    waiting = orders[found.index(None)]
    # Nobody opened it: it goes back like anything else. Or the next key is theirs, before anybody else's.
    opened, other = (order for order, key in zip(orders, found, strict=True) if key)
    await lane.tell(opened, "accessed", "buyer")
    for order in (opened, other):
        await lane.tell(order, "return_wanted", "buyer", reason="faulty" if order == opened else "no_reason")
        await lane.tell(order, "returned", "seller", reason="faulty" if order == opened else "no_reason")
    # The unopened key is given on; the one that was read is not.
    assert await key_of(lane, variant, waiting) in {key for key in found if key} - {
        found[orders.index(opened)]
    }
    late = await bought(lane, offer, 1)
    assert await key_of(lane, variant, late) is None
    assert await keep(lane, variant, "BBBB-1") == 1
    assert await key_of(lane, variant, late) == "BBBB-1"


async def test_who_holds_it_opens_it_and_downloads_as_often_as_was_agreed(lane: Lane) -> None:
    offer, variant = await offered(lane, "digital", {"downloads": 2})
    buyer = lane.made.people["buyer"]
    order = await bought(lane, offer, 2, buyer=buyer)
    first, second = (await lane.order(order)).entitlements
    market, now = lane.market, lane.clock()
    given = await handing_on.offer(market, first.id, buyer, "", now)
    await handing_on.take(market, first.id, "pty_aunt", given["token"], now)
    await handing_on.open_it(market, first.id, "pty_aunt", now)
    await handing_on.open_it(market, first.id, "pty_aunt", now)
    work = await lane.order(order)
    assert [told.kind for told in work.told].count("accessed") == 1
    assert [one.state for one in work.entitlements] == ["used", "valid"]
    with pytest.raises(handing_on.NotToHandOn):
        await handing_on.give_back(market, first.id, "pty_aunt", now)
    async with lane.market.db.transaction() as tx:
        file = await contents.add_file(tx, variant, "../a/b\\c.pdf", "application/pdf", 5, "pty_x", now)
        assert file.name == "c.pdf"
    counted = await asyncio.gather(
        *(market.db.run(contents.count_download, first.id, 2, file.id, 2) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, NoDownloadsLeft) for one in counted) == 2
    # The copy nobody opened goes back, and while it does it stays closed.
    await lane.tell(order, "return_wanted", "buyer", lines={"1": 1})
    with pytest.raises(NotNow):
        await handing_on.open_it(market, second.id, buyer, now)
    await lane.tell(order, "returned", "seller")
    assert await lane.refunds(order) == [2_000]


FILES = [
    ("a.pdf", b"%PDF-1.7", "application/pdf"),
    ("b.EPUB", b"PK\x03\x04x", "application/epub+zip"),
    ("c.txt", "湖".encode(), "text/plain; charset=utf-8"),
    ("d.pdf", b"MZ\x90", ""),
    ("e.exe", b"MZ", ""),
    ("f.txt", b"\xff\xfe", ""),
    ("g.pdf", b"", ""),
]


@pytest.mark.parametrize(("name", "content", "kind"), FILES)
def test_a_file_is_what_it_says_it_is(name: str, content: bytes, kind: str) -> None:
    if kind:
        assert contents.kind_of(name, content) == kind
    else:
        with pytest.raises(Malformed):
            contents.kind_of(name, content)
