"""Screening: what is told of public money is written down, looked over for patterns, and asked of a person; whoever is accused is heard.

Reading is incremental: facts tell what was spent, and a programme is looked at again only when something of it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.readers import Fact
from highstreet.kit.sealing import Seal
from highstreet.market import clawing_back
from highstreet.market.contacts import open_contact
from highstreet.market.desk import Market
from highstreet.market.purse import METHOD
from highstreet.market.views import screening as views
from highstreet.policy import Alert, Found, Link, Programme, Redemption, Tie, Use

_BACK = ("order.returned", "order.undone")
_LEAST_ADDRESS = 6  # letters: less says nothing of where somebody lives


async def hear(market: Market, tx: Tx, facts: list[Fact]) -> None:
    """Facts in their order: what was spent, with what tells its people together; what came back."""
    now = market.clock()
    taken = [fact for fact in facts if fact.kind == "claim.taken"]
    if taken:
        in_person = sorted({one.name for one in market.formats.values() if one.in_person})
        orders = [str(fact.body["order"]) for fact in taken]
        found = await views.spent(
            tx, [fact.subject for fact in taken], orders, [int(fact.body["amount"]) for fact in taken], in_person
        )  # fmt: skip
        await policy.redemptions.keep(tx, found)
        await policy.redemptions.link(tx, await _links(market, tx, sorted(set(orders))), now)
    back = [fact.subject for fact in facts if fact.kind in _BACK]
    if back:
        await policy.redemptions.came_back(tx, back, now)


async def _links(market: Market, tx: Tx, orders: Sequence[str]) -> set[tuple[str, str, bytes]]:
    found: set[tuple[str, str, bytes]] = set()
    for row in await views.contacts(tx, orders):
        person, method = str(row["person"]), str(row["method"])
        if method.startswith(METHOD):
            found.add((person, "account", market.seal.blind("account", method)))
        contact = open_contact(market.seal, row["purchase_id"], row["contact_key"], row["contact"])
        if contact is None:
            continue
        if (phone := parties.people.mark(market.seal, contact.phone)) is not None:
            found.add((person, "phone", phone))
        if (address := _address(market.seal, contact.address)) is not None:
            found.add((person, "address", address))
        if contact.lat is not None and contact.lon is not None:
            day = row["at"].astimezone(market.tz).date()
            found.add(
                (person, "drop", market.seal.blind("drop", f"{contact.lat:.4f} {contact.lon:.4f} {day}"))
            )
    return found


def _address(seal: Seal, text: str) -> bytes | None:
    """The keyed hash of an address, however its words are spaced."""
    letters = "".join(c for c in text.casefold() if c.isalnum())
    return seal.blind("address", letters) if len(letters) >= _LEAST_ADDRESS else None


async def keep(market: Market, now: datetime) -> int:
    """What nobody decided in time falls in favour of the accused; then every programme of which something changed is screened."""
    done = await market.db.run(_lapse, now)
    async with market.db.read() as tx:
        waiting = await policy.redemptions.waiting(tx)
    for programme_id in waiting:
        await screen(market, programme_id, now)
    return done + len(waiting)


async def screen(market: Market, programme_id: str, now: datetime) -> list[str]:
    """Look a programme over; the questions that are open by it, new or grown. Errors: NotFound."""
    return await market.db.run(_screen, market, programme_id, now)


async def _screen(tx: Tx, market: Market, programme_id: str, now: datetime) -> list[str]:
    n = await policy.redemptions.take_up(tx, programme_id)
    found = await _screened(market, tx, programme_id, now)
    asked = [await policy.alerts.ask(tx, programme_id, one, now) for one in found]
    await policy.redemptions.done(tx, programme_id, n, now)
    return sorted({one for one in asked if one is not None})


async def _screened(market: Market, tx: Tx, programme_id: str, now: datetime) -> list[Found]:
    standing = await policy.budgets.standing(tx, programme_id)
    programme = policy.instruments.read(standing.rules) if standing.rules else None
    spent = await policy.redemptions.of(tx, programme_id, now)
    uses = [_use(one, programme, market) for one in spent]
    people = sorted({use.person for use in uses})
    links = await policy.redemptions.links(tx, people) + await views.known(tx, programme_id, people)
    ties = await _ties(market, tx, programme_id, uses, links)
    sales = await views.raised(tx, programme_id, sorted({use.order for use in uses}))
    return policy.screens.all_of(uses, links, ties, sales)


def _use(one: Redemption, programme: Programme | None, market: Market) -> Use:
    rule = programme.rule_on(one.at, market.tz) if programme else None
    schedule = rule.schedules[one.schedule] if rule and one.schedule < len(rule.schedules) else None
    return Use(
        one.order_id, one.person_id, one.seller_id, one.amount, one.price, one.at, schedule.least if schedule else 0,
        schedule.most if schedule else None, one.clerk_id, one.back_at is not None,
    )  # fmt: skip


async def _ties(
    market: Market, tx: Tx, programme_id: str, uses: Sequence[Use], links: Sequence[Link]
) -> list[Tie]:
    """Who of the buyers works where they bought, or shares something with those who do, or with the shop itself."""
    pairs = {(use.person, use.seller) for use in uses}
    own = await views.own_people(tx, (seller for _, seller in pairs))
    ties = {Tie(one.person, one.seller, "staff") for one in own if (one.person, one.seller) in pairs}
    staff = sorted({one.person for one in own})
    theirs = await policy.redemptions.links(tx, staff) + await views.known(tx, programme_id, staff)
    holders: dict[tuple[str, str], set[str]] = {}
    for link in links:
        holders.setdefault((link.kind, link.mark), set()).add(link.person)
    for one in own:
        for link in theirs:
            # A clerk's neighbours are nobody's own; the owner's are asked about.
            if link.person != one.person or link.kind == "drop" or (link.kind == "address" and not one.leads):
                continue
            for person in holders.get((link.kind, link.mark), set()) - {one.person}:
                if (person, one.seller) in pairs:
                    ties.add(Tie(person, one.seller, link.kind))
    for seller, line in await views.own_addresses(tx, (seller for _, seller in pairs)):
        mark = _address(market.seal, line)
        for person in holders.get(("address", mark.hex()), set()) if mark else set[str]():
            if (person, seller) in pairs:
                ties.add(Tie(person, seller, "address"))
    return sorted(ties, key=lambda tie: (tie.person, tie.seller, tie.how))


# What a person decides, and whom it is told -------------------------------------------------------------------------


async def decide(
    tx: Tx, alert_id: str, upheld: bool, reason: str, by: str, now: datetime, bar: Sequence[str] = (), until: datetime | None = None
) -> Alert:  # fmt: skip
    """As `policy.alerts.decide`; who is accused by it is told, and that they may appeal."""
    one = await policy.alerts.decide(tx, alert_id, upheld, reason, by, now, bar, until)
    if upheld:
        await _tell(tx, one, "alert_upheld", now)
    return one


async def decide_appeal(
    tx: Tx, alert_id: str, overturned: bool, reason: str, by: str, now: datetime
) -> Alert:
    """As `policy.alerts.decide_appeal`; everybody who was accused is told."""
    one = await policy.alerts.decide_appeal(tx, alert_id, overturned, reason, by, now)
    if overturned:
        await clawing_back.undo(tx, alert_id, reason, by, now)
    await _tell(tx, one, "alert_overturned" if overturned else "alert_stood", now)
    return one


async def _lapse(tx: Tx, now: datetime) -> int:
    late = await policy.alerts.overdue(tx, now)
    for one in late:
        if one.state == "open":
            await decide(tx, one.id, False, "Nobody decided in time. 逾期未决定。", "clock", now)
        else:
            await decide_appeal(
                tx, one.id, True, "Nobody decided on the appeal in time. 申诉逾期未处理。", "clock", now
            )
    return len(late)


async def _tell(tx: Tx, one: Alert, kind: str, now: datetime) -> None:
    body: dict[str, str | int | bool | None] = {"programme": one.programme_id, "pattern": one.pattern}
    for person in one.people:
        await parties.notices.tell(tx, person, kind, one.id, body, now)
    for seller in one.sellers:
        await parties.notices.tell_staff(tx, seller, f"{kind}_seller", body, now, subject=one.id)
