"""Validate, store and queue everything that arrives over HTTP or in the inbox; the indexer does the rest."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from functions.http import problem
from functions.http.models import WithdrawalParameters
from functions.http.request import parse_query, raw_body
from functions.runtime import jobs, settings
from quoth.answers.schema import ArticleAccepted, QuotesAccepted, WithdrawalAccepted
from quoth.article import MAX_BYTES, Article
from quoth.errors import BadInput, NotFound
from quoth.ingest import originals
from quoth.ingest.formats import articles, quotes, strict_json
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.storage.stores.s3 import S3Store
from quoth.withdrawal import key_of

INBOX = "inbox/"
MAX_LINES_BYTES = 16 * 1024 * 1024  # of a JSONL upload: some thousand articles, ingested within the function's timeout

logger = Logger()
app = APIGatewayHttpResolver()
problem.attach(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer an HTTP request, or ingest the S3 uploads of a notification."""
    if "requestContext" in event:
        return problem.resolve(app, event, context)
    receive(event)
    return None


@app.post("/v1/articles")
def post_article() -> Response[str]:
    """Accept one article: JSON (Quoth's own fields or ninjs), or plain text."""
    data, kind = _body()
    article = (
        articles.from_text(strict_json.decode(data))
        if kind == "text/plain"
        else articles.from_json(strict_json.loads(data))
    )
    _accept([article])
    return problem.answer(
        HTTPStatus.ACCEPTED, ArticleAccepted(id=article.key, article_id=article.id, version=article.version)
    )


@app.post("/v1/quotes")
def post_quotes() -> Response[str]:
    """Accept ready-made quotes: a JSON object, a list of them, or JSONL. One invalid quote rejects the request."""
    data, kind = _body()
    if kind in ("application/x-ndjson", "application/jsonl"):
        items = list(quotes.read_lines("", data.split(b"\n")))
    else:
        value = strict_json.loads(data)
        items = list(_read_list(value)) if isinstance(value, list) else [quotes.from_json(value)]
    errors = [item for item in items if isinstance(item, BadInput)]
    accepted = [item for item in items if not isinstance(item, BadInput)]
    if errors:
        raise problem.BadBatch(errors)
    if not accepted:
        raise BadInput("has no quote", field="the body")
    _accept(accepted)
    return problem.answer(HTTPStatus.ACCEPTED, QuotesAccepted(accepted=len(accepted)))


@app.delete("/v1/articles/<key>")
def delete_article(key: str) -> Response[str]:
    """Withdraw an article by the key that POST returned, up to a version, by default the one in the index."""
    parameters = parse_query(app.current_event.raw_event.get("rawQueryString") or "")
    version = WithdrawalParameters.model_validate(parameters).number
    if not key.startswith("a_") or key_of(key) != key:
        raise BadInput(f"must be the key of an article (a_…): {key[:80]!r}", field="id")
    withdrawal = settings.archive(settings.current().store).withdrawal(key, version)
    _accept([withdrawal])
    return problem.answer(HTTPStatus.ACCEPTED, WithdrawalAccepted(id=withdrawal.key, version=withdrawal.version))


def receive(event: dict[str, Any]) -> None:
    """Ingest uploads. After all valid items are accepted, one error lists the invalid ones, and Lambda retries."""
    failed = []
    for record in event.get("Records", ()):  # s3:TestEvent has none
        upload = _upload(record)
        if upload is None:
            logger.warning("not an upload to the inbox")
            continue
        failed += [str(error) for error in _ingest_upload(*upload)]
    if failed:
        raise BadInput("; ".join(failed))


def _ingest_upload(bucket: str, key: str) -> list[BadInput]:
    inbox = _inbox(bucket)
    limit = MAX_LINES_BYTES if key.lower().endswith(articles.JSONL) else MAX_BYTES
    try:
        data = inbox.fetch(key, limit)
    except NotFound:
        logger.warning("the upload is gone", extra={"key": key})
        return []
    if len(data) > limit:
        return [BadInput(f"is larger than {limit:,} bytes; split it", source=key)]
    if articles.is_sidecar(key, data):  # read together with its text; an article without a body looks the same
        logger.warning("no body: treated as the sidecar of a later text", extra={"key": key})
        return []
    sidecar = None
    if (sidecar_key := articles.sidecar_of(key)) is not None:
        with contextlib.suppress(NotFound):
            sidecar = inbox.fetch(sidecar_key, MAX_BYTES)
    items = list(articles.read_file(key, data, sidecar))
    _accept([item for item in items if isinstance(item, Article)])
    return [item for item in items if isinstance(item, BadInput)]


@functools.cache
def _inbox(bucket: str) -> S3Store:
    return S3Store(bucket)


def _upload(record: dict[str, Any]) -> tuple[str, str] | None:
    """Return bucket and key of an upload to the inbox, or `None` for any other record."""
    try:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        is_inbox = record["eventSource"] == "aws:s3" and bucket == settings.current().inbox_bucket
    except (KeyError, TypeError):
        return None
    is_folder = key.endswith("/")  # the console creates an object for a folder
    return (bucket, key) if is_inbox and key.startswith(INBOX) and not is_folder else None


def _accept(items: Sequence[Item]) -> None:
    """Store first, queue second: a job never names a missing object."""
    now = settings.current()
    keys = originals.keep(settings.archive(now.store).store, items)
    jobs.open_queue(now.queue_url).send(keys)


def _read_list(values: list[Any]) -> Iterator[GivenQuote | BadInput]:
    for place, value in enumerate(values):
        try:
            yield quotes.from_json(value)
        except BadInput as error:
            yield BadInput(error.detail, field=f"[{place}].{error.field}" if error.field else f"[{place}]")


def _body() -> tuple[bytes, str]:
    """Return the raw body and its media type."""
    data = raw_body(app.current_event.raw_event)
    if len(data) > MAX_BYTES:
        raise problem.TooLarge(f"the body is {len(data):,} bytes long; the limit is {MAX_BYTES:,}")
    kind = app.current_event.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return data, kind
