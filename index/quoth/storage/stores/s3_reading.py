"""A store in an S3 bucket for functions that only read: GET with the standard library; boto3 for the rest, when asked.

Loading boto3 and making its client takes two fifths of the CPU of a cold search. This client signs with the keys that
Lambda gives a function; without them `open_reader` returns the usual store.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import ssl
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, unquote_plus, urlsplit

from quoth.effects import Effects
from quoth.errors import Unavailable
from quoth.storage.stores.connection import AMAZON, HttpConnection, HttpReply, trusting
from quoth.storage.stores.credentials import Credentials, has_keys
from quoth.storage.stores.protocol import Blob, Listing, Range, Store, StoredObject, check_key, check_prefix, is_key
from quoth.storage.stores.s3_errors import translated

if TYPE_CHECKING:
    from quoth.storage.stores.s3 import S3Store

# Requests at once: see docs/decisions/0050-cold-data.md. In `sparing` they are fewer.
PARALLEL = 32
SPARING = 8
ATTEMPTS = 3
# Without a byte. All attempts together take less than the ten seconds of a search, so that it ends with an answer.
SECONDS = 2.5
_AGAIN = frozenset({429, 500, 502, 503, 504})
_NOTHING = hashlib.sha256(b"").hexdigest()  # a GET has no body
_CODE = re.compile(rb"<Code>([A-Za-z0-9]+)</Code>")
# The XML of a listing has neither attributes nor comments, and S3 encodes the keys.
_OBJECT = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD = re.compile(r"<(Key|LastModified|Size)>([^<]*)</")
_FURTHER = re.compile(r"<NextContinuationToken>([^<]+)</NextContinuationToken>")


def open_reader(bucket: str, prefix: str, environment: Mapping[str, str], effects: Effects) -> Store:
    """Return a store that reads without boto3, if the environment has keys and a region; else the usual one."""
    if environment.get("AWS_REGION") and has_keys(environment):
        return S3ReadingStore(bucket, prefix, environment, effects)
    from quoth.storage.stores.s3 import S3Store

    return S3Store(bucket, prefix)


class S3ReadingStore:
    """Objects under a prefix of a bucket, read without boto3; see `S3Store`, which does whatever is not a GET."""

    trip_bytes = 3_900_000  # as `S3Store`

    def __init__(self, bucket: str, prefix: str, environment: Mapping[str, str], effects: Effects) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/")
        self._credentials = Credentials(environment, effects.clock)
        self._effects = effects
        self._region = environment["AWS_REGION"]
        self._is_secure, self._host, self._path = _place(environment, bucket, self._region)
        self._is_sparing = False
        self._idle: deque[HttpConnection] = deque()  # the last one used is the first one taken: it is open still
        self._authorities = AMAZON if _is_amazons(self._host) else None

    @property
    def uri(self) -> str:
        """See `Store.uri`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        return self._blob(key, self._ask(key, {}))

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`."""
        answer = self._ask(key, {"if-none-match": etag})
        return None if answer.status == 304 else self._blob(key, answer)

    def _blob(self, key: str, answer: HttpReply) -> Blob:
        if answer.status != 200 or "etag" not in answer.headers:  # a proxy's page, not an object
            raise Unavailable(f"{self.uri}: the answer for {key} is no object")
        return Blob(answer.body, answer.headers["etag"])

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        if stop <= start:  # HTTP has no empty range
            return b""
        answer = self._ask(key, {"range": f"bytes={start}-{stop - 1}"})
        if answer.status == 200:  # a server may answer a range with the whole object (RFC 9110)
            return answer.body[start:stop]
        return b"" if answer.status == 416 else answer.body

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`."""
        if len(ranges) < 2:  # threads would only cost their start
            yield from (self.get_range(*byte_range) for byte_range in ranges)
            return
        at_once = SPARING if self._is_sparing else len(ranges)
        for first in range(0, len(ranges), at_once):
            lot = ranges[first : first + at_once]
            yield from self._threads.map(lambda byte_range: self.get_range(*byte_range), lot)

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """See `SparingStore`."""
        before, self._is_sparing = self._is_sparing, True
        try:
            yield
        finally:
            self._is_sparing = before

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """See `Store.create`."""
        return self._usual.create(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""
        return self._usual.replace(key, data, etag)

    def list(self, prefix: str) -> Listing:
        """See `Store.list`; one request lists a thousand objects."""
        from html import unescape

        folder = f"{self.prefix}/".lstrip("/")
        asked = {"encoding-type": "url", "list-type": "2", "prefix": folder + check_prefix(prefix)}
        now, entries = math.inf, []
        while True:
            reply = self._asked(f"{self._path}/" if self._path else "/", {}, prefix, query_of(asked))
            now = min(now, self._now(reply.headers.get("date", "")))
            for found in _OBJECT.findall(reply.body.decode()):
                item = dict(_FIELD.findall(found))
                key = unquote_plus(item["Key"]).removeprefix(folder)
                if is_key(key):  # the console creates objects that look like folders: segments/
                    modified = datetime.fromisoformat(item["LastModified"].replace("Z", "+00:00"))
                    entries.append(StoredObject(key, int(item["Size"]), modified.timestamp()))
            further = _FURTHER.search(reply.body.decode())
            if further is None:
                return Listing(now, tuple(sorted(entries)))
            asked["continuation-token"] = unescape(further[1])

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._usual.delete(key)

    def link(self, key: str, seconds: int, media_type: str, filename: str) -> str:
        """See `LinkingStore.link`."""
        return self._usual.link(key, seconds, media_type, filename)

    def _now(self, date: str) -> float:
        """Return the time of an answer, minus one second: see `S3Store`."""
        from email.utils import parsedate_to_datetime  # 6 ms, and only past generations are listed

        try:
            return parsedate_to_datetime(date).timestamp() - 1
        except ValueError:
            raise Unavailable(f"{self.uri}: the response has no usable date ({date!r})") from None

    @cached_property
    def _usual(self) -> S3Store:
        from quoth.storage.stores.s3 import S3Store

        return S3Store(self.bucket, self.prefix)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(PARALLEL, "quoth-s3")

    def _ask(self, key: str, headers: Mapping[str, str]) -> HttpReply:
        """Return S3's answer to a GET: 200, 206, 304 or 416; raises what `Store` says."""
        name = f"{self.prefix}/{check_key(key)}".lstrip("/")
        return self._asked(f"{self._path}/{quote(name, safe='/~')}", headers, key)

    def _asked(self, path: str, headers: Mapping[str, str], key: str, query: str = "") -> HttpReply:
        why = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._effects.sleep(0.1 * 2**attempt * self._effects.random())
            try:
                answer = self._get(path, headers, query)
            except OSError as error:
                why = str(error) or type(error).__name__
                continue
            if answer.status in (200, 206, 304, 416):
                return answer
            code = found[1].decode() if (found := _CODE.search(answer.body)) else str(answer.status)
            if answer.status not in _AGAIN:
                raise translated(self.uri, key, code, str(answer.status))
            why = f"{code} for {key}"
        raise Unavailable(f"{self.uri}: {why}")

    def _get(self, path: str, headers: Mapping[str, str], query: str) -> HttpReply:
        now = time.gmtime(self._effects.clock())
        signed = sign(self._host, path, headers, self._region, now, self._credentials.current(), query)
        path = f"{path}?{query}" if query else path
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._received(self._connect(), path, signed)
        try:
            return self._received(connection, path, signed)
        except TimeoutError:
            raise
        except OSError:  # S3 has closed the old one meanwhile, which is no failure
            return self._received(self._connect(), path, signed)

    def _received(self, connection: HttpConnection, path: str, headers: Mapping[str, str]) -> HttpReply:
        try:
            reply = connection.get(path, headers)
        except ssl.SSLCertVerificationError:
            connection.close()
            if connection.tls is self._tls:  # else another thread has widened it meanwhile
                if self._authorities is None:
                    raise
                self._authorities = None  # Amazon has new ones: trust those of the system
                self.__dict__.pop("_tls", None)
            return self._received(self._connect(), path, headers)
        except OSError:
            connection.close()
            raise
        if reply.is_last:
            connection.close()
        else:
            self._idle.append(connection)
        return reply

    def _connect(self) -> HttpConnection:
        place = urlsplit(f"//{self._host}")
        return HttpConnection(place.hostname or "", place.port or (443 if self._is_secure else 80), SECONDS, self._tls)

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # One for all connections: each would read the certificates again.
        return trusting(self._authorities) if self._is_secure else None

    def forget(self) -> None:
        """Close the connections and forget keys: a copy of this process must have its own."""
        self._credentials.forget()
        if threads := self.__dict__.pop("_threads", None):
            threads.shutdown()  # before their connections: one that still reads hands its own back
        while self._idle:
            self._idle.pop().close()


