"""The second factor: asked for, good once, and what city staff may not do without it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import NotFound, TooOften
from highstreet.kit.sealing import Seal
from highstreet.parties.errors import SecondFactorNeeded, WrongCode, WrongSignIn
from tests.parties.folk import (
    NOW,
    city,
    give_role,
    person,
    session,
    signed_in,
    totp,
    try_in,
    with_second_factor,
)

LATER = NOW + timedelta(minutes=2)


async def test_whoever_has_one_is_asked_for_it(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    assert isinstance(await try_in(db, seal, "mei@example.com", now=LATER), SecondFactorNeeded)
    assert isinstance(await try_in(db, seal, "mei@example.com", code="", now=LATER), SecondFactorNeeded)
    assert isinstance(await try_in(db, seal, "mei@example.com", code="000000x", now=LATER), WrongCode)
    signed = await try_in(db, seal, "mei@example.com", code=totp(key, LATER), now=LATER)
    assert isinstance(signed, parties.SignedIn)
    assert signed.session.strong


async def test_a_right_code_with_a_wrong_password_tells_nothing(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    wrong = await try_in(db, seal, "mei@example.com", "not the kettles", code=totp(key, LATER), now=LATER)
    assert isinstance(wrong, WrongSignIn)
    assert isinstance(
        await try_in(db, seal, "mei@example.com", code=totp(key, LATER), now=LATER), parties.SignedIn
    )


async def test_a_code_signs_in_once_and_an_old_one_never(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    code = totp(key, LATER)
    assert isinstance(await try_in(db, seal, "mei@example.com", code=code, now=LATER), parties.SignedIn)
    assert isinstance(await try_in(db, seal, "mei@example.com", code=code, now=LATER), WrongCode)
    before = totp(key, LATER - timedelta(seconds=30))
    assert isinstance(await try_in(db, seal, "mei@example.com", code=before, now=LATER), WrongCode)
    much_later = LATER + timedelta(minutes=10)
    assert isinstance(await try_in(db, seal, "mei@example.com", code=code, now=much_later), WrongCode)


@pytest.mark.race
async def test_a_code_used_twice_at_once_signs_in_once(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    for round_ in range(4):
        now = LATER + timedelta(hours=round_)
        code = totp(key, now)
        answers = await asyncio.gather(
            *(
                try_in(db, seal, "mei@example.com", code=code, address=bytes([n]) * 32, now=now)
                for n in range(4)
            )
        )
        assert sum(isinstance(answer, parties.SignedIn) for answer in answers) == 1


async def test_wrong_codes_lock_for_a_growing_while(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    now, waits = LATER, list[int]()
    for turn in range(9):
        answer = await try_in(db, seal, "mei@example.com", code="wrong", address=bytes([turn]) * 32, now=now)
        if isinstance(answer, TooOften):
            waits.append(int(str(answer.values["seconds"])))
            now += timedelta(seconds=waits[-1])
    assert waits == sorted(waits)
    assert len(set(waits)) > 1
    now += timedelta(hours=1)
    right = await try_in(db, seal, "mei@example.com", code=totp(key, now), address=b"\x63" * 32, now=now)
    assert isinstance(right, parties.SignedIn), "the owner is not locked out for ever"


async def test_the_old_key_counts_until_the_new_one_is_proved(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    token = await signed_in(db, mei)
    async with db.transaction() as tx:
        with pytest.raises(NotFound):
            await parties.people.confirm_totp(tx, seal, mei, "123456", token, NOW)
    old = await with_second_factor(db, seal, mei)
    async with db.transaction() as tx:
        new = await parties.people.start_totp(tx, seal, mei, market="Lanxi")
        with pytest.raises(WrongCode):
            await parties.people.confirm_totp(tx, seal, mei, totp(old, NOW), token, NOW)
    assert new.key in new.uri
    assert new.uri.startswith("otpauth://totp/Lanxi:mei%40example.com?")
    signed = await try_in(db, seal, "mei@example.com", code=totp(old, LATER), now=LATER)
    assert isinstance(signed, parties.SignedIn)
    async with db.transaction() as tx:
        await parties.people.drop_totp(tx, mei)
    assert await session(db, signed.token) is None
    assert isinstance(await try_in(db, seal, "mei@example.com", now=LATER), parties.SignedIn)


async def test_city_staff_act_only_with_the_second_factor(db: Database, seal: Seal) -> None:
    mei, town = await person(db, seal, "mei@example.com"), await city(db)
    await give_role(db, mei, town, "operator")
    weak = await try_in(db, seal, "mei@example.com")
    assert isinstance(weak, parties.SignedIn)
    assert not parties.may(weak.session, "operate", None)
    with pytest.raises(SecondFactorNeeded):
        parties.require(weak.session, "operate", None)
    key = await with_second_factor(db, seal, mei)
    assert await session(db, weak.token) is None, "sessions of before have ended"
    strong = await try_in(db, seal, "mei@example.com", code=totp(key, LATER), now=LATER)
    assert isinstance(strong, parties.SignedIn)
    parties.require(strong.session, "operate", None)


async def test_confirming_makes_the_session_at_hand_strong(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    token = await signed_in(db, mei)
    async with db.transaction() as tx:
        new = await parties.people.start_totp(tx, seal, mei, market="Lanxi")
        await parties.people.confirm_totp(tx, seal, mei, totp(new.key, NOW), token, NOW)
    here = await session(db, token)
    assert here is not None
    assert here.strong
    assert await session(db, token, NOW + timedelta(hours=3)) is None, "strong sessions end sooner"


async def test_the_key_is_kept_sealed(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    async with db.read() as tx:
        kept = await tx.fetchval("SELECT totp FROM parties.secret WHERE party_id = $1", mei)
    assert key.encode() not in kept


async def with_codes(db: Database, seal: Seal, who: str) -> list[str]:
    async with db.transaction() as tx:
        return await parties.people.make_codes(tx, seal, who, NOW)


async def left(db: Database, who: str) -> int:
    async with db.read() as tx:
        return await parties.people.codes_left(tx, who)


async def test_a_recovery_code_signs_in_once_instead_of_the_app(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    key = await with_second_factor(db, seal, mei)
    codes = await with_codes(db, seal, mei)
    assert len(set(codes)) == 10
    first, second = codes[0], codes[1].upper().replace("-", " ")
    for code in (first, second):
        signed = await try_in(db, seal, "mei@example.com", code=code, now=LATER)
        assert isinstance(signed, parties.SignedIn) and signed.session.strong
        assert isinstance(await try_in(db, seal, "mei@example.com", code=code, now=LATER), WrongCode)
    assert await left(db, mei) == 8
    # The app goes on working, and a code of before is still good once.
    assert isinstance(
        await try_in(db, seal, "mei@example.com", code=totp(key, LATER), now=LATER), parties.SignedIn
    )
    async with db.read() as tx:
        told = await tx.fetch("SELECT kind FROM kit.fact WHERE subject = $1 ORDER BY id", mei)
    assert [one["kind"] for one in told] == [
        "second_factor.set", "second_factor.codes_made", "second_factor.codes_made",
        "second_factor.code_used", "second_factor.code_used",
    ]  # fmt: skip


async def test_recovery_codes_are_ones_own_and_new_ones_end_the_old(db: Database, seal: Seal) -> None:
    mei, he = await person(db, seal, "mei@example.com"), await person(db, seal, "he@example.com")
    with pytest.raises(NotFound):
        await with_codes(db, seal, mei)
    for who in (mei, he):
        await with_second_factor(db, seal, who)
    old, theirs = await with_codes(db, seal, mei), await with_codes(db, seal, he)
    new = await with_codes(db, seal, mei)
    for code in (old[0], theirs[0], "00000-00000", "x" * 10, "0" * 5000):
        answer = await try_in(
            db, seal, "mei@example.com", code=code, address=code[:5].encode() * 7, now=LATER
        )
        assert isinstance(answer, WrongCode | TooOften)
    later = LATER + timedelta(hours=1)
    assert isinstance(await try_in(db, seal, "mei@example.com", code=new[9], now=later), parties.SignedIn)
    async with db.read() as tx:
        kept = await tx.fetch("SELECT code FROM parties.recovery WHERE party_id = $1", mei)
    assert all(new[0].replace("-", "").encode() not in one["code"] for one in kept)
    async with db.transaction() as tx:
        await parties.people.drop_totp(tx, mei)
    assert await left(db, mei) == 0


@pytest.mark.race
async def test_a_recovery_code_used_twice_at_once_signs_in_once(db: Database, seal: Seal) -> None:
    mei = await person(db, seal, "mei@example.com")
    await with_second_factor(db, seal, mei)
    for n, code in enumerate((await with_codes(db, seal, mei))[:3]):
        now = LATER + timedelta(hours=n)
        answers = await asyncio.gather(
            *(
                try_in(db, seal, "mei@example.com", code=code, address=bytes([n]) * 32, now=now)
                for n in range(4)
            )
        )
        assert sum(isinstance(answer, parties.SignedIn) for answer in answers) == 1
