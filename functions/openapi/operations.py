"""The operations of the API, as a table: what each is asked, what it answers, and how it can fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from functions.http.models import (
    CSV,
    JSONL,
    NoParameters,
    Parameters,
    QuoteParameters,
    SearchParameters,
    SpeakersParameters,
    VerifyParameters,
    WithdrawalParameters,
)
from quoth.answers import schema as shapes
from quoth.article import MAX_BYTES, MAX_FIELD, MAX_VERSION

Schema = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
REFERENCE = "#/components/schemas/{name}"


class RequestBody(NamedTuple):
    """What a request carries: the schema of each media type."""

    description: str
    content: Mapping[str, Schema]


class Operation(NamedTuple):
    """One route: what it is asked, what it answers when all is well, and which problems there can be."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    ok: int
    content: Mapping[str, Schema]
    parameters: type[Parameters] = NoParameters
    body: RequestBody | None = None
    headers: tuple[str, ...] = ()
    others: tuple[int, ...] = ()
    links: Mapping[str, Any] = {}


def reference(model: type[msgspec.Struct]) -> Schema:
    """Return what stands for the schema of an answer."""
    return {"$ref": REFERENCE.format(name=model.__name__)}


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


READ = ("ETag", "Cache-Control")
_IS_READ = (304, 400, 429, 500, 503)
_IS_WRITTEN = (400, 403, 413, 429, 500, 503)
_OBJECT: Schema = {"type": "object"}
_CITATIONS: Mapping[str, Schema] = {
    "application/vnd.citationstyles.csl+json": {"type": "array", "items": _OBJECT, "description": "CSL-JSON"},
    "application/x-research-info-systems": _text("RIS"),
    "application/x-bibtex": _text("BibTeX"),
    "text/plain": _text("one line"),
    "application/ld+json": {**_OBJECT, "description": "a schema.org Quotation"},
}


def _link(operation: str, **parameters: str) -> Schema:
    return {"operationId": operation, "parameters": {name: f"$response.body#{at}" for name, at in parameters.items()}}


def _optional(description: str, **more: Any) -> Schema:
    """Return the schema of a text that may be missing, null or blank: not known."""
    return {"type": ["string", "null"], "description": description, **more}


_MOMENT = r"^\s*$|^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ABOUT: Schema = {
    "id": _optional("What names it for good; without it its URL does.", maxLength=MAX_FIELD),
    "version": {
        "description": "A higher one replaces.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_VERSION},
            {"type": "string", "pattern": "^[0-9]{1,19}$"},
            {"type": "null"},
        ],
    },
    "url": _optional("http or https", pattern=r"^\s*$|^[hH][tT][tT][pP][sS]?://", maxLength=MAX_FIELD),
    "headline": _optional("", maxLength=MAX_FIELD),
    "publisher": _optional("", maxLength=MAX_FIELD),
    "published": _optional("An ISO 8601 date or time; UTC where no zone is given.", pattern=_MOMENT),
    "language": _optional("A BCP 47 tag.", pattern=r"^\s*$|^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", maxLength=MAX_FIELD),
}
_WORDS: Schema = {"type": "string", "pattern": r"\S"}
_ARTICLE: Schema = {
    "title": "Article",
    "description": "An article in Quoth's own fields. What is not known is left out, or null.",
    "type": "object",
    "required": ["body"],
    "additionalProperties": False,
    "properties": {
        "body": {**_WORDS, "description": f"Plain text, up to {MAX_BYTES:,} bytes; offsets count its code points."},
        **_ABOUT,
        "byline": _optional("", maxLength=MAX_FIELD),
        "pub_status": _optional(
            "usable, withheld or canceled; an article that is not usable is taken back.",
            pattern=r"^\s*$|^(usable|withheld|canceled)$",
        ),
        "sha256": _optional("Of the body, in hexadecimal; another one is refused.", pattern="^[0-9a-f]{64}$"),
    },
}
_NINJS: Schema = {
    "title": "NinjsArticle",
    "description": "An article in the IPTC's ninjs, 3.x as it stands here or 2.x in lower case.",
    "type": "object",
    "required": ["uri", "bodies"],
    "not": {"required": ["body"]},
    "properties": {
        "uri": {**_WORDS, "maxLength": MAX_FIELD},
        "bodies": {
            "type": "array",
            "minItems": 1,
            "items": _OBJECT,
            "description": "One of them with a `value` of the `contentType` text/plain or text/html.",
        },
        "headlines": {"type": ["array", "null"], "items": _OBJECT},
    },
}
_QUOTE: Schema = {
    "title": "GivenQuote",
    "description": "A ready-made quote: somebody has said already who said it.",
    "type": "object",
    "required": ["text", "speaker"],
    "additionalProperties": False,
    "properties": {
        "text": {**_WORDS, "description": "What was said, without marks."},
        "speaker": {**_WORDS, "maxLength": MAX_FIELD, "description": "The name, with one letter at least."},
        **_ABOUT,
        "context": _optional("The text around it."),
    },
}
_COMMAND: Schema = {
    "title": "SlackCommand",
    "description": "What Slack posts for a slash command; other fields of it are not read.",
    "type": "object",
    "required": ["command"],
    "properties": {"command": {"type": "string"}, "text": {"type": "string"}},
}
_CARD: Schema = {
    "title": "SlackMessage",
    "description": "A message in Slack's Block Kit.",
    "type": "object",
    "required": ["response_type", "text", "blocks", "unfurl_links", "unfurl_media"],
    "properties": {
        "response_type": {"type": "string", "enum": ["ephemeral"]},
        "text": {"type": "string"},
        "blocks": {"type": "array", "items": _OBJECT},
        "unfurl_links": {"type": "boolean"},
        "unfurl_media": {"type": "boolean"},
    },
}
BY_HAND = {schema["title"]: schema for schema in (_ARTICLE, _NINJS, _QUOTE, _COMMAND, _CARD)}


