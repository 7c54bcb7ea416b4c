"""Every house rule with an example it refuses and one it lets pass."""

from pathlib import Path
from textwrap import dedent

import pytest

from checks import tidy

FORMATS = frozenset({"counter", "instant"})

# rule, path, what is refused, what passes at the same place
EXAMPLES: list[tuple[str, str, str, str]] = [
    ("length", "highstreet/orders/lines.py", "x = 1\n" * 401, "x = 1\n" * 400),
    ("length", "highstreet/orders/__init__.py", "x = 1\n" * 61, "x = 1\n" * 60),
    ("length", "highstreet/formats/counter.py", "x = 1\n" * 121, "x = 1\n" * 120),
    ("length", "highstreet/web/shop/offer.html", "<p>\n" * 151, "<p>\n" * 150),
    ("length", "highstreet/web/shop/offer.py", "x = 1\n" * 151, "x = 1\n" * 150),
    ("length", "highstreet/web/shared/parts.html", "<p>\n" * 401, "<p>\n" * 400),
    (
        "function-length",
        "highstreet/orders/lines.py",
        "def f():\n" + " x = 1\n" * 60,
        "def f():\n" + " x = 1\n" * 59,
    ),
    ("file-name", "highstreet/orders/service.py", "", ""),
    ("file-name", "highstreet/orders/_helpers.py", "", ""),
    ("file-name", "highstreet/web/shop/views.py", "", ""),
    ("format-name", "highstreet/market/place.py", 'if order.format == "instant": ...', 'name = "instant"'),
    ("format-name", "highstreet/market/place.py", 'if "counter@2" != name: ...', 'if "card" != name: ...'),
    ("format-name", "highstreet/market/place.py", 'if x in ("card", "instant"): ...', "if x in formats: ..."),
    (
        "format-name",
        "highstreet/market/place.py",
        'match x:\n case "counter": ...',
        'match x:\n case "card": ...',
    ),
    (
        "format-name",
        "highstreet/market/views.py",
        "q = \"... WHERE format = 'instant'\"",
        'q = "... WHERE format = $1"',
    ),
    ("format-name", "highstreet/formats/counter.py", 'if x == "instant": ...', 'if x == "counter": ...'),
    (
        "format-name",
        "highstreet/web/shop/offer.html",
        "{% if f == 'instant' %}",
        "{% if offer.has_promise %}",
    ),
    ("clock", "highstreet/orders/lines.py", "when = datetime.now(UTC)", "when = clock.now()"),
    (
        "clock",
        "highstreet/orders/lines.py",
        "made = field(default_factory=dt.datetime.utcnow)",
        "made: datetime",
    ),
    ("clock", "highstreet/orders/lines.py", "x = date.today()", "x = now.date()"),
    ("clock", "highstreet/orders/lines.py", "x = time.time()", "x = time.perf_counter()"),
    ("clock", "highstreet/orders/lines.py", "from time import time", "from time import perf_counter"),
    ("identity", "highstreet/orders/lines.py", "x = uuid.uuid4()", "x = ids.order(now)"),
    (
        "identity",
        "highstreet/orders/lines.py",
        "from uuid import uuid4\nx = uuid4()",
        "from uuid import UUID",
    ),
    (
        "transaction",
        "highstreet/orders/lines.py",
        "await tx.execute('BEGIN')",
        "await tx.execute('SELECT 1')",
    ),
    ("transaction", "highstreet/orders/lines.py", "t = tx.transaction()", "await tx.fetch('SELECT 1')"),
    ("transaction", "highstreet/web/shop/offer.py", "await c.commit()", "await market.commit(tx, order)"),
    ("transaction", "highstreet/web/shop/offer.py", "await c.rollback()", "t = db.transaction()"),
    (
        "sql-from-text",
        "highstreet/orders/lines.py",
        "await tx.fetch(f'SELECT {column} FROM t')",
        "await tx.fetch('SELECT a FROM t')",
    ),
    (
        "sql-from-text",
        "highstreet/orders/lines.py",
        "q = f'DELETE FROM t WHERE a = {a}'\nawait tx.execute(q)",
        "q = 'DELETE FROM t WHERE a = $1'\nawait tx.execute(q, a)",
    ),
    (
        "sql-from-text",
        "highstreet/orders/lines.py",
        "db.rows(tx, A, 'SELECT %s' % a)",
        "db.rows(tx, A, 'SELECT $1', a)",
    ),
    (
        "sql-from-text",
        "highstreet/orders/lines.py",
        "tx.fetchval('SELECT {}'.format(a))",
        "log(f'SELECT {a}')",
    ),
    (
        "table-comment",
        "highstreet/migrations/1_a.sql",
        "CREATE TABLE a.b (c int);",
        "CREATE TABLE a.b (c int);\nCOMMENT ON TABLE a.b IS 'one row is one thing';",
    ),
    (
        "table-comment",
        "highstreet/migrations/1_a.sql",
        "CREATE TABLE IF NOT EXISTS\n  a.b (c int);",
        "CREATE TABLE a.b_1 PARTITION OF a.b DEFAULT;",
    ),
    ("float-money", "highstreet/ledger/postings.py", "fee = 0.5", "fee = Decimal('0.5')"),
    ("float-money", "highstreet/kit/money.py", "x = float(amount)", "x = int(amount)"),
    ("network", "highstreet/ledger/collect.py", "import httpx", "import json"),
    ("network", "highstreet/catalog/search.py", "from urllib import request", "from urllib import parse"),
    ("network", "highstreet/market/place.py", "from litestar.status_codes import X", "import hashlib"),
    ("printing", "highstreet/market/place.py", "print('placed')", "log.info('placed')"),
]


