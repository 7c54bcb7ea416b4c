"""Who stands at the till: for which business, at which of its places, and how a page of the till is shown."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.datastructures import Cookie

from highstreet import parties
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.errors import NotFound, Refusal, Unavailable
from highstreet.market import unsettled
from highstreet.market.desk import Market
from highstreet.market.till import Clerk
from highstreet.parties import Place
from highstreet.web import frame
from highstreet.web.at_work import AtWork
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest, Visitor

PLACE = "till_place"
_YEAR = 365 * 86_400


class WhichPlace(Exception):
    """The business has several places, or none: the page asks."""

    def __init__(self, places: list[Place]) -> None:
        super().__init__("which place")
        self.places = places


class Counter(AtWork, frozen=True):
    """Somebody at the till of one place."""

    surface = "till"
    called = "counter"

    clerk: Clerk
    place: Place
    business: str
    places: int
    open_ones: int

    @property
    def scope(self) -> str:
        """A till's forms are its place's, whoever stands there."""
        return f"till {self.place.id}"

    def may(self, action: parties.roles.Action) -> bool:
        return parties.may(self.session, action, self.clerk.seller_id)

    def require(self, action: parties.roles.Action) -> None:
        """Errors: NotAllowed."""
        parties.require(self.session, action, self.clerk.seller_id)


async def counter_of(request: AnyRequest, market: Market, visitor: Visitor, place_id: str = "") -> Counter:
    """Who sells here. Errors: SignInFirst, NotAllowed, WhichPlace; NotFound for a place of somebody else."""
    seller_id = frame.acting_for(visitor, "till")
    session = frame.signed_in(visitor)
    chosen = place_id or request.cookies.get(PLACE, "")
    async with market.db.read() as tx:
        places = await parties.places.places_of(tx, seller_id)
        business = await parties.businesses.business(tx, seller_id)
        mine = [one for one in places if one.id == chosen]
        if not mine and place_id:
            raise NotFound("place")
        if not mine and len(places) != 1:
            raise WhichPlace(places)
        place = (mine or places)[0]
        waiting = await unsettled.count_open(tx, place.id)
    clerk = Clerk(session.party_id, seller_id, place.id)
    return Counter(market, visitor, session, clerk, place, business.name, len(places), waiting)


def which_place(request: AnyRequest, error: WhichPlace) -> Response[Any]:
    """Asks at which place this till stands."""
    visitor: Visitor = request.state.visitor
    return frame.show(visitor, "till/place.html", places=error.places)


def as_json(_request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """A no for the till's own script: {code, said}."""
    refusal = error if isinstance(error, Refusal) else Unavailable()
    said = unsettled.said(refusal)
    return Response({"code": refusal.code, "said": said}, status_code=refusal.status)


JSON_ERRORS: dict[Any, Any] = {Refusal: as_json, DatabaseAway: as_json, DatabaseBusy: as_json}
PAGE_ERRORS: dict[Any, Any] = {WhichPlace: which_place}


@post("/till/place")
async def choose_place(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """This till stands here from now on; the browser remembers it."""
    seller_id = frame.acting_for(visitor, "till")
    async with market.db.read() as tx:
        places = await parties.places.places_of(tx, seller_id)
    if form.get("place") not in [one.id for one in places]:
        raise NotFound("place")
    kept = Cookie(key=PLACE, value=form.get("place"), path="/", max_age=_YEAR, samesite="lax", httponly=True)
    return frame.go(visitor, "/till", cookies=(kept,))
