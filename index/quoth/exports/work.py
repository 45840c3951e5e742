"""The work on an export job: write its rows to a file, count and hash them, and publish the file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from quoth.answers.rows import ROW_FORMATS
from quoth.errors import BadQuery, Conflict, Expired, Gone, QuothError, Unavailable
from quoth.exports import job as jobs
from quoth.exports.job import ExportJob, ExportSource
from quoth.quote import Quote

# Of a file. 50,000 usual rows have 70 MB as CSV and 80 MB as JSON lines. Beside the disk cache of segments it must fit
# into the 512 MB of a function's disk.
MAX_BYTES = 200_000_000
ROWS_A_REPORT = 5_000  # between two changes of the number of rows that clients see
# How often the rows are written anew because something in them was withdrawn meanwhile.
PASSES = 3


@dataclass
class WrittenRows:
    """What was written to a file so far. `keys` are those of the records in it."""

    rows: int = 0
    bytes: int = 0
    keys: set[str] = field(default_factory=set)
    sha256: str = ""

    def of(self, quotes: Iterable[Quote]) -> Iterator[Quote]:
        """Yield quotes, and count them."""
        for quote in quotes:
            self.rows += 1
            self.keys.update(jobs.record_keys(quote))
            yield quote


def run(source: ExportSource, job_id: str, is_time: Callable[[], bool]) -> ExportJob | None:
    """Work on a job until it is done, or has failed for good; `None` if it has expired.

    A job that has ended already is returned as it is, so delivering a message again does no harm. Two workers at once
    do the same work twice. `is_time` says whether enough time is left to go on. Any other error may be temporary: the
    caller tries again later.
    """
    loaded = jobs.load(source.store, job_id)
    if loaded is None or loaded[0].status in ("done", "failed"):  # delivered again
        return None if loaded is None else loaded[0]
    job = jobs.change(source.store, job_id, lambda job: msgspec.structs.replace(job, status="running", rows=0))
    if job is None or job.status == "done":
        return job
    try:
        return _export(source, job_id, job, is_time)
    except (BadQuery, Expired) as error:  # it would fail each time
        return give_up(source, job_id, str(error))


def give_up(source: ExportSource, job_id: str, why: str) -> ExportJob | None:
    """Say that a job has failed, unless another worker has finished it."""
    return jobs.change(source.store, job_id, lambda job: job.failed(why))


def postpone(source: ExportSource, job_id: str) -> ExportJob | None:
    """Say that a job waits for another attempt."""
    return jobs.change(
        source.store, job_id, lambda job: msgspec.structs.replace(job, status="queued", is_sent=True, rows=0)
    )


def _export(source: ExportSource, job_id: str, job: ExportJob, is_time: Callable[[], bool]) -> ExportJob | None:
    for _ in range(PASSES):
        # Before the rows are chosen: they are without what this generation has withdrawn, and perhaps without more.
        filtered = source.edition().generation
        with tempfile.TemporaryFile() as file:
            written = _write(source, job_id, job, file, is_time)
            keys = jobs.packed(written.keys)
            # A withdrawal that was committed while the rows were written must not be in the file.
            newest = source.edition().generation
            if not _is_touched(source, filtered, keys):
                return _publish(source, job_id, job, written, file, keys, newest)
    raise Unavailable(f"export {job_id}: its rows were withdrawn {PASSES} times while they were written")


def _is_touched(source: ExportSource, filtered: int, keys: bytes) -> bool:
    try:
        return jobs.is_touched(keys, source.withdrawn_since(filtered))
    except Expired:
        return True


def _write(
    source: ExportSource, job_id: str, job: ExportJob, file: BinaryIO, is_time: Callable[[], bool]
) -> WrittenRows:
    """Write the rows of a job to a file; raises `BadQuery` above the limits of bytes and time."""
    written, digest = WrittenRows(), hashlib.sha256()
    for line in ROW_FORMATS[job.format].quotes(written.of(_quotes(source, job)), job.tag):
        data = line.encode()
        written.bytes += len(data)
        if written.bytes > MAX_BYTES:
            raise BadQuery("limit", f"the file would have more than {MAX_BYTES:,} bytes; ask for fewer rows, or filter")
        digest.update(data)
        file.write(data)
        if written.rows and written.rows % ROWS_A_REPORT == 0:
            if not is_time():
                raise BadQuery("limit", f"no time was left after {written.rows:,} rows; ask for fewer rows, or filter")
            _report(source, job_id, written.rows)
    written.sha256 = digest.hexdigest()
    return written


def _quotes(source: ExportSource, job: ExportJob) -> Iterator[Quote]:
    """Yield the quotes of a job; raises `Expired` when the collector has deleted its generation."""
    if not job.generation:
        return
    try:
        yield from source.rows(job.request, job.most)[1]
    except Gone:
        if source.edition().generation == job.generation:
            raise
        raise Expired(f"generation {job.generation} is no longer kept; ask again without as_of") from None


def _report(source: ExportSource, job_id: str, rows: int) -> None:
    """Tell clients how many rows are written. A report that fails is no reason to stop."""
    with suppress(QuothError):
        jobs.change(source.store, job_id, lambda job: msgspec.structs.replace(job, status="running", rows=rows))


def _publish(
    source: ExportSource, job_id: str, job: ExportJob, written: WrittenRows, file: BinaryIO, keys: bytes, filtered: int
) -> ExportJob | None:
    """Store the file and its keys, then say that the job is done."""
    result = {"rows": written.rows, "bytes": written.bytes, "sha256": written.sha256, "filtered": filtered}
    done = msgspec.structs.replace(job, status="done", **result)
    for key, data in ((jobs.file_key(job_id, done), file), (jobs.keys_key(job_id, done), keys)):
        with suppress(Conflict):  # the key contains the hash of the file: an existing object is identical
            source.store.create(key, data)
    return jobs.change(source.store, job_id, lambda _: done)
