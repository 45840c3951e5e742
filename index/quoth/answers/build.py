"""Build answers from results: pages, quotes, speakers and verdicts in the schemas of `quoth.answers.schema`.

The HTTP API and the command line share them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from quoth import citation
from quoth.answers.schema import (
    Answer,
    ArticleAnswer,
    ArticleStatusAnswer,
    BucketAnswer,
    CheckAnswer,
    CheckedQuoteAnswer,
    CitationsAnswer,
    CollapsedAnswer,
    ContextAnswer,
    CorrectionAnswer,
    CoverageAnswer,
    CutSentenceAnswer,
    DetailAnswer,
    DifferenceAnswer,
    ExplanationAnswer,
    FacetsAnswer,
    HighlightAnswer,
    HitAnswer,
    IndexAnswer,
    LinksAnswer,
    NearSpeakerAnswer,
    OtherMatchAnswer,
    PageAnswer,
    PieceAnswer,
    PublishedAnswer,
    PublisherAnswer,
    QueryAnswer,
    QuoteAnswer,
    QuotesAnswer,
    RelatedAnswer,
    SpeakerAnswer,
    SpeakerBucketAnswer,
    SpeakerCountAnswer,
    SpeakerLinksAnswer,
    SpeakerProfileAnswer,
    SpeakersAnswer,
    TotalAnswer,
    UnknownSpeakerAnswer,
    UtterancePartAnswer,
    VerdictAnswer,
    VerificationAnswer,
    VerifyQueryAnswer,
    WiderSearchAnswer,
)
from quoth.citation import source_link
from quoth.engine.page import Bucket, Coverage, Explanation, Hit, Page, SpeakerList, SpeakerProfile
from quoth.engine.query.filters import FILTERS
from quoth.engine.query.request import Request
from quoth.quote import Quote, Speaker

if TYPE_CHECKING:
    from quoth.checking.report import CheckReport
    from quoth.context import Detail
    from quoth.engine.searcher import VerifyResult
    from quoth.engine.verify.comparison.differences import WordChange
    from quoth.engine.verify.verify import Verification
    from quoth.ingest.status import ItemStatus


def to_bytes(answer: Answer) -> bytes:
    """Return an answer as compact JSON."""
    return _ENCODE(answer)


def to_json(answer: Answer) -> Any:
    """Return an answer as plain JSON values."""
    return msgspec.json.decode(_ENCODE(answer))


_ENCODE = msgspec.json.Encoder().encode


def page(result: Page, took_ms: int) -> PageAnswer:
    """Return a page of hits."""
    return PageAnswer(
        query=_query(result.request, result),
        total=TotalAnswer(value=result.total),
        related=RelatedAnswer(
            value=result.related_listed, relation="gte" if result.related > result.related_listed else "eq"
        ),
        took_ms=took_ms,
        index=IndexAnswer.of(result.edition),
        hits=[hit(match) for match in result.hits],
        explanation=UNSET if result.explanation is None else _explanation(result.explanation),
        facets=FacetsAnswer(**{name: _buckets(name, buckets) for name, buckets in result.facets.items()}),
        next_cursor=result.next_cursor,
    )


def _query(request: Request, result: Page) -> QueryAnswer:
    parameters: dict[str, Any] = {
        name: value for name in ("q", *FILTERS, "sort") if (value := getattr(request, name)) is not None
    }
    usual = {"collapse": "none", "fuzzy": "auto", "match": "best"}
    parameters |= {name: value for name in usual if (value := getattr(request, name)) != usual[name]}
    parameters |= {name: value for name in ("facet_size", "as_of") if (value := getattr(request, name)) is not None}
    corrections = [
        CorrectionAnswer(parameter=c.parameter, given=c.given, corrected_to=list(c.corrected_to))
        for c in result.corrections
    ]
    parameters = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
    return QueryAnswer(
        **parameters, limit=request.limit, did_you_mean=result.did_you_mean or UNSET, corrections=corrections or UNSET
    )


def _explanation(found: Explanation) -> ExplanationAnswer:
    return ExplanationAnswer(
        unknown_words=list(found.unknown_words),
        unknown_speakers=[
            UnknownSpeakerAnswer(
                name=unknown.name,
                near=[
                    NearSpeakerAnswer(
                        id=speaker.id, name=speaker.name, mixed_script=speaker.mixed_script or UNSET, quotes=count
                    )
                    for speaker, count in unknown.near
                ],
            )
            for unknown in found.unknown_speakers
        ],
        wider=[
            WiderSearchAnswer(
                change=each.change, parameter=each.parameter or UNSET, total=each.total, related=each.related
            )
            for each in found.wider
        ],
    )


def _buckets(name: str, buckets: Iterable[Bucket]) -> list[Any]:
    if name == "speaker":
        return [
            SpeakerBucketAnswer(
                id=b.value, name=b.name or b.value, count=b.quotes, mixed_script=b.mixed_script or UNSET
            )
            for b in buckets
        ]
    return [BucketAnswer(value=b.value, count=b.quotes) for b in buckets]


def hit(result: Hit, tag: str = "") -> HitAnswer:
    """Return one hit of a search, in rows with the tag of its generation."""
    return HitAnswer(
        **_quote_parts(result.quote),
        tag=tag or UNSET,
        highlights=[HighlightAnswer(start=start, end=end) for start, end in result.highlights],
        missing=list(result.missing) or UNSET,
        found=dict(result.found) or UNSET,
        score=round(result.score, 4),
        collapsed=UNSET if result.collapsed is None else CollapsedAnswer.of(result.collapsed),
    )


def quote(result: Quote, tag: str = "") -> QuoteAnswer:
    """Return one quote, without the aliases of its speaker, and with the tag of its generation."""
    return QuoteAnswer(**_quote_parts(result), tag=tag or UNSET)


def _quote_parts(quote: Quote) -> dict[str, Any]:
    return {
        "id": quote.id,
        "text": quote.text,
        "type": quote.type,
        "utterance": quote.utterance,
        "speaker": None if quote.speaker is None else SpeakerAnswer.of(quote.speaker),
        "denied_speaker": SpeakerAnswer.of(quote.denied_speaker) if quote.denied_speaker else UNSET,
        "attribution": quote.attribution,
        "article": ArticleAnswer.of(quote.article),
        "selector": quote.selector,
        "repeats": quote.repeats,
        "links": LinksAnswer(self=f"/v1/quotes/{quote.id}", source=source_link(quote)),
    }


def speakers(result: SpeakerList) -> SpeakersAnswer:
    """Return the speakers whose names begin with a prefix."""
    return SpeakersAnswer(
        prefix=result.prefix,
        corrected_to=list(result.corrected_to),
        total=TotalAnswer(value=result.total),
        index=IndexAnswer.of(result.edition),
        speakers=[
            SpeakerCountAnswer(
                id=speaker.id,
                name=speaker.name,
                type=speaker.type,
                same_as=speaker.same_as,
                mixed_script=speaker.mixed_script,
                quotes=count,
                periods=UNSET if periods is None else _buckets("period", periods),
                links=_speaker_links(speaker),
            )
            for (speaker, count), periods in zip(result.speakers, result.periods or repeat(None), strict=False)
        ],
    )


def profile(result: SpeakerProfile) -> SpeakerProfileAnswer:
    """Return one speaker in numbers."""
    speaker = result.speaker
    return SpeakerProfileAnswer(
        id=speaker.id,
        name=speaker.name,
        type=speaker.type,
        aliases=speaker.aliases,
        same_as=speaker.same_as,
        mixed_script=speaker.mixed_script,
        quotes=QuotesAnswer(
            total=result.quotes,
            undated=result.undated,
            types=_buckets("type", result.types),
            publishers=_buckets("publisher", result.publishers),
            years=_buckets("year", result.years),
            months=_buckets("month", result.months),
        ),
        first=None if result.first is None else quote(result.first),
        last=None if result.last is None else quote(result.last),
        index=IndexAnswer.of(result.edition),
        links=_speaker_links(speaker),
    )


def _speaker_links(speaker: Speaker) -> SpeakerLinksAnswer:
    return SpeakerLinksAnswer(self=f"/v1/speakers/{speaker.id}", quotes=f"/v1/quotes?speaker={speaker.id}")


def coverage(result: Coverage) -> CoverageAnswer:
    """Return the contents of the index, in numbers."""
    return CoverageAnswer(
        generation=result.generation,
        segments=result.segments,
        bytes=result.bytes,
        quotes=result.quotes,
        articles=result.articles,
        speakers=result.speakers,
        types=dict(result.types),
        published=PublishedAnswer(from_=result.oldest, to=result.newest, undated=result.undated),
        publishers=[PublisherAnswer(name=name, quotes=count) for name, count in result.publishers],
    )


def detail(result: Detail) -> DetailAnswer:
    """Return one quote in full: evidence, context, utterance and citations."""
    quote, context, generation = result.quote, result.context, result.edition.generation
    return DetailAnswer(
        **_quote_parts(quote),
        context=None if context is None else ContextAnswer(before=context.before, after=context.after),
        spoken=_utterance_parts(result.utterance),
        citations=CitationsAnswer(
            csl=citation.csl(quote, generation=generation),
            ris=citation.ris(quote, generation=generation),
            bibtex=citation.bibtex(quote, generation=generation),
            text=citation.plain(quote),
        ),
        json_ld=citation.json_ld(quote),
    )


def article_status(result: ItemStatus) -> ArticleStatusAnswer:
    """Return how far an article or a batch of ready-made quotes is."""
    return ArticleStatusAnswer(
        key=result.key,
        status=result.status,
        version=result.version,
        generation=result.generation,
        quotes=result.quotes,
        indexed_version=result.indexed_version,
        since=UNSET if result.since is None else result.since,
        code=UNSET if result.code is None else result.code,
        why=UNSET if result.why is None else result.why,
    )


def verification(result: VerifyResult) -> VerificationAnswer:
    """Return the verdict on a remembered quote."""
    return VerificationAnswer(
        **_verdict_parts(result.verification),
        others=[
            OtherMatchAnswer(
                words=other.words,
                speaker_matches=other.speaker_matches,
                similarity=other.similarity,
                quote=quote(other.quote),
            )
            for other in result.verification.others
        ],
        coverage=coverage(result.coverage),
    )


def check(report: CheckReport) -> CheckAnswer:
    """Return the report on a draft."""
    return CheckAnswer(
        confirmed=report.is_confirmed,
        truncated=report.truncated,
        index=IndexAnswer.of(report.coverage.edition),
        groups={group: len(quotes) for group, quotes in report.groups().items()},
        quotes=[
            CheckedQuoteAnswer(
                id=checked.asked.id,
                line=checked.asked.line,
                text=checked.asked.text,
                speaker=checked.asked.speaker,
                verdict=checked.verdict,
                group=checked.group,
                needs_work=checked.needs_work,
                why=checked.why,
                verification=(
                    None if checked.verification is None else VerdictAnswer(**_verdict_parts(checked.verification))
                ),
            )
            for checked in report.quotes
        ],
        coverage=coverage(report.coverage),
    )


def _verdict_parts(answer: Verification) -> dict[str, Any]:
    request = answer.request
    return {
        "query": VerifyQueryAnswer(text=request.text, speaker=UNSET if request.speaker is None else request.speaker),
        "verdict": answer.verdict,
        "words": answer.words,
        "speaker_matches": answer.speaker_matches,
        "similarity": answer.similarity,
        "why": answer.why,
        "quote": None if answer.quote is None else quote(answer.quote),
        "window": None if answer.window is None else _span(answer.window),
        "utterance": _utterance_parts(answer.utterance),
        "differences": _differences(answer.differences),
        "cut_from": None if answer.cut_from is None else CutSentenceAnswer(**answer.cut_from._asdict()),
        "pieces": [
            PieceAnswer(text=piece.text, words=piece.words, window=_span(piece.window), quote=quote(piece.quote))
            for piece in answer.pieces
        ],
        "also_denied": list(map(quote, answer.also_denied)),
        "nearest": None if answer.nearest is None else quote(answer.nearest),
        "nearest_differences": _differences(answer.nearest_differences),
    }


def _differences(changes: Iterable[WordChange]) -> list[DifferenceAnswer]:
    return [
        DifferenceAnswer(kind=change.kind, remembered=change.remembered, said=change.said, may_change=change.may_change)
        for change in changes
        if change.kind is not None
    ]


def _span(span: tuple[int, int]) -> HighlightAnswer:
    return HighlightAnswer(start=span[0], end=span[1])


def _utterance_parts(parts: Iterable[Quote]) -> list[UtterancePartAnswer]:
    return [UtterancePartAnswer(id=part.id, text=part.text, position=part.utterance.position) for part in parts]
