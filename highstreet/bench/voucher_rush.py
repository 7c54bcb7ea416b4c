"""`highstreet bench voucher-rush`: a round of vouchers that many more people want than there are, over several web processes."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any, Literal

import msgspec

from highstreet import policy
from highstreet.bench.load import Answer, Client, cpu_of_family, family, web
from highstreet.bench.world import World, insert_commits_per_s, is_ours, postmaster_pid, world
from highstreet.kit.clock import system_clock
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id
from highstreet.policy import ChangeKind

_CLIENTS = 128
_AMOUNT = 5_000
_PATIENCE_S = 60.0
_RULES = """
id = "rush"
name = { en = "The rush", zh = "抢券" }
kind = "voucher"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "none: a made programme, only for measuring"
days = 7
limits = [{ per = "person", within = "batch", count = 1 }]
[[rule.schedule]]
of = "basket"
least = "300.00"
off = "50.00"
"""


class Figures(msgspec.Struct):
    """claimed: vouchers in the books. over_limit: people with more than one. lost: accepted answers without a claim in the books.

    budget_difference_minor: allocated less free, unclaimed and claimed. refused_cpu_ms: of web and database, once all are claimed.
    """

    vouchers: int
    claimers: int
    processes: int
    claimed: int
    over_limit: int
    budget_difference_minor: int
    lost: int
    other: int
    accepted_per_s: float
    refused_per_s: float
    accepted_cpu_ms: float
    refused_cpu_ms: float
    insert_commits_per_s: float
    ratio_to_insert: float

    @property
    def good(self) -> bool:
        expected = min(self.vouchers, self.claimers)
        exact = self.claimed == expected and not (self.over_limit or self.budget_difference_minor)
        return exact and not (self.lost or self.other)


Victim = Literal["none", "web", "database"]


async def run(vouchers: int, claimers: int, processes: int, kill: Victim = "none") -> Figures:
    """Everybody asks once; every tenth asks again by a second device, as the same person.

    `kill`: what is killed (-9) when half the vouchers are claimed; who got no answer asks again with the same key.
    """
    if kill == "database" and not is_ours():
        raise RuntimeError("the database is not one of ours to kill: unset HIGHSTREET_DATABASE_URL")
    async with world(1, 1) as town:
        print("registering the claimers ...", file=sys.stderr, flush=True)
        batch_id = await town.db.run(_open, vouchers)
        await town.db.run(_people, claimers)
        with web(processes, town.environment) as (port, pid):
            answers, took, cpu = await _rush(town, port, pid, batch_id, claimers, (kill, vouchers // 2))
        commits = await insert_commits_per_s(town.url, 16, 2)
        return await _counted(town, vouchers, claimers, processes, answers, took, cpu, commits)


async def _open(tx: Tx, vouchers: int) -> str:
    now = system_clock()
    await policy.budgets.draft(tx, "rush", "pty_city", "CNY", "bench", now)
    batch = {"claims": vouchers, "amount": _AMOUNT, "opens_at": now.isoformat()}
    changes: tuple[tuple[ChangeKind, dict[str, Any]], ...] = (
        ("rules", {"rules": _RULES}),
        ("budget", {"amount": vouchers * _AMOUNT}),
        ("batch", {**batch, "closes_at": (now + timedelta(hours=2)).isoformat()}),
    )
    for kind, body in changes:
        one = await policy.budgets.propose(tx, "rush", kind, body, "to measure", "one", now)
        await policy.budgets.decide(tx, one.id, True, "another", "seed", now)
    return (await policy.budgets.batches(tx, "rush"))[0].id


def _secret(n: int) -> str:
    return f"hst_rush_{n}"


async def _people(tx: Tx, claimers: int) -> None:
    now = system_clock()
    ids = [new_id("pty", now) for _ in range(claimers)]
    await tx.copy_records_to_table(
        "party", schema_name="parties", columns=("id", "kind", "name", "created_at"),
        records=[(one, "business", "Claimer", now) for one in ids],
    )  # fmt: skip
    await tx.copy_records_to_table(
        "token", schema_name="parties", columns=("hash", "id", "party_id", "name", "scopes", "created_at"),
        records=[
            (hashlib.sha256(_secret(n).encode()).digest(), new_id("tok", now), one, "rush", ["orders:write"], now)
            for n, one in enumerate(ids)
        ],
    )  # fmt: skip
    await tx.execute("ANALYZE parties.party, parties.token")


class _Answers(msgspec.Struct):
    accepted: list[str] = []
    had: int = 0
    gone: int = 0
    other: int = 0


async def _rush(
    town: World, port: int, pid: int, batch_id: str, claimers: int, kill: tuple[Victim, int]
) -> tuple[_Answers, tuple[float, float], tuple[float, float]]:
    """The answers; seconds and CPU until all were claimed, and after that."""
    path = f"/api/rounds/{batch_id}/claims"
    answers, gone = _Answers(), asyncio.Event()
    asking = iter(range(claimers))

    def cpu() -> float:
        server = postmaster_pid(town.url, town.environment["HIGHSTREET_DATA_DIR"])
        return cpu_of_family(pid) + (cpu_of_family(server) if server and family(server) else 0.0)

    began, cpu_began = time.monotonic(), cpu()
    marks: list[tuple[float, float, int]] = []

    async def ask() -> None:
        client = Client("127.0.0.1", port)
        for n in asking:
            for device in range(2 if n % 10 == 0 else 1):
                answer = await _asked(client, path, n, device)
                _count(answers, answer.status, answer.json())
                if len(answers.accepted) == kill[1]:
                    _kill(kill[0], town, pid)
                if answers.gone and not gone.is_set():
                    gone.set()
                    marks.append((time.monotonic(), cpu(), answers.gone))
        client.close()

    await asyncio.gather(*(ask() for _ in range(_CLIENTS)))
    ended, cpu_ended = time.monotonic(), cpu()
    at, cpu_at, _ = marks[0] if marks else (ended, cpu_ended, 0)
    return answers, (at - began, ended - at), (cpu_at - cpu_began, cpu_ended - cpu_at)


async def _asked(client: Client, path: str, n: int, device: int) -> Answer:
    """Ask until there is an answer; the key is the same each time."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            answer = await client.post(
                path, {"device": f"device {n} {device}"},
                authorization=f"Bearer {_secret(n)}", idempotency_key=f"{n}-{device}",
            )  # fmt: skip
            if answer.status < 500 or time.monotonic() > until:
                return answer
        except (OSError, asyncio.IncompleteReadError):
            client.close()
            if time.monotonic() > until:
                raise
        await asyncio.sleep(0.05)


