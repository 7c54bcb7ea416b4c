"""Departures: refund forms of travellers who leave, from the shop's desk over the customs counter to the money.

A form freezes what was bought with the rule it was judged by. Every step is one guarded statement, so that two who act at once
cannot both be right; an order's line is on one living form only. What the traveller showed is sealed under a key of the form's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import asyncpg
import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import heard, new_id, spoken
from highstreet.kit.sealing import Seal
from highstreet.policy import departure_errors as departure_errors
from highstreet.policy import travellers as travellers
from highstreet.policy.departure_errors import (
    AdvanceRunning,
    FormMovedOn,
    FormTooLate,
    OnAnotherForm,
)
from highstreet.policy.eligibility import No
from highstreet.policy.instruments import Programme, read
from highstreet.policy.refund_worth import Bought, Reckoned
from highstreet.policy.travellers import Traveller, mark_of

State = Literal["issued", "stamped", "paid", "refused", "lapsed", "undone"]
Way = Literal["cash", "transfer", "card", "advance"]
LONGEST_NOTE = 300
_ONCE = "refund_line_once"


class Form(msgspec.Struct, frozen=True):
    """A form as it stands, nothing opened."""

    id: str
    number: int
    programme_id: str
    rule: date
    shop_id: str
    bought_on: date
    traveller_id: str | None
    passport_mark: bytes
    key: bytes | None
    told: bytes | None
    currency: str
    total: int
    gross: int
    amount: int
    cash_most: int | None
    leave_by: date
    state: State
    stale: bool
    issued_by: str
    issued_at: datetime
    stamped_by: str | None
    stamped_at: datetime | None
    port: str | None
    seen: str
    way: Way | None
    paid_by: str | None
    paid_at: datetime | None
    payout_key: str | None
    ended_at: datetime | None
    why: str

    @property
    def spoken(self) -> str:
        """The number people read out."""
        return spoken(self.number)


class Line(msgspec.Struct, frozen=True):
    """A thing on a form. paid: what it cost; amount: its part of the refund."""

    order_id: str
    position: int
    title: dict[str, str]
    quantity: int
    vat: int
    paid: int
    amount: int


_FORM = """id, number, programme_id, rule, shop_id, bought_on, traveller_id, passport_mark, key, told, currency::text AS currency,
    total, gross, amount, cash_most, leave_by, state, stale, issued_by, issued_at, stamped_by, stamped_at, port, seen, way, paid_by,
    paid_at, payout_key, ended_at, why"""


async def programme_of(tx: Tx, currency: str) -> Programme | None:
    """The programme that refunds tax here; None where there is none."""
    found = await tx.fetch(
        "SELECT rules FROM policy.programme WHERE state = 'running' AND currency = $1 AND rules IS NOT NULL ORDER BY id",
        currency,
    )
    for row in found:
        one = read(row["rules"])
        if one.kind == "tax_refund":
            return one
    return None


async def earlier(tx: Tx, mark: bytes, shop_id: str, day: date, but: str = "") -> int:
    """What is on a traveller's living forms of a shop and day. Whoever asks next for the same traveller waits until this one is written."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('refund ' || encode($1, 'hex'), 0))", mark
    )
    return int(
        await tx.fetchval(
            """SELECT coalesce(sum(total), 0)::bigint FROM policy.refund_form
               WHERE passport_mark = $1 AND shop_id = $2 AND bought_on = $3 AND id <> $4 AND state IN ('issued', 'stamped', 'paid')""",
            mark,
            shop_id,
            day,
            but,
        )
    )


class Issuing(msgspec.Struct, frozen=True):
    """A form that a shop's desk wants; the passport was seen by `by`."""

    shop_id: str
    bought_on: date
    traveller: Traveller
    traveller_id: str | None
    currency: str
    things: Sequence[Bought]
    by: str


async def issue(tx: Tx, seal: Seal, want: Issuing, worth: Reckoned, now: datetime) -> Form:
    """Write a form, once for each line of an order. Errors: OnAnotherForm."""
    form_id = new_id("trf", now)
    key = seal.new_key(form_id)
    await tx.execute(
        """INSERT INTO policy.refund_form (id, number, programme_id, rule, shop_id, bought_on, traveller_id, passport_mark, key, told,
               currency, total, gross, amount, cash_most, leave_by, state, issued_by, issued_at)
           VALUES ($1, nextval('policy.refund_number'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
               'issued', $16, $17)""",
        form_id, worth.programme, worth.rule, want.shop_id, want.bought_on, want.traveller_id, mark_of(seal, want.traveller),
        key, seal.close(form_id, key, msgspec.json.encode(want.traveller)), want.currency, worth.total, worth.gross, worth.amount,
        worth.cash_most, worth.leave_by, want.by, now,
    )  # fmt: skip
    await _put_lines(tx, form_id, want.things, worth)
    await facts.tell(
        tx, "refund_form.issued", form_id, want.by, now, {"shop": want.shop_id, "amount": worth.amount}
    )
    return await of(tx, form_id)


