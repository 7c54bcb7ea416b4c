"""A form as somebody filled it in: what was typed stays, each field with what is wrong with it, until all of it is right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.money import parse_money
from highstreet.kit.quantity import check_quantity
from highstreet.kit.text import Words
from highstreet.web.frame import Form


class Filled:
    """Reads fields one by one and notes what is wrong; `ok` tells whether all of it can be used. Templates ask `value` and `error`."""

    def __init__(
        self, lang: Literal["en", "zh"], form: Form | None = None, start: Mapping[str, str] | None = None
    ) -> None:
        self.lang: Literal["en", "zh"] = lang
        self.form = form
        self.start = dict(start or {})
        self.errors: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def status(self) -> int:
        return 200 if self.ok else 422

    def value(self, name: str, default: str = "") -> str:
        """What stands in the field: what was typed, else what was there before."""
        if self.form is not None:
            return self.form.get(name, "" if name in self.start else default)
        return self.start.get(name, default)

    def all(self, name: str) -> list[str]:
        """All values of a field that may be chosen several times."""
        return self.form.all(name) if self.form is not None else self.start.get(name, "").split()

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    def wrong(self, name: str, en: str, zh: str) -> None:
        """Note what is wrong with a field; the first note stays."""
        self.errors.setdefault(name, zh if self.lang == "zh" else en)

    def refused(self, refusal: Refusal, name: str = "") -> None:
        """A no from below, told at its field, or above the form (field "")."""
        field = name or (str(refusal.values.get("field", "")) if isinstance(refusal, Malformed) else "")
        told = refusal.sentence(self.lang)
        if isinstance(refusal, Malformed):
            told = refusal.problem_zh if self.lang == "zh" else str(refusal.values["problem"])
            told = told if self.lang == "zh" else told[:1].upper() + told[1:]
        self.errors.setdefault(field, told)

    def text(self, name: str, *, required: bool = False, most: int = 200) -> str:
        said = self.value(name)
        if required and not said:
            self.wrong(name, "Please fill this in.", "请填写此项。")
        if len(said) > most:
            self.wrong(name, f"At most {most} letters.", f"最多 {most} 字。")
        return said

    def words(self, name: str, *, required: bool = False, most: int = 200) -> Words:
        """`name_en` and `name_zh`; one is enough."""
        said = Words(self.text(f"{name}_en", most=most), self.text(f"{name}_zh", most=most))
        if required and not (said.en or said.zh):
            self.wrong(
                f"{name}_{self.lang}",
                "Please fill this in, in one language at least.",
                "请至少用一种语言填写。",
            )
        return said

    def money(self, name: str, currency: str, *, required: bool = True) -> int | None:
        """Minor units."""
        said = self.text(name, required=required)
        if not said:
            return None
        try:
            return parse_money(said, currency, name)
        except Malformed as e:
            self.refused(e, name)
            return None

    def whole(
        self, name: str, *, least: int = 0, most: int = 1_000_000_000, required: bool = True
    ) -> int | None:
        said = self.text(name, required=required)
        if not said:
            return None
        try:
            number = Decimal(said)
            if not number.is_finite() or number != number.to_integral_value():
                raise InvalidOperation
        except InvalidOperation:
            self.wrong(name, "This must be a whole number.", "必须是整数。")
            return None
        if not least <= number <= most:
            self.wrong(name, f"This must be from {least} to {most}.", f"必须在 {least} 到 {most} 之间。")
            return None
        return int(number)

    def quantity(self, name: str) -> int | None:
        """A count of at least one."""
        number = self.whole(name, least=1)
        return None if number is None else check_quantity(number, name)

    def share(self, name: str, *, required: bool = True, least: int = 1, most: int = 9900) -> int | None:
        """A percentage, as basis points."""
        if not (said := self.text(name, required=required)) and not required:
            return None
        try:
            number = Decimal(said.rstrip("%％ ")) * 100
            if not number.is_finite() or number != number.to_integral_value() or not least <= number <= most:
                raise InvalidOperation
            return int(number)
        except InvalidOperation:
            low, high = (f"{Decimal(end) / 100:f}" for end in (least, most))
            self.wrong(name, f"A percentage from {low} to {high}.", f"请填写 {low} 至 {high} 的百分比。")
            return None

    def degrees(self, name: str, most: int) -> float | None:
        """A coordinate."""
        said = self.text(name, required=True)
        try:
            number = Decimal(said)
            if not number.is_finite() or abs(number) > most:
                raise InvalidOperation
            return float(number)
        except InvalidOperation:
            self.wrong(name, f"Degrees, such as {most // 3}.5.", f"请填写度数，例如 {most // 3}.5。")
            return None

    def day(self, name: str, *, required: bool = True) -> date | None:
        said = self.text(name, required=required)
        if not said:
            return None
        try:
            return date.fromisoformat(said)
        except ValueError:
            self.wrong(name, "A date such as 2026-01-31.", "日期格式应为 2026-01-31。")
            return None
