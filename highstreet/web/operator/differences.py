"""Reconciliation: how our books and the provider's statement differ, as a page and as a file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from litestar import Response, get

from highstreet import ledger
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.money import plain
from highstreet.ledger import ProviderAway, ProviderRefused
from highstreet.market import errands
from highstreet.web.frame import GivenForm
from highstreet.web.operator.office import GivenOffice, Office

WHATS = ("missing_here", "missing_there", "amount", "currency", "state", "twice")
_LONGEST = timedelta(days=92)


@get("/books/differences")
async def differences(office: GivenOffice, asked: GivenForm) -> Response[str]:
    """What the provider's statement and our books do not agree on, from a day to a day."""
    office.require("books")
    first, last = _days(office, asked.get("since"), asked.get("until"))
    provider, what = asked.get("provider"), asked.get("what")
    try:
        found = await _differences(office, first, last, provider)
        away = ""
    except (ProviderAway, ProviderRefused):
        found, away = [], provider or next(iter(office.market.providers), "")
    counts = {one: sum(1 for d in found if d.what == one) for one in WHATS}
    return office.show(
        "differences.html",
        status=502 if away else 200,
        found=[one for one in found if not what or one.what == what][:500],
        counts=counts,
        all=len(found),
        away=away,
        since=first,
        until=last,
        provider=provider,
        providers=sorted(office.market.providers),
        what=what,
    )


@get("/books/differences.csv")
async def differences_file(office: GivenOffice, asked: GivenForm) -> Response[bytes]:
    office.require("books")
    first, last = _days(office, asked.get("since"), asked.get("until"))
    provider, what = asked.get("provider"), asked.get("what")
    try:
        found = await _differences(office, first, last, provider)
    except ProviderAway:
        raise NotFound(office.say("statement of the provider")) from None
    lines: list[list[str]] = [
        ["at", "about", "key", "what", "ours", "theirs", "currency", "state", "provider_ref"]
    ]
    for one in found:
        if what and one.what != what:
            continue
        amounts = ["" if each is None else plain(each, one.currency) for each in (one.ours, one.theirs)]
        texts = [ledger.statements.text_cell(each) for each in (one.currency, one.state, one.provider_ref)]
        lines.append(
            [one.at.isoformat(), one.about, ledger.statements.text_cell(one.key), one.what, *amounts, *texts]
        )
    name = f"differences-{first.isoformat()}-{last.isoformat()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(
        ledger.statements.sheet(lines).encode(), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _differences(
    office: Office, first: date, last: date, provider: str
) -> list[ledger.reconcile.Difference]:
    tz = office.market.tz
    start = datetime.combine(first, time.min, tz).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, tz).astimezone(UTC)
    return await errands.reconcile(office.market, start, end, provider or None)


def _days(office: Office, since: str, until: str) -> tuple[date, date]:
    """The days asked for; the last week when none were. Errors: Malformed."""
    today = office.now.astimezone(office.market.tz).date()
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last - timedelta(days=6)
    except ValueError:
        raise Malformed(office.say("From"), "is not a day", "不是有效日期") from None
    if not first <= last <= first + _LONGEST:
        raise Malformed(
            office.say("From"), "up to three months, the first day first", "最多三个月，起始日期在前"
        )
    return first, last


ROUTES = [differences, differences_file]
