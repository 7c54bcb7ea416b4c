"""How a page becomes HTML: the template environment, the words of each language, the town's money and time.

Pure: nothing here knows the web framework, reads a clock or a setting. A page hands over its values, its
`Look` (how this person wants to see the town) and its `Frame` (what surrounds every page); it gets a string.
Templates lie beside their pages: `page("shop/offer.html", look, frame, offer=...)`.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import date as Date  # noqa: N812  a filter below is called date
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from markupsafe import Markup, escape

from highstreet.web.pieces import Filled, Kept, Pages, remember, taken_apart

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

    Beside the values it knows `look`, `frame`, `parts` (shared/parts.html) and `bits` (shop/bits.html; there is nothing to import).
    Raises jinja2.UndefinedError when the template names a value it was not given.
    """
    frame = frame or Frame()
    around = _around(look, _shared(frame))
    found, given = _ready(template, look, frame, values, _bare(look.lang, frame.zone))
    with taken_apart():
        blocks = found.render(given).split(_CUT)
    token = escape(frame.csrf)
    if len(blocks) == 1:
        return blocks[0].replace(_TOKEN, token)
    # Last, so that what surrounds one visitor's page is never kept for another: the token of their forms, where they are.
    whole = [
        piece.replace(_TOKEN, token).replace(_WHERE, escape(frame.path)) if marked else piece
        for piece, marked in around
    ]
    for n, block in enumerate(blocks[:-1]):
        if block != _USUAL:
            whole[2 * n + 1] = block.replace(_TOKEN, token)
    return "".join(whole)


def fragment(template: str, block: str, look: Look, frame: Frame | None = None, **values: object) -> str:
    """One `{% block %}` of a page alone, as htmx swaps it in. Raises KeyError for an unknown block."""
    frame = frame or Frame()
    found, given = _ready(template, look, frame, values, _environment(look.lang, frame.zone))
    with taken_apart():
        drawn = "".join(found.blocks[block](found.new_context(given)))
    return drawn.replace(_TOKEN, escape(frame.csrf))


def _ready(
    template: str, look: Look, frame: Frame, values: Mapping[str, object], environment: Environment
) -> tuple[Template, dict[str, object]]:
    given = {**values, "look": look, "frame": frame, **_known_to_all(look.lang, frame.zone)}
    return environment.get_template(template), given


@lru_cache
def _known_to_all(lang: Lang, zone: str) -> dict[str, TemplateModule]:
    """The parts every template knows: of a look they know the language, of a frame the token of its forms, and that is put in last."""
    environment, given = _environment(lang, zone), {"look": Look(lang=lang), "frame": Frame(csrf=_TOKEN)}
    parts = environment.get_template("shared/parts.html").make_module(given)
    bits = environment.get_template("shop/bits.html").make_module({**given, "parts": parts})
    remember(parts, "icon", "picture", "badge", "label", "price", "button", "stepper", "three_lines")
    remember(bits, "licence", "unit", "how_far")
    return {"parts": parts, "bits": bits}


# --- what surrounds a page ---
#
# The layout is drawn once for all pages with the same look and the same things in its frame, cut where a page puts its blocks.
# The marks are random: nothing that anybody wrote into a page can be taken for one.

_LAYOUT = "shared/base.html"
_CUT, _USUAL, _TOKEN, _WHERE = (f"[{secrets.token_hex(12)}]" for _ in range(4))
# With the white space around them that trim_blocks and lstrip_blocks would take away.
_BLOCK = re.compile(r"\{%-?\s*block (\w+)\s*-?%\}(?:\n[ \t]*(?=\{%)|\n)?")
_BLOCK_END = re.compile(r"[ \t]*\{%-?\s*endblock\s*-?%\}")
# Where the layout marks the page one is on.
_TABS = frozenset(("/", "/search", "/basket", "/orders", "/me"))


def _shared(frame: Frame) -> Frame:
    """The frame as many pages have it: without the visitor's token, the moment and (mostly) the address."""
    path = frame.path if frame.path in _TABS else _WHERE
    return msgspec.structs.replace(frame, csrf=_TOKEN, path=path, now=None)


