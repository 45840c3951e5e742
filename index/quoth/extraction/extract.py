"""From an article to its attributed quotes: the steps of the extraction in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from quoth.article import Article
from quoth.extraction import people, reading, utterances
from quoth.extraction.attribution import attribute
from quoth.extraction.clauses import stage
from quoth.extraction.evidence import Evidence
from quoth.extraction.reading import Reading
from quoth.extraction.resolution import Memory, Resolved, resolve
from quoth.extraction.speakers import canonical
from quoth.quote import (
    Attribution,
    Mention,
    Origin,
    Quote,
    QuoteType,
    Selector,
    Speaker,
    Utterance,
    quote_id,
    utterance_id,
)

UNSURE = 0.4  # below this nobody is named: a wrong speaker is worse than none


def extract(article: Article) -> tuple[Quote, ...]:
    """Return the quotes of an article in reading order, each with its speaker or with why nobody is named.

    A withdrawn article has none. The same article always gives the same quotes.

    >>> article = Article(body="“It holds,” Ada Byron said. “For now.”", id="example")
    >>> [(quote.text, quote.speaker.id, quote.utterance.position) for quote in extract(article)]
    [('It holds,', 'ada-byron', 1), ('For now.', 'ada-byron', 2)]
    """
    if article.is_withdrawn:
        return ()
    read = reading.read(article.body)
    if not read.spans:
        return ()
    scenes = stage(read)
    cast = people.gather(scenes, read.headline, (_text(read, n) for n in range(len(read.spans))))
    evidence = attribute(read, scenes)
    resolved = _resolve_all(read, evidence, Memory(scenes, cast))
    named = [None if found is None else found.person for found in resolved]
    joined = utterances.join(read, scenes, evidence, named)
    types = utterances.types(read, scenes, joined)
    return _quotes(article, read, evidence, resolved, joined, types)


def _resolve_all(read: Reading, evidence: Sequence[Evidence | None], memory: Memory) -> list[Resolved | None]:
    """Resolve in reading order, since who spoke last helps to tell who “he” is."""
    found: list[Resolved | None] = []
    by_mention: dict[int, Resolved] = {}
    for span, item in zip(read.spans, evidence, strict=True):
        if item is None:
            found.append(None)
        else:
            mention = item.phrase.start
            if mention not in by_mention:
                by_mention[mention] = resolve(item, memory)
            found.append(by_mention[mention])
        latest = found[-1]
        if latest is not None and latest.person is not None:
            memory.last, memory.unnamed = (span.paragraph, latest.person), None
        elif item is not None and item.phrase.kind == "nominal":
            memory.unnamed = item
    return found


def _quotes(
    article: Article,
    read: Reading,
    evidence: Sequence[Evidence | None],
    resolved: Sequence[Resolved | None],
    joined: Sequence[int],
    types: Sequence[QuoteType],
) -> tuple[Quote, ...]:
    origin, lengths = Origin.of(article), Counter(joined)
    equal: Counter[str] = Counter()
    identities: list[str] = []
    speakers: dict[int, Speaker] = {}
    quotes: list[Quote] = []
    for number, span in enumerate(read.spans):
        text, first = _text(read, number), joined[number]
        identities.append(quote_id(article.id, text, equal[text]))
        equal[text] += 1
        attribution = attribution_of(read, evidence[number], resolved[number])
        quotes.append(
            Quote(
                id=identities[number],
                text=text,
                type=types[number],
                selector=Selector.of(read.body, span.start, span.end),
                utterance=Utterance(utterance_id(identities[first]), number - first + 1, lengths[first]),
                attribution=attribution,
                speaker=_speaker(article, attribution, resolved[number], speakers),
                article=origin,
            )
        )
    return tuple(quotes)


def attribution_of(read: Reading, evidence: Evidence | None, resolved: Resolved | None) -> Attribution:
    """Return the evidence in the words of a quote; without a person it says why nobody is named."""
    if evidence is None or resolved is None:
        return Attribution("unattributed", "none", "nothing near the quote says who speaks", 0.0)
    phrase, cue = evidence.phrase, evidence.cue
    confidence = round(evidence.confidence * resolved.confidence, 2)
    is_named = resolved.person is not None and confidence >= UNSURE
    because = resolved.because if is_named or resolved.person is None else "that is not sure enough"
    link = "; " if is_named else ", but "
    return Attribution(
        status="attributed" if is_named else "unattributed",
        method=evidence.method,
        why=evidence.said + (link + because if because else ""),
        confidence=confidence if is_named else 0.0,
        cue=None if cue is None else read.body[cue[0] : cue[1]],
        mention=Mention(phrase.text, phrase.start, phrase.end),
    )


def _speaker(
    article: Article,
    attribution: Attribution,
    resolved: Resolved | None,
    speakers: dict[int, Speaker],
) -> Speaker | None:
    """Return the canonical speaker of an attributed quote; quotes of one person share the rest."""
    if attribution.status != "attributed" or resolved is None or resolved.person is None:
        return None
    person = resolved.person
    if person.order not in speakers:
        speakers[person.order] = canonical(person.name, scope=article.key, spellings=person.spellings)
    as_written = attribution.mention.text if attribution.mention else None
    return replace(speakers[person.order], as_written=as_written)


def _text(read: Reading, number: int) -> str:
    span = read.spans[number]
    return read.body[span.start : span.end]
