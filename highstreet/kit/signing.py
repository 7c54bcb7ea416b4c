"""Small signed texts that leave the house and come back: quotes, order links, pick-up codes."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Signer:
    """Signs with a key derived from the town's secret for one use, so that a text signed for one use is worthless for another."""

    def __init__(self, town_key: bytes, use: str) -> None:
        self._key = hashlib.sha256(b"highstreet sign " + use.encode() + town_key).digest()

    def sign(self, body: bytes) -> str:
        """body with its signature, URL-safe."""
        mark = hmac.digest(self._key, body, "sha256")[:20]
        return base64.urlsafe_b64encode(mark + body).rstrip(b"=").decode()

    def read(self, text: str) -> bytes | None:
        """The body of a text we signed, or None."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        mark, body = raw[:20], raw[20:]
        return body if hmac.compare_digest(mark, hmac.digest(self._key, body, "sha256")[:20]) else None

    def short(self, text: str) -> str:
        """A 22-character proof that whoever shows it was given it by us for this text (an order's link)."""
        return (
            base64.urlsafe_b64encode(hmac.digest(self._key, text.encode(), "sha256")[:16])
            .rstrip(b"=")
            .decode()
        )

    def digits(self, text: str, count: int) -> str:
        """A code of digits for this text, the same every time: nothing to store, nothing to leak from the database."""
        number = int.from_bytes(hmac.digest(self._key, text.encode(), "sha256")[:8], "big")
        return f"{number % 10**count:0{count}d}"


class Notary(Signer):
    """The same, but what `short` proves anybody can check who has the public part, without network and without being able to make it."""

    def __init__(self, town_key: bytes, use: str) -> None:
        super().__init__(town_key, use)
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"notary" + self._key).digest())

    @property
    def public(self) -> str:
        """The public part, base64url."""
        return _text(self._private.public_key().public_bytes_raw())

    def short(self, text: str) -> str:
        """An 86-character proof, the same every time (Ed25519, RFC 8032)."""
        return _text(self._private.sign(text.encode()))


def proves(public: str, text: str, proof: str) -> bool:
    """Whether a notary with this public part made the proof for this text."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public)).verify(_bytes(proof), text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
