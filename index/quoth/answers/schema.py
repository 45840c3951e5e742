"""The shapes of answers: what a reader of the API may rely on, and what its contract is made from.

Every answer is a frozen value whose JSON has its fields as members, in their order. What is not known is null; what was
not asked for is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from quoth.engine.page import CollapsedGroup, Edition
from quoth.engine.verify.alignment import Op
from quoth.engine.verify.verdict import Verdict, Words
from quoth.quote import Attribution, Origin, QuoteType, Selector, Speaker, SpeakerType, Utterance

Count = Annotated[int, Meta(ge=0)]
Similarity = Annotated[float, Meta(ge=0, le=1)]
Matches = Annotated[bool | None, Meta(description="null where no speaker was asked for, or nobody knows")]
Offset = Annotated[int, Meta(ge=0, description="in code points of the text")]


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frozen value whose JSON has its fields as members."""


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """Which index answered."""

    generation: Annotated[int, Meta(ge=0, description="grows with every commit; pin it with `as_of`", examples=[42])]
    quotes: Annotated[int, Meta(ge=0, description="of all types")]

    @classmethod
    def of(cls, edition: Edition) -> IndexAnswer:
        """Return which index answered."""
        return cls(generation=edition.generation, quotes=edition.quotes)


class TotalAnswer(Answer, frozen=True, kw_only=True):
    """How many there are; `eq` says that the number is exact."""

    value: Count
    relation: Annotated[str, Meta(pattern="^eq$")] = "eq"


class CorrectionAnswer(Answer, frozen=True, kw_only=True):
    """What the index does not have, and what it was taken for: spellings at one typo."""

    parameter: str
    given: str
    corrected_to: list[str]


