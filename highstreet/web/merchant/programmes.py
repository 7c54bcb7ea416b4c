"""Public money for shops: which programmes there are, and what each one is to this shop."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from litestar import Response, get

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.market.views import enrolling as views
from highstreet.policy import Programme, Rule
from highstreet.web.merchant.desk import Desk, GivenDesk


class Seen(NamedTuple):
    """A programme as this shop sees it. rule: in force now, else the last one."""

    one: views.Open
    programme: Programme
    rule: Rule
    asked: policy.applications.Application | None
    enrolled: policy.enrolments.Enrolment | None

    def takes_part(self, now: datetime) -> bool:
        e = self.enrolled
        return e is not None and (e.ends_at is None or e.ends_at > now)


async def seen_by(tx: Tx, desk: Desk) -> list[Seen]:
    now = desk.visitor.now
    asked = await policy.applications.latest(tx, desk.id)
    enrolled = await policy.enrolments.of_seller(tx, desk.id)
    found: list[Seen] = []
    for one in await views.open_to(tx, desk.id, now):
        programme = policy.instruments.read(one.rules)
        rule = programme.rule_on(now, desk.market.tz) or programme.rules[-1]
        found.append(Seen(one, programme, rule, asked.get(one.id), enrolled.get(one.id)))
    return found


@get("/programmes")
async def programmes(desk: GivenDesk) -> Response[str]:
    desk.require("takings")
    async with desk.market.db.read() as tx:
        found = await seen_by(tx, desk)
        sums = {
            seen.one.id: sum(b.left for b in await views.brought(tx, seen.one.id, desk.id))
            for seen in found
            if seen.enrolled
        }
        cases = await policy.clawbacks.cases(tx, seller_id=desk.id)
    open_ = [case for case in cases if case.state == "open" and case.answer is None]
    return desk.show(
        "programmes.html", at="/merchant/takings", found=found, sums=sums, open_cases=open_, now=desk.visitor.now,
        terms=policy.eligibility.terms,
    )  # fmt: skip


ROUTES = [programmes]
