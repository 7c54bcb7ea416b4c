"""What a drawn round changed, as rows for whoever reckons on. Effects and leverage are of different kinds in the first column."""

from __future__ import annotations

import csv
import io
from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from highstreet import policy
from highstreet.kit.errors import NotFound
from highstreet.kit.money import plain
from highstreet.web.city.desk import GivenDesk
from highstreet.web.city.effect import found_of

_COLUMNS = (
    "kind", "about", "winners", "others", "mean_winners", "mean_others", "difference", "se", "low_95", "high_95", "p", "detectable", "thin",
)  # fmt: skip


@get("/programmes/{programme_id:str}/effect.csv")
async def effect_csv(
    desk: GivenDesk, programme_id: FromPath[str], drawn: FromQuery[str] = ""
) -> Response[Any]:
    """The same as rows; amounts in the currency's own unit, for each person. Errors: NotFound."""
    desk.require("programmes")
    _, one, found = await found_of(desk, programme_id, drawn)
    if one is None or found is None:
        raise NotFound("round")
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(_COLUMNS)
    for name, each in found.estimates.items():
        sheet.writerow(_row("effect", name, each, one.currency))
    sheet.writerow(_row("effect, share", "bought", found.bought, ""))
    for division in found.divisions:
        differ = "differ" if division.found.differ else "no difference shown"
        for each in division.found.segments:
            about = f"{each.name} ({differ}, p {each.p_apart:.4f})"
            sheet.writerow(_row("effect, group", about, each.estimate, one.currency))
    per = found.per_yuan
    if per.ratio is not None and per.low is not None and per.high is not None:
        told = ["", "", "", "", f"{per.ratio:.4f}", "", f"{per.low:.4f}", f"{per.high:.4f}"]
        sheet.writerow(["effect for each unit of public money", "spending", *told])
    ratio = "" if found.leverage.ratio is None else f"{found.leverage.ratio:.4f}"
    sheet.writerow(["leverage, not an effect", "sales for each unit of public money", "", "", "", "", ratio])
    headers = {
        "content-disposition": f'attachment; filename="effect-{programme_id}-{one.drawn_at:%Y%m%d}.csv"'
    }
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _row(kind: str, about: str, one: policy.effects.Estimate, currency: str) -> list[str]:
    def amount(value: float) -> str:
        return plain(round(value), currency) if currency else f"{value:.5f}"

    return [
        kind, about, str(one.n_given), str(one.n_not_given), amount(one.given), amount(one.not_given), amount(one.difference),
        amount(one.se), amount(one.low), amount(one.high), f"{one.p:.5f}", amount(one.detectable), "yes" if one.thin else "",
    ]  # fmt: skip


ROUTES = [effect_csv]
