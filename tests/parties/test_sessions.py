"""Sessions and API tokens: how they begin, what they stand for, and that ended ones stay ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, SignInFirst
from highstreet.kit.sealing import Seal
from highstreet.parties.errors import NotInDemo, SignInAgain
from tests.parties.folk import NOW, city, give_role, person, session, shop, signed_in


async def test_a_token_is_long_new_each_time_and_kept_as_a_hash(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    tokens = {await signed_in(db, lin) for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)
    async with db.read() as tx:
        kept = [r["token"] for r in await tx.fetch("SELECT token FROM parties.session")]
    assert all(len(one) == 32 for one in kept)
    assert not {token.encode() for token in tokens} & set(kept)


async def test_a_session_says_who_for_whom_and_in_which_language(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house = await shop(db, lin)
    token = await signed_in(db, lin)
    async with db.transaction() as tx:
        await parties.sessions.act_for(tx, token, house)
    async with db.read() as tx:
        found = await parties.sessions.session_of(tx, token, NOW, seal)
    assert found is not None
    assert (found.party_id, found.acts_for, found.party, found.lang) == (lin, house, house, "zh")
    assert (found.name, found.acting_as) == ("Lin Yue", "Lin's Teahouse")
    assert found.roles == (parties.Role(house, "owner"),)
    async with db.transaction() as tx:
        await parties.sessions.act_for(tx, token, None)
    found = await session(db, token)
    assert found is not None
    assert (found.party, found.name, found.acting_as) == (lin, "", "")


async def test_one_cannot_act_for_somebody_elses_business(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com")
    house = await shop(db, lin)
    token = await signed_in(db, wu)
    async with db.transaction() as tx:
        for other in (house, lin, "pty_unknown"):
            with pytest.raises(NotAllowed):
                await parties.sessions.act_for(tx, token, other)
        with pytest.raises(NotAllowed):
            await parties.sessions.act_for(tx, "no such token", None)


async def test_a_role_taken_away_stops_counting_at_once(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com")
    house = await shop(db, lin)
    await give_role(db, wu, house, "clerk")
    token = await signed_in(db, wu)
    async with db.transaction() as tx:
        await parties.sessions.act_for(tx, token, house)
    assert parties.may(await session(db, token), "till", house)
    async with db.transaction() as tx:
        await parties.roles.withdraw(tx, person_id=wu, party_id=house, role="clerk", by=lin, now=NOW)
    found = await session(db, token)
    assert found is not None
    assert found.acts_for is None
    assert not parties.may(found, "till", house)


@pytest.mark.parametrize(
    ("strong", "after", "alive"),
    [
        (False, timedelta(days=13), True),
        (False, timedelta(days=15), False),
        (True, timedelta(minutes=119), True),
        (True, timedelta(minutes=121), False),
    ],
)
async def test_an_unused_session_ends(
    db: Database, seal: Seal, strong: bool, after: timedelta, alive: bool
) -> None:
    token = await signed_in(db, await person(db, seal, "lin@example.com"), strong=strong)
    assert (await session(db, token, NOW + after) is not None) is alive


async def test_a_session_in_use_lives_on_but_not_for_ever(db: Database, seal: Seal) -> None:
    token = await signed_in(db, await person(db, seal, "lin@example.com"))
    for days in (10, 20, 29):
        now = NOW + timedelta(days=days)
        found = await session(db, token, now)
        assert found is not None
        assert parties.sessions.wants_touch(found, now)
        async with db.transaction() as tx:
            await parties.sessions.touch(tx, token, now)
        found = await session(db, token, now)
        assert found is not None
        assert not parties.sessions.wants_touch(found, now)
    assert await session(db, token, NOW + timedelta(days=30)) is None
    async with db.transaction() as tx:
        assert await parties.sessions.sweep(tx, NOW + timedelta(days=30)) == 1


async def test_signing_out_ends_it_and_signing_out_everywhere_all(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    first, second, third = [await signed_in(db, lin) for _ in range(3)]
    async with db.transaction() as tx:
        await parties.sessions.close_session(tx, first)
        await parties.sessions.close_session(tx, first)
    assert await session(db, first) is None
    async with db.transaction() as tx:
        assert await parties.sessions.close_all(tx, lin, keep=second) == 1
    assert await session(db, second) is not None
    assert await session(db, third) is None
    async with db.transaction() as tx:
        assert [one.agent for one in await parties.sessions.sessions_of(tx, lin, NOW)] == ["Firefox"]
        assert await parties.sessions.close_all(tx, lin) == 1
    assert await session(db, second) is None
    assert await session(db, "") is None


async def test_grave_changes_need_a_fresh_sign_in(db: Database, seal: Seal) -> None:
    token = await signed_in(db, await person(db, seal, "lin@example.com"))
    found = await session(db, token)
    parties.sessions.require_fresh(found, NOW + timedelta(minutes=14))
    with pytest.raises(SignInAgain):
        parties.sessions.require_fresh(found, NOW + timedelta(minutes=16))
    with pytest.raises(SignInFirst):
        parties.sessions.require_fresh(None, NOW)


async def test_one_click_signs_in_demo_people_in_the_demo_only(db: Database, seal: Seal) -> None:
    town = await city(db)
    real = await person(db, seal, "real@example.com", "Real Person")
    async with db.transaction() as tx:
        mei = await parties.people.enrol(tx, seal, name="Mei Hua", lang="zh", now=NOW, demo=True)
        ada = await parties.people.enrol(tx, seal, name="Ada", lang="en", now=NOW, demo=True)
    await give_role(db, mei, town, "operator")
    async with db.read() as tx:
        shown = await parties.people.demo_people(tx, seal)
    assert [(one.name, one.works_at) for one in shown] == [("Mei Hua", ("Lanxi",)), ("Ada", ())]
    assert shown[0].roles == (parties.Role(town, "operator"),)
    async with db.transaction() as tx:
        with pytest.raises(NotInDemo):
            await parties.people.demo_sign_in(tx, mei, demo=False, agent="", now=NOW)
        for nobody in (real, town, "pty_unknown"):
            with pytest.raises(NotInDemo):
                await parties.people.demo_sign_in(tx, nobody, demo=True, agent="", now=NOW)
        tokens = [
            await parties.people.demo_sign_in(tx, who, demo=True, agent="", now=NOW) for who in (mei, ada)
        ]
    sessions = [await session(db, token) for token in tokens]
    assert [found is not None and found.strong for found in sessions] == [True, False]
    assert parties.may(sessions[0], "operate", None)


async def test_an_api_token_is_shown_once_scoped_and_ends(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house = await shop(db, lin)
    end = NOW + timedelta(days=90)
    async with db.transaction() as tx:
        token_id, secret = await parties.tokens.issue(tx, house, "till 1", ["till", "till"], end, NOW)
    async with db.read() as tx:
        found = await parties.tokens.token_of(tx, secret, NOW)
        assert found == parties.ApiToken(token_id, house, "till 1", ("till",), False)
        assert await parties.tokens.token_of(tx, secret, end) is None
        assert await parties.tokens.token_of(tx, secret + "x", NOW) is None
        assert [one.id for one in await parties.tokens.tokens_of(tx, house)] == [token_id]
        stored = await tx.fetch("SELECT * FROM parties.token")
    assert secret not in str([tuple(one[name] for name in tuple(one.keys())) for one in stored])
    assert parties.may(found, "till", house)
    assert not parties.may(found, "sell", house)
    assert not parties.may(found, "till", lin)
    async with db.transaction() as tx:
        with pytest.raises(NotFound):
            await parties.tokens.revoke(tx, lin, token_id, NOW)
        await parties.tokens.revoke(tx, house, token_id, NOW)
        await parties.tokens.revoke(tx, house, token_id, NOW)
        assert await parties.tokens.token_of(tx, secret, NOW) is None


async def test_what_is_no_sensible_token_is_refused(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house, town = await shop(db, lin), await city(db)
    scopes: list[parties.tokens.Scope] = ["operate"]
    async with db.transaction() as tx:
        with pytest.raises(NotAllowed):
            await parties.tokens.issue(tx, house, "root", scopes, None, NOW)
        _, secret = await parties.tokens.issue(tx, town, "monitor", scopes, None, NOW)
        found = await parties.tokens.token_of(tx, secret, NOW)
        assert parties.may(found, "operate", None)
        for name, wanted, end in (
            ("x", [], None),
            ("", ["till"], None),
            ("x", ["all"], None),
            ("x", ["till"], NOW),
        ):
            with pytest.raises(Malformed):
                await parties.tokens.issue(tx, house, name, wanted, end, NOW)  # pyright: ignore[reportArgumentType]
        with pytest.raises(NotFound):
            await parties.tokens.issue(tx, "pty_unknown", "x", ["till"], None, NOW)
