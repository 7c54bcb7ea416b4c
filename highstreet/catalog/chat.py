"""What is said in a live room: sealed per person, held when it looks like an advert or an approach, removed but never unsaid.

Kept as long as the room is (see KEPT), and gone with the person: the key their words are sealed under goes, what was done about them stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from highstreet.catalog.errors import Muted, RoomQuiet
from highstreet.kit import facts, rates
from highstreet.kit.db import Row, Tx
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, TooOften
from highstreet.kit.ids import new_id
from highstreet.kit.rates import Limit
from highstreet.kit.sealing import Seal

LONGEST = 120
MOST_WORDS, _WORD = 100, 40
PER_PERSON = (Limit(5, 10), Limit(40, 300))
PER_ROOM = (Limit(60, 10),)
# E-Commerce Law, Article 31, and the measures for the supervision of live-stream e-commerce (SAMR and CAC, in force from 1 February
# 2026): what was shown, said and sold is kept for at least three years after the session.
KEPT = timedelta(days=3 * 366)

_LINK = re.compile(
    r"https?:|www\.|\.(com|cn|net|org|top|vip|xyz|cc|io|shop|site)\b|微信|薇信|加v|vx|wechat|qq群|二维码",
    re.I,
)
_NUMBER = re.compile(r"(\d[\s.·_-]*){7,}")

Why = Literal["", "link", "number", "word", "review"]


class Said(msgspec.Struct, frozen=True):
    """`person_id`: None once that person was erased, the seller's when the room's own side speaks. `text`: empty once it is erased."""

    id: str
    person_id: str | None
    text: str
    at: datetime
    state: Literal["shown", "held", "removed"]
    why: Why
    muted: bool


def check_words(words: Sequence[str]) -> list[str]:
    """The words that hold a message, each once. Errors: Malformed."""
    kept = list(dict.fromkeys(_plain(one) for one in words if one.strip()))
    if len(kept) > MOST_WORDS or any(len(one) > _WORD for one in kept):
        raise Malformed(
            "words", f"at most {MOST_WORDS}, of {_WORD} letters", f"最多 {MOST_WORDS} 个，每个 {_WORD} 字以内"
        )
    return kept


def why_held(text: str, words: Sequence[str]) -> Why:
    """Why a message waits for the host: it leads away from the market, it gives a number, or the room's words are in it."""
    plain = _plain(text)
    tight = re.sub(r"[\s\W_]+", "", plain)
    if _LINK.search(plain) or _LINK.search(tight):
        return "link"
    if _NUMBER.search(plain):
        return "number"
    return "word" if any(word in plain or word in tight for word in words) else ""


def _plain(text: str) -> str:
    """Wide letters and digits as plain ones, nothing invisible: what a reader sees, not how it is written."""
    seen = unicodedata.normalize("NFKC", text)
    return "".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Mn")).casefold().strip()


async def may_try(tx: Tx, seal: Seal, room_id: str, person_id: str, now: datetime) -> None:
    """Count a try to say something, of this person and in this room, in a transaction of its own.

    Errors: TooOften; such a try counts for nothing.
    """
    wait = await rates.take(tx, "chat", seal.blind("chat", person_id), PER_PERSON, now)
    if not wait:
        wait = await rates.take(tx, "room", seal.blind("room", room_id), PER_ROOM, now)
    if wait:
        raise TooOften(seconds=wait)


async def say(tx: Tx, seal: Seal, room_id: str, person_id: str, text: str, once: str, now: datetime) -> Said:
    """Say something while the room is on; held when it must wait. The same `once` again is the first time's answer.

    The seller's own side (person_id is the seller) is never held.

    Errors: NotFound, NotAllowed for another business, RoomQuiet, Muted, Malformed.
    """
    room = await tx.fetchrow(
        """SELECT r.seller_id, r.state, r.review, r.words, (SELECT kind FROM parties.party WHERE id = $2) AS kind
           FROM catalog.room r WHERE r.id = $1 FOR SHARE""",
        room_id,
        person_id,
    )
    if room is None:
        raise NotFound("room")
    if room["kind"] != "person" and person_id != room["seller_id"]:
        raise NotAllowed
    if room["state"] not in ("on", "paused"):
        raise RoomQuiet
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not text or len(text) > LONGEST:
        raise Malformed("text", f"needs 1 to {LONGEST} letters", f"需要 1 至 {LONGEST} 个字")
    voice = await tx.fetchrow(
        """INSERT INTO catalog.room_voice AS v (room_id, person_id, key) VALUES ($1, $2, $3)
           ON CONFLICT (room_id, person_id) DO UPDATE SET key = v.key RETURNING key, muted_at""",
        room_id, person_id, seal.new_key(_owner(room_id, person_id)),
    )  # fmt: skip
    if voice is None or voice["muted_at"] is not None:
        raise Muted
    why: Why = "" if person_id == room["seller_id"] else why_held(text, room["words"])
    if room["review"] and not why and person_id != room["seller_id"]:
        why = "review"
    said_id = new_id("say", now)
    made = await tx.fetchval(
        """INSERT INTO catalog.room_said (id, room_id, person_id, text, at, state, why, once) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (room_id, person_id, once) DO NOTHING RETURNING id""",
        said_id, room_id, person_id, seal.close(_owner(room_id, person_id), voice["key"], text.encode()), now,
        "held" if why else "shown", why, once[:80],
    )  # fmt: skip
    await tx.execute("SELECT pg_notify('told', $1)", room_id)
    if made is None:
        first = await tx.fetchrow(
            _SAID + " WHERE s.room_id = $1 AND s.person_id = $2 AND s.once = $3",
            room_id,
            person_id,
            once[:80],
        )
        assert first is not None
        return _opened(seal, room_id, first)
    return Said(said_id, person_id, text, now, "held" if why else "shown", why, False)


