"""A store in an S3 bucket; the only module that uses S3's client."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable
from quoth.storage.stores.protocol import Blob, Listing, Range, StoredObject, check_key, check_prefix, is_key
from quoth.storage.stores.s3_errors import translated

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

# Concurrent requests. Each has its own connection, which takes a while to open.
PARALLEL = 8
READ_AHEAD = 2**20  # bytes of a file that is read in parts
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn")
_HINT = "set AWS_PROFILE, or AWS_REGION and credentials"


class S3Store:
    """Objects under a prefix of a bucket.

    boto3 finds credentials, region and endpoint: in the environment, a profile, or the function's role. Reads are tried
    three times, writes once: after a lost response a second try gets 412, which does not distinguish our own success
    from another writer's. A given `client` is used for both.
    """

    # Lambda: 63 ms to the first byte, then 62 MB a second; see docs/decisions/0050-cold-data.md.
    trip_bytes = 3_900_000

    def __init__(self, bucket: str, prefix: str = "", client: S3Client | None = None) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/")
        self._given_client = client
        try:
            self._s3 = client or connect()
        except (BotoCoreError, ValueError) as error:  # an invalid profile or endpoint
            raise Refused(f"{self.uri}: {error}; {_HINT}") from error

    @cached_property
    def _write_client(self) -> S3Client:
        # Created by the first write: a search never writes, and each client makes a cold start slower.
        return self._given_client or connect(retrying=False)

    @cached_property
    def _signing_client(self) -> S3Client:
        """A client that signs with Signature Version 4, for the endpoint of the bucket's region, in any environment.

        botocore's default is Version 2 at the global endpoint. There a bucket younger than a day redirects to its
        region, and Version 4 signs the host, so that the redirected request is refused.
        """
        if self._given_client is not None:
            return self._given_client
        region = self._s3.head_bucket(Bucket=self.bucket).get("BucketRegion", self._s3.meta.region_name)
        # Another S3 server has its own address, and need not know a bucket by the name of a host.
        is_amazon = self._s3.meta.endpoint_url.endswith(_AMAZON)
        style: Literal["virtual", "path"] = "virtual" if is_amazon else "path"
        signing = Config(
            region_name=region,
            signature_version="s3v4",
            s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
        )
        return connect(signing)

    @property
    def uri(self) -> str:
        """See `Store.uri`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with self._translated_errors(key):
            response = self._s3.get_object(Bucket=self.bucket, Key=self._name(key))
            return Blob(response["Body"].read(), response["ETag"])

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`."""
        with self._translated_errors(key):
            try:
                response = self._s3.get_object(Bucket=self.bucket, Key=self._name(key), IfNoneMatch=etag)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("304", "NotModified"):
                    return None
                raise
            return Blob(response["Body"].read(), response["ETag"])

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        return self._part(self._name(key), start, stop)

    def _part(self, name: str, start: int, stop: int, **condition: Any) -> bytes:
        if stop <= start:  # HTTP has no empty range
            return b""
        with self._translated_errors(name):
            try:
                span = f"bytes={start}-{stop - 1}"
                return self._s3.get_object(Bucket=self.bucket, Key=name, Range=span, **condition)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRange":  # it starts after the object's end
                    return b""
                raise

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`."""
        if len(ranges) < 2:  # threads would only cost their start
            yield from (self.get_range(*byte_range) for byte_range in ranges)
        else:
            yield from self._threads.map(lambda byte_range: self.get_range(*byte_range), ranges)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(PARALLEL, "quoth-s3")

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """See `Store.create`.

        After a lost response or an S3 failure it is unknown whether the write took place; that raises `Unavailable`.
        If it did, the caller's second try raises `Conflict`; reading the object then shows whose it is.
        """
        if not isinstance(data, bytes):
            data.seek(0)
        with self._translated_errors(key):
            response = self._write_client.put_object(
                Bucket=self.bucket, Key=self._name(key), Body=data, IfNoneMatch="*"
            )
            return response["ETag"]

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`.

        `Conflict` means that this write did not take place. `Unavailable` means that the outcome is unknown, as in
        `create`; the caller resolves it by reading (see commit.py).
        """
        try:
            with self._translated_errors(key):
                response = self._write_client.put_object(
                    Bucket=self.bucket, Key=self._name(key), Body=data, IfMatch=etag
                )
                return response["ETag"]
        except NotFound as error:
            raise Conflict(f"{key} has been deleted") from error

    def list(self, prefix: str) -> Listing:
        """See `Store.list`; one request lists a thousand objects."""
        folder = f"{self.prefix}/".lstrip("/")
        pages = self._s3.get_paginator("list_objects_v2")
        now, entries = math.inf, []
        with self._translated_errors(prefix):
            for page in pages.paginate(Bucket=self.bucket, Prefix=folder + check_prefix(prefix)):
                now = min(now, self._now(page))
                for item in page.get("Contents", ()):
                    key = item["Key"].removeprefix(folder)
                    if is_key(key):  # the console creates objects that look like folders: segments/
                        entries.append(StoredObject(key, item["Size"], item["LastModified"].timestamp()))
        return Listing(now, tuple(sorted(entries)))

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        with self._translated_errors(key):
            self._s3.delete_object(Bucket=self.bucket, Key=self._name(key))

    def link(self, key: str, seconds: int, media_type: str, filename: str) -> str:
        """See `LinkingStore.link`; signed with the caller's own credentials, and never valid longer than they are.

        Type and name are part of the signature: S3 would send an object without a type, and no client can change them.
        """
        with self._translated_errors(key):
            parameters = {
                "Bucket": self.bucket,
                "Key": self._name(key),
                "ResponseContentType": media_type,
                "ResponseContentDisposition": f'attachment; filename="{filename}"',
            }
            return self._signing_client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the full S3 keys with a prefix, in order, whatever they look like."""
        with self._translated_errors(prefix):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (item["Key"] for item in page.get("Contents", ()))

    def fetch(self, name: str, limit: int) -> bytes:
        """Return an object by its full S3 key, at most `limit` + 1 bytes of it; raises `NotFound`."""
        with self._translated_errors(name):
            return self._s3.get_object(Bucket=self.bucket, Key=name)["Body"].read(limit + 1)

    def describe(self, name: str) -> tuple[int, str, str]:
        """Return the size, the ETag and the version of an object by its full S3 key; raises `NotFound`.

        The same bytes written again have the same ETag and another version: in a bucket without versions, its time.
        """
        with self._translated_errors(name):
            answer = self._s3.head_object(Bucket=self.bucket, Key=name)
            version = answer.get("VersionId") or answer["LastModified"].isoformat()
            return answer["ContentLength"], answer["ETag"], version

    def open(self, name: str, etag: str, start: int = 0) -> io.BufferedReader:
        """Return an object by its full S3 key as a file that begins at `start`; only a part of it is in memory.

        Reading raises `Conflict` when the object no longer has `etag`.
        """
        return io.BufferedReader(_Ranges(partial(self._part, name, IfMatch=etag), start), READ_AHEAD)

    def _now(self, page: ListObjectsV2OutputTypeDef) -> float:
        """Return the time of a response, by its `Date` header, minus one second.

        HTTP dates are whole seconds, rounded down, which makes objects look younger: the safe side. But `LastModified`
        is rounded down as well, which makes them look up to a second older; subtracting one second offsets that.
        """
        date = page["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        try:
            return parsedate_to_datetime(date).timestamp() - 1
        except ValueError as error:
            raise Unavailable(f"{self.uri}: the response has no usable date ({date!r})") from error

    def _name(self, key: str) -> str:
        return f"{self.prefix}/{check_key(key)}".lstrip("/")

    @contextlib.contextmanager
    def _translated_errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._translate(key, error) from error
        except NoCredentialsError as error:
            raise Refused(f"{self.uri}: {error}; {_HINT}") from error
        except BotoCoreError as error:
            raise Unavailable(f"{self.uri}: {error}") from error

    def _translate(self, key: str, error: ClientError) -> QuothError:
        status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
        return translated(self.uri, key, error.response["Error"]["Code"], status)


class _Ranges(io.RawIOBase):
    """An object that is read range by range: S3 would close one long response whose reader is slow."""

    def __init__(self, part: Callable[[int, int], bytes], start: int) -> None:
        self._part = part
        self._position = start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._part(self._position, self._position + len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


def connect(also: Config | None = None, *, retrying: bool = True) -> S3Client:
    """Return boto3's client with short timeouts, since the time that a Lambda function waits is billed.

    A `retrying` client makes up to three attempts after a missing response or a retryable error. `also` is merged into
    its configuration.
    """
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard"} if retrying else {"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=PARALLEL + 2,  # leaves connections for the caller's own threads
    )
    return boto3.client("s3", config=config.merge(also) if also else config)