def _kill(what: Victim, town: World, pid: int) -> None:
    if what == "web":
        os.kill(family(pid)[-1], signal.SIGKILL)
    elif what == "database":
        server = postmaster_pid(town.url, town.environment["HIGHSTREET_DATA_DIR"])
        if server is not None:
            os.kill(server, signal.SIGKILL)


def _count(answers: _Answers, status: int, body: dict[str, str]) -> None:
    if status == 201:
        answers.accepted.append(body["claim"])
    elif body.get("code") == "claimed_before":
        answers.had += 1
    elif body.get("code") == "all_claimed":
        answers.gone += 1
    else:
        answers.other += 1


async def _counted(
    town: World, vouchers: int, claimers: int, processes: int, answers: _Answers,
    took: tuple[float, float], cpu: tuple[float, float], commits: float,
) -> Figures:  # fmt: skip
    async with town.db.read() as tx:
        row = await tx.fetchrow(
            """SELECT count(*) AS claimed, count(*) - count(DISTINCT holder_id) AS over, coalesce(sum(amount), 0)::bigint AS amount,
                      (SELECT allocated - free FROM policy.programme)
                      - (SELECT sum(unclaimed) FROM policy.slice)::bigint AS set_aside,
                      (SELECT count(*) FROM unnest($1::text[]) a WHERE NOT EXISTS (SELECT FROM policy.claim c WHERE c.id = a)) AS lost
               FROM policy.claim""",
            answers.accepted,
        )
    assert row is not None
    return Figures(
        vouchers=vouchers, claimers=claimers, processes=processes, claimed=row["claimed"], over_limit=row["over"],
        budget_difference_minor=row["set_aside"] - row["amount"], lost=row["lost"], other=answers.other,
        accepted_per_s=round(len(answers.accepted) / took[0], 1),
        refused_per_s=round(answers.gone / took[1], 1) if took[1] else 0.0,
        accepted_cpu_ms=round(cpu[0] / max(len(answers.accepted) + answers.had, 1) * 1000, 2),
        refused_cpu_ms=round(cpu[1] / max(answers.gone, 1) * 1000, 3),
        insert_commits_per_s=round(commits, 1), ratio_to_insert=round(len(answers.accepted) / took[0] / commits, 3),
    )  # fmt: skip
