"""Sealing of personal fields, per person: AES-256-GCM under a key of the person's own, itself wrapped by the town's key.

Losing the person's key loses the person: that is what erasure is. The owner's identifier is bound in as associated data, so
a sealed text moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Seal:
    """Seals and opens with the town's 32-byte key. Stateless but for that key; safe to share."""

    def __init__(self, town_key: bytes) -> None:
        self._wrap = AESGCM(hashlib.sha256(b"highstreet wrap" + town_key).digest())
        self._blind = hashlib.sha256(b"highstreet blind" + town_key).digest()

    def new_key(self, owner: str) -> bytes:
        """A fresh wrapped key for one owner (60 bytes), to be stored beside what it seals."""
        nonce = secrets.token_bytes(12)
        return nonce + self._wrap.encrypt(nonce, secrets.token_bytes(32), owner.encode())

    def close(self, owner: str, wrapped: bytes, plain: bytes) -> bytes:
        """Seal bytes under the owner's key."""
        nonce = secrets.token_bytes(12)
        return nonce + self._open_key(owner, wrapped).encrypt(nonce, plain, owner.encode())

    def open(self, owner: str, wrapped: bytes, sealed: bytes) -> bytes:
        """The bytes sealed for this owner; raises ValueError when they were not."""
        try:
            return self._open_key(owner, wrapped).decrypt(sealed[:12], sealed[12:], owner.encode())
        except InvalidTag:
            raise ValueError("sealed for somebody else, or damaged") from None

    def blind(self, kind: str, value: str) -> bytes:
        """A keyed hash to look a person up by (e-mail, phone, device) without storing what it is."""
        return hmac.digest(self._blind, f"{kind}:{value}".encode(), "sha256")

    def _open_key(self, owner: str, wrapped: bytes) -> AESGCM:
        try:
            return AESGCM(self._wrap.decrypt(wrapped[:12], wrapped[12:], owner.encode()))
        except InvalidTag:
            raise ValueError("a key of somebody else, or damaged") from None
