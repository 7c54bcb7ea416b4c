"""Subsidised things: a serial number once for ever, the old one for the new one, evidence as it happens. And what goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.market import proofs
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.units import Key
from highstreet.market.views import evidence as views
from highstreet.orders import Entry
from tests.market.lane import Lane
from tests.market.test_redeeming import claim, stands
from tests.market.test_subsidies import file, launch

ASKS = """trade_in = true
unique_serial = true
filed_price = true
evidence = ["serial", "photo_new", "photo_old", "invoice", "delivery"]
evidence_hours = 72"""
OLD = {"old": {"kind": "kettle", "brand": "双喜", "works": "yes"}}
A, B = "AB-1234 567", "CD7654321"


async def begin(lane: Lane, more: str = ASKS, buyers: int = 3) -> list[str]:
    """The programme is on, prices are filed; people who hold a claim each."""
    people = [f"pty_buyer_{n}" for n in range(buyers)]
    await claim(lane, await launch(lane, more), *people)
    await file(lane, {"tea": 8800, "bowl": 5900})
    return people


async def buy(lane: Lane, buyer: str, *names: str, old: dict[str, Any] | None = OLD) -> str:
    entries = [Entry(lane.made.offers[name], 1, old or {}) for name in names or ("tea/online",)]
    asked = await quote(lane.market, entries, lane.clock(), holder=buyer)
    placed = await lane.place(asked.quote, buyer=buyer)
    await lane.pay(placed)
    return placed["orders"][0]["id"]


async def capture(
    lane: Lane, order: str, text: str, line: int = 1, by: str = "pty_clerk", *, seller: str = "tea",
    instead: bool = False, key: Key | None = None,
) -> dict[str, Any]:  # fmt: skip
    party = lane.made.sellers[seller]
    return await proofs.capture(lane.market, order, party, line, text, by, lane.clock(), key, instead=instead)


async def serials(lane: Lane) -> list[tuple[str, str | None]]:
    """Which order has a number, and why it was freed."""
    async with lane.market.db.read() as tx:
        found = await tx.fetch("SELECT order_id, freed FROM policy.serial ORDER BY n")
    return [(row["order_id"], row["freed"]) for row in found]


async def refused(code: str, doing: Any) -> None:
    with pytest.raises(Refusal) as no:
        await doing
    assert no.value.code == code


async def deliver(lane: Lane, order: str, text: str) -> None:
    await capture(lane, order, text)
    await lane.tell(order, "shipped", tracking="SF1")
    await lane.tell(order, "old_taken")
    await lane.tell(order, "delivered")


async def test_nothing_old_nothing_off_and_the_old_one_comes_before_the_new_one(lane: Lane) -> None:
    one, two, _ = await begin(lane)
    asked = await quote(lane.market, [Entry(lane.made.offers["tea/online"], 1)], lane.clock(), holder=one)
    assert asked.quote.orders[0].spends == []
    for bad in ({"kind": "A fridge!"}, {"kind": "kettle", "brand": "x" * 41}, "a kettle"):
        entry = Entry(lane.made.offers["tea/online"], 1, {"old": bad})
        await refused("malformed", quote(lane.market, [entry], lane.clock(), holder=one))
    plain = await buy(lane, two, old=None)
    await refused("not_now", lane.tell(plain, "old_taken"))

    order = await buy(lane, one)
    work = await lane.order(order)
    assert work.lines[0].choice["old"] == {"kind": "kettle", "brand": "双喜", "works": True}
    assert work.lines[0].amount - work.lines[0].paid == 1320
    await refused("serial_first", lane.tell(order, "shipped", tracking="SF1"))
    await capture(lane, order, A)
    await lane.tell(order, "shipped", tracking="SF1")
    await refused("old_first", lane.tell(order, "delivered"))
    await lane.tell(order, "old_taken")
    await refused("not_now", lane.tell(order, "old_taken"))
    await lane.tell(order, "delivered")
    assert (await lane.order(order)).lines[0].fulfilled == 1
    async with lane.market.db.read() as tx:
        (duty,) = await policy.evidence.owed(tx, order)
        assert (duty.handed_at, duty.old_at) == (lane.clock(), lane.clock())
        told = await policy.serials.of_order(tx, lane.market.seal, order)
        assert told[1].number == "AB1234567"
        stored = await tx.fetchrow("SELECT key, content FROM policy.serial")
        assert stored is not None
        assert b"AB1234567" not in stored["key"] + stored["content"]


async def test_a_serial_is_subsidised_once_whoever_tells_it_again(lane: Lane) -> None:
    one, two, three = await begin(lane)
    first, second = await buy(lane, one), await buy(lane, two)
    key = Key("clerk", "once", "f")
    assert await capture(lane, first, A, key=key) == await capture(lane, first, A, key=key)
    await capture(lane, first, "ab 1234567")
    assert await serials(lane) == [(first, None)], "told twice is told once"
    await refused("serial_used", capture(lane, second, "AB1234567"))
    await refused("no_such_order", capture(lane, second, B, seller="toys"))
    await refused("serial_not_asked", capture(lane, second, B, line=2))
    for text in ("", "12345", "AAAAAAA", "a" * 41, "(01)06901234567890(21)XYZ12345"):
        await refused("serial_wrong", capture(lane, second, text))

    # A mistake is mended by who made it, within the hour.
    await refused("serial_told", capture(lane, first, B))
    await refused("serial_told", capture(lane, first, B, by="pty_other", instead=True))
    await capture(lane, first, B, instead=True)
    await capture(lane, second, "(01)06901234567892(21)AB1234567")
    assert await serials(lane) == [(first, "corrected"), (first, None), (second, None)]
    await refused("serial_used", capture(lane, first, A, instead=True))
    assert await serials(lane) == [(first, "corrected"), (first, None), (second, None)], "and nothing changed"
    lane.clock.forward(timedelta(hours=2))
    await refused("serial_told", capture(lane, first, "EF99887766", instead=True))

    # Called off before it left: another purchase may have it. After that nobody tells one.
    await lane.tell(second, "cancelled", "buyer")
    assert (await serials(lane))[-1] == (second, "not_handed_over")
    await refused("not_now", capture(lane, second, A))
    await capture(lane, await buy(lane, three), A)


@pytest.mark.parametrize(("quota", "left"), [("used", None), ("free", "returned")])
async def test_what_came_back_stays_used_where_the_rule_says_so(lane: Lane, quota: str, left: str | None) -> None:  # fmt: skip
    one, two, _ = await begin(lane)
    if quota == "free":
        async with lane.market.db.transaction() as tx:
            await tx.execute("UPDATE policy.programme SET rules = replace(rules, 'quota = \"used\"', 'quota = \"free\"')")  # fmt: skip
    order = await buy(lane, one)
    await deliver(lane, order, A)
    await lane.tell(order, "return_wanted", "buyer")
    await lane.tell(order, "returned")
    assert (await stands(lane, "kettles"))["spent"] == 0
    assert await serials(lane) == [(order, left)]
    other = await buy(lane, two)
    if left is None:
        await refused("serial_used", capture(lane, other, A))
    else:
        await capture(lane, other, A)


async def test_two_lines_are_two_things(lane: Lane) -> None:
    one, *_ = await begin(lane)
    order = await buy(lane, one, "tea/online", "bowl/online")
    await capture(lane, order, A)
    await refused("serial_used", capture(lane, order, A, line=2))
    await refused("serial_first", lane.tell(order, "shipped", tracking="SF1"))
    await lane.tell(order, "cancelled", "seller", lines={"2": 1})
    await lane.tell(order, "shipped", tracking="SF1")


@pytest.mark.parametrize(("text", "code"), [
    ("490154203237518", ""), ("49-015420-323751-8", ""), ("490154203237517", "check digit"),
    ("49015420323751", "fifteen digits"), ("AB1234567", "fifteen digits"), ("0" * 15, "check digit"),
])  # fmt: skip
def test_an_imei_has_its_check_digit(text: str, code: str) -> None:
    if code:
        with pytest.raises(Refusal, match=code):
            policy.serials.read(text, phone=True)
        return
    one = policy.serials.read(text, phone=True)
    assert (one.kind, one.number) == ("imei", "490154203237518")
    assert policy.serials.read(text) == one, "the same thing, whichever rule asks"


async def test_evidence_is_told_as_it_happens(lane: Lane) -> None:
    one, two, _ = await begin(lane)
    order, other = await buy(lane, one), await buy(lane, two)

    async def show(order: str, kind: str, content: bytes, media: str = "image/webp") -> str:
        return await proofs.show(lane.market, order, 1, kind, content, media, "pty_clerk", lane.clock())

    await refused("evidence_not_asked", show(order, "a_story", b"x"))
    first = await show(order, "photo_new", b"new")
    assert await show(order, "photo_new", b"new") == first, "told twice is told once"
    await refused("evidence_elsewhere", show(other, "photo_new", b"new"))
    await deliver(lane, order, A)
    await show(order, "invoice", b"2611 0001", "text/plain")

    async def lists() -> tuple[list[list[str]], list[list[str]]]:
        async with lane.market.db.read() as tx:
            due = await views.to_show(tx, lane.made.sellers["tea"], lane.clock())
            late = await views.missing(tx, "kettles", lane.clock())
        return [one.kinds for one in due if one.order_id == order], [one.kinds for one in late]

    assert await lists() == ([["photo_old"]], [])
    lane.clock.forward(timedelta(hours=73))
    assert await lists() == ([], [["photo_old"]])
    await refused("evidence_late", show(order, "photo_old", b"old"))
    async with lane.market.db.transaction() as tx:
        assert [s.kind for s in await policy.evidence.of_order(tx, order)] == ["photo_new", "invoice"]
        assert await policy.evidence.content_of(tx, lane.market.seal, order, first) == ("image/webp", b"new")
        assert await policy.evidence.content_of(tx, lane.market.seal, other, first) is None
        await policy.evidence.forget(tx, [order])
        assert await policy.evidence.content_of(tx, lane.market.seal, order, first) is None


async def test_many_orders_in_a_minute_is_no_evidence(lane: Lane) -> None:
    people = await begin(lane, buyers=4)
    order = await buy(lane, people[0])
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO policy.evidence (id, order_id, line, kind, sha256, media, by, told_at)
               SELECT 'e' || n, 'o' || n, 1, 'invoice', '\\x00', 'text/plain', 'pty_clerk', $1 FROM generate_series(1, 5) n""",
            lane.clock(),
        )
    doing = (lane.market, order, 1, "invoice", b"1", "text/plain", "pty_clerk")
    await refused("evidence_too_fast", proofs.show(*doing, lane.clock()))
    lane.clock.forward(timedelta(minutes=1))
    await proofs.show(*doing, lane.clock())


