"""Devices: locks, cabinets and gates that stand at a place, who registered them, and the port by which they are asked.

A device signs with a key derived from its id, the number of the key and the town's secret: shown once, kept nowhere. A new number makes
the old key worthless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import is_id, new_id
from highstreet.kit.signing import Signer
from highstreet.logistics.errors import DeviceThere

Kind = Literal["cabinet", "lock", "gate"]
State = Literal["unheard", "locked", "open"]
Happening = Literal["opened", "closed", "taken", "locked", "entered", "state"]
Outcome = Literal["done", "refused", "pending", "unseen"]

TOLERANCE_SECONDS = 300  # how old or how far ahead a signature may be, as Standard Webhooks advises


class Device(msgspec.Struct, frozen=True):
    """A lock (on the asset), a cabinet or a gate. lat, lon, battery, state: as it last told."""

    id: str
    seller_id: str
    place_id: str
    kind: Kind
    name: str
    asset_id: int | None
    key_no: int
    state: State
    battery: int | None
    lat: float | None
    lon: float | None
    registered_at: datetime
    heard_at: datetime | None
    revoked_at: datetime | None


class Asked(msgspec.Struct, frozen=True):
    """What is asked of a device. `key` is ours, stored before it is told. lines: at most so many of which position may be taken."""

    key: str
    kind: Literal["unlock", "lock"]
    lines: dict[str, int]
    titles: dict[str, str]
    until: datetime


class Answer(msgspec.Struct, frozen=True):
    """What a device says it did. `pending`: it will tell; `unseen`: it never heard of the key. `reason`: a stable code of its own."""

    outcome: Outcome
    reason: str = ""
    at: datetime | None = None


class Report(msgspec.Struct, frozen=True):
    """What a device told, proven to come from it: the same `id` may be told many times and in any order. `at`: by the device's clock.

    command: the key it was asked with. lines: what was taken, by position. grams: what its scale saw go. code: a ticket it read.
    """

    id: str
    kind: Happening
    at: datetime
    command: str = ""
    lines: dict[str, int] = {}
    grams: int | None = None
    code: str = ""
    battery: int | None = None
    lat: float | None = None
    lon: float | None = None


class DeviceAway(Exception):
    """No usable answer came. Whether anything happened is not known: query, or ask again with the same key."""


class DevicePort(Protocol):
    """How devices are reached. The async methods call the outside: never inside a transaction. They raise DeviceAway when the outcome is
    unknown. Asking again with the same key has no second effect and gives the first answer.
    """

    def seen_at(self, device_id: str) -> str:
        """Where somebody stands before a device that only pretends; empty for a real one."""
        ...

    async def ask(self, device_id: str, secret: str, asked: Asked) -> Answer:
        """Unlock or lock."""
        ...

    async def query(self, device_id: str, secret: str, key: str) -> Answer:
        """What became of what was asked."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Report:
        """The report in a request (header names in lower case), once its signature is found true.

        Errors: DeviceForged, DeviceStale, Malformed.
        """
        ...


def secret_of(signer: Signer, device_id: str, key_no: int) -> str:
    """What a device signs with, and what is asked of it is signed with."""
    return "hsd_" + signer.short(f"{device_id} {key_no}")


_COLUMNS = """id, seller_id, place_id, kind, name, asset_id, key_no, state, battery, lat, lon, registered_at, heard_at, revoked_at"""


async def register(
    tx: Tx, seller_id: str, place_id: str, kind: str, name: str, asset_id: int | None, now: datetime
) -> str:
    """A new device; its id. The caller has checked that place and asset are the seller's.

    Errors: Malformed; DeviceThere where another lock is on the thing, or another cabinet at the place.
    """
    name = " ".join(name.split())
    if kind not in get_args(Kind):
        raise Malformed("kind", "choose from " + ", ".join(get_args(Kind)), "请从列表中选择设备类型")
    if not 1 <= len(name) <= 60:
        raise Malformed("name", "please name it, in up to 60 characters", "请填写不超过 60 个字符的名称")
    if (kind == "lock") != (asset_id is not None):
        raise Malformed("asset", "say which thing a lock is on", "请选择锁所在的物品")
    made = new_id("dev", now)
    done = await tx.execute(
        """INSERT INTO logistics.device (id, seller_id, place_id, kind, name, asset_id, registered_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
        made,
        seller_id,
        place_id,
        kind,
        name,
        asset_id,
        now,
    )
    if done == "INSERT 0 0":
        raise DeviceThere
    await facts.tell(tx, "device.registered", made, seller_id, now, {"kind": kind})
    return made


async def renew_key(tx: Tx, seller_id: str, device_id: str, now: datetime) -> int:
    """The number of its new key; the old one is worthless at once. Errors: NotFound."""
    number: int | None = await tx.fetchval(
        """UPDATE logistics.device SET key_no = key_no + 1 WHERE id = $1 AND seller_id = $2 AND revoked_at IS NULL
           RETURNING key_no""",
        device_id,
        seller_id,
    )
    if number is None:
        raise NotFound("device")
    await facts.tell(tx, "device.key_renewed", device_id, seller_id, now)
    return number


async def revoke(tx: Tx, seller_id: str, device_id: str, now: datetime) -> None:
    """It is asked nothing and believed nothing from now on; twice changes nothing. Errors: NotFound."""
    done = await tx.execute(
        "UPDATE logistics.device SET revoked_at = $3 WHERE id = $1 AND seller_id = $2 AND revoked_at IS NULL",
        device_id,
        seller_id,
        now,
    )
    if done == "UPDATE 1":
        await facts.tell(tx, "device.revoked", device_id, seller_id, now)
    elif not await tx.fetchval(
        "SELECT true FROM logistics.device WHERE id = $1 AND seller_id = $2", device_id, seller_id
    ):
        raise NotFound("device")


async def device(tx: Tx, device_id: str) -> Device:
    """One that is in use. Errors: NotFound, also for one that was revoked."""
    found = None
    if is_id(device_id, "dev"):
        found = await row_or_none(
            tx,
            Device,
            f"SELECT {_COLUMNS} FROM logistics.device WHERE id = $1 AND revoked_at IS NULL",
            device_id,
        )
    if found is None:
        raise NotFound("device")
    return found


async def standing_at(tx: Tx, kind: Kind, place_id: str, assets: Sequence[int]) -> Device | None:
    """The lock on one of these things, or the cabinet of a place."""
    return await row_or_none(
        tx,
        Device,
        f"""SELECT {_COLUMNS} FROM logistics.device
            WHERE kind = $1 AND revoked_at IS NULL AND (asset_id = ANY ($3) OR asset_id IS NULL AND place_id = $2) LIMIT 1""",
        kind,
        place_id,
        list(assets),
    )


_STATES: Mapping[str, State] = {"opened": "open", "closed": "locked", "taken": "locked", "locked": "locked"}


async def heard(tx: Tx, device_id: str, told: Report, now: datetime) -> None:
    """It lives: what it said of itself. What it told late says nothing of how it stands now."""
    await tx.execute(
        """UPDATE logistics.device SET heard_at = $2, state = coalesce($3, state), battery = coalesce($4, battery),
                  lat = coalesce($5, lat), lon = coalesce($6, lon)
           WHERE id = $1""",
        device_id,
        now,
        _STATES.get(told.kind) if (now - told.at).total_seconds() < TOLERANCE_SECONDS else None,
        told.battery,
        told.lat,
        told.lon,
    )
