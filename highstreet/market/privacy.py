"""A person's data: all of it in one file on request, and gone on request, while the books still add up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from highstreet import catalog, ledger, logistics, orders, parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.kit.facts import tell
from highstreet.kit.ids import spoken
from highstreet.market import boxes
from highstreet.market.contacts import open_contact
from highstreet.market.desk import Market
from highstreet.market.views.privacy import order_ids_of, orders_of, running_of
from highstreet.market.views.things import things_of
from highstreet.market.visits import papers


class StillRunning(Refusal):
    """Erasing would leave a seller with goods on the way to nobody."""

    code: ClassVar[str] = "orders_still_running"
    en = "{count} of your orders are still under way. Your data can go when they have ended."
    zh = "您还有 {count} 个订单正在进行，结束后即可删除数据。"


async def export(market: Market, tx: Tx, person_id: str) -> dict[str, Any]:
    """Everything we know of a person, readable by people and machines.

    Profile, consents, orders with lines and contacts, what they hold and said in live rooms, vouchers and prepaid cards.
    """
    told = await parties.people.export(tx, market.seal, person_id)
    bought: list[dict[str, Any]] = []
    for row in await orders_of(tx, person_id):
        contact = open_contact(market.seal, row["purchase_id"], row["contact_key"], row["contact"])
        bought.append(
            {
                "number": spoken(row["number"]),
                "placed_at": row["placed_at"],
                "seller": row["seller_name"],
                "stage": row["stage"],
                "currency": row["currency"],
                "total": row["total"],
                "lines": row["lines"],
                "contact": contact,
                "loan_agreed_to": row["loan"],
            }
        )
    held = [
        {
            "what": one.what,
            "title": one.title,
            "number": spoken(one.number),
            "state": one.state,
            "seat": one.seat,
            "edition": one.edition_no,
            "starts": one.starts,
        }
        for one in await things_of(tx, person_id, 10_000)
    ]
    return {
        **told,
        "orders": bought,
        "things": held,
        "vouchers": [
            {
                "programme": one.programme_id,
                "amount": one.amount,
                "spent": one.spent,
                "state": one.state,
                "claimed_at": one.claimed_at,
            }
            for one in await policy.claims.of(tx, person_id, 10_000)
        ],
        "tax_refunds": await _tax_refunds(market, tx, person_id),
        "questions": await _questions(tx, person_id),
        "cards": [
            {"seller": one.seller_id, "principal": one.principal, "bonus": one.bonus}
            for one in await ledger.cards.mine(tx, person_id)
        ],
        "said": await catalog.chat.said_by(tx, market.seal, person_id),
        "health": await papers(market, tx, person_id, market.clock()),
    }


async def _tax_refunds(market: Market, tx: Tx, person_id: str) -> dict[str, Any]:
    forms = [
        {"number": one.spoken, "bought_on": one.bought_on, "shop": one.shop_id, "amount": one.amount, "state": one.state,
         "traveller": policy.departures.opened(market.seal, one)}
        for one in await policy.departures.mine(tx, person_id, 10_000)
    ]  # fmt: skip
    return {
        "passport": await policy.departures.travellers.passport_of(tx, market.seal, person_id),
        "forms": forms,
    }


async def _questions(tx: Tx, person_id: str) -> list[dict[str, Any]]:
    """What was upheld of them about public money, and what they said."""
    return [
        {
            "programme": one.programme_id,
            "pattern": one.pattern,
            "decided_at": one.decided_at,
            "reason": one.reason,
            "appeal": one.appeal if one.appealed_by == person_id else None,
            "outcome": one.outcome,
        }
        for one in await policy.alerts.about(tx, person=person_id)
    ]


async def erase(tx: Tx, person_id: str, now: datetime) -> None:
    """Erase a person: sign-in, sealed profile, contacts and door pictures of past purchases, basket, words in live rooms.

    Orders and money stay, under a bare id; what is on prepaid cards goes back the way it was paid.

    Refuses with StillRunning while orders are under way.
    """
    count = await running_of(tx, person_id)
    if count:
        raise StillRunning(count=count)
    await parties.people.erase(tx, person_id, now)
    bought = await order_ids_of(tx, person_id)
    await logistics.photos.forget(tx, bought)
    await policy.evidence.forget(tx, bought)
    await orders.purchases.forget_buyer(tx, person_id)
    await boxes.forget(tx, person_id)
    for card in await ledger.cards.mine(tx, person_id):
        if card.principal:
            await ledger.card_refunds.give_back(tx, card.id, person_id, now)
    await ledger.top_ups.forget(tx, person_id, now)
    await policy.claims.forget(tx, person_id, now)
    await policy.departures.forget(tx, person_id, now)
    await policy.alerts.forget(tx, person_id)
    await policy.enrolments.forget(tx, person_id)
    await catalog.chat.forget(tx, person_id)
    await ledger.instalments.forget(tx, person_id)
    await tell(tx, "person.erased", person_id, person_id, now, {})
