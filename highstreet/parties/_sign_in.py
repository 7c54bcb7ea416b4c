"""Signing in, and changing what signs one in.

Every try is counted before it is judged, alike for people we know and people we do not, by address, by handle
and by both; the windows make the wait grow. What judges a secret returns its refusal instead of raising it: a
raised one would undo the count.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal, TooOften
from highstreet.kit.rates import Limit, give_back, take
from highstreet.kit.sealing import Seal
from highstreet.kit.signing import Signer
from highstreet.parties import _second_factor, sessions
from highstreet.parties._bearers import Session
from highstreet.parties._handles import handle_of
from highstreet.parties._passwords import check_password, hashed, is_outdated, matches
from highstreet.parties._profiles import open_profile
from highstreet.parties.errors import BadHandle, LinkExpired, WrongSignIn

_MINUTE, _QUARTER, _DAY = 60, 900, 86_400
BY_BOTH = (Limit(5, _MINUTE), Limit(10, _QUARTER), Limit(30, _DAY))
BY_ADDRESS = (Limit(60, _QUARTER), Limit(400, _DAY))
BY_HANDLE = (Limit(20, _QUARTER), Limit(100, _DAY))
_RESET_LIVES = timedelta(hours=1)
_CONFIRM_LIVES = timedelta(days=3)


class SignedIn(msgspec.Struct, frozen=True):
    """The token for the cookie, and whom it stands for."""

    token: str
    session: Session


class Reset(msgspec.Struct, frozen=True):
    """To whom a link for a new password goes, and the signed text to put into it."""

    party_id: str
    lang: str
    link: str


async def sign_in(
    tx: Tx,
    seal: Seal,
    *,
    handle: str,
    password: str,
    totp: str | None,
    agent: str,
    address: bytes,
    now: datetime,
) -> SignedIn | Refusal:
    """Sign in with a handle, a password and, for whoever has one, the second factor (`totp`: digits, or a recovery code).

    `address` is the keyed hash of where the call comes from: seal.blind("address", ip). Returns (does not
    raise) WrongSignIn, SecondFactorNeeded, WrongCode or TooOften: commit, then show it.
    """
    try:
        known_as = handle_of(handle)
    except BadHandle:
        return WrongSignIn()
    blind = seal.blind(known_as.kind, known_as.text)
    tries = (
        ("sign_in address", address, BY_ADDRESS),
        ("sign_in both", seal.blind("sign_in", f"{blind.hex()} {address.hex()}"), BY_BOTH),
        ("sign_in handle", blind, BY_HANDLE),
    )
    for what, who, limits in tries:
        wait = await take(tx, what, who, limits, now)
        if wait:
            return TooOften(seconds=wait)
    found = await tx.fetchrow(
        """
        SELECT s.party_id, s.password, p.state FROM parties.login l
        JOIN parties.secret s ON s.party_id = l.party_id JOIN parties.party p ON p.id = l.party_id
        WHERE l.handle = $1 FOR UPDATE OF s
        """,
        blind,
    )
    fits = await matches(None if found is None else found["password"], password)
    if found is None or not fits or found["state"] != "active":
        return WrongSignIn()
    shown = await _second_factor.show(tx, seal, found["party_id"], totp, now)
    if isinstance(shown, Refusal):
        return shown
    for what, who, limits in tries:
        await give_back(tx, what, who, limits, now)
    if is_outdated(found["password"]):
        await tx.execute(
            "UPDATE parties.secret SET password = $2 WHERE party_id = $1",
            found["party_id"],
            await hashed(password),
        )
    token = await sessions.open_session(tx, found["party_id"], None, shown, agent, now)
    session = await sessions.session_of(tx, token, now, seal)
    assert session is not None, "a session just opened for an active person is there"
    return SignedIn(token, session)


async def set_password(
    tx: Tx, seal: Seal, party_id: str, *, old: str, new: str, keep: str | None, now: datetime
) -> Refusal | None:
    """Change the password and end every session but that of the token `keep`.

    Returns (does not raise) WrongSignIn for a wrong old one and TooOften. Errors: WeakPassword, NotFound.
    """
    await _check_new(tx, seal, party_id, new)
    wait = await take(tx, "set_password", seal.blind("party", party_id), BY_BOTH, now)
    if wait:
        return TooOften(seconds=wait)
    kept = await tx.fetchval("SELECT password FROM parties.secret WHERE party_id = $1 FOR UPDATE", party_id)
    if not await matches(kept, old):
        return WrongSignIn()
    await _set(tx, party_id, new, now)
    await sessions.close_all(tx, party_id, keep)
    return None


async def reset_link(tx: Tx, seal: Seal, signer: Signer, *, handle: str, now: datetime) -> Reset | None:
    """The link for somebody who forgot their password, or None for nobody we know: the page answers alike.

    It works once, for an hour: what it signs changes with the password. It does not sign in, so a second
    factor still counts.
    """
    try:
        known_as = handle_of(handle)
    except BadHandle:
        return None
    found = await tx.fetchrow(
        """
        SELECT s.party_id, s.changed_at, p.lang FROM parties.login l
        JOIN parties.secret s ON s.party_id = l.party_id JOIN parties.party p ON p.id = l.party_id
        WHERE l.handle = $1 AND p.state = 'active'
        """,
        seal.blind(known_as.kind, known_as.text),
    )
    if found is None:
        return None
    until = int((now + _RESET_LIVES).timestamp())
    body = f"reset {found['party_id']} {_micros(found['changed_at'])} {until}"
    return Reset(found["party_id"], found["lang"], signer.sign(body.encode()))


async def reset_password(tx: Tx, seal: Seal, signer: Signer, *, link: str, new: str, now: datetime) -> str:
    """Set a new password by a link.

    Ends all sessions and returns whose it was. Errors: LinkExpired, WeakPassword.
    """
    party_id, changed_at, until = _signed(signer, link, "reset")
    if now.timestamp() > int(until):
        raise LinkExpired
    kept = await tx.fetchval("SELECT changed_at FROM parties.secret WHERE party_id = $1 FOR UPDATE", party_id)
    if kept is None or str(_micros(kept)) != changed_at:
        raise LinkExpired
    await _check_new(tx, seal, party_id, new)
    await _set(tx, party_id, new, now)
    await sessions.close_all(tx, party_id)
    return party_id


def confirmation_link(seal: Seal, signer: Signer, party_id: str, handle: str, now: datetime) -> str:
    """The signed text that proves to us that somebody reads what is sent to this handle.

    Good for three days.
    """
    known_as = handle_of(handle)
    blind = seal.blind(known_as.kind, known_as.text).hex()
    return signer.sign(f"confirm {party_id} {blind} {int((now + _CONFIRM_LIVES).timestamp())}".encode())


async def confirm_handle(tx: Tx, signer: Signer, *, link: str, now: datetime) -> str:
    """Write down that a handle is confirmed.

    Returns whose. Errors: LinkExpired, also when the handle was changed since.
    """
    party_id, blind, until = _signed(signer, link, "confirm")
    if now.timestamp() > int(until):
        raise LinkExpired
    done = await tx.execute(
        """
        UPDATE parties.login SET confirmed_at = coalesce(confirmed_at, $3)
        WHERE handle = $1 AND party_id = $2
        """,
        bytes.fromhex(blind),
        party_id,
        now,
    )
    if done == "UPDATE 0":
        raise LinkExpired
    return party_id


def _signed(signer: Signer, link: str, use: str) -> tuple[str, str, str]:
    words = (signer.read(link) or b"").decode(errors="replace").split(" ")
    if len(words) != 4 or words[0] != use:
        raise LinkExpired
    return words[1], words[2], words[3]


async def _check_new(tx: Tx, seal: Seal, party_id: str, new: str) -> None:
    found = await tx.fetchrow("SELECT key, fields FROM parties.seal WHERE party_id = $1", party_id)
    if found is None:
        raise NotFound("person")
    told = open_profile(seal, party_id, found["key"], found["fields"])
    for handle in (told.email, told.phone):
        check_password(new, handle or "")


async def _set(tx: Tx, party_id: str, new: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE parties.secret SET password = $2, changed_at = $3 WHERE party_id = $1",
        party_id,
        await hashed(new),
        now,
    )


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