@lru_cache(1024)
def _around(look: Look, frame: Frame) -> tuple[tuple[str, bool], ...]:
    """The layout in pieces, and whether anything is to be put into one; every second is what stands in a block when a page says
    nothing there."""
    given: dict[str, object] = {"look": look, "frame": frame, **_known_to_all(look.lang, frame.zone)}
    pieces = _cut_layout(look.lang, frame.zone).render(given).split(_CUT)
    return tuple((piece, _TOKEN in piece or _WHERE in piece) for piece in pieces)


@lru_cache
def _cut_layout(lang: str, zone: str) -> Template:
    cut = _BLOCK_END.sub(f"{_CUT}{{%- endblock %}}", _BLOCK.sub(rf"{{% block \1 %}}{_CUT}", _layout()))
    return _environment(lang, zone).from_string(cut)


@lru_cache
def _bare(lang: str, zone: str) -> Environment:
    """The same templates over a layout of nothing but its blocks."""
    blocks = "".join(
        f"{{% block {name} %}}{_USUAL}{{% endblock %}}{_CUT}" for name in _BLOCK.findall(_layout())
    )
    whole = _environment(lang, zone)
    assert whole.loader is not None
    return whole.overlay(loader=ChoiceLoader([DictLoader({_LAYOUT: blocks}), whole.loader]))


def _layout() -> str:
    return (WEB / _LAYOUT).read_text(encoding="utf-8")


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
    environment = Pages(
        loader=FileSystemLoader(WEB),
        auto_reload=False,
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
    known_to_all["kept"] = Kept()
    known_to_all["filled"] = Filled()
    environment.filters |= _filters(lang, ZoneInfo(zone), gettext)
    return environment


@lru_cache(16_384)
def money(amount_minor: int, currency: str, lang: str = "en") -> str:
    """1250, "CNY" -> "¥12.50". Amounts are whole minor units; the sign comes before the symbol."""
    symbol, digits = _sign(currency, lang)
    sign, whole = "−" if amount_minor < 0 else "", abs(amount_minor)
    if not digits:
        return f"{sign}{symbol}{whole:,}"
    # Both languages write 1,234.50; Babel takes a tenth of a millisecond to find that out again for every price.
    return f"{sign}{symbol}{whole // 10**digits:,}.{whole % 10**digits:0{digits}}"


@lru_cache
def _sign(currency: str, lang: str) -> tuple[str, int]:
    symbol = get_currency_symbol(currency, locale=_BABEL[lang])
    return symbol.replace("CN¥", "¥"), get_currency_precision(currency)


def _filters(lang: str, zone: ZoneInfo, gettext: Callable[[str], str]) -> dict[str, Callable[..., str]]:
    locale = _BABEL[lang]

    def local(value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be shown")
        return value.astimezone(zone)

    def date(value: datetime) -> str:
        return format_date(local(value).date(), "long" if lang == "zh" else "medium", locale=locale)

    def time(value: datetime) -> str:
        return f"{local(value):%H:%M}"

    def day(value: datetime, now: datetime | None = None) -> str:
        """The word for a day as people say it: today, tomorrow, else weekday and date."""
        return _day(local(value).date(), local(now).date() if now else None)

    @lru_cache(1024)
    def _day(there: Date, today: Date | None) -> str:
        away = (there - today).days if today else 9
        near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
        if away in near:
            return near[away]
        if today is not None and today.year != there.year:
            return format_date(there, "long" if lang == "zh" else "medium", locale=locale)
        return format_date(there, _DAY[lang], locale=locale)

    def moment(value: datetime, now: datetime | None = None) -> str:
        return f"{day(value, now)} {time(value)}"

    def window(start: datetime, end: datetime, now: datetime | None = None) -> str:
        """today 14:00-15:00; names the second day too when the window runs past midnight."""
        last = time(end) if local(start).date() == local(end).date() else moment(end, now)
        return f"{moment(start, now)}–{last}"

    def quantity(value: int | float | Decimal, unit: str = "") -> str:
        told = f"{value:,}" if isinstance(value, int) else format_decimal(value, "#,##0.###", locale=locale)
        return f"{told} {unit}".rstrip() if lang == "en" else f"{told}{unit}"

    every = (date, time, day, moment, window, quantity)
    return {**{each.__name__: each for each in every}, "money": partial(money, lang=lang)}
