"""One contract for all stores."""

from __future__ import annotations

import fcntl
import io
import os
import pickle
import socket
import struct
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from quoth.archive import REAL as REAL_EFFECTS
from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable
from quoth.hashes import sha256
from quoth.storage.stores.address import open_store
from quoth.storage.stores.directory import DirectoryStore
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Listing, Range, Store, StoredObject
from quoth.storage.stores.s3 import PARALLEL, S3Store, connect
from quoth.storage.stores.s3_reading import S3ReadingStore
from tests.conftest import ACCOUNT, BUCKET, REGION, renew_session
from tests.support.counting import Asked, CountingStore

KEY = "segments/3f2a"

IN_MOTO = pytest.param("s3", marks=pytest.mark.prove)
UNDER_A_PREFIX = pytest.param("s3 under a prefix", marks=pytest.mark.prove)
MOTO_SERVER = pytest.param("moto_server", marks=pytest.mark.prove)
REAL = pytest.param("real_s3", marks=pytest.mark.prove)
WITHOUT_BOTO3 = pytest.param("moto_server, read without boto3", marks=pytest.mark.prove)
REAL_WITHOUT_BOTO3 = pytest.param("real_s3, read without boto3", marks=pytest.mark.prove)


@pytest.fixture(
    params=["memory", "directory", IN_MOTO, UNDER_A_PREFIX, MOTO_SERVER, REAL, WITHOUT_BOTO3, REAL_WITHOUT_BOTO3]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "directory":
            yield DirectoryStore(tmp_path / "not yet there")
        case "s3":
            request.getfixturevalue("aws")
            yield S3Store(BUCKET)
        case str(name) if name.startswith(("moto_server", "real_s3")):
            server, _, reading = name.partition(", ")
            environment: dict[str, str] = request.getfixturevalue(server)
            for variable, value in environment.items():
                request.getfixturevalue("monkeypatch").setenv(variable, value)
            renew_session(request.getfixturevalue("monkeypatch"))
            prefix = f"contract/{uuid.uuid4()}"
            given = {**ACCOUNT, **environment, "AWS_REGION": REGION}
            if not reading:
                yield S3Store(BUCKET, prefix)
                return
            reader = S3ReadingStore(BUCKET, prefix, given, REAL_EFFECTS)
            yield reader
            reader.forget()
        case _:
            request.getfixturevalue("aws")
            yield S3Store(BUCKET, "some/where")


def test_a_created_object_is_read(store: Store) -> None:
    etag = store.create(KEY, b"one")
    assert store.get(KEY).data == b"one"
    assert store.get(KEY).etag == etag


def test_an_empty_object_is_an_object(store: Store) -> None:
    store.create(KEY, b"")
    assert store.get(KEY).data == b""


def test_a_missing_object_is_not_found(store: Store) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.get(KEY),
        lambda: store.get_if_changed(KEY, '"x"'),
        lambda: store.get_range(KEY, 0, 1),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_an_object_is_created_only_once(store: Store) -> None:
    store.create(KEY, b"one")
    with pytest.raises(Conflict):
        store.create(KEY, b"two")
    assert store.get(KEY).data == b"one"


def test_an_object_is_created_from_a_file_whatever_was_read_of_it(store: Store) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789" * 30_000)
        etag = store.create(KEY, file)
        assert store.get(KEY) == Blob(b"0123456789" * 30_000, etag)
        with pytest.raises(Conflict):
            store.create(KEY, file)
        file.seek(7)
        assert store.create("segments/again", file) == etag
    second = store.replace(KEY, b"two", etag)
    assert store.get(KEY).etag == second


def test_a_file_is_not_held_in_memory(store: Store) -> None:
    """A store that must hold it says so: only the one in memory."""

    class Counted(io.BytesIO):
        longest = 0

        def read(self, size: int | None = -1) -> bytes:
            part = super().read(size)
            self.longest = max(self.longest, len(part))
            return part

    file = Counted(bytes(4 * 2**20))
    store.create(KEY, file)
    assert (file.longest < 2 * 2**20) == (not isinstance(store, MemoryStore))


def test_a_swap_needs_the_current_tag(store: Store) -> None:
    first = store.create(KEY, b"one")
    second = store.replace(KEY, b"two", first)
    with pytest.raises(Conflict):
        store.replace(KEY, b"three", first)
    assert store.get(KEY).data == b"two"
    assert store.get(KEY).etag == second != first


def test_a_missing_object_cannot_be_swapped(store: Store) -> None:
    with pytest.raises(Conflict):
        store.replace(KEY, b"one", '"x"')


def test_an_unchanged_object_is_not_read_again(store: Store) -> None:
    etag = store.create(KEY, b"one")
    assert store.get_if_changed(KEY, etag) is None
    store.replace(KEY, b"two", etag)
    changed = store.get_if_changed(KEY, etag)
    assert changed is not None
    assert changed.data == b"two"


def test_a_range_is_half_open_and_ends_with_the_object(store: Store) -> None:
    store.create(KEY, b"0123456789")
    assert store.get_range(KEY, 2, 5) == b"234"
    assert store.get_range(KEY, 8, 20) == b"89"
    assert store.get_range(KEY, 4, 4) == b""
    assert store.get_range(KEY, 10, 20) == store.get_range(KEY, 15, 20) == b""
    assert store.get_range(KEY, 5, 4) == b""


def test_an_empty_object_has_only_empty_ranges(store: Store) -> None:
    store.create(KEY, b"")
    assert store.get_range(KEY, 0, 10) == b""


def test_nothing_is_read_of_an_empty_range(store: Store) -> None:
    """HTTP has no empty ranges, so the store does not check whether the object exists."""
    assert store.get_range(KEY, 3, 3) == b""
    assert list(store.get_ranges([Range(KEY, 3, 3), Range(KEY, 0, 0)])) == [b"", b""]


def test_ranges_come_in_the_order_in_which_they_were_asked_for(store: Store) -> None:
    store.create("segments/1", b"0123456789")
    store.create("segments/2", b"abcdefghij")
    asked = [Range(f"segments/{1 + n % 2}", n % 7, n % 7 + n % 5) for n in range(30)]
    assert list(store.get_ranges(asked)) == [store.get_range(*wanted) for wanted in asked]
    assert list(store.get_ranges(asked[:1])) == [b""]
    assert list(store.get_ranges([])) == []


def test_one_of_several_ranges_may_be_missing(store: Store) -> None:
    store.create(KEY, b"0123456789")
    answers = store.get_ranges([Range(KEY, 0, 2), Range("segments/none", 0, 2), Range(KEY, 4, 6)])
    assert next(answers) == b"01"
    with pytest.raises(NotFound, match="segments/none"):
        next(answers)


def test_s3_is_asked_for_several_ranges_at_once() -> None:
    """This client answers only once eight requests are open."""
    everybody = threading.Barrier(PARALLEL, timeout=10)

    class Client:
        def get_object(self, Range: str, **_: str) -> dict[str, io.BytesIO]:  # noqa: N803 - boto3's name
            everybody.wait()
            return {"Body": io.BytesIO(Range.encode())}

    store = S3Store(BUCKET, client=Client())  # type: ignore[arg-type]
    asked = [Range(KEY, 10 * n, 10 * n + 10) for n in range(2 * PARALLEL)]
    assert list(store.get_ranges(asked)) == [f"bytes={10 * n}-{10 * n + 9}".encode() for n in range(2 * PARALLEL)]


@pytest.mark.parametrize("store", ["memory", "directory", MOTO_SERVER, REAL], indirect=True)
def test_of_many_writers_one_wins(store: Store) -> None:
    """Not on moto in this process, which compares and swaps in two steps; its server handles one request at a time."""
    etag = store.create(KEY, b"start")
    won: list[bytes] = []

    def write(name: bytes) -> None:
        try:
            store.replace(KEY, name, etag)
        except Conflict:
            return
        won.append(name)

    threads = [threading.Thread(target=write, args=(b"writer %d" % n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get(KEY).data] == won


@pytest.mark.parametrize("key", ["../x", "a/../b", "/a", "a//b", "", "a\n", ".hidden", "a/.b", "é"])
def test_a_key_cannot_leave_its_folder(store: Store, key: str) -> None:
    for call in (store.get, store.delete):
        with pytest.raises(ValueError, match="not a key"):
            call(key)


def keys(listing: Listing) -> list[str]:
    return [entry.key for entry in listing.entries]


class TestListing:
    def test_objects_are_listed_by_prefix_and_sorted_by_key(self, store: Store) -> None:
        """`-` sorts before `/`, so in key order the objects of a folder are not always adjacent."""
        for key in ("segments/b", "segments/a1", "segments-old/a", "segments/a/x", "segment", "manifest.json"):
            store.create(key, b"")
        everything = ["manifest.json", "segment", "segments-old/a", "segments/a/x", "segments/a1", "segments/b"]
        assert keys(store.list("")) == everything
        assert keys(store.list("segment")) == everything[1:]
        assert keys(store.list("segments/")) == everything[3:]
        assert keys(store.list("segments/a")) == everything[3:5]
        assert keys(store.list("segments/a/")) == everything[3:4]
        assert keys(store.list("manifest.json")) == everything[:1]
        assert keys(store.list("segment/")) == keys(store.list("manifest.json/")) == []

    def test_an_object_has_its_size_and_its_time(self, store: Store) -> None:
        begun = time.time()
        store.create("segments/1", b"")
        store.create("segments/2", b"four")
        listing = store.list("segments/")
        assert [entry.size for entry in listing.entries] == [0, 4]
        for when in (listing.now, *(entry.modified for entry in listing.entries)):
            assert begun - 2.5 < when < time.time() + 0.5  # times may be rounded down to whole seconds

    def test_an_object_is_no_younger_than_it_looks(self, store: Store) -> None:
        begun = time.time()
        store.create(KEY, b"one")
        listing = store.list("segments/")
        (entry,) = listing.entries
        assert listing.now - entry.modified <= time.time() - begun

    @pytest.mark.parametrize("store", [IN_MOTO, REAL], indirect=True)
    def test_the_time_of_an_object_is_that_of_its_last_change(self, store: Store) -> None:
        etag = store.create(KEY, b"one")
        (before,) = store.list(KEY).entries
        time.sleep(1.1)
        store.replace(KEY, b"four", etag)
        (after,) = store.list(KEY).entries
        assert after.modified >= before.modified + 1
        assert after.size == 4

    def test_an_empty_store_lists_nothing(self, store: Store) -> None:
        assert store.list("").entries == store.list("segments/").entries == ()

    def test_all_pages_are_listed(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # S3 itself: 1,000
        names = [f"segments/{n:02}" for n in range(30)]  # the last page is also full
        for name in reversed(names):
            store.create(name, b"")
        assert keys(store.list("segments/")) == names
        assert keys(store.list("segments/0")) == names[:10]
        assert keys(store.list("segments/29")) == names[29:]

    @pytest.mark.prove
    @pytest.mark.parametrize("store", [IN_MOTO, REAL], indirect=True)
    def test_more_than_a_thousand_are_listed(self, store: Store) -> None:
        names = [f"segments/{n:04}" for n in range(1_001)]
        for name in names:
            store.create(name, b"")
        assert keys(store.list("segments/")) == names

    @pytest.mark.parametrize("prefix", ["../", "/", "segments//", "a/../b", ".", "segments/.", "é", "a\n"])
    def test_a_prefix_cannot_leave_its_folder(self, store: Store, prefix: str) -> None:
        with pytest.raises(ValueError, match="not a prefix"):
            store.list(prefix)

    def test_neither_locks_nor_temporary_files_are_listed(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path)
        store.replace(KEY, b"two", store.create(KEY, b"one"))
        (tmp_path / "segments" / ".tmpk3j2").write_bytes(b"half of")
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config").write_bytes(b"somebody else's")
        assert keys(store.list("")) == keys(store.list("segments/")) == [KEY]

    def test_listing_leaves_nothing_behind(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path / "store")
        store.list("")
        assert list(tmp_path.iterdir()) == []
        store.create(KEY, b"one")
        store.list("")
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["3f2a"]

    def test_a_file_that_vanishes_meanwhile_is_left_out(self, tmp_path: Path) -> None:
        """A dangling link looks like one: the name exists, the file does not."""
        store = DirectoryStore(tmp_path)
        store.create(KEY, b"one")
        (tmp_path / "segments" / "gone").symlink_to("nowhere")
        assert keys(store.list("segments/")) == [KEY]

    def test_a_file_is_as_old_as_the_file_system_says(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path)
        store.create(KEY, b"one")
        os.utime(tmp_path / KEY, (1_000, 1_000))
        assert store.list("").entries == (StoredObject(KEY, 3, 1_000.0),)

    def test_memory_has_the_clock_that_it_is_given(self) -> None:
        time_is = [100.0]
        store = MemoryStore(clock=lambda: time_is[0])
        etag = store.create("a", b"one")
        store.create("b", b"one")
        time_is[0] = 250.0
        store.replace("a", b"three", etag)
        assert store.list("") == Listing(250.0, (StoredObject("a", 5, 250.0), StoredObject("b", 3, 100.0)))

    def test_objects_with_invalid_keys_are_not_listed(self, aws: str) -> None:
        """Neither the folders that S3's console makes nor objects whose keys other calls reject."""
        for name in ("archive/", "archive/segments/", "archive/segments/.hidden", "archive/a//b", "archived/x"):
            boto3.client("s3").put_object(Bucket=BUCKET, Key=name, Body=b"")
        store = S3Store(BUCKET, "archive")
        store.create(KEY, b"one")
        assert keys(store.list("")) == keys(store.list("segments/")) == [KEY]

    def test_a_bucket_that_does_not_exist_is_refused_by_name(self, aws: str) -> None:
        with pytest.raises(Refused, match="no-such-bucket"):
            S3Store("no-such-bucket").list("")

    def test_a_directory_that_cannot_be_one_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(Refused):
            DirectoryStore(tmp_path / "file").list("")


class TestDeleting:
    def test_a_deleted_object_is_gone(self, store: Store) -> None:
        store.create(KEY, b"one")
        store.create("segments/other", b"two")
        store.delete(KEY)
        with pytest.raises(NotFound):
            store.get(KEY)
        assert keys(store.list("")) == ["segments/other"]

    def test_deleting_twice_is_no_error(self, store: Store) -> None:
        store.delete(KEY)
        store.create(KEY, b"one")
        store.delete(KEY)
        store.delete(KEY)

    def test_a_deleted_object_can_be_created_again(self, store: Store) -> None:
        etag = store.create(KEY, b"one")
        store.delete(KEY)
        with pytest.raises(Conflict):
            store.replace(KEY, b"two", etag)
        store.create(KEY, b"three")
        assert store.get(KEY).data == b"three"
        assert [entry.size for entry in store.list(KEY).entries] == [5]

    def test_in_a_bucket_that_does_not_exist_it_is_refused_by_name(self, aws: str) -> None:
        with pytest.raises(Refused, match="no-such-bucket"):
            S3Store("no-such-bucket").delete(KEY)


def test_a_counting_store_passes_on_what_it_counts() -> None:
    store = CountingStore(MemoryStore())
    store.create(KEY, b"one")
    store.forget()
    assert keys(store.list("segments/")) == [KEY]
    store.delete(KEY)
    assert store.list("").entries == ()
    assert store.asked == [Asked(2, "list", "segments/"), Asked(3, "delete", KEY), Asked(4, "list", "")]


class Wire(ThreadingHTTPServer):
    """A minimal S3 that loses its responses: it stores each PUT, then answers with the next fault.

    A fault is a status, or the way in which the connection ends without one: `closed` or `reset`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hop)
        self.objects: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.requests: list[str] = []


class Hop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        taken = self.headers["If-None-Match"] == "*" and self.path in self.server.objects
        if not taken:
            self.server.objects[self.path] = data
        self.answer(412 if taken else 200)

    def do_GET(self) -> None:
        self.answer(200, self.server.objects[self.path])

    def answer(self, status: int, body: bytes = b"") -> None:
        self.server.requests.append(self.command)
        fault = self.server.faults.pop(0) if self.server.faults else str(status)
        if fault.isdigit():
            body = body if fault == "200" else b""
            self.send_response(int(fault))
            self.send_header("ETag", '"tag"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.close_connection = True
        if fault == "reset":  # no farewell, at once
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    with Wire() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        renew_session(monkeypatch)
        yield server
        server.shutdown()


def test_a_request_costs_nothing_in_memory_and_on_a_disk_only(tmp_path: Path) -> None:
    assert (MemoryStore().trip_bytes, DirectoryStore(tmp_path).trip_bytes) == (0, 0)
    assert S3Store.trip_bytes > 0


def test_a_client_of_s3_waits_two_seconds_for_a_connection_and_ten_for_an_answer() -> None:
    """The time that a Lambda function waits is billed."""
    settings = connect().meta.config
    assert (settings.connect_timeout, settings.read_timeout) == (2, 10)


class TestLostAnswers:
    @pytest.mark.parametrize(
        "fault", ["closed", *(pytest.param(x, marks=pytest.mark.prove) for x in ("reset", "500", "503"))]
    )
    @pytest.mark.parametrize("write", ["create", "replace"])
    def test_a_write_is_sent_once_and_nobody_knows(self, wire: Wire, write: str, fault: str) -> None:
        """A retry by the client would get 412, so that our own success would look like another writer's."""
        store = S3Store(BUCKET)
        wire.faults = [fault]
        with pytest.raises(Unavailable):
            store.create(KEY, b"one") if write == "create" else store.replace(KEY, b"one", '"tag"')
        assert wire.requests == ["PUT"]
        assert store.get(KEY).data == b"one"

    def test_a_second_creation_is_a_conflict(self, wire: Wire) -> None:
        store = S3Store(BUCKET)
        wire.faults = ["closed"]
        with pytest.raises(Unavailable):
            store.create(KEY, b"one")
        with pytest.raises(Conflict):
            store.create(KEY, b"one")
        assert wire.requests == ["PUT", "PUT"]

    @pytest.mark.parametrize("status", ["409", "412"])
    def test_a_crossed_write_is_a_conflict_whatever_its_code_is_called(self, wire: Wire, status: str) -> None:
        wire.faults = [status]
        with pytest.raises(Conflict):
            S3Store(BUCKET).replace(KEY, b"one", '"tag"')
        assert wire.requests == ["PUT"]

    @pytest.mark.parametrize("fault", ["503", "closed"])
    def test_a_read_is_tried_again(self, wire: Wire, fault: str) -> None:
        store = S3Store(BUCKET)
        store.create(KEY, b"one")
        wire.faults = [fault]
        assert store.get(KEY).data == b"one"
        assert wire.requests == ["PUT", "GET", "GET"]

    def test_a_client_that_is_given_reads_and_writes(self) -> None:
        class Client:
            def put_object(self, **_: object) -> dict[str, str]:
                return {"ETag": '"given"'}

        assert S3Store(BUCKET, client=Client()).create(KEY, b"one") == '"given"'  # type: ignore[arg-type]

    def test_an_answer_without_a_date_tells_no_time(self, aws: str) -> None:
        client = boto3.session.Session().client("s3")
        client.meta.events.register("after-call.s3.ListObjectsV2", lambda parsed, **_: headers(parsed).pop("date"))
        with pytest.raises(Unavailable, match="no usable date"):
            S3Store(BUCKET, client=client).list("")


def headers(parsed: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return parsed["ResponseMetadata"]["HTTPHeaders"]


class TestDirectory:
    def test_a_file_that_is_still_there_is_not_read_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, hashed = DirectoryStore(tmp_path), list[bytes]()
        etag = store.create(KEY, b"one")
        monkeypatch.setattr("quoth.storage.stores.directory.sha256", lambda data: hashed.append(data) or sha256(data))
        assert [store.get_if_changed(KEY, etag) for _ in range(3)] == [None, None, None]
        assert hashed == [b"one"]
        assert pickle.loads(pickle.dumps(store)).get_if_changed(KEY, etag) is None  # noqa: S301 - its own

    @pytest.mark.parametrize("is_on_disk", [True, False])
    def test_a_change_is_seen_at_once_however_fast_files_of_one_size_follow(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_on_disk: bool
    ) -> None:
        """The number of a deleted file is given to the next one, and clocks of file systems are coarse."""
        monkeypatch.setattr("quoth.storage.stores.directory._is_on_disk", lambda _: is_on_disk)
        store, reader = DirectoryStore(tmp_path), DirectoryStore(tmp_path)
        etag = store.create(KEY, b"000")
        for number in range(1, 200):
            reader.get_if_changed(KEY, etag)
            for step in (1, 2):
                newest = b"%03d" % ((3 * number + step) % 1000)
                os.replace(_written(tmp_path / f".new{step}", newest), tmp_path / KEY)
            seen = reader.get_if_changed(KEY, etag)
            assert seen is not None
            assert seen.data == newest
            etag = seen.etag

    """What a directory does so that neither another process nor a power failure can harm it."""

    @pytest.mark.parametrize(
        ("call", "step"), [("replace", "read_bytes"), ("replace", "replace"), ("delete", "unlink")]
    )
    def test_no_other_process_writes_between_the_compare_and_the_swap(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, step: str
    ) -> None:
        """A replace holds the lock from one to the other, and a delete takes it too: otherwise the object reappears."""
        store, usual, refused = DirectoryStore(tmp_path), getattr(Path, step), list[bool]()
        etag = store.create(KEY, b"one")

        def watched(*arguments: Any, **options: Any) -> Any:
            with (tmp_path / ".lock").open("w") as another:  # as another process would
                try:
                    fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    refused.append(True)
                else:
                    refused.append(False)
            return usual(*arguments, **options)

        monkeypatch.setattr(Path, step, watched)
        store.replace(KEY, b"two", etag) if call == "replace" else store.delete(KEY)
        assert refused
        assert all(refused)

    def test_an_object_is_on_the_disk_before_its_name_and_the_name_before_the_call_ends(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, path, usual = DirectoryStore(tmp_path), tmp_path / KEY, os.fsync
        flushes: list[tuple[str | int, bytes | None]] = []

        def watched(descriptor: int) -> None:
            status = os.fstat(descriptor)
            flushed = "the folder" if status.st_ino == path.parent.stat().st_ino else status.st_size
            flushes.append((flushed, path.read_bytes() if path.exists() else None))
            usual(descriptor)

        monkeypatch.setattr(os, "fsync", watched)
        path.parent.mkdir()
        etag = store.create(KEY, b"one")
        assert flushes == [(3, None), ("the folder", b"one")]
        flushes.clear()
        store.replace(KEY, b"three", etag)
        assert flushes == [(5, b"one"), ("the folder", b"three")]

    def test_a_folder_that_another_process_makes_meanwhile_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual = Path.mkdir

        def late(path: Path, **options: Any) -> None:
            path.exists() or usual(path)
            usual(path, **options)

        monkeypatch.setattr(Path, "mkdir", late)
        DirectoryStore(tmp_path / "archive").create(KEY, b"one")
        assert (tmp_path / "archive" / KEY).read_bytes() == b"one"

    def test_a_new_folder_is_on_the_disk_before_an_object_in_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise a power failure after the first commit loses the folder with all that is in it."""
        flushed, usual = list[int](), os.fsync
        monkeypatch.setattr(
            os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino) or usual(descriptor)
        )
        DirectoryStore(tmp_path / "archives" / "ours").create(KEY, b"one")
        parents = [tmp_path, tmp_path / "archives", tmp_path / "archives" / "ours"]
        assert flushed[:3] == [folder.stat().st_ino for folder in parents]


def test_nothing_is_left_beside_the_objects(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.replace(KEY, b"two", store.create(KEY, b"one"))
    with pytest.raises(Conflict):
        store.create(KEY, b"three")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [".lock", "3f2a"]


def test_a_directory_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = DirectoryStore(tmp_path / "file")
    for call in (lambda: store.get(KEY), lambda: store.create(KEY, b"one")):
        with pytest.raises(Refused):
            call()


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("409", Conflict),
        ("ConditionalRequestConflict", Conflict),
        ("PreconditionFailed", Conflict),
        ("NoSuchKey", NotFound),
        ("AccessDenied", Refused),
        ("ExpiredToken", Refused),
        ("PermanentRedirect", Refused),
        ("SlowDown", Unavailable),
        ("InternalError", Unavailable),
    ],
)
def test_errors_of_s3_are_translated_by_what_the_caller_must_do(aws: str, code: str, meaning: type[QuothError]) -> None:
    store = S3Store(BUCKET)
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "PutObject")
    assert type(store._translate(KEY, error)) is meaning


@pytest.mark.parametrize("setting", [("AWS_PROFILE", "no-such-profile"), ("AWS_ENDPOINT_URL_S3", "junk")])
def test_a_client_that_cannot_be_made_is_refused(monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str]) -> None:
    monkeypatch.setenv(*setting)
    renew_session(monkeypatch)
    with pytest.raises(Refused, match="AWS_PROFILE"):
        S3Store(BUCKET)


def test_a_file_in_s3_is_read_in_parts_and_never_from_two_versions(aws: str) -> None:
    client = boto3.session.Session().client("s3")
    ranges: list[str] = []
    client.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: ranges.append(params["headers"]["Range"])
    )
    store = S3Store(BUCKET, client=client)
    client.put_object(Bucket=BUCKET, Key="inbox/a", Body=(b"a" * 1023 + b"\n") * 2560)
    size, etag, _ = store.describe("inbox/a")
    with store.open("inbox/a", etag) as file:
        assert (size, [len(line) for line in file]) == (2560 * 1024, [1024] * 2560)
    assert ranges[:2] == ["bytes=0-1048575", "bytes=1048576-2097151"]
    with store.open("inbox/a", etag, start=size - 2) as file:
        assert file.read() == b"a\n"
        client.put_object(Bucket=BUCKET, Key="inbox/a", Body=b"another")
        with pytest.raises(Conflict):
            file.read()
    with pytest.raises(NotFound):
        store.describe("inbox/b")


class NoHead(BaseHTTPRequestHandler):
    """An S3 server that says nothing of the region of a bucket."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def linked(key: str = "exports/1-ab.csv") -> SplitResult:
    return urlsplit(S3Store(BUCKET).link(key, 60, "text/csv", "quotes.csv"))


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, marks=pytest.mark.prove),
        pytest.param({"AWS_DEFAULT_REGION": "us-east-1"}, marks=pytest.mark.prove),
        pytest.param({"AWS_DEFAULT_REGION": None}, marks=pytest.mark.prove),
        pytest.param({"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "legacy"}, marks=pytest.mark.prove),
        {"AWS_CONFIG_FILE": "s3 =\n  signature_version = s3\n  addressing_style = path"},
    ],
)
def test_a_signed_url_is_of_version_4_at_the_endpoint_of_the_region(
    aws: str, environment: dict[str, str | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The region is the bucket's own, whatever the environment says."""
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name)
        elif name == "AWS_CONFIG_FILE":
            (tmp_path / "config").write_text(f"[default]\n{value}\n", "utf-8")
            monkeypatch.setenv(name, str(tmp_path / "config"))
        else:
            monkeypatch.setenv(name, value)
    renew_session(monkeypatch)
    url = linked()
    assert (url.scheme, url.netloc) == ("https", f"{BUCKET}.s3.{REGION}.amazonaws.com")
    signed = parse_qs(url.query)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert f"/{REGION}/s3/aws4_request" in signed["X-Amz-Credential"][0]
    assert not signed.keys() & {"Signature", "AWSAccessKeyId"}


def test_a_signed_url_of_us_east_1_names_its_region_too(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="american")
    url = S3Store("american").link(KEY, 60, "text/csv", "quotes.csv")
    assert url.startswith("https://american.s3.us-east-1.amazonaws.com/")


def test_a_signed_url_of_another_server_is_at_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), NoHead) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"localhost:{server.server_port}"
        for name, value in {**ACCOUNT, "AWS_ENDPOINT_URL_S3": f"http://{address}"}.items():
            monkeypatch.setenv(name, value)
        renew_session(monkeypatch)
        url = linked()
        server.shutdown()
    assert (url.netloc, url.path) == (address, f"/{BUCKET}/exports/1-ab.csv")
    assert f"%2F{REGION}%2Fs3%2Faws4_request" in url.query


def test_a_home_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(Refused, match="no-such-user"):
        open_store("file:~no-such-user/x")


def test_a_bucket_that_does_not_exist_is_refused_by_name(aws: str) -> None:
    with pytest.raises(Refused, match="no-such-bucket"):
        S3Store("no-such-bucket").get(KEY)


@pytest.mark.parametrize("uri", ["", "archive", "file:", "s3://", "s3://A", "http://x", "s3://bucket?x", "memory:"])
def test_a_malformed_address_is_refused(uri: str) -> None:
    with pytest.raises(QuothError, match="a store is file:DIR or s3://bucket/prefix"):
        open_store(uri)


@pytest.mark.parametrize(
    ("uri", "opened"),
    [
        ("file:a b", "file:a b"),
        ("file:///srv/x", "file:/srv/x"),
        ("file:/srv/x", "file:/srv/x"),
        ("file:50%25", "file:50%25"),
    ],
)
def test_a_file_address_is_a_path(uri: str, opened: str) -> None:
    assert open_store(uri).uri == opened


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/some/where"])
def test_an_s3_address_opens_what_it_says(aws: str, uri: str) -> None:
    assert open_store(uri).uri == uri


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
