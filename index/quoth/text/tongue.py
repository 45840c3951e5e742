"""The language of an article, as far as the extraction of quotes has to know it."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = frozenset({"en", "und", "mul", "zxx"})  # what is not determined is read as English


def tongue(given: str | None, detected: str | None) -> str | None:
    """Return the language whose rules read an article, `None` for English; the given language has priority.

    >>> tongue("de-AT", "en"), tongue(None, "fr"), tongue("en-GB", "fr"), tongue(None, None)
    ('de', 'fr', None, None)
    """
    primary = (given or detected or "en").partition("-")[0].lower()
    return None if primary in ENGLISH else primary
