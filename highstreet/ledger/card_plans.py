"""Plans: the prepaid card a seller sells, in which amounts, with which bonus; and how much a seller may take in advance."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, value
from highstreet.kit.errors import Malformed, NotAllowed
from highstreet.kit.money import digits, plain
from highstreet.kit.text import Words
from highstreet.ledger.errors import EnoughInAdvance, NoCardHere

# Whole units of the currency. MOFCOM Order 9 of 2012 on single-purpose prepaid cards: up to 5,000 on a card in a person's name, which
# does not expire; up to 1,000 on one in nobody's. Here nobody's is a card of somebody who has not confirmed who they are.
IN_A_NAME, IN_NOBODYS = 5_000, 1_000
# The market's own rules: a bonus is at most half of what is paid, and a seller owes card holders at most this or what it earned lately.
_LEAST, _MOST_STEPS, _MOST_BONUS_BPS = 10, 6, 5_000
_IN_ADVANCE, _LATELY = 20_000, timedelta(days=90)


class Step(msgspec.Struct, frozen=True):
    """What one pays, and what the seller adds to it. Minor units."""

    principal: int
    bonus: int = 0


class Plan(msgspec.Struct, frozen=True):
    """A seller's card. On sale from `opened_at`; since `closed_at` what is on its cards is given back."""

    seller_id: str
    currency: str
    steps: list[Step]
    note: Words
    opened_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    why: str | None

    def step(self, principal: int) -> Step:
        """The step one pays so much for. Errors: Malformed."""
        for one in self.steps:
            if one.principal == principal:
                return one
        raise Malformed("amount", "choose one of the amounts", "请选择一个金额")


class Advance(msgspec.Struct, frozen=True):
    """What a seller may owe card holders, and owes. `asked`: not paid yet. `earned`: lately. Minor units."""

    most: int
    principal: int
    bonus: int
    cards: int
    asked: int
    earned: int

    @property
    def room(self) -> int:
        return max(0, self.most - self.principal - self.asked)


_PLAN = (
    "SELECT seller_id, currency::text AS currency, steps, note, opened_at, closed_at, closed_by, why FROM ledger.card_plan"
    " WHERE seller_id = $1"
)


async def of(tx: Tx, seller_id: str) -> Plan | None:
    """A seller's plan, on sale or not."""
    return await row_or_none(tx, Plan, _PLAN, seller_id)


async def on_sale(tx: Tx, seller_id: str) -> Plan:
    """The plan of which cards can be bought; until the end of the transaction nobody else buys one. Errors: NoCardHere."""
    found = await row_or_none(tx, Plan, _PLAN + " AND opened_at IS NOT NULL FOR UPDATE", seller_id)
    if found is None:
        raise NoCardHere
    return found


def checked(steps: list[Step], currency: str) -> list[Step]:
    """The steps in order, as they may be sold. Errors: Malformed."""
    least, most = _LEAST * 10 ** digits(currency), IN_A_NAME * 10 ** digits(currency)
    if not 1 <= len(steps) <= _MOST_STEPS or len({one.principal for one in steps}) < len(steps):
        raise Malformed("steps", "one to six different amounts", "请设置 1 至 6 个不同的金额")
    for one in steps:
        if not least <= one.principal <= most:
            span = f"{plain(least, currency)}–{plain(most, currency)}"
            raise Malformed("steps", f"an amount is {span}", f"金额应在 {span} 之间")
        if not 0 <= one.bonus <= one.principal * _MOST_BONUS_BPS // 10_000:
            raise Malformed("steps", "a bonus is at most half of what is paid", "赠送金额不得超过实付的一半")
    return sorted(steps, key=lambda one: one.principal)


