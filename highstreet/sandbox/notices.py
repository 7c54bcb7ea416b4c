"""Telling the market what happened: signed after Standard Webhooks 1.0, retried until it answers 2xx."""

import asyncio
import base64
import binascii
import hashlib
import hmac

import httpx
import msgspec

from highstreet.kit.clock import Clock
from highstreet.sandbox.bank import Bank, Movement, StoredNotice, iso
from highstreet.sandbox.faults import Dice

ATTEMPTS = 12
LONGEST_WAIT = 60.0
PATIENCE = 15.0


def secret_bytes(secret: str) -> bytes:
    """A secret as written in settings: `whsec_` and base64, as Standard Webhooks has it, or plain text."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("A secret that starts with whsec_ must go on in base64.") from error


def signature(secrets: tuple[bytes, ...], notice_id: str, stamp: int, body: bytes) -> str:
    """One `v1,<base64>` per secret, so the market can change its secret without losing a notice."""
    signed = f"{notice_id}.{stamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets
    )


def compose(moved: Movement, url: str, dice: Dice) -> StoredNotice:
    """The notice of one movement. Its id follows from the movement, so it is the same in every run."""
    notice_id = "ntc_" + hashlib.blake2b(f"{moved.kind}|{moved.key}".encode(), digest_size=12).hexdigest()
    told = moved.amount
    if dice.strikes("wrong_amount", moved.key):
        told += dice.between(1, 999, "wrong_amount_by", moved.key)
    body = {
        "id": notice_id,
        "key": moved.told_key,
        "kind": f"{moved.kind}.{'succeeded' if moved.outcome == 'paid' else 'failed'}",
        "amount": told,
        "currency": moved.currency,
        "provider_ref": moved.provider_ref,
        "at": iso(moved.at),
    }
    if moved.kind == "charge" and moved.of:
        # The same account reads the same in every notice, and nobody can tell from it which it is.
        body["payer"] = hashlib.blake2b(moved.of.encode(), key=b"payer", digest_size=16).hexdigest()
    lost = dice.strikes("lose_notice", moved.key)
    return StoredNotice(
        id=notice_id,
        key=moved.told_key,
        url=url,
        body=msgspec.json.encode(body),
        state="lost" if lost else "due",
        attempts=0,
        last_status=0,
    )


class Postman:
    """Delivers notices in the background, each as its own task, at most 32 on the way at once."""

    def __init__(
        self, bank: Bank, dice: Dice, secrets: tuple[bytes, ...], clock: Clock, first_wait: float
    ) -> None:
        self._bank = bank
        self._dice = dice
        self._secrets = secrets
        self._clock = clock
        self._first_wait = first_wait
        self._tasks: set[asyncio.Task[None]] = set()
        self._doors = asyncio.Semaphore(32)
        # Never through a proxy and never after a redirect: the address is exactly what the market signed.
        self._http = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, follow_redirects=False)

    def resume(self) -> None:
        """Takes up what an earlier process left undelivered."""
        for notice in self._bank.notices(state="due"):
            self.deliver(notice)

    def deliver(self, notice: StoredNotice) -> None:
        if notice.state == "due" and notice.url:
            task = asyncio.create_task(self._until_taken(notice))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def _until_taken(self, notice: StoredNotice) -> None:
        if self._dice.strikes("reorder_notices", notice.key):
            hold = self._dice.between(0, self._dice.faults.hold_ms, "hold", notice.key)
            await asyncio.sleep(hold / 1000)
        copies = 1
        if self._dice.strikes("duplicate_notices", notice.key):
            copies = self._dice.between(2, 4, "copies", notice.key)
        for attempt in range(notice.attempts, ATTEMPTS):
            statuses = await asyncio.gather(*(self._attempt(notice) for _ in range(copies)))
            taken = next((status for status in statuses if 200 <= status < 300), 0)
            # 410 means that nobody listens here any more
            over = 410 in statuses or attempt + 1 == ATTEMPTS
            state = "sent" if taken else "given_up" if over else "due"
            self._bank.tried(notice.id, state, taken or statuses[-1])
            if state != "due":
                return
            await asyncio.sleep(min(self._first_wait * 2**attempt, LONGEST_WAIT))

    async def _attempt(self, notice: StoredNotice) -> int:
        forged = self._dice.strikes("wrong_signature", notice.key)
        secrets = tuple(secret + b"?" for secret in self._secrets) if forged else self._secrets
        return await self.send(notice, secrets)

    async def send(self, notice: StoredNotice, secrets: tuple[bytes, ...] | None = None) -> int:
        """Sends once, now. Returns the HTTP status, or 0 when nobody answered."""
        stamp = int(self._clock().timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": notice.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(secrets or self._secrets, notice.id, stamp, notice.body),
        }
        try:
            async with self._doors:
                answer = await self._http.post(notice.url, content=notice.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return 0
        return answer.status_code
