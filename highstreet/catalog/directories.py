"""Curated directories of quality products: a list somebody answers for, each entry with the reason it is there."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.catalog.errors import ItemRetired, TitleMissing
from highstreet.catalog.shelf import Card, refresh_items
from highstreet.kit import db
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.paging import Page, cut, read_cursor
from highstreet.kit.text import Words

LONGEST_NAME, LONGEST_REASON = 120, 1000


class Directory(msgspec.Struct, frozen=True):
    """`about` states the rule by which items are chosen; `items` how many are listed."""

    id: str
    name: Words
    about: Words
    curator_id: str
    curator: str | None
    position: int
    items: int
    closed_at: datetime | None


class Listed(msgspec.Struct, frozen=True):
    """An item of a directory. `card` is its cheapest card on sale, None when nobody sells it now."""

    item_id: str
    title: Words
    reason: Words
    added_at: datetime
    card: Card | None


async def open_directory(
    tx: Tx, *, curator_id: str, name: Words, about: Words, now: datetime, position: int = 0
) -> str:
    """A new, empty directory; its identifier. Errors: `TitleMissing`, `Malformed`."""
    if not (name.en.strip() or name.zh.strip()):
        raise TitleMissing
    _short("name", name, LONGEST_NAME)
    _short("about", about, LONGEST_REASON)
    directory_id = new_id("dir", now)
    await tx.execute(
        "INSERT INTO catalog.directory (id, name, about, curator_id, position) VALUES ($1, $2, $3, $4, $5)",
        directory_id, name, about, curator_id, position,
    )  # fmt: skip
    return directory_id


async def close_directory(tx: Tx, curator_id: str, directory_id: str, *, now: datetime) -> None:
    """It is shown no more; what it listed is on record. Errors: `NotFound` for somebody else's."""
    await _own(tx, curator_id, directory_id)
    listed = await tx.fetch(
        "SELECT item_id FROM catalog.directory_item WHERE directory_id = $1", directory_id
    )
    await tx.execute(
        "UPDATE catalog.directory SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", directory_id, now
    )
    await refresh_items(tx, [r["item_id"] for r in listed])


async def add_to_directory(
    tx: Tx, curator_id: str, directory_id: str, item_id: str, reason: Words, *, now: datetime
) -> None:
    """List an item and say why; listing it again says why anew. Errors: `NotFound`, `ItemRetired`, `Malformed`."""
    await _own(tx, curator_id, directory_id)
    _short("reason", reason, LONGEST_REASON)
    if not (reason.en.strip() or reason.zh.strip()):
        raise Malformed("reason", "say why this item is listed", "请说明入选理由")
    found = await tx.fetchrow("SELECT retired_at FROM catalog.item WHERE id = $1", item_id)
    if found is None:
        raise NotFound("item")
    if found["retired_at"] is not None:
        raise ItemRetired
    await tx.execute(
        """INSERT INTO catalog.directory_item (directory_id, item_id, reason, added_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (directory_id, item_id) DO UPDATE SET reason = excluded.reason""",
        directory_id, item_id, reason, now,
    )  # fmt: skip
    await refresh_items(tx, [item_id])


async def remove_from_directory(tx: Tx, curator_id: str, directory_id: str, item_id: str) -> None:
    """Take an item off. Doing it again changes nothing. Errors: `NotFound` for somebody else's directory."""
    await _own(tx, curator_id, directory_id)
    await tx.execute(
        "DELETE FROM catalog.directory_item WHERE directory_id = $1 AND item_id = $2", directory_id, item_id
    )
    await refresh_items(tx, [item_id])


async def directories(tx: Tx, *, curator_id: str | None = None) -> list[Directory]:
    """The open directories in their order, or all of one curator."""
    return await db.rows(
        tx,
        Directory,
        """SELECT d.id, d.name, d.about, d.curator_id, p.name AS curator, d.position, d.closed_at,
               (SELECT count(*) FROM catalog.directory_item i WHERE i.directory_id = d.id) AS items
           FROM catalog.directory d JOIN parties.party p ON p.id = d.curator_id
           WHERE CASE WHEN $1::text IS NULL THEN d.closed_at IS NULL ELSE d.curator_id = $1 END
           ORDER BY d.closed_at IS NOT NULL, d.position, d.id""",
        curator_id,
    )


async def read_directory(
    tx: Tx, directory_id: str, cursor: str | None = None, *, most: int = 24
) -> tuple[Directory, Page[Listed]]:
    """A directory and its items, last added first. Errors: `NotFound`, also when it is closed."""
    directory = next((d for d in await directories(tx) if d.id == directory_id), None)
    if directory is None:
        raise NotFound("directory")
    at = read_cursor(cursor, str, str)
    found = await db.rows(
        tx,
        Listed,
        """SELECT l.item_id, i.title, l.reason, l.added_at,
               (SELECT f.card FROM catalog.found f WHERE f.item_id = l.item_id AND f.shown
                ORDER BY f.price, f.offer_id LIMIT 1) AS card
           FROM catalog.directory_item l JOIN catalog.item i ON i.id = l.item_id
           WHERE l.directory_id = $1 AND ($2::timestamptz IS NULL OR (l.added_at, l.item_id) < ($2, $3::text))
           ORDER BY l.added_at DESC, l.item_id DESC LIMIT $4""",
        directory_id, _moment(at[0]) if at else None, at[1] if at else None, most + 1,
    )  # fmt: skip
    return directory, cut(found, most, lambda listed: [listed.added_at.isoformat(), listed.item_id])


async def directories_of(tx: Tx, item_id: str) -> list[tuple[Directory, Words]]:
    """The open directories that list an item, each with its reason: for the trust line of an offer."""
    reasons = await tx.fetch(
        "SELECT directory_id, reason FROM catalog.directory_item WHERE item_id = $1", item_id
    )
    if not reasons:
        return []
    said = {r["directory_id"]: msgspec.convert(r["reason"], Words) for r in reasons}
    return [(d, said[d.id]) for d in await directories(tx) if d.id in said]


async def _own(tx: Tx, curator_id: str, directory_id: str) -> None:
    found = await tx.fetchrow(
        "SELECT curator_id FROM catalog.directory WHERE id = $1 FOR UPDATE", directory_id
    )
    if found is None or found["curator_id"] != curator_id:
        raise NotFound("directory")


def _short(field: str, words: Words, most: int) -> None:
    if max(len(words.en), len(words.zh)) > most:
        raise Malformed(field, f"has at most {most} letters", f"最多 {most} 字")


def _moment(text: str | int | float) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Malformed("cursor", "is not one of ours", "无效的分页游标") from None
    if moment.tzinfo is None:
        raise Malformed("cursor", "is not one of ours", "无效的分页游标")
    return moment
