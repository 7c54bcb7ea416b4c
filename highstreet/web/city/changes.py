"""Changes of rules and budgets: what waits for a second person, what each would do line by line, and the second person's word."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.market import programmes
from highstreet.market.views import city as views
from highstreet.policy import Change, Programme
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.city.difference import Line, difference
from highstreet.web.frame import GivenForm


class Effect(NamedTuple):
    """What a change would do. free: what the programme has to give, and would have; amount: what moves, in minor units."""

    amount: int
    free: int
    after: int
    lines: list[Line]
    goes: list[Words]
    comes: list[Words]
    told: list[policy.explaining.Told]
    batch: policy.budgets.NewBatch | None
    terms: Words


@get("/changes")
async def changes(desk: GivenDesk) -> Response[str]:
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        waiting = await policy.budgets.changes(tx)
        decided = await policy.budgets.decided(tx)
        names = await desk.names(
            tx, {by for one in [*waiting, *decided] for by in (one.proposed_by, one.decided_by) if by}
        )
        called = await names_of(desk, tx, {one.programme_id for one in [*waiting, *decided]})
    return desk.show("changes.html", waiting=waiting, decided=decided, names=names, called=called)


async def names_of(desk: Desk, tx: Tx, ids: set[str]) -> dict[str, str]:
    """What programmes are called in this person's language; their id while there are no rules."""
    found: dict[str, str] = {}
    for one in await policy.budgets.everyone(tx):
        if one.id in ids:
            found[one.id] = desk.words(policy.instruments.read(one.rules).name) if one.rules else one.id
    return found


@get("/changes/{change_id:str}")
async def change(desk: GivenDesk, change_id: FromPath[str]) -> Response[str]:
    desk.require("programmes")
    return await _page(desk, change_id)


async def _page(desk: Desk, change_id: str, refused: Refusal | None = None, said: str = "") -> Response[str]:
    async with desk.market.db.read() as tx:
        one = await policy.budgets.change(tx, change_id)
        purse = await views.purse(tx, one.programme_id, desk.now)
        names = await desk.names(tx, {by for by in (one.proposed_by, one.decided_by) if by})
        called = await names_of(desk, tx, {one.programme_id})
        kinds = await views.kinds(tx)
    return desk.show(
        "change.html",
        refused=refused,
        one=one,
        purse=purse,
        names=names,
        called=called[one.programme_id],
        effect=_effect(desk, one, purse, kinds),
        typed=said,
        mine=one.proposed_by == desk.by,
        today=desk.now.astimezone(desk.market.tz).date(),
    )


def _effect(desk: Desk, one: Change, purse: views.Purse, kinds: dict[str, Words]) -> Effect:
    before = policy.instruments.read(purse.rules) if purse.rules else None
    nothing = Effect(0, purse.free, purse.free, [], [], [], [], None, Words())
    if one.kind == "rules":
        text = str(one.body.get("rules", ""))
        told = policy.explaining.explain(policy.instruments.read(text), kinds)
        old = _sentences(policy.explaining.explain(before, kinds) if before else [])
        new = _sentences(told)
        return nothing._replace(
            lines=difference(purse.rules or "", text),
            goes=[words for words in old if words not in new] if before else [],
            comes=[words for words in new if words not in old] if before else [],
            told=told,
        )
    if one.kind == "budget":
        return nothing._replace(amount=one.body["amount"], after=purse.free + one.body["amount"])
    if one.kind == "batch":
        batch = policy.budgets.batch_of(one.body)
        whole = batch.amount * batch.claims
        return nothing._replace(
            amount=whole, after=purse.free - whole, batch=batch, terms=_terms(desk, before, batch)
        )
    return nothing._replace(amount=purse.free + purse.unclaimed, after=0)


def _sentences(told: list[policy.explaining.Told]) -> list[Words]:
    return [point.words for rule in told for point in rule.points]


def _terms(desk: Desk, programme: Programme | None, batch: policy.budgets.NewBatch) -> Words:
    rule = programme.rule_on(batch.opens_at, desk.market.tz) if programme else None
    if rule is None or len(rule.schedules) <= batch.schedule:
        return Words()
    return policy.eligibility.terms(rule.schedules[batch.schedule])


@post("/changes/{change_id:str}", status_code=200)
async def decide(desk: GivenDesk, change_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """The second person's word."""
    desk.require("programmes")
    accepted, said = form.get("verdict") == "accept", form.get("said")[:500]
    try:
        async with desk.market.db.transaction() as tx:
            one = await programmes.decide(tx, change_id, accepted, desk.by, desk.now, said)
    except Refusal as no:
        return await _page(desk, change_id, no, said)
    path = f"/programmes/{one.programme_id}"
    return desk.go(path, "Accepted; it holds from now on." if accepted else "Refused; they read your reason.")


ROUTES = [changes, change, decide]
