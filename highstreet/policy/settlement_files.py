"""Settlement files: the same text for everybody who asks, so that its SHA-256 on the page proves what was downloaded.

For each seller a CSV (for a spreadsheet) and JSON lines (for a program), the same two over all sellers, and for the treasury a sheet
of totals. Texts from outside never become a formula of a spreadsheet.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from highstreet.kit.money import plain
from highstreet.policy.settlements import Settlement, SettlementRow

TREASURY = "treasury.csv"
ALL_CSV, ALL_JSONL = "all.csv", "all.jsonl"
COLUMNS = (
    "row", "order", "seller", "seller_name", "amount", "currency", "out_now", "settled_before", "withheld", "in_audit_sample", "claims",
    "rule_from", "rule_source", "lines", "buyer_sha256", "paid", "proof", "receipt", "serials", "went_in", "came_back",
)  # fmt: skip
TREASURY_COLUMNS = (
    "seller",
    "seller_name",
    "orders",
    "settled",
    "withheld",
    "clawed_back",
    "currency",
    "file_sha256",
)


def csv_of(head: Settlement, rows: Sequence[SettlementRow]) -> str:
    """One line for each transaction, with its evidence."""
    lines: list[Sequence[str]] = [COLUMNS]
    for row in rows:
        e, cur = row.evidence, head.currency
        seller, rule = e.get("seller", {}), e.get("rule") or {}
        lines.append(
            (
                row.name, str(e["order"]), row.seller_id, _cell(seller.get("name", "")), plain(row.amount, cur), cur,
                plain(row.moved, cur), plain(row.before, cur), row.withheld, "yes" if row.sampled else "",
                " ".join(one["id"] for one in e["claims"]), rule.get("from", ""), _cell(rule.get("source", "")),
                _cell("; ".join(_line(one, cur) for one in e["lines"])), e["buyer"] or "",
                "; ".join(f"{one['how']} {one['reference']} {plain(one['amount'], cur)}" for one in e["paid"]),
                "; ".join(f"{one['kind']} {one['reference']} {one.get('sha256') or ''}".strip() for one in [*e["proof"], *e["papers"]]),
                str(e["receipt"]), " ".join(e["serials"]), plain(e["went_in"], cur), plain(e["came_back"], cur),
            )
        )  # fmt: skip
    return _sheet(lines)


def _line(one: dict[str, Any], currency: str) -> str:
    base, part = plain(one["base"], currency), plain(one["kept_amount"], currency)
    return f"{one['position']}: {one['title']} x{one['quantity']} base {base}, {one['terms']} = {part}"


def jsonl_of(head: Settlement, rows: Sequence[SettlementRow]) -> str:
    """The same for a program: first what it is of, then a line for each transaction. Amounts in minor units."""
    first = {
        "settlement": head.id, "programme": head.programme_id, "number": head.n, "since": head.since, "until": head.until,
        "currency": head.currency, "rows": len(rows),
    }  # fmt: skip
    told = [first, *({"seller": row.seller_id, **msgspec.to_builtins(row)} for row in rows)]
    return "".join(msgspec.json.encode(one, order="sorted").decode() + "\n" for one in told)


def treasury_csv(
    head: Settlement, rows: Sequence[SettlementRow], clawed: Mapping[str, int], hashes: Mapping[str, str]
) -> str:
    """Totals by seller, and how they come to what the ledger says left the programme: each line is one of the equation's parts."""
    cur = head.currency
    lines: list[Sequence[str]] = [TREASURY_COLUMNS]
    names = {row.seller_id: row.evidence.get("seller", {}).get("name", "") for row in rows}
    for seller in sorted({*names, *clawed}):
        mine = [row for row in rows if row.seller_id == seller]
        lines.append(
            (
                seller, _cell(names.get(seller, "")), str(len(mine)), plain(sum(r.amount for r in mine if not r.withheld), cur),
                plain(sum(r.amount for r in mine if r.withheld), cur), plain(clawed.get(seller, 0), cur), cur,
                hashes.get(f"{seller}.csv", ""),
            )
        )  # fmt: skip
    lines += [
        (),
        ("settlement", head.id, "number", str(head.n), "programme", head.programme_id, "", ""),
        ("since", head.since.isoformat(), "until", head.until.isoformat(), "", "", "", ""),
        ("paid into orders in this period", plain(head.went_in, cur)),
        ("came back from orders in this period", plain(-head.came_back, cur)),
        ("out of the programme at the end", plain(head.moved, cur)),
        ("settled before", plain(head.before, cur)),
        ("settled now", plain(head.amount, cur)),
        ("held for orders under way", plain(head.held, cur)),
        ("withheld", plain(head.withheld, cur)),
        ("difference", plain(head.difference, cur)),
        ("clawed back in this period, besides", plain(head.clawed, cur)),
    ]
    lines += [
        ("difference:", _cell(str(one.get("order") or "no order")), plain(one["amount"], cur))
        for one in head.unexplained
    ]
    return _sheet(lines)


def files_of(head: Settlement, rows: Sequence[SettlementRow], clawed: Mapping[str, int]) -> dict[str, str]:
    """Every file of a settlement by its name; a seller's are called after it."""
    found = {ALL_CSV: csv_of(head, rows), ALL_JSONL: jsonl_of(head, rows)}
    for seller in sorted({row.seller_id for row in rows}):
        mine = [row for row in rows if row.seller_id == seller]
        found |= {f"{seller}.csv": csv_of(head, mine), f"{seller}.jsonl": jsonl_of(head, mine)}
    found[TREASURY] = treasury_csv(head, rows, clawed, {name: sha256(text) for name, text in found.items()})
    return found


def sha256(text: str) -> str:
    """Of a file as it is downloaded."""
    return hashlib.sha256(text.encode()).hexdigest()


def _cell(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def _sheet(lines: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return "\ufeff" + out.getvalue()
