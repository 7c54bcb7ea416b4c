"""The sandbox provider's client against the running provider, and its notices against forgers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.bench.load import free_port
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, Refusal
from highstreet.ledger import (
    ChargeState,
    Intent,
    MoveState,
    Provider,
    ProviderAway,
    ProviderRefused,
    StaleNotice,
    WrongSignature,
)
from highstreet.sandbox.notices import secret_bytes, signature
from tests.sandbox.provider import SECRET, Inbox, RunningProvider, until

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def client_of(url: str, inbox_url: str = "", timeout: float = 5, secret: str = SECRET) -> SandboxProvider:
    return SandboxProvider(url, (secret,), inbox_url, "Willow Street Market", timeout)


@pytest_asyncio.fixture
async def client(provider: RunningProvider, inbox: Inbox) -> AsyncIterator[SandboxProvider]:
    client = client_of(provider.url, inbox.url)
    port: Provider = client  # it answers the whole port
    assert port.name == "sandbox"
    yield client
    await client.close()


def intent(key: str, amount: int = 1000) -> Intent:
    return Intent(key=key, amount=amount, currency="CNY", expires=datetime.now(UTC) + timedelta(minutes=10))


# --- the buyer's way, whole ---


async def test_from_pay_link_to_verified_notice(
    client: SandboxProvider, provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    assert await client.query(key) == ChargeState(key=key, outcome="unknown", seen=False)
    url = client.pay_url(intent(key, 128_650), "http://127.0.0.1:8000/orders/K7M4")
    page = await provider.http.get(url)
    assert page.status_code == 200 and "¥1,286.50" in page.text and "Willow Street Market" in page.text
    sent = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    await provider.http.post("/pay", data=sent | {"choice": "pay"})

    await until(lambda: inbox.about(key))
    told = inbox.about(key)[0]
    notice = client.read_notice(told.headers, told.body, datetime.now(UTC))
    assert (notice.provider, notice.key, notice.about, notice.outcome) == ("sandbox", key, "charge", "paid")
    assert (notice.amount, notice.currency) == (128_650, "CNY")
    state = await client.query(key)
    assert (state.outcome, state.amount, state.provider_ref) == ("paid", 128_650, notice.provider_ref)
    assert state.at == notice.at


async def test_duplicated_reordered_and_badly_signed_notices_leave_the_same_set(
    client: SandboxProvider, provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    await provider.faults(
        seed=3, duplicate_notices=0.6, reorder_notices=0.6, hold_ms=150, wrong_signature_rate=0.4
    )
    keys = [f"{key}_{n}" for n in range(10)]
    start, read = len(inbox.told), 0
    seen: dict[str, tuple[str, int]] = {}
    refused = 0

    def read_on() -> bool:
        nonlocal read, refused
        for told in inbox.told[start + read :]:
            read += 1
            try:
                notice = client.read_notice(told.headers, told.body, datetime.now(UTC))
            except WrongSignature:
                refused += 1
                continue
            assert seen.setdefault(notice.id, (notice.key, notice.amount)) == (notice.key, notice.amount)
        return len(seen) == len(keys)

    # as the market would: refuse what is badly signed, so that it is sent again
    inbox.judge = lambda told: 204 if _genuine(client, told.headers, told.body) else 401
    try:
        for n, one in enumerate(keys):
            await client.charge(intent(one, 100 + n), "tok_ok")
        await until(read_on)
    finally:
        inbox.judge = None
    assert sorted(seen.values()) == [(one, 100 + n) for n, one in enumerate(keys)]
    assert read > len(keys) and refused > 0


def _genuine(client: SandboxProvider, headers: dict[str, str], body: bytes) -> bool:
    try:
        client.read_notice(headers, body, datetime.now(UTC))
    except WrongSignature:
        return False
    return True


# --- unknown is asked for, never done again under another key ---


async def test_a_charge_that_succeeds_after_its_timeout(
    provider: RunningProvider, inbox: Inbox, key: str
) -> None:
    hasty = client_of(provider.url, inbox.url, timeout=0.3)
    await provider.faults(timeout_then_success=1, hang_ms=3000)
    with pytest.raises(ProviderAway) as away:
        await hasty.charge(intent(key), "tok_ok")
    assert away.value.why == "ReadTimeout"
    assert (await hasty.query(key)).outcome == "paid"
    assert (await hasty.charge(intent(key), "tok_ok")).outcome == "paid"
    assert len(await provider.movements(key)) == 1
    with pytest.raises(ProviderAway):
        await hasty.refund(key + "r", key, 400, "CNY")
    assert (await hasty.query_refund(key + "r")).outcome == "paid"
    with pytest.raises(ProviderAway):
        await hasty.payout(key + "p", "acct_willow", 400, "CNY")
    assert (await hasty.query_payout(key + "p")).outcome == "paid"
    await hasty.close()


async def test_500_429_and_504_are_unknown_and_say_how_long_to_wait(
    client: SandboxProvider, provider: RunningProvider, key: str
) -> None:
    await provider.plan(key, error_500=1)
    with pytest.raises(ProviderAway, match="500"):
        await client.charge(intent(key), "tok_ok")
    await provider.plan(key, error_429=1)
    with pytest.raises(ProviderAway) as away:
        await client.charge(intent(key), "tok_ok")
    assert away.value.wait == 1
    assert not (await client.query(key)).seen
    await provider.faults(timeout_then_success=1, hang_ms=10)
    with pytest.raises(ProviderAway, match="504"):
        await client.charge(intent(key), "tok_ok")
    await provider.plan(key, error_500=1)
    with pytest.raises(ProviderAway):
        await client.query(key)
    assert (await client.query(key)).outcome == "paid"


async def test_nobody_there() -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ProviderAway, match="ConnectError"):
        await client.query("col_1")
    await client.close()


async def test_a_wrong_secret_refuses_nothing_it_only_cannot_know(
    provider: RunningProvider, key: str
) -> None:
    client = client_of(provider.url, secret="somebody else's")
    with pytest.raises(ProviderAway, match="401"):
        await client.refund(key, key, 1, "CNY")
    await client.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<h1>nginx</h1>"),
        httpx.Response(404, json={"code": "not_found"}),
        httpx.Response(200, text="<h1>welcome</h1>"),
        httpx.Response(200, json={"kind": "charge", "key": "col_1", "outcome": "paid", "amount": "7"}),
        httpx.Response(302, headers={"location": "http://127.0.0.1:1/"}),
        httpx.Response(403, json={"code": "forbidden"}),
    ],
)
async def test_an_answer_of_somebody_else_is_not_an_answer(answer: httpx.Response) -> None:
    client = SandboxProvider(
        "http://127.0.0.1:1", (SECRET,), "", "", transport=httpx.MockTransport(lambda _: answer)
    )
    with pytest.raises(ProviderAway):
        await client.query("col_1")
    await client.close()


async def test_an_answer_about_another_key_is_not_believed(
    client: SandboxProvider, provider: RunningProvider, key: str
) -> None:
    await client.charge(intent(key), "tok_ok")
    real = await provider.http.get(f"/charges/{key}")
    other = SandboxProvider(
        "http://127.0.0.1:1",
        (SECRET,),
        "",
        "",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=real.content)),
    )
    assert (await other.query(key)).outcome == "paid"
    with pytest.raises(ProviderAway, match="another key"):
        await other.query(key + "2")
    await other.close()


# --- money back and money out ---


async def test_refund_twice_with_one_key_and_over_the_charge(
    client: SandboxProvider, provider: RunningProvider, key: str
) -> None:
    await client.charge(intent(key, 1000), "tok_ok")
    first, second = await asyncio.gather(*(client.refund(key + "r", key, 700, "CNY") for _ in range(2)))
    assert first == second
    assert (first.outcome, first.amount) == ("paid", 700)
    assert (await client.query(key)).refunded == 700
    assert len(await provider.movements(key + "r")) == 1
    with pytest.raises(ProviderRefused) as refused:
        await client.refund(key + "s", key, 301, "CNY")
    assert refused.value.values["reason"] == "refund_over_charge"
    assert "refund_over_charge" in refused.value.sentence("zh")
    with pytest.raises(ProviderRefused) as reused:
        await client.refund(key + "r", key, 1, "CNY")
    assert reused.value.values["reason"] == "key_reused"
    assert await client.query_refund(key + "s") == MoveState(key=key + "s", outcome="unknown", seen=False)


async def test_declined_cards_and_closed_accounts(client: SandboxProvider, key: str) -> None:
    assert (await client.charge(intent(key), "tok_declined")).outcome == "declined"
    assert (await client.payout(key + "p", "acct_closed_9", 5, "CNY")).outcome == "declined"
    assert (await client.query_payout(key + "p")).outcome == "declined"
    assert not (await client.query_payout(key + "q")).seen


async def test_the_statement_is_what_reconciliation_reads(client: SandboxProvider, key: str) -> None:
    since = datetime.now(UTC)
    charged = await client.charge(intent(key, 900), "tok_ok")
    await client.refund(key + "r", key, 100, "CNY")
    lines = await client.statement(since, datetime.now(UTC) + timedelta(seconds=1))
    assert [(line.about, line.key, line.of, line.amount) for line in lines] == [
        ("charge", key, "", 900),
        ("refund", key + "r", key, 100),
    ]
    assert (lines[0].provider_ref, lines[0].at) == (charged.provider_ref, charged.at)


async def test_no_call_leaves_from_inside_a_transaction(
    client: SandboxProvider, provider: RunningProvider, db: Database, key: str
) -> None:
    calls: list[Callable[[], object]] = []
    async with db.transaction():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await client.charge(intent(key), "tok_ok")
        with pytest.raises(RuntimeError):
            await client.query(key)
        assert client.pay_url(intent(key), "http://127.0.0.1/")
        later = asyncio.create_task(_when_told(calls, client, key))
    calls.append(lambda: None)
    assert not (await later).seen
    assert await provider.movements(key) == []


async def _when_told(calls: list[Callable[[], object]], client: SandboxProvider, key: str) -> ChargeState:
    await until(lambda: calls)
    return await client.query(key)


# --- notices and forgers ---


def letter(**other: str | int) -> bytes:
    return json.dumps(
        {
            "id": "ntc_1",
            "key": "col_1",
            "kind": "charge.succeeded",
            "amount": 1000,
            "currency": "CNY",
            "provider_ref": "SBX1",
            "at": "2026-11-22T08:00:00.000000Z",
        }
        | other
    ).encode()


def signed(body: bytes, at: datetime = NOW, secrets: tuple[str, ...] = (SECRET,), notice_id: str = "ntc_1"):
    stamp = int(at.timestamp())
    keys = tuple(secret_bytes(secret) for secret in secrets)
    return {
        "webhook-id": notice_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(keys, notice_id, stamp, body),
    }


SHUT = client_of("http://127.0.0.1:1")


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_notice_is_read_within_five_minutes(minutes: int) -> None:
    notice = SHUT.read_notice(signed(letter(), NOW), letter(), NOW + timedelta(minutes=minutes))
    assert (notice.id, notice.key, notice.at) == ("ntc_1", "col_1", NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_stale_notice(seconds: int) -> None:
    with pytest.raises(StaleNotice):
        SHUT.read_notice(signed(letter(), NOW), letter(), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v1," + "é" * 44),
        ("webhook-signature", "v2," + "A" * 44),
        ("webhook-signature", " ".join(["v1,AAAA"] * 10_000)),
        ("webhook-id", "ntc_2"),
        ("webhook-timestamp", str(int(NOW.timestamp()) + 1)),
    ],
)
def test_whoever_changes_a_header_is_found_out(name: str, value: str) -> None:
    with pytest.raises(WrongSignature):
        SHUT.read_notice(signed(letter()) | {name: value}, letter(), NOW)


def test_whoever_changes_one_byte_or_knows_another_secret_is_found_out() -> None:
    body = letter()
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(WrongSignature):
            SHUT.read_notice(signed(body), changed, NOW)
    with pytest.raises(WrongSignature):
        SHUT.read_notice(signed(body, secrets=("another",)), body, NOW)


def test_a_secret_can_be_changed_without_losing_a_notice() -> None:
    both = SandboxProvider("http://127.0.0.1:1", ("new", "old"), "", "")
    assert both.read_notice(signed(letter(), secrets=("old",)), letter(), NOW)
    assert both.read_notice(signed(letter(), secrets=("new",)), letter(), NOW)
    old = SandboxProvider("http://127.0.0.1:1", ("old",), "", "")
    assert old.read_notice(signed(letter(), secrets=("new", "old")), letter(), NOW)
    for wrong in ((), ("",)):
        with pytest.raises(ValueError, match="secret"):
            SandboxProvider("http://127.0.0.1:1", wrong, "", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        letter(amount=0),
        letter(amount=-5),
        letter(amount=10**19),
        letter(amount="1000"),
        letter(kind="charge.perhaps"),
        letter(currency="yuan"),
        letter(at="yesterday"),
        letter(at="2026-11-22T08:00:00"),
        letter(key=""),
        letter(key="k" * 300),
        letter(id="ntc_2"),
        letter().replace(b"1000", b"1000.5"),
        letter().replace(b"1000", b"NaN"),
        letter(provider_ref="r" * 200) + b" " * 20_000,
    ],
)
def test_a_signed_notice_that_makes_no_sense(body: bytes) -> None:
    with pytest.raises(Malformed):
        SHUT.read_notice(signed(body), body, NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "soon"])
def test_headers_that_are_missing_or_no_headers(name: str, value: str | None) -> None:
    headers = {key: text for key, text in signed(letter()).items() if key != name}
    with pytest.raises((Malformed, WrongSignature)):
        SHUT.read_notice(headers | ({name: value} if value is not None else {}), letter(), NOW)


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    for refusal in (WrongSignature(), StaleNotice(), ProviderRefused(provider="x", reason="y")):
        assert isinstance(refusal, Refusal) and refusal.status >= 400
        assert refusal.sentence("en") != refusal.sentence("zh")
