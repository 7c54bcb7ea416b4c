"""On prescription: whether the visitor has a prescription for what an offer sells, what its pharmacist said, and where to book a visit."""

from __future__ import annotations

import msgspec

from highstreet import parties
from highstreet.market import visits as flow
from highstreet.market.desk import Market
from highstreet.market.shelf import ForSale
from highstreet.market.views import visits as views
from highstreet.web.sessions import Visitor


class OnPrescription(msgspec.Struct, frozen=True):
    """`mine`: those that cover it, the ones that can be used first; `to_book`: where one can be asked for."""

    mine: list[parties.prescriptions.Covering]
    to_book: list[views.Clinic]
    guest: bool

    @property
    def usable(self) -> list[parties.prescriptions.Covering]:
        return [one for one in self.mine if one.accepted]


async def on_prescription(market: Market, visitor: Visitor, goods: ForSale) -> OnPrescription | None:
    """None for what anybody may buy."""
    if goods.rx is None:
        return None
    session = visitor.session
    formats = sorted({market.format(code).name for code in flow.prescribing(market)})
    async with market.db.read() as tx:
        mine = (
            await parties.prescriptions.covering(
                tx, market.seal, session.party_id, goods.rx, goods.seller_id, visitor.now
            )
            if session
            else []
        )
        to_book = await views.to_book(tx, formats)
    return OnPrescription(sorted(mine, key=lambda one: not one.accepted), to_book, session is None)
