"""The second factor: six digits of an authenticator app (RFC 6238), each good for one sign-in.

The key lies sealed under the person's own key. A new one counts only once a code proved that the app has it;
until then the old one stays in force.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import msgspec
from pyotp import random_base32
from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal, TooOften
from highstreet.kit.sealing import Seal
from highstreet.parties import sessions
from highstreet.parties._profiles import open_profile
from highstreet.parties._recovery import forget_codes, make_codes, use_code
from highstreet.parties.errors import SecondFactorNeeded, WrongCode

_STEP_SECONDS = 30
_FREE_TRIES = 5
_LONGEST_LOCK = timedelta(hours=1)


class _Factor(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str | None = None
    following: str | None = None


class NewFactor(msgspec.Struct, frozen=True):
    """The key to type, and the same as an otpauth:// address to draw as QR code."""

    key: str
    uri: str


async def start_totp(tx: Tx, seal: Seal, party_id: str, *, market: str) -> NewFactor:
    """A new key for the person's app, in force after `confirm_totp`. `market` names us in the app. Errors:
    NotFound.

    Needs `sessions.require_fresh` first.
    """
    found = await tx.fetchrow(
        """
        SELECT s.totp, k.key, k.fields FROM parties.secret s JOIN parties.seal k ON k.party_id = s.party_id
        WHERE s.party_id = $1 FOR UPDATE OF s
        """,
        party_id,
    )
    if found is None:
        raise NotFound("person")
    factor = _opened(seal, party_id, found["key"], found["totp"])
    told = open_profile(seal, party_id, found["key"], found["fields"])
    key = random_base32(32)
    await _keep(tx, seal, party_id, found["key"], _Factor(factor.key, key))
    uri = TOTP(key).provisioning_uri(name=told.email or told.phone or told.name, issuer_name=market)
    return NewFactor(key, uri)


async def confirm_totp(tx: Tx, seal: Seal, party_id: str, code: str, token: str, now: datetime) -> list[str]:
    """Prove that the app has the new key: from now on it is asked for. The session of `token` becomes strong,
    the others end. Returns new recovery codes, to be shown once.

    Errors: WrongCode, NotFound when none was started.
    """
    found = await tx.fetchrow(
        """
        SELECT s.totp, k.key FROM parties.secret s JOIN parties.seal k ON k.party_id = s.party_id
        WHERE s.party_id = $1 FOR UPDATE OF s
        """,
        party_id,
    )
    factor = _Factor() if found is None else _opened(seal, party_id, found["key"], found["totp"])
    if found is None or factor.following is None:
        raise NotFound("second factor")
    step = _step_of(factor.following, code, now)
    if step is None:
        raise WrongCode
    await _keep(tx, seal, party_id, found["key"], _Factor(factor.following))
    await tx.execute(
        "UPDATE parties.secret SET totp_last = $2, failed = 0, locked_until = NULL WHERE party_id = $1",
        party_id,
        step,
    )
    await sessions.close_all(tx, party_id, keep=token)
    await sessions.strengthen(tx, token, now)
    await facts.tell(tx, "second_factor.set", party_id, party_id, now)
    return await make_codes(tx, seal, party_id, now)


async def drop_totp(tx: Tx, party_id: str) -> None:
    """Take the second factor away (a lost phone.

    An operator who knows the person does this) with its recovery codes, and end all sessions.
    """
    await forget_codes(tx, party_id)
    await tx.execute(
        "UPDATE parties.secret SET totp = NULL, failed = 0, locked_until = NULL WHERE party_id = $1", party_id
    )
    await sessions.close_all(tx, party_id)


async def show(tx: Tx, seal: Seal, party_id: str, code: str | None, now: datetime) -> bool | Refusal:
    """Judge the code of a sign-in whose password was right: True if one was asked for and good (the app's
    digits, or a recovery code), False if none is asked for.

    Returns SecondFactorNeeded, WrongCode or TooOften; wrong codes are counted and lock for 30 s, doubling up
    to an hour.
    """
    found = await tx.fetchrow(
        """
        SELECT s.totp, s.totp_last, s.failed, s.locked_until, k.key
        FROM parties.secret s JOIN parties.seal k ON k.party_id = s.party_id
        WHERE s.party_id = $1 FOR UPDATE OF s
        """,
        party_id,
    )
    factor = _Factor() if found is None else _opened(seal, party_id, found["key"], found["totp"])
    if found is None or factor.key is None:
        return False
    if not code:
        return SecondFactorNeeded()
    if found["locked_until"] is not None and found["locked_until"] > now:
        return TooOften(seconds=int((found["locked_until"] - now).total_seconds()) + 1)
    step = _step_of(factor.key, code, now)
    if step is None and await use_code(tx, seal, party_id, code, now):
        step = found["totp_last"]
    elif step is None or step <= found["totp_last"]:
        failed = found["failed"] + 1
        lock = min(timedelta(seconds=30 * 2 ** min(max(failed - _FREE_TRIES, 0), 10)), _LONGEST_LOCK)
        await tx.execute(
            "UPDATE parties.secret SET failed = $2, locked_until = $3 WHERE party_id = $1",
            party_id,
            failed,
            now + lock if failed >= _FREE_TRIES else None,
        )
        return WrongCode()
    await tx.execute(
        "UPDATE parties.secret SET totp_last = $2, failed = 0, locked_until = NULL WHERE party_id = $1",
        party_id,
        step,
    )
    return True


def _step_of(key: str, code: str, now: datetime) -> int | None:
    """The time step this code belongs to: the present one or a neighbour, for clocks that differ."""
    typed = "".join(code.split())
    present = int(now.timestamp()) // _STEP_SECONDS
    codes = HOTP(key)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(codes.at(step).encode(), typed.encode()):
            return step
    return None


def _opened(seal: Seal, party_id: str, wrapped: bytes, totp: bytes | None) -> _Factor:
    return (
        _Factor() if totp is None else msgspec.json.decode(seal.open(party_id, wrapped, totp), type=_Factor)
    )


async def _keep(tx: Tx, seal: Seal, party_id: str, wrapped: bytes, factor: _Factor) -> None:
    sealed = seal.close(party_id, wrapped, msgspec.json.encode(factor))
    await tx.execute("UPDATE parties.secret SET totp = $2 WHERE party_id = $1", party_id, sealed)
