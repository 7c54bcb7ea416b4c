"""Mail for demonstrations and tests: each letter becomes one .eml file that any mail program opens."""

from __future__ import annotations

import asyncio
from pathlib import Path

from highstreet.kit.clock import Clock
from highstreet.kit.db import must_be_outside
from highstreet.kit.mail import Letter, compose


class FileMail:
    """Answers `kit.mail.Mail`. `outbox` is made when needed; only its owner may read it."""

    def __init__(self, outbox: Path, sender: str, clock: Clock) -> None:
        self._outbox = outbox
        self._sender = sender
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        must_be_outside()
        content = compose(letter, self._sender, self._clock()).as_bytes()
        await asyncio.to_thread(self._write, f"{letter.message_id}.eml", content)

    def _write(self, name: str, content: bytes) -> None:
        self._outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        # whoever looks never sees half a letter, and the same letter sent twice is one file
        half = self._outbox / f".{name}.half"
        half.touch(mode=0o600)
        half.write_bytes(content)
        half.replace(self._outbox / name)
