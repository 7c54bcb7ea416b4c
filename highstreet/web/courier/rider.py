"""Who rides: a courier with the round, the addresses that may be read for it, and how a page of the courier is shown."""

from __future__ import annotations

from urllib.parse import quote as escaped

import msgspec

from highstreet.kit.geo import Point, metres
from highstreet.market import attempts, carry
from highstreet.market.desk import Market
from highstreet.market.place import Contact
from highstreet.market.views import courier as views
from highstreet.market.views.courier import Stop
from highstreet.web import frame
from highstreet.web.at_work import AtWork
from highstreet.web.chosen import kinds_of_old
from highstreet.web.sessions import Visitor


class Leg(msgspec.Struct, frozen=True):
    """A stop as its courier sees it. to_door: metres from shop to door; contact only while it is carried."""

    stop: Stop
    contact: Contact | None
    door: Point | None
    to_door: int | None
    to_shop: int | None
    earns: int

    @property
    def going_back(self) -> bool:
        """Tried often enough: it is brought back to the shop."""
        return self.stop.state == "failed" and self.stop.tried >= attempts.MOST

    @property
    def map(self) -> str:
        """Opens the phone's own map: at the door once the goods are underway, else at the shop."""
        underway = self.stop.state in ("underway", "failed") and not self.going_back
        if underway and self.door is not None:
            return f"geo:{self.door.lat},{self.door.lon}?q={self.door.lat},{self.door.lon}"
        if underway and self.contact is not None:
            return f"geo:0,0?q={escaped(self.contact.address)}"
        return f"geo:{self.stop.lat},{self.stop.lon}?q={self.stop.lat},{self.stop.lon}"

    @property
    def roughly(self) -> int | None:
        """Half kilometres from shop to door, rounded up: enough to choose by, too coarse to find anybody."""
        return None if self.to_door is None else -(-self.to_door // 500)


class Rider(AtWork, frozen=True):
    """A courier at work. `fetch`: still at a shop, the nearest first; `bring`: with the courier, in the round's order."""

    surface = "courier"
    called = "rider"

    round: list[Leg]
    fetch: list[Leg]
    bring: list[Leg]

    @property
    def id(self) -> str:
        return self.session.party_id

    @property
    def old_kinds(self) -> dict[str, str]:
        """What people hand over for something new, in this courier's words."""
        return kinds_of_old(self.lang)


async def rider_of(market: Market, visitor: Visitor) -> Rider:
    """Who rides. Errors: SignInFirst, NotAllowed."""
    frame.acting_for(visitor, "carry")
    session = frame.signed_in(visitor)
    async with market.db.read() as tx:
        stops = await views.carried(tx, session.party_id)
    legs = [opened(market, visitor, stop) for stop in stops]
    return Rider(
        market,
        visitor,
        session,
        legs,
        sorted(
            (leg for leg in legs if leg.stop.state in ("planned", "ready")), key=lambda leg: leg.to_shop or 0
        ),
        [leg for leg in legs if leg.stop.state in ("underway", "failed")],
    )


def opened(market: Market, visitor: Visitor, stop: Stop) -> Leg:
    """A stop of one's own round, with its address until it is over."""
    leg = outlined(market, visitor, stop)
    if stop.state in ("done", "void"):
        return leg
    return msgspec.structs.replace(leg, contact=_contact(market, stop))


def outlined(market: Market, visitor: Visitor, stop: Stop) -> Leg:
    """A stop nobody has taken: what it earns and roughly how far it is, but not where to."""
    contact = _contact(market, stop)
    door = None
    if contact is not None and contact.lat is not None and contact.lon is not None:
        door = Point(contact.lat, contact.lon)
    to_door = metres(stop.at, door) if door else None
    return Leg(stop, None, door, to_door, stop.far_from(visitor.near), carry.pay(to_door))


def _contact(market: Market, stop: Stop) -> Contact | None:
    if stop.contact is None or stop.contact_key is None:
        return None
    return msgspec.json.decode(market.seal.open(stop.purchase, stop.contact_key, stop.contact), type=Contact)
