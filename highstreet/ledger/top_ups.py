"""Top-ups: money asked of a person's card for their own wallet. A collection without a purchase, under a key `top_...`.

The provider's word fills the wallet, once, whenever it comes and however often: also after the time to pay has passed, or after an earlier
no. What was not asked for (another amount, a second payment, a person who is gone) is a stray, for a person to look at.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import KeyReused
from highstreet.kit.money import digits, plain
from highstreet.ledger import collections, wallet
from highstreet.ledger.collect import Notice
from highstreet.ledger.errors import NotThatMuch, WalletFull
from highstreet.ledger.transfers import Transfer, move

_LEAST, _MOST, _FULL = 10, 5_000, 10_000  # whole units of the currency: at once, at once, in a wallet
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class TopUp(msgspec.Struct, frozen=True):
    """Money asked for a wallet, as it stands: asked, paid, declined or lapsed."""

    key: str
    provider: str
    currency: str
    amount: int
    state: str
    asked_at: datetime


_TOP_UP = "key, provider, currency::text AS currency, amount, state, asked_at"


def limits(currency: str) -> tuple[int, int]:
    """The least and the most that can be put in at once, in minor units."""
    return _LEAST * 10 ** digits(currency), _MOST * 10 ** digits(currency)


def is_top_up(key: str) -> bool:
    """Whether a provider's word about this key is for `heard`."""
    return key.startswith("top_")


async def ask(
    tx: Tx, party_id: str, amount: int, currency: str, provider: str, once: str, now: datetime
) -> TopUp:
    """Ask for money for a wallet. `once` names the form: sent again, it is the same asking. Errors: NotThatMuch, WalletFull, KeyReused."""
    least, most = limits(currency)
    if not least <= amount <= most:
        raise NotThatMuch(least=plain(least, currency), most=plain(most, currency), currency=currency)
    full = _FULL * 10 ** digits(currency)
    if await wallet.balance(tx, party_id, currency) + amount > full:
        raise WalletFull(most=plain(full, currency), currency=currency)
    key = _key(party_id, once)
    made = await tx.fetchval(
        """INSERT INTO ledger.collection (key, party_id, provider, currency, amount, state, asked_at)
           VALUES ($1, $2, $3, $4, $5, 'asked', $6) ON CONFLICT DO NOTHING RETURNING true""",
        key,
        party_id,
        provider,
        currency,
        amount,
        now,
    )
    found = await of(tx, party_id, key)
    if found is None or found.amount != amount:
        raise KeyReused
    if made:
        await facts.tell(
            tx, "wallet.top_up_asked", party_id, party_id, now, {"top_up": key, "amount": amount}
        )
    return found


def _key(party_id: str, once: str) -> str:
    number = int.from_bytes(hashlib.sha256(f"{party_id} {once}".encode()).digest()[:13], "big")
    return "top_" + "".join(_LETTERS[(number >> (5 * place)) & 31] for place in range(20))


async def of(tx: Tx, party_id: str, key: str) -> TopUp | None:
    """Money asked of a person for their wallet, or for a card."""
    return await row_or_none(
        tx, TopUp, f"SELECT {_TOP_UP} FROM ledger.collection WHERE key = $1 AND party_id = $2", key, party_id
    )


async def latest(tx: Tx, party_id: str, since: datetime, most: int = 20) -> list[TopUp]:
    """A person's top-ups asked for since, the newest first."""
    return await rows(
        tx,
        TopUp,
        rf"""SELECT {_TOP_UP} FROM ledger.collection WHERE party_id = $1 AND key LIKE 'top\_%' AND asked_at >= $2
            ORDER BY asked_at DESC, key LIMIT $3""",
        party_id,
        since,
        most,
    )


async def heard(tx: Tx, notice: Notice, now: datetime) -> dict[str, Any]:
    """A provider's word about a top-up. Answers {result}: paid, declined, repeated or stray; telling it again changes nothing."""
    whose, told = await collections.hear_own(tx, notice, now)
    if told["result"] == "declined":
        body = {"top_up": notice.key}
        await facts.tell(tx, "wallet.top_up_declined", whose, notice.provider, now, body)
    if told["result"] != "paid":
        return told
    into = Transfer("top_up", f"provider:{notice.provider}", f"wallet:{whose}", notice.amount, notice.key)
    await move(tx, into, notice.currency, now)
    paid = {"amount": notice.amount, "from": "provider", "top_up": notice.key}
    await facts.tell(tx, "wallet.filled", whose, notice.provider, now, paid)
    return told


async def forget(tx: Tx, party_id: str, now: datetime) -> None:
    """The person is gone: what is still asked lapses, and should it be paid all the same, it is nobody's."""
    await tx.execute(
        """UPDATE ledger.collection SET party_id = '', state = 'lapsed', settled_at = coalesce(settled_at, $2)
           WHERE party_id = $1 AND state <> 'paid'""",
        party_id,
        now,
    )
