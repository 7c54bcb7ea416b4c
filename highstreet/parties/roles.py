"""Who may act for whom. `may` is the one function that decides, and MAY is what it reads.

Roles in a business: owner, manager, clerk, courier. Roles in the city: operator (runs the market), officer
(serves the public) and customs (at the port); what these may do holds for the whole town, but only in a session with the second factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, SignInFirst
from highstreet.parties._bearers import ApiToken, Role, RoleName, Scope, Session
from highstreet.parties.errors import LastOwner, SecondFactorNeeded

Action = Literal[
    "own",  # one's own orders, addresses, wallet, data
    "see_goods",  # goods, stock and drafts of a business
    "see_orders",  # orders placed with a business
    "sell",  # items, offers, prices, promotions
    "stock",  # count, receive, write off
    "till",  # sell and take returns at the counter
    "orders",  # accept, pack, hand over
    "refund",  # give money back
    "takings",  # what money came and comes
    "make",  # recipes and runs
    "carry",  # rounds and legs
    "staff",  # who works here
    "places",  # shops, hours, reach
    "licences",  # show licences
    "tokens",  # API tokens
    "operate",  # jobs, health, switches
    "books",  # the whole ledger, payouts, reconciliation
    "review",  # accept businesses and licences
    "cases",  # complaints and disputes
    "programmes",  # public money
    "statistics",  # figures of the town
    "customs",  # goods that leave: stamps and refunds of tax at the port
]

_CLERK: frozenset[Action] = frozenset({"see_goods", "see_orders", "stock", "till", "orders"})
_MANAGER: frozenset[Action] = _CLERK | frozenset[Action](
    {"sell", "refund", "takings", "make", "carry", "places", "licences"}
)

MAY: dict[RoleName, frozenset[Action]] = {
    "owner": _MANAGER | frozenset[Action]({"staff", "tokens"}),
    "manager": _MANAGER,
    "clerk": _CLERK,
    "courier": frozenset({"carry"}),
    "operator": frozenset({"operate", "books", "review", "cases", "statistics"}),
    "officer": frozenset({"review", "cases", "programmes", "statistics"}),
    "customs": frozenset({"customs"}),
}

SCOPES: dict[Scope, frozenset[Action]] = {
    "offers:read": frozenset({"see_goods"}),
    "offers:write": frozenset({"see_goods", "sell", "stock"}),
    "orders:read": frozenset({"see_orders"}),
    "orders:write": frozenset({"see_orders", "orders", "refund", "own"}),
    "till": frozenset({"till", "see_goods"}),
    "money:read": frozenset({"takings"}),
    "parties:write": frozenset({"places", "licences"}),
    "operate": MAY["operator"],
    "customs": MAY["customs"],
}

CITY_ROLES: frozenset[RoleName] = frozenset({"operator", "officer", "customs"})
TOWN_WIDE: frozenset[Action] = MAY["operator"] | MAY["officer"] | MAY["customs"]
OWN: frozenset[Action] = frozenset({"own", "tokens"})

Bearer: TypeAlias = Session | ApiToken | Sequence[Role]


def may(bearer: Bearer | None, action: Action, party_id: str | None) -> bool:
    """Whether the bearer may do this for the party (None: for the town as a whole).

    A bare sequence of roles asks what a person may do at all, whichever way they signed in.
    """
    if bearer is None:
        return False
    if isinstance(bearer, ApiToken):
        here = bearer.city if action in TOWN_WIDE else bearer.party_id == party_id
        return here and any(action in SCOPES[scope] for scope in bearer.scopes)
    roles, strong = (bearer.roles, bearer.strong) if isinstance(bearer, Session) else (bearer, True)
    if isinstance(bearer, Session) and action in OWN and bearer.party_id == party_id:
        return True
    return any(
        action in MAY[held.role]
        and (action in TOWN_WIDE or held.party_id == party_id)
        and (strong or held.role not in CITY_ROLES)
        for held in roles
    )


def require(bearer: Bearer | None, action: Action, party_id: str | None) -> None:
    """Refuses with SignInFirst, SecondFactorNeeded or NotAllowed unless `may`."""
    if bearer is None:
        raise SignInFirst
    if may(bearer, action, party_id):
        return
    if isinstance(bearer, Session) and may(bearer.roles, action, party_id):
        raise SecondFactorNeeded
    raise NotAllowed


class Staff(msgspec.Struct, frozen=True):
    """Somebody working for a party; their name is sealed, see `people.names`."""

    person_id: str
    role: RoleName
    since: datetime


async def grant(tx: Tx, *, person_id: str, party_id: str, role: RoleName, by: str, now: datetime) -> None:
    """Give a person a role, by somebody of whom the caller has checked `staff` (`operate` in the city).

    Giving it again changes nothing. Errors: NotFound for an unknown person or party, NotAllowed for a role
    that does not exist in such a party.
    """
    if role not in get_args(RoleName):
        raise Malformed("role", "no such role", "没有这个角色")
    kinds = await tx.fetch(
        """
        SELECT id, kind FROM parties.party
        WHERE (id = $1 AND kind = 'person' OR id = $2 AND kind <> 'person')
          AND state NOT IN ('closed', 'erased')
        ORDER BY kind = 'person' DESC FOR SHARE
        """,
        person_id,
        party_id,
    )
    found = {r["id"]: r["kind"] for r in kinds}
    if found.get(person_id) != "person":
        raise NotFound("person")
    if found.get(party_id, "person") == "person":
        raise NotFound("business")
    if (role in CITY_ROLES) != (found[party_id] == "city"):
        raise NotAllowed
    made = await tx.fetchval(
        """
        INSERT INTO parties.role (person_id, party_id, role, since) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING role
        """,
        person_id,
        party_id,
        role,
        now,
    )
    if made is not None:
        await facts.tell(tx, "role.granted", party_id, by, now, {"person": person_id, "role": role})


async def withdraw(tx: Tx, *, person_id: str, party_id: str, role: RoleName, by: str, now: datetime) -> None:
    """Take a role away; it stops counting with the next request. Errors: LastOwner, NotFound."""
    # The party's row is locked so that two owners cannot send each other away at once.
    name = await tx.fetchval(
        "SELECT coalesce(name, '') FROM parties.party WHERE id = $1 FOR UPDATE", party_id
    )
    gone = await tx.execute(
        "DELETE FROM parties.role WHERE person_id = $1 AND party_id = $2 AND role = $3",
        person_id,
        party_id,
        role,
    )
    if gone == "DELETE 0":
        raise NotFound("role")
    if role in ("owner", "operator") and not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM parties.role WHERE party_id = $1 AND role = $2)", party_id, role
    ):
        raise LastOwner(name=name)
    await facts.tell(tx, "role.withdrawn", party_id, by, now, {"person": person_id, "role": role})


async def staff_of(tx: Tx, party_id: str) -> list[Staff]:
    """Who works for a party, longest serving first."""
    return await rows(
        tx,
        Staff,
        "SELECT person_id, role, since FROM parties.role WHERE party_id = $1 ORDER BY since, person_id, role",
        party_id,
    )


async def roles_of(tx: Tx, person_id: str) -> list[Role]:
    """The roles a person holds now."""
    return await rows(
        tx,
        Role,
        "SELECT party_id, role FROM parties.role WHERE person_id = $1 ORDER BY party_id, role",
        person_id,
    )
