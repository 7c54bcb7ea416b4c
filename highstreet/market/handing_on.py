"""Handing on: what one is entitled to goes to somebody else, as a gift or because one cannot come; a business seats its people.

Whoever has it offers it, by a link that works once or to somebody this market knows; until it is taken it stays with who offered it,
and so it does when the time passes. Taking it raises the version, so that the code of who had it before is refused from then on. Money
never moves: what goes back goes back to who paid, and only what the buyer has. Nothing is sold on here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal, SignInFirst
from highstreet.logistics import Entitlement
from highstreet.market import granting, unwind
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.units import Key, Unit
from highstreet.market.work import Work

TO_TAKE = timedelta(days=3)


class GiftGone(Refusal):
    """Taken by somebody else, withdrawn, or too late."""

    code = "gift_gone"
    status = 410
    en = "This is no longer to be taken: somebody else was faster, it was withdrawn, or its time has passed."
    zh = "此转赠已失效：已被他人领取、已撤回或已过期。"


class NotToHandOn(Refusal):
    """The terms say so, or it is too late, used, or going back."""

    code = "not_to_hand_on"
    en = "This cannot be handed on: its terms, its time or what became of it say no."
    zh = "此凭证不可转赠：受条款、时间或当前状态限制。"


class NotOneOfYours(Refusal):
    """Seats of a business go to its own people."""

    code = "not_one_of_yours"
    status = 403
    en = "A seat goes to somebody who works for a business of yours."
    zh = "席位只能分配给您企业的成员。"


Act = Callable[[Work, Entitlement], dict[str, Any]]


def last_moment(work: Work) -> datetime | None:
    """Until when it may change hands; None when its time is no matter."""
    window = work.order.agreed.window
    return window[0] - timedelta(hours=work.order.agreed.number("pass_until_h")) if window else None


def passes_left(work: Work, one: Entitlement) -> int:
    """How often it may still be handed on."""
    return max(work.order.agreed.number("passes") - one.passed, 0)


def may_hand_on(work: Work, one: Entitlement, now: datetime) -> bool:
    """Whether its holder may offer it to somebody. What was opened stays with who opened it, but a collectible is looked at and kept."""
    last = last_moment(work)
    going = unwind.open_return(work)
    leaves = going is not None and str(one.line) in (going.proof or {}).get("lines", {})
    fresh = one.state == "valid" or (one.state == "used" and one.what == "collectible")
    stage = work.order.stage in ("committed", "done")
    return stage and fresh and not leaves and passes_left(work, one) > 0 and (last is None or now < last)


def may_assign(work: Work, one: Entitlement) -> bool:
    """Whether its buyer says who uses it: a seat of a team."""
    return one.what == "software" and one.state != "void" and work.order.stage == "done"


def token_of(market: Market, one: Entitlement) -> str:
    """What a link carries that takes it; good for this one offer."""
    return market.link_signer.short(f"{one.named()}.{one.offers}")


async def offer(
    market: Market, entitlement_id: str, holder: str | None, to: str, now: datetime, key: Key | None = None
) -> dict[str, Any]:
    """Its holder offers it: to an account (`to`), or to whoever has the link. Offering it anew ends the offer before.

    `holder`: an account, or None for a buyer without one whose link was checked. Answers {entitlement, token, until}. Errors: NotToHandOn.
    """

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        if not may_hand_on(work, one, now) or (to and to == holder):
            raise NotToHandOn
        last = last_moment(work)
        one.offers += 1
        one.offered_until = min(now + TO_TAKE, last) if last else now + TO_TAKE
        one.offered_to = to
        work.tell("offered", holder or "guest", now, entitlement=one.id, to=to)
        return {"entitlement": one.id, "token": token_of(market, one), "until": one.offered_until.isoformat()}

    return await _decide(market, entitlement_id, now, key, holder, act)


async def take(
    market: Market, entitlement_id: str, person: str | None, token: str, now: datetime, key: Key | None = None
) -> dict[str, Any]:
    """Somebody with an account takes what was offered to them, or whose link they have. One of many wins. Errors: GiftGone, SignInFirst."""
    if person is None:
        raise SignInFirst

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        meant = one.offered_to in ("", person)
        if not one.offered(now) or not meant or not (one.offered_to or token == token_of(market, one)):
            raise GiftGone
        if not may_hand_on(work, one, now) or one.holder_id == person:
            raise NotToHandOn
        before = one.holder_id
        one.passed += 1
        _goes_to(one, person)
        work.tell("handed_on", person, now, entitlement=one.id, before=before, to=person)
        return {"entitlement": one.id, "order": work.order.id}

    return await _decide(market, entitlement_id, now, key, None, act, anybody=True)


async def end_offer(
    market: Market,
    entitlement_id: str,
    by: str | None,
    token: str,
    now: datetime,
    key: Key | None = None,
) -> dict[str, Any]:
    """Its holder withdraws the offer, or who it is for says no (with the token, or by account). Ended already: nothing happens."""

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        for_them = bool(by) and one.offered_to == by
        if not (one.holder_id == by or for_them or token == token_of(market, one)):
            raise NotFound("ticket")
        if one.offered_until is not None:
            one.offers += 1
            one.offered_until, one.offered_to = None, ""
            work.tell("offer_ended", by or "guest", now, entitlement=one.id)
        return {"entitlement": one.id}

    return await _decide(market, entitlement_id, now, key, None, act, anybody=True)


async def give_back(
    market: Market, entitlement_id: str, holder: str, now: datetime, key: Key | None = None
) -> dict[str, Any]:
    """Whoever holds it gives it back to its buyer, unused; it does not count as handing it on. Errors: NotToHandOn."""

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        kept = one.state == "used" and one.what not in ("collectible", "software")
        if one.holder_id == work.order.buyer_id or one.state == "void" or kept:
            raise NotToHandOn
        _goes_to(one, work.order.buyer_id)
        work.tell(
            "handed_on", holder, now, entitlement=one.id, before=holder, to=work.order.buyer_id, back=True
        )
        return {"entitlement": one.id}

    return await _decide(market, entitlement_id, now, key, holder, act)


async def open_it(
    market: Market, entitlement_id: str, holder: str | None, now: datetime, key: Key | None = None
) -> dict[str, Any]:
    """Whoever holds content opens it. Errors: NotNow, NotFound."""

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        granting.open_one(work, one, holder or "guest", now)
        return {"entitlement": one.id}

    return await _decide(market, entitlement_id, now, key, holder, act)


async def assign(
    market: Market,
    entitlement_id: str,
    buyer: str | None,
    person: str | None,
    colleagues: set[str],
    now: datetime,
    key: Key | None = None,
) -> dict[str, Any]:
    """A team's seat goes to one of its people, or back (None): never more than were bought, because each is one of those.

    `colleagues`: who works for a business of the buyer's. Errors: NotOneOfYours, NotToHandOn.
    """

    def act(work: Work, one: Entitlement) -> dict[str, Any]:
        if work.order.buyer_id != buyer:
            raise NotFound("ticket")
        if not may_assign(work, one) or one.holder_id == (person or buyer):
            raise NotToHandOn
        if person is not None and person not in colleagues | {buyer}:
            raise NotOneOfYours
        before = one.holder_id
        _goes_to(one, person or buyer)
        work.tell("assigned", buyer or "guest", now, entitlement=one.id, before=before, to=one.holder_id)
        return {"entitlement": one.id}

    return await _decide(market, entitlement_id, now, key, None, act, anybody=True)


def _goes_to(one: Entitlement, holder: str | None) -> None:
    one.holder_id = holder
    one.version += 1
    one.offered_until, one.offered_to = None, ""


async def order_of(tx: Tx, entitlement_id: str) -> str:
    """The order an entitlement is of. Errors: NotFound."""
    found: str | None = await tx.fetchval(
        "SELECT order_id FROM logistics.entitlement WHERE id = $1", entitlement_id
    )
    if found is None:
        raise NotFound("ticket")
    return found


async def _decide(
    market: Market,
    entitlement_id: str,
    now: datetime,
    key: Key | None,
    holder: str | None,
    act: Act,
    *,
    anybody: bool = False,
) -> dict[str, Any]:
    """Decided on the order like everything else about it: whoever read an older state reads again. Errors: NotFound for who has it not."""
    async with market.db.read() as tx:
        order_id = await order_of(tx, entitlement_id)

    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        work = found.works[0]
        one = next(one for one in work.entitlements if one.id == entitlement_id)
        if not anybody and one.holder_id != holder:
            raise NotFound("ticket")
        answer = act(work, one)
        unit.take_in(work, now)
        return answer

    return await market.act(Decision(decide, now, orders=(order_id,), key=key))
