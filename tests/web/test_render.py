"""The look of pages: languages, money, times, and that every template's words exist in Chinese."""

import gc
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from highstreet.web import pieces, render
from highstreet.web.render import Flash, Frame, Look, fragment, look_from, money, page, say

NOW = datetime(2026, 5, 16, 2, 10, tzinfo=UTC)  # 10:10 on a Saturday in Shanghai
CARD = {
    "href": "/offers/1",
    "title": "Riverside <sourdough>",
    "picture": "/static/pictures/bread.svg",
    "price": "¥14.80",
    "before": "¥18.00",
    "promise": "today 14:00–15:00",
    "story": "the shop gives ¥3.20",
    "seller": "Old Mill Bakery",
}
HAS = {"was": True, "story": True, "trust": "licence checked", "labels": ["green", "something of its own"]}


def drawn(source: str, look: Look | None = None, frame: Frame | None = None, **values: object) -> str:
    look, frame = look or Look(), frame or Frame(now=NOW)
    environment = render._environment(look.lang, frame.zone)
    parts = environment.get_template("shared/parts.html").make_module({"look": look, "frame": frame})
    return environment.from_string(source).render(look=look, frame=frame, parts=parts, **values)


@pytest.mark.parametrize(
    ("minor", "currency", "lang", "told"),
    [
        (1250, "CNY", "zh", "¥12.50"),
        (1250, "CNY", "en", "¥12.50"),
        (-300, "CNY", "zh", "−¥3.00"),
        (123456789, "GBP", "en", "£1,234,567.89"),
        (0, "CNY", "en", "¥0.00"),
        (500, "JPY", "en", "JP¥500"),
    ],
)
def test_money_is_told_in_whole_minor_units(minor: int, currency: str, lang: str, told: str) -> None:
    assert money(minor, currency, lang) == told


@pytest.mark.parametrize(
    ("start", "hours", "lang", "told"),
    [
        (NOW + timedelta(hours=4), 1, "en", "today 14:10–15:10"),
        (NOW + timedelta(hours=4), 1, "zh", "今天 14:10–15:10"),
        (NOW + timedelta(days=1), 2, "en", "tomorrow 10:10–12:10"),
        (NOW + timedelta(days=3), 1, "en", "Tue 19 May 10:10–11:10"),
        (NOW + timedelta(days=3), 1, "zh", "5月19日周二 10:10–11:10"),
        (NOW + timedelta(hours=13), 3, "en", "today 23:10–tomorrow 02:10"),
        (NOW + timedelta(days=365), 1, "en", "16 May 2027 10:10–11:10"),
    ],
)
def test_a_window_is_told_as_people_say_it(start: datetime, hours: int, lang: str, told: str) -> None:
    look = look_from({"lang": lang})
    assert drawn("{{ a | window(b, frame.now) }}", look, a=start, b=start + timedelta(hours=hours)) == told


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        drawn("{{ t | time }}", t=datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_look_comes_from_cookies_and_survives_nonsense() -> None:
    assert look_from({}, "zh-CN,zh;q=0.9,en;q=0.8") == Look(lang="zh")
    assert look_from({"lang": "en"}, "zh-CN") == Look()
    assert look_from({"lang": "xx", "theme": "<b>", "elder": "yes"}) == Look()
    assert look_from({"theme": "dark", "elder": "1"}) == Look(theme="dark", elder=True)


@pytest.mark.parametrize("look", [Look(), Look("zh", "dark", elder=True)])
def test_the_layout_stands_alone(look: Look) -> None:
    frame = Frame(
        town="清河",
        path="/basket",
        csrf="t0ken",
        basket=3,
        person="Ada",
        now=NOW,
        flashes=(Flash("<saved>", "good"),),
    )
    html = page("shared/base.html", look, frame)
    assert f'lang="{"zh-Hans" if look.lang == "zh" else "en"}"' in html
    assert ("data-elder" in html.split(">", 2)[1]) is look.elder
    assert "&lt;saved&gt;" in html and 'value="t0ken"' in html and ">3</span>" in html
    assert ("向真人咨询" in html) is (look.lang == "zh")


def test_pages_carry_no_inline_script_or_style() -> None:
    sources = [path.read_text() for path in render.WEB.rglob("*.html")]
    assert sources
    for source in sources:
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\bsrc=)|javascript:", source)


