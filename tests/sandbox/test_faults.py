"""Misfortunes: each happens when asked for, and again in the same way with the same seed."""

import json
import time

import pytest

from highstreet.sandbox.faults import Dice, Fault, Faults, roll
from tests.sandbox.provider import Inbox, RunningProvider, until

KEYS = [f"col_{n:04d}" for n in range(2000)]


def fate(seed: int, keys: list[str]) -> list[bool]:
    dice = Dice(Faults(seed=seed, decline_rate=0.2))
    struck = {key: dice.strikes("decline", key) for key in keys}
    return [struck[key] for key in KEYS]


def test_fate_follows_from_the_seed_and_not_from_the_order_of_calls() -> None:
    first = fate(7, KEYS)
    assert fate(7, KEYS[::-1]) == first
    assert fate(8, KEYS) != first
    assert 0.16 < sum(first) / len(first) < 0.24
    assert all(0 <= roll(seed, "decline", "k", 0) < 1 for seed in range(1000))


def test_asking_again_is_another_occasion_until_the_seed_is_set_again() -> None:
    dice = Dice(Faults(seed=3, error_500_rate=0.5))
    first = [dice.strikes("error_500", "k") for _ in range(50)]
    assert len(set(first)) == 2
    dice.set(Faults(error_500_rate=0.5))
    assert [dice.strikes("error_500", "k") for _ in range(50)] == first


def test_a_planned_fault_happens_that_often_and_for_that_key_alone() -> None:
    dice = Dice(Faults())
    dice.plan("a", {"decline": 2})
    assert [dice.strikes("decline", "a") for _ in range(3)] == [True, True, False]
    assert not dice.strikes("decline", "b")


async def test_the_running_provider_declines_the_same_keys_again_with_the_same_seed(
    provider: RunningProvider, key: str
) -> None:
    async def outcomes(run: str, keys: range) -> list[str]:
        await provider.faults(seed=11, decline_rate=0.4)
        return [(await provider.charge(f"{key}_{n}")).json()["outcome"] for n in keys]

    first = await outcomes("a", range(30))
    assert set(first) == {"paid", "declined"}
    dice = Dice(Faults(seed=11, decline_rate=0.4))
    assert first == ["declined" if dice.strikes("decline", f"{key}_{n}") else "paid" for n in range(30)]


@pytest.mark.parametrize("wrong", [{"decline_rate": 1.5}, {"delay_ms": -1}, {"rain": 1}, {"seed": "x"}])
async def test_faults_that_make_no_sense_are_refused(
    provider: RunningProvider, wrong: dict[str, float | str]
) -> None:
    assert (await provider.http.put("/faults", json=wrong)).status_code == 400
    assert (await provider.http.put("/faults/k", json={"rain": 1})).status_code == 400
    assert (await provider.http.get("/faults")).json()["decline_rate"] == 0


@pytest.mark.parametrize(("fault", "status"), [("error_500", 500), ("error_429", 429)])
async def test_a_call_that_fails_has_no_effect_and_works_when_repeated(
    provider: RunningProvider, key: str, fault: Fault, status: int
) -> None:
    await provider.plan(key, **{fault: 2})
    for _ in range(2):
        answer = await provider.charge(key)
        assert answer.status_code == status
        assert ("retry-after" in answer.headers) == (status == 429)
        assert await provider.movements(key) == []
    assert (await provider.charge(key)).json()["outcome"] == "paid"


async def test_success_after_timeout(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    await provider.faults(timeout_then_success=1, hang_ms=50)
    assert (await provider.charge(key)).status_code == 504
    assert (await provider.http.get(f"/charges/{key}")).json()["outcome"] == "paid"
    assert (await provider.charge(key)).json()["outcome"] == "paid"
    assert len(await provider.movements(key)) == 1
    await until(lambda: inbox.about(key))


async def test_delay(provider: RunningProvider, key: str) -> None:
    await provider.faults(delay_ms=150)
    start = time.monotonic()
    assert (await provider.charge(key)).status_code == 200
    assert time.monotonic() - start >= 0.15


async def test_duplicate_notices_are_the_same_notice(
    provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    await provider.faults(duplicate_notices=1)
    await provider.charge(key)
    await until(lambda: len(inbox.about(key)) >= 2)
    assert len({(one.headers["webhook-id"], one.body) for one in inbox.about(key)}) == 1


async def test_reordered_notices_all_arrive_in_another_order(provider: RunningProvider, inbox: Inbox) -> None:
    await provider.faults(seed=5, reorder_notices=1, hold_ms=1000)
    keys = [f"col_reordered_{n}" for n in range(12)]
    for one in keys:
        await provider.charge(one)
    await until(lambda: all(inbox.about(one) for one in keys))
    told = [json.loads(one.body)["key"] for one in inbox.told]
    arrived = [one for one in told if one in keys]
    assert sorted(arrived) == sorted(keys)
    assert arrived != keys


async def test_wrong_amount_short_charge_and_lost_notice(
    provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    await provider.faults(wrong_amount_rate=1)
    await provider.charge(key, 500)
    await until(lambda: inbox.about(key))
    assert json.loads(inbox.about(key)[0].body)["amount"] != 500
    assert (await provider.movements(key))[0]["amount"] == 500

    await provider.faults(short_charge_rate=1)
    charged = (await provider.charge(key + "s", 500)).json()["amount"]
    assert 0 < charged < 500
    await until(lambda: inbox.about(key + "s"))
    assert json.loads(inbox.about(key + "s")[0].body)["amount"] == charged
    assert (await provider.charge(key + "s", 500)).json()["amount"] == charged

    await provider.faults(lose_notice_rate=1)
    await provider.charge(key + "l")
    notice = (await provider.notices(key + "l"))[0]
    assert (notice["state"], notice["attempts"]) == ("lost", 0)
    await provider.http.post(f"/notices/{notice['id']}/send")
    assert len(inbox.about(key + "l")) == 1
    assert (await provider.http.post("/notices/ntc_none/send")).status_code == 404


async def test_refunds_and_payouts_that_fail(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    await provider.faults(refund_fail_rate=1, payout_fail_rate=1)
    await provider.charge(key)
    refund = await provider.post("refunds", key + "r", charge_key=key, amount=10, currency="CNY")
    payout = await provider.post("payouts", key + "p", account="acct_willow", amount=10, currency="CNY")
    assert (refund.json()["outcome"], payout.json()["outcome"]) == ("declined", "declined")
    assert (await provider.http.get(f"/charges/{key}")).json()["refunded"] == 0
    await until(lambda: inbox.about(key + "r") and inbox.about(key + "p"))
    assert json.loads(inbox.about(key + "r")[0].body)["kind"] == "refund.failed"


async def test_a_notice_is_tried_until_it_is_taken(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    inbox.answers[key] = [500, 302, 503]
    await provider.charge(key)
    await until(lambda: len(inbox.about(key)) == 4)

    async def sent() -> bool:
        return (await provider.notices(key))[0]["state"] == "sent"

    await until(sent)
    assert (await provider.notices(key))[0]["attempts"] == 4


async def test_nobody_listens_any_more(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    inbox.answers[key] = [410]
    await provider.charge(key)

    async def given_up() -> bool:
        return (await provider.notices(key))[0]["state"] == "given_up"

    await until(given_up)
    assert len(inbox.about(key)) == 1