async def test_what_the_clock_and_the_buyer_say_stands_and_is_looked_at_later(lane: Lane) -> None:
    one, *_ = await begin(lane)
    order = await buy(lane, one)
    await capture(lane, order, A)
    await lane.tell(order, "shipped", tracking="SF1")
    await lane.tell(order, "received", "buyer")
    lane.clock.forward(timedelta(hours=73))
    async with lane.market.db.read() as tx:
        (found,) = await views.missing(tx, "kettles", lane.clock())
    assert found.kinds == ["photo_new", "photo_old", "invoice", "old"]
    assert found.spent == 1320


async def test_at_a_counter_the_number_is_told_with_the_sale(lane: Lane) -> None:
    one, *_ = await begin(lane, "unique_serial = true")
    asked = await quote(lane.market, [Entry(lane.made.offers["tea/counter"], 1)], lane.clock(), holder=one)
    placing = Placing(asked.quote, Contact(), "cash", "pty_clerk", one, counter=True)
    await refused("serial_first", place(lane.market, placing, lane.clock(), None))
    offer = lane.made.offers["tea/counter"]
    for text, code in (("x", "serial_wrong"), (A, "")):
        also = proofs.rung(lane.market, {offer: text}, "pty_clerk", lane.clock())
        doing = place(lane.market, placing, lane.clock(), None, also=also)
        if code:
            await refused(code, doing)
        else:
            order = (await doing)["orders"][0]["id"]
            assert await serials(lane) == [(order, None)]
