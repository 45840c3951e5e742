"""Where in a quote the words that were asked for stand: offsets, never markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quoth.engine.analysis import places, stem
from quoth.engine.query.plan import HighlightTerms

Span = tuple[int, int]

# Words that are looked at in one go.
STEP = 1_000


def spans(text: str, marked: HighlightTerms, check: Callable[[], None] = lambda: None) -> tuple[Span, ...]:
    """Return the half-open spans of a text that match, in code points; neighbours parted by space are one.

    `check` is called often where the text is long; it may raise.

    >>> spans("Some land  swapping, a swap.", HighlightTerms(stems=frozenset(["swap", "land"])))
    ((5, 19), (23, 27))
    """
    tokens = places(text)
    heads = tuple({head for name in marked.stems for head in _heads(name)})
    found = []
    for first in range(0, len(tokens), STEP):
        check()
        some = tokens[first : first + STEP]
        found += [(start, end) for word, start, end in some if _is_marked(word, marked, heads)]
    for phrase in marked.phrases:
        check()
        found += _phrase_places(tokens, phrase)
    return _joined(text, sorted(found))


def _is_marked(word: str, marked: HighlightTerms, heads: tuple[str, ...]) -> bool:
    # To stem every word that a page of quotes has would take longer than to find the quotes.
    return word.startswith(marked.starts) or (word.startswith(heads) and stem(word) in marked.stems)


def _heads(name: str) -> Iterator[str]:
    """Yield how a word may begin that has this stem: as the stem does, but for dying, lying and tying.

    >>> list(_heads("swap")), list(_heads("die"))
    (['sw'], ['di', 'dy'])
    """
    yield name[:2]
    if name in ("die", "lie", "tie"):
        yield name[0] + "y"


def _phrase_places(tokens: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> list[Span]:
    words = [word for word, _, _ in tokens]
    length = len(phrase)
    starts = (i for i in range(len(words) - length + 1) if tuple(words[i : i + length]) == phrase)
    return [(tokens[i][1], tokens[i + length - 1][2]) for i in starts]


def _joined(text: str, places: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in places:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
