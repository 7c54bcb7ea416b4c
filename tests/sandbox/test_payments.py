"""The pretended provider: what it moves, once per key, and what it refuses."""

import asyncio
import base64
import csv
import hashlib
import hmac
import io
import json
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from highstreet.sandbox.notices import secret_bytes, signature
from tests.sandbox.provider import SECRET, Inbox, RunningProvider, until

BACK = "http://127.0.0.1:8000/orders/K7M4?lang=zh"


def intent(key: str, **other: str | int) -> dict[str, str]:
    asked = {
        "key": key,
        "amount": 128_650,
        "currency": "CNY",
        "market": "Willow Street <Market>",
        "return_url": BACK,
        "expires": int(time.time()) + 600,
    }
    text = base64.urlsafe_b64encode(json.dumps(asked | other).encode()).rstrip(b"=").decode()
    sig = hmac.new(secret_bytes(SECRET), text.encode(), hashlib.sha256).hexdigest()
    return {"intent": text, "sig": sig}


async def press(provider: RunningProvider, choice: str, asked: dict[str, str]) -> httpx.Response:
    return await provider.http.post("/pay", data=asked | {"choice": choice})


# --- the page ---


@pytest.mark.parametrize(
    ("asks", "first"), [("zh-CN,zh;q=0.9", "付款"), ("en", "Pay"), ("", "Pay"), ("fr", "Pay")]
)
async def test_the_page_speaks_both_languages(
    provider: RunningProvider, key: str, asks: str, first: str
) -> None:
    page = await provider.http.get("/pay", params=intent(key), headers={"accept-language": asks})
    assert page.status_code == 200
    assert "¥1,286.50" in page.text
    assert f'value="pay"><span class="one">{first}</span>' in page.text
    assert "假装付" in page.text and "no real money moves" in page.text and "这是演练" in page.text
    assert "Willow Street &lt;Market&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


