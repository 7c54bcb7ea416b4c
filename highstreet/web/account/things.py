"""What one holds: tickets, books, prints, seats of software; one of them with its code; and what others offer."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from highstreet import parties
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import spoken
from highstreet.logistics import Entitlement
from highstreet.market import handing_on
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.views import shop as orders
from highstreet.market.views import things as views
from highstreet.market.views.things import Thing
from highstreet.market.work import Work
from highstreet.web.account.contents import inside
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, show, signed_in
from highstreet.web.shop.follow import qr_of
from highstreet.web.shop.shelves import drawn


class Held(msgspec.Struct, frozen=True):
    """A thing somebody may see. `holds`: it is theirs now, so they see its code; `bought`: they paid for it. `key`: a guest's link."""

    thing: Thing
    work: Work
    one: Entitlement
    form: Format
    holds: bool
    bought: bool
    key: str

    @property
    def path(self) -> str:
        return f"/things/{self.thing.id}"

    @property
    def query(self) -> str:
        return f"?key={self.key}" if self.key else ""


async def held(market: Market, visitor: Visitor, entitlement_id: str, asked: Form) -> Held:
    """A thing, for who holds it or bought it. Errors: NotFound for everybody else."""
    async with market.db.read() as tx:
        thing = await views.thing(tx, entitlement_id)
        work = await orders.order_of(tx, thing.order_id) if thing is not None else None
    if thing is None or work is None:
        raise NotFound("ticket")
    me = visitor.session.party_id if visitor.session else None
    guest = asked.get("key") == market.link_signer.short(thing.order_id)
    bought = me == thing.buyer_id if me is not None else guest and thing.buyer_id is None
    # The link of an order shows what nobody has taken into an account; what was handed on is its holder's alone.
    holds = me == thing.holder_id if thing.holder_id is not None else guest
    if guest and thing.holder_id == thing.buyer_id:
        holds = bought = True
    if not (holds or bought):
        raise NotFound("ticket")
    one = next(each for each in work.entitlements if each.id == thing.id)
    key = asked.get("key") if guest else ""
    return Held(thing, work, one, market.format(thing.format), holds, bought, key)


@get("/things")
async def things(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """Everything somebody holds, what comes next first."""
    person = signed_in(visitor).party_id
    async with market.db.read() as tx:
        mine = await views.things_of(tx, person)
        offered = await views.offered_to(tx, person, visitor.now)
    return show(
        visitor,
        "account/things.html",
        coming=[one for one in mine if not one.over(visitor.now)],
        past=[one for one in reversed(mine) if one.over(visitor.now)][:50],
        offered=offered,
        drawn=drawn,
    )


@get("/things/{entitlement_id:str}")
async def thing(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, entitlement_id: FromPath[str]
) -> Response[str]:
    """One of them: its code, who has it, handing it on, and what became of it."""
    return await page(market, visitor, await held(market, visitor, entitlement_id, asked))


async def page(
    market: Market, visitor: Visitor, found: Held, refused: str = "", status: int = 200
) -> Response[str]:
    """The page of a thing."""
    work, one, now = found.work, found.one, visitor.now
    offered = found.holds and one.offered(now)
    people = {
        each
        for told in work.told
        if told.body.get("entitlement") == one.id
        for each in (told.body.get("to"),)
    }
    async with market.db.read() as tx:
        team = await views.colleagues_of(tx, found.thing.buyer_id or "") if found.bought else []
        known = [each for each in {*people, *team, one.holder_id} if isinstance(each, str) and each]
        names = await parties.people.names(tx, market.seal, known)
    gift = f"{visitor.url}{found.path}/gift?key={handing_on.token_of(market, one)}"
    opens = (
        found.holds and found.form.grants != "entry" and one.state != "void" and work.order.stage == "done"
    )
    shows = found.holds and one.state != "void" and one.what == "entry"
    return show(
        visitor,
        "account/thing.html",
        status=status,
        found=found,
        thing=found.thing,
        number=spoken(found.thing.number),
        code=qr_of(market, one.named()) if shows and not found.thing.over(now) else None,
        gift=gift if offered and one.offered_to == "" else "",
        offered=offered,
        may_hand_on=found.holds and handing_on.may_hand_on(work, one, now),
        left=handing_on.passes_left(work, one),
        last=handing_on.last_moment(work),
        may_return=found.holds
        and not found.bought
        and not (one.state == "used" and one.what != "collectible"),
        team=[(each, names.get(each, each)) for each in team]
        if found.bought and handing_on.may_assign(work, one)
        else [],
        names=names,
        history=[told for told in work.told if told.body.get("entitlement") == one.id],
        opens=opens and one.state == "valid",
        inside=await inside(market, visitor, work, one) if opens and one.state == "used" else None,
        refused=refused,
        drawn=drawn,
    )
