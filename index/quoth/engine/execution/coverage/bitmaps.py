"""Sets of documents as bitmaps, one bit a document: to combine two costs a thousandth of adding their scores.

The last bits of the last item stand for no document, and are always 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from quoth.engine.segment.layout import Array

_ITEM = 64  # bits of an item of a bitmap
_BIT = (1 << np.arange(8)).astype("u1")  # of the place of a document in its octet
# With more words the sums that words can have are too many to go through one by one.
_FEW = 8


def packed(mask: Array) -> Array:
    """Return the bitmap of a mask of documents.

    >>> packed(np.array([True, False, True])).tolist()
    [5]
    """
    items = np.zeros(-(-len(mask) // _ITEM), "<u8")
    octets = np.packbits(mask, bitorder="little")
    items.view("u1")[: len(octets)] = octets
    return items


def of_docs(docs: Array, documents: int) -> Array:
    """Return the bitmap of some of `documents` documents."""
    mask = np.zeros(documents, bool)
    mask[docs] = True
    return packed(mask)


def of_ranges(ranges: Iterable[range], documents: int) -> Array:
    """Return the bitmap of some ranges of `documents` documents.

    >>> unpacked(of_ranges([range(1, 3), range(6, 17)], 20)).tolist()
    [1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    """
    items = np.zeros(-(-documents // _ITEM), "<u8")
    octets = items.view("u1")
    for each in ranges:
        first, last = each.start >> 3, each.stop >> 3
        head, tail = 0xFF << (each.start & 7) & 0xFF, (1 << (each.stop & 7)) - 1
        if first == last:
            head &= tail
        else:
            octets[first + 1 : last] = 0xFF
            if tail:
                octets[last] |= tail
        if each:
            octets[first] |= head
    return items


def unpacked(bits: Array) -> Array:
    """Return the documents of a bitmap, ascending.

    >>> unpacked(packed(np.arange(200) % 99 == 1)).tolist()
    [1, 100, 199]
    """
    items = bits.nonzero()[0]
    if 2 * len(items) > len(bits):
        return _places(bits)
    places = _places(bits[items])
    docs: Array = items.take(places // _ITEM) * _ITEM + places % _ITEM
    return docs


def _places(bits: Array) -> Array:
    places: Array = np.unpackbits(bits.view("u1"), bitorder="little").view(bool).nonzero()[0]
    return places


def count(bits: Array) -> int:
    """Return the number of documents of a bitmap."""
    return int(np.bitwise_count(bits).sum(dtype=np.uint32))


def has(bits: Array, docs: Array) -> Array:
    """Return of each document whether it is in a bitmap.

    >>> has(packed(np.array([True, False, True])), np.array([1, 2])).tolist()
    [False, True]
    """
    found: Array = bits.view("u1").take(docs >> 3) & _BIT.take(docs & 7) != 0
    return found


class Threshold:
    """The documents whose sets together weigh at least so much; each set has a weight, a whole number above 0.

    Sums of few sets share their results: what is needed of the sets from the second on is needed again and again.

    >>> sets = [packed(np.array(mask, bool)) for mask in ([1, 1, 0, 0], [1, 0, 1, 0])]
    >>> reach = Threshold(sets, [3, 2])
    >>> [unpacked(reach(need)).tolist() for need in (5, 3, 1, 6)]
    [[0], [0, 1], [0, 1, 2], []]
    """

    def __init__(self, sets: Sequence[Array], weights: Sequence[int]) -> None:
        self._sets = sets
        self._weights = weights
        self._rest = [sum(weights[place:]) for place in range(len(weights) + 1)]
        self._known: dict[tuple[int, int], Array] = {}
        self._nothing = np.zeros(len(sets[0]), "<u8")
        self._sums = _sums(sets, weights) if len(sets) > _FEW else None

    def __call__(self, need: int) -> Array:
        """Return the bitmap of the documents that weigh at least `need`, which is above 0; it is not to be changed."""
        if self._sums is not None:
            return _reaching(self._sums, need, self._nothing)
        return self._of(need, 0)

    def _of(self, need: int, place: int) -> Array:
        """Return the documents that weigh at least `need` by the sets from `place` on."""
        if self._rest[place] < need:
            return self._nothing
        name = need, place
        known = self._known.get(name)
        if known is None:
            weight, here = self._weights[place], self._sets[place]
            if self._rest[place + 1] >= need:
                without = self._of(need, place + 1)
                known = without | (here if weight >= need else here & self._of(need - weight, place + 1))
            else:
                known = here if weight >= need else here & self._of(need - weight, place + 1)
            self._known[name] = known
        return known


def _sums(sets: Sequence[Array], weights: Sequence[int]) -> list[Array]:
    """Return the weight of every document in binary, the bitmap of the lowest digit first."""
    digits = [np.zeros_like(sets[0]) for _ in range(sum(weights).bit_length())]
    for bits, weight in zip(sets, weights, strict=True):
        carry: Array | None = None
        for place, digit in enumerate(digits):
            terms = [term for term in (bits if weight >> place & 1 else None, carry) if term is not None]
            if len(terms) == 2:
                either = terms[0] ^ terms[1]
                carry = (terms[0] & terms[1]) | (digit & either)
                digits[place] = digit ^ either
            elif terms:
                carry = digit & terms[0]
                digits[place] = digit ^ terms[0]
    return digits


def _reaching(digits: Sequence[Array], need: int, nothing: Array) -> Array:
    """Return the documents whose number in binary is at least `need`."""
    if need >> len(digits):
        return nothing
    enough = ~nothing
    for place, digit in enumerate(digits):
        enough = digit & enough if need >> place & 1 else digit | enough
    return enough
