"""The language of an article that comes without one.

It is detected where articles are read for quotes: when they are indexed, extracted or checked. The article stays as it
was handed in, so another detector never makes another article of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from quoth.article import Article

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

READ = 1_200  # characters of a body that are read: more never changed the answer
SHORTEST = 80  # bytes; a shorter text shows no language
LEAST = 0.5  # probability of a language
MOST_ENGLISH = 0.05  # probability of English in an article that is in another language


def detected(article: Article, identify: Callable[[str], dict[str, float]] | None = None) -> str | None:
    """Return the language that the body shows, as its BCP 47 tag; `None` if it is given, unsure, or the text is short.

    `identify` returns the probabilities of languages, and defaults to the detector.

    >>> detected(Article(body="Der Rat stimmt nächste Woche ab, sagte die Bürgermeisterin am Montag vor dem Rathaus."))
    'de'
    >>> detected(Article(body="„Nein“, sagte sie."))
    """
    text = article.body[:READ]
    if article.language is not None or len(text.encode()) < SHORTEST:
        return None
    chances = (identify or _identify)(text)
    language = max(chances, key=chances.__getitem__)
    is_sure = chances[language] >= LEAST and (language == "en" or chances.get("en", 0.0) <= MOST_ENGLISH)
    return language if is_sure else None


def _identify(text: str) -> dict[str, float]:
    return dict(_identifier().rank(text))


@cache
def _identifier() -> LanguageIdentifier:
    """Return the detector, for languages with a code of two letters; it takes half a second to load."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([language for language in identifier.labels if len(language) == 2])
    return identifier