class QueryAnswer(Answer, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What was asked, and how it was understood."""

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
    as_of: int | UnsetType = UNSET
    limit: int
    did_you_mean: Annotated[str, Meta(description="with better words, where nobody said some of these")] | UnsetType = (
        UNSET
    )
    corrections: list[CorrectionAnswer] | UnsetType = UNSET


class SpeakerAnswer(Answer, frozen=True, kw_only=True):
    """Who said it. The spellings that find a speaker are told at `/v1/speakers/{id}`."""

    id: Annotated[str, Meta(examples=["donald-trump"])]
    name: Annotated[str, Meta(examples=["Donald Trump"])]
    as_written: str | None
    same_as: Annotated[tuple[str, ...], Meta(description="identities elsewhere: Wikidata addresses")]
    type: SpeakerType | None

    @classmethod
    def of(cls, one: Speaker) -> SpeakerAnswer:
        """Return a speaker as a quote tells of him."""
        return cls(id=one.id, name=one.name, as_written=one.as_written, same_as=one.same_as, type=one.type)


class LinksAnswer(Answer, frozen=True, kw_only=True):
    """Where to go on."""

    self: str
    source: Annotated[str | None, Meta(description="the quote in its source: a URL with a text fragment")]


class HighlightAnswer(Answer, frozen=True, kw_only=True):
    """Words that were asked for: a half-open span of the quote's text."""

    start: Offset
    end: Offset


class CollapsedAnswer(Answer, frozen=True, kw_only=True):
    """What a hit stands for."""

    quotes: Count
    articles: Count
    publishers: Count
    first_seen: datetime | None
    last_seen: datetime | None

    @classmethod
    def of(cls, group: CollapsedGroup) -> CollapsedAnswer:
        """Return the group of a hit."""
        return cls(**group._asdict())


class _QuoteParts(Answer, frozen=True, kw_only=True):
    """What every answer says of a quote."""

    id: Annotated[str, Meta(examples=["q_7Kd2"])]
    text: str
    type: QuoteType
    utterance: Utterance
    speaker: SpeakerAnswer | None
    attribution: Attribution
    article: Origin
    selector: Selector
    repeats: Annotated[str | None, Meta(description="the utterance that a fragment repeats inside its article")]


class QuoteAnswer(_QuoteParts, frozen=True, kw_only=True):
    """One quote with its evidence."""

    links: LinksAnswer


class ContextAnswer(Answer, frozen=True, kw_only=True):
    """What stands in the article before and behind a quote, its marks included."""

    before: str
    after: str


class UtterancePartAnswer(Answer, frozen=True, kw_only=True):
    """A part of the utterance that a quote belongs to."""

    id: str
    text: str
    position: Annotated[int, Meta(ge=1)]


class CitationsAnswer(Answer, frozen=True, kw_only=True):
    """How to cite a quote. Each says so where the attribution is not sure."""

    csl: Annotated[dict[str, Any], Meta(description="CSL-JSON")]
    ris: str
    bibtex: str
    text: str


class DetailAnswer(_QuoteParts, frozen=True, kw_only=True):
    """All that a page about one quote shows."""

    context: Annotated[ContextAnswer | None, Meta(description="null where the article is not kept")]
    spoken: Annotated[list[UtterancePartAnswer], Meta(description="the whole utterance, in order")]
    citations: CitationsAnswer
    json_ld: Annotated[
        dict[str, Any] | None, Meta(description="a schema.org Quotation; null where nobody is known to have said it")
    ]
    links: LinksAnswer


class HitAnswer(_QuoteParts, frozen=True, kw_only=True):
    """A quote that was found."""

    highlights: list[HighlightAnswer]
    score: Annotated[float, Meta(ge=0, description="comparable inside one answer only")]
    collapsed: CollapsedAnswer | UnsetType = UNSET
    links: LinksAnswer


class BucketAnswer(Answer, frozen=True, kw_only=True):
    """A value of a facet."""

    value: Annotated[str | None, Meta(description="null is not known")]
    count: Count


class SpeakerBucketAnswer(Answer, frozen=True, kw_only=True):
    """A speaker as a value of a facet."""

    id: str
    name: str
    count: Count


class FacetsAnswer(Answer, frozen=True, kw_only=True):
    """Counts over all that match: the ten most frequent values, and the newest periods first."""

    speaker: list[SpeakerBucketAnswer] | UnsetType = UNSET
    publisher: list[BucketAnswer] | UnsetType = UNSET
    type: list[BucketAnswer] | UnsetType = UNSET
    language: list[BucketAnswer] | UnsetType = UNSET
    status: list[BucketAnswer] | UnsetType = UNSET
    year: list[BucketAnswer] | UnsetType = UNSET
    month: list[BucketAnswer] | UnsetType = UNSET


class PageAnswer(Answer, frozen=True, kw_only=True):
    """A page of hits."""

    query: QueryAnswer
    total: TotalAnswer
    took_ms: Count
    index: IndexAnswer
    hits: list[HitAnswer]
    facets: FacetsAnswer
    next_cursor: Annotated[str | None, Meta(description="the next page, of this generation; null is none")]


class SpeakerLinksAnswer(Answer, frozen=True, kw_only=True):
    """Where to go on."""

    self: str
    quotes: str


class SpeakerCountAnswer(Answer, frozen=True, kw_only=True):
    """Somebody who is quoted."""

    id: str
    name: str
    type: SpeakerType | None
    same_as: tuple[str, ...]
    quotes: Count
    links: SpeakerLinksAnswer


class SpeakersAnswer(Answer, frozen=True, kw_only=True):
    """Those whose names begin alike, the most quoted first."""

    prefix: str | None
    corrected_to: Annotated[list[str], Meta(description="where no name begins like this: beginnings at one typo")]
    total: TotalAnswer
    index: IndexAnswer
    speakers: list[SpeakerCountAnswer]


class QuotesAnswer(Answer, frozen=True, kw_only=True):
    """How many quotes, by type and by time; `undated` ones are in no period."""

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
    aliases: Annotated[tuple[str, ...], Meta(description="spellings that find the speaker")]
    same_as: tuple[str, ...]
    quotes: QuotesAnswer
    first: QuoteAnswer | None
    last: QuoteAnswer | None
    index: IndexAnswer
    links: SpeakerLinksAnswer


class PublishedAnswer(Answer, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The outermost dates."""

    from_: str | None
    to: str | None
    undated: Count


class PublisherAnswer(Answer, frozen=True, kw_only=True):
    """A publisher; null is not known."""

    name: str | None
    quotes: Count


class CoverageAnswer(Answer, frozen=True, kw_only=True):
    """What the index holds."""

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
    """What was asked."""

    text: str
    speaker: str | UnsetType = UNSET


class WordChangeAnswer(Answer, frozen=True, kw_only=True):
    """What became of some words: as they were remembered, and as they were said."""

    op: Annotated[Op, Meta(description="`not_said` was remembered only, `left_out` was said only")]
    remembered: str
    said: str


class OtherMatchAnswer(Answer, frozen=True, kw_only=True):
    """Another quote that has the words."""

    words: Words
    speaker_matches: Matches
    similarity: Similarity
    quote: QuoteAnswer


class VerificationAnswer(Answer, frozen=True, kw_only=True):
    """Whether somebody said something. `not_found` is about this index only: `coverage` says what it holds."""

    query: VerifyQueryAnswer
    verdict: Verdict
    words: Annotated[Words, Meta(description="the verdict on the words alone, whoever said them")]
    speaker_matches: Matches
    similarity: Similarity
    why: str
    quote: Annotated[QuoteAnswer | None, Meta(description="the quote that the verdict stands on")]
    window: Annotated[HighlightAnswer | None, Meta(description="where in the quote the words stand")]
    utterance: Annotated[
        list[UtterancePartAnswer], Meta(description="the quotes that the words stand in, where several")
    ]
    difference: list[WordChangeAnswer]
    others: list[OtherMatchAnswer]
    nearest: Annotated[
        QuoteAnswer | None,
        Meta(description="where nothing was found: what shares most with the words, and is no verdict"),
    ]
    coverage: CoverageAnswer


class ArticleAccepted(Answer, frozen=True, kw_only=True):
    """An article is kept; its quotes are found once it is indexed, some seconds later."""

    id: Annotated[str, Meta(description="its key, for DELETE /v1/articles/{id}")]
    article_id: Annotated[str, Meta(description="the id that was given, else the URL, else a hash of the body")]
    version: Annotated[int, Meta(ge=1)]


class QuotesAccepted(Answer, frozen=True, kw_only=True):
    """Ready-made quotes are kept; they are found once they are indexed, some seconds later."""

    accepted: Annotated[int, Meta(ge=1, description="how many")]


class WithdrawalAccepted(Answer, frozen=True, kw_only=True):
    """An article is taken back up to a version; its quotes are gone some seconds later."""

    id: str
    version: Annotated[int, Meta(ge=1)]
