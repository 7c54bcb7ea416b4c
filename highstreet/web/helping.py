"""Claiming with a helper, as the till and the city's desk show it: meet somebody, claim for them, print the slip, end a lost one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from litestar import Response

from highstreet import parties, policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.text import Words
from highstreet.market import helping, vouchers_shown
from highstreet.market.desk import Market
from highstreet.market.helping import Helped, Helper
from highstreet.market.views import public_money
from highstreet.web import frame
from highstreet.web.frame import Form, Visitor
from highstreet.web.slips import slip_of

AGREED = "The person stands here and asks for this. They know that the number is kept, sealed, so that nobody claims twice."


class Stand(msgspec.Struct, frozen=True):
    """A counter that helps. show(template, status, **values): a page of its surface; path: where these pages lie."""

    market: Market
    visitor: Visitor
    helper: Helper
    path: str
    show: Callable[..., Response[str]]


class _Round(NamedTuple):
    one: public_money.OnOffer
    words: Words


async def start(stand: Stand, form: Form | None = None, refused: Refusal | None = None) -> Response[str]:
    """Whom to help, and what this helper printed today."""
    now = stand.visitor.now
    async with stand.market.db.read() as tx:
        slips = await policy.codes.slips_by(tx, stand.helper.person_id, now - timedelta(days=1))
        names = await parties.people.names(tx, stand.market.seal, [one.holder_id for one in slips])
        words = {
            one.claim_id: await vouchers_shown.terms(tx, one.programme_id, one.schedule) for one in slips
        }
    return stand.show(
        "help.html",
        status=refused.status if refused else 200,
        stand=stand,
        slips=slips,
        names=names,
        terms=words,
        agreed=frame.say(stand.visitor, AGREED),
        typed=form,
        error=refused.sentence(stand.visitor.lang) if refused else "",
        who=None,
    )


async def meet(stand: Stand, form: Form) -> Response[str]:
    """Somebody says their number: what can be claimed for them, and what they have."""
    visitor = stand.visitor
    try:
        if form.get("agree") != "1":
            raise Malformed(frame.say(visitor, "Agreement"), "ask the person first", "请先征得本人同意")
        told = parties.helped.told(form.get("phone"), form.get("identity"))
        agreed = frame.say(visitor, AGREED)
        who = await helping.meet(
            stand.market, stand.helper, told, name=form.get("name")[:80], lang=visitor.look.lang, agreed=agreed, now=visitor.now
        )  # fmt: skip
    except Refusal as refused:
        return await start(stand, form, refused)
    return await _person(stand, who)


async def _person(stand: Stand, who: Helped, refused: Refusal | None = None, said: str = "") -> Response[str]:
    now = stand.visitor.now
    async with stand.market.db.read() as tx:
        found = await helping.rounds(tx, stand.helper, now)
        mine = await policy.claims.usable(tx, who.person_id, now)
        had = {one.batch_id for one in await policy.claims.of(tx, who.person_id)}
        had |= set(await public_money.entered(tx, who.person_id))
        name = (await parties.people.names(tx, stand.market.seal, [who.person_id])).get(who.person_id, "")
        rounds = [
            _Round(one, await vouchers_shown.terms(tx, one.programme_id, one.schedule)) for one in found
        ]
        owned = [(one, await vouchers_shown.terms(tx, one.programme_id, one.schedule)) for one in mine]
        signs_in = await parties.helped.signs_in(tx, who.person_id)
    return stand.show(
        "help.html",
        status=refused.status if refused else 200,
        stand=stand,
        who=who,
        name=name,
        rounds=rounds,
        had=had,
        mine=owned,
        signs_in=signs_in,
        news=said,
        error=refused.sentence(stand.visitor.lang) if refused else "",
    )


async def claim(stand: Stand, form: Form) -> Response[str]:
    """Claim one for the person who stands here; their slip, or that they are in the draw. Errors: NotFound."""
    visitor = stand.visitor
    who = helping.here(stand.market, stand.helper, form.get("who"), visitor.now)
    key = f"help {stand.helper.person_id} {form.get('once')[:80]} {form.get('round')[:40]}"
    try:
        done = await helping.claim(stand.market, stand.helper, who, form.get("round"), key, visitor.now)
    except Refusal as refused:
        return await _person(stand, who, refused)
    if done is None:
        said = frame.say(visitor, "They are in the draw. Once it is drawn, come back to print what they won.")
        return await _person(stand, who, said=said)
    return await _slip(stand, *done)


async def print_again(stand: Stand, form: Form) -> Response[str]:
    """The slip of a voucher the person who stands here has; the one before ends. Errors: NotFound."""
    who = helping.here(stand.market, stand.helper, form.get("who"), stand.visitor.now)
    try:
        done = await helping.print_slip(stand.market, stand.helper, who, form.get("claim"), stand.visitor.now)
    except Refusal as refused:
        return await _person(stand, who, refused)
    return await _slip(stand, *done)


async def _slip(stand: Stand, claim: policy.Claim, code: vouchers_shown.Code) -> Response[str]:
    helper = stand.visitor.session.name if stand.visitor.session else ""
    slip = await slip_of(stand.market, claim, code, stand.visitor.now, helper)
    return stand.show("slip.html", stand=stand, slip=slip)


async def void(stand: Stand, form: Form) -> Response[Any]:
    """A slip is lost: it ends. Errors: NotFound for one this helper did not print."""
    await helping.void_slip(stand.market, stand.helper, form.get("claim"), stand.visitor.now)
    text = frame.say(
        stand.visitor, "The slip is void. Its voucher can be printed again when its holder is here."
    )
    return frame.go(stand.visitor, stand.path, say=text)
