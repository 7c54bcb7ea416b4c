"""A receipt, 80 mm wide, with a code that leads the customer to the order; and the code a customer pays with."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from highstreet.kit.ids import spoken
from highstreet.market import pay_codes
from highstreet.market.views import till as views
from highstreet.market.work import Work
from highstreet.web.drawn import qr
from highstreet.web.frame import GivenMarket, GivenVisitor, show, signed_in
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import PAGE_ERRORS, counter_of


@get("/till/receipts/{order_id:str}", exception_handlers=PAGE_ERRORS)
async def receipt(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str]
) -> Response[str]:
    """Errors: NoSuchOrder, also for another shop's."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        work = await views.order(tx, counter.clerk.seller_id, order_id=order_id)
    link = f"{visitor.url}/orders/{order_id}?key={market.link_signer.short(order_id)}"
    return counter.show(
        "receipt.html", work=work, number=spoken(work.order.number), code=qr(link), payers=_payers(work)
    )


def _payers(work: Work) -> list[tuple[dict[str, str], int]]:
    """Which public money paid how much of this sale, each programme by its name; the rest is the customer's."""
    paid: dict[str, tuple[dict[str, str], int]] = {}
    for line in work.lines:
        for off in line.adjustments:
            # Sellers, brands and the platform are parties; a programme is named by itself.
            if off.funder not in ("seller", "platform") and not off.funder.startswith("pty_"):
                name, before = paid.get(off.funder, (off.name, 0))
                paid[off.funder] = (name, before - off.amount)
    return list(paid.values())


@get("/till/receipts/{order_id:str}/code.svg", media_type="image/svg+xml")
async def receipt_code(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str]
) -> Response[str]:
    """The QR code of a receipt the till's script prints. Errors: NoSuchOrder."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        await views.order(tx, counter.clerk.seller_id, order_id=order_id)
    link = f"{visitor.url}/orders/{order_id}?key={market.link_signer.short(order_id)}"
    text = qr(link).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return Response(text, media_type="image/svg+xml", headers={"cache-control": "private, max-age=3600"})


@get("/pay-code")
async def pay_code(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """What a customer shows at a till to pay from the wallet."""
    code = pay_codes.pay_code(market, signed_in(visitor).party_id, visitor.now)
    until = visitor.now + pay_codes.CODE_GOOD_FOR
    return show(visitor, "till/pay_code.html", part="code", code=code, picture=qr(code), until=until)
