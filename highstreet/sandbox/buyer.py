"""What the buyer does at the pretended provider: sees what is asked, presses a button, is sent back."""

from litestar import Request, Response, get, post
from litestar.datastructures import State

from highstreet.sandbox.bank import BankRefuses
from highstreet.sandbox.desk import Desk
from highstreet.sandbox.faults import Fault
from highstreet.sandbox.page import PayIntent, back_to_shop, draw_message, draw_payment, open_intent

Call = Request[None, None, State]

PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# What a button of the page makes go wrong, once, for its payment.
CHOSEN: dict[str, dict[Fault, int]] = {
    "pay": {},
    "decline": {},
    "lost_answer": {"lose_notice": 1},
    "twice": {"duplicate_notices": 1},
    "forged": {"wrong_signature": 1},
    "wrong_amount": {"wrong_amount": 1},
    "short": {"short_charge": 1},
}


def desk_of(call: Call) -> Desk:
    desk = call.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def notify_at(call: Call, asked: str) -> str:
    return asked or str(call.app.state.notify_url)


def language(call: Call) -> str:
    asked = call.query_params.get("lang", "") or call.headers.get("accept-language", "")
    return "zh" if asked.lower().startswith("zh") else "en"


def page(html: str, status: int = 200) -> Response[str]:
    return Response(html, status_code=status, media_type="text/html", headers=PAGE_HEADERS)


def stop_page(desk: Desk, intent: PayIntent, lang: str) -> Response[str] | None:
    """The page to show instead of the payment when this intent can no longer be paid."""
    done = desk.bank.find("charge", intent.key)
    if done is not None:
        return page(draw_message(done.outcome, lang, back_to_shop(intent, done.outcome), done))
    if desk.now().timestamp() >= intent.expires:
        return page(draw_message("expired", lang, back_to_shop(intent, "unknown")), 410)
    return None


@get("/")
async def front(request: Call) -> Response[str]:
    return page(draw_message("nothing", language(request)))


@get("/pay")
async def show(request: Call) -> Response[str]:
    desk, lang = desk_of(request), language(request)
    text, sig = request.query_params.get("intent", ""), request.query_params.get("sig", "")
    try:
        intent = open_intent(text, sig, request.app.state.secrets)
    except BankRefuses as refusal:
        return page(draw_message("forged", lang), refusal.status)
    return stop_page(desk, intent, lang) or page(draw_payment(intent, text, sig, desk.now(), lang))


@post("/pay")
async def choose(request: Call) -> Response[str]:
    """Pays, or whatever the pressed button says. Pressing again repeats the first answer."""
    desk, lang = desk_of(request), language(request)
    form = await request.form()
    choice = str(form.get("choice", ""))
    try:
        intent = open_intent(str(form.get("intent", "")), str(form.get("sig", "")), request.app.state.secrets)
        if choice not in CHOSEN:
            raise BankRefuses("malformed", 400, "There is no such button.")
        await desk.stumble(intent.key)
        stopped = stop_page(desk, intent, lang)
        if stopped is not None:
            return stopped
        if CHOSEN[choice]:
            desk.dice.plan(intent.key, CHOSEN[choice])
        ask = intent.ask(str(form.get("account", "")).strip()[:40])
        moved, _ = desk.settle(ask, notify_at(request, intent.notify_url), choice == "decline")
    except BankRefuses as refusal:
        return page(draw_message("broken" if refusal.status >= 429 else "forged", lang), refusal.status)
    if choice == "lost_answer" and moved.outcome == "paid":
        return page(draw_message("lost", lang, moved=moved))
    return Response("", status_code=303, headers={"location": back_to_shop(intent, moved.outcome)})
