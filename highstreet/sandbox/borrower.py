"""What the borrower does at the pretended lender: sees the terms once more, takes the loan or not, is sent back to the shop."""

from datetime import UTC, datetime, timedelta

from litestar import Response, get, post

from highstreet.sandbox import loans
from highstreet.sandbox.bank import BankRefuses
from highstreet.sandbox.buyer import Call, desk_of, language, notify_at, page
from highstreet.sandbox.faults import Fault
from highstreet.sandbox.lending import LoanDesk
from highstreet.sandbox.loans import Terms
from highstreet.sandbox.page import (
    PRETEND,
    TEMPLATES,
    WORDS,
    PayIntent,
    Said,
    back_to_shop,
    draw_message,
    open_intent,
    price,
)

BRAND = Said("Pretend Lender", "假装贷")
MESSAGES: dict[str, tuple[Said, Said]] = {
    "forged": (
        Said("This link does not come from the market", "这个链接不是市场发出的"),
        Said("Nothing was borrowed. Go back to the shop and start from there.", "没有借款。请回到商店重新开始。"),
    ),
    "expired": (
        Said("These terms have expired", "贷款条款已过期"),
        Said("Nothing was borrowed. Go back to the shop and start again.", "没有借款。请回到商店重新开始。"),
    ),
    "paid": (
        Said("The loan is paid out", "贷款已发放"),
        Said("The shop has its money. Taking it again does nothing.", "商店已收到款项，再次申请无效。"),
    ),
    "declined": (
        Said("We cannot lend you this sum", "您的申请暂未通过"),
        Said(
            "Nothing was borrowed. You can pay in another way in the shop.",
            "没有借款。您可以回商店换一种付款方式。",
        ),
    ),
    "deciding": (
        Said("We are still deciding", "正在审批"),
        Said("You can go back; the shop hears from us.", "您可以先返回，结果会通知商店。"),
    ),
    "broken": (
        Said("Something broke here", "服务出错了"),
        Said("Nothing was borrowed by this click. Try again.", "这次点击没有借款。请重试。"),
    ),
}  # fmt: skip
SAYS: dict[str, Said] = {
    "take": Said("Take the loan", "确认借款"),
    "no": Said("Let the lender say no", "模拟拒绝"),
    "month": Said("a month", "每月"),
    "sum": Said("You pay back", "共需还款"),
    "cost": Said("of it interest and fees", "其中利息及费用"),
    "rate": Said("Annual rate", "年化利率"),
}
CHOICES: tuple[tuple[str, Said, Said], ...] = (
    (
        "late",
        Said("Decide in a minute", "一分钟后才答复"),
        Said("you go back without an answer", "先返回，稍后通知"),
    ),
    (
        "too_late",
        Said("Decide when it is too late", "超时后才批准"),
        Said("a minute after this page has expired; the money must go back", "付款期限过后一分钟批准，款项应退回"),
    ),
    (
        "lent_twice",
        Said("Lend twice", "重复放款"),
        Said("two loans, both are told; one must go back", "发放两笔并都通知，其中一笔应退回"),
    ),
    (
        "twice",
        Said("Lend, tell it several times", "放款，重复通知"),
        Said("the same notice two to four times at once", "同一通知同时发送两到四次"),
    ),
    (
        "forged",
        Said("Lend, badly signed first", "放款，首次签名错误"),
        Said("the first notice cannot be verified, the next can", "第一次通知验签失败，重发后正确"),
    ),
    (
        "wrong_amount",
        Said("Lend, tell a wrong amount", "放款，通知金额错误"),
        Said("the notice differs from the books", "通知与账目不一致"),
    ),
    ("short", Said("Lend too little", "少放一点"), Said("less is paid out than was asked", "实际放款少于申请")),
)  # fmt: skip
CHOSEN: dict[str, dict[Fault, int]] = {
    "take": {},
    "no": {},
    "late": {"answer_late": 1},
    "too_late": {},
    "lent_twice": {"approve_twice": 1},
    "twice": {"duplicate_notices": 1},
    "forged": {"wrong_signature": 1},
    "wrong_amount": {"wrong_amount": 1},
    "short": {"short_charge": 1},
}


class LoanIntent(PayIntent, frozen=True):
    """What the market asks a lender to pay; `sheet` is the signed text of the terms the buyer agreed to."""

    sheet: str = ""


def _read(call: Call, text: str, sig: str) -> tuple[LoanIntent, Terms]:
    secrets = call.app.state.secrets
    intent = open_intent(text, sig, secrets, LoanIntent)
    return intent, loans.read(intent.sheet, secrets)


def _said(what: str, lang: str, back: str = "") -> str:
    return draw_message(what, lang, back, said=MESSAGES, brand=BRAND)


def _stopped(desk: LoanDesk, intent: LoanIntent, terms: Terms, lang: str) -> Response[str] | None:
    """The page to show instead when this can no longer be chosen."""
    done = desk.bank.find("charge", intent.key)
    if done is not None:
        return page(_said(done.outcome, lang, back_to_shop(intent, done.outcome)))
    if desk.bank.application(intent.key) is not None:
        return page(_said("deciding", lang, back_to_shop(intent, "unknown")))
    if desk.now().timestamp() >= intent.expires or desk.now() >= terms.until:
        return page(_said("expired", lang, back_to_shop(intent, "unknown")), 410)
    return None


@get("/pay")
async def show_loan(request: Call) -> Response[str]:
    desk, lang = _desk(request), language(request)
    text, sig = request.query_params.get("intent", ""), request.query_params.get("sig", "")
    try:
        intent, terms = _read(request, text, sig)
    except BankRefuses as refusal:
        return page(_said("forged", lang), refusal.status)
    return _stopped(desk, intent, terms, lang) or page(
        TEMPLATES.get_template("loan.html").render(
            lang=lang, words=WORDS, brand=BRAND, pretend=PRETEND, intent=intent, text=text, sig=sig,
            terms=terms, says=SAYS, choices=CHOICES, rate=f"{terms.annual_rate / 100:.2f}%",
            money=lambda amount: price(amount, terms.currency),
        )
    )  # fmt: skip


@post("/pay")
async def choose_loan(request: Call) -> Response[str]:
    """Takes the loan, or whatever the pressed button says. Pressing again repeats the first answer."""
    desk, lang = _desk(request), language(request)
    form = await request.form()
    choice = str(form.get("choice", ""))
    try:
        intent, terms = _read(request, str(form.get("intent", "")), str(form.get("sig", "")))
        if choice not in CHOSEN:
            raise BankRefuses("malformed", 400, "There is no such button.")
        await desk.stumble(intent.key)
        stopped = _stopped(desk, intent, terms, lang)
        if stopped is not None:
            return stopped
        if CHOSEN[choice]:
            desk.dice.plan(intent.key, CHOSEN[choice])
        late = (
            datetime.fromtimestamp(intent.expires, UTC) + timedelta(minutes=1)
            if choice == "too_late"
            else None
        )
        url = notify_at(request, intent.notify_url)
        moved = desk.apply(intent.ask(), terms, url, choice == "no", late)
    except BankRefuses as refusal:
        return page(_said("broken" if refusal.status >= 429 else "forged", lang), refusal.status)
    outcome = moved.outcome if moved is not None else "unknown"
    return Response("", status_code=303, headers={"location": back_to_shop(intent, outcome)})


def _desk(call: Call) -> LoanDesk:
    desk = desk_of(call)
    assert isinstance(desk, LoanDesk)
    return desk
