"""How a page becomes HTML: the template environment, the words of each language, the town's money and time.

Pure: nothing here knows the web framework, reads a clock or a setting. A page hands over its values, its
`Look` (how this person wants to see the town) and its `Frame` (what surrounds every page); it gets a string.
Templates lie beside their pages: `page("shop/offer.html", look, frame, offer=...)`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_datetime, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

WEB = Path(__file__).parent
LOCALE = WEB / "locale"
_BABEL = {"en": "en_GB", "zh": "zh_Hans_CN"}
_DAY = {"en": "EEE d MMM", "zh": "M月d日EEE"}

Lang = Literal["en", "zh"]
Theme = Literal["auto", "light", "dark"]


class Look(msgspec.Struct, frozen=True):
    """How one person wants to see the town. Kept in three cookies: `lang`, `theme`, `elder`."""

    lang: Lang = "en"
    theme: Theme = "auto"
    elder: bool = False


class Flash(msgspec.Struct, frozen=True):
    """One sentence shown once at the top of the next page."""

    text: str
    kind: Literal["info", "good", "warn", "refusal"] = "info"


class Frame(msgspec.Struct, frozen=True):
    """What surrounds a page: the town, the person, the basket. The defaults suit a guest.

    `path` is the address of this page (the look switches come back to it), `csrf` the token forms send along,
    `ask` where a person answers (a `tel:` or an address), `zone` the town's time zone, `now` the moment the
    page was made, `portrait` a name in static/pictures, `surface` one of shop merchant till courier operator.
    """

    town: str = "highstreet"
    path: str = "/"
    zone: str = "Asia/Shanghai"
    now: datetime | None = None
    csrf: str = ""
    person: str = ""
    portrait: str = ""
    basket: int = 0
    notes: int = 0
    search: str = ""
    surface: str = "shop"
    demo: bool = False
    ask: str = "/ask"
    flashes: tuple[Flash, ...] = ()


def look_from(cookies: Mapping[str, str], accept_language: str = "") -> Look:
    """The look a request asks for. Unknown cookies count as absent; then the browser's language decides."""
    lang = cookies.get("lang", "")
    if lang not in _BABEL:
        lang = "zh" if accept_language.strip().lower().startswith("zh") else "en"
    theme = cookies.get("theme", "")
    return Look(
        lang="zh" if lang == "zh" else "en",
        theme="dark" if theme == "dark" else "light" if theme == "light" else "auto",
        elder=cookies.get("elder") == "1",
    )


def page(template: str, look: Look, frame: Frame | None = None, **values: object) -> str:
    """One whole template as HTML.

    Beside the values it knows `look`, `frame` and `parts` (shared/parts.html; there is nothing to import).
    Raises jinja2.UndefinedError when the template names a value it was not given.
    """
    found, given = _ready(template, look, frame, values)
    return found.render(given)


def fragment(template: str, block: str, look: Look, frame: Frame | None = None, **values: object) -> str:
    """One `{% block %}` of a page alone, as htmx swaps it in. Raises KeyError for an unknown block."""
    found, given = _ready(template, look, frame, values)
    return "".join(found.blocks[block](found.new_context(given)))


def _ready(
    template: str, look: Look, frame: Frame | None, values: Mapping[str, object]
) -> tuple[Template, dict[str, object]]:
    frame = frame or Frame()
    around: dict[str, object] = {"look": look, "frame": frame}
    environment = _environment(look.lang, frame.zone)
    parts = environment.get_template("shared/parts.html").make_module(around)
    return environment.get_template(template), {**values, **around, "parts": parts}


def say(look: Look, text: str, **values: object) -> str:
    """An English source sentence in the person's language: `say(look, "%(n)s left", n=3)`."""
    said = words(look.lang).get(text, (text,))[0]
    return said % values if values else said


@lru_cache
def words(lang: str) -> dict[str, tuple[str, ...]]:
    """Every translated sentence of a language, from all its .po files together."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((LOCALE / lang / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang):
                source = message.id if isinstance(message.id, str) else message.id[0]
                forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                if source and forms and all(forms) and not message.fuzzy:
                    found[source] = forms
    return found


@lru_cache
def _environment(lang: str, zone: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    known = words(lang)

    def gettext(text: str) -> str:
        return known.get(text, (text,))[0]

    def ngettext(one: str, many: str, count: int) -> str:
        # Chinese has one form for every count, English two.
        return known[one][0] if one in known else one if count == 1 else many

    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue]

    @lru_cache(4096)
    def marked(text: str) -> Markup:
        return Markup(gettext(text))  # noqa: S704  our own templates and translations

    def translate(text: str, /, **values: object) -> Markup:
        # A page of cards says some three hundred sentences; looking each up through Jinja's own is a fifth of its cost.
        return marked(text) % values if values or "%" in text else marked(text)

    known_to_all: dict[str, Any] = environment.globals  # typed by Jinja as what it holds when new
    known_to_all["_"] = translate
    environment.filters |= _filters(lang, ZoneInfo(zone), gettext)
    return environment


@lru_cache(4096)
def money(amount_minor: int, currency: str, lang: str = "en") -> str:
    """1250, "CNY" -> "¥12.50". Amounts are whole minor units; the sign comes before the symbol."""
    digits = get_currency_precision(currency)
    amount = Decimal(amount_minor).scaleb(-digits)
    told = format_currency(amount, currency, "¤#,##0.00;−¤#,##0.00", locale=_BABEL[lang])
    return told.replace("CN¥", "¥")


def _filters(lang: str, zone: ZoneInfo, gettext: Callable[[str], str]) -> dict[str, Callable[..., str]]:
    locale = _BABEL[lang]

    def local(value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be shown")
        return value.astimezone(zone)

    def date(value: datetime) -> str:
        return format_date(local(value).date(), "long" if lang == "zh" else "medium", locale=locale)

    def time(value: datetime) -> str:
        return format_time(local(value), "HH:mm", locale=locale)

    def day(value: datetime, now: datetime | None = None) -> str:
        """The word for a day as people say it: today, tomorrow, else weekday and date."""
        there = local(value)
        away = (there.date() - local(now).date()).days if now else 9
        near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
        if away in near:
            return near[away]
        other_year = now is not None and local(now).year != there.year
        return date(value) if other_year else format_datetime(there, _DAY[lang], locale=locale)

    def moment(value: datetime, now: datetime | None = None) -> str:
        return f"{day(value, now)} {time(value)}"

    def window(start: datetime, end: datetime, now: datetime | None = None) -> str:
        """today 14:00-15:00; names the second day too when the window runs past midnight."""
        last = time(end) if local(start).date() == local(end).date() else moment(end, now)
        return f"{moment(start, now)}–{last}"

    def quantity(value: int | float | Decimal, unit: str = "") -> str:
        told = format_decimal(value, "#,##0.###", locale=locale)
        return f"{told} {unit}".rstrip() if lang == "en" else f"{told}{unit}"

    every = (date, time, day, moment, window, quantity)
    return {**{each.__name__: each for each in every}, "money": partial(money, lang=lang)}
