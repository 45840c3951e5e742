"""Validate, store and queue everything that arrives over HTTP or in the inbox; the indexer does the rest."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote_plus

import msgspec
from aws_lambda_powertools import Logger

from functions.http import problem
from functions.http.models import NoParameters, WithdrawalParameters
from functions.http.request import parse_query, raw_body
from functions.http.router import Response, Router
from functions.runtime import jobs, progress, settings
from functions.runtime.progress import UploadProgress
from quoth.answers import build
from quoth.answers.schema import Answer, ArticleAccepted, QuotesAccepted, WithdrawalAccepted
from quoth.archive import Archive
from quoth.article import MAX_BYTES, Article
from quoth.errors import BadInput, Conflict, NotFound, Unavailable
from quoth.ingest import originals, status
from quoth.ingest.formats import articles, quotes, sources, strict_json
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.storage.stores.s3 import PARALLEL, S3Store
from quoth.withdrawal import key_of

INBOX = "inbox/"
MAX_LINES_BYTES = 16 * 1024 * 1024  # of a JSONL upload
# A batch of a JSONL upload: after a crash at most one is queued again. Its articles are stored at the same time.
ARTICLES_A_BATCH = 100
BYTES_A_BATCH = 2**20
SECONDS_A_BATCH = 60  # left to the function, or no batch begins; usually one takes less than a second

logger = Logger()
app = Router(problem.of)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer an HTTP request, or ingest the S3 uploads of a notification."""
    if "requestContext" in event:
        return problem.resolve(app, event, context)
    receive(event, lambda: context.get_remaining_time_in_millis() / 1000)
    return None


@app.post("/v1/articles")
def post_article() -> Response:
    """Accept one article: JSON (Quoth's own fields or ninjs), or plain text."""
    data, kind = _body()
    article = (
        articles.from_text(strict_json.decode(data))
        if kind == "text/plain"
        else articles.from_json(strict_json.loads(data))
    )
    status.check_new_version(_archive().store, article)
    _accept([article])
    return _accepted(article.key, ArticleAccepted(key=article.key, article_id=article.id, version=article.version))


@app.post("/v1/quotes")
def post_quotes() -> Response:
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
    (key,) = _accept(accepted)
    batch = status.batch_key(key)
    return _accepted(batch, QuotesAccepted(key=batch, accepted=len(accepted)))


@app.get("/v1/articles/<key>")
def get_article(key: str) -> Response:
    """Return how far an article or a batch of ready-made quotes is, and never a word of it."""
    NoParameters.model_validate(parse_query(app.event.get("rawQueryString") or ""))
    return problem.answer(HTTPStatus.OK, build.article_status(_archive().status(key)), {"Cache-Control": "no-store"})


@app.delete("/v1/articles/<key>")
def delete_article(key: str) -> Response:
    """Withdraw an article by the key that POST returned, up to a version, by default the one in the index."""
    parameters = parse_query(app.event.get("rawQueryString") or "")
    version = WithdrawalParameters.model_validate(parameters).number
    if not key.startswith("a_") or key_of(key) != key:
        raise BadInput(f"must be the key of an article (a_…): {key[:80]!r}", field="id")
    withdrawal = _archive().withdrawal(key, version)
    _accept([withdrawal])
    return _accepted(key, WithdrawalAccepted(key=withdrawal.key, version=withdrawal.version))


def receive(event: dict[str, Any], seconds_left: Callable[[], float]) -> None:
    """Ingest uploads. After all valid items are accepted, one error reports the invalid ones.

    Lambda then tries again, twice. That costs nothing: no attempt queues the lines that an earlier one has queued.
    """
    failed = []
    for record in event.get("Records", ()):  # s3:TestEvent has none
        upload = _upload(record)
        if upload is None:
            logger.warning("not an upload to the inbox")
            continue
        try:
            if upload.key.lower().endswith(articles.JSONL):
                _ingest_lines(upload, seconds_left)
            else:
                _ingest_article(upload)
        except BadInput as error:
            failed.append(str(error))
    if failed:
        raise BadInput("; ".join(failed))


def _ingest_article(upload: _Upload) -> None:
    """Accept the one article of an upload; raises `BadInput`."""
    inbox, key = _inbox(upload.bucket), upload.key
    try:
        data = inbox.fetch(key, MAX_BYTES)
    except NotFound:
        logger.warning("the upload is gone", extra={"key": key})
        return
    _check_size(key, len(data), MAX_BYTES)
    if articles.is_sidecar(key, data):  # read together with its text; an article without a body looks the same
        logger.warning("no body: treated as the sidecar of a later text", extra={"key": key})
        return
    sidecar = None
    if (sidecar_key := articles.sidecar_of(key)) is not None:
        with contextlib.suppress(NotFound):
            sidecar = inbox.fetch(sidecar_key, MAX_BYTES)
    (item,) = articles.read_file(key, data, sidecar)
    if isinstance(item, BadInput):
        raise item
    _accept([item])