def test_a_missing_value_is_an_error_and_never_an_empty_hole() -> None:
    with pytest.raises(UndefinedError):
        drawn("{{ nobody_gave_this }}")


def test_a_fragment_is_the_block_alone() -> None:
    assert fragment("shared/base.html", "title", Look(), Frame(town="Qinghe")) == "Qinghe"
    with pytest.raises(KeyError):
        fragment("shared/base.html", "nowhere", Look())


def test_an_offer_card_shows_the_three_lines_and_escapes_what_sellers_write() -> None:
    html = drawn("{{ parts.offer_card(card, has) }}", card=CARD, has=HAS)
    assert "Riverside &lt;sourdough&gt;" in html and "<sourdough>" not in html
    for line in ("today 14:00–15:00", "the shop gives ¥3.20", "licence checked", "¥14.80", "¥18.00", "Green"):
        assert line in html


def test_the_price_story_names_every_funder_and_draws_the_shares() -> None:
    rows = [
        {"text": "Two for less", "amount": -1000, "funder": "Old Mill Bakery", "by": "seller"},
        {"text": "Spring voucher", "amount": -1500, "funder": "Qinghe", "by": "public"},
    ]
    html = drawn("{{ parts.price_story(rows, 7500, 'CNY', 10000) }}", rows=rows)
    assert "paid by Old Mill Bakery" in html and "−¥15.00" in html and "¥75.00" in html
    assert re.findall(r'by-\w+" x="[\d.]+" width="([\d.]+)"', html) == ["75.0", "10.0", "15.0"]


def test_a_wrong_field_says_so_to_everybody() -> None:
    html = drawn(
        "{{ parts.field('phone', 'Phone', hint='11 digits', error='short', value='1\"2', required=true) }}"
    )
    assert 'aria-invalid="true"' in html and 'aria-describedby="h-phone e-phone"' in html
    assert 'value="1&#34;2"' in html and "required" in html


def test_drawn_figures_survive_nothing_and_zero() -> None:
    assert "<svg" in drawn("{{ parts.spark([0], 'Sold') }}")
    assert "<figure" in drawn("{{ parts.bars([], 'Sold') }}") and "<figure" in drawn(
        "{{ parts.share([], 'Paid') }}"
    )
    assert 'max="1"' in drawn("{{ parts.progress(0, 0, 'Packed') }}")


