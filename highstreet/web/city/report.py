"""A programme's report: its rules and sources, its money to the fen, what was claimed and redeemed; and what lots show it changed."""

from __future__ import annotations

import csv
import io

from litestar import Response, get
from litestar.params import FromPath

from highstreet.kit.errors import Refusal
from highstreet.market.views import city as views
from highstreet.web.city.accounts import account, figures
from highstreet.web.city.desk import GivenDesk


class NoPaper(Refusal):
    """A PDF is wanted of a market that was set up without what writes it."""

    code = "no_paper"
    status = 503
    en = "This market was set up without the extra that writes PDF files (report). The page and the table hold the same figures."
    zh = "本系统未安装 PDF 组件（report）。页面与表格中的数据相同。"


@get("/programmes/{programme_id:str}/report")
async def report(desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        one = await views.purse(tx, programme_id, desk.now)
    found = await account(desk, programme_id)
    today = desk.now.astimezone(desk.market.tz).date()
    return desk.show("report.html", one=one, it=found, today=today)


@get("/programmes/{programme_id:str}/report.csv")
async def table(desk: GivenDesk, programme_id: FromPath[str]) -> Response[bytes]:
    """Every figure in a row: what it is of, its name, and the figure. Amounts in the currency's own unit."""
    desk.require("programmes")
    found = await account(desk, programme_id)
    text = io.StringIO()
    csv.writer(text).writerows([("of", "name", "figure"), *(figures(found) if found else ())])
    # The mark at the beginning tells spreadsheets that these are Chinese letters.
    return _file(("\ufeff" + text.getvalue()).encode(), "text/csv; charset=utf-8", f"{programme_id}.csv")


@get("/programmes/{programme_id:str}/report.pdf")
async def paper(desk: GivenDesk, programme_id: FromPath[str]) -> Response[bytes]:
    """The same on paper. Errors: NoPaper."""
    desk.require("programmes")
    found = await account(desk, programme_id)
    try:
        from highstreet.web.city.paper import written
    except ModuleNotFoundError as e:
        raise NoPaper from e
    return _file(written(desk, found, programme_id), "application/pdf", f"{programme_id}.pdf")


def _file(content: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


ROUTES = [report, table, paper]
