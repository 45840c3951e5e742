"""The schemas of answers: readers of the API rely on them, and the OpenAPI document is generated from them.

Every answer is a frozen value whose JSON has its fields as members, in their order. An unknown value is null; a part
that was not requested is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from quoth.checking.report import CheckVerdict, Group
from quoth.engine.execution.coverage.words import Place
from quoth.engine.page import Change, CollapsedGroup, Edition
from quoth.engine.verify.comparison.kinds import DifferenceKind, Words
from quoth.engine.verify.verdict import Verdict
from quoth.quote import Attribution, Origin, QuoteType, Selector, Speaker, SpeakerType, Utterance
from quoth.text import timestamps
from quoth.text.timestamps import Precision
from quoth.text.wording.turning import Turn

ExportStatus = Literal["queued", "running", "done", "failed"]
Count = Annotated[int, Meta(ge=0)]
Similarity = Annotated[float, Meta(ge=0, le=1)]
Matches = Annotated[bool | None, Meta(description="null if no speaker was requested, or the speaker is unknown")]
MixedScript = (
    Annotated[bool, Meta(description="only if true: the name has letters of two alphabets and may look like another")]
    | UnsetType
)
Offset = Annotated[int, Meta(ge=0, description="in code points of the text")]


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frozen value whose JSON has its fields as members."""


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """The generation of the index that answered."""

    generation: Annotated[int, Meta(ge=0, description="grows with every commit; pin it with `as_of`", examples=[42])]
    quotes: Annotated[int, Meta(ge=0, description="of all types")]

    @classmethod
    def of(cls, edition: Edition) -> IndexAnswer:
        """Return the answer for an edition of the index."""
        return cls(generation=edition.generation, quotes=edition.quotes)


class TotalAnswer(Answer, frozen=True, kw_only=True):
    """The number of results; `eq` means that it is exact."""

    value: Count
    relation: Annotated[str, Meta(pattern="^eq$")] = "eq"


class RelatedAnswer(Answer, frozen=True, kw_only=True):
    """The number of quotes that miss some of the words; `gte` means that it is at least this."""

    value: Count
    relation: Literal["eq", "gte"] = "eq"


class CorrectionAnswer(Answer, frozen=True, kw_only=True):
    """A word or name that the index does not have, and the spellings within one typo that replace it."""

    parameter: str
    given: str
    corrected_to: list[str]


