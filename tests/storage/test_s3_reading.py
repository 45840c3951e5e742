"""Reading S3 without boto3: the signature, and what happens when an answer is late, wrong or missing.

The whole contract of a store runs against servers in `make prove`.
"""

from __future__ import annotations

import io
import json
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.archive import REAL
from quoth.errors import Conflict, NotFound, Refused, Unavailable
from quoth.storage.stores import connection, credentials, s3_reading
from quoth.storage.stores.address import open_store
from quoth.storage.stores.protocol import Blob, Range
from quoth.storage.stores.s3 import S3Store
from quoth.storage.stores.s3_reading import ATTEMPTS, PARALLEL, SPARING, S3ReadingStore, query_of, sign

ROOT = Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
CANNOT_WAIT = replace(REAL, sleep=lambda seconds: None)


@given(
    path=st.lists(st.text("abcXYZ019-._~", min_size=1), min_size=1).map("/".join),
    headers=st.dictionaries(st.sampled_from(["range", "if-none-match"]), st.sampled_from(["bytes=0-9", '"a b"'])),
    token=st.sampled_from([None, "session"]),
    asked=st.dictionaries(st.sampled_from(["list-type", "prefix", "continuation-token"]), st.text(" aé/+&=~")),
)
def test_the_signature_is_that_of_botocore(
    path: str, headers: dict[str, str], token: str | None, asked: dict[str, str]
) -> None:
    now = time.gmtime()
    environment = KEYS | ({"AWS_SESSION_TOKEN": token} if token else {})
    query = query_of(asked)
    ours = sign("b.s3.eu-west-1.amazonaws.com", f"/{path}", headers, "eu-west-1", now, environment, query)
    request = AWSRequest("GET", f"https://b.s3.eu-west-1.amazonaws.com/{path}?{query}", headers=headers)
    auth = S3SigV4Auth(Credentials("AKIA", "secret", token), "s3", "eu-west-1")
    request.context.update(timestamp=ours["x-amz-date"], payload_signing_enabled=True)
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = ours["x-amz-content-sha256"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(request)
    theirs = auth.signature(auth.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={theirs}")


class ScriptedAnswers:
    """What the server answers, one after another: status, headers, body; `None` closes the connection."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes] | None] = []
        self.asked: list[tuple[str, dict[str, str]]] = []


@pytest.fixture
def script() -> ScriptedAnswers:
    return ScriptedAnswers()


@pytest.fixture
def store(script: ScriptedAnswers) -> Iterator[S3ReadingStore]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            script.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = script.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        endpoint = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.server_port}"}
        store = S3ReadingStore("bucket", "some/where", {**KEYS, **endpoint}, CANNOT_WAIT)
        yield store
        for connection in store._idle:
            connection.close()
        server.shutdown()


def a_problem(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    return status, {}, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()


def test_an_object_is_read_with_its_tag(store: S3ReadingStore, script: ScriptedAnswers) -> None:
    script.answers = [
        (200, {"ETag": '"a"'}, b"one"),
        (304, {}, b""),
        (206, {"ETag": '"a"'}, b"ne"),
        a_problem(416, "InvalidRange"),
    ]
    assert store.get("segments/a") == Blob(b"one", '"a"')
    assert store.get_if_changed("segments/a", '"a"') is None
    assert store.get_range("segments/a", 1, 9) == b"ne"
    assert store.get_range("segments/a", 9, 12) == b""
    assert store.get_range("segments/a", 3, 3) == b""
    assert {path for path, _ in script.asked} == {"/bucket/some/where/segments/a"}
    assert [headers.get("range") for _, headers in script.asked] == [None, None, "bytes=1-8", "bytes=9-11"]


def test_a_silent_server_is_given_up_before_the_search_is(
    store: S3ReadingStore, script: ScriptedAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with idle connections: after one of them nobody waits for a new one in the same attempt."""
    assert ATTEMPTS * s3_reading.SECONDS + 0.6 < 10 - 1, "the waits between, and a second to start and to answer"
    monkeypatch.setattr(s3_reading, "SECONDS", 0.1)
    script.answers = [(200, {"ETag": '"a"'}, b"one")] * PARALLEL
    list(store.get_ranges([Range("segments/a", place, place + 1) for place in range(PARALLEL)]))
    assert len(store._idle) > 1
    silent = threading.Event()
    script.answers = SilentAnswers(silent)  # type: ignore[assignment]
    script.asked.clear()
    try:
        with pytest.raises(Unavailable):
            store.get("segments/a")
        assert len(script.asked) == ATTEMPTS, "each waits once"
    finally:
        silent.set()


class SilentAnswers:
    """A script that never says anything, until the event."""

    def __init__(self, until: threading.Event) -> None:
        self._until = until

    def pop(self, place: int) -> None:
        self._until.wait(30)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (a_problem(404, "NoSuchKey"), NotFound),
        (a_problem(404, "NoSuchBucket"), Refused),
        (a_problem(403, "AccessDenied"), Refused),
        (a_problem(301, "PermanentRedirect"), Refused),
        (a_problem(412, "PreconditionFailed"), Conflict),
        (a_problem(403, "RequestTimeTooSkewed"), Unavailable),
    ],
)
def test_an_error_means_what_it_means_with_boto3(
    store: S3ReadingStore, script: ScriptedAnswers, answer: Any, error: Any
) -> None:
    script.answers = [answer]
    with pytest.raises(error):
        store.get("segments/a")
    assert script.answers == []