async def offer(
    tx: Tx, seller_id: str, steps: list[Step], note: Words, currency: str, by: str, now: datetime
) -> None:
    """Put a card on sale, or change what is sold from now on; cards that were bought stay as they are. Errors: Malformed; NotAllowed while
    the market gives everything on its cards back.
    """
    steps = checked(steps, currency)
    if max(len(note.en), len(note.zh)) > 300:
        raise Malformed("note", "at most 300 characters", "最多 300 字")
    done = await tx.fetchval(
        """INSERT INTO ledger.card_plan (seller_id, currency, steps, note, opened_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (seller_id) DO UPDATE SET steps = excluded.steps, note = excluded.note,
               opened_at = coalesce(card_plan.opened_at, excluded.opened_at) WHERE card_plan.closed_at IS NULL
           RETURNING true""",
        seller_id,
        currency,
        msgspec.to_builtins(steps),
        msgspec.to_builtins(note),
        now,
    )
    if not done:
        raise NotAllowed
    amounts = ", ".join(f"{one.principal}+{one.bonus}" for one in steps)
    await facts.tell(tx, "card.offered", seller_id, by, now, {"steps": amounts})


async def stop(tx: Tx, seller_id: str, by: str, now: datetime) -> None:
    """Sell no more cards; those that were sold pay as before."""
    done = await tx.execute(
        "UPDATE ledger.card_plan SET opened_at = NULL WHERE seller_id = $1 AND opened_at IS NOT NULL",
        seller_id,
    )
    if done != "UPDATE 0":
        await facts.tell(tx, "card.stopped", seller_id, by, now)


async def close(tx: Tx, seller_id: str, by: str, why: str, now: datetime) -> None:
    """The seller is gone: no card is sold any more, and all principal goes back (card_refunds.sweep). Errors: Malformed, NoCardHere."""
    if not why.strip():
        raise Malformed("why", "write why", "请写明原因")
    done = await tx.fetchval(
        """UPDATE ledger.card_plan SET opened_at = NULL, closed_at = coalesce(closed_at, $2), closed_by = coalesce(closed_by, $3),
               why = coalesce(why, $4) WHERE seller_id = $1 RETURNING closed_at = $2""",
        seller_id,
        now,
        by,
        why.strip()[:300],
    )
    if done is None:
        raise NoCardHere
    if done:
        await facts.tell(tx, "card.closed", seller_id, by, now, {"why": why.strip()[:300]})


async def reopen(tx: Tx, seller_id: str, by: str, now: datetime) -> None:
    """A seller that was gone may put a card on sale again."""
    done = await tx.execute(
        "UPDATE ledger.card_plan SET closed_at = NULL, closed_by = NULL, why = NULL WHERE seller_id = $1 AND closed_at IS NOT NULL",
        seller_id,
    )
    if done != "UPDATE 0":
        await facts.tell(tx, "card.reopened", seller_id, by, now)


async def advance(tx: Tx, seller_id: str, currency: str, now: datetime) -> Advance:
    """How a seller stands with its card holders."""
    earned = await value(
        tx,
        int,
        """SELECT coalesce(sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END), 0)::bigint
           FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
           WHERE a.kind = 'seller' AND a.party_id = $1 AND a.currency = $2 AND t.order_id IS NOT NULL AND t.at >= $3""",
        seller_id,
        currency,
        now - _LATELY,
    )
    found = await tx.fetchrow(
        """SELECT coalesce(sum(w.balance) FILTER (WHERE a.kind = 'card'), 0)::bigint AS principal,
                  coalesce(sum(w.balance) FILTER (WHERE a.kind = 'bonus'), 0)::bigint AS bonus,
                  count(*) FILTER (WHERE a.kind = 'card' AND w.balance > 0) AS cards,
                  coalesce((SELECT sum(l.principal) FROM ledger.card c JOIN ledger.card_load l ON l.card_id = c.id
                            JOIN ledger.collection k ON k.key = l.key WHERE c.seller_id = $1 AND k.state = 'asked'), 0)::bigint AS asked
           FROM ledger.card c JOIN ledger.account a ON a.party_id = c.id AND a.kind IN ('card', 'bonus')
           JOIN ledger.wallet w ON w.account_id = a.id WHERE c.seller_id = $1""",
        seller_id,
    )
    most = max(_IN_ADVANCE * 10 ** digits(currency), earned)
    told = dict(found) if found is not None else {}
    return Advance(most=most, earned=max(0, earned), **told)


async def allow(tx: Tx, seller_id: str, principal: int, currency: str, now: datetime) -> None:
    """Whether a seller may take so much more in advance. Errors: EnoughInAdvance."""
    stands = await advance(tx, seller_id, currency, now)
    if principal > stands.room:
        raise EnoughInAdvance(most=plain(stands.most, currency), currency=currency)
