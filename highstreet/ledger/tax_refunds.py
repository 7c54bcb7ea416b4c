"""Tax refunds: what the agency lays out to travellers and has back from the tax authority; and the calls to the provider about them.

The agency's account is empty again once a refund is settled: it lays out the refund, claims the tax back from the treasury, and keeps its
fee as income. A card's hold is captured or released, never both: one row per hold says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import new_id
from highstreet.ledger.grants import TREASURY
from highstreet.ledger.transfers import Transfer, move

AGENCY = "agency:"
INCOME = "agency:income"
CASH = "bank:refund-cash"
MoveKind = Literal["authorisation", "advance", "payout", "capture", "void"]


class TaxMove(msgspec.Struct, frozen=True):
    """Something asked of the provider for a refund form. of: the hold that is captured or voided; account: sealed, where money goes."""

    key: str
    form_id: str
    kind: MoveKind
    of: str | None
    provider: str
    currency: str
    amount: int
    account: bytes | None
    state: Literal["wanted", "asked", "done", "failed"]
    tries: int
    why: str | None


_MOVE = "key, form_id, kind, of, provider, currency::text AS currency, amount, account, state, tries, why"


def new_key(kind: MoveKind, now: datetime) -> str:
    """A key for a call, told by its beginning from other money."""
    return new_id(
        {"authorisation": "txh", "advance": "txa", "payout": "txp", "capture": "txc", "void": "txv"}[kind],
        now,
    )


def is_tax_move(key: str) -> bool:
    """Whether a notice is about one of ours."""
    return key[:4] in ("txh_", "txa_", "txp_", "txc_", "txv_")


async def want(
    tx: Tx,
    key: str,
    form_id: str,
    kind: MoveKind,
    amount: int,
    currency: str,
    provider: str,
    now: datetime,
    *,
    of: str | None = None,
    account: bytes | None = None,
) -> None:
    """Write the wish down; a job carries it out under this key."""
    await tx.execute(
        """INSERT INTO ledger.tax_move (key, form_id, kind, of, provider, currency, amount, account, state, wanted_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'wanted', $9)""",
        key, form_id, kind, of, provider, currency, amount, account, now,
    )  # fmt: skip


async def claim(tx: Tx, now: datetime, most: int = 20) -> list[TaxMove]:
    """Take calls that are wanted, or were made a while ago without an answer; waits as refunds do."""
    return await rows(
        tx,
        TaxMove,
        f"""UPDATE ledger.tax_move SET state = 'asked', tries = tries + 1, tried_at = $1
            WHERE key IN (
                SELECT key FROM ledger.tax_move
                WHERE state = 'wanted' OR (state = 'asked' AND coalesce(tried_at, wanted_at)
                      <= $1::timestamptz - least(interval '30 s' * 2 ^ (least(tries, 9) - 1), interval '1 h'))
                ORDER BY wanted_at LIMIT $2 FOR UPDATE SKIP LOCKED)
              AND state IN ('wanted', 'asked')
            RETURNING {_MOVE}""",
        now,
        most,
    )


async def settled(
    tx: Tx, key: str, ok: bool, provider_ref: str | None, why: str | None, now: datetime
) -> TaxMove | None:
    """The answer, whoever brings it; None when it was known already."""
    found = await rows(
        tx,
        TaxMove,
        f"""UPDATE ledger.tax_move SET state = CASE WHEN $2 THEN 'done' ELSE 'failed' END, provider_ref = $3, why = $4, settled_at = $5
            WHERE key = $1 AND state IN ('wanted', 'asked') RETURNING {_MOVE}""",
        key,
        ok,
        provider_ref,
        why[:200] if why else None,
        now,
    )
    if not found:
        return None
    one = found[0]
    body = {"move": one.kind, "amount": one.amount, "why": one.why}
    await facts.tell(tx, "tax_refund.answered", one.form_id, one.provider, now, body)
    return one


async def of_form(tx: Tx, form_id: str) -> list[TaxMove]:
    """All calls about a form, oldest first."""
    return await rows(
        tx,
        TaxMove,
        f"SELECT {_MOVE} FROM ledger.tax_move WHERE form_id = $1 ORDER BY wanted_at, key",
        form_id,
    )


async def lay_out(
    tx: Tx, form_id: str, amount: int, currency: str, provider: str | None, now: datetime
) -> None:
    """The agency has paid a traveller: through a provider, or in cash (None)."""
    target = f"provider:{provider}" if provider else CASH
    await move(tx, Transfer("tax_refund", AGENCY, target, amount, form_id), currency, now)


async def take_back(tx: Tx, form_id: str, amount: int, currency: str, provider: str, now: datetime) -> None:
    """What was paid ahead has been captured from the traveller's card."""
    await move(
        tx, Transfer("tax_refund_back", f"provider:{provider}", AGENCY, amount, form_id), currency, now
    )


async def claim_tax(tx: Tx, form_id: str, gross: int, amount: int, currency: str, now: datetime) -> None:
    """The goods have left and the traveller has the money: the treasury gives the tax back, the agency keeps its fee."""
    await move(tx, Transfer("tax_refund_claim", TREASURY, AGENCY, gross, form_id), currency, now)
    if gross > amount:
        await move(tx, Transfer("tax_refund_fee", AGENCY, INCOME, gross - amount, form_id), currency, now)
