"""Who stands before us: a signed-in person or an API token, with what they carry."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RoleName = Literal["owner", "manager", "clerk", "courier", "operator", "officer", "customs"]
Scope = Literal[
    "offers:read",
    "offers:write",
    "orders:read",
    "orders:write",
    "till",
    "money:read",
    "parties:write",
    "operate",
    "customs",
]


class Role(msgspec.Struct, frozen=True):
    """A role in a business or, for operator, officer and customs, in the city."""

    party_id: str
    role: RoleName


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. `strong`: with the second factor. Roles are those held now, not at sign-in."""

    party_id: str
    acts_for: str | None
    strong: bool
    name: str
    acting_as: str
    lang: str
    roles: tuple[Role, ...]
    since: datetime
    seen_at: datetime

    def __repr__(self) -> str:
        return f"Session({self.party_id} for {self.party})"  # without the name, which is personal

    @property
    def party(self) -> str:
        """The party whose business is done here: the one acted for, or oneself."""
        return self.acts_for or self.party_id


class ApiToken(msgspec.Struct, frozen=True):
    """A token of a business, person or the city (`city`), as shown with a call."""

    id: str
    party_id: str
    name: str
    scopes: tuple[Scope, ...]
    city: bool
