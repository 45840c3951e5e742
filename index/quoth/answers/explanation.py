"""Why a search found nothing, in sentences: the same in a terminal, in Slack and on a page."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.answers.labels import count, speaker
from quoth.engine.page import Explanation, Page, UnknownSpeaker, WiderSearch
from quoth.text.sanitize import one_line

WORD_CHARACTERS = 60
NAME_CHARACTERS = 80


def sentences(page: Page) -> list[str]:
    """Return why a page is empty, a line for each reason, and what a wider search would find; nothing for others."""
    return [] if page.explanation is None else list(_sentences(page.explanation))


def _sentences(found: Explanation) -> Iterator[str]:
    for word in found.unknown_words:
        yield f"no quote has the word “{one_line(word, WORD_CHARACTERS)}”"
    yield from map(_unknown_speaker, found.unknown_speakers)
    yield from map(wider, found.wider)


def _unknown_speaker(unknown: UnknownSpeaker) -> str:
    name = f"no quote is by “{one_line(unknown.name, NAME_CHARACTERS)}”"
    near = ", ".join(f"{speaker(each, NAME_CHARACTERS)} ({count(quotes, 'quote')})" for each, quotes in unknown.near)
    return f"{name}; near is {near}" if near else name


def wider(search: WiderSearch) -> str:
    """Return what a wider search finds.

    >>> wider(WiderSearch("without_filter", 3, 0, "speaker")), wider(WiderSearch("older", 1, 2))
    ('3 quotes without the filter speaker', '1 quote, and 2 with most of the words, before these dates')
    """
    parts = [count(search.total, "quote")] if search.total else []
    parts += [f"{search.related:,} with most of the words"] if search.related else []
    found = ", and ".join(parts)
    if search.change == "without_filter":
        return f"{found} without the filter {search.parameter}"
    return f"{found}{', ' if len(parts) > 1 else ' '}{_CHANGES[search.change]}"


_CHANGES = {
    "without_filters": "without any filter",
    "with_indirect": "among the statements in the reporter’s words (type:indirect)",
    "older": "before these dates",
    "newer": "after these dates",
    "undated": "without a date",
    "without_unknown_words": "without the words that no quote has",
    "without_exclusions": "without the exclusions",
    "without_marks": "without the marks around words",
    "with_typos": "with typos (fuzzy=auto)",
    "with_related": "by relevance (match=best)",
}