class QueryAnswer(Answer, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The search request, and how it was understood."""

    q: str | UnsetType = UNSET
    speaker: list[str] | UnsetType = UNSET
    publisher: list[str] | UnsetType = UNSET
    type: list[QuoteType] | UnsetType = UNSET
    language: list[str] | UnsetType = UNSET
    status: list[str] | UnsetType = UNSET
    from_: str | UnsetType = UNSET
    to: str | UnsetType = UNSET
    min_confidence: float | UnsetType = UNSET
    sort: str | UnsetType = UNSET
    collapse: str | UnsetType = UNSET
    fuzzy: str | UnsetType = UNSET
    match: str | UnsetType = UNSET
    facet_size: int | UnsetType = UNSET
    as_of: int | str | UnsetType = UNSET
    limit: int
    did_you_mean: (
        Annotated[str, Meta(description="a suggested query, if no quote has some of the words")] | UnsetType
    ) = UNSET
    corrections: list[CorrectionAnswer] | UnsetType = UNSET


class SpeakerAnswer(Answer, frozen=True, kw_only=True):
    """The speaker of a quote, or its denied speaker. `/v1/speakers/{id}` lists the spellings that match a speaker."""

    id: Annotated[str, Meta(examples=["donald-trump"])]
    name: Annotated[str, Meta(examples=["Donald Trump"])]
    as_written: str | None
    same_as: Annotated[tuple[str, ...], Meta(description="the same speaker elsewhere: Wikidata addresses")]
    type: SpeakerType | None
    mixed_script: MixedScript = UNSET

    @classmethod
    def of(cls, speaker: Speaker) -> SpeakerAnswer:
        """Return the answer for the speaker of a quote."""
        return cls(
            id=speaker.id,
            name=speaker.name,
            as_written=speaker.as_written,
            same_as=speaker.same_as,
            type=speaker.type,
            mixed_script=speaker.mixed_script,
        )


class ArticleAnswer(Answer, frozen=True, kw_only=True):
    """The article of a quote: what is known about it. `key` is its id in the routes of this API."""

    key: Annotated[
        str, Meta(pattern="^a_[A-Za-z0-9_-]{22}$", description="for /v1/articles/{id}, if the article was sent itself")
    ]
    id: str
    headline: str | None
    url: str | None
    publisher: str | None
    published: datetime | None
    date: Annotated[
        Annotated[str, Meta(pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", examples=["2025-08"])] | None,
        Meta(description="that of `published`, as far as it is known: a day, a month or a year"),
    ]
    language: str | None
    sha256: Annotated[str | None, Meta(description="of its body; null for a ready-made quote")]
    version: int
    language_detected: (
        Annotated[str, Meta(description="only if the article came without a language, and its text shows one")]
        | UnsetType
    ) = UNSET
    precision: (
        Annotated[Precision, Meta(description="only if `published` is not written to the second")] | UnsetType
    ) = UNSET

    @classmethod
    def of(cls, origin: Origin) -> ArticleAnswer:
        """Return the answer for the article of a quote."""
        return cls(
            key=origin.key,
            id=origin.id,
            headline=origin.headline,
            url=origin.url,
            publisher=origin.publisher,
            published=origin.published,
            date=None if origin.published is None else timestamps.date(origin.published, origin.precision or None),
            language=origin.language,
            sha256=origin.sha256,
            version=origin.version,
            language_detected=origin.language_detected,
            precision=origin.precision,
        )


class LinksAnswer(Answer, frozen=True, kw_only=True):
    """Links of a quote."""

    self: str
    source: Annotated[str | None, Meta(description="the quote in its source: a URL with a text fragment")]


class HighlightAnswer(Answer, frozen=True, kw_only=True):
    """A half-open span of the quote's text that matches the request."""

    start: Offset
    end: Offset


class CollapsedAnswer(Answer, frozen=True, kw_only=True):
    """The group of quotes that a hit represents."""

    quotes: Count
    articles: Count
    publishers: Count
    first_seen: datetime | None
    last_seen: datetime | None

    @classmethod
    def of(cls, group: CollapsedGroup) -> CollapsedAnswer:
        """Return the answer for the group of a hit."""
        return cls(**group._asdict())


class _QuoteParts(Answer, frozen=True, kw_only=True):
    """The members of every answer about a quote."""

    id: Annotated[str, Meta(examples=["q_7Kd2"])]
    text: str
    type: QuoteType
    utterance: Utterance
    speaker: SpeakerAnswer | None
    denied_speaker: (
        Annotated[
            SpeakerAnswer,
            Meta(description="only if the status is denied: the article says that this person did not say it"),
        ]
        | UnsetType
    ) = UNSET
    attribution: Attribution
    article: ArticleAnswer
    selector: Selector
    repeats: Annotated[str | None, Meta(description="the utterance that a fragment repeats inside its article")]
    tag: Annotated[str, Meta(description="only in rows as of a tag: the tag, to cite")] | UnsetType = UNSET


class QuoteAnswer(_QuoteParts, frozen=True, kw_only=True):
    """One quote with its evidence."""

    links: LinksAnswer


class ContextAnswer(Answer, frozen=True, kw_only=True):
    """The text of the article before and after a quote, including the quotation marks."""

    before: str
    after: str


class UtterancePartAnswer(Answer, frozen=True, kw_only=True):
    """A part of the utterance that a quote belongs to."""

    id: str
    text: str
    position: Annotated[int, Meta(ge=1)]


class CitationsAnswer(Answer, frozen=True, kw_only=True):
    """Citations of a quote. Each states when the attribution is uncertain."""

    csl: Annotated[dict[str, Any], Meta(description="CSL-JSON")]
    ris: str
    bibtex: str
    text: str


class DetailAnswer(_QuoteParts, frozen=True, kw_only=True):
    """One quote in full: evidence, context, utterance and citations."""

    context: Annotated[ContextAnswer | None, Meta(description="null if the article is not stored")]
    spoken: Annotated[list[UtterancePartAnswer], Meta(description="the whole utterance, in order")]
    citations: CitationsAnswer
    json_ld: Annotated[
        dict[str, Any] | None, Meta(description="a schema.org Quotation; null if the speaker is unknown")
    ]
    links: LinksAnswer


class HitAnswer(_QuoteParts, frozen=True, kw_only=True):
    """A quote that matches a search."""

    highlights: list[HighlightAnswer]
    missing: (
        Annotated[list[str], Meta(description="only if there are some: words of the query that it does not have")]
        | UnsetType
    ) = UNSET
    found: (
        Annotated[
            dict[str, Place],
            Meta(
                description="only for a query with words: where each of the others was found; about: in the headline or"
                " the reporter's words beside the quote"
            ),
        ]
        | UnsetType
    ) = UNSET
    score: Annotated[float, Meta(ge=0, description="comparable inside one answer only")]
    collapsed: CollapsedAnswer | UnsetType = UNSET
    links: LinksAnswer


class BucketAnswer(Answer, frozen=True, kw_only=True):
    """A value of a facet."""

    value: Annotated[str | None, Meta(description="null if unknown")]
    count: Count


class SpeakerBucketAnswer(Answer, frozen=True, kw_only=True):
    """A speaker as a value of a facet."""

    id: str
    name: str
    mixed_script: MixedScript = UNSET
    count: Count


class FacetsAnswer(Answer, frozen=True, kw_only=True):
    """Counts over all matches: the `facet_size` most frequent values, by default ten, and the newest periods first."""

    speaker: list[SpeakerBucketAnswer] | UnsetType = UNSET
    publisher: list[BucketAnswer] | UnsetType = UNSET
    type: list[BucketAnswer] | UnsetType = UNSET
    language: list[BucketAnswer] | UnsetType = UNSET
    status: list[BucketAnswer] | UnsetType = UNSET
    year: list[BucketAnswer] | UnsetType = UNSET
    month: list[BucketAnswer] | UnsetType = UNSET


class NearSpeakerAnswer(Answer, frozen=True, kw_only=True):
    """A speaker whose name is near an unknown one, with the number of quotes."""

    id: str
    name: str
    mixed_script: MixedScript = UNSET
    quotes: Count


class UnknownSpeakerAnswer(Answer, frozen=True, kw_only=True):
    """A name in the request that finds no speaker."""

    name: str
    near: Annotated[list[NearSpeakerAnswer], Meta(description="the speakers with names near it, most quoted first")]


class WiderSearchAnswer(Answer, frozen=True, kw_only=True):
    """What a wider search would find."""

    change: Annotated[
        Change,
        Meta(
            description="`without_filter`: without `parameter`; `older`, `newer`, `undated`: outside the dates; "
            "`with_typos`: fuzzy=auto; `with_related`: match=best, by relevance"
        ),
    ]
    parameter: str | UnsetType = UNSET
    total: Annotated[Count, Meta(description="quotes with every word")]
    related: Annotated[Count, Meta(description="quotes that miss some words")]


class ExplanationAnswer(Answer, frozen=True, kw_only=True):
    """Why a search found nothing."""

    unknown_words: Annotated[list[str], Meta(description="words that are in no quote and in no name")]
    unknown_speakers: list[UnknownSpeakerAnswer]
    wider: Annotated[list[WiderSearchAnswer], Meta(description="wider searches that find quotes")]


_EXPLANATION = {
    "unknown_words": ["zogs"],
    "unknown_speakers": [{"name": "Jane Okafor", "near": [{"id": "ada-okafor", "name": "Ada Okafor", "quotes": 12}]}],
    "wider": [{"change": "without_filter", "parameter": "speaker", "total": 3, "related": 0}],
}


class PageAnswer(Answer, frozen=True, kw_only=True):
    """A page of hits."""

    query: QueryAnswer
    total: Annotated[TotalAnswer, Meta(description="quotes with every word")]
    related: Annotated[RelatedAnswer, Meta(description="quotes that miss some words, listed after the others")]
    took_ms: Count
    index: IndexAnswer
    hits: list[HitAnswer]
    explanation: (
        Annotated[ExplanationAnswer, Meta(description="only if nothing was found", examples=[_EXPLANATION])] | UnsetType
    ) = UNSET
    facets: FacetsAnswer
    next_cursor: Annotated[
        str | None, Meta(description="for the next page, of the same generation; null on the last page")
    ]


class SpeakerLinksAnswer(Answer, frozen=True, kw_only=True):
    """Links of a speaker."""

    self: str
    quotes: str


class SpeakerCountAnswer(Answer, frozen=True, kw_only=True):
    """A speaker, with the number of quotes."""

    id: str
    name: str
    type: SpeakerType | None
    same_as: tuple[str, ...]
    mixed_script: MixedScript = UNSET
    quotes: Count
    periods: (
        Annotated[
            list[BucketAnswer],
            Meta(description="only with `by`: each month or year with a quote, the newest first; the rest is undated"),
        ]
        | UnsetType
    ) = UNSET
    links: SpeakerLinksAnswer


class SpeakersAnswer(Answer, frozen=True, kw_only=True):
    """Speakers whose names begin with a prefix, the most quoted first."""

    prefix: str | None
    corrected_to: Annotated[list[str], Meta(description="if no name has this prefix: the prefixes within one typo")]
    total: TotalAnswer
    index: IndexAnswer
    speakers: list[SpeakerCountAnswer]


class QuotesAnswer(Answer, frozen=True, kw_only=True):
    """Counts of quotes by type, publisher and period; `undated` quotes are in no period."""

    total: Count
    undated: Count
    types: list[BucketAnswer]
    publishers: list[BucketAnswer]
    years: list[BucketAnswer]
    months: list[BucketAnswer]


class SpeakerProfileAnswer(Answer, frozen=True, kw_only=True):
    """One speaker."""

    id: str
    name: str
    type: SpeakerType | None
    aliases: Annotated[tuple[str, ...], Meta(description="spellings that match the speaker")]
    same_as: tuple[str, ...]
    mixed_script: MixedScript = UNSET
    quotes: QuotesAnswer
    first: QuoteAnswer | None
    last: QuoteAnswer | None
    index: IndexAnswer
    links: SpeakerLinksAnswer


class PublishedAnswer(Answer, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The earliest and the latest date of publication."""

    from_: str | None
    to: str | None
    undated: Count


class PublisherAnswer(Answer, frozen=True, kw_only=True):
    """A publisher; the name is null if unknown."""

    name: str | None
    quotes: Count


class CoverageAnswer(Answer, frozen=True, kw_only=True):
    """The contents of the index, in numbers."""

    generation: Count
    segments: Count
    bytes: Count
    quotes: Count
    articles: Count
    speakers: Count
    types: dict[str, int]
    published: PublishedAnswer
    publishers: list[PublisherAnswer]


class VerifyQueryAnswer(Answer, frozen=True, kw_only=True):
    """The request to verify."""

    text: str
    speaker: str | UnsetType = UNSET


class DifferenceAnswer(Answer, frozen=True, kw_only=True):
    """Words that differ: as they were remembered, and as they were said; one side may be empty."""

    kind: DifferenceKind
    remembered: str
    said: str
    may_change: Annotated[bool, Meta(description="whether the difference may change the meaning")]


class CutSentenceAnswer(Answer, frozen=True, kw_only=True):
    """The sentence that the words are a part of; its other words turn their sense."""

    kind: Turn
    sentence: str


class PieceAnswer(Answer, frozen=True, kw_only=True):
    """A piece of spliced words, and the quote that it stands in."""

    text: str
    words: Words
    window: HighlightAnswer
    quote: QuoteAnswer


class OtherMatchAnswer(Answer, frozen=True, kw_only=True):
    """Another quote that matches the words."""

    words: Words
    speaker_matches: Matches
    similarity: Similarity
    quote: QuoteAnswer


class VerdictAnswer(Answer, frozen=True, kw_only=True):
    """The verdict on a quote, with its evidence. `not_found` applies to this index only."""

    query: VerifyQueryAnswer
    verdict: Verdict
    words: Annotated[Words, Meta(description="the verdict on the words alone, whoever the speaker is")]
    speaker_matches: Matches
    similarity: Similarity
    why: str
    quote: Annotated[QuoteAnswer | None, Meta(description="the quote that the verdict is based on")]
    window: Annotated[HighlightAnswer | None, Meta(description="the span of the quote that matches the words")]
    utterance: Annotated[list[UtterancePartAnswer], Meta(description="the quotes that contain the words, if several")]
    differences: list[DifferenceAnswer]
    cut_from: Annotated[
        CutSentenceAnswer | None, Meta(description="if the words are cut from a sentence that turns their sense")
    ]
    pieces: Annotated[list[PieceAnswer], Meta(description="of spliced words, in their order")]
    also_denied: Annotated[
        list[QuoteAnswer], Meta(description="quotes that the speaker did not say, according to an article")
    ]
    nearest: Annotated[
        QuoteAnswer | None,
        Meta(description="if nothing matches: the quote that shares most with the words; not a verdict"),
    ]
    nearest_differences: list[DifferenceAnswer]


class VerificationAnswer(VerdictAnswer, frozen=True, kw_only=True):
    """The verdict on a remembered quote. `not_found` applies to this index only: `coverage` describes its contents."""

    others: list[OtherMatchAnswer]
    coverage: CoverageAnswer


class CheckedQuoteAnswer(Answer, frozen=True, kw_only=True):
    """A quote of a draft, and its verdict."""

    id: Annotated[str, Meta(description="a hash of the words and the speaker, the same in every version of a draft")]
    line: Annotated[int, Meta(ge=1, description="of the draft, on which the quote begins")]
    text: str
    speaker: Annotated[str | None, Meta(description="to whom the draft attributes the quote")]
    verdict: Annotated[
        CheckVerdict,
        Meta(description="`too_short`: one or two words, which prove nothing; `unchecked`: not verified, `why` tells"),
    ]
    group: Annotated[Group, Meta(description="`speaker_unknown`: the words are confirmed, and the speaker is not")]
    needs_work: Annotated[bool, Meta(description="whether somebody has to look at it")]
    why: str
    verification: Annotated[VerdictAnswer | None, Meta(description="null if the quote was not verified")]


class CheckAnswer(Answer, frozen=True, kw_only=True):
    """The report on a draft: a verdict on each of its quotes, in reading order."""

    confirmed: Annotated[bool, Meta(description="whether no quote needs work, and none was left out")]
    truncated: Annotated[bool, Meta(description="whether the draft has more quotes than were verified")]
    index: IndexAnswer
    groups: Annotated[dict[str, int], Meta(description="the number of quotes in each group; what needs work is first")]
    quotes: list[CheckedQuoteAnswer]
    coverage: CoverageAnswer


class ExportAnswer(Answer, frozen=True, kw_only=True):
    """An export job: how far it is, and where its file is when it is done."""

    id: Annotated[str, Meta(description="a hash of query, format, limit and generation")]
    status: Annotated[ExportStatus, Meta(description="done has url, expires_seconds, bytes and sha256; failed has why")]
    format: str
    generation: Annotated[int, Meta(ge=0, description="the rows are those of this generation of the index")]
    rows: Annotated[int, Meta(ge=0, description="written so far")]
    url: Annotated[str, Meta(description="the address of the file, signed anew for each answer")] | UnsetType = UNSET
    expires_seconds: Annotated[int, Meta(ge=1, description="how long the address is valid")] | UnsetType = UNSET
    bytes: Annotated[int, Meta(ge=0, description="of the file")] | UnsetType = UNSET
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="of the file")] | UnsetType = UNSET
    why: Annotated[str, Meta(description="why it failed, and what to do")] | UnsetType = UNSET


class ArticleAccepted(Answer, frozen=True, kw_only=True):
    """The article is stored; its quotes become searchable once it is indexed, some seconds later."""

    key: Annotated[str, Meta(description="for GET and DELETE /v1/articles/{id}; a hit has it too")]
    article_id: Annotated[str, Meta(description="the id in the request, else the URL, else a hash of the body")]
    version: Annotated[int, Meta(ge=1)]


class QuotesAccepted(Answer, frozen=True, kw_only=True):
    """The ready-made quotes are stored; they become searchable once they are indexed, some seconds later."""

    key: Annotated[str, Meta(description="of the batch, for GET /v1/articles/{id}")]
    accepted: Annotated[int, Meta(ge=1, description="the number of quotes")]


class ArticleStatusAnswer(Answer, frozen=True, kw_only=True):
    """How far an article is, or a batch of ready-made quotes; never its text."""

    key: Annotated[str, Meta(description="of the article, or of the batch")]
    status: Annotated[
        Literal["queued", "indexed", "refused", "withdrawn"],
        Meta(
            description="of the newest version that was sent; queued and refused have since; refused has code and why"
        ),
    ]
    version: Annotated[int | None, Meta(description="the newest version that was sent; null for a batch")]
    generation: Annotated[int, Meta(ge=0, description="the generation of the index that this status is of")]
    quotes: Annotated[int, Meta(ge=0, description="in that generation; of a batch only those with these words")]
    indexed_version: Annotated[
        int | None, Meta(description="the version in that generation; null if it has none, and for a batch")
    ]
    since: Annotated[datetime, Meta(description="when it was sent, or refused")] | UnsetType = UNSET
    code: (
        Annotated[
            Literal["clash", "damaged", "failed", "expired"],
            Meta(
                description="`clash`: another text has this version; `damaged`: it cannot be read; `failed`: every "
                "attempt failed; `expired`: it was never indexed"
            ),
        ]
        | UnsetType
    ) = UNSET
    why: Annotated[str, Meta(description="what happened, and what to do")] | UnsetType = UNSET


class ReportAccepted(Answer, frozen=True, kw_only=True):
    """A report that a speaker is wrong; it says nothing about who sent it."""

    quote: Annotated[str, Meta(description="the id of the quote")]
    is_new: Annotated[bool, Meta(description="false if the same source has reported the quote today")]


class WithdrawalAccepted(Answer, frozen=True, kw_only=True):
    """The article is withdrawn up to a version; its quotes disappear some seconds later."""

    key: Annotated[str, Meta(description="as in the answer of POST /v1/articles")]
    version: Annotated[int, Meta(ge=1)]