def _said() -> list[tuple[str, str]]:
    """Every sentence of the templates, and every one a page says: say(visitor, "...")."""
    web = str(render.WEB)
    options = {"**.html": {"trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}}
    drawn = extract_from_dir(web, method_map=[("**.html", "jinja2")], options_map=options)
    spoken = extract_from_dir(web, method_map=[("**.py", "python")], keywords={"say": (2,)})
    texts = ((file, text if isinstance(text, str) else text[0]) for file, _, text, _, _ in [*drawn, *spoken])
    return [(file, text) for file, text in texts if text]


def test_every_word_of_every_page_exists_in_chinese() -> None:
    known = render.words("zh")
    missing = sorted({f"{file}: {text}" for file, text in _said() if text not in known})
    assert not missing, "\n".join(missing)


def test_two_areas_do_not_translate_one_sentence_differently() -> None:
    seen: dict[str, tuple[str, str]] = {}
    for path in sorted((render.LOCALE / "zh" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id and message.string:
                    before = seen.setdefault(str(message.id), (str(message.string), path.name))
                    assert before[0] == str(message.string), f"{message.id}: {before[1]} and {path.name}"


def test_translations_keep_the_places_for_values() -> None:
    for source, forms in render.words("zh").items():
        for form in forms:
            assert set(re.findall(r"%\(\w+\)s", form)) <= set(re.findall(r"%\(\w+\)s", source)) | {
                "%(num)s"
            }, source


def test_say_speaks_for_pages() -> None:
    assert say(Look("zh"), "Close") == "关闭"
    assert say(Look("zh"), "%(n)s never translated", n=3) == "3 never translated"


def test_every_picture_and_sign_a_template_names_is_there() -> None:
    static = render.WEB / "static"
    signs = set(re.findall(r'id="(\w+)"', (static / "icons.svg").read_text()))
    for path in render.WEB.rglob("*.html"):
        source = path.read_text()
        for sign in re.findall(r"icon(?:\('|='|': ')(\w+)'", source):
            assert sign in signs, f"{path.name}: {sign}"
        for name in re.findall(r"/static/pictures/([\w-]+)\.svg", source):
            assert (static / "pictures" / f"{name}.svg").exists(), f"{path.name}: {name}"


def test_every_picture_the_town_names_is_drawn() -> None:
    for path in render.WEB.parent.rglob("*.py"):
        for name in re.findall(r"""["']drawn:([a-z][\w-]+)["']""", path.read_text()):
            assert (render.WEB / "static" / "pictures" / f"{name}.svg").exists(), f"{path.name}: {name}"


def test_pictures_are_small_and_safe() -> None:
    pictures: list[Path] = sorted((render.WEB / "static" / "pictures").glob("*.svg"))
    assert len(pictures) >= 36
    for path in pictures:
        text = path.read_text()
        assert len(text.encode()) < (20_000 if path.stem == "street" else 4096), path.name
        assert "<script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", ""), (
            path.name
        )


FRAMES = [
    Frame(),
    Frame(path="/search?q=<a>&b=\"'", csrf="t'k<", now=NOW),
    Frame(path="/basket", basket=3, person="A<d>a", notes=2, portrait="p", flashes=(Flash("<s>", "warn"),)),
    Frame(town="清河", path="/", surface="till", demo=True, basket=12),
]


@pytest.mark.parametrize("look", [Look(), Look("zh", "dark", elder=True), Look("en", "light")])
@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_kept_from_other_pages_is_drawn_as_if_it_were_new(look: Look, frame: Frame) -> None:
    for other in FRAMES:
        page("shop/ask.html", look, other)
    for template in ("shared/base.html", "shop/ask.html"):
        assert page(template, look, frame) == drawn(f"{{% include '{template}' %}}", look, frame)


def test_a_piece_is_kept_while_it_is_asked_for_and_drawn_anew_after() -> None:
    drawings: list[str] = []

    def draw(text: str) -> str:
        drawings.append(text)
        return text

    kept = pieces.Kept(most=2)
    assert [kept(key, draw, key) for key in "abacab"] == list("abacab")
    # b was asked for longest ago when c came.
    assert drawings == ["a", "b", "c", "b"]


def test_a_piece_that_is_remembered_is_never_that_of_another_kind_of_text() -> None:
    drawings: list[object] = []
    source = "{% macro m(a, b=1) %}<b>{{ note(a) }}{{ b }}</b>{% endmacro %}"
    environment = render._environment("en", "Asia/Shanghai")

    def note(a: object) -> object:
        drawings.append(a)
        return a

    module = environment.from_string(source).make_module({"note": note})
    plain = module.m  # type: ignore[attr-defined]
    pieces.remember(module, "m")
    every = ["<i>", Markup("<i>"), 1, True, None, "", ["<i>"], {"a": 1}]
    for _ in range(2):
        for one in every:
            assert module.m(one) == plain(one)  # type: ignore[attr-defined]
            assert module.m(one, b="&") == plain(one, b="&")  # type: ignore[attr-defined]
    # Plain four times each; remembered once each, and each time what is no plain value.
    assert len(drawings) == 4 * len(every) + 2 * (len(every) - 2) + 4 * 2


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.text().map(Markup))
def test_a_text_is_escaped_as_markupsafe_does(value: object) -> None:
    assert pieces.escaped(value) == escape(value)


@pytest.mark.parametrize("template", ["shop/ask.html", "shop/find_order.html"])
def test_a_page_leaves_nothing_for_the_collector(template: str) -> None:
    values: dict[str, object] = {"typed": {}, "refused": ""}
    page(template, Look(), Frame(now=NOW), **values)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            page(template, Look(), Frame(now=NOW), **values)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_piece_is_filled_in_with_whatever_a_text_says() -> None:
    filled = pieces.Filled(most=2)
    source = "{% macro m(t) %}<b title='{{ t.a }}'>{{ t.b }} 5%</b>{% endmacro %}"
    source += "{{ filled(1, m, texts) }}{{ filled.each(2, m, ('a', 'b'), all) }}"
    for text in ("plain", "<i>", "%(b)s", "%", "{{ 1 }}", "'\"&"):
        texts = {"a": text, "b": Markup("<u>") + text}
        one = drawn(source, texts=texts, all=[SimpleNamespace(**texts)] * 2, filled=filled)
        assert one == f"<b title='{escape(text)}'><u>{escape(text)} 5%</b>" * 3
