"""The facts that every citation states about a quote: its words, its speaker, the certainty, and the source.

Each fact is one line without controls. The words come from articles: each format escapes what could end one of its
fields. `address` encodes the characters that no URL may have, not those that are markup somewhere (`[`, `]`, `~`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote as percent_encoded

from quoth.quote import Quote
from quoth.text import timestamps
from quoth.text.sanitize import one_line

SURE = 0.8  # an attribution below this confidence is shown with a mark
UNDATED = "n.d."
UNVERIFIED = "attribution unverified"
UNKNOWN = "speaker not known"
DENIED = "denied by the article"
MIXED_SCRIPT = "mixed script"  # a name with letters of two alphabets may look like another

TITLE_CHARACTERS = 80  # of a quote that stands in for a headline

# In English a quotation within a quotation has single marks. Then every double mark is ours, and no article can close a
# quotation early and continue as another speaker.
_INNER_MARKS = tuple(zip('“”„‟"＂', "‘’‚‛'＇", strict=True))
# Not allowed in a URL (RFC 3986), although browsers and article.check_url accept it.
_NOT_IN_A_URL = frozenset(' "<>\\^`{|}')
_USUAL_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]*")  # ASCII without the characters above


def clean(text: str | None) -> str:
    r"""Return a text as one line without controls or reordering marks; empty when there is none.

    >>> clean("Dam holds\r\nER  - \t\x00now\u202e")
    'Dam holds ER - now'
    """
    return one_line(text or "").strip()


def nested(text: str) -> str:
    """Return a text as it is written inside quotation marks.

    >>> nested('They shouted “hold” and "stay"')
    "They shouted ‘hold’ and 'stay'"
    """
    for mark, inner in _INNER_MARKS:
        text = text.replace(mark, inner)
    return text


def words(quote: Quote) -> str:
    """Return the words of the quote."""
    return clean(quote.text)


def title(quote: Quote) -> str:
    """Return the headline of the article, or else the beginning of the quote."""
    return clean(quote.article.headline) or one_line(words(quote), TITLE_CHARACTERS) or clean(quote.id)


def address(url: str | None) -> str | None:
    """Return a URL that cannot end a field, an attribute or a line; `None` if it is not a web address.

    >>> address('https://example.org/a"b|c'), address("javascript:alert(1)")
    ('https://example.org/a%22b%7Cc', None)
    """
    if url is None or _USUAL_URL.fullmatch(url):
        return url
    if not url.lower().startswith(("http://", "https://")):
        return None
    return "".join(_url_safe(character) for character in url)


def _url_safe(character: str) -> str:
    if character.isprintable() and character not in _NOT_IN_A_URL:
        return character
    return percent_encoded(character, safe="", errors="replace")


def published(quote: Quote) -> tuple[int, ...]:
    """Return year, month and day of publication, in UTC, as far as they are known; nothing without a date."""
    moment = quote.article.published
    if moment is None:
        return ()
    return tuple(int(part) for part in timestamps.date(moment, quote.article.precision or None).split("-"))


def speaker(quote: Quote) -> str | None:
    """Return the name of the speaker, or `None` if the quote is unattributed or denied."""
    if quote.speaker is None or quote.attribution.status in ("unattributed", "denied"):
        return None
    return clean(quote.speaker.name) or None


def nobody(quote: Quote) -> str:
    """Return what stands in the place of the speaker of a quote that has none: never a name alone."""
    if quote.denied_speaker and (name := clean(quote.denied_speaker.name)):
        return f"not said by {name}"
    return UNKNOWN


def mark(quote: Quote) -> str | None:
    """Return the mark that must accompany the speaker of an uncertain attribution.

    A confidence that needs a mark is never rounded up to one that does not: 0.799 is not shown as 0.80.
    """
    reasons = list(_doubts(quote))
    return f"[{', '.join(reasons)}]" if reasons else None


def _doubts(quote: Quote) -> Iterator[str]:
    attribution, named = quote.attribution, quote.speaker or quote.denied_speaker
    if named and named.mixed_script:
        yield MIXED_SCRIPT
    if attribution.status == "denied":
        yield DENIED
    elif speaker(quote) is not None and attribution.status == "given":
        yield "speaker as given with the quote"
    elif speaker(quote) is None or attribution.confidence is None:
        yield UNVERIFIED
    elif attribution.confidence < SURE:
        yield f"{UNVERIFIED}, {min(attribution.confidence, SURE - 0.01):.2f}"


def attributed(quote: Quote) -> str:
    """Return the speaker, known or not, with the mark: `Ada Okafor [attribution unverified, 0.63]`."""
    return " ".join(filter(None, (nested(speaker(quote) or nobody(quote)), mark(quote))))


def abstract(quote: Quote) -> str:
    """Return the words, unchanged except for inner marks, and the speaker."""
    if quote.type == "indirect":
        return f"In the reporter’s words, not a quotation: {nested(words(quote))} ({attributed(quote)})"
    return f"“{nested(words(quote))}” ({attributed(quote)})"


def note(quote: Quote, generation: int | None) -> str:
    """Return the facts by which a reader can find the quote again and check it.

    Facts are separated by semicolons. Only the last one, the article's id, may itself contain a semicolon.
    """
    return "; ".join(_note_facts(quote, generation))


def _note_facts(quote: Quote, generation: int | None) -> Iterator[str]:
    name = speaker(quote)
    subject = _without_semicolons(nobody(quote) if name is None else f"speaker {name}")
    yield " ".join(filter(None, (subject, mark(quote))))
    if name is not None and quote.speaker is not None and quote.speaker.type in ("organisation", "document", "account"):
        yield f"speaker is {'a' if quote.speaker.type == 'document' else 'an'} {quote.speaker.type}"
    if quote.type == "indirect":
        yield "in the reporter’s words, not a quotation"
    yield f"quote {_without_semicolons(clean(quote.id))}"
    if quote.utterance.of > 1:
        yield f"part {quote.utterance.position} of {quote.utterance.of} of an utterance"
    if generation is not None:
        yield f"index generation {generation}"
    if quote.article.sha256 is not None:
        yield f"article sha256 {_without_semicolons(clean(quote.article.sha256))}"
    yield f"article version {quote.article.version}"
    yield f"article {clean(quote.article.id)}"


def _without_semicolons(text: str) -> str:
    return text.replace(";", ",")
