"""Businesses and licences: applying, being reviewed by somebody else, and codes that are checked."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.sealing import Seal
from highstreet.kit.text import Words
from highstreet.parties.businesses import checked_uscc
from highstreet.parties.errors import AlreadyReviewed, BadUscc, LicenceTaken, OwnReview, UsccTaken
from tests.parties.folk import ANOTHER_USCC, NOW, USCC, city, person, shop

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DAY = NOW.date()
YEAR = timedelta(days=365)


def code_of(body: str) -> str:
    """A code with its check character, by GB 32100-2015, worked out apart from the library."""
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + _ALPHABET[-total % 31]


BODIES = st.builds(
    lambda office, region, organisation: office + region + organisation,
    st.sampled_from(["91", "92", "93", "11", "51"]),
    st.sampled_from(["110000", "330781", "440300", "320621"]),
    st.text(_ALPHABET, min_size=9, max_size=9),
)


@given(BODIES)
def test_every_right_code_is_taken(body: str) -> None:
    code = code_of(body)
    assert checked_uscc(f" {code.lower()[:8]} {code[8:]} ") == code


@given(BODIES, st.integers(0, 17), st.integers(1, 30))
def test_every_code_with_one_wrong_character_is_refused(body: str, place: int, shift: int) -> None:
    code = code_of(body)
    wrong = _ALPHABET[(_ALPHABET.index(code[place]) + shift) % 31]
    with pytest.raises(BadUscc):
        checked_uscc(code[:place] + wrong + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["", "91", USCC + "1", "I" + USCC[1:], "统一" * 9, USCC[:17] + "\x00", "9" * 5000]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadUscc):
        checked_uscc(code)


async def test_an_application_is_reviewed_by_somebody_else_and_once(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house = await shop(db, lin)
    review = parties.businesses.review
    async with db.read() as tx:
        assert [one.id for one in await parties.businesses.waiting_review(tx)] == [house]
        assert [one.id for one in await parties.businesses.businesses_of(tx, lin)] == [house]
    with pytest.raises(OwnReview):
        await db.run(review, house, True, lin, "", NOW)
    with pytest.raises(Malformed):
        await db.run(review, house, False, mei, "  ", NOW)
    with pytest.raises(NotFound):
        await db.run(review, "pty_unknown", True, mei, "", NOW)
    await db.run(review, house, True, mei, "", NOW)
    with pytest.raises(AlreadyReviewed):
        await db.run(review, house, False, mei, "changed my mind", NOW)
    async with db.read() as tx:
        assert (await parties.businesses.business(tx, house)).state == "active"
        assert await parties.businesses.waiting_review(tx) == []
        told = await parties.notices.unread(tx, lin)
        facts = await tx.fetch("SELECT kind, by FROM kit.fact WHERE subject = $1 ORDER BY id", house)
    assert [one.kind for one in told] == ["business_accepted"]
    assert [(one["kind"], one["by"]) for one in facts] == [
        ("business.applied", lin),
        ("role.granted", lin),
        ("business.accepted", mei),
        ("particulars.confirmed", mei),
    ]


async def test_a_refused_owner_reads_why(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house = await shop(db, lin)
    await db.run(parties.businesses.review, house, False, mei, "The name differs from the register.", NOW)
    async with db.read() as tx:
        found = await parties.businesses.business(tx, house)
        told = await parties.notices.unread(tx, lin)
    assert (found.state, found.about.decision) == ("closed", "The name differs from the register.")
    assert told[0].body["reason"] == "The name differs from the register."


async def test_a_business_is_suspended_and_let_sell_again(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house = await shop(db, lin)
    with pytest.raises(NotFound):
        await db.run(parties.businesses.suspend, house, mei, "false licence", NOW)
    await db.run(parties.businesses.review, house, True, mei, "", NOW)
    with pytest.raises(OwnReview):
        await db.run(parties.businesses.suspend, house, lin, "holiday", NOW)
    await db.run(parties.businesses.suspend, house, mei, "false licence", NOW)
    async with db.transaction() as tx:
        about = parties.About(tagline=Words("Tea", "茶"), decision="I am innocent")
        await parties.businesses.change(tx, house, about=about, picture="tea.webp", lang="en")
        found = await parties.businesses.business(tx, house)
    assert (found.state, found.about.decision, found.about.tagline.zh) == ("suspended", "false licence", "茶")
    await db.run(parties.businesses.reopen, house, mei, NOW)
    async with db.read() as tx:
        assert (await parties.businesses.businesses(tx, [house, "pty_x"]))[house].state == "active"


async def test_one_code_is_one_business(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    await shop(db, lin)
    with pytest.raises(UsccTaken):
        await shop(db, lin, USCC.lower())
    await shop(db, lin, ANOTHER_USCC)
    await shop(db, lin, None)
    await shop(db, lin, None)
    for uscc, name, problem in (("123", "x", BadUscc), (None, " ", Malformed), (None, "x" * 121, Malformed)):
        with pytest.raises(problem):
            await shop(db, lin, uscc, name)
    with pytest.raises(NotFound):
        await shop(db, "pty_unknown", None)
    async with db.read() as tx:
        with pytest.raises(NotFound):
            await parties.businesses.business(tx, lin)


@pytest.mark.race
async def test_two_applications_at_once_with_one_code_make_one_business(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    made = await asyncio.gather(*(shop(db, lin) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, UsccTaken) for one in made) == 7


@pytest.mark.race
async def test_there_is_one_city(db: Database) -> None:
    assert len(set(await asyncio.gather(*(city(db) for _ in range(4))))) == 1


async def show(db: Database, house: str, number: str = "JY1330 7810", to: date = DAY + YEAR) -> str:
    return await db.run(
        parties.licences.show, house, "food", number, "Lanxi Market Bureau", DAY - YEAR, to, "scan.webp", NOW
    )


async def holds(db: Database, house: str, day: date = DAY) -> bool:
    async with db.read() as tx:
        return await parties.licences.holds(tx, house, "food", day)


async def test_a_licence_counts_once_accepted_and_while_it_runs(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house = await shop(db, lin)
    one = await show(db, house)
    assert not await holds(db, house)
    with pytest.raises(OwnReview):
        await db.run(parties.licences.review, one, True, lin, "", NOW)
    accepted = await db.run(parties.licences.review, one, True, mei, "", NOW)
    assert (accepted.state, accepted.number, accepted.reviewed_by) == ("accepted", "JY13307810", mei)
    assert await holds(db, house)
    for day, good in ((DAY - YEAR, True), (DAY + YEAR, True), (DAY - YEAR - timedelta(1), False)):
        assert await holds(db, house, day) is good
    assert not await holds(db, house, DAY + YEAR + timedelta(1))
    with pytest.raises(AlreadyReviewed):
        await db.run(parties.licences.review, one, False, mei, "late doubts", NOW)


async def test_a_licence_shown_again_is_reviewed_again(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house, other = await shop(db, lin), await shop(db, mei, ANOTHER_USCC)
    one = await show(db, house)
    await db.run(parties.licences.review, one, True, mei, "", NOW)
    assert await show(db, house, to=DAY + 2 * YEAR) == one
    assert not await holds(db, house)
    async with db.read() as tx:
        assert [found.id for found in await parties.licences.waiting_review(tx)] == [one]
        assert [found.state for found in await parties.licences.licences_of(tx, house)] == ["shown"]
    with pytest.raises(LicenceTaken):
        await show(db, other)


async def test_a_licence_ends_with_its_last_day(db: Database, seal: Seal) -> None:
    lin, mei = await person(db, seal, "lin@example.com"), await person(db, seal, "mei@example.com")
    house = await shop(db, lin)
    one = await show(db, house, to=DAY)
    await db.run(parties.licences.review, one, True, mei, "", NOW)
    assert await db.run(parties.licences.expire, DAY, NOW) == []
    ended = await db.run(parties.licences.expire, DAY + timedelta(1), NOW)
    assert [found.state for found in ended] == ["expired"]
    assert await db.run(parties.licences.expire, DAY + timedelta(1), NOW) == []
    assert not await holds(db, house)
    async with db.read() as tx:
        assert [told.kind for told in await parties.notices.unread(tx, lin)] == [
            "licence_expired",
            "licence_accepted",
        ]


async def test_a_licence_that_makes_no_sense_is_refused(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house = await shop(db, lin)
    for number, to in (("", DAY), ("x" * 61, DAY), ("JY1", DAY - 2 * YEAR)):
        with pytest.raises(Malformed):
            await show(db, house, number, to)
    for nobody in (lin, "pty_unknown"):
        with pytest.raises(NotFound):
            await show(db, nobody)
    with pytest.raises(NotFound):
        await db.run(parties.licences.review, "lic_unknown", True, lin, "", NOW)