async def _put_lines(tx: Tx, form_id: str, things: Sequence[Bought], worth: Reckoned) -> None:
    try:
        # In the orders' order, so that two forms that want the same lines wait for each other only one way.
        await tx.executemany(
            """INSERT INTO policy.refund_line (form_id, order_id, position, title, quantity, vat, paid, amount)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            sorted(
                (form_id, one.order_id, one.position, msgspec.to_builtins(one.title), one.quantity, one.vat, one.paid, amount)
                for one, amount in ((things[n], amount) for n, amount in worth.parts)
            ),
        )  # fmt: skip
    except asyncpg.UniqueViolationError as e:
        if e.constraint_name == _ONCE:
            raise OnAnotherForm from None
        raise


async def of(tx: Tx, form_id: str, *, lock: bool = False) -> Form:
    """Errors: NotFound. lock: nobody else changes it before this transaction ends."""
    found = await row_or_none(
        tx,
        Form,
        f"SELECT {_FORM} FROM policy.refund_form WHERE id = $1" + (" FOR NO KEY UPDATE" if lock else ""),
        form_id,
    )
    if found is None:
        raise NotFound("refund form")
    return found


async def of_number(tx: Tx, text: str) -> Form:
    """By the number on the paper, as typed or scanned. Errors: NotFound, also for a slip of the finger."""
    number = heard(text.strip().removeprefix("TRF").strip(" :-"))
    found = await tx.fetchval("SELECT id FROM policy.refund_form WHERE number = $1", number or -1)
    if found is None:
        raise NotFound("refund form")
    return await of(tx, found)


async def lines(tx: Tx, form_id: str) -> list[Line]:
    """The things on a form; of one that ended, those it had."""
    return await rows(
        tx,
        Line,
        """SELECT order_id, position, title, quantity, vat, paid, amount FROM policy.refund_line l
           WHERE form_id = $1 AND (live OR EXISTS (SELECT FROM policy.refund_form f
                                                WHERE f.id = $1 AND f.state NOT IN ('issued', 'stamped', 'paid')))
           ORDER BY order_id, position""",
        form_id,
    )


async def mine(tx: Tx, traveller_id: str, most: int = 50) -> list[Form]:
    """A person's forms, the newest first."""
    return await rows(
        tx,
        Form,
        f"SELECT {_FORM} FROM policy.refund_form WHERE traveller_id = $1 ORDER BY issued_at DESC, id LIMIT $2",
        traveller_id,
        most,
    )


async def at_shop(tx: Tx, shop_id: str, most: int = 50) -> list[Form]:
    """What a shop issued, the newest first."""
    return await rows(
        tx,
        Form,
        f"SELECT {_FORM} FROM policy.refund_form WHERE shop_id = $1 ORDER BY issued_at DESC, id LIMIT $2",
        shop_id,
        most,
    )


def opened(seal: Seal, form: Form) -> Traveller | None:
    """What the traveller showed; None once nobody may read it any more."""
    if form.key is None or form.told is None:
        return None
    return msgspec.json.decode(seal.open(form.id, form.key, form.told), type=Traveller)


async def recount(
    tx: Tx,
    form: Form,
    worth: Reckoned | No,
    things: Sequence[Bought],
    now: datetime,
) -> Form:
    """A form whose goods went back in part is worth less, or comes to nothing. The caller has locked it; it is `issued`."""
    if isinstance(worth, No):
        return await end(tx, form, "undone", "clock", "returned", now)
    await tx.execute(
        "UPDATE policy.refund_form SET total = $2, gross = $3, amount = $4, stale = false WHERE id = $1 AND state = 'issued'",
        form.id,
        worth.total,
        worth.gross,
        worth.amount,
    )
    await tx.execute("DELETE FROM policy.refund_line WHERE form_id = $1", form.id)
    await _put_lines(tx, form.id, things, worth)
    await facts.tell(tx, "refund_form.reduced", form.id, "clock", now, {"amount": worth.amount})
    return await of(tx, form.id)


async def end(
    tx: Tx, form: Form, state: Literal["refused", "lapsed", "undone"], by: str, why: str, now: datetime
) -> Form:
    """A form comes to nothing: its things may be on another one. Errors: FormMovedOn unless it is `issued`; AdvanceRunning.

    A refused one ends even while money was advanced on it: the caller takes that back.
    """
    if state != "refused" and await advance_binds(tx, form.id):
        raise AdvanceRunning
    ended = await tx.fetchval(
        """UPDATE policy.refund_form SET state = $2, why = $3, ended_at = $4, stale = false, stamped_by = CASE $2 WHEN 'refused' THEN $5 END
           WHERE id = $1 AND state = 'issued' RETURNING id""",
        form.id, state, why[:LONGEST_NOTE], now, by,
    )  # fmt: skip
    if ended is None:
        raise FormMovedOn
    # Refused goods may not come back on another form: customs has looked at them.
    if state != "refused":
        await tx.execute("UPDATE policy.refund_line SET live = false WHERE form_id = $1", form.id)
    await facts.tell(tx, "refund_form.ended", form.id, by, now, {"state": state})
    return await of(tx, form.id)


async def advance_binds(tx: Tx, form_id: str) -> bool:
    """Whether money was paid, or is being paid, ahead on this form and nothing has settled it yet."""
    return bool(
        await tx.fetchval(
            """SELECT EXISTS (SELECT FROM policy.advance_refund WHERE form_id = $1
               AND state IN ('asked', 'authorised', 'advanced', 'releasing', 'capturing', 'expired', 'released'))""",
            form_id,
        )
    )


async def stamp(tx: Tx, form: Form, officer: str, port: str, seen: str, now: datetime, today: date) -> Form:
    """Customs saw the goods at a port, unused. Once: whoever comes second is told. Errors: FormTooLate, FormMovedOn."""
    if not port.strip() or len(port) > 60:
        raise Malformed("port", "say which port this is", "请填写口岸")
    if today > form.leave_by:
        raise FormTooLate(day=form.leave_by.isoformat())
    stamped = await tx.fetchval(
        """UPDATE policy.refund_form SET state = 'stamped', stamped_by = $2, stamped_at = $3, port = $4, seen = $5
           WHERE id = $1 AND state = 'issued' AND leave_by >= $6 RETURNING id""",
        form.id, officer, now, port.strip(), seen.strip()[:LONGEST_NOTE], today,
    )  # fmt: skip
    if stamped is None:
        raise FormMovedOn
    await facts.tell(tx, "refund_form.stamped", form.id, officer, now, {"port": port.strip()})
    return await of(tx, form.id)


async def paid(tx: Tx, form: Form, way: Way, by: str, now: datetime) -> Form:
    """The traveller has the money. Errors: FormMovedOn unless it is stamped, or when it was paid meanwhile."""
    done = await tx.fetchval(
        """UPDATE policy.refund_form SET state = 'paid', way = $2, paid_by = $3, paid_at = $4, ended_at = $4
           WHERE id = $1 AND state = 'stamped' AND (payout_key IS NULL OR $2 IN ('transfer', 'card')) RETURNING id""",
        form.id,
        way,
        by,
        now,
    )
    if done is None:
        raise FormMovedOn
    await facts.tell(tx, "refund_form.paid", form.id, by, now, {"way": way, "amount": form.amount})
    return await of(tx, form.id)


async def paying(tx: Tx, form: Form, way: Way, payout_key: str | None, by: str) -> None:
    """Money is on its way by transfer or to a card; None: it did not arrive, and may be paid again. Errors: FormMovedOn."""
    done = await tx.fetchval(
        """UPDATE policy.refund_form SET payout_key = $2, way = $3, paid_by = $4
           WHERE id = $1 AND state = 'stamped' AND (payout_key IS NULL) = ($2::text IS NOT NULL) RETURNING id""",
        form.id,
        payout_key,
        way if payout_key else None,
        by if payout_key else None,
    )
    if done is None:
        raise FormMovedOn


async def cash_today(tx: Tx, mark: bytes, since: datetime) -> int:
    """What a traveller had in cash since then. Whoever pays the same traveller next waits until this one is written."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('refund ' || encode($1, 'hex'), 0))", mark
    )
    return int(
        await tx.fetchval(
            """SELECT coalesce(sum(amount), 0)::bigint FROM policy.refund_form
               WHERE passport_mark = $1 AND state = 'paid' AND way = 'cash' AND paid_at >= $2""",
            mark,
            since,
        )
    )


async def late(tx: Tx, today: date, most: int = 200) -> list[str]:
    """Forms whose goods should have left, without a stamp; and stale ones. Those with money paid ahead wait for that to end."""
    found = await tx.fetch(
        """SELECT id FROM policy.refund_form f WHERE state = 'issued' AND (leave_by < $1 OR stale)
             AND NOT EXISTS (SELECT FROM policy.advance_refund a WHERE a.form_id = f.id
                             AND a.state IN ('asked', 'authorised', 'advanced', 'releasing', 'capturing'))
           ORDER BY id LIMIT $2""",
        today,
        most,
    )
    return [row["id"] for row in found]


async def forget(tx: Tx, person_id: str, now: datetime) -> None:
    """Somebody leaves: nobody can read any more whose forms these were. Errors: AdvanceRunning while money is on its way."""
    for form in await mine(tx, person_id, 10_000):
        if form.payout_key is not None and form.state == "stamped":
            raise AdvanceRunning
        if form.state == "issued":
            await end(tx, form, "undone", person_id, "the traveller has left the market", now)
    await tx.execute(
        "UPDATE policy.refund_form SET key = NULL, told = NULL, traveller_id = NULL WHERE traveller_id = $1",
        person_id,
    )
    await tx.execute("DELETE FROM policy.visitor WHERE person_id = $1", person_id)
