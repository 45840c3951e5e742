"""Extract the attributed quotes of an article: parse, cluster names, attribute spans, build quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from quoth.article import Article
from quoth.extraction import utterances
from quoth.extraction.attribution.attribute import SURENESS, SpanAttribution, attribute
from quoth.extraction.attribution.coreference import Resolution
from quoth.extraction.attribution.evidence import WHY, Evidence
from quoth.extraction.entities import clusters
from quoth.extraction.entities.canonical import canonical
from quoth.extraction.entities.clusters import Nature, Person, surname
from quoth.extraction.entities.labels import labelled
from quoth.extraction.indirect import CONFIDENCE, IndirectStatement, statements
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import Document, parse
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.ranking.model import Model, shipped
from quoth.extraction.scanner import Span
from quoth.extraction.scanner.layout import paragraphs as paragraphs_of
from quoth.extraction.scanner.plain import plain
from quoth.extraction.scanner.survey import survey
from quoth.quote import (
    Attribution,
    Mention,
    Origin,
    Quote,
    QuoteType,
    Selector,
    Speaker,
    SpeakerType,
    Status,
    Utterance,
    quote_id,
    utterance_id,
)
from quoth.text.tongue import tongue

TYPES: Final[dict[Nature, SpeakerType]] = {
    "person": "person",
    "body": "organisation",
    "account": "account",
    "place": "organisation",  # “London said” means the government there
    "document": "document",
}


def extract(
    article: Article, model: Model | None = None, *, indirect: bool = False, detected: str | None = None
) -> tuple[Quote, ...]:
    """Return the quotes of an article in reading order, each with its speaker or the reason why it has none.

    `indirect` adds statements in the reporter's words. `detected` is the detected language of an article that comes
    without one; speakers are read in English, which is also assumed where no language is known. A withdrawn article
    has no quotes. `model` defaults to the shipped one; the same article and model always give the same quotes.

    >>> article = Article(body="“It holds,” Ada Byron said. “For now.”", id="example")
    >>> [(quote.text, quote.speaker.id, quote.utterance.position) for quote in extract(article)]
    [('It holds,', 'ada-byron', 1), ('For now.', 'ada-byron', 2)]
    """
    if article.is_withdrawn:
        return ()
    origin = Origin.of(article, detected)
    language = tongue(article.language, detected)
    if language is not None:
        return _foreign_quotes(article, origin, language)
    document = parse(article.body)
    paragraphs = parse_paragraphs(document)
    attributed = document.spans[: document.attributed]
    quoted = (document.visible(span.start, span.end) for span in attributed)
    entities = clusters.gather(paragraphs, document.headline, quoted)
    attributions = attribute(document, paragraphs, entities, model or shipped())
    builder = _QuoteBuilder(article, origin, document)
    openings = utterances.join(document, paragraphs, attributions)
    forms = utterances.types(document, paragraphs, openings)
    quotes = list(builder.quotes(attributions, openings, forms))
    if indirect:
        quotes += builder.statements(statements(document, paragraphs, entities))
        quotes.sort(key=lambda quote: quote.selector.start or 0)
    return tuple(quotes)


def _foreign_quotes(article: Article, origin: Origin, language: str) -> tuple[Quote, ...]:
    """Return the quotes of an article in another language, in which only a name before a colon speaks."""
    view = plain(article.body)
    spans = survey(view.text, paragraphs_of(view.text), language)
    document = Document(article.body, tuple(map(view.place, spans)), (), None, 0)
    because = f"the article is in another language ({language}), and speakers are read in English"
    nobody = SpanAttribution(None, Resolution(None, because=because), 0.0)
    attributions = []
    for span, found in zip(spans, labelled(view.text, spans, language), strict=True):
        if found is None:
            attributions.append(nobody)
            continue
        start, end = found.label
        name = view.text[start:end]
        phrase = NounPhrase("name", 0, 0, view.start(start), view.end(end), name, surname(name))
        evidence = Evidence(phrase, span.paragraph, None, "turn", WHY["turn"].format(words=name))
        attributions.append(SpanAttribution(evidence, Resolution(found.person), SURENESS))
    openings, forms = utterances.foreign_openings(spans), utterances.foreign_types(view.text, spans)
    return tuple(_QuoteBuilder(article, origin, document).quotes(attributions, openings, forms))


class _QuoteBuilder:
    """Builds the quotes of one article; the quotes of one person share one canonical speaker."""

    def __init__(self, article: Article, origin: Origin, document: Document) -> None:
        self._article = article
        self._document = document
        self._origin = origin
        self._repeats: Counter[str] = Counter()
        self._speakers: dict[int, Speaker] = {}

    def quotes(
        self, attributions: Sequence[SpanAttribution], openings: Sequence[int], forms: Sequence[QuoteType]
    ) -> Iterator[Quote]:
        """Yield a quote for each quoted span, in reading order.

        `openings` has the number of the span that opens its utterance, `forms` whether it is direct or partial.
        """
        document = self._document
        types: list[QuoteType] = [a.matter or form for a, form in zip(attributions, forms, strict=True)]
        wholes = utterances.repeated(document, types)
        sizes = Counter(openings)
        ids = [self._id(_text(document, span)) for span in document.spans]
        for number, (span, attribution) in enumerate(zip(document.spans, attributions, strict=True)):
            opening, whole = openings[number], wholes[number]
            yield Quote(
                id=ids[number],
                text=_text(document, span),
                type=types[number],
                selector=Selector.of(document.body, span.start, span.end),
                utterance=Utterance(utterance_id(ids[opening]), number - opening + 1, sizes[opening]),
                attribution=attribution_of(document, attribution),
                speaker=self._speaker(attribution.person, attribution.mention),
                denied_speaker=self._speaker(attribution.denied, attribution.mention) or UNSET,
                article=self._origin,
                repeats=None if whole is None else utterance_id(ids[openings[whole]]),
            )

    def statements(self, statements: Iterable[IndirectStatement]) -> Iterator[Quote]:
        """Yield a quote of type indirect for each statement without marks."""
        body = self._document.body
        for statement in statements:
            text = body[statement.start : statement.end]
            own_id = self._id(text)
            cue = self._document.visible(*statement.cue)
            phrase = statement.phrase
            yield Quote(
                id=own_id,
                text=text,
                type="indirect",
                selector=Selector.of(body, statement.start, statement.end),
                utterance=Utterance(utterance_id(own_id)),
                attribution=Attribution(
                    status="attributed",
                    method="indirect",
                    why=f"“{phrase.text}” and “{cue}” tell the statement in the reporter’s words",
                    confidence=CONFIDENCE,
                    cue=cue,
                    mention=_mention(self._document, phrase),
                ),
                speaker=self._speaker(statement.person, phrase),
                article=self._origin,
            )

    def _id(self, text: str) -> str:
        self._repeats[text] += 1
        return quote_id(self._article.id, text, self._repeats[text] - 1)

    def _speaker(self, person: Person | None, phrase: NounPhrase | None) -> Speaker | None:
        if person is None or phrase is None:
            return None
        if person.order not in self._speakers:
            scope = self._article.id
            name, *spellings = (" ".join(form.split()) for form in (person.name, *person.spellings))
            is_firm = name.endswith(("’s", "'s", "‘s"))  # McDonald’s: a possessive ending is never part of a name
            self._speakers[person.order] = canonical(
                name, scope=scope, spellings=spellings, type=TYPES[person.nature], is_bare=is_firm
            )
        return replace(self._speakers[person.order], as_written=self._document.body[phrase.start : phrase.end])


def attribution_of(document: Document, attribution: SpanAttribution) -> Attribution:
    """Return the attribution of a quote; without a person, `why` gives the reason."""
    evidence, resolved = attribution.evidence, attribution.resolved
    status: Status = "denied" if attribution.denied is not None else "unattributed"
    if evidence is None:
        return Attribution(status, "none", resolved.because, 0.0)
    phrase, cue = evidence.phrase, evidence.cue
    link = "; " if resolved.person is not None else ", but "
    return Attribution(
        status="attributed" if resolved.person is not None else status,
        method=evidence.method,
        why=evidence.why + (link + resolved.because if resolved.because else ""),
        confidence=round(attribution.confidence, 2),
        cue=None if cue is None else document.visible(*cue),
        mention=_mention(document, phrase),
    )


def _mention(document: Document, phrase: NounPhrase) -> Mention:
    return Mention(document.body[phrase.start : phrase.end], phrase.start, phrase.end)


def _text(document: Document, span: Span) -> str:
    return document.body[span.start : span.end]