@pytest.mark.prove
@pytest.mark.parametrize(
    "fault", [a_problem(503, "SlowDown"), a_problem(500, "InternalError"), (200, {"Content-Length": "9"}, b"on")]
)
def test_a_temporary_fault_is_tried_again(store: S3ReadingStore, script: ScriptedAnswers, fault: Any) -> None:
    if fault[0] == 200:  # a body that ends too early
        fault[1]["Connection"] = "close"
    script.answers = [fault, fault, (200, {"ETag": '"a"'}, b"one")]
    assert store.get("segments/a").data == b"one"
    script.answers = [fault] * ATTEMPTS
    with pytest.raises(Unavailable):
        store.get("segments/a")
    assert script.answers == []


def test_a_connection_that_the_server_has_closed_is_replaced_at_once(
    store: S3ReadingStore, script: ScriptedAnswers
) -> None:
    script.answers = [(200, {"ETag": '"a"'}, b"one"), None, (200, {"ETag": '"a"'}, b"one")]
    waits: list[float] = []
    store._effects = replace(REAL, sleep=waits.append)
    assert store.get("segments/a") == store.get("segments/a")
    assert waits == []


def test_ranges_are_read_in_order(store: S3ReadingStore, script: ScriptedAnswers) -> None:
    script.answers = [(206, {}, b"same")] * 3
    assert list(store.get_ranges([("segments/a", 0, 4), ("segments/b", 0, 4), ("segments/c", 0, 4)])) == [b"same"] * 3


def test_of_a_whole_object_in_place_of_a_range_the_range_is_read(
    store: S3ReadingStore, script: ScriptedAnswers
) -> None:
    script.answers = [(200, {"ETag": '"a"'}, b"0123456789")]
    assert store.get_range("segments/a", 3, 6) == b"345"


def test_a_listing_of_several_answers_is_one(store: S3ReadingStore, script: ScriptedAnswers) -> None:
    """The console creates an object that looks like a folder; keys are encoded, tokens are XML."""
    item = "<Contents><Key>some/where/{}</Key><LastModified>2026-11-29T10:00:0{}.000Z</LastModified><Size>7</Size>"
    item += "</Contents>"
    first = f"<R>{item.format('history/', 1)}{item.format('history/b%26c', 2)}" + (
        "<NextContinuationToken>a&amp;b</NextContinuationToken></R>"
    )
    date = {"Date": "Sun, 29 Nov 2026 10:00:09 GMT"}
    script.answers = [(200, date, first.encode()), (200, date, f"<R>{item.format('history/a', 3)}</R>".encode())]
    listing = store.list("history/")
    assert [(entry.key, entry.size) for entry in listing.entries] == [("history/a", 7)]
    assert (
        "continuation-token=a%26b&encoding-type=url&list-type=2&prefix=some%2Fwhere%2Fhistory%2F" in script.asked[1][0]
    )


def test_a_space_in_the_prefix_is_a_plus_in_a_listing(store: S3ReadingStore, script: ScriptedAnswers) -> None:
    store.prefix = "our archive+"
    item = "<Contents><Key>our+archive%2B/history/a</Key><LastModified>2026-11-29T10:00:00.000Z</LastModified>"
    date = {"Date": "Sun, 29 Nov 2026 10:00:09 GMT"}
    script.answers = [(200, date, f"<R>{item}<Size>7</Size></Contents></R>".encode())]
    assert [entry.key for entry in store.list("history/").entries] == ["history/a"]


@pytest.mark.parametrize("answer", [(200, {}, b"<html>"), a_problem(416, "InvalidRange"), (304, {}, b"")])
def test_an_answer_that_is_no_object_is_a_temporary_fault(
    store: S3ReadingStore, script: ScriptedAnswers, answer: Any
) -> None:
    script.answers = [answer]
    with pytest.raises(Unavailable, match="the answer for segments/a is no object"):
        store.get("segments/a")