async def judge(tx: Tx, room_id: str, said_id: str, good: bool, by: str, now: datetime) -> None:
    """The host lets a message be seen, or removes it; who did is written down, the words are not. Errors: NotFound."""
    state = "shown" if good else "removed"
    done = await tx.execute(
        """UPDATE catalog.room_said SET state = $3, judged_by = $4, judged_at = $5
           WHERE id = $1 AND room_id = $2 AND state <> $3""",
        said_id, room_id, state, by, now,
    )  # fmt: skip
    if done == "UPDATE 0":
        if not await tx.fetchval(
            "SELECT true FROM catalog.room_said WHERE id = $1 AND room_id = $2", said_id, room_id
        ):
            raise NotFound("message")
        return
    await facts.tell(tx, f"room.message_{state}", room_id, by, now, {"message": said_id})
    await tx.execute("SELECT pg_notify('told', $1)", room_id)


async def mute(tx: Tx, room_id: str, person_id: str, muted: bool, by: str, now: datetime) -> None:
    """Nothing more from somebody in this room, or again. Errors: NotFound for whoever never spoke there, and for the room's own side."""
    done = await tx.execute(
        """UPDATE catalog.room_voice v SET muted_at = CASE WHEN $3 THEN coalesce(muted_at, $5) END,
               muted_by = CASE WHEN $3 THEN coalesce(muted_by, $4) END
           FROM catalog.room r WHERE v.room_id = $1 AND v.person_id = $2 AND r.id = v.room_id AND r.seller_id <> $2""",
        room_id, person_id, muted, by, now,
    )  # fmt: skip
    if done == "UPDATE 0":
        raise NotFound("person")
    await facts.tell(tx, "room.muted" if muted else "room.unmuted", room_id, by, now, {"person": person_id})
    await tx.execute("SELECT pg_notify('told', $1)", room_id)


async def heard(tx: Tx, seal: Seal, room_id: str, *, most: int = 60, all_of_it: bool = False) -> list[Said]:
    """The latest of what was said, the oldest first: what everybody sees, or for the host all of it."""
    found = await tx.fetch(
        _SAID + " WHERE s.room_id = $1 AND ($2 OR s.state = 'shown') ORDER BY s.id DESC LIMIT $3",
        room_id,
        all_of_it,
        most,
    )
    return [_opened(seal, room_id, r) for r in reversed(found)]


async def read(tx: Tx, seal: Seal, room_id: str, said_id: str) -> Said:
    """One message in any state. Errors: NotFound."""
    found = await tx.fetchrow(_SAID + " WHERE s.id = $1 AND s.room_id = $2", said_id, room_id)
    if found is None:
        raise NotFound("message")
    return _opened(seal, room_id, found)


async def speaker_of(tx: Tx, room_id: str, said_id: str) -> str:
    """Who said something. Errors: NotFound, also once they were erased."""
    found: str | None = await tx.fetchval(
        "SELECT person_id FROM catalog.room_said WHERE id = $1 AND room_id = $2", said_id, room_id
    )
    if found is None:
        raise NotFound("message")
    return found


async def said_by(tx: Tx, seal: Seal, person_id: str) -> list[dict[str, object]]:
    """Everything a person said in any room, for their own file."""
    found = await tx.fetch(
        _SAID.replace("SELECT s.id", "SELECT s.room_id, s.id") + " WHERE s.person_id = $1 ORDER BY s.id",
        person_id,
    )
    opened = [(r["room_id"], _opened(seal, r["room_id"], r)) for r in found]
    return [{"room": room, "at": one.at, "text": one.text, "state": one.state} for room, one in opened]


async def forget(tx: Tx, person_id: str) -> None:
    """A person's words and their name as a host are gone; that something was said, and what was done about it, stays."""
    await tx.execute(
        "UPDATE catalog.room_said SET person_id = NULL, text = NULL WHERE person_id = $1", person_id
    )
    await tx.execute("DELETE FROM catalog.room_voice WHERE person_id = $1", person_id)
    await tx.execute("UPDATE catalog.room SET host_name = '' WHERE host_id = $1", person_id)


async def forget_old(tx: Tx, now: datetime) -> int:
    """What was said in rooms whose time of keeping is over goes; how much."""
    done = await tx.execute(
        """DELETE FROM catalog.room_said WHERE id IN (SELECT s.id FROM catalog.room_said s JOIN catalog.room r ON r.id = s.room_id
               WHERE r.ended_at < $1 LIMIT 5000)""",
        now - KEPT,
    )
    await tx.execute(
        "DELETE FROM catalog.room_voice v USING catalog.room r WHERE r.id = v.room_id AND r.ended_at < $1",
        now - KEPT,
    )
    await tx.execute("DELETE FROM catalog.room_watched WHERE seen_at < $1", now - timedelta(hours=1))
    return int(done.rpartition(" ")[2])


def _owner(room_id: str, person_id: str) -> str:
    return f"{room_id} {person_id}"


def _opened(seal: Seal, room_id: str, r: Row) -> Said:
    text = ""
    if r["text"] is not None and r["key"] is not None:
        text = seal.open(_owner(room_id, r["person_id"]), r["key"], r["text"]).decode()
    return Said(r["id"], r["person_id"], text, r["at"], r["state"], r["why"], r["muted"])


_SAID = """
    SELECT s.id, s.person_id, s.text, s.at, s.state, s.why, v.key, v.muted_at IS NOT NULL AS muted
    FROM catalog.room_said s LEFT JOIN catalog.room_voice v ON v.room_id = s.room_id AND v.person_id = s.person_id
"""
