"""A pile of cards, the best on top: which of them have a word, as bits of whole numbers.

Bit n stands for the n-th card. What two words have in common is one `&`, how many cards that is one `bit_count`, and the best of them
are the lowest bits. A word of few cards is kept as their numbers, a word of many as bits: a hundred thousand cards take 60 MB.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import compress, pairwise

import msgspec

from highstreet.catalog.shelf import Way

_MANY = 800  # cards: from here on bits take less room than numbers, or nearly so
_AT_A_TIME = 20_000  # numbers packed without a pause
_STEPS = 128  # into which a pile is divided by price and by age
_MOST_RECENT = 256
_FEW_BYTES = 16  # for each bit set: looked through faster byte by byte
_OF_BYTE = [tuple(n for n in range(8) if byte >> n & 1) for byte in range(256)]


class Row(msgspec.Struct, frozen=True):
    """A card as it is read: `words` and `title` as the database writes them, `opened` in microseconds, `rank` a thousand times its score.

    `ways`: when there are several; `price_to`: when other forms of it cost more.
    """

    offer_id: str
    item_id: str
    seller_id: str
    seller: str | None
    facets: str
    price: int
    opened: int
    rank: int
    words: str
    title: str
    ways: str | None
    price_to: int | None


class Pile:
    """Cards in the order they were put down."""

    def __init__(self) -> None:
        self.offers: list[str] = []
        self.things = array("q")  # equal for cards of the same thing
        self.sellers: list[str] = []
        self.facets: list[tuple[str, ...]] = []
        self.prices = array("q")
        self.opened = array("q")
        self.ranks = array("q")
        self.ways: dict[int, list[Way]] = {}
        self.prices_to: dict[int, int] = {}
        self.there = 0  # the cards still true
        self.ordered = 0  # so many of them lie in order; those below came later
        self.words = Words()
        self.titles = Words()
        self._steps: dict[str, list[tuple[int, int]]] = {}
        self._same: dict[str, tuple[str, ...]] = {}  # facets come again and again

    def put(self, rows: Iterable[Row]) -> None:
        """Put cards below those there are."""
        for row in rows:
            n = len(self.offers)
            self.offers.append(row.offer_id)
            self.things.append(hash(row.item_id))
            self.sellers.append(sys.intern(row.seller_id))
            facets = self._same.get(row.facets)
            if facets is None:
                facets = self._same[row.facets] = tuple(map(sys.intern, row.facets.split()))
            self.facets.append(facets)
            self.prices.append(row.price)
            self.opened.append(row.opened)
            self.ranks.append(row.rank)
            if row.ways is not None:
                self.ways[n] = msgspec.json.decode(row.ways, type=list[Way])
            if row.price_to is not None:
                self.prices_to[n] = row.price_to
            self.words.note(row.words, n)
            self.titles.note(row.title, n)
            self.there |= 1 << n

    def pack(self, cards: int, *, last: bool) -> Iterator[None]:
        """Keep the words of what was put down in less room, a step at a time. `cards`: how many there will be; `last`: there are all."""
        yield from self.words.pack(cards, last=last)
        yield from self.titles.pack(cards, last=last)

    def divide(self) -> None:
        """What lies here is in order. Divide it by price and by age, so that the cheapest of many need not be looked for among all."""
        self._same, self.ordered = {}, len(self.offers)
        self._steps = {"price": _steps(self.prices), "new": _steps(self.opened)}

    def take_away(self, offers: set[str]) -> None:
        """These cards are no longer true."""
        for n, offer in enumerate(self.offers):
            if offer in offers:
                self.there &= ~(1 << n)

    def best(self, bits: int, most: int) -> list[int]:
        """The best so many of these cards, in order."""
        found = lowest(bits & ((1 << self.ordered) - 1), most)
        later = self.later(bits)
        if later:
            found = sorted([*found, *later], key=lambda n: (-self.ranks[n], self.offers[n]))
        return found[:most]

    def later(self, bits: int) -> list[int]:
        """Those of the cards that came later."""
        return [self.ordered + n for n in places(bits >> self.ordered)]

    def in_steps(self, sort: str, bits: int) -> Iterator[tuple[int, int, int]]:
        """Those of the cards, by price or age in few steps: (the least of a step, what the next begins with, cards)."""
        steps = self._steps["new" if sort == "new" else "price"]
        for n in range(len(steps)) if sort == "price" else range(len(steps) - 1, -1, -1):
            yield steps[n][0], steps[n + 1][0] if n + 1 < len(steps) else 2**62, steps[n][1] & bits

    def ways_of(self, n: int) -> list[Way]:
        """The ways to have a card, the cheapest first."""
        several = self.ways.get(n)
        if several is not None:
            return several
        form = next((facet[2:] for facet in self.facets[n] if facet[0] == "f"), "")
        return [Way(form, self.offers[n], self.prices[n])]


class Words:
    """Which cards have a word."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes | bytearray | int] = {}
        self._recent: dict[str, int] = {}  # words of few cards as bits: many are asked for again
        self._noted = _Noted()

    def note(self, words: str, n: int) -> None:
        """The card with this number has these words, as the database writes them."""
        for note in map(self._noted.__getitem__, words[1:-1].split("' '")):
            note(n)

    def having(self, word: str) -> int:
        """The cards with a word."""
        held = self._packed.get(word, 0)
        bits = self._lately(word, held) if isinstance(held, bytes) else _whole(held)
        noted = self._noted.numbers.get(word)
        return bits | _bits(noted) if noted else bits

    def _lately(self, word: str, held: bytes) -> int:
        bits = self._recent.get(word)
        if bits is None:
            if len(self._recent) >= _MOST_RECENT:
                del self._recent[next(iter(self._recent))]
            bits = self._recent[word] = _bits(memoryview(held).cast("I"))
        return bits

    def among(self, found: set[int], bits: int, word: str) -> set[int]:
        """Those of some cards that have a word. `bits`: these cards, and others perhaps."""
        held = self._packed.get(word, 0)
        if isinstance(held, bytes):
            some = found.intersection(memoryview(held).cast("I"))
        else:
            some = found.intersection(places(_whole(held) & bits))
        return some.union(found.intersection(self._noted.numbers.get(word, ())))

    def __contains__(self, word: str) -> bool:
        return word in self._packed or word in self._noted.numbers

    def pack(self, cards: int, *, last: bool) -> Iterator[None]:
        """Words of many cards become bits, with room for so many cards; at last those of few are packed too."""
        done = 0
        for word, numbers in self._noted.numbers.items():
            held = self._packed.get(word)
            if numbers and held is None and len(numbers) > _MANY:
                held = self._packed[word] = bytearray((cards >> 3) + 1)
            if isinstance(held, bytearray):
                _set(held, numbers)
                done += len(numbers) + 100
                del numbers[:]
                if last:
                    self._packed[word] = _whole(held)
            elif last:
                self._packed[word] = numbers.tobytes()
                done += 10
            if done > _AT_A_TIME:
                done = 0
                yield
        if last:
            self._noted = _Noted()


