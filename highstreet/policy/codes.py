"""Codes a customer shows at a till, so that the public money they claimed pays its part there.

On a phone a code is good for minutes and for one sale; a new one ends the last. On a printed slip it is good for one claim, for as long as
that claim is; a slip printed again ends the one before. Only keyed hashes of codes are kept.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.sealing import Seal

GOOD_FOR = timedelta(minutes=5)
PHONE_DIGITS, SLIP_DIGITS = 10, 12
_NOT_A_DIGIT = re.compile(r"[\sVv-]")


class Shown(msgspec.Struct, frozen=True):
    """A code that was made. claim_id: the one claim of a slip. good: it may be used, as far as the code goes."""

    id: str
    holder_id: str
    claim_id: str | None
    until: datetime
    good: bool


class Slip(msgspec.Struct, frozen=True):
    """A slip that was printed, newest ones first. state: of its claim, or void."""

    claim_id: str
    programme_id: str
    schedule: int
    holder_id: str
    amount: int
    made_by: str
    made_at: datetime
    until: datetime
    state: str


def _hash(seal: Seal, digits: str) -> str:
    return seal.blind("voucher code", digits).hex()


async def show(tx: Tx, seal: Seal, holder_id: str, digits: str, now: datetime) -> datetime | None:
    """A code on a person's phone, until when; the one before ends. None when these digits are taken: come with others."""
    await tx.execute(
        "UPDATE policy.shown_code SET until = $2 WHERE holder_id = $1 AND claim_id IS NULL AND until > $2",
        holder_id,
        now,
    )
    made: datetime | None = await tx.fetchval(
        """INSERT INTO policy.shown_code (id, holder_id, made_by, made_at, until) VALUES ($1, $2, $2, $3, $4)
           ON CONFLICT (id) DO NOTHING RETURNING until""",
        _hash(seal, digits),
        holder_id,
        now,
        now + GOOD_FOR,
    )
    return made


async def print_slip(
    tx: Tx, seal: Seal, claim_id: str, digits: str, by: str, place_id: str | None, now: datetime
) -> bool:
    """A slip for an open claim; the one before is void. False when the claim is not open, or these digits are taken."""
    # The claim's row orders two who print at once.
    claim = await tx.fetchrow(
        """SELECT holder_id, valid_until FROM policy.claim
           WHERE id = $1 AND state = 'open' AND valid_until > $2 FOR NO KEY UPDATE""",
        claim_id,
        now,
    )
    if claim is None:
        return False
    again = await void(tx, claim_id, by, now)
    made = await tx.fetchval(
        """INSERT INTO policy.shown_code (id, holder_id, claim_id, made_by, place_id, made_at, until)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING RETURNING true""",
        _hash(seal, digits),
        claim["holder_id"],
        claim_id,
        by,
        place_id,
        now,
        claim["valid_until"],
    )
    if made:
        await facts.tell(tx, "claim.slip_printed", claim_id, by, now, {"again": again, "place": place_id})
    return bool(made)


async def void(tx: Tx, claim_id: str, by: str, now: datetime, *, printed_by: str | None = None) -> bool:
    """A claim's slip is good no more; whether there was one. printed_by: only when this person printed it."""
    gone = await tx.execute(
        """UPDATE policy.shown_code SET voided_at = $2
           WHERE claim_id = $1 AND voided_at IS NULL AND ($3::text IS NULL OR made_by = $3)""",
        claim_id,
        now,
        printed_by,
    )
    if gone != "UPDATE 0":
        await facts.tell(tx, "claim.slip_voided", claim_id, by, now)
    return gone != "UPDATE 0"


async def helped(tx: Tx, claim_id: str, helper_id: str, place_id: str | None, now: datetime) -> bool:
    """Write down that a claim, or an entry of a draw, was made with a helper. False when it was before."""
    done = await tx.execute(
        "INSERT INTO policy.helped (claim_id, helper_id, place_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        claim_id,
        helper_id,
        place_id,
        now,
    )
    return done != "INSERT 0 0"


async def was_helped(tx: Tx, claim_id: str) -> bool:
    """Whether a claim was made with a helper."""
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM policy.helped WHERE claim_id = $1)", claim_id))


async def read(tx: Tx, seal: Seal, typed: str, now: datetime) -> Shown | None:
    """Whose code this is, as it was scanned or typed; None for one nobody made."""
    digits = _NOT_A_DIGIT.sub("", typed)
    if not (digits.isascii() and digits.isdigit() and len(digits) in (PHONE_DIGITS, SLIP_DIGITS)):
        return None
    return await row_or_none(
        tx,
        Shown,
        """SELECT s.id, s.holder_id, s.claim_id, s.until,
                  s.voided_at IS NULL AND s.until > $2
                  AND CASE WHEN s.claim_id IS NULL THEN s.used_at IS NULL ELSE c.state = 'open' END AS good
           FROM policy.shown_code s LEFT JOIN policy.claim c ON c.id = s.claim_id WHERE s.id = $1""",
        _hash(seal, digits),
        now,
    )


_SLIP = """SELECT s.claim_id, c.programme_id, c.schedule, s.holder_id, c.amount, s.made_by, s.made_at, s.until,
                  CASE WHEN s.voided_at IS NOT NULL THEN 'void' ELSE c.state END AS state
           FROM policy.shown_code s JOIN policy.claim c ON c.id = s.claim_id"""


async def slips_of(tx: Tx, holder_id: str) -> list[Slip]:
    """A person's slips that are good."""
    return await rows(
        tx,
        Slip,
        _SLIP
        + " WHERE s.holder_id = $1 AND s.voided_at IS NULL AND c.state = 'open' ORDER BY s.made_at DESC",
        holder_id,
    )


async def slips_by(tx: Tx, helper_id: str, since: datetime, most: int = 50) -> list[Slip]:
    """What somebody printed for others since then."""
    return await rows(
        tx,
        Slip,
        _SLIP
        + """ WHERE s.made_by = $1 AND s.made_at >= $2 AND s.claim_id IS NOT NULL AND s.holder_id <> $1
             ORDER BY s.made_at DESC LIMIT $3""",
        helper_id,
        since,
        most,
    )


async def sweep(tx: Tx, now: datetime) -> int:
    """Forget codes of phones that were never used, a day after they ended; how many."""
    said = await tx.execute(
        "DELETE FROM policy.shown_code WHERE claim_id IS NULL AND used_at IS NULL AND until < $1",
        now - timedelta(days=1),
    )
    return int(said.rpartition(" ")[2])
