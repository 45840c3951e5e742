"""Exports: POST /v1/exports begins a job, GET /v1/exports/{id} tells how far it is, and the queue brings the work."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from msgspec import UNSET
from pydantic import ValidationError

from functions.http import problem
from functions.http.models import ExportParameters, Job, NoParameters
from functions.http.request import parse_query, raw_body
from functions.http.router import Response, Router
from functions.runtime import integrity, jobs, retries, settings
from quoth.answers import build
from quoth.answers.rows import ROW_FORMATS
from quoth.answers.schema import ExportAnswer
from quoth.archive import Archive
from quoth.errors import BadInput, Damaged, Expired, NotFound, Unavailable
from quoth.exports import job as exports
from quoth.exports import work
from quoth.exports.job import ExportJob
from quoth.ingest.formats import strict_json
from quoth.storage.stores.protocol import LinkingStore

MAX_BODY = 2**16  # bytes: every parameter at its limit has some 30,000 characters
SIGNED_SECONDS = 300  # how long the address of a file is valid; each GET signs a new one
SECONDS_LEFT = 60  # of the function, for the upload; a row is only written while more are left

logger = Logger()
app = Router(problem.of)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request, or work on the jobs of SQS messages and return the failed messages."""
    if "requestContext" in event:
        return problem.resolve(app, event, context)
    records = event["Records"]
    failed = [record for record in records if not _work(record, lambda: context.get_remaining_time_in_millis() / 1000)]
    _retry_later(failed)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


@app.post("/v1/exports")
def post_export() -> Response:
    """Begin an export, or find the same one: its id is a hash of the request, the format and the generation."""
    _no_parameters()
    data = raw_body(app.event)
    if len(data) > MAX_BODY:
        raise problem.TooLarge(f"the body is {len(data):,} bytes long; the limit is {MAX_BODY:,}")
    value = strict_json.loads(data)
    if not isinstance(value, dict):
        raise BadInput("must be an object", field="the body")
    parameters = ExportParameters.model_validate(value)
    archive, queue = _archive(), jobs.open_queue(settings.current().export_queue_url)
    job_id = exports.ask(
        archive, parameters.request(), parameters.format, parameters.limit, lambda key: queue.send([key])
    )
    try:
        return _answer(HTTPStatus.ACCEPTED, archive, job_id, {"Location": f"/v1/exports/{job_id}"})
    except (NotFound, Expired) as error:  # its file has expired, or something was withdrawn, this very moment
        raise Unavailable(str(error)) from error


@app.get("/v1/exports/<job_id>")
def get_export(job_id: str) -> Response:
    """Return how far an export is, and of a finished one an address that is valid for some minutes."""
    _no_parameters()
    try:
        return _answer(HTTPStatus.OK, _archive(), job_id)
    except Expired as error:
        return problem.problem(HTTPStatus.GONE, str(error), reason="withdrawn")


def _answer(status: HTTPStatus, archive: Archive, job_id: str, headers: dict[str, str] | None = None) -> Response:
    value = _told(archive, job_id, exports.look(archive, job_id))
    caching = {"Cache-Control": "no-store"}
    return Response(status, "application/json", build.to_bytes(value).decode(), headers={**caching, **(headers or {})})


def _told(archive: Archive, job_id: str, job: ExportJob) -> ExportAnswer:
    is_done = job.status == "done"
    return ExportAnswer(
        id=job_id,
        status=job.status,
        format=job.format,
        generation=job.generation,
        rows=job.rows,
        url=_address(archive, job_id, job) if is_done else UNSET,
        expires_seconds=SIGNED_SECONDS if is_done else UNSET,
        bytes=job.bytes if is_done else UNSET,
        sha256=job.sha256 if is_done else UNSET,
        why=job.why or "" if job.status == "failed" else UNSET,
    )


def _address(archive: Archive, job_id: str, job: ExportJob) -> str:
    """Return the address of a file: signed, or on a laptop, whose store has no addresses, one of the local server."""
    if not isinstance(archive.store, LinkingStore):
        return f"/v1/exports/{job_id}/file"
    media_type = ROW_FORMATS[job.format].media_type
    return archive.store.link(exports.file_key(job_id, job), SIGNED_SECONDS, media_type, f"quotes.{job.format}")


def _work(record: dict[str, Any], seconds_left: Callable[[], float]) -> bool:
    """Work on the job of a message, and return whether the message is done with."""
    try:
        job_id = exports.id_of(Job.model_validate_json(record["body"]).key)
    except (ValidationError, BadInput) as error:
        logger.error("job cannot be read", extra={"message_id": record["messageId"], "reason": type(error).__name__})
        return True  # no other attempt could read it
    try:
        job = work.run(_archive(), job_id, lambda: seconds_left() > SECONDS_LEFT)
    except Damaged as error:
        logger.error("export failed", extra={"export": job_id, **integrity.field(error)})
        return _settled(job_id, lambda archive: work.give_up(archive, job_id, problem.WENT_WRONG))
    except Exception:  # an outage, or a bug
        return _failed(job_id, int(record["attributes"]["ApproximateReceiveCount"]))
    if job is None:
        logger.warning("export has expired", extra={"export": job_id})
    elif job.status == "failed":  # the client must ask for something else; why may repeat its query, which is private
        logger.warning("export refused", extra={"export": job_id})
    else:
        logger.info("export done", extra={"export": job_id, "rows": job.rows, "bytes": job.bytes})
    return True


def _failed(job_id: str, receives: int) -> bool:
    """Say that a job waits for its next attempt, or after the last one that it has failed."""
    if receives < retries.RECEIVES:
        logger.warning("export is tried again", exc_info=True, extra={"export": job_id, "receives": receives})
        _settled(job_id, lambda archive: work.postpone(archive, job_id))
        return False
    logger.exception("export failed", extra={"export": job_id, "receives": receives})
    return _settled(job_id, lambda archive: work.give_up(archive, job_id, problem.NOT_AVAILABLE))


def _settled(job_id: str, change: Callable[[Archive], object]) -> bool:
    """Change the state of a job and return whether that succeeded.

    If not, clients see after some minutes that its worker is lost.
    """
    try:
        change(_archive())
    except Exception:
        logger.exception("the state of an export cannot be changed", extra={"export": job_id})
        return False
    return True


def _retry_later(records: list[dict[str, Any]]) -> None:
    """Let SQS redeliver failed messages after the wait of their receive count, as the indexer does."""
    if not records:
        return
    try:
        jobs.retry_later(settings.current().export_queue_url, records)
    except Exception:
        logger.exception("failed messages stay hidden for the timeout of the queue", extra={"messages": len(records)})


def _archive() -> Archive:
    return settings.archive(settings.current().store)


def _no_parameters() -> None:
    NoParameters.model_validate(parse_query(app.event.get("rawQueryString") or ""))
