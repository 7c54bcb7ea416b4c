"""Refusals: what the market says no with. Each has a stable code, an HTTP status and a sentence in both languages."""

from __future__ import annotations

from typing import ClassVar

REFUSALS: dict[str, type[Refusal]] = {}


class Refusal(Exception):
    """A business no. Subclasses state `code`, `status`, `en` and `zh`; the sentences may name the keyword values given when raised.

    A refusal changes nothing, is expected, and never pages anybody.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    en: ClassVar[str] = "That is not possible."
    zh: ClassVar[str] = "无法完成此操作。"

    def __init_subclass__(cls) -> None:
        known = REFUSALS.setdefault(cls.code, cls)
        if known is not cls and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"refusal code {cls.code!r} is taken by {known.__qualname__}")

    def __init__(self, **values: object) -> None:
        super().__init__(self.code)
        self.values = values

    def sentence(self, lang: str) -> str:
        """The sentence for a person, in 'en' or 'zh'."""
        return (self.zh if lang == "zh" else self.en).format(**self.values)

    def __str__(self) -> str:
        return self.sentence("en")


class NotFound(Refusal):
    code = "not_found"
    status = 404
    en = "There is no such {what} here."
    zh = "这里没有这个{what}。"

    def __init__(self, what: str = "page", **values: object) -> None:
        super().__init__(what=what, **values)


class NotAllowed(Refusal):
    code = "not_allowed"
    status = 403
    en = "You may not do this."
    zh = "您没有权限执行此操作。"


class SignInFirst(Refusal):
    code = "sign_in_first"
    status = 401
    en = "Please sign in first."
    zh = "请先登录。"


class Malformed(Refusal):
    """A payload fault, never a business refusal: the field and what is wrong with it."""

    code = "malformed"
    status = 422
    en = "{field}: {problem}"
    zh = "{field}：{problem}"

    def __init__(self, field: str, problem: str, problem_zh: str | None = None) -> None:
        super().__init__(field=field, problem=problem)
        self.problem_zh = problem_zh or problem

    def sentence(self, lang: str) -> str:
        problem = self.problem_zh if lang == "zh" else self.values["problem"]
        return f"{self.values['field']}{'：' if lang == 'zh' else ': '}{problem}"


class TooOften(Refusal):
    code = "too_often"
    status = 429
    en = "Too many tries. Please wait {seconds} seconds."
    zh = "尝试过于频繁，请等待 {seconds} 秒。"


class Unavailable(Refusal):
    code = "unavailable"
    status = 503
    en = "The market is catching its breath. Please try again in a moment."
    zh = "市场正在恢复中，请稍后再试。"


class KeyMissing(Refusal):
    code = "idempotency_key_missing"
    status = 400
    en = "This call needs an Idempotency-Key header, so that repeating it is safe."
    zh = "此请求需要 Idempotency-Key 请求头，以便安全重试。"


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    en = "This Idempotency-Key was used before with different content."
    zh = "该 Idempotency-Key 已用于内容不同的请求。"


class KeyBusy(Refusal):
    code = "idempotency_key_busy"
    status = 409
    en = "The first call with this Idempotency-Key is still running."
    zh = "使用该 Idempotency-Key 的首个请求仍在处理中。"
