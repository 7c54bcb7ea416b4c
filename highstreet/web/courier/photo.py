"""A picture as proof: taken at the door, written anew without what the camera added, and shown to those of the order alone."""

from __future__ import annotations

from litestar import Response, get
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from highstreet import catalog, logistics, parties
from highstreet.market.views import photos as views
from highstreet.orders import NoSuchOrder, NotNow
from highstreet.web.courier.rider import Leg, Rider
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest, Visitor

SIZE = 800  # pixels of the longer side: enough to see a parcel and a door


async def taken(rider: Rider, leg: Leg, request: AnyRequest) -> bool:
    """Keep the picture of a sent form; False when there is none. Errors: those of `catalog.read_picture`, NotNow."""
    sent = (await request.form()).get("photo")
    if not isinstance(sent, UploadFile) or not (content := await sent.read()):
        return False
    if leg.stop.state not in ("underway", "failed"):
        return True  # sent again after silence: kept already
    read = await catalog.read_picture(content)
    stop, market = leg.stop, rider.market
    if stop.contact_key is None:
        raise NotNow
    sealed = market.seal.close(stop.purchase, stop.contact_key, read.files[SIZE])
    async with market.db.transaction() as tx:
        await logistics.photos.keep(tx, stop.leg, rider.id, sealed, rider.visitor.now)
    return True


@get("/orders/{order_id:str}/photo")
async def photo(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[bytes]:
    """For the order's buyer (also by the guest's `key`), its courier, and those of the shop who see orders. Errors: NoSuchOrder."""
    async with market.db.read() as tx:
        found = await views.photo(tx, order_id)
    if found is None or found.contact_key is None:
        raise NoSuchOrder
    if not may_see(visitor, found, asked.get("key") == market.link_signer.short(order_id)):
        raise NoSuchOrder
    content = market.seal.open(found.purchase, found.contact_key, found.content)
    return Response(content, media_type="image/webp", headers={"cache-control": "no-store"})


def may_see(visitor: Visitor, found: views.Photo, by_link: bool) -> bool:
    """Whether it is the visitor's own: bought, sold or carried."""
    session = visitor.session
    if by_link:
        return True
    if session is None:
        return False
    own = session.party_id in (found.buyer_id, found.courier_id)
    return own or parties.may(session, "see_orders", found.seller_id)
