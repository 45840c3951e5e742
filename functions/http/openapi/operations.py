"""The operations of the API as a table: requests, answers and possible errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from functions.http.models import (
    CheckParameters,
    ContractParameters,
    ExportParameters,
    NoParameters,
    NotedReportParameters,
    Parameters,
    PastParameters,
    QuoteParameters,
    ReportParameters,
    SearchParameters,
    SpeakersParameters,
    VerifyParameters,
    WithdrawalParameters,
)
from functions.http.request import FORM
from quoth import citation
from quoth.answers import schema as shapes
from quoth.answers.rows import FEED_FORMATS, ROW_FORMATS, FeedFormat
from quoth.article import MAX_BYTES, MAX_FIELD, MAX_VERSION
from quoth.exports import work
from quoth.exports.job import MAX_ROWS

Schema = dict[str, Any]

JSON = "application/json"
REFERENCE = "#/components/schemas/{name}"


def bare(media_type: str) -> str:
    """Return a media type without its parameters, as the contract names it."""
    return media_type.partition(";")[0]


class RequestBody(NamedTuple):
    """The body of a request: a schema for each media type."""

    description: str
    content: Mapping[str, Schema]


class Operation(NamedTuple):
    """One route: its request, its successful answer, and the statuses of its other responses."""

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
    """Return a reference to the schema of an answer."""
    return {"$ref": REFERENCE.format(name=model.__name__)}


def without_titles(schema: Any) -> Any:
    """Return a schema of pydantic without the titles that it makes of names.

    >>> without_titles({"title": "Q", "properties": {"title": {"title": "Title", "type": "string"}}})
    {'properties': {'title': {'type': 'string'}}}
    """
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: value for name, value in schema.items() if (name, type(value)) != ("title", str)}
    return {name: without_titles(value) for name, value in own.items()}


def _sent(model: type[Parameters], title: str) -> Schema:
    """Return the schema of a body from its model.

    A default stands in the description: generators of clients make a member of a body required if its schema has one.
    """
    schema: Schema = without_titles(model.model_json_schema())
    return {**schema, "title": title, "properties": {k: _told(v) for k, v in schema["properties"].items()}}


def _told(schema: Schema) -> Schema:
    """Return the schema of a member with its default as a sentence of its description."""
    own = {name: value for name, value in schema.items() if name != "default"}
    if schema.get("default") is None:
        return own
    return {**own, "description": f"{schema['description']} Default: {schema['default']}."}


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


READ = ("ETag", "Cache-Control")
_READ_STATUSES = (304, 400, 429, 500, 503)
_POST_STATUSES = (400, 413, 429, 500, 503)  # of a read whose question is the body
_WRITE_STATUSES = (400, 403, 413, 429, 500, 503)
# Without the second member, a generated client would let an object have no members at all.
_OBJECT: Schema = {"type": "object", "additionalProperties": True}


def _cited(style: citation.Format) -> Schema:
    """Return the schema of a citation: JSON for the JSON formats, else text."""
    if not bare(style.media_type).endswith("json"):
        return _text(style.description)
    is_list = style.media_type.endswith("csl+json")
    schema: Schema = {"type": "array", "items": _OBJECT} if is_list else _OBJECT
    return {**schema, "description": style.description}


def _fed(feed: FeedFormat) -> Schema:
    """Return the schema of a feed: JSON or XML, which is text."""
    kind = _OBJECT if bare(feed.media_type).endswith("json") else {"type": "string"}
    return {**kind, "description": feed.description}


def _link(operation: str, **parameters: str) -> Schema:
    return {"operationId": operation, "parameters": {name: f"$response.body#{at}" for name, at in parameters.items()}}


def _optional(description: str, **more: Any) -> Schema:
    """Return the schema of an optional text; missing, null or blank means unknown."""
    return {"type": ["string", "null"], "description": description, **more}


_MOMENT = r"^\s*$|^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}"
_METADATA: Schema = {
    "id": _optional("A permanent id; default: the URL.", maxLength=MAX_FIELD),
    "version": {
        "description": "A higher version replaces a lower one.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_VERSION},
            {"type": "string", "pattern": "^[0-9]{1,19}$"},
            {"type": "null"},
        ],
    },
    "url": _optional("http or https", pattern=r"^\s*$|^[hH][tT][tT][pP][sS]?://", maxLength=MAX_FIELD),
    "headline": _optional("", maxLength=MAX_FIELD),
    "publisher": _optional("", maxLength=MAX_FIELD),
    "published": _optional("An ISO 8601 date or time; UTC by default.", pattern=_MOMENT),
    "language": _optional("A BCP 47 tag.", pattern=r"^\s*$|^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", maxLength=MAX_FIELD),
}
_WORDS: Schema = {"type": "string", "pattern": r"\S"}
_ARTICLE: Schema = {
    "title": "Article",
    "description": "An article in Quoth's own fields. Unknown values are omitted or null.",
    "type": "object",
    "required": ["body"],
    "additionalProperties": False,
    "properties": {
        "body": {**_WORDS, "description": f"Plain text, up to {MAX_BYTES:,} bytes; offsets count its code points."},
        **_METADATA,
        "byline": _optional("", maxLength=MAX_FIELD),
        "pub_status": _optional(
            "usable, withheld or canceled; an article that is not usable is withdrawn.",
            pattern=r"^\s*$|^(usable|withheld|canceled)$",
        ),
        "sha256": _optional(
            "The SHA-256 of the body, in hexadecimal; a mismatch is rejected.", pattern="^[0-9a-f]{64}$"
        ),
    },
}
_NINJS: Schema = {
    "title": "NinjsArticle",
    "description": "An article in the IPTC's ninjs: 3.x as shown here, or 2.x in lower case.",
    "type": "object",
    "required": ["uri", "bodies"],
    "not": {"required": ["body"]},
    "additionalProperties": True,
    "properties": {
        "uri": {**_WORDS, "maxLength": MAX_FIELD},
        "bodies": {
            "type": "array",
            "minItems": 1,
            "items": _OBJECT,
            "description": "At least one needs a `value` with the `contentType` text/plain or text/html.",
        },
        "headlines": {"type": ["array", "null"], "items": _OBJECT},
    },
}


def _given(title: str, named: str, unnamed: str, status: str, description: str) -> Schema:
    """Return the schema of a ready-made quote that names somebody in one of two fields."""
    return {
        "title": title,
        "description": f"A ready-made quote with a {named}.",
        "type": "object",
        "required": ["text", named],
        "additionalProperties": False,
        "properties": {
            "text": {**_WORDS, "description": "The words of the quote, without quotation marks."},
            named: {**_WORDS, "maxLength": MAX_FIELD, "description": description},
            unnamed: _optional(f"Unknown in a quote with {named}.", pattern=r"^\s*$"),
            "status": _optional(f"{status}, or left out.", pattern=rf"^\s*$|^{status}$"),
            **_METADATA,
            "context": _optional("The text around the quote."),
        },
    }


# Each has a name, which a generated client gives to its type.
_SPOKEN = _given("SpokenQuote", "speaker", "denied_speaker", "given", "The name, with at least one letter.")
_DENIED = _given(
    *("DeniedQuote", "denied_speaker", "speaker", "denied"),
    "The name of the person who, as the article says, did not say it.",
)
_QUOTE: Schema = {
    "title": "GivenQuote",
    "description": "A ready-made quote, with its speaker or with the person who did not say it.",
    "oneOf": [{"$ref": REFERENCE.format(name=schema["title"])} for schema in (_SPOKEN, _DENIED)],
}
_COMMAND: Schema = {
    "title": "SlackCommand",
    "description": "The fields in use of a slash command that Slack posts; others are ignored.",
    "type": "object",
    "required": ["command"],
    "properties": {"command": {"type": "string"}, "text": {"type": "string"}},
}
_ACTION: Schema = {
    "title": "SlackAction",
    "description": "The field of a button that somebody has pressed.",
    "type": "object",
    "required": ["payload"],
    "properties": {"payload": _text("JSON of the type block_actions.")},
}
_CARD: Schema = {
    "title": "SlackMessage",
    "description": "A message in Slack's Block Kit.",
    "type": "object",
    "required": ["response_type", "text", "mrkdwn", "blocks", "unfurl_links", "unfurl_media"],
    "properties": {
        "response_type": {"type": "string", "enum": ["ephemeral"]},
        "text": {"type": "string"},
        "mrkdwn": {"type": "boolean"},
        "blocks": {"type": "array", "items": _OBJECT},
        "unfurl_links": {"type": "boolean"},
        "unfurl_media": {"type": "boolean"},
    },
}
_VERIFY: Schema = _sent(VerifyParameters, "RememberedQuote")
_CHECK: Schema = _sent(CheckParameters, "DraftToCheck")
_EXPORT: Schema = _sent(ExportParameters, "Export")
_REPORT: Schema = _sent(ReportParameters, "Report")
_NOTED: Schema = _sent(NotedReportParameters, "NotedReport")
_SENT = (_ARTICLE, _NINJS, _QUOTE, _SPOKEN, _DENIED, _VERIFY, _CHECK, _EXPORT, _REPORT, _NOTED)
_SLACK = (_COMMAND, _ACTION, _CARD)
BY_HAND = {schema["title"]: schema for schema in (*_SENT, *_SLACK)}


def _by_hand(schema: Schema) -> Schema:
    return {"$ref": REFERENCE.format(name=schema["title"])}


OPERATIONS = (
    Operation(
        *("get", "/v1/quotes", "searchQuotes", "quotes", "Search quotes"),
        "Words match by their stem, and exact forms score higher; without words the newest quotes come first. The "
        '`Link` with `rel="next"` is the next page, of the same generation of the index: when that generation is no '
        "longer kept, the response is 410. An answer of more than 2,000,000 bytes is refused with 400: request fewer "
        "rows, or make a file with POST /v1/exports.",
        200,
        {
            JSON: reference(shapes.PageAnswer),
            **{bare(rows.media_type): _text(rows.description) for rows in ROW_FORMATS.values()},
            **{bare(feed.media_type): _fed(feed) for feed in FEED_FORMATS.values()},
        },
        SearchParameters,
        headers=(*READ, "Link", "Content-Disposition"),
        others=(*_READ_STATUSES, 410),
        links={"firstHit": _link("getQuote", id="/hits/0/id")},
    ),
    Operation(
        *("get", "/v1/quotes/{id}", "getQuote", "quotes", "Get a quote with its evidence, or its citation"),
        "Includes the text around the quote, if its article is stored, and the whole utterance. jsonld needs a direct "
        "or partial quote with a known speaker, else the response is 400. A quote that was there once is 410: the "
        "problem has the `reason`, `since_generation`, and the `successor` with the same words.",
        200,
        {
            JSON: reference(shapes.DetailAnswer),
            **{bare(style.media_type): _cited(style) for style in citation.FORMATS.values()},
        },
        QuoteParameters,
        headers=READ,
        others=(*_READ_STATUSES, 404, 410),
    ),
    Operation(
        *("get", "/v1/speakers", "findSpeakers", "speakers", "Find speakers by a name prefix, the most quoted first"),
        "A prefix that no name has matches prefixes within one typo, which the answer lists.",
        200,
        {JSON: reference(shapes.SpeakersAnswer)},
        SpeakersParameters,
        headers=READ,
        others=_READ_STATUSES,
        links={"firstSpeaker": _link("getSpeaker", id="/speakers/0/id")},
    ),
    Operation(
        *("get", "/v1/speakers/{id}", "getSpeaker", "speakers", "Get a speaker in numbers"),
        "Counts of quotes by type, publisher and period, and the earliest and latest dated quotes.",
        200,
        {JSON: reference(shapes.SpeakerProfileAnswer)},
        PastParameters,
        headers=READ,
        others=(*_READ_STATUSES, 404),
    ),
    Operation(
        *("get", "/v1/verify", "verifyQuote", "quotes", "Verify a remembered quote"),
        "Compares remembered words, and optionally a speaker, with every quote in the index. `not_found` applies to "
        "this index only: the answer includes its `coverage`.",
        200,
        {JSON: reference(shapes.VerificationAnswer)},
        VerifyParameters,
        headers=READ,
        others=_READ_STATUSES,
    ),
    Operation(
        *("post", "/v1/verify", "verifyText", "quotes", "Verify a remembered quote that is too long for an address"),
        "As GET /v1/verify, with the same limits. Nothing of the text is kept or logged.",
        200,
        {JSON: reference(shapes.VerificationAnswer)},
        body=RequestBody("The remembered quote, and the claimed speaker, if any.", {JSON: _by_hand(_VERIFY)}),
        headers=("Cache-Control",),
        others=_POST_STATUSES,
    ),
    Operation(
        *("post", "/v1/check", "checkDraft", "quotes", "Verify every quote of a draft"),
        "Finds the quotes of a draft and their speakers, and verifies each. Quotes of the draft's own article never "
        "confirm it. Of more than 100 quotes the first 100 are verified, with `truncated: true`; what is not verified "
        "after some seconds is `unchecked`. Nothing of the draft is kept or logged.",
        200,
        {JSON: reference(shapes.CheckAnswer)},
        body=RequestBody(
            "The draft, up to 65,536 bytes, as it is or in JSON.",
            {
                "text/plain": _text("A plain text."),
                "text/markdown": _text("A text in Markdown."),
                "text/html": _text("A page, or a part of one."),
                JSON: _by_hand(_CHECK),
            },
        ),
        headers=("Cache-Control",),
        others=_POST_STATUSES,
    ),
    Operation(
        *("get", "/v1/index", "getIndex", "index", "Get the contents of the index, in numbers"),
        "Counts, the earliest and latest date, and the publishers.",
        200,
        {JSON: reference(shapes.CoverageAnswer)},
        PastParameters,
        headers=READ,
        others=_READ_STATUSES,
    ),
    Operation(
        *("get", "/v1/openapi.json", "getContract", "index", "Get this document"),
        "The OpenAPI 3.1 document of this API.",
        200,
        {JSON: {**_OBJECT, "required": ["openapi", "info", "paths"]}},
        ContractParameters,
        headers=READ,
        others=_READ_STATUSES,
    ),
    Operation(
        *("post", "/v1/articles", "postArticle", "intake", "Submit an article"),
        "Its quotes become searchable some seconds later: `Location` says whether they are. Sending it twice is "
        "harmless, and a higher version replaces it; another text with the same version is 409, or refused later.",
        202,
        {JSON: reference(shapes.ArticleAccepted)},
        body=RequestBody(
            f"JSON in Quoth's own fields or in ninjs, or plain text whose first line is the headline; up to "
            f"{MAX_BYTES:,} bytes.",
            {JSON: {"anyOf": [_by_hand(_ARTICLE), _by_hand(_NINJS)]}, "text/plain": _WORDS},
        ),
        headers=("Location",),
        others=(*_WRITE_STATUSES, 409),
        links={
            "status": _link("getArticle", id="/key"),
            "withdrawal": _link("deleteArticle", id="/key", version="/version"),
        },
    ),
    Operation(
        *("get", "/v1/articles/{id}", "getArticle", "intake", "Get the status of an article, or of a batch of quotes"),
        "Whether the newest version that was sent is queued, indexed, refused or withdrawn, and how many quotes the "
        "index has of it; never its text. `code` and `why` of what is refused are kept for some months.",
        200,
        {JSON: reference(shapes.ArticleStatusAnswer)},
        headers=("Cache-Control",),
        others=(400, 403, 404, 429, 500, 503),
    ),
    Operation(
        *("delete", "/v1/articles/{id}", "deleteArticle", "intake", "Withdraw an article"),
        "Its quotes disappear some seconds later, and a late copy of it is ignored. Without `version` the response is "
        "404 if the article is not in the index.",
        202,
        {JSON: reference(shapes.WithdrawalAccepted)},
        WithdrawalParameters,
        headers=("Location",),
        others=(*(status for status in _WRITE_STATUSES if status != 413), 404),
    ),
    Operation(
        *("post", "/v1/quotes", "postQuotes", "intake", "Submit ready-made quotes"),
        "One invalid quote rejects the whole request; `errors` names each one by its position or its line.",
        202,
        {JSON: reference(shapes.QuotesAccepted)},
        body=RequestBody(
            f"An object, a list of objects, or an object per line; up to {MAX_BYTES:,} bytes.",
            {
                JSON: {
                    "anyOf": [
                        _by_hand(_QUOTE),
                        {"type": "array", "minItems": 1, "items": _by_hand(_QUOTE)},
                    ]
                },
                "application/x-ndjson": _text("A GivenQuote per line."),
            },
        ),
        headers=("Location",),
        others=_WRITE_STATUSES,
        links={"status": _link("getArticle", id="/key")},
    ),
    Operation(
        *("post", "/v1/exports", "postExport", "exports", "Export many rows to a file"),
        "A job: `Location` says how far it is. The same request for the same generation of the index is the same job, "
        "and a failed one begins anew. The rows are in the order of GET /v1/quotes, all of one generation. A file has "
        f"up to {MAX_ROWS:,} rows and {work.MAX_BYTES:,} bytes, and is kept for a day.",
        202,
        {JSON: reference(shapes.ExportAnswer)},
        body=RequestBody(
            "What to export. Unknown members are rejected by name; {} is everything.",
            {JSON: _by_hand(_EXPORT)},
        ),
        headers=("Cache-Control", "Location"),
        others=_WRITE_STATUSES,
        links={"export": _link("getExport", id="/id")},
    ),
    Operation(
        *("get", "/v1/exports/{id}", "getExport", "exports", "Get an export: how far it is, and where its file is"),
        "The address of a finished file is signed anew for each answer and valid for five minutes. The response is 410 "
        "when something in the file was withdrawn since: ask again with POST.",
        200,
        {JSON: reference(shapes.ExportAnswer)},
        headers=("Cache-Control",),
        others=(400, 403, 404, 410, 429, 500, 503),
    ),
    Operation(
        *("post", "/v1/reports", "postReport", "reports", "Report that the speaker of a quote is wrong"),
        "Anybody may, without a word: the report has the quote and the time, and nothing about who sent it. It is kept "
        "once a day and quote.",
        202,
        {JSON: reference(shapes.ReportAccepted)},
        body=RequestBody("The quote.", {JSON: _by_hand(_REPORT), FORM: _by_hand(_REPORT)}),
        headers=("Cache-Control",),
        others=(303, 400, 404, 410, 413, 429, 500, 503),
    ),
    Operation(
        *(
            "post",
            "/v1/quotes/{id}/reports",
            "postNotedReport",
            "reports",
            "Report a wrong speaker, with a word",
        ),
        "As POST /v1/reports, for clients that sign their requests.",
        202,
        {JSON: reference(shapes.ReportAccepted)},
        body=RequestBody("A word about it, or {}.", {JSON: _by_hand(_NOTED)}),
        headers=("Cache-Control",),
        others=(*_WRITE_STATUSES, 404, 410),
    ),
    Operation(
        *("post", "/v1/slack/command", "slackCommand", "slack", "Answer the slash command of a Slack workspace"),
        "Slack signs the body; other clients get 401. An answer that would come too late for Slack goes to "
        "`response_url`.",
        200,
        {JSON: _by_hand(_CARD)},
        body=RequestBody("The form that Slack posts.", {FORM: _by_hand(_COMMAND)}),
        others=(401, 413, 429, 500, 503),
    ),
    Operation(
        *("post", "/v1/slack/action", "slackAction", "slack", "Do what a button of a card in Slack says"),
        "Slack signs the body; other clients get 401. The answer goes to the `response_url` of the payload.",
        200,
        {JSON: {**_OBJECT, "description": "Nothing, or a card about a payload that cannot be read."}},
        body=RequestBody("The form that Slack posts.", {FORM: _by_hand(_ACTION)}),
        others=(401, 413, 429, 500, 503),
    ),
)