class _Noted(dict[str, Callable[[int], None]]):
    """For each word what notes the number of a card that has it: called twelve million times when everything is read."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, array[int]] = {}

    def __missing__(self, word: str) -> Callable[[int], None]:
        # Stock numbers and squares of the map are looked for by few, and no two cards have the same: the database knows them.
        if not (word.isalpha() or (":" in word and word[0] != "@")):
            return _nothing
        numbers = self.numbers[word] = array("I")
        self[word] = numbers.append
        return numbers.append


def _nothing(_: int) -> None:
    pass


def places(bits: int) -> list[int]:
    """The numbers of the cards, the lowest first."""
    held = bits.to_bytes((bits.bit_length() + 63) // 64 * 8, "little")
    if len(held) < _FEW_BYTES * bits.bit_count():
        return [(at << 3) + n for at in compress(range(len(held)), held) for n in _OF_BYTE[held[at]]]
    found: list[int] = []
    for at in compress(range(0, len(held), 8), memoryview(held).cast("Q")):
        some = int.from_bytes(held[at : at + 8], "little")
        while some:
            lowest_one = some & -some
            found.append((at << 3) + lowest_one.bit_length() - 1)
            some ^= lowest_one
    return found


def lowest(bits: int, most: int) -> list[int]:
    """The numbers of the lowest so many of the cards."""
    width, low = 1024, bits
    while width < bits.bit_length():
        low = bits & ((1 << width) - 1)
        if low.bit_count() >= most:
            break
        width, low = width * 2, bits
    return places(low)[:most]


def _bits(numbers: array[int] | memoryview[int]) -> int:
    held = bytearray((numbers[-1] >> 3) + 1)
    _set(held, numbers)
    return _whole(held)


def _set(held: bytearray, numbers: Iterable[int]) -> None:
    for n in numbers:
        held[n >> 3] |= 1 << (n & 7)


def _whole(held: bytearray | int) -> int:
    return held if isinstance(held, int) else int.from_bytes(held, "little")


def _steps(values: array[int]) -> list[tuple[int, int]]:
    """(least value, cards with a value from there to the next least), about as many cards in each."""
    order = sorted(range(len(values)), key=values.__getitem__)
    begins, wide = [0], max(len(order) // _STEPS, 1)
    for at in range(1, len(order)):
        # What costs the same is in the same step.
        if at - begins[-1] >= wide and values[order[at]] != values[order[at - 1]]:
            begins.append(at)
    return [
        (values[order[start]], _bits(array("I", sorted(order[start:end]))))
        for start, end in pairwise([*begins, len(order)])
        if start < end
    ]
