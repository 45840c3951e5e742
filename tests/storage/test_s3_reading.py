"""Reading S3 without boto3: the signature, and what happens when an answer is late, wrong or missing.

The whole contract of a store runs against servers in `make prove`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.archive import REAL
from quoth.errors import Conflict, NotFound, Refused, Unavailable
from quoth.storage.stores.address import open_store
from quoth.storage.stores.protocol import Blob
from quoth.storage.stores.s3 import S3Store
from quoth.storage.stores.s3_reading import ATTEMPTS, S3ReadingStore, sign

ROOT = Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
CANNOT_WAIT = replace(REAL, sleep=lambda seconds: None)


@given(
    path=st.lists(st.text("abcXYZ019-._~", min_size=1), min_size=1).map("/".join),
    headers=st.dictionaries(st.sampled_from(["range", "if-none-match"]), st.sampled_from(["bytes=0-9", '"a b"'])),
    token=st.sampled_from([None, "session"]),
)
def test_the_signature_is_that_of_botocore(path: str, headers: dict[str, str], token: str | None) -> None:
    now = time.gmtime()
    environment = KEYS | ({"AWS_SESSION_TOKEN": token} if token else {})
    ours = sign("b.s3.eu-west-1.amazonaws.com", f"/{path}", headers, "eu-west-1", now, environment)
    request = AWSRequest("GET", f"https://b.s3.eu-west-1.amazonaws.com/{path}", headers=headers)
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
