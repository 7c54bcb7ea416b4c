"""Search with the cards at hand: what a process knows of every card answers in a fifth of a millisecond what takes the database ten.

`catalog.found` stays the truth. What changes there is told on the channel "found": an offer's id, "words", or "*" for "read everything
afresh". Whatever is not known here for certain is left to the database: a question while news is being read, a number or a code, a word
nobody uses (it may be mistyped), a price or a distance asked for. `tests/catalog/test_at_hand.py` holds that both answer the same.
"""

from __future__ import annotations

import asyncio
import logging
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import chain
from time import monotonic

import msgspec

from highstreet.catalog import words
from highstreet.catalog._pile import Pile, Row, Words, places
from highstreet.catalog.search import MOST_CANDIDATES, Facet, Query, after, check, facets_of, filters
from highstreet.catalog.shelf import Way
from highstreet.kit import paging
from highstreet.kit.db import Database, DatabaseAway, DatabaseBusy, Tx, rows

_log = logging.getLogger(__name__)

_PAUSE_WHILE_AWAY_S, _PAUSE_AFTER_FAULT_S = 1.0, 30.0
_MOST_CARDS = 200_000  # more would not fit into a web process of 250 MB
_MOST_FRESH = 1_000  # changed cards on a pile of their own, before all are put in order again
_PORTION, _PACKED, _PAUSE_S = 100, 10_000, 0.003  # cards read at once, cards after which room is made
_SELLERS = 8
_MOST_BEGINNINGS = 10_000  # kept
_BEGINNINGS = 6  # of the words a beginning may become; as catalog.known_words has it
_RANK_OF_TITLE = 1000
_REST, _MOST_REST_S = (
    20,
    120.0,
)  # between two readings of everything: so many times as long as one took, at most two minutes
_WORDS_REST_S = 10.0  # between two readings of all words: one that is new completes itself a little later

_ROWS = """SELECT offer_id, item_id, seller_id, card ->> 'seller' AS seller, facets, price,
    (extract(epoch FROM opened_at) * 1000000)::bigint AS opened, (score * 1000)::int AS rank, words::text AS words, title::text AS title,
    CASE WHEN jsonb_array_length(card -> 'ways') > 1 THEN (card -> 'ways')::text END AS ways, (card -> 'price_to')::bigint AS price_to
FROM catalog.found WHERE shown AND offer_id = ANY ($1)"""


class Match(msgspec.Struct, frozen=True):
    """A card as far as a list needs it that takes the rest from the shelf; its fields are those of `Card`, but that
    its `item_id` says only which cards are of the same thing."""

    offer_id: str
    item_id: int
    seller_id: str
    ways: list[Way]
    price_to: int | None


class Matches(msgspec.Struct, frozen=True):
    """A page of what matches; its fields are those of `Result`."""

    cards: list[Match]
    facets: list[Facet]
    next: str | None
    total: int
    more: bool
    corrected: str | None = None


_Place = tuple[int, str, int]  # less its rank, its offer, its number


