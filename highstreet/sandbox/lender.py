"""A lender that only pretends, as its own small HTTP server: it pays the whole price at once, the buyer pays it back by the month.

    python -m highstreet.sandbox.lender --port 8702 --secret S --notify URL [--seed N] [--state FILE]

`GET /plans` and `GET /sheets` say what a loan costs, each term sheet as a signed text. Buyers come to `GET /pay` with an intent that
carries the sheet they agreed to; the lender decides there, or later. The rest is as at the payment provider: refunds, statement, notices,
and what goes wrong (faults.py) with `PUT /faults`. `POST /applications/{key}` decides by hand what was put off.
"""

import msgspec
from litestar import Litestar, get, post
from litestar.params import FromPath

from highstreet.kit.clock import Clock, system_clock
from highstreet.sandbox import loans
from highstreet.sandbox.bank import Ask, BankRefuses, iso
from highstreet.sandbox.borrower import choose_loan, show_loan
from highstreet.sandbox.buyer import Call, desk_of, notify_at
from highstreet.sandbox.lending import TOWN, LoanBank, LoanDesk
from highstreet.sandbox.loans import Loan
from highstreet.sandbox.payments import (
    RefundBody,
    Told,
    body_of,
    key_of,
    only_the_market,
    open_for_business,
    run,
    see_refund,
    statement,
    told,
)


class Reach(msgspec.Struct, frozen=True):
    """Who lends, from how much to how much, and over how many months."""

    lender: dict[str, str]
    currency: str
    least: int
    most: int
    months: list[int]


class Sheets(msgspec.Struct, frozen=True):
    """One signed text for each plan."""

    sheets: list[str]


class Reduced(msgspec.Struct, frozen=True):
    """A refund as every provider tells it, and the loan as it stands after it."""

    kind: str
    key: str
    of: str
    amount: int
    currency: str
    outcome: str
    provider_ref: str
    at: str
    loan: Loan


class Verdict(msgspec.Struct, frozen=True):
    approve: bool


def lending(call: Call) -> LoanDesk:
    desk = desk_of(call)
    assert isinstance(desk, LoanDesk)
    return desk


@get("/plans", guards=[only_the_market])
async def plans(request: Call) -> Reach:
    await desk_of(request).stumble("plans")
    return Reach(loans.NAME, loans.CURRENCY, loans.LEAST, loans.MOST, [plan.months for plan in loans.PLANS])


@get("/sheets", guards=[only_the_market])
async def sheets(request: Call) -> Sheets:
    """The term sheets for an amount; none when it is not lent."""
    desk, query = desk_of(request), request.query_params
    await desk.stumble("sheets")
    amount = query.get("amount", "")
    if not (amount.isascii() and amount.isdigit() and len(amount) < 16):
        raise BankRefuses("amount_out_of_range", 422, "An amount is a whole number of minor units above 0.")
    now = desk.now()
    begins = (now + TOWN).date()
    return Sheets(
        loans.sheets(int(amount), query.get("currency", ""), begins, now, request.app.state.secrets[0])
    )


@get("/charges/{key:str}", guards=[only_the_market])
async def see_application(request: Call, key: FromPath[str]) -> Told:
    """A loan that is paid out, refused, or still to be decided (outcome `deciding`)."""
    desk = lending(request)
    known = desk.bank.application(key)
    if known is None or desk.bank.find("charge", key) is not None:
        return told(await desk.look("charge", key))
    await desk.stumble(key)
    return Told("charge", key, "", known.amount, known.currency, "deciding", "", iso(known.decide_at), 0)


@post("/refunds", guards=[only_the_market], status_code=200)
async def reduce(request: Call) -> Reduced:
    """Money back: the loan is reduced or cancelled, and the answer says how it stands then."""
    asked = await body_of(request, RefundBody)
    desk = lending(request)
    ask = Ask("refund", key_of(request), asked.charge_key, asked.amount, asked.currency)
    done = told(await desk.call(ask, notify_at(request, asked.notify_url)))
    return Reduced(
        done.kind, done.key, done.of, done.amount, done.currency, done.outcome, done.provider_ref, done.at,
        desk.loan(done.of),
    )  # fmt: skip


@get("/loans/{key:str}", guards=[only_the_market])
async def see_loan(request: Call, key: FromPath[str]) -> Loan:
    desk = lending(request)
    await desk.stumble(key)
    return desk.loan(key)


@post("/applications/{key:str}", guards=[only_the_market], status_code=200)
async def decide(request: Call, key: FromPath[str]) -> Told:
    """Decides now what was put off, for whoever tries things out."""
    return told(lending(request).decide(key, (await body_of(request, Verdict)).approve))


ROUTES = (
    *(show_loan, choose_loan, plans, sheets, see_application, reduce, see_refund, see_loan, decide),
    statement,
)


def create_app(
    secrets: list[str],
    notify_url: str = "",
    seed: int = 0,
    state_file: str = ":memory:",
    first_wait: float = 1.0,
    clock: Clock = system_clock,
) -> Litestar:
    """The lender."""
    return open_for_business(
        ROUTES, secrets, notify_url, seed, state_file, first_wait, clock, LoanBank, LoanDesk
    )


if __name__ == "__main__":
    run("lender", "highstreet.sandbox.lender", 8702, create_app, __doc__)
