"""Find the matching words in a quote: offsets, never markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quoth.engine.analysis import places, stem
from quoth.engine.query.plan import HighlightTerms
from quoth.text.unseen import bare

Span = tuple[int, int]

# Words between two calls of `check`.
STEP = 1_000


def spans(text: str, terms: HighlightTerms, check: Callable[[], None] = lambda: None) -> tuple[Span, ...]:
    """Return the half-open spans of a text that match, in code points; spans separated only by space are merged.

    `check` is called often in a long text; it may raise.

    >>> spans("Some land  swapping, a swap.", HighlightTerms(stems=frozenset(["swap", "land"])))
    ((5, 19), (23, 27))
    """
    tokens = places(text)
    heads = tuple({head for name in terms.stems for head in _heads(name)})
    matches = []
    for first in range(0, len(tokens), STEP):
        check()
        step = tokens[first : first + STEP]
        matches += [(start, end) for word, start, end in step if _is_match(word, terms, heads)]
    for phrase in terms.phrases:
        check()
        matches += _phrase_spans(tokens, phrase)
    return _joined(text, sorted(matches))


def _is_match(word: str, terms: HighlightTerms, heads: tuple[str, ...]) -> bool:
    # Stemming every word of a page of quotes would take longer than finding the quotes.
    return word.startswith(terms.starts) or (word.startswith(heads) and stem(word) in terms.stems)


def _heads(name: str) -> Iterator[str]:
    """Yield the first letters of words with this stem: those of the stem, except for dying, lying and tying.

    >>> list(_heads("swap")), list(_heads("die"))
    (['sw'], ['di', 'dy'])
    """
    yield name[:2]
    if name in ("die", "lie", "tie"):
        yield name[0] + "y"


def _phrase_spans(tokens: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> list[Span]:
    words = [word for word, _, _ in tokens]
    length = len(phrase)
    starts = (i for i in range(len(words) - length + 1) if tuple(words[i : i + length]) == phrase)
    return [(tokens[i][1], tokens[i + length - 1][2]) for i in starts]


def _joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and not bare(text[joined[-1][1] : start]).strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
