"""Reviews: businesses that want to sell and licences they show, accepted or refused with a reason."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog, parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.web.frame import Form, GivenForm
from highstreet.web.operator.office import GivenOffice, Office


@get("/reviews")
async def reviews(office: GivenOffice) -> Response[str]:
    office.require("review")
    return await _page(office)


async def _page(office: Office, refused: Refusal | None = None, sent: Form | None = None) -> Response[str]:
    async with office.market.db.read() as tx:
        businesses = await parties.businesses.waiting_review(tx)
        licences = await parties.licences.waiting_review(tx)
        shown = {one.id: await parties.licences.licences_of(tx, one.id) for one in businesses}
        of = await parties.businesses.businesses(tx, [one.party_id for one in licences])
        due = await parties.particulars.to_check(tx, office.now)
        papers = {one.party_id: await parties.licences.licences_of(tx, one.party_id) for one in due}
        names = await office.names(tx, {one.looked_by for one in due if one.looked_by})
        mine = {role.party_id for role in office.session.roles}
    return office.show(
        "reviews.html",
        refused=refused,
        businesses=businesses,
        licences=licences,
        shown=shown,
        due=due,
        papers=papers,
        names=names,
        of=of,
        mine=mine,
        kinds=catalog.LICENCES,
        today=office.now.astimezone(office.market.tz).date(),
        sent=sent.get("id") if sent else "",
        reason=sent.get("reason") if sent else "",
    )


@post("/reviews/business", status_code=200)
async def review_business(office: GivenOffice, form: GivenForm) -> Response[Any]:
    return await _review(office, form, business=True)


@post("/reviews/licence", status_code=200)
async def review_licence(office: GivenOffice, form: GivenForm) -> Response[Any]:
    return await _review(office, form, business=False)


async def _review(office: Office, form: Form, *, business: bool) -> Response[Any]:
    office.require("review")
    accepted = form.get("verdict") == "accept"
    try:
        async with office.market.db.transaction() as tx:
            if business:
                await parties.businesses.review(
                    tx, form.get("id"), accepted, office.by, form.get("reason"), office.now
                )
            else:
                await parties.licences.review(
                    tx, form.get("id"), accepted, office.by, form.get("reason"), office.now
                )
    except Refusal as no:
        return await _page(office, no, form)
    return office.go(
        "/reviews", "Accepted; they are told." if accepted else "Refused; they read your reason."
    )


@post("/reviews/particulars", status_code=200)
async def confirm_particulars(office: GivenOffice, form: GivenForm) -> Response[Any]:
    """Somebody looked at who a business says it is, and all is true."""
    office.require("review")
    try:
        async with office.market.db.transaction() as tx:
            until = await parties.particulars.confirm(tx, form.get("id"), office.by, office.now)
    except Refusal as no:
        return await _page(office, no)
    day = until.astimezone(office.market.tz).date()
    return office.go("/reviews", "Written down. Look again by %(day)s.", day=day)


@get("/reviews/licences/{licence_id:str}/scan")
async def scan(office: GivenOffice, licence_id: FromPath[str]) -> Response[bytes]:
    """The scan a licence was shown with."""
    office.require("review")
    async with office.market.db.read() as tx:
        found = await parties.licences.licence(tx, licence_id)
    media = getattr(office.market, "media", None)
    if not found.scan or media is None:
        raise NotFound(office.say("scan"))
    path = catalog.picture_path(media / "licences", found.scan, catalog.SIZES[-1])
    if not path.is_file():
        raise NotFound(office.say("scan"))
    return Response(path.read_bytes(), media_type="image/webp", headers={"cache-control": "no-store"})


ROUTES = [reviews, review_business, review_licence, confirm_particulars, scan]