def test_a_listing_without_a_time_is_refused(store: S3ReadingStore, script: ScriptedAnswers) -> None:
    """An object's age decides whether it may be deleted."""
    script.answers = [(200, {"Date": "soon"}, b"<R></R>")]
    with pytest.raises(Unavailable, match="no usable date"):
        store.list("history/")


@pytest.mark.parametrize(("is_sparing", "most"), [(False, PARALLEL), (True, SPARING)])
def test_a_store_asks_for_many_things_at_once_unless_it_is_sparing(
    store: S3ReadingStore, monkeypatch: pytest.MonkeyPatch, is_sparing: bool, most: int
) -> None:
    """Here a request is answered once so many are open."""
    everybody, counting = threading.Barrier(most, timeout=10), threading.Lock()
    opened, peak = 0, 0

    def answer(key: str, start: int, stop: int) -> bytes:
        nonlocal opened, peak
        with counting:
            opened += 1
            peak = max(peak, opened)
        everybody.wait()
        with counting:
            opened -= 1
        return f"{start}-{stop}".encode()

    monkeypatch.setattr(store, "get_range", answer)
    asked = [Range("segments/a", number, number + 1) for number in range(2 * most)]
    with store.sparing() if is_sparing else nullcontext():
        assert list(store.get_ranges(asked)) == [f"{n}-{n + 1}".encode() for n in range(2 * most)]
    assert peak == most


def test_keys_that_lambda_renews_are_used_at_once(script: ScriptedAnswers, store: S3ReadingStore) -> None:
    script.answers = [(200, {"ETag": '"a"'}, b"")] * 2
    store.get("segments/a")
    store._credentials._environment = {**KEYS, "AWS_ACCESS_KEY_ID": "ASIA", "AWS_SESSION_TOKEN": "new"}
    store.get("segments/a")
    assert "Credential=ASIA/" in script.asked[1][1]["authorization"]
    assert script.asked[1][1]["x-amz-security-token"] == "new"


@pytest.mark.parametrize(
    ("bucket", "region", "host", "path"),
    [
        ("bucket", "eu-west-1", "bucket.s3.eu-west-1.amazonaws.com", ""),
        ("a.bucket", "eu-west-1", "s3.eu-west-1.amazonaws.com", "/a.bucket"),
        ("bucket", "cn-north-1", "bucket.s3.cn-north-1.amazonaws.com.cn", ""),
    ],
)
def test_a_bucket_of_amazon_has_its_own_host(bucket: str, region: str, host: str, path: str) -> None:
    store = S3ReadingStore(bucket, "", {**KEYS, "AWS_REGION": region}, REAL)
    assert (store._is_secure, store._host, store._path) == (True, host, path)


def test_without_keys_in_the_environment_boto3_finds_them(aws: None) -> None:
    assert isinstance(open_store("s3://bucket/x", (KEYS, REAL)), S3ReadingStore)
    assert isinstance(open_store("s3://bucket/x", ({}, REAL)), S3Store)


def test_a_search_function_opens_its_archive_without_boto3() -> None:
    script = (
        "import sys; from functions import search; from functions.runtime import settings\n"
        "print(type(search._archive().store).__name__, 'boto3' in sys.modules, 'botocore.session' in sys.modules)"
    )
    template = (ROOT / "template.yaml").read_text("utf-8")
    assert 'QUOTH_MOSTLY_READS: "true"' in template[template.index("SearchFunction:") : template.index("SearchRole:")]
    given = {**KEYS, "QUOTH_STORE": "s3://bucket", "QUOTH_MOSTLY_READS": "true"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{ROOT / 'index'}:{ROOT}", **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["S3ReadingStore", "False", "False"], done.stderr


# -------------------------------------------------------------------------------------------------------- HTTP


@given(
    status=st.sampled_from([b"200 OK", b"206", b"304 Not Modified", b"404 \xff", b"503 Slow"]),
    version=st.sampled_from([b"HTTP/1.1", b"HTTP/1.0"]),
    headers=st.lists(st.sampled_from([b"ETag: a", b"x-a:  b "]), max_size=3),
    stays=st.sampled_from([[], [b"Connection: close"], [b"connection: keep-alive"]]),
    body=st.binary(max_size=40),
    how=st.sampled_from(["length", "chunks", "end"]),
)
def test_an_answer_is_read_as_the_standard_library_reads_it(
    status: bytes, version: bytes, headers: list[bytes], stays: list[bytes], body: bytes, how: str
) -> None:
    if status.startswith(b"304"):
        body, how = b"", "length"
    if how == "length":
        head, sent = [b"Content-Length: %d" % len(body)], body
    elif how == "chunks":
        head = [b"Transfer-Encoding: chunked"]
        parts = [part for part in (body[:7], body[7:]) if part]
        sent = b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    else:
        head, sent = [], body
    data = b"\r\n".join([version + b" " + status, *headers, *stays, *head, b"", b""]) + sent
    theirs = HTTPResponse(FakeSocket(data), method="GET")  # type: ignore[arg-type]
    theirs.begin()
    ours = connection.read(io.BytesIO(data))
    assert (ours.status, ours.body) == (theirs.status, theirs.read())
    assert ours.headers.get("etag") == theirs.headers.get("ETag")
    assert ours.is_last >= theirs.will_close


class FakeSocket:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\non",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0_3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 2\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\none\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000,
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\n",
    ],
)
def test_what_is_not_whole_or_not_http_is_a_broken_answer(data: bytes) -> None:
    with pytest.raises(connection.BrokenReply):
        connection.read(io.BytesIO(data))


