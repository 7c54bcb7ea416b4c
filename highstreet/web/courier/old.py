"""The old thing that goes back for the new one: taken at the door, with a picture where a programme wants to see one."""

from __future__ import annotations

from contextlib import suppress

from litestar.datastructures import UploadFile

from highstreet import catalog, policy
from highstreet.market import proofs
from highstreet.market.fulfil import Telling, tell
from highstreet.orders import NotNow
from highstreet.web.courier.photo import SIZE
from highstreet.web.courier.rider import Leg, Rider
from highstreet.web.frame import Form
from highstreet.web.sessions import AnyRequest


async def old_taken(rider: Rider, leg: Leg, form: Form, request: AnyRequest) -> None:
    """Told when the form says so, before the new thing is. Errors: those of reading a picture and of showing it."""
    if not leg.stop.old or not form.get("old"):
        return
    sent = (await request.form()).get("photo_old")
    if isinstance(sent, UploadFile) and (content := await sent.read()):
        picture = (await catalog.read_picture(content)).files[SIZE]
        order, media = leg.stop.order, policy.evidence.PICTURE
        for each in leg.stop.old:
            with suppress(policy.errors.EvidenceNotAsked):
                await proofs.show(
                    rider.market,
                    order,
                    each["line"],
                    "photo_old",
                    picture,
                    media,
                    rider.id,
                    rider.visitor.now,
                )
    if not leg.stop.old_taken:
        with suppress(NotNow):  # sent twice
            await tell(
                rider.market, Telling(leg.stop.order, "old_taken", "courier", rider.id), rider.visitor.now
            )
