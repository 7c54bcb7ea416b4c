"""Settlements of public money, for the seller whose sales they are of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from highstreet import policy
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.errors import NotFound
from highstreet.market import settling


class Row(msgspec.Struct, frozen=True):
    """One order's public money, in minor units. before: settled of it earlier; withheld: why it waits ('' when settled)."""

    name: str
    order: str
    amount: int
    before: int
    withheld: str
    in_audit_sample: bool
    evidence: dict[str, Any]


class Settled(msgspec.Struct, frozen=True):
    """A settlement, this seller's part of it. seed: of the audit sample, whose SHA-256 was told while the period ran."""

    id: str
    programme: str
    number: int
    since: datetime
    until: datetime
    currency: str
    amount: int
    withheld: int
    state: str
    seed: str
    seed_sha256: str
    files: dict[str, str]
    rows: list[Row]


@get("/api/settlements/{settlement_id:str}", tags=["public money"])
async def see_settlement(
    request: Call, settlement_id: FromPath[str], csv: FromQuery[bool] = False
) -> Response[Settled] | Response[str]:
    """What of a programme's money became the token's business's in a period, with its evidence; `csv`: its file. Scope money:read."""
    token = await must_have(request, "takings")
    async with market_of(request).db.read() as tx:
        one = await policy.settlements.settlement(tx, settlement_id)
        rows = await policy.settlements.rows_of(tx, one.id, token.party_id)
        if not rows:
            raise NotFound("settlement")
        seed = await policy.settlements.seed_of(tx, one.programme_id, one.n)
        if csv:
            text = (await settling.files(tx, one))[f"{token.party_id}.csv"]
            headers = {"content-disposition": f'attachment; filename="{one.programme_id}-{one.n}.csv"'}
            return Response(text, media_type="text/csv", headers=headers)
    told = [Row(r.name, r.order_id, r.amount, r.before, r.withheld, r.sampled, r.evidence) for r in rows]
    files = {
        name.removeprefix(f"{token.party_id}."): sha
        for name, sha in one.files.items()
        if name.startswith(f"{token.party_id}.")
    }
    amount = sum(row.amount for row in told if not row.withheld)
    withheld = sum(row.amount for row in told if row.withheld)
    return Response(
        Settled(
            one.id, one.programme_id, one.n, one.since, one.until, one.currency, amount, withheld, one.state,
            seed.seed if seed else "", seed.seed_sha256 if seed else "", files, told,
        )
    )  # fmt: skip
