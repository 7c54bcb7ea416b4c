"""The environment as one frozen value, validated once; only the wiring sees it.

Variable (all begin with HIGHSTREET_): meaning [default]

DATA_DIR:       where the embedded database, media and keys live [./data]
DATABASE_URL:   a PostgreSQL >= 15 of your own instead of the embedded one [none]
SECRET:         what all signatures and keys are made from, 32 characters up [made once, in keys/]
DEMO:           one-click sign-in as the town's people: yes or no [no]
HOST, PORT:     where the pages are served [127.0.0.1, 8000]
URL:            how the market is reached from outside, in mails and QR codes [http://host:port]
WEB_PROCESSES:  processes that serve pages [2]
MAIL:           file (into data/mail), or smtp(s)://user:password@host:port [file]
MAIL_FROM:      the sender [market@localhost]
PAYMENT_URL:    the payment provider; none means the sandbox that `open` runs [none]
PAYMENT_SECRET: what its notices are signed with [from the secret]
DEVICES_URL:    where locks and cabinets are asked; none means the sandbox that `open` runs [none]
LENDER_URL:     who lends for instalments; none means the sandbox that `open` runs, or nobody beside a provider of your own [none]
LENDER_SECRET:  what its notices and terms are signed with [from the secret]
CURRENCY:       of all prices [CNY]
TIME_ZONE:      of opening hours, slots and days of account [Asia/Shanghai]
LOCALE:         en or zh, for who has not chosen [zh]
LOG_LEVEL:      debug, info, warning or error [info]
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import tempfile
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from highstreet.kit.errors import Refusal
from highstreet.kit.money import digits

T = TypeVar("T")
_PREFIX = "HIGHSTREET_"
_SHORTEST_SECRET = 32


class WrongSettings(Exception):
    """One sentence per wrong value, in `sentences`."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    data_dir: Path
    database_url: str | None
    secret: bytes
    demo: bool
    host: str
    port: int
    url: str
    web_processes: int
    mail: str
    mail_from: str
    payment_url: str | None
    payment_secret: bytes
    devices_url: str | None
    lender_url: str | None
    lender_secret: bytes
    currency: str
    time_zone: str
    locale: Literal["en", "zh"]
    log_level: Literal["debug", "info", "warning", "error"]

    @property
    def lends(self) -> bool:
        """Whether there are instalments: the lender that pretends is only there beside the payment provider that does."""
        return self.lender_url is not None or self.payment_url is None

    def __repr__(self) -> str:
        # It ends up in logs and tracebacks; URLs and secrets must not.
        return f"Settings({self.data_dir}, {self.host}:{self.port})"

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check everything; makes the data directory and the secret if they are missing.

    Errors: `WrongSettings` with all that is wrong at once.
    """
    wrong: list[str] = []

    def take(name: str, default: str, check: Callable[[str], T]) -> T | None:
        try:
            return check(env.get(_PREFIX + name, "").strip() or default)
        except ValueError as e:
            wrong.append(f"{_PREFIX}{name} {e}.")
            return None

    host = take("HOST", "127.0.0.1", _host)
    port = take("PORT", "8000", _whole(1, 65535))
    found = {
        "data_dir": take("DATA_DIR", "data", lambda text: Path(text).expanduser().resolve()),
        "database_url": take("DATABASE_URL", "", _database_url),
        "demo": take("DEMO", "no", _yes_or_no),
        "host": host,
        "port": port,
        "url": take("URL", f"http://{host}:{port}", _web_url),
        "web_processes": take("WEB_PROCESSES", "2", _whole(1, 64)),
        "mail": take("MAIL", "file", _mail),
        "mail_from": take("MAIL_FROM", "market@localhost", _address),
        "payment_url": take("PAYMENT_URL", "", lambda text: _web_url(text) if text else None),
        "devices_url": take("DEVICES_URL", "", lambda text: _web_url(text) if text else None),
        "lender_url": take("LENDER_URL", "", lambda text: _web_url(text) if text else None),
        "currency": take("CURRENCY", "CNY", _currency),
        "time_zone": take("TIME_ZONE", "Asia/Shanghai", _time_zone),
        "locale": take("LOCALE", "zh", _one_of("en", "zh")),
        "log_level": take("LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error")),
    }
    given_secret = take("SECRET", "", _secret)
    payment_secret = take("PAYMENT_SECRET", "", _secret)
    if found["payment_url"] and not payment_secret:
        wrong.append(f"{_PREFIX}PAYMENT_SECRET is needed with a payment provider of your own.")
    lender_secret = take("LENDER_SECRET", "", _secret)
    if found["lender_url"] and not lender_secret:
        wrong.append(f"{_PREFIX}LENDER_SECRET is needed with a lender of your own.")
    if wrong:
        raise WrongSettings(wrong)
    try:
        secret = given_secret or _stored_secret(Path(str(found["data_dir"])) / "keys")
    except OSError as e:
        raise WrongSettings([f"{_PREFIX}DATA_DIR cannot be used: {e.filename}: {e.strerror}."]) from e
    payment_secret = payment_secret or hmac.digest(secret, b"payment notices", "sha256").hex().encode()
    lender_secret = lender_secret or hmac.digest(secret, b"lender notices", "sha256").hex().encode()
    secrets_made = {"secret": secret, "payment_secret": payment_secret, "lender_secret": lender_secret}
    return msgspec.convert({**found, **secrets_made}, Settings, strict=False)


def _stored_secret(keys: Path) -> bytes:
    """The secret in the data directory, made the first time; processes starting together get the same."""
    keys.mkdir(parents=True, exist_ok=True)
    keys.chmod(0o700)
    path = keys / "secret"
    if not path.exists():
        # Complete before it has its name, and the first one to name it wins.
        fd, new = tempfile.mkstemp(dir=keys)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(new)
        Path(new).unlink()
    return path.read_bytes()


def _secret(text: str) -> bytes | None:
    if text and len(text) < _SHORTEST_SECRET:
        raise ValueError(f"must have at least {_SHORTEST_SECRET} characters")
    return text.encode() or None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not '{text}'")
        return int(text)

    return check


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}, not '{text}'")
        return text.lower()

    return check


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false", "1", "0"):
        raise ValueError(f"must be yes or no, not '{text}'")
    return text.lower() in ("yes", "true", "1")


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:\-\[\]]+", text):
        raise ValueError(f"must be an address or a name of this machine, not '{text}'")
    return text


def _database_url(text: str) -> str | None:
    # The text is not repeated: it may hold a password.
    if text and urlsplit(text).scheme not in ("postgresql", "postgres"):
        raise ValueError("must begin with postgresql://")
    return text or None


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a plain address such as https://market.example")
    return text.rstrip("/")


def _mail(text: str) -> str:
    if text == "file":
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must be file, or smtp://user:password@host:port (smtps:// for TLS from the start)")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", text):
        raise ValueError(f"must be a mail address, not '{text}'")
    return text


def _currency(text: str) -> str:
    try:
        digits(text.upper())
    except Refusal:
        raise ValueError(f"must be a currency this market knows, such as CNY, not '{text}'") from None
    return text.upper()


def _time_zone(text: str) -> str:
    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"must be a time zone such as Asia/Shanghai, not '{text}'") from None
