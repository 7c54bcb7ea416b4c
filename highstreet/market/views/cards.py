"""What the pages of prepaid cards show: a holder's cards and their movements, a seller's cards, and every seller for the operator."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows, value
from highstreet.kit.text import Words


class Held(msgspec.Struct, frozen=True):
    """A card as its holder sees it. Minor units."""

    id: str
    seller_id: str
    seller: Words
    picture: str
    currency: str
    principal: int
    bonus: int
    closed: bool
    state: str

    @property
    def holds(self) -> int:
        return self.principal + self.bonus


class Move(msgspec.Struct, frozen=True):
    """What one moment changed on a card, signed. `n`: to ask for those before it. `what`: card, card_refund or order."""

    n: int
    at: datetime
    what: str
    principal: int
    bonus: int
    order_id: str | None
    number: int | None


class Month(msgspec.Struct, frozen=True):
    """A month of a seller's cards: principal bought, used and given back. Minor units."""

    month: str
    bought: int
    used: int
    back: int


class Trader(msgspec.Struct, frozen=True):
    """A seller with a card plan, as the operator sees it. Minor units."""

    seller_id: str
    name: Words
    state: str
    currency: str
    cards: int
    principal: int
    bonus: int
    on_sale: bool
    closed_at: datetime | None
    why: str | None


_PRINCIPAL = """coalesce((SELECT w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
                         WHERE a.kind = 'card' AND a.party_id = c.id), 0)"""
_BONUS = """coalesce((SELECT w.balance FROM ledger.account a JOIN ledger.wallet w ON w.account_id = a.id
                     WHERE a.kind = 'bonus' AND a.party_id = c.id), 0)"""
_NAME = "jsonb_build_object('en', p.name) || coalesce(p.about -> 'name', '{}')"


async def is_confirmed(tx: Tx, person_id: str) -> bool:
    """Whether a person has confirmed an e-mail address or telephone number."""
    return await value(
        tx,
        bool,
        "SELECT EXISTS (SELECT FROM parties.login WHERE party_id = $1 AND confirmed_at IS NOT NULL)",
        person_id,
    )


async def cards_of(tx: Tx, person_id: str, card_id: str | None = None) -> list[Held]:
    """A person's cards (or the one), what holds most first."""
    return await rows(
        tx,
        Held,
        f"""SELECT c.id, c.seller_id, {_NAME} AS seller, coalesce(p.picture, 'shop-grocer') AS picture, c.currency::text AS currency,
               {_PRINCIPAL} AS principal, {_BONUS} AS bonus, l.closed_at IS NOT NULL AS closed, p.state
           FROM ledger.card c JOIN parties.party p ON p.id = c.seller_id JOIN ledger.card_plan l ON l.seller_id = c.seller_id
           WHERE c.holder_id = $1 AND ($2::text IS NULL OR c.id = $2) ORDER BY principal DESC, c.made_at DESC""",
        person_id,
        card_id,
    )


async def moves(tx: Tx, card_id: str, before: int | None = None, most: int = 30) -> list[Move]:
    """The latest first; what one order moved at one moment is one."""
    return await rows(
        tx,
        Move,
        """SELECT m.n, m.at, m.what, m.principal, m.bonus, m.order_id, o.number
           FROM (SELECT max(t.id) AS n, t.at, t.order_id,
                        CASE WHEN t.order_id IS NOT NULL THEN 'order' WHEN bool_or(t.purpose = 'card') THEN 'card'
                             ELSE 'card_refund' END AS what,
                        sum(CASE WHEN a.kind <> 'card' THEN 0 WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS principal,
                        sum(CASE WHEN a.kind <> 'bonus' THEN 0 WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS bonus
                 FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
                 WHERE a.kind IN ('card', 'bonus') AND a.party_id = $1
                 GROUP BY t.at, t.order_id, t.to_id = a.id, CASE WHEN t.order_id IS NULL THEN t.xid END) m
           LEFT JOIN orders."order" o ON o.id = m.order_id
           WHERE $2::bigint IS NULL OR m.n < $2 ORDER BY m.n DESC LIMIT $3""",
        card_id,
        before,
        most,
    )


async def months(tx: Tx, seller_id: str, zone: str, since: datetime) -> list[Month]:
    """What was bought, used and given back of principal, by the town's month, the oldest first; months without anything are left out."""
    return await rows(
        tx,
        Month,
        """SELECT to_char(t.at AT TIME ZONE $2, 'YYYY-MM') AS month,
               coalesce(sum(t.amount) FILTER (WHERE t.purpose = 'card'), 0)::bigint AS bought,
               coalesce(sum(s.out) FILTER (WHERE t.order_id IS NOT NULL), 0)::bigint AS used,
               coalesce(sum(s.out) FILTER (WHERE t.purpose = 'card_refund'), 0)::bigint AS back
           FROM ledger.card c JOIN ledger.account a ON a.kind = 'card' AND a.party_id = c.id
           JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
           CROSS JOIN LATERAL (SELECT CASE WHEN t.to_id = a.id THEN -t.amount ELSE t.amount END AS out) s
           WHERE c.seller_id = $1 AND t.at >= $3 GROUP BY 1 ORDER BY 1""",
        seller_id,
        zone,
        since,
    )


async def traders(tx: Tx, most: int = 200) -> list[Trader]:
    """Sellers with a card plan: those being closed first, then those who owe most."""
    return await rows(
        tx,
        Trader,
        f"""SELECT l.seller_id, {_NAME} AS name, p.state, l.currency::text AS currency, l.opened_at IS NOT NULL AS on_sale,
               l.closed_at, l.why,
               count(c.id) FILTER (WHERE {_PRINCIPAL} > 0) AS cards,
               coalesce(sum({_PRINCIPAL}), 0)::bigint AS principal,
               coalesce(sum({_BONUS}), 0)::bigint AS bonus
           FROM ledger.card_plan l JOIN parties.party p ON p.id = l.seller_id LEFT JOIN ledger.card c ON c.seller_id = l.seller_id
           GROUP BY l.seller_id, p.id ORDER BY l.closed_at DESC NULLS LAST, principal DESC LIMIT $1""",
        most,
    )
