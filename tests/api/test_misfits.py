"""What does not fit is said in words, in the caller's language, with the field's name; never in the decoder's own sentence."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from highstreet.api.misfits import from_decoder, pointer
from tests.api.street import Street


class Part(msgspec.Struct, forbid_unknown_fields=True):
    offer: str
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1


class Everything(msgspec.Struct):
    whole: int = 0
    part: Annotated[float, Meta(ge=-90, lt=90)] = 0.0
    name: Annotated[str, Meta(min_length=1, max_length=5, pattern=r"\A[a-z]*\Z")] = "a"
    long: Annotated[str, Meta(min_length=3)] = "aaa"
    yes: bool = True
    kind: Literal["a", "b"] = "a"
    parts: Annotated[list[Part], Meta(min_length=1, max_length=2)] = []
    pair: tuple[int, int] = (0, 0)
    named: Annotated[dict[str, int], Meta(max_length=1)] = {}
    numbered: dict[int, str] = {}
    at: Annotated[datetime, Meta(tz=True)] = datetime(2026, 1, 1, tzinfo=UTC)
    local: Annotated[datetime, Meta(tz=False)] = datetime(2026, 1, 1)  # noqa: DTZ001
    day: date = date(2026, 1, 1)
    hour: time = time(8, tzinfo=UTC)
    lasts: timedelta = timedelta(0)
    id: UUID = UUID(int=0)
    exact: Decimal = Decimal(0)
    raw: bytes = b""
    even: Annotated[int, Meta(multiple_of=2)] = 0
    either: int | str | None = None


CASES = [
    ('{"whole": 1.5}', "whole: a whole number is expected here, not a number with a fraction.",
     "whole：此处应为整数，而不是带小数的数字。"),
    ('{"whole": "1"}', "whole: a whole number is expected here, not text.", "whole：此处应为整数，而不是文本。"),
    ('{"part": 91}', "part: a number is expected here, less than 90.", "part：此处应为数字，且小于 90。"),
    ('{"name": ""}', "name: this must not be empty.", "name：不能为空。"),
    ('{"name": "aaaaaa"}', "name: this is too long: at most 5 letters.", "name：内容过长，最多 5 个字符。"),
    ('{"name": "A"}', "name: this holds letters that are not taken here.", "name：含有此处不允许的字符。"),
    ('{"long": "a"}', "long: this is too short: at least 3 letters.", "long：内容过短，至少 3 个字符。"),
    ('{"yes": 1}', "yes: true or false is expected here, not a whole number.", "yes：此处应为是或否（true 或 false），而不是整数。"),
    ('{"kind": "c"}', "kind: 'c' is not one of the values known here.", "kind：'c' 不是此处可用的值。"),
    ('{"parts": "x"}', "parts: a list is expected here, not text.", "parts：此处应为列表，而不是文本。"),
    ('{"parts": []}', "parts: this has too few entries: at least 1.", "parts：条目过少，至少 1 个。"),
    ('{"parts": [{}]}', "parts[0].offer: this is missing.", "parts[0].offer：缺少此必填项。"),
    ('{"parts": [{"offer": "a", "x": 1}]}', "parts[0].x: this is not known here.", "parts[0].x：没有此字段。"),
    ('{"parts": [{"offer": "a", "quantity": 0}]}', "parts[0].quantity: a whole number is expected here, at least 1.",
     "parts[0].quantity：此处应为整数，且不小于 1。"),
    ('{"pair": [1]}', "pair: exactly 2 entries are expected here.", "pair：此处应恰好有 2 个条目。"),
    ('{"either": []}', "either: a whole number or text or nothing (null) is expected here, not a list.",
     "either：此处应为整数或文本或空值（null），而不是列表。"),
    ('{"at": "2026-01-01T00:00:00"}', "at: the time zone is missing, such as Z or +08:00.", "at：缺少时区，例如 Z 或 +08:00。"),
    ('{"day": "x"}', "day: a date is expected, such as 2026-11-22.", "day：应为日期，例如 2026-11-22。"),
    ("[]", "The body as a whole: an object with named fields is expected here, not a list.", "请求内容整体：此处应为对象，而不是列表。"),
    ("{", "The body as a whole: the JSON ends too early, or there is none.", "请求内容整体：JSON 不完整或缺失。"),
    ('{"whole": tru}', "The body as a whole: this is not JSON, from byte 14 on.", "请求内容整体：不是有效的 JSON（自第 14 字节起）。"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "en", "zh"), CASES)
def test_said_in_words(body: str, en: str, zh: str) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)) as no:
        msgspec.json.decode(body, type=Everything)
    found = from_decoder(str(no.value))
    assert (found.words.en, found.words.zh) == (en, zh)


WRONG: list[Any] = [
    None, True, 1, -1, 0.5, 1e300, 2**70, "", "x", "x" * 50, "\x00", [], [1], [1, 2, 3], [{}] * 3, {}, {"a": "b"}, {"a": 1, "b": 2},
    "2026-13-01", "99:00", "2026-11-22T08:30:00Z", "P1", "1e99999999999",
]  # fmt: skip


@pytest.mark.parametrize("field", msgspec.structs.fields(Everything), ids=lambda one: one.name)
def test_every_sentence_of_the_decoder_has_its_like(field: msgspec.structs.FieldInfo) -> None:
    for value in WRONG:
        try:
            msgspec.json.decode(msgspec.json.encode({field.name: value}), type=Everything)
        except msgspec.MsgspecError as no:
            found = from_decoder(str(no))
            assert found.words.en.startswith(field.name), no
            assert found.words.zh.startswith(field.name), no
            assert "does not fit" not in found.words.en, no
            assert not re.search(r"`|Expected|Invalid|Object", found.words.en + found.words.zh), no


@pytest.mark.parametrize(
    ("where", "wanted"), [("", ""), ("lines[0].quantity", "/lines/0/quantity"), ("terms[...]", "/terms"), ("a/b", "/a~1b")]
)  # fmt: skip
def test_a_pointer_says_where(where: str, wanted: str) -> None:
    assert pointer(where) == wanted


@pytest.mark.parametrize(
    ("method", "path", "body", "pointed", "en", "zh"),
    [
        ("POST", "/api/quotes", {"lines": [{"offer": "a", "quantity": 1.5}]}, "/lines/0/quantity",
         "lines[0].quantity: a whole number", "lines[0].quantity：此处应为整数"),
        ("POST", "/api/quotes", {"lines": [{"quantity": 1}]}, "/lines/0/offer",
         "lines[0].offer: this is missing.", "lines[0].offer：缺少此必填项。"),
        ("POST", "/api/quotes", {"lines": [], "channel": "fax"}, "/channel", "channel: 'fax' is not one", "channel：'fax' 不是"),
        ("POST", "/api/quotes", b"", "", "The body as a whole: ", "请求内容整体："),
        ("POST", "/api/stock/receipts", {"variant": "v", "place": "p", "quantity": "many"}, "/quantity",
         "quantity: a whole number", "quantity：此处应为整数"),
        ("POST", "/api/stock/receipts", {"variant": "v"}, "/place", "place: this is missing.", "place：缺少此必填项。"),
        ("POST", "/api/stock/receipts", b"[1", "", "The body as a whole: ", "请求内容整体："),
        ("GET", "/api/offers?price_from=many", None, "/price_from", "price_from: a whole number", "price_from：此处应为整数"),
        ("GET", "/api/money/statement", None, "/since", "since: this is missing.", "since：缺少此必填项。"),
    ],
)  # fmt: skip
async def test_the_caller_is_told(
    street: Street, method: str, path: str, body: object, pointed: str, en: str, zh: str
) -> None:
    for lang, sentence in (("en", en), ("zh-CN,zh;q=0.9", zh)):
        answer = await street.call(method, path, body, who="bakery", accept_language=lang)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "malformed"), problem
        assert problem["detail"].startswith(sentence), problem
        assert problem.get("pointer", "") == pointed