def query_of(parameters: Mapping[str, str]) -> str:
    """Return a query string as its signature needs it: sorted, and nothing but unreserved characters as they are."""
    return "&".join(f"{name}={quote(parameters[name], safe='~')}" for name in sorted(parameters))


def _is_amazons(host: str) -> bool:
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _place(environment: Mapping[str, str], bucket: str, region: str) -> tuple[bool, str, str]:
    """Return whether a bucket is behind TLS, its host and the path that all its keys have."""
    own = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if own:  # another S3 server need not know a bucket by the name of a host
        parts = urlsplit(own)
        return parts.scheme == "https", parts.netloc, f"{parts.path.rstrip('/')}/{bucket}"
    domain = f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    # No certificate covers a bucket with a full stop in its name.
    return (True, domain, f"/{bucket}") if "." in bucket else (True, f"{bucket}.{domain}", "")


def sign(
    host: str,
    path: str,
    headers: Mapping[str, str],
    region: str,
    now: time.struct_time,
    keys: Mapping[str, str],
    query: str = "",
) -> dict[str, str]:
    """Return the headers of a GET with the signature of its sender: Signature Version 4.

    `keys` has the keys by their names in an environment; the parts of `query` are in their order.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", now)
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    fields = {**headers, "host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": moment}
    if token := keys.get("AWS_SESSION_TOKEN"):
        fields["x-amz-security-token"] = token
    names = sorted(fields)
    lines = [f"{name}:{fields[name].strip()}" for name in names]
    request = "\n".join(["GET", path, query, *lines, "", ";".join(names), _NOTHING])
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    secret = f"AWS4{keys['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in (*scope.split("/"), text):
        secret = hmac.digest(secret, part.encode(), "sha256")
    credential = f"{keys['AWS_ACCESS_KEY_ID']}/{scope}"
    signature = f"Credential={credential}, SignedHeaders={';'.join(names)}, Signature={secret.hex()}"
    return {**fields, "Authorization": f"AWS4-HMAC-SHA256 {signature}"}