def _ingest_lines(upload: _Upload, seconds_left: Callable[[], float]) -> None:
    """Accept the articles of a JSONL upload, from where an earlier attempt stopped; raises `BadInput` at its end.

    The progress is stored after each batch. A crash between the two queues one batch again, which changes nothing in
    the index. Raises `Unavailable` when the time is over: Lambda's next attempt continues.
    """
    inbox, store = _inbox(upload.bucket), _archive().store
    try:
        size, etag, version = inbox.describe(upload.key)
        _check_size(upload.key, size, MAX_LINES_BYTES)
        place = progress.key_of(*upload, etag, version)
        now, tag = progress.load(store, place) or progress.begin(store, place)
        if not now.is_finished:
            with inbox.open(upload.key, etag, now.position) as file, ThreadPoolExecutor(PARALLEL) as threads:
                for batch, after in _batches(file, now):
                    if seconds_left() < SECONDS_A_BATCH:
                        raise Unavailable(f"{upload.key}: stopped before line {now.lines + 1}, out of time")
                    _accept(batch, threads)
                    now, tag = after, progress.save(store, place, after, tag)
    except (NotFound, Conflict):  # a later upload under the same name has its own event
        logger.warning("the upload is gone", extra={"key": upload.key})
        return
    if now.report is not None:
        raise BadInput(now.report, source=upload.key)


def _check_size(key: str, size: int, limit: int) -> None:
    if size > limit:
        raise BadInput(f"is larger than {limit:,} bytes; split it", source=key)


def _batches(file: BinaryIO, now: UploadProgress) -> Iterator[tuple[list[Article], UploadProgress]]:
    """Yield the articles of a file in batches, each with the progress after it; the last one may be empty."""
    batch: list[Article] = []
    began = position = now.position
    reads: list[int] = []
    for line in sources.lines(file, reads.append):
        position += sum(reads[:-1])  # the end of a line before that was too long
        if len(batch) == ARTICLES_A_BATCH or position - began >= BYTES_A_BATCH:
            now = msgspec.structs.replace(now, position=position)
            yield batch, now
            batch, began = [], position
        now = msgspec.structs.replace(now, lines=now.lines + 1)
        for item in articles.read_lines("", [line], now.lines):
            if isinstance(item, Article):
                batch.append(item)
            else:
                now = now.with_error(item)
        position += reads[-1]
        reads.clear()
    yield batch, msgspec.structs.replace(now, position=position + sum(reads), is_finished=True)


@functools.cache
def _inbox(bucket: str) -> S3Store:
    return S3Store(bucket)


class _Upload(NamedTuple):
    bucket: str
    key: str


def _upload(record: dict[str, Any]) -> _Upload | None:
    """Return the upload to the inbox of a record, or `None` for any other record."""
    try:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        is_inbox = record["eventSource"] == "aws:s3" and bucket == settings.current().inbox_bucket
    except (KeyError, TypeError):
        return None
    is_folder = key.endswith("/")  # the console creates an object for a folder
    return _Upload(bucket, key) if is_inbox and key.startswith(INBOX) and not is_folder else None


def _archive() -> Archive:
    return settings.archive(settings.current().store)


def _accepted(key: str, value: Answer) -> Response:
    """Return the 202 for a queued item, with the URL of its status."""
    return problem.answer(HTTPStatus.ACCEPTED, value, {"Location": f"/v1/articles/{key}"})


def _accept(items: Sequence[Item], threads: Executor | None = None) -> list[str]:
    """Store first, queue second: a job never names a missing object. Return the keys of the objects.

    With threads, items are stored one by one.
    """
    store = _archive().store
    if threads is None:
        keys = originals.keep(store, items)
    else:
        keys = [key for kept in threads.map(lambda item: originals.keep(store, [item]), items) for key in kept]
    jobs.open_queue(settings.current().queue_url).send(keys)
    return keys


def _read_list(values: list[Any]) -> Iterator[GivenQuote | BadInput]:
    for place, value in enumerate(values):
        try:
            yield quotes.from_json(value)
        except BadInput as error:
            yield BadInput(error.detail, field=f"[{place}].{error.field}" if error.field else f"[{place}]")


def _body() -> tuple[bytes, str]:
    """Return the raw body and its media type."""
    data = raw_body(app.event)
    if len(data) > MAX_BYTES:
        raise problem.TooLarge(f"the body is {len(data):,} bytes long; the limit is {MAX_BYTES:,}")
    kind = app.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return data, kind
