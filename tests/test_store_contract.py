"""One contract, every store."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable
from quoth.storage.address import open_store
from quoth.storage.directory import DirectoryStore
from quoth.storage.memory import MemoryStore
from quoth.storage.s3 import PARALLEL, S3Store
from quoth.storage.store import Range, Store
from tests.conftest import BUCKET

KEY = "segments/3f2a"


REAL = pytest.param("real s3", marks=pytest.mark.prove)


@pytest.fixture(params=["memory", "directory", "s3", "s3 under a prefix", REAL])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "directory":
            yield DirectoryStore(tmp_path / "not yet there")
        case "s3":
            request.getfixturevalue("aws")
            yield S3Store(BUCKET)
        case "real s3":
            for name, value in request.getfixturevalue("real_s3").items():
                request.getfixturevalue("monkeypatch").setenv(name, value)
            request.getfixturevalue("monkeypatch").setattr(boto3, "DEFAULT_SESSION", None)
            yield S3Store(BUCKET, f"contract/{uuid.uuid4()}")
        case _:
            request.getfixturevalue("aws")
            yield S3Store(BUCKET, "some/where")


def test_what_was_created_is_read(store: Store) -> None:
    etag = store.create(KEY, b"one")
    assert store.get(KEY).data == b"one"
    assert store.get(KEY).etag == etag


def test_an_empty_object_is_an_object(store: Store) -> None:
    store.create(KEY, b"")
    assert store.get(KEY).data == b""


def test_what_is_not_there_is_not_found(store: Store) -> None:
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


def test_a_swap_needs_the_current_tag(store: Store) -> None:
    first = store.create(KEY, b"one")
    second = store.replace(KEY, b"two", first)
    with pytest.raises(Conflict):
        store.replace(KEY, b"three", first)
    assert store.get(KEY).data == b"two"
    assert store.get(KEY).etag == second != first


def test_what_is_not_there_cannot_be_swapped(store: Store) -> None:
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
    """HTTP cannot ask for it; so nobody finds out whether the object is there."""
    assert store.get_range(KEY, 3, 3) == b""
    assert list(store.get_ranges([Range(KEY, 3, 3), Range(KEY, 0, 0)])) == [b"", b""]


def test_ranges_come_in_the_order_in_which_they_were_asked_for(store: Store) -> None:
    store.create("segments/1", b"0123456789")
    store.create("segments/2", b"abcdefghij")
    asked = [Range(f"segments/{1 + n % 2}", n % 7, n % 7 + n % 5) for n in range(30)]
    assert list(store.get_ranges(asked)) == [store.get_range(*wanted) for wanted in asked]
    assert list(store.get_ranges(asked[:1])) == [b""]
    assert list(store.get_ranges([])) == []


def test_of_ranges_one_may_not_be_there(store: Store) -> None:
    store.create(KEY, b"0123456789")
    answers = store.get_ranges([Range(KEY, 0, 2), Range("segments/none", 0, 2), Range(KEY, 4, 6)])
    assert next(answers) == b"01"
    with pytest.raises(NotFound, match="segments/none"):
        next(answers)


def test_s3_is_asked_for_several_ranges_at_once() -> None:
    """The client here answers nobody before eight have asked."""
    everybody = threading.Barrier(PARALLEL, timeout=10)

    class Client:
        def get_object(self, Range: str, **_: str) -> dict[str, io.BytesIO]:  # noqa: N803 - boto3's name
            everybody.wait()
            return {"Body": io.BytesIO(Range.encode())}

    store = S3Store(BUCKET, client=Client())  # type: ignore[arg-type]
    asked = [Range(KEY, 10 * n, 10 * n + 10) for n in range(2 * PARALLEL)]
    assert list(store.get_ranges(asked)) == [f"bytes={10 * n}-{10 * n + 9}".encode() for n in range(2 * PARALLEL)]


@pytest.mark.parametrize("store", ["memory", "directory", REAL], indirect=True)
def test_of_many_writers_one_wins(store: Store) -> None:
    """Not against moto, which compares and swaps in two steps; S3 itself promises it."""
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
    with pytest.raises(ValueError, match="not a key"):
        store.get(key)


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
def test_what_s3_says_is_translated_by_what_the_caller_must_do(aws: str, code: str, meaning: type[QuothError]) -> None:
    store = S3Store(BUCKET)
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "PutObject")
    assert type(store._meaning(KEY, error)) is meaning


@pytest.mark.parametrize("setting", [("AWS_PROFILE", "no-such-profile"), ("AWS_ENDPOINT_URL_S3", "junk")])
def test_a_client_that_cannot_be_made_is_refused(monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str]) -> None:
    monkeypatch.setenv(*setting)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(Refused, match="AWS_PROFILE"):
        S3Store(BUCKET)


def test_a_home_that_is_nobodys_is_refused() -> None:
    with pytest.raises(Refused, match="no-such-user"):
        open_store("file:~no-such-user/x")


def test_a_bucket_that_does_not_exist_is_refused_by_name(aws: str) -> None:
    with pytest.raises(Refused, match="no-such-bucket"):
        S3Store("no-such-bucket").get(KEY)


@pytest.mark.parametrize("uri", ["", "archive", "file:", "s3://", "s3://A", "http://x", "s3://bucket?x", "memory:"])
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(QuothError, match="a store is file:DIR or s3://bucket/prefix"):
        open_store(uri)


@pytest.mark.parametrize(
    ("uri", "opened"),
    [
        ("file:a b", "file:a b"),
        ("file:///tmp/x", "file:/tmp/x"),
        ("file:/tmp/x", "file:/tmp/x"),
        ("file:50%25", "file:50%25"),
    ],
)
def test_a_file_address_is_a_path(uri: str, opened: str) -> None:
    assert open_store(uri).uri == opened


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/some/where"])
def test_an_s3_address_opens_what_it_says(aws: str, uri: str) -> None:
    assert open_store(uri).uri == uri
