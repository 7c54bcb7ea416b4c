"""Who may do what: the whole table, and that a right never reaches beyond its party."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import NotAllowed, NotFound, SignInFirst
from highstreet.kit.sealing import Seal
from highstreet.parties._bearers import RoleName, Scope
from highstreet.parties.errors import LastOwner
from highstreet.parties.roles import MAY, SCOPES, TOWN_WIDE, Action
from tests.parties.folk import NOW, city, give_role, person, shop

ACTIONS = st.sampled_from(get_args(Action))
PARTIES = st.sampled_from(["a", "b", "c", None])
HELD = st.builds(parties.Role, st.sampled_from(["a", "b"]), st.sampled_from(get_args(RoleName)))


def someone(*held: parties.Role, strong: bool = True) -> parties.Session:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return parties.Session("me", None, strong, "", "", "en", held, at, at)


def test_the_table_is_whole() -> None:
    assert set(MAY) == set(get_args(RoleName))
    assert set(SCOPES) == set(get_args(Scope))
    granted = frozenset[Action]().union(*MAY.values())
    assert granted | {"own"} == set(get_args(Action)), "an action nobody may do, or one that does not exist"


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("owner", "sell till stock takings staff refund places licences tokens", "operate review books"),
        ("manager", "sell till stock takings refund places licences", "staff tokens operate review"),
        ("clerk", "till stock orders see_orders", "sell refund takings staff places licences carry"),
        ("courier", "carry", "sell till stock orders see_orders takings"),
    ],
)
def test_what_each_role_of_a_business_may_do(role: RoleName, may: str, may_not: str) -> None:
    one = someone(parties.Role("a", role))
    for action in get_args(Action):
        if action in may.split():
            assert parties.may(one, action, "a")
            parties.require(one, action, "a")
        if action in may_not.split():
            assert not parties.may(one, action, "a")
            with pytest.raises(NotAllowed):
                parties.require(one, action, "a")


@given(st.lists(HELD), ACTIONS, PARTIES, st.booleans())
def test_a_right_in_one_business_is_none_in_another(
    held: list[parties.Role], action: Action, party: str | None, strong: bool
) -> None:
    one = someone(*held, strong=strong)
    if parties.may(one, action, party):
        sources = [role for role in held if action in MAY[role.role]]
        assert sources
        assert action in TOWN_WIDE or any(role.party_id == party for role in sources)
        assert strong or any(role.role not in ("operator", "officer") for role in sources)


@given(st.lists(HELD), HELD, ACTIONS, PARTIES, st.booleans())
def test_another_role_never_takes_a_right_away(
    held: list[parties.Role], more: parties.Role, action: Action, party: str | None, strong: bool
) -> None:
    if parties.may(someone(*held, strong=strong), action, party):
        assert parties.may(someone(*held, more, strong=strong), action, party)


@given(st.sets(st.sampled_from(get_args(Scope))), ACTIONS, PARTIES, st.booleans())
def test_a_token_does_no_more_than_its_scopes_say(
    scopes: set[Scope], action: Action, party: str | None, of_city: bool
) -> None:
    token = parties.ApiToken("t", "a", "", tuple(scopes), of_city)
    allowed = parties.may(token, action, party)
    assert not allowed or any(action in SCOPES[scope] for scope in scopes)
    assert not allowed or party == "a" or (of_city and action in TOWN_WIDE)
    assert not (allowed and action in TOWN_WIDE and not of_city)


@given(ACTIONS, PARTIES)
def test_nobody_may_nothing(action: Action, party: str | None) -> None:
    assert not parties.may(None, action, party)
    assert not parties.may([], action, party)
    with pytest.raises(SignInFirst):
        parties.require(None, action, party)


def test_everybody_sees_to_their_own() -> None:
    assert parties.may(someone(), "own", "me")
    assert not parties.may(someone(), "own", "you")
    assert not parties.may(someone(), "own", None)
    assert not parties.may(someone(parties.Role("you", "owner")), "own", "you")


async def test_roles_exist_only_where_they_belong(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com")
    house, town = await shop(db, lin), await city(db)
    misplaced: list[tuple[str, RoleName]] = [
        (house, "operator"),
        (house, "officer"),
        (town, "owner"),
        (town, "clerk"),
    ]
    for where, role in misplaced:
        with pytest.raises(NotAllowed):
            await give_role(db, wu, where, role)
    for who, where in ((house, house), (wu, lin), ("pty_unknown", house), (wu, "pty_unknown")):
        with pytest.raises(NotFound):
            await give_role(db, who, where, "clerk")
    await give_role(db, wu, house, "clerk")
    await give_role(db, wu, house, "clerk")
    async with db.read() as tx:
        staff = {(one.person_id, one.role) for one in await parties.roles.staff_of(tx, house)}
        assert staff == {(lin, "owner"), (wu, "clerk")}
        assert await parties.roles.roles_of(tx, wu) == [parties.Role(house, "clerk")]
        told = await tx.fetch("SELECT body FROM kit.fact WHERE kind = 'role.granted' ORDER BY id")
    assert [one["body"] for one in told] == [
        {"person": lin, "role": "owner"},
        {"person": wu, "role": "clerk"},
    ]


async def test_a_business_keeps_an_owner(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house = await shop(db, lin)
    with pytest.raises(LastOwner) as said:
        await db.run(parties.roles.withdraw, person_id=lin, party_id=house, role="owner", by=lin, now=NOW)
    assert "Lin's Teahouse" in str(said.value)
    with pytest.raises(NotFound):
        await db.run(parties.roles.withdraw, person_id=lin, party_id=house, role="clerk", by=lin, now=NOW)


@pytest.mark.race
async def test_two_owners_cannot_send_each_other_away_at_once(db: Database, seal: Seal) -> None:
    for round_ in range(5):
        lin = await person(db, seal, f"lin{round_}@example.com")
        wu = await person(db, seal, f"wu{round_}@example.com")
        house = await shop(db, lin, uscc=None)
        await give_role(db, wu, house, "owner")
        said = await asyncio.gather(
            *(
                db.run(parties.roles.withdraw, person_id=who, party_id=house, role="owner", by=by, now=NOW)
                for who, by in ((lin, wu), (wu, lin))
            ),
            return_exceptions=True,
        )
        assert [type(one) for one in said if one is not None] == [LastOwner]
        async with db.read() as tx:
            assert len(await parties.roles.staff_of(tx, house)) == 1
