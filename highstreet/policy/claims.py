"""Claims: a person's right to an award, with the money set aside for it when it is claimed. So no checkout ever waits for a budget.

Whoever has claimed is told again by every thing that names them: account, telephone, device, card. Claims of many persons on one batch are
judged together in one call of `policy.take`, in the order they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import NotFound
from highstreet.policy.eligibility import Used, limit_key
from highstreet.policy.errors import ClaimInUse
from highstreet.policy.instruments import Programme

Verdict = Literal["done", "repeated", "had", "gone", "again"]


class Asking(msgspec.Struct, frozen=True):
    """Somebody who wants one. id: of the claim to be; people: keyed hashes of all that tells the person again; key: of the call."""

    id: str
    holder: str
    people: tuple[str, ...]
    key: str


class Claim(msgspec.Struct, frozen=True):
    """A claim as it stands. amount: the most it pays; spent: what an order took of it."""

    id: str
    batch_id: str
    programme_id: str
    holder_id: str
    schedule: int
    amount: int
    state: Literal["open", "taken", "lapsed"]
    claimed_at: datetime
    valid_until: datetime
    order_id: str | None
    spent: int


_CLAIM = (
    "id, batch_id, programme_id, holder_id, schedule, amount, state, claimed_at, valid_until, order_id, spent"
)


async def take(
    tx: Tx, batch_id: str, askings: Sequence[Asking], prefer: int, now: datetime
) -> list[tuple[Verdict, str]]:
    """Judge many askings for one batch of the first-come way; for each the verdict and the claim's id. The caller saw that it is open.

    `prefer`: the slice to take from first. done: claimed; repeated: the same key claimed it before; had: as many as one may; gone: nothing
    is left; again: others are at what is left, ask once more.
    """
    told = [{"nth": n, **msgspec.to_builtins(one)} for n, one in enumerate(askings, start=1)]
    found = await tx.fetchval("SELECT policy.take($1, $2, $3, $4)", batch_id, prefer, told, now) or {}
    verdicts: list[tuple[Verdict, str]] = []
    for n, one in enumerate(askings, start=1):
        verdict = found.get(str(n), {"verdict": "done"})
        verdicts.append((verdict["verdict"], verdict.get("claim", one.id)))
    done = [claim for verdict, claim in verdicts if verdict == "done"]
    if done:
        await facts.tell(tx, "claims.taken", batch_id, "claims", now, {"claims": len(done)})
    return verdicts


async def claimed_with(tx: Tx, batch_id: str, holder_id: str, key: str) -> str | None:
    """The claim a person made with this key before."""
    found: str | None = await tx.fetchval(
        "SELECT id FROM policy.claim WHERE batch_id = $1 AND holder_id = $2 AND key = $3",
        batch_id,
        holder_id,
        key,
    )
    return found


async def of(tx: Tx, holder_id: str, most: int = 100) -> list[Claim]:
    """A person's claims, the newest first."""
    return await rows(
        tx,
        Claim,
        f"SELECT {_CLAIM} FROM policy.claim WHERE holder_id = $1 ORDER BY claimed_at DESC, id LIMIT $2",
        holder_id,
        most,
    )


async def usable(tx: Tx, holder_id: str, now: datetime) -> list[Claim]:
    """What a person may spend now, what lapses first coming first."""
    return await rows(
        tx,
        Claim,
        f"""SELECT {_CLAIM} FROM policy.claim WHERE holder_id = $1 AND state = 'open' AND valid_until > $2
            ORDER BY valid_until, id""",
        holder_id,
        now,
    )


class Taken(msgspec.Struct, frozen=True):
    """A claim that an order took. spent: minor units."""

    programme_id: str
    taken_at: datetime
    spent: int


class Had(msgspec.Struct, frozen=True):
    """What a person had of programmes: rights used up, by their names for ever, and claims taken.

    also: what else tells the person again (telephone, e-mail, as keyed hashes): a right used under another account is used.
    """

    rights: Sequence[str] = ()
    taken: Sequence[Taken] = ()
    also: Sequence[str] = ()


def used(programme: Programme, holder_id: str, had: Had, now: datetime, tz: tzinfo) -> dict[str, Used]:
    """What a person had of a programme within each limit of the rule in force, by `limit_key`."""
    rule = programme.rule_on(now, tz)
    found: dict[str, Used] = {}
    day = now.astimezone(tz).date()
    for limit in rule.limits if rule else ():
        if limit.per == "person" and limit.within != "batch":
            since = datetime.combine(first_day(limit.within, day), time(), tz)
            spent = [
                one.spent for one in had.taken if one.programme_id == programme.id and one.taken_at >= since
            ]
            found[limit_key(limit)] = Used(len(spent), sum(spent))
        elif limit.per == "each":
            for who in (holder_id, *had.also):
                start = right(programme.id, who, limit_key(limit), day) + "/"
                names = [name[len(start) :] for name in had.rights if name.startswith(start)]
                found |= {limit_key(limit, kind): Used(1) for kind in names}
    return found


