"""Personal data: sealed, exported whole, and gone when erased."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.sealing import Seal
from highstreet.parties._profiles import close_profile, open_profile
from highstreet.parties.errors import BadHandle, HandleTaken, LastOwner, WrongSignIn
from tests.parties.folk import NOW, give_role, person, session, shop, signed_in, try_in, with_second_factor

HOME_ADDRESS = parties.Address(
    "8 Willow Lane", name="Lin", phone="13800138000", town="Lanxi", lat=29.2, lon=119.5
)


@given(st.text(min_size=1), st.text(max_size=40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_is_sealed_for_one_opens_for_no_other(name: str, line: str, one: int, other: int) -> None:
    seal = Seal(b"k" * 32)
    mine, yours = f"pty_{one}", f"pty_{other}x"
    key, key_of_yours = seal.new_key(mine), seal.new_key(yours)
    told = parties.Profile(name, addresses=(parties.Address(line),))
    sealed = close_profile(seal, mine, key, told)
    assert open_profile(seal, mine, key, sealed) == told
    for party, wrapped in ((yours, key), (mine, key_of_yours), (yours, key_of_yours)):
        with pytest.raises(ValueError, match="somebody else"):
            open_profile(seal, party, wrapped, sealed)
    with pytest.raises(ValueError, match="somebody else"):
        open_profile(Seal(b"z" * 32), mine, key, sealed)
    with pytest.raises(ValueError, match="damaged"):
        open_profile(seal, mine, key, sealed[:-1] + bytes([sealed[-1] ^ 1]))


async def test_rows_moved_between_people_do_not_open(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com", "Wu Ke")
    async with db.transaction() as tx:
        await tx.execute(
            """
            UPDATE parties.seal s SET key = o.key, fields = o.fields FROM parties.seal o
            WHERE s.party_id = $1 AND o.party_id = $2
            """,
            lin,
            wu,
        )
        with pytest.raises(ValueError, match="somebody else"):
            await parties.people.profile(tx, seal, lin)
        assert (await parties.people.profile(tx, seal, wu)).name == "Wu Ke"


async def dump(db: Database) -> str:
    """Every value of every table, as text."""
    async with db.read() as tx:
        tables = await tx.fetch(
            """
            SELECT format('SELECT t::text AS row FROM %I.%I t', table_schema, table_name) AS sql
            FROM information_schema.tables
            WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
            """
        )
        return "\n".join([one["row"] for table in tables for one in await tx.fetch(table["sql"])])


async def test_no_table_holds_a_name_or_address_in_the_clear(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "planted@example.com", "Planted Name")
    await with_second_factor(db, seal, lin)
    house = await shop(db, lin)
    async with db.transaction() as tx:
        await parties.people.change_profile(
            tx,
            seal,
            lin,
            name="Planted Name",
            email="planted@example.com",
            phone="13912345678",
            addresses=[HOME_ADDRESS],
            lang="en",
        )
        await parties.consent.give(tx, lin, "marketing", "News by mail?", NOW)
    await try_in(db, seal, "planted@example.com", "not the kettles")
    found = await dump(db)
    assert house in found
    for planted in ("Planted", "planted", "13912345678", "Willow"):
        assert planted not in found
        assert planted.encode().hex() not in found


async def test_a_profile_is_told_anew_and_signs_in_with_what_it_says(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    await person(db, seal, "wu@example.com")

    async def change(email: str | None, phone: str | None, *addresses: parties.Address) -> parties.Profile:
        async with db.transaction() as tx:
            return await parties.people.change_profile(
                tx, seal, lin, name=" Lin  Yue ", email=email, phone=phone, addresses=addresses, lang="en"
            )

    told = await change("Lin@New.example", "138 0013 8000", HOME_ADDRESS)
    assert told == parties.Profile("Lin Yue", "lin@new.example", "+8613800138000", (HOME_ADDRESS,))
    async with db.read() as tx:
        assert await parties.people.profile(tx, seal, lin) == told
        assert await parties.people.names(tx, seal, [lin, "pty_x"]) == {lin: "Lin Yue"}
    assert isinstance(await try_in(db, seal, "lin@example.com"), WrongSignIn)
    for handle in ("lin@new.example", "13800138000"):
        assert isinstance(await try_in(db, seal, handle), parties.SignedIn)
    with pytest.raises(HandleTaken):
        await change("wu@example.com", None)
    for email, phone in ((None, None), ("13800138000", None), (None, "lin@new.example")):
        with pytest.raises(BadHandle):
            await change(email, phone)
    nowhere = msgspec.structs.replace(HOME_ADDRESS, lat=float("nan"))
    for address in (nowhere, parties.Address(" "), parties.Address("x" * 201)):
        with pytest.raises(Malformed):
            await change("lin@new.example", None, address)
    assert isinstance(await try_in(db, seal, "13800138000"), parties.SignedIn), "a refusal changes nothing"


def test_nothing_personal_is_written_when_a_value_is_logged() -> None:
    session = parties.Session("pty_1", None, False, "Lin Yue", "", "en", (), NOW, NOW)
    said = repr(
        [session, parties.Profile("Lin Yue", "lin@example.com", addresses=(HOME_ADDRESS,)), HOME_ADDRESS]
    )
    assert "pty_1" in said
    assert "Lin" not in said
    assert "lin@" not in said
    assert "Willow" not in said


async def test_one_takes_along_all_that_is_held(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    house = await shop(db, lin)
    token = await signed_in(db, lin)
    async with db.transaction() as tx:
        await parties.consent.give(tx, lin, "marketing", "News by mail?", NOW)
        await parties.notices.tell(tx, lin, "welcome", lin, {"first": True}, NOW)
        _, secret = await parties.tokens.issue(tx, lin, "my script", ["orders:read"], None, NOW)
        taken = await parties.people.export(tx, seal, lin)
        with pytest.raises(NotFound):
            await parties.people.export(tx, seal, house)
    text = msgspec.json.encode(taken).decode()
    for part in (
        "Lin Yue",
        "lin@example.com",
        "marketing",
        "welcome",
        "my script",
        "Lin's Teahouse",
        "owner",
    ):
        assert part in text
    for hidden in (token, secret, "$argon2"):
        assert hidden not in text


async def test_erasing_leaves_a_bare_id(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com", "Wu Ke")
    house = await shop(db, wu)
    await give_role(db, lin, house, "clerk")
    token = await signed_in(db, lin)
    async with db.transaction() as tx:
        _, secret = await parties.tokens.issue(tx, lin, "my script", ["orders:read"], None, NOW)
        await parties.consent.give(tx, lin, "marketing", "News by mail?", NOW)
    for _ in range(2):
        await db.run(parties.people.erase, lin, NOW)
    assert await session(db, token) is None
    assert isinstance(await try_in(db, seal, "lin@example.com"), WrongSignIn)
    async with db.transaction() as tx:
        assert await parties.tokens.token_of(tx, secret, NOW) is None
        assert not await parties.consent.given(tx, lin, "marketing")
        for gone in (parties.people.profile(tx, seal, lin), parties.people.export(tx, seal, lin)):
            with pytest.raises(NotFound):
                await gone
        assert await tx.fetchval("SELECT state FROM parties.party WHERE id = $1", lin) == "erased"
        assert [one.person_id for one in await parties.roles.staff_of(tx, house)] == [wu]
    assert await person(db, seal, "lin@example.com") != lin, "the handle is free again"
    assert isinstance(await try_in(db, seal, "wu@example.com"), parties.SignedIn)


async def test_the_only_owner_hands_over_before_being_erased(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com")
    house = await shop(db, lin)
    with pytest.raises(LastOwner):
        await db.run(parties.people.erase, lin, NOW)
    assert isinstance(await try_in(db, seal, "lin@example.com"), parties.SignedIn)
    await give_role(db, wu, house, "owner")
    await db.run(parties.people.erase, lin, NOW)
    for nobody in (house, "pty_unknown"):
        with pytest.raises(NotFound):
            await db.run(parties.people.erase, nobody, NOW)


@pytest.mark.race
async def test_signing_in_while_being_erased_leaves_no_session(db: Database, seal: Seal) -> None:
    for round_ in range(5):
        handle = f"lin{round_}@example.com"
        lin = await person(db, seal, handle)
        answers = await asyncio.gather(
            *(try_in(db, seal, handle, address=bytes([n]) * 32) for n in range(3)),
            db.run(parties.people.erase, lin, NOW),
        )
        for answer in answers[:3]:
            assert isinstance(answer, parties.SignedIn | WrongSignIn)
            assert isinstance(answer, WrongSignIn) or await session(db, answer.token) is None
        async with db.read() as tx:
            assert await tx.fetchval("SELECT count(*) FROM parties.session WHERE party_id = $1", lin) == 0


async def test_consent_is_kept_in_its_words_and_withdrawn_as_easily(db: Database, seal: Seal) -> None:
    lin = await person(db, seal, "lin@example.com")
    async with db.transaction() as tx:
        assert not await parties.consent.given(tx, lin, "marketing")
        for wording in ("News by mail?", "News by mail?", "News by mail and phone?"):
            await parties.consent.give(tx, lin, "marketing", wording, NOW)
        assert await parties.consent.given(tx, lin, "marketing")
        assert not await parties.consent.given(tx, lin, "personalisation")
        await parties.consent.withdraw(tx, lin, "marketing", NOW)
        await parties.consent.withdraw(tx, lin, "marketing", NOW)
        assert not await parties.consent.given(tx, lin, "marketing")
        assert all(one.withdrawn_at for one in await parties.consent.consents_of(tx, lin))
        with pytest.raises(Malformed):
            await parties.consent.give(tx, lin, "marketing", " ", NOW)


async def test_a_notice_is_told_once_and_read_by_whom_it_was_told(db: Database, seal: Seal) -> None:
    lin, wu = await person(db, seal, "lin@example.com"), await person(db, seal, "wu@example.com")
    async with db.transaction() as tx:
        tell = parties.notices.tell
        assert await tell(tx, lin, "order_ready", "ord_1", {"code": "K7M4"}, NOW)
        assert not await tell(tx, lin, "order_ready", "ord_1", {"code": "XXXX"}, NOW)
        assert await tell(tx, wu, "order_ready", "ord_1", {}, NOW)
        unread = await parties.notices.unread(tx, lin)
        assert [one.body for one in unread] == [{"code": "K7M4"}]
        assert await parties.notices.read(tx, wu, [unread[0].id], NOW) == 0
        assert await parties.notices.read(tx, lin, [unread[0].id], NOW) == 1
        assert await parties.notices.unread(tx, lin) == []
        assert len(await parties.notices.latest(tx, lin)) == 1
        assert await parties.notices.read(tx, wu, None, NOW) == 1
