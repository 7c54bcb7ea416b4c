"""Passwords: which are too weak, and their argon2id hashes, made off the event loop by two threads."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from highstreet.parties.errors import WeakPassword

# OWASP's parameters for argon2id; a stronger choice here is taken up at each person's next sign-in.
HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")

# Judged against when there is no such person, so that the answer takes as long.
_NOBODY = HASHER.hash("nobody signs in with this")

_SHORTEST, _LONGEST = 8, 200
# What people choose when they do not choose; also tried without their usual tails (digits, years, signs).
_COMMON = set(
    """
    password passwort passw0rd pass word admin administrator root welcome login letmein iloveyou iloveu
    loveyou woaini qwerty qwertyui qwertyuiop qwertz azerty asdf asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm
    qazwsx qazwsxedc qweasd qweasdzxc qwaszx abcd abc abcde abcdef abcdefg abcdefgh abcabc aaa changeme
    default secret master monkey dragon shadow sunshine princess football baseball basketball superman
    batman trustno starwars pokemon freedom whatever hello helloworld michael jordan jennifer charlie thomas
    daniel andrew jessica ashley michelle nicole computer internet samsung google facebook taobao alipay
    wechat weixin tencent alibaba zhangwei wangwei liwei china zhongguo beijing shanghai shenzhen guangzhou
    nihao mima woaiwojia caonima summer winter spring autumn january monday orange banana cookie flower
    killer hunter soccer hockey ranger buster tigger cheese pepper ginger matrix mustang corvette ferrari
    mercedes user guest test tester testing demo temp temporary example sample system server oracle mysql
    postgres highstreet shop shopping store market marketplace merchant operator
    """.split()
)
_SWAPS = str.maketrans("@4301$5!7", "aaeolssit")
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)


def check_password(password: str, handle: str) -> None:
    """Errors: WeakPassword for one that is short, common, a walk over the keyboard or one's own handle."""
    text = normalised(password)
    lower = text.lower()
    if not _SHORTEST <= len(text) <= _LONGEST or len(set(lower)) < 4:
        raise WeakPassword
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lower)
    forms = {lower, bare, re.sub(r"[\W\d_]+$", "", lower)}
    half = lower[: len(lower) // 2]
    guessable = (
        any(form in _COMMON or form.translate(_SWAPS) in _COMMON for form in forms)
        or any(lower in row or lower in row[::-1] for row in _ROWS)
        or (len(lower) % 2 == 0 and lower == half * 2 and len(half) < 8)
        or re.fullmatch(r"(19|20)\d{6}|1[3-9]\d{9}", lower) is not None  # a birthday, a phone number
    )
    name = re.split("@", handle)[0].lstrip("+").lower()
    if guessable or (len(name) >= 4 and name in lower and len(lower) - len(name) < 8):
        raise WeakPassword


def normalised(password: str) -> str:
    """One form for what looks the same on two keyboards."""
    return unicodedata.normalize("NFC", password)


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, HASHER.hash, normalised(password))


async def matches(kept: str | None, password: str) -> bool:
    """Whether the password fits the kept hash; with None it takes as long and never does."""
    return await asyncio.get_running_loop().run_in_executor(
        _THREADS, _verify, kept, normalised(password)[: _LONGEST + 1]
    )


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(kept)


def _verify(kept: str | None, password: str) -> bool:
    try:
        return HASHER.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