class AtHand:
    """What one process knows of every card. `keep()` runs beside it and keeps it true."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pile: Pile | None = None  # None until everything was read
        self._names: dict[str, str | None] = {}
        self._words: list[str] = []
        self._uses = array("q")
        self._grown: dict[str, list[str]] = {}  # what beginnings become
        self._words_told = True
        self._changed: dict[str, int] = {}  # offers to be read again, and how often they were told
        self._times_all = 0
        self._news = asyncio.Event()
        self._all_again = self._words_again = 0.0  # when to read everything, or the words, at the earliest

    # --- news ---

    def heard(self, payload: str | None) -> None:
        """What was told on the channel "found"."""
        if payload == "words":
            self._words_told = True
        elif payload is not None and payload != "*" and len(self._changed) < _MOST_FRESH:
            self._changed[payload] = self._changed.get(payload, 0) + 1
        else:
            self._pile = None
            self._changed = {}
            self._times_all += 1
        self._news.set()

    async def keep(self) -> None:
        """Listen, and read what is told, for as long as the process lives."""
        await self._db.listen("found", self.heard)
        while True:
            await self._news.wait()
            try:
                await asyncio.sleep(self._all_again - monotonic() if self._pile is None else 0)
                await self.catch_up(words_too=self._pile is None or monotonic() > self._words_again)
            except (DatabaseAway, DatabaseBusy):
                self._news.set()
                await asyncio.sleep(_PAUSE_WHILE_AWAY_S)
            except Exception:  # noqa: BLE001 - whatever it was: the database answers until everything was read afresh
                _log.exception("the cards at hand could not be kept")
                self.heard(None)
                await asyncio.sleep(_PAUSE_AFTER_FAULT_S)

    async def catch_up(self, *, words_too: bool = True) -> None:
        """Read all that was told so far."""
        self._news.clear()
        if self._pile is None:
            began = monotonic()
            await self._read_all()
            self._all_again = monotonic() + min(_REST * (monotonic() - began), _MOST_REST_S)
        if self._words_told and words_too:
            await self._read_words()
        while self._changed and self._pile is not None:
            await self._read_changed()
        if self._pile is not None and len(self._pile.offers) - self._pile.ordered > _MOST_FRESH:
            self.heard("*")  # in order again, when it is time

    async def _read_changed(self) -> None:
        told = dict(list(self._changed.items())[: 5 * _PORTION])
        async with self._db.read() as tx:
            found = await _rows_of(tx, list(told))
        if self._pile is None:
            return
        self._pile.take_away(set(told))
        self._put(self._pile, found)
        for offer, times in told.items():
            if self._changed.get(offer) == times:
                del self._changed[offer]

    async def _read_words(self) -> None:
        self._words_told = False
        async with self._db.read() as tx:
            found = await tx.fetch("SELECT word, uses FROM catalog.word ORDER BY word")
        self._grown = {}
        self._words, self._uses = [r["word"] for r in found], array("q", [r["uses"] for r in found])
        self._words_again = monotonic() + _WORDS_REST_S
        asyncio.get_running_loop().call_later(_WORDS_REST_S, self._words_may_be_read)

    def _words_may_be_read(self) -> None:
        if self._words_told:
            self._news.set()

    async def _read_all(self) -> None:
        """A little at a time: who looks around meanwhile is answered by the database."""
        self._changed, times = {}, self._times_all
        pile = Pile()
        async with self._db.read() as tx:
            found = await tx.fetch(
                "SELECT offer_id FROM catalog.found WHERE shown ORDER BY (score * 1000)::int DESC, offer_id LIMIT $1",
                _MOST_CARDS + 1,
            )
        if len(found) > _MOST_CARDS:
            return
        ids: list[str] = [row["offer_id"] for row in found]
        for start in range(0, len(ids), _PORTION):
            portion = ids[start : start + _PORTION]
            async with self._db.read() as tx:
                by_offer = {row.offer_id: row for row in await _rows_of(tx, portion)}
            self._put(pile, [by_offer[one] for one in portion if one in by_offer])
            await asyncio.sleep(_PAUSE_S)
            if start % _PACKED == 0:
                await _slowly(pile.pack(len(ids), last=False))
        await _slowly(pile.pack(len(ids), last=True))
        await asyncio.to_thread(pile.divide)
        if times == self._times_all:
            self._pile = pile
        else:
            self._news.set()

    def _put(self, pile: Pile, found: Sequence[Row]) -> None:
        pile.put(found)
        self._names.update((row.seller_id, row.seller) for row in found)

    # --- questions ---

    @property
    def ready(self) -> bool:
        """Whether all that was told is known."""
        return self._pile is not None and not self._changed

    def find(self, query: Query) -> Matches | None:
        """The answer, or None for what is left to the database. Errors: as `search`."""
        check(query)
        begins, pile = after(query), self._pile
        if pile is None or self._changed or not _plain(query):
            return None
        terms = self._terms(pile, query.text)
        if terms is None:
            return None
        bits = _matching(pile, terms, filters(query))
        total = bits.bit_count()
        found = pile.best(bits, MOST_CANDIDATES + 1)
        facets = self._facets(pile, query, found) if query.facets and not query.cursor else []
        if query.sort == "best":
            ranked = _by_title(pile, terms, bits, found)
        elif total <= MOST_CANDIDATES:
            ranked = _ranked(pile, query.sort, found)
        else:
            ranked = _walk(pile, query.sort, bits, begins, query.most)
        behind = _behind(sorted(ranked), begins)[: query.most + 1]
        page = paging.cut(behind, query.most, lambda row: [-row[0], row[1]])
        return Matches(
            [_match(pile, n, query.format) for _, _, n in page.rows], facets, page.next,
            min(total, MOST_CANDIDATES), more=total > MOST_CANDIDATES,
        )  # fmt: skip

    def _terms(self, pile: Pile, text: str) -> list[list[str]] | None:
        """As search understands the words; None for what it has to look up or to correct."""
        asked = words.asked(text)
        terms: list[list[str]] = []
        for one in asked:
            if not one.token.isalpha():
                return None
            grown = self._becoming(one.typed) if one.open and one is asked[-1] else []
            if not (grown or one.token in pile.words):
                return None
            terms.append(list(dict.fromkeys([one.token, *map(words.stem, grown)])))
        return terms

    def _becoming(self, beginning: str) -> list[str]:
        grown = self._grown.get(beginning)
        if grown is None:
            first = bisect_right(self._words, beginning)
            last = bisect_left(self._words, beginning + "~", first)
            by_use = nsmallest(_BEGINNINGS, range(first, last), key=lambda n: (-self._uses[n], n))
            if len(self._grown) > _MOST_BEGINNINGS:
                self._grown.clear()
            grown = self._grown[beginning] = [self._words[n] for n in by_use]
        return grown

    def _facets(self, pile: Pile, query: Query, found: Sequence[int]) -> list[Facet]:
        counts = Counter(chain.from_iterable([pile.facets[n] for n in found]))
        sellers = Counter([pile.sellers[n] for n in found])
        first = sorted(sellers.items(), key=lambda seller: (-seller[1], seller[0]))[:_SELLERS]
        return facets_of(query, counts, [(seller, count, self._names[seller]) for seller, count in first])


async def _rows_of(tx: Tx, offers: list[str]) -> list[Row]:
    return await rows(tx, Row, _ROWS, offers)


def _plain(query: Query) -> bool:
    """Whether neither a price nor a distance is asked for."""
    return (
        query.price_from is None and query.price_to is None and query.within_m is None and query.sort != "near"
    )  # fmt: skip


def _matching(pile: Pile, terms: list[list[str]], clauses: list[str]) -> int:
    bits = pile.there
    for clause in clauses:
        bits &= pile.words.having(clause)
    return _meeting(pile.words, terms, bits)


def _meeting(known: Words, terms: list[list[str]], bits: int) -> int:
    for term in terms:
        if not bits:
            break
        either = 0
        for word in term:
            either |= known.having(word)
        bits &= either
    return bits


def _by_title(pile: Pile, terms: list[list[str]], bits: int, found: list[int]) -> list[_Place]:
    """Those with the words in their title first."""
    named, low = set(found if terms else ()), bits & ((1 << max(found, default=0) + 1) - 1)
    for term in terms:
        named = set[int]().union(*(pile.titles.among(named, low, word) for word in term)) if named else named
    ranks, offers = pile.ranks, pile.offers
    return [(-ranks[n] - (_RANK_OF_TITLE if n in named else 0), offers[n], n) for n in found]


def _ranked(pile: Pile, sort: str, found: Iterable[int]) -> list[_Place]:
    offers, prices, opened = pile.offers, pile.prices, pile.opened
    if sort == "new":
        return [(-opened[n], offers[n], n) for n in found]
    return [(prices[n] if sort == "price" else -prices[n], offers[n], n) for n in found]


def _walk(pile: Pile, sort: str, bits: int, begins: tuple[int | None, str | None], most: int) -> list[_Place]:
    """The first of all that match, in the order asked for."""
    later = _behind(_ranked(pile, sort, pile.later(bits)), begins)
    found: list[_Place] = []
    for least, end, some in pile.in_steps(sort, bits):
        if begins[0] is not None and (-begins[0] >= end if sort == "price" else begins[0] < least):
            continue
        found += _behind(_ranked(pile, sort, places(some)), begins)
        if len(found) > most:
            break
    return found + later


def _behind(found: list[_Place], begins: tuple[int | None, str | None]) -> list[_Place]:
    rank, offer = begins
    return found if rank is None or offer is None else [one for one in found if one[:2] > (-rank, offer)]


def _match(pile: Pile, n: int, form: str | None) -> Match:
    ways, offer = pile.ways_of(n), pile.offers[n]
    for way in ways:
        if way.format == form:
            offer, ways = way.offer_id, [way]
    return Match(offer, pile.things[n], pile.sellers[n], ways, pile.prices_to.get(n))


async def _slowly(steps: Iterator[None]) -> None:
    for _ in steps:
        await asyncio.sleep(0)