# --------------------------------------------------------------------------------------------- authorities, keys


def test_the_authorities_are_known_ones_of_amazon_and_last() -> None:
    pattern = r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----"
    ours = re.findall(pattern, connection.AMAZON.read_text("ascii"), re.DOTALL)
    known = re.findall(pattern, Path(botocore.__file__).with_name("cacert.pem").read_text("ascii"), re.DOTALL)
    assert len(ours) == 7
    assert set(ours) <= set(known)
    found = connection.trusting(connection.AMAZON).get_ca_certs()
    assert {dict(part[0] for part in one["subject"])["organizationName"] for one in found} == {
        "Amazon",
        "Starfield Technologies, Inc.",
    }
    assert min(ssl.cert_time_to_seconds(str(one["notAfter"])) for one in found) > time.time() + 5 * 365 * 86_400


def test_if_amazon_has_a_new_authority_those_of_the_system_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3ReadingStore("bucket", "", KEYS, CANNOT_WAIT)
    trusted: list[Any] = []

    def get(self: connection.HttpConnection, path: str, headers: Any) -> connection.HttpReply:
        trusted.append(self.tls)
        if len(trusted) == 1:
            raise ssl.SSLCertVerificationError(1, "certificate verify failed")
        return connection.HttpReply(200, {"etag": '"a"'}, b"one", False)

    monkeypatch.setattr(connection.HttpConnection, "get", get)
    assert store.get("segments/a").data == b"one"
    first, second = trusted
    assert len(first.get_ca_certs()) == 7
    assert second is not first
    assert store._authorities is None


def test_keys_come_from_the_address_until_they_expire(script: ScriptedAnswers, store: S3ReadingStore) -> None:
    now = [1_000_000.0]
    host = store._host
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now[0] + 3600))
    given = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": end}
    environment = {credentials.ADDRESS: f"http://{host}/keys?a=b", credentials.TOKEN: "let me"}
    assert credentials.has_keys(environment)
    keys = credentials.Credentials(environment, lambda: now[0])
    script.answers = [(200, {}, json.dumps(given).encode())]
    assert keys.current()["AWS_SESSION_TOKEN"] == keys.current()["AWS_SESSION_TOKEN"] == "t"
    assert [(path, headers["authorization"]) for path, headers in script.asked] == [("/keys?a=b", "let me")]
    now[0] += 3600 - credentials.MARGIN + 1
    script.answers = [(200, {}, json.dumps(given | {"AccessKeyId": "NEW"}).encode())] * 2
    assert keys.current()["AWS_ACCESS_KEY_ID"] == "NEW"
    keys.forget()
    assert keys.current()["AWS_ACCESS_KEY_ID"] == "NEW"
    assert script.answers == []


@pytest.mark.parametrize("answer", [b"{}", b"secret", b'"secret"', b"null"])
def test_a_service_of_keys_that_fails_is_a_temporary_fault_and_nothing_of_it_is_told(
    script: ScriptedAnswers, store: S3ReadingStore, answer: bytes
) -> None:
    script.answers = [(200, {}, answer)]
    keys = credentials.Credentials({credentials.ADDRESS: f"http://{store._host}/"}, time.time)
    with pytest.raises(Unavailable) as caught:
        keys.current()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["", "https://example.org/", "http://example.org/", "http://169.254.170.99/"])
def test_only_a_service_of_this_machine_is_asked_for_keys(address: str) -> None:
    assert not credentials.has_keys({credentials.ADDRESS: address})


def test_a_copied_store_opens_connections_of_its_own(script: ScriptedAnswers, store: S3ReadingStore) -> None:
    script.answers = [(206, {}, b"same")] * 5
    list(store.get_ranges([("segments/a", 0, 4), ("segments/b", 0, 4)]))
    assert store._idle
    store.forget()
    assert not store._idle
    list(store.get_ranges([("segments/a", 0, 4), ("segments/b", 0, 4)]))
    assert store.get_range("segments/a", 0, 4) == b"same"