def right(programme_id: str, holder_id: str, key: str, day: date) -> str:
    """The name, for ever, of a right that is used up within a span: `each/year/fridge` of a person in a year."""
    per, within, *kind = key.split("/")
    since = first_day(within, day).isoformat()
    return "/".join([programme_id, holder_id, per, within, since, *(k for k in kind if k)])


def first_day(within: str, day: date) -> date:
    """The first day of the span of a limit that a day lies in."""
    if within == "ever":
        return date(1970, 1, 1)
    return (
        day.replace(day=1, month=1) if within == "year" else day.replace(day=1) if within == "month" else day
    )


async def trim(tx: Tx, ended: Sequence[str], now: datetime) -> list[tuple[str, int]]:
    """What claims of ended orders set aside and did not spend is free again in their programmes; how much, by programme. Again: nothing."""
    found = await tx.fetch(
        """
        WITH over AS (
            SELECT id, amount, spent FROM policy.claim
            WHERE order_id = ANY ($1) AND state = 'taken' AND amount > spent ORDER BY id FOR UPDATE
        ), trimmed AS (
            UPDATE policy.claim c SET amount = over.spent FROM over WHERE c.id = over.id
            RETURNING c.programme_id, over.amount - over.spent AS over
        ), back AS (
            SELECT programme_id, sum(over)::bigint AS amount FROM trimmed GROUP BY 1 ORDER BY 1
        )
        UPDATE policy.programme p SET free = p.free + back.amount FROM back WHERE p.id = back.programme_id RETURNING p.id, back.amount
        """,
        list(ended),
    )
    for row in found:
        await facts.tell(tx, "claims.trimmed", row["id"], "clock", now, {"amount": row["amount"]})
    return [(row["id"], row["amount"]) for row in found]


async def lapse(tx: Tx, now: datetime, most: int = 1000) -> int:
    """Claims nobody used in time lapse: their money is free again in their programmes' budgets. How many did."""
    late = await tx.fetch(
        """SELECT id FROM policy.claim WHERE state = 'open' AND valid_until <= $1
           ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED""",
        now,
        most,
    )
    return await _lapsed(tx, [row["id"] for row in late], now)


async def forget(tx: Tx, holder_id: str, now: datetime) -> int:
    """Somebody leaves: what they did not use is free again. How many claims were open."""
    mine = await tx.fetch(
        "SELECT id FROM policy.claim WHERE holder_id = $1 AND state = 'open' ORDER BY id FOR UPDATE",
        holder_id,
    )
    return await _lapsed(tx, [row["id"] for row in mine], now)


async def hand_over(tx: Tx, from_id: str, to_id: str, now: datetime) -> int:
    """Two accounts turn out to be one person: claims, draws entered and rights used are the second's. How many claims moved."""
    await tx.execute("UPDATE policy.entry SET holder_id = $2 WHERE holder_id = $1", from_id, to_id)
    await tx.execute("UPDATE policy.shown_code SET holder_id = $2 WHERE holder_id = $1", from_id, to_id)
    await tx.execute(
        """UPDATE policy.used_right r SET holder_id = $2, key = replace(r.key, $1, $2) WHERE r.holder_id = $1
           AND NOT EXISTS (SELECT FROM policy.used_right o WHERE o.key = replace(r.key, $1, $2))""",
        from_id,
        to_id,
    )
    moved = await tx.execute("UPDATE policy.claim SET holder_id = $2 WHERE holder_id = $1", from_id, to_id)
    if moved != "UPDATE 0":
        await facts.tell(tx, "claims.handed_over", to_id, to_id, now, {"from": from_id})
    return int(moved.rpartition(" ")[2])


async def give_back(tx: Tx, claim_id: str, holder_id: str, now: datetime) -> None:
    """Somebody does not want what they claimed and did not use: its money is free again, and they may claim once more, here or elsewhere.

    Giving back what is given back changes nothing. Errors: NotFound; ClaimInUse when an order has it.
    """
    state = await tx.fetchval(
        "SELECT state FROM policy.claim WHERE id = $1 AND holder_id = $2 FOR UPDATE", claim_id, holder_id
    )
    if state is None:
        raise NotFound("voucher")
    if state == "taken":
        raise ClaimInUse
    if await _lapsed(tx, [claim_id], now):
        await tx.execute("DELETE FROM policy.claimant WHERE claim_id = $1", claim_id)


async def _lapsed(tx: Tx, ids: Sequence[str], now: datetime) -> int:
    found = await tx.fetch(
        """
        WITH lapsed AS (
            UPDATE policy.claim SET state = 'lapsed' WHERE id = ANY ($1) AND state = 'open' RETURNING programme_id, amount
        ), back AS (
            SELECT programme_id, sum(amount)::bigint AS amount, count(*) AS claims FROM lapsed GROUP BY 1 ORDER BY 1
        )
        UPDATE policy.programme p SET free = p.free + back.amount FROM back WHERE p.id = back.programme_id
        RETURNING p.id, back.amount, back.claims
        """,
        list(ids),
    )
    for row in found:
        body = {"amount": row["amount"], "claims": row["claims"]}
        await facts.tell(tx, "claims.lapsed", row["id"], "clock", now, body)
    return sum(row["claims"] for row in found)