def _by_hand(schema: Schema) -> Schema:
    return {"$ref": REFERENCE.format(name=schema["title"])}


OPERATIONS = (
    Operation(
        *("get", "/v1/quotes", "searchQuotes", "quotes", "Search quotes"),
        "Words are looked for by their stem, as they were said counts more; without any the newest come first. The "
        'next page is at the `Link` with `rel="next"`, and is of the same generation of the index: when that is no '
        "longer kept the answer is 410. More than 1,000 rows, and fewer that are large, are written into a file: the "
        "answer is 303 with the address of it, which is good for an hour.",
        200,
        {
            JSON: reference(shapes.PageAnswer),
            JSONL: _text("A HitAnswer a line; of more than 1,000 a QuoteAnswer, without highlights and score."),
            CSV.partition(";")[0]: _text("RFC 4180 with a header; what a spreadsheet would run has an apostrophe."),
        },
        SearchParameters,
        headers=(*READ, "Link", "Content-Disposition"),
        others=(303, *_IS_READ, 410),
        links={"firstHit": _link("getQuote", id="/hits/0/id")},
    ),
    Operation(
        *("get", "/v1/quotes/{id}", "getQuote", "quotes", "One quote with its evidence, or how to cite it"),
        "With the words around it, where its article is kept, and the whole utterance. As jsonld only words that "
        "somebody is known to have said; 400 for others.",
        200,
        {JSON: reference(shapes.DetailAnswer), **_CITATIONS},
        QuoteParameters,
        headers=READ,
        others=(*_IS_READ, 404),
    ),
    Operation(
        *("get", "/v1/speakers", "findSpeakers", "speakers", "Those whose names begin alike, the most quoted first"),
        "A beginning that nobody's name has is taken for those that one typo makes of it, and the answer says so.",
        200,
        {JSON: reference(shapes.SpeakersAnswer)},
        SpeakersParameters,
        headers=READ,
        others=_IS_READ,
        links={"firstSpeaker": _link("getSpeaker", id="/speakers/0/id")},
    ),
    Operation(
        *("get", "/v1/speakers/{id}", "getSpeaker", "speakers", "One speaker in numbers"),
        "How often, when and where quoted, and the outermost quotes that have a date.",
        200,
        {JSON: reference(shapes.SpeakerProfileAnswer)},
        headers=READ,
        others=(*_IS_READ, 404),
    ),
    Operation(
        *("get", "/v1/verify", "verifyQuote", "quotes", "Did somebody say that?"),
        "Remembered words, and perhaps a speaker, against all that is in the index. `not_found` is about this index "
        "only: its `coverage` is part of the answer.",
        200,
        {JSON: reference(shapes.VerificationAnswer)},
        VerifyParameters,
        headers=READ,
        others=_IS_READ,
    ),
    Operation(
        *("get", "/v1/index", "getIndex", "index", "What the index holds"),
        "Counts, the outermost dates, and the publishers.",
        200,
        {JSON: reference(shapes.CoverageAnswer)},
        headers=READ,
        others=_IS_READ,
    ),
    Operation(
        *("get", "/v1/openapi.json", "getContract", "index", "This contract"),
        "In OpenAPI 3.1.",
        200,
        {JSON: {"type": "object", "required": ["openapi", "info", "paths"]}},
        headers=READ,
        others=_IS_READ,
    ),
    Operation(
        *("post", "/v1/articles", "postArticle", "intake", "Hand in an article"),
        "Its quotes are found some seconds later. Sending it twice is harmless; a higher version replaces.",
        202,
        {JSON: reference(shapes.ArticleAccepted)},
        body=RequestBody(
            f"JSON in Quoth's own fields or in ninjs, or a plain text whose first line is the headline; up to "
            f"{MAX_BYTES:,} bytes.",
            {JSON: {"anyOf": [_by_hand(_ARTICLE), _by_hand(_NINJS)]}, "text/plain": _WORDS},
        ),
        others=_IS_WRITTEN,
        links={"withdrawal": _link("deleteArticle", id="/id", version="/version")},
    ),
    Operation(
        *("delete", "/v1/articles/{id}", "deleteArticle", "intake", "Take back an article"),
        "Nothing of it is found some seconds later, and a late copy of it changes nothing. 404 where none stands in "
        "the index and no version is given.",
        202,
        {JSON: reference(shapes.WithdrawalAccepted)},
        WithdrawalParameters,
        others=(*(status for status in _IS_WRITTEN if status != 413), 404),
    ),
    Operation(
        *("post", "/v1/quotes", "postQuotes", "intake", "Hand in ready-made quotes"),
        "One that cannot be used refuses all; `errors` names each by its place, or by its line.",
        202,
        {JSON: reference(shapes.QuotesAccepted)},
        body=RequestBody(
            f"An object, a list of them, or a line each; up to {MAX_BYTES:,} bytes.",
            {
                JSON: {
                    "anyOf": [
                        _by_hand(_QUOTE),
                        {"type": "array", "minItems": 1, "items": _by_hand(_QUOTE)},
                    ]
                },
                JSONL: _text("A GivenQuote a line."),
            },
        ),
        others=_IS_WRITTEN,
    ),
    Operation(
        *("post", "/v1/slack/command", "slackCommand", "slack", "The slash command of a Slack workspace"),
        "Slack signs the body, and nobody else is answered.",
        200,
        {JSON: _by_hand(_CARD)},
        body=RequestBody("What Slack posts.", {FORM: _by_hand(_COMMAND)}),
        others=(401, 413, 429, 500, 503),
    ),
)
