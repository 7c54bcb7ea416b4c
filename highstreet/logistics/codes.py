"""Pick-up codes: six digits and a QR, single use, expiring, tries limited.

The code is derived from the leg and the town's secret, so it stands nowhere in the database; the leg's state makes it single use.
"""

from __future__ import annotations

from datetime import datetime

from highstreet.kit.db import Tx
from highstreet.kit.signing import Signer
from highstreet.logistics.errors import CodeExpired, CodeWrong, TooManyTries

MOST_TRIES = 5
DIGITS = 6


def code_of(signer: Signer, leg_id: str) -> str:
    """The six digits of a leg."""
    return signer.digits(leg_id, DIGITS)


def check(
    signer: Signer, leg_id: str, tries: int, code_until: datetime | None, code: str, now: datetime
) -> None:
    """Refuses a wrong, late or too often tried code. Count the try (`count_try`) in a transaction that stays."""
    if tries >= MOST_TRIES:
        raise TooManyTries
    if code_until is not None and now > code_until:
        raise CodeExpired
    if "".join(letter for letter in code if letter.isdigit()) != code_of(signer, leg_id):
        raise CodeWrong(left=MOST_TRIES - tries - 1)


async def count_try(tx: Tx, leg_id: str) -> int:
    """One more try; how many there were before. A guarded statement: two tries at once count as two."""
    tries: int | None = await tx.fetchval(
        "UPDATE logistics.leg SET tries = tries + 1 WHERE id = $1 RETURNING tries - 1", leg_id
    )
    return MOST_TRIES if tries is None else tries


async def renew(tx: Tx, leg_id: str, until: datetime) -> None:
    """A person looked at it: tries start again, the code holds until then."""
    await tx.execute("UPDATE logistics.leg SET tries = 0, code_until = $2 WHERE id = $1", leg_id, until)
