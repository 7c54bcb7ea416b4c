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


# What may be missing, in Chinese.
_MISSING = {
    "alert": "疑点", "application": "申请", "box": "盒子", "business": "商家", "card": "卡",
    "case": "个案", "change": "变更", "code": "码", "cohort": "团", "device": "设备", "directory": "名录",
    "draft": "草案", "draw": "抽签", "drop": "限量商品", "evidence": "凭证", "file": "文件", "group": "团",
    "hall": "场馆", "host": "主播", "item": "商品", "licence": "证照", "line": "行", "medicine": "药品",
    "message": "消息", "offer": "商品", "order": "订单", "page": "页面", "paper": "材料", "party": "用户",
    "payment provider": "支付渠道", "payment": "付款", "person": "人员", "pharmacy": "药店",
    "picture": "图片", "place": "地点", "prescription": "处方", "price": "价格", "programme": "政策",
    "promotion": "促销", "question": "疑点", "record": "记录", "refund form": "退税单", "role": "角色",
    "room": "直播间", "round": "批次", "row": "明细", "sale": "销售", "scan": "扫描件", "scenario": "场景",
    "second factor": "动态验证", "seller": "商家", "settlement": "结算单", "shop": "店铺", "state": "状态",
    "step": "步骤", "stock": "库存", "table": "表", "thing": "物品", "ticket": "票", "time": "时间",
    "token": "令牌", "variant": "规格", "visit": "就诊", "voucher": "消费券", "year": "年份",
}  # fmt: skip


class NotFound(Refusal):
    code = "not_found"
    status = 404
    en = "There is no such {what} here."
    zh = "这里没有这个{what}。"

    def __init__(self, what: str = "page", **values: object) -> None:
        super().__init__(what=what, **values)
        self._what = what

    def sentence(self, lang: str) -> str:
        # A page may have said it in the reader's language already.
        said = _MISSING.get(self._what, "内容") if lang == "zh" and self._what.isascii() else self._what
        return (self.zh if lang == "zh" else self.en).format(**self.values | {"what": said})


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
