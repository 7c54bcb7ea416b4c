"""Recovery codes: ten words for the drawer at home, each of which signs in once instead of a second factor that is lost.

Fifty random bits each, kept as a keyed hash; shown when they are made and never again. New ones end the old.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.sealing import Seal

COUNT = 10
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_LENGTH = 10


async def make_codes(tx: Tx, seal: Seal, party_id: str, now: datetime) -> list[str]:
    """Ten new codes, as they are to be shown, once; the old ones end. Errors: NotFound for somebody without a second factor.

    Needs `sessions.require_fresh` and a strong session first.
    """
    # Locked as signing in does, so that none of the old ones slips through meanwhile.
    found = await tx.fetchval(
        "SELECT totp IS NOT NULL FROM parties.secret WHERE party_id = $1 FOR UPDATE", party_id
    )
    if not found:
        raise NotFound("second factor")
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(COUNT)]
    await forget_codes(tx, party_id)
    await tx.execute(
        "INSERT INTO parties.recovery (party_id, code) SELECT $1, unnest($2::bytea[])",
        party_id,
        [_hashed(seal, party_id, code) for code in codes],
    )
    await facts.tell(tx, "second_factor.codes_made", party_id, party_id, now, {"count": COUNT})
    return [f"{code[:5]}-{code[5:]}" for code in codes]


async def use_code(tx: Tx, seal: Seal, party_id: str, typed: str, now: datetime) -> bool:
    """Whether it is one of the person's codes and was not used before; now it is."""
    code = "".join(typed.lower().split()).replace("-", "").translate(_MEANT)
    if len(code) != _LENGTH or not code.isascii():
        return False
    used = await tx.fetchval(
        """UPDATE parties.recovery SET used_at = $3 WHERE party_id = $1 AND code = $2 AND used_at IS NULL
           RETURNING true""",
        party_id,
        _hashed(seal, party_id, code),
        now,
    )
    if used:
        left = await codes_left(tx, party_id)
        await facts.tell(tx, "second_factor.code_used", party_id, party_id, now, {"left": left})
    return bool(used)


# What a hand or an eye takes for another letter.
_MEANT = str.maketrans("oil", "011")


async def codes_left(tx: Tx, party_id: str) -> int:
    """How many codes somebody could still use."""
    left: int = await tx.fetchval(
        "SELECT count(*) FROM parties.recovery WHERE party_id = $1 AND used_at IS NULL", party_id
    )
    return left


async def forget_codes(tx: Tx, party_id: str) -> None:
    """None of them signs in any more."""
    await tx.execute("DELETE FROM parties.recovery WHERE party_id = $1", party_id)


def _hashed(seal: Seal, party_id: str, code: str) -> bytes:
    return seal.blind("recovery", f"{party_id} {code}")