async def test_paying_charges_once_tells_the_market_and_sends_the_buyer_back(
    provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    answer = await press(provider, "pay", intent(key))
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    assert (back.netloc, back.path) == ("127.0.0.1:8000", "/orders/K7M4")
    assert parse_qs(back.query) == {"lang": ["zh"], "key": [key], "outcome": ["paid"]}
    await until(lambda: inbox.about(key))
    told = json.loads(inbox.about(key)[0].body)
    assert (told["kind"], told["amount"], told["currency"]) == ("charge.succeeded", 128_650, "CNY")

    again = await press(provider, "pay", intent(key))
    assert again.status_code == 200 and "Already paid" in again.text
    assert len(await provider.movements(key)) == 1
    assert len(inbox.about(key)) == 1


async def test_declining_moves_nothing(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    answer = await press(provider, "decline", intent(key))
    assert "outcome=declined" in answer.headers["location"]
    await until(lambda: inbox.about(key))
    assert json.loads(inbox.about(key)[0].body)["kind"] == "charge.failed"
    assert "declined" in (await press(provider, "pay", intent(key))).text
    assert await provider.movements(key) == []


async def test_ten_buttons_pressed_at_once_are_one_payment(provider: RunningProvider, key: str) -> None:
    answers = await asyncio.gather(*(press(provider, "pay", intent(key)) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 303}
    assert len(await provider.movements(key)) == 1


async def test_a_forged_link_an_expired_one_and_nonsense_charge_nothing(
    provider: RunningProvider, key: str
) -> None:
    good = intent(key)
    forged = good | {"intent": good["intent"][:-4] + "AAAA"}
    stripped = good | {"sig": ""}
    over = intent(key, expires=int(time.time()) - 1)
    for asked, status in ((forged, 403), (stripped, 403), (over, 410), ({}, 403)):
        assert (await provider.http.get("/pay", params=asked)).status_code == status
        assert (await press(provider, "pay", asked)).status_code == status
    for wrong in ({"amount": 0}, {"amount": -5}, {"amount": 10**16}, {"amount": 1.5}, {"currency": "yuan"}):
        assert (await press(provider, "pay", intent(key, **wrong))).status_code in (400, 422)  # pyright: ignore[reportArgumentType]
    assert (await press(provider, "pay", intent(key, return_url="javascript:alert(1)"))).status_code == 400
    assert (await press(provider, "dance", good)).status_code == 400
    assert (await provider.http.get(f"/charges/{key}")).status_code == 404


async def test_the_same_key_with_another_amount_is_refused(provider: RunningProvider, key: str) -> None:
    assert (await provider.charge(key, 100)).json()["outcome"] == "paid"
    again = await provider.charge(key, 200)
    assert (again.status_code, again.json()["code"]) == (422, "key_reused")
    assert len(await provider.movements(key)) == 1


async def test_each_button_does_what_it_says(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    lost = await press(provider, "lost_answer", intent(key + "a"))
    assert lost.status_code == 200 and "The connection broke" in lost.text
    assert (await provider.http.get(f"/charges/{key}a")).json()["outcome"] == "paid"
    assert (await provider.notices(key + "a"))[0]["state"] == "lost"

    await press(provider, "twice", intent(key + "b"))
    await until(lambda: len(inbox.about(key + "b")) >= 2)

    await press(provider, "wrong_amount", intent(key + "c"))
    await until(lambda: inbox.about(key + "c"))
    assert json.loads(inbox.about(key + "c")[0].body)["amount"] != 128_650
    assert (await provider.http.get(f"/charges/{key}c")).json()["amount"] == 128_650

    await press(provider, "short", intent(key + "d"))
    short = (await provider.http.get(f"/charges/{key}d")).json()["amount"]
    assert 0 < short < 128_650

    inbox.answers[key + "e"] = [401]
    await press(provider, "forged", intent(key + "e"))
    await until(lambda: len(inbox.about(key + "e")) == 2)
    assert [_true(one.headers, one.body) for one in inbox.about(key + "e")] == [False, True]


def _true(headers: dict[str, str], body: bytes) -> bool:
    stamp = int(headers["webhook-timestamp"])
    return headers["webhook-signature"] == signature(
        (secret_bytes(SECRET),), headers["webhook-id"], stamp, body
    )


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    known = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature((known,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- server to server ---


async def test_only_the_market_may_call(provider: RunningProvider, key: str) -> None:
    async with httpx.AsyncClient(base_url=provider.url, trust_env=False) as stranger:
        for path in (
            f"/charges/{key}",
            f"/refunds/{key}",
            f"/payouts/{key}",
            "/statement",
            "/faults",
            "/notices",
        ):
            assert (await stranger.get(path)).status_code == 401
        for path in ("/charges", "/refunds", "/payouts"):
            assert (await stranger.post(path, json={})).status_code == 401
        assert (await stranger.put("/faults", json={})).status_code == 401
        assert (await stranger.get("/health")).status_code == 200


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", True, None, 10**16, 1e308])
async def test_no_bank_takes_such_an_amount(
    provider: RunningProvider, key: str, amount: float | str | None
) -> None:
    answer = await provider.post("charges", key, amount=amount, currency="CNY", token="tok_ok")
    assert answer.status_code in (400, 422)
    assert (await provider.http.get(f"/charges/{key}")).status_code == 404


async def test_cards_that_are_declined_slow_or_unknown(provider: RunningProvider, key: str) -> None:
    assert (await provider.charge(key, token="tok_declined")).json()["outcome"] == "declined"
    assert (await provider.charge(key + "u", token="tok_gold")).status_code == 422
    slow = await asyncio.gather(*(provider.charge(key + "s", token="tok_slow") for _ in range(3)))
    assert {answer.json()["provider_ref"] for answer in slow} == {slow[0].json()["provider_ref"]}
    missing = await provider.http.post("/charges", json={"amount": 1, "currency": "CNY", "token": "tok_ok"})
    assert (missing.status_code, missing.json()["code"]) == (400, "key_missing")
    assert (await provider.charge("with space")).status_code == 422
    broken = await provider.http.post("/charges", content=b"{", headers={"idempotency-key": key})
    assert broken.status_code == 400


async def test_a_refund_asked_twice_happens_once_and_never_exceeds_its_charge(
    provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    await provider.charge(key, 1000)
    refund = {"charge_key": key, "amount": 400, "currency": "CNY"}
    first, second = [await provider.post("refunds", f"{key}_r1", **refund) for _ in range(2)]
    assert first.json() == second.json() and first.json()["outcome"] == "paid"
    assert len(await provider.movements(f"{key}_r1")) == 1
    await until(lambda: inbox.about(f"{key}_r1"))
    assert json.loads(inbox.about(f"{key}_r1")[0].body)["kind"] == "refund.succeeded"

    over = await provider.post("refunds", f"{key}_r2", **refund | {"amount": 601})
    assert (over.status_code, over.json()["code"]) == (422, "refund_over_charge")
    assert (await provider.post("refunds", f"{key}_r2", **refund | {"amount": 600})).status_code == 200
    assert (await provider.http.get(f"/charges/{key}")).json()["refunded"] == 1000


async def test_refunds_racing_for_one_charge_stop_at_its_amount(provider: RunningProvider, key: str) -> None:
    await provider.charge(key, 1000)
    answers = await asyncio.gather(
        *(
            provider.post("refunds", f"{key}_r{n}", charge_key=key, amount=300, currency="CNY")
            for n in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [422] * 7


async def test_what_cannot_be_refunded(provider: RunningProvider, key: str) -> None:
    await provider.charge(key)
    await provider.charge(key + "d", token="tok_declined")
    for charge_key, currency, code in (
        (key + "x", "CNY", "charge_unknown"),
        (key + "d", "CNY", "charge_not_paid"),
        (key, "EUR", "currency_differs"),
    ):
        answer = await provider.post(
            "refunds", f"{key}_r", charge_key=charge_key, amount=1, currency=currency
        )
        assert answer.json()["code"] == code
    assert (await provider.http.get(f"/refunds/{key}_r")).json()["code"] == "refund_unknown"


async def test_payouts(provider: RunningProvider, inbox: Inbox, key: str) -> None:
    paid = await provider.post("payouts", key, account="acct_willow", amount=5, currency="CNY")
    assert paid.json()["outcome"] == "paid"
    closed = await provider.post("payouts", key + "c", account="acct_closed_1", amount=5, currency="CNY")
    assert closed.json()["outcome"] == "declined"
    assert (await provider.http.get(f"/payouts/{key}c")).json()["outcome"] == "declined"
    await until(lambda: inbox.about(key + "c"))
    assert json.loads(inbox.about(key + "c")[0].body)["kind"] == "payout.failed"


async def test_the_statement_lists_all_money_moved_and_nothing_else(
    provider: RunningProvider, key: str
) -> None:
    since = datetime.now(UTC)
    await provider.charge(key, 900)
    await provider.charge(key + "d", token="tok_declined")
    await provider.post("refunds", key + "r", charge_key=key, amount=100, currency="CNY")
    await provider.post("payouts", key + "p", account="acct_willow", amount=7, currency="CNY")
    until_ = datetime.now(UTC) + timedelta(seconds=1)
    span = {"from": since.isoformat(), "to": until_.isoformat()}
    lines = (await provider.http.get("/statement", params=span)).json()["lines"]
    told = [(line["kind"], line["key"], line["of"], line["amount"]) for line in lines]
    assert told == [
        ("charge", key, "", 900),
        ("refund", key + "r", key, 100),
        ("payout", key + "p", "acct_willow", 7),
    ]
    sheet = await provider.http.get("/statement", params=span, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert [(row["kind"], int(row["amount"])) for row in rows] == [
        ("charge", 900),
        ("refund", 100),
        ("payout", 7),
    ]
    empty = {"from": "2001-01-01", "to": "2001-01-02"}
    assert (await provider.http.get("/statement", params=empty)).json() == {"lines": []}
    assert (await provider.http.get("/statement", params={"from": "soon"})).status_code == 400


async def test_it_remembers_and_goes_on_telling_after_a_kill(inbox: Inbox, key: str, tmp_path: Path) -> None:
    provider = RunningProvider(
        "--notify", inbox.url, "--retry-after", "0.2", "--state", str(tmp_path / "bank.db")
    )
    await provider.start()
    inbox.answers[key] = [503] * 1000
    first = (await provider.charge(key)).json()
    await until(lambda: inbox.about(key))
    provider.stop(signal.SIGKILL)
    inbox.answers.clear()
    before = len(inbox.about(key))
    await provider.start()
    await until(lambda: len(inbox.about(key)) > before)
    assert len({one.headers["webhook-id"] for one in inbox.about(key)}) == 1
    assert (await provider.charge(key)).json() == first
    assert provider.stop() == 0
    await provider.close()
