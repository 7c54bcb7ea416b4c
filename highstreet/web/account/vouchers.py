"""My vouchers: what public money can be claimed now or soon, under which rule, and what I have."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.views import public_money as views
from highstreet.policy import Claim, Programme
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in


class _Round(NamedTuple):
    """A round as the page shows it. state: soon, open, entered, mine, gone, over. share: claimed, in percent."""

    one: views.OnOffer
    name: Words
    terms: Words
    source: str
    state: str
    share: int
    won: bool | None


@get("/me/vouchers")
async def vouchers(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """Rounds to claim, and what this person has."""
    return await _page(market, visitor)


@post("/me/vouchers/{round_id:str}", status_code=200)
async def claim_voucher(
    market: GivenMarket, visitor: GivenVisitor, round_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """Claim one, or enter its draw. The form's key makes sending it twice safe."""
    mine = signed_in(visitor).party_id
    try:
        await market.claims.claim(round_id, mine, None, form.get("key")[:60] or round_id, visitor.now)
    except Refusal as refused:
        return await _page(market, visitor, refused)
    return go(
        visitor, "/me/vouchers", say=say(visitor, "Yours. It is taken off by itself where it may be used.")
    )


async def _page(market: Market, visitor: Visitor, refused: Refusal | None = None) -> Response[str]:
    mine = signed_in(visitor).party_id
    async with market.db.read() as tx:
        found = await views.on_offer(tx, visitor.now)
        claims = await policy.claims.of(tx, mine, 40)
        entered = await views.entered(tx, mine)
        slips = {slip.claim_id for slip in await policy.codes.slips_of(tx, mine)}
    programmes = {one.programme_id: policy.instruments.read(one.rules) for one in found}
    had = {claim.batch_id for claim in claims}
    rounds = [_seen(market, visitor, one, programmes[one.programme_id], had, entered) for one in found]
    missing = {claim.programme_id for claim in claims} - set(programmes)
    async with market.db.read() as tx:
        for name in missing:
            programmes[name] = policy.instruments.read((await policy.budgets.standing(tx, name)).rules or "")
    return show(
        visitor,
        "account/vouchers.html",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        rounds=[one for one in rounds if one is not None],
        mine=[(claim, programmes[claim.programme_id].name, _terms(programmes, claim)) for claim in claims],
        slips=slips,
        doors=policy.lines.DOORS,
        usable=any(claim.state == "open" and claim.valid_until > visitor.now for claim in claims),
        currency=market.currency,
        key=secrets.token_urlsafe(12),
    )


def _terms(programmes: dict[str, Programme], claim: Claim) -> Words:
    rules = [rule for rule in programmes[claim.programme_id].rules if len(rule.schedules) > claim.schedule]
    return policy.eligibility.terms(rules[-1].schedules[claim.schedule]) if rules else Words()


def _seen(
    market: Market, visitor: Visitor, one: views.OnOffer, programme: Programme, had: set[str], entered: dict[str, bool | None]
) -> _Round | None:  # fmt: skip
    rule = programme.rule_on(one.opens_at, market.tz)
    if rule is None or len(rule.schedules) <= one.schedule:
        return None
    whole = one.amount * one.claims
    share = (
        min(one.entered * 100 // one.claims, 100) if one.way == "draw" else 100 - one.unclaimed * 100 // whole
    )
    state = "soon" if visitor.now < one.opens_at else "over" if visitor.now >= one.closes_at else "open"
    if one.id in had:
        state = "mine"
    elif one.id in entered:
        state = "entered"
    elif state == "open" and one.way == "first_come" and one.unclaimed < one.amount:
        state = "gone"
    words = policy.eligibility.terms(rule.schedules[one.schedule])
    return _Round(one, programme.name, words, rule.source, state, share, entered.get(one.id))
