"""The examples in the OpenAPI document: real answers of this code about one small article."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from functions.http import feeds, problem
from functions.http.openapi.operations import bare
from functions.slack.cards.search import help_card
from quoth import article as articles
from quoth import citation
from quoth.answers import build, export
from quoth.answers.rows import FEED_FORMATS, ROW_FORMATS
from quoth.answers.schema import (
    Answer,
    ArticleAccepted,
    ExportAnswer,
    QuotesAccepted,
    ReportAccepted,
    WithdrawalAccepted,
)
from quoth.archive import Archive
from quoth.article import Article
from quoth.effects import Effects
from quoth.engine.page import Page
from quoth.engine.query.request import Request
from quoth.errors import BadQuery, Expired, NotFound, StaleVersion
from quoth.quote import quote_id
from quoth.storage.stores.memory import MemoryStore

ARTICLE = Article(
    body=(
        "The old dam stays\n\n"
        "The dam above the harbour will not be taken down, the council decided on Monday.\n\n"
        "“The dam will hold,” said Ada Okafor, the city’s engineer. “We have looked at every stone of it, and it will "
        "hold for another fifty years.”\n\n"
        "Bo Lind, a fisherman, was not convinced. “A dam is a wall,” he said."
    ),
    url="https://example.org/news/the-old-dam-stays",
    headline="The old dam stays",
    publisher="The Harbour Times",
    published=datetime(2025, 8, 11, 9, 30, tzinfo=UTC),
    language="en-GB",
    byline="Grace Mbeki",
)
NINJS = {
    "uri": ARTICLE.url,
    "version": "1",
    "headlines": [{"role": "main", "value": ARTICLE.headline}],
    "language": ARTICLE.language,
    "versionCreated": "2025-08-11T09:30:00Z",
    "copyrightHolder": ARTICLE.publisher,
    "pubStatus": "usable",
    "bodies": [{"role": "main", "contentType": "text/plain", "value": ARTICLE.body}],
}
GIVEN = {"text": "I shall return.", "speaker": "Douglas MacArthur", "published": "1942-03-20", "language": "en"}
DRAFT = "“The dam will not hold,” Ada Okafor said. “A dam is a wall,” said Bo Lind."
COMMAND = "command=%2Fquote&text=the+dam"

DISMISSAL = '{"type":"block_actions","actions":[{"action_id":"dismiss","value":"-"}]}'
EXPORT = {"q": "dam", "publisher": ["The Harbour Times"], "from": "2025-01-01", "format": "csv", "limit": 5000}
QUOTE_ID = quote_id(ARTICLE.id, "The dam will hold,", 0)
BATCH_ID = f"i_{'4c1d' * 16}"
EXPORT_ID = "e_Vgk6eSUfhrRJkPWLpWwvlg"

TOOK_MS = 3


class Sample(NamedTuple):
    """An archive that contains the article, and a page of a search in it."""

    archive: Archive
    page: Page

    @property
    def quote_id(self) -> str:
        """The id of the first quote on the page."""
        return self.page.hits[0].quote.id

    @property
    def speaker_id(self) -> str:
        """The id of its speaker."""
        speaker = self.page.hits[0].quote.speaker
        return "" if speaker is None else speaker.id


def sample() -> Sample:
    """Return an archive in memory with the article; deterministic."""
    effects = Effects(new_id=lambda: "sample", random=lambda: 0.5, sleep=lambda _: None, clock=lambda: 1_754_904_600.0)
    archive = Archive(MemoryStore(clock=lambda: 1_754_904_600.0), effects)
    archive.add(ARTICLE)
    return Sample(archive, archive.search("dam", limit=1, facets=["speaker"]))


def _feed(archive: Archive, format: str) -> str:
    request = Request(q="dam", limit=1, sort="indexed")
    return feeds.feed(archive, request, format, "https://quotes.example.org", f"q=dam&format={format}")[1]


def read_answers(sample: Sample) -> dict[str, dict[str, Any]]:
    """Return an answer of each read, by operation and media type."""
    archive, page = sample.archive, sample.page
    quote, edition = page.hits[0].quote, page.edition
    return {
        "searchQuotes": {
            "application/json": build.to_json(build.page(page, TOOK_MS)),
            **{bare(rows.media_type): "".join(rows.hits(page.hits, "")) for rows in ROW_FORMATS.values()},
            **{bare(feed.media_type): _feed(archive, name) for name, feed in FEED_FORMATS.items()},
        },
        "getQuote": {
            "application/json": build.to_json(build.detail(archive.detail(sample.quote_id))),
            **{bare(style.media_type): style.cite(quote, edition.generation) for style in citation.FORMATS.values()},
        },
        "findSpeakers": _json(build.speakers(archive.speakers("oka"))),
        "getSpeaker": _json(build.profile(archive.speaker(sample.speaker_id))),
        "verifyQuote": _json(build.verification(archive.verify("the dam would hold", "Okafor"))),
        "verifyText": _json(build.verification(archive.verify("the dam would hold", "Okafor"))),
        "checkDraft": _json(build.check(archive.check(DRAFT))),
        "getIndex": _json(build.coverage(archive.stats())),
    }


def write_answers(sample: Sample) -> dict[str, dict[str, Any]]:
    """Return an answer of each write, and a Slack card, by operation and media type."""
    indexed = sample.archive.status(ARTICLE.key)
    accepted = ArticleAccepted(key=ARTICLE.key, article_id=ARTICLE.id, version=ARTICLE.version)
    return {
        "postArticle": _json(accepted),
        "getArticle": _json(build.article_status(indexed)),
        "postQuotes": _json(QuotesAccepted(key=BATCH_ID, accepted=1)),
        "deleteArticle": _json(WithdrawalAccepted(key=ARTICLE.key, version=ARTICLE.version)),
        "postExport": _json(ExportAnswer(id=EXPORT_ID, status="queued", format="csv", generation=1, rows=0)),
        "getExport": _json(
            ExportAnswer(
                id=EXPORT_ID,
                status="done",
                format="csv",
                generation=1,
                rows=3,
                url=f"https://store.example/exports/{EXPORT_ID}-4c1d.csv?X-Amz-Signature=9f",
                expires_seconds=300,
                bytes=2_104,
                sha256="4c1d" * 16,
            )
        ),
        "postReport": _json(ReportAccepted(quote=QUOTE_ID, is_new=True)),
        "postNotedReport": _json(ReportAccepted(quote=QUOTE_ID, is_new=True)),
        "slackCommand": {"application/json": help_card()},
        "slackAction": {"application/json": {}},
    }


def requests() -> dict[str, dict[str, Any]]:
    """Return bodies of each request that has one, by operation, media type and name."""
    own = {name: value for name, value in articles.to_json(ARTICLE).items() if value is not None}
    return {
        "postArticle": {"application/json": {"own": own, "ninjs": NINJS}, "text/plain": {"text": ARTICLE.body}},
        "postQuotes": {
            "application/json": {"one": GIVEN, "several": [GIVEN]},
            "application/x-ndjson": {"lines": "".join(export.jsonl([GIVEN]))},
        },
        "verifyText": {"application/json": {"words": {"text": "the dam would hold", "speaker": "Okafor"}}},
        "checkDraft": {
            "text/plain": {"text": DRAFT},
            "text/markdown": {"markdown": DRAFT.replace("not", "*not*")},
            "text/html": {"html": f"<p>{DRAFT}</p>"},
            "application/json": {"json": {"text": DRAFT, "format": "text", "without": ["The Daily Copy"]}},
        },
        "postExport": {"application/json": {"everything": {}, "some": EXPORT}},
        "postReport": {
            "application/json": {"quote": {"quote": QUOTE_ID}},
            "application/x-www-form-urlencoded": {"quote": {"quote": QUOTE_ID}},
        },
        "postNotedReport": {"application/json": {"note": {"note": "Bo Lind said it"}}},
        "slackCommand": {"application/x-www-form-urlencoded": {"command": {"command": "/quote", "text": "the dam"}}},
        "slackAction": {"application/x-www-form-urlencoded": {"dismissal": {"payload": DISMISSAL}}},
    }


def problems() -> dict[int, str]:
    """Return a problem of each kind, in JSON, by its status."""
    responses = [
        problem.of(BadQuery("limit", "must be from 1 to 100 as json, not 200")),
        problem.problem(HTTPStatus.UNAUTHORIZED, "the request does not carry a valid Slack signature"),
        problem.of(NotFound("no quote has the id q_none")),
        problem.of(StaleVersion("1 of this article came with another text before; raise it", field="version")),
        problem.of(Expired("generation 7 is no longer kept; begin again without cursor")),
        problem.of(problem.TooLarge("the body is 2,000,000 bytes long; the limit is 1,048,576")),
        problem.problem(HTTPStatus.INTERNAL_SERVER_ERROR, problem.WENT_WRONG),
        problem.unavailable(),
    ]
    return {response.status_code: response.body or "" for response in responses}


def _json(answer: Answer) -> dict[str, Any]:
    return {"application/json": build.to_json(answer)}
