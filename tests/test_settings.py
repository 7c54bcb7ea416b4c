from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from highstreet.settings import Settings, WrongSettings, load


def read(tmp_path: Path, **env: str) -> Settings:
    return load(
        {"HIGHSTREET_DATA_DIR": str(tmp_path / "data"), **{f"HIGHSTREET_{k}": v for k, v in env.items()}}
    )


def test_nothing_set_is_a_market_on_this_machine(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.host, settings.port, settings.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (settings.currency, settings.time_zone, settings.locale) == ("CNY", "Asia/Shanghai", "zh")
    assert not settings.demo
    assert settings.database_url is None
    assert settings.payment_url is None


def test_the_secret_is_made_once_and_kept_to_ourselves(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: read(tmp_path).secret, range(8)))
    assert len(made) == 1
    kept = tmp_path / "data" / "keys"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert stat.S_IMODE((kept / "secret").stat().st_mode) == 0o600
    assert [path.name for path in kept.iterdir()] == ["secret"]
    assert read(tmp_path, SECRET="x" * 32).secret == b"x" * 32
    assert read(tmp_path).payment_secret != read(tmp_path).secret


def test_what_is_printed_holds_no_secret(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://me:hush@db/market", SECRET="x" * 32)
    assert "hush" not in f"{settings!r} {settings}"
    assert "xxx" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "0", "HIGHSTREET_PORT must be a whole number from 1 to 65535, not '0'."),
        ("PORT", "８０００", "HIGHSTREET_PORT must be a whole number from 1 to 65535, not '８０００'."),
        (
            "WEB_PROCESSES",
            "many",
            "HIGHSTREET_WEB_PROCESSES must be a whole number from 1 to 64, not 'many'.",
        ),
        ("DEMO", "perhaps", "HIGHSTREET_DEMO must be yes or no, not 'perhaps'."),
        ("DATABASE_URL", "mysql://me:hush@db", "HIGHSTREET_DATABASE_URL must begin with postgresql://."),
        ("SECRET", "short", "HIGHSTREET_SECRET must have at least 32 characters."),
        (
            "CURRENCY",
            "XXX",
            "HIGHSTREET_CURRENCY must be a currency this market knows, such as CNY, not 'XXX'.",
        ),
        (
            "TIME_ZONE",
            "Mars/Base",
            "HIGHSTREET_TIME_ZONE must be a time zone such as Asia/Shanghai, not 'Mars/Base'.",
        ),
        (
            "TIME_ZONE",
            "../etc",
            "HIGHSTREET_TIME_ZONE must be a time zone such as Asia/Shanghai, not '../etc'.",
        ),
        ("LOCALE", "fr", "HIGHSTREET_LOCALE must be en or zh, not 'fr'."),
        ("LOG_LEVEL", "loud", "HIGHSTREET_LOG_LEVEL must be debug, info, warning or error, not 'loud'."),
        ("HOST", "a b", "HIGHSTREET_HOST must be an address or a name of this machine, not 'a b'."),
        ("URL", "market", "HIGHSTREET_URL must be a plain address such as https://market.example."),
        ("MAIL_FROM", "me", "HIGHSTREET_MAIL_FROM must be a mail address, not 'me'."),
    ],
)
def test_each_wrong_value_is_one_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        read(tmp_path, **{name: value})
    assert refused.value.sentences == [sentence]


def test_all_wrong_values_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings) as refused:
        read(tmp_path, PORT="-1", MAIL="pigeon", PAYMENT_URL="https://pay.example")
    assert [sentence.split()[0] for sentence in refused.value.sentences] == [
        "HIGHSTREET_PORT",
        "HIGHSTREET_MAIL",
        "HIGHSTREET_PAYMENT_SECRET",
    ]


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    with pytest.raises(WrongSettings, match="HIGHSTREET_DATA_DIR cannot be used"):
        read(tmp_path)
