"""What Quoth answers, in JSON: found pages, quotes, speakers and verdicts in the shapes of `quoth.answers.schema`.

One way for the HTTP API and the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET

from quoth import citation
from quoth.answers.schema import (
    Answer,
    BucketAnswer,
    CitationsAnswer,
    CollapsedAnswer,
    ContextAnswer,
    CorrectionAnswer,
    CoverageAnswer,
    DetailAnswer,
    FacetsAnswer,
    HighlightAnswer,
    HitAnswer,
    IndexAnswer,
    LinksAnswer,
    OtherMatchAnswer,
    PageAnswer,
    PublishedAnswer,
    PublisherAnswer,
    QueryAnswer,
    QuoteAnswer,
    QuotesAnswer,
    SpeakerAnswer,
    SpeakerBucketAnswer,
    SpeakerCountAnswer,
    SpeakerLinksAnswer,
    SpeakerProfileAnswer,
    SpeakersAnswer,
    TotalAnswer,
    UtterancePartAnswer,
    VerificationAnswer,
    VerifyQueryAnswer,
    WordChangeAnswer,
)
from quoth.citation import source_link
from quoth.context import Detail
from quoth.engine.page import Bucket, Coverage, Hit, Page, SpeakerList, SpeakerProfile
from quoth.engine.query.request import Request
from quoth.engine.searcher import VerifyResult
from quoth.quote import Quote, Speaker


def to_bytes(answer: Answer) -> bytes:
    """Return an answer as compact JSON."""
    return _ENCODE(answer)


def to_json(answer: Answer) -> Any:
    """Return an answer as plain JSON values."""
    return msgspec.json.decode(_ENCODE(answer))


_ENCODE = msgspec.json.Encoder().encode


def page(found: Page, took_ms: int) -> PageAnswer:
    """Return a page of hits."""
    return PageAnswer(
        query=_query(found.request, found),
        total=TotalAnswer(value=found.total),
        took_ms=took_ms,
        index=IndexAnswer.of(found.edition),
        hits=[hit(one) for one in found.hits],
        facets=FacetsAnswer(**{name: _buckets(name, some) for name, some in found.facets.items()}),
        next_cursor=found.next_cursor,
    )


def _query(request: Request, found: Page) -> QueryAnswer:
    asked: dict[str, Any] = {
        name: value
        for name in ("q", "speaker", "publisher", "type", "language", "status", "from_", "to", "min_confidence", "sort")
        if (value := getattr(request, name)) is not None
    }
    asked |= {name: value for name in ("collapse", "fuzzy") if (value := getattr(request, name)) not in ("none", "off")}
    if request.as_of is not None:
        asked["as_of"] = request.as_of
    taken_for = [
        CorrectionAnswer(parameter=reading.parameter, given=reading.given, corrected_to=list(reading.corrected_to))
        for reading in found.corrections
    ]
    asked = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
    return QueryAnswer(
        **asked, limit=request.limit, did_you_mean=found.did_you_mean or UNSET, corrections=taken_for or UNSET
    )


def _buckets(name: str, some: Iterable[Bucket]) -> list[Any]:
    if name == "speaker":
        return [SpeakerBucketAnswer(id=b.value, name=b.name or b.value, count=b.quotes) for b in some]
    return [BucketAnswer(value=b.value, count=b.quotes) for b in some]


def hit(found: Hit) -> HitAnswer:
    """Return a quote that was found."""
    return HitAnswer(
        **_parts(found.quote),
        highlights=[HighlightAnswer(start=start, end=end) for start, end in found.highlights],
        score=round(found.score, 4),
        collapsed=UNSET if found.collapsed is None else CollapsedAnswer.of(found.collapsed),
    )


def quote(one: Quote) -> QuoteAnswer:
    """Return one quote. The spellings that find its speaker stay inside the index."""
    return QuoteAnswer(**_parts(one))


def _parts(one: Quote) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "type": one.type,
        "utterance": one.utterance,
        "speaker": None if one.speaker is None else SpeakerAnswer.of(one.speaker),
        "attribution": one.attribution,
        "article": one.article,
        "selector": one.selector,
        "repeats": one.repeats,
        "links": LinksAnswer(self=f"/v1/quotes/{one.id}", source=source_link(one)),
    }


def speakers(found: SpeakerList) -> SpeakersAnswer:
    """Return those whose names begin alike."""
    return SpeakersAnswer(
        prefix=found.prefix,
        corrected_to=list(found.corrected_to),
        total=TotalAnswer(value=found.total),
        index=IndexAnswer.of(found.edition),
        speakers=[
            SpeakerCountAnswer(
                id=one.id,
                name=one.name,
                type=one.type,
                same_as=one.same_as,
                quotes=count,
                links=_of_speaker(one),
            )
            for one, count in found.speakers
        ],
    )


def profile(found: SpeakerProfile) -> SpeakerProfileAnswer:
    """Return one speaker in numbers."""
    one = found.speaker
    return SpeakerProfileAnswer(
        id=one.id,
        name=one.name,
        type=one.type,
        aliases=one.aliases,
        same_as=one.same_as,
        quotes=QuotesAnswer(
            total=found.quotes,
            undated=found.undated,
            types=_buckets("type", found.types),
            publishers=_buckets("publisher", found.publishers),
            years=_buckets("year", found.years),
            months=_buckets("month", found.months),
        ),
        first=None if found.first is None else quote(found.first),
        last=None if found.last is None else quote(found.last),
        index=IndexAnswer.of(found.edition),
        links=_of_speaker(one),
    )


def _of_speaker(one: Speaker) -> SpeakerLinksAnswer:
    return SpeakerLinksAnswer(self=f"/v1/speakers/{one.id}", quotes=f"/v1/quotes?speaker={one.id}")


def coverage(found: Coverage) -> CoverageAnswer:
    """Return what the index holds."""
    return CoverageAnswer(
        generation=found.generation,
        segments=found.segments,
        bytes=found.bytes,
        quotes=found.quotes,
        articles=found.articles,
        speakers=found.speakers,
        types=dict(found.types),
        published=PublishedAnswer(from_=found.oldest, to=found.newest, undated=found.undated),
        publishers=[PublisherAnswer(name=name, quotes=count) for name, count in found.publishers],
    )


def detail(found: Detail) -> DetailAnswer:
    """Return all that a page about one quote shows."""
    one, context = found.quote, found.context
    return DetailAnswer(
        **_parts(one),
        context=None if context is None else ContextAnswer(before=context.before, after=context.after),
        spoken=_spoken(found.utterance),
        citations=CitationsAnswer(
            csl=citation.csl(one, generation=found.edition.generation),
            ris=citation.ris(one, generation=found.edition.generation),
            bibtex=citation.bibtex(one, generation=found.edition.generation),
            text=citation.plain(one),
        ),
        json_ld=citation.json_ld(one),
    )


def verification(found: VerifyResult) -> VerificationAnswer:
    """Return whether somebody said something."""
    answer = found.verification
    asked = answer.request
    return VerificationAnswer(
        query=VerifyQueryAnswer(text=asked.text, speaker=UNSET if asked.speaker is None else asked.speaker),
        verdict=answer.verdict,
        words=answer.words,
        speaker_matches=answer.speaker_matches,
        similarity=answer.similarity,
        why=answer.why,
        quote=None if answer.quote is None else quote(answer.quote),
        window=None if answer.window is None else HighlightAnswer(start=answer.window[0], end=answer.window[1]),
        utterance=_spoken(answer.utterance),
        difference=[WordChangeAnswer(**change._asdict()) for change in answer.difference],
        others=[
            OtherMatchAnswer(
                words=other.words,
                speaker_matches=other.speaker_matches,
                similarity=other.similarity,
                quote=quote(other.quote),
            )
            for other in answer.others
        ],
        nearest=None if answer.nearest is None else quote(answer.nearest),
        coverage=coverage(found.coverage),
    )


def _spoken(parts: Iterable[Quote]) -> list[UtterancePartAnswer]:
    return [UtterancePartAnswer(id=part.id, text=part.text, position=part.utterance.position) for part in parts]