def rules_broken(path: str, text: str) -> list[str]:
    return [found.rule for found in tidy.breaches(tidy.Source(path, text, FORMATS))]


@pytest.mark.parametrize(("rule", "path", "bad", "good"), EXAMPLES)
def test_each_rule_refuses_its_bad_example_and_nothing_else(
    rule: str, path: str, bad: str, good: str
) -> None:
    assert set(rules_broken(path, bad)) == {rule}
    if rule != "file-name":
        assert rules_broken(path, good) == []


def test_every_rule_has_an_example_and_a_reason() -> None:
    assert {rule for rule, *_ in EXAMPLES} == set(tidy.RULES)
    assert all(check.__doc__ for check in tidy.RULES.values())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("highstreet/kit/clock.py", "now = datetime.now(UTC)"),
        ("highstreet/kit/ids.py", "x = uuid.uuid4()"),
        ("highstreet/kit/db.py", "t = connection.transaction()"),
        ("highstreet/adapters/mail.py", "import smtplib"),
        ("highstreet/cli.py", "print('done')"),
        ("highstreet/market/views.py", ""),
        ("highstreet/market/views/today.py", ""),
        ("tests/orders/test_lines.py", "print(datetime.now(UTC), uuid.uuid4())"),
        ("highstreet/web/shop/geo.py", "x = 1.5"),
        ("highstreet/orders/lines.py", "await tx.fetch(f'SELECT {_COLUMNS} FROM orders.line')"),
    ],
)
def test_what_a_rule_is_not_about_passes(path: str, text: str) -> None:
    assert rules_broken(path, text) == []


def exemption(limit: int, *, entries: int = 1, reason: str = "generated tables of another office") -> str:
    return dedent(f"""
        entries = {entries}
        [[exception]]
        rule = "length"
        name = "highstreet/orders/lines.py"
        limit = {limit}
        reason = "{reason}"
    """)


LONG = [tidy.Breach("length", "highstreet/orders/lines.py", 1, "long", 430)]


def test_an_exemption_covers_its_file_up_to_its_limit() -> None:
    assert tidy.without_exempted(LONG, exemption(430)) == []
    assert tidy.without_exempted(LONG, exemption(429)) == LONG


@pytest.mark.parametrize(
    ("found", "register", "said"),
    [
        ([], exemption(430), "no longer needs"),
        (LONG, exemption(430, entries=2), "may only shrink"),
        (LONG, exemption(430, reason="too long"), "no reason"),
    ],
)
def test_an_exemption_that_is_not_in_order_is_a_breach(
    found: list[tidy.Breach], register: str, said: str
) -> None:
    assert any(said in str(breach) for breach in tidy.without_exempted(found, register))


def test_a_breach_is_printed_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/exceptions.toml").write_text("entries = 0\n")
    (tmp_path / "highstreet/orders").mkdir(parents=True)
    (tmp_path / "highstreet/orders/lines.py").write_text("import json\nx = time.time()\n")
    assert tidy.main(tmp_path) == 1
    assert capsys.readouterr().out.startswith("highstreet/orders/lines.py:2: ")
