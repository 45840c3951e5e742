"""What every citation says of a quote, in words: what was said, by whom, how sure that is, and where it stands.

All of it is one clean line a fact. The words come from articles, so that none of them may end a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote as percent_encoded

from quoth.quote import Quote
from quoth.text import timestamps
from quoth.text.sanitize import one_line

SURE = 0.8  # below this confidence an attribution is shown with a mark
UNDATED = "n.d."
UNVERIFIED = "attribution unverified"
UNKNOWN = "speaker not known"

TITLE_CHARACTERS = 80  # of a quote that stands in for a headline

# In English a quotation within a quotation has single marks. Double ones are then ours alone, and nobody can close a
# quotation early and go on as another speaker.
_INNER_MARKS = str.maketrans('“”„‟"＂', "‘’‚‛'＇")
# What has no place in a URL (RFC 3986), although browsers take it; article.check_url lets it pass.
_NOT_IN_A_URL = frozenset(' "<>\\^`{|}')
_USUAL_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]*")  # of ASCII, and with nothing of these


def clean(text: str | None) -> str:
    r"""Return a text as one line without controls or reordering marks; empty when there is none.

    >>> clean("Dam holds\r\nER  - \t\x00now\u202e")
    'Dam holds ER - now'
    """
    return one_line(text or "").strip()


def nested(text: str) -> str:
    """Return a text as it stands inside quotation marks.

    >>> nested('They shouted “hold” and "stay"')
    "They shouted ‘hold’ and 'stay'"
    """
    return text.translate(_INNER_MARKS)


def words(quote: Quote) -> str:
    """Return what was said."""
    return clean(quote.text)


def title(quote: Quote) -> str:
    """Return the headline of the article, or else how the quote begins."""
    return clean(quote.article.headline) or one_line(words(quote), TITLE_CHARACTERS) or clean(quote.id)


def address(url: str | None) -> str | None:
    """Return a URL in which nothing can end a field, an attribute or a line, or `None` if it does not lead to the web.

    >>> address('https://example.org/a"b|c'), address("javascript:alert(1)")
    ('https://example.org/a%22b%7Cc', None)
    """
    if url is None or _USUAL_URL.fullmatch(url):
        return url
    if not url.lower().startswith(("http://", "https://")):
        return None
    return "".join(_in_a_url(character) for character in url)


def _in_a_url(character: str) -> str:
    if character.isprintable() and character not in _NOT_IN_A_URL:
        return character
    return percent_encoded(character, safe="", errors="replace")


def published(quote: Quote) -> date | None:
    """Return the day of publication, in UTC."""
    moment = quote.article.published
    return None if moment is None else timestamps.to_utc(moment).date()


def speaker(quote: Quote) -> str | None:
    """Return the name of the speaker, unless nobody could be named."""
    if quote.speaker is None or quote.attribution.status == "unattributed":
        return None
    return clean(quote.speaker.name) or None


def mark(quote: Quote) -> str | None:
    """Return what has to stand beside the speaker wherever we are not certain who it was.

    A confidence that has a mark is never shown as one that needs none: 0.799 is not rounded to 0.80.
    """
    attribution = quote.attribution
    if speaker(quote) is None:
        return f"[{UNVERIFIED}]"
    if attribution.status == "given":
        return "[speaker as given with the quote]"
    if attribution.confidence is None:
        return f"[{UNVERIFIED}]"
    if attribution.confidence < SURE:
        return f"[{UNVERIFIED}, {min(attribution.confidence, SURE - 0.01):.2f}]"
    return None


def attributed(quote: Quote) -> str:
    """Return the speaker with the mark, or that there is none: `Ada Okafor [attribution unverified, 0.63]`."""
    return " ".join(filter(None, (nested(speaker(quote) or UNKNOWN), mark(quote))))


def abstract(quote: Quote) -> str:
    """Return what was said, unchanged but for inner marks, and who said it."""
    if quote.type == "indirect":
        return f"In the reporter’s words, not a quotation: {nested(words(quote))} ({attributed(quote)})"
    return f"“{nested(words(quote))}” ({attributed(quote)})"


def note(quote: Quote, generation: int | None) -> str:
    """Return what lets a reader find the quote again and check it.

    Facts are divided by semicolons. No fact holds one but the last, the article's id, which may hold anything.
    """
    return "; ".join(_noted(quote, generation))


def _noted(quote: Quote, generation: int | None) -> Iterator[str]:
    name = speaker(quote)
    who = UNKNOWN if name is None else f"speaker {_undivided(name)}"
    yield " ".join(filter(None, (who, mark(quote))))
    if name is not None and quote.speaker is not None and quote.speaker.type in ("organisation", "document"):
        yield f"speaker is {'an' if quote.speaker.type == 'organisation' else 'a'} {quote.speaker.type}"
    if quote.type == "indirect":
        yield "in the reporter’s words, not a quotation"
    yield f"quote {_undivided(clean(quote.id))}"
    if quote.utterance.of > 1:
        yield f"part {quote.utterance.position} of {quote.utterance.of} of an utterance"
    if generation is not None:
        yield f"index generation {generation}"
    if quote.article.sha256 is not None:
        yield f"article sha256 {_undivided(clean(quote.article.sha256))}"
    yield f"article version {quote.article.version}"
    yield f"article {clean(quote.article.id)}"


def _undivided(text: str) -> str:
    return text.replace(";", ",")
