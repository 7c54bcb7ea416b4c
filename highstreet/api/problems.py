"""What went wrong, as application/problem+json (RFC 9457): type, title, status, code, detail, instance."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException, SerializationException, ValidationException

from highstreet.api.misfits import Misfit, from_decoder, misfit
from highstreet.kit.clock import system_clock
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import new_id

_log = structlog.get_logger()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal for programs and people: `code` is stable, `detail` a sentence in the language asked for."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    pointer: str = ""
    reference: str = ""


class TooLarge(Refusal):
    """A body beyond what such a call can need."""

    code = "too_large"
    status = 413
    en = "What you sent is too large."
    zh = "提交的内容过大。"


_SENTENCES = {
    "unavailable": (
        "The market is catching its breath. Please try again in a moment.",
        "市场正在恢复中，请稍后再试。",
    ),
    "unknown": (
        "Something went wrong on our side. Quote the reference when you ask.",
        "系统出现错误，咨询时请提供参考编号。",
    ),
    "not_found": ("There is nothing here.", "这里什么也没有。"),
    "method_not_allowed": ("This address does not take that method.", "此地址不支持该请求方法。"),
    "too_large": ("What you sent is too large.", "提交的内容过大。"),
    "refused": ("This request cannot be understood.", "无法理解此请求。"),
}
# What the database cannot keep although it looked right: a NUL in a text, a number beyond its column.
_UNKEEPABLE = (
    asyncpg.DataError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.NumericValueOutOfRangeError,
)
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem for anything that was raised."""
    lang = language(request.headers.get("accept-language", ""))
    path: str = request.scope["path"]
    headers: dict[str, str] = {}
    if isinstance(error, Refusal):
        made = _refusal(error, lang, path)
        if error.status == 429 and "seconds" in error.values:
            headers["retry-after"] = str(error.values["seconds"])
    elif isinstance(error, ValidationException):
        made = _malformed(_misfit(error), lang, path)
    elif isinstance(error, ClientException) and isinstance(error.__cause__, SerializationException):
        made = _malformed(from_decoder(error.detail), lang, path)
    elif isinstance(error, msgspec.MsgspecError | UnicodeDecodeError):
        made = _malformed(from_decoder(str(error)), lang, path)
    elif isinstance(error, RecursionError):
        made = _malformed(misfit("nested too deeply", ""), lang, path)
    elif isinstance(error, _UNKEEPABLE):
        made = _malformed(misfit("unkeepable", ""), lang, path)
    elif isinstance(error, DatabaseAway | DatabaseBusy):
        made = _said("unavailable", 503, lang, path)
        headers["retry-after"] = "1"
    elif isinstance(error, HTTPException) and error.status_code < 500:
        made = _said(_CODES.get(error.status_code, "refused"), error.status_code, lang, path)
        headers |= error.headers or {}
    else:
        reference = new_id("err", system_clock())
        _log.error(
            "unexpected", reference=reference, route=request.scope.get("path_template"), exc_info=error
        )
        made = _said("unknown", 500, lang, path, reference=reference)
    content = msgspec.json.encode(made)
    return Response(content, status_code=made.status, media_type="application/problem+json", headers=headers)


def language(accepted: str) -> str:
    """'zh' or 'en', whichever the caller prefers; English when neither is named."""
    best, weight = "en", 0.0
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";")
        lang = name[:2]
        try:
            given = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            given = 0.0
        if lang in ("en", "zh") and given > weight:
            best, weight = lang, given
    return best


def _refusal(error: Refusal, lang: str, path: str) -> Problem:
    pointer = ""
    if isinstance(error, Malformed):
        pointer = "/" + str(error.values["field"]).replace(".", "/")
    return Problem(
        type=f"/docs/problems#{error.code}",
        title=_title(error.status),
        status=error.status,
        code=error.code,
        detail=error.sentence(lang),
        instance=path,
        pointer=pointer,
    )


def _misfit(error: ValidationException) -> Misfit:
    """A body, query or path that does not fit: the framework names the first place and what is wrong there."""
    first: dict[str, Any] = {}
    if isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
    key, what = str(first.get("key", "")), str(first.get("message") or error.detail)
    if key == "data":
        known = what.startswith(("Expected", "Object", "Invalid"))
        return misfit(what if known else "a JSON body is missing", "")
    return misfit(what, key)


def _malformed(found: Misfit, lang: str, path: str) -> Problem:
    return Problem(
        type="/docs/problems#malformed",
        title=_title(422),
        status=422,
        code="malformed",
        detail=found.words.zh if lang == "zh" else found.words.en,
        instance=path,
        pointer=found.pointer,
    )


def _said(code: str, status: int, lang: str, path: str, reference: str = "") -> Problem:
    detail = _SENTENCES[code][lang == "zh"]
    return Problem(f"/docs/problems#{code}", _title(status), status, code, detail, path, reference=reference)


def _title(status: int) -> str:
    return HTTPStatus(status).phrase
