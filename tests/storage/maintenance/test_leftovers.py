"""The temporary files that killed writers leave in a directory."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from quoth.archive import Archive
from quoth.storage.maintenance.garbage import GRACE
from quoth.storage.stores.directory import DirectoryStore
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import SweepableStore
from tests.support.builders import a_given

KEY = "segments/3f2a"
KILLED = """\
import os, pathlib, signal, sys
from quoth.storage.stores.directory import DirectoryStore
os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
DirectoryStore(pathlib.Path(sys.argv[1])).create(sys.argv[2], b"half of")
"""


def left(store: DirectoryStore, *, delete: bool = True) -> list[str]:
    return [file.key for file in store.leftovers(60.0, delete=delete)]


def aged(path: Path) -> Path:
    """The file, as old as can be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (1_000, 1_000))
    return path


def test_the_file_of_a_killed_writer_goes_once_it_is_old(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), KEY], check=False)
    assert done.returncode == -signal.SIGKILL
    (file,) = (tmp_path / "segments").iterdir()
    store = DirectoryStore(tmp_path)
    assert left(store) == []
    aged(file)
    assert left(store, delete=False) == left(store) == [f"segments/{file.name}"]
    assert list((tmp_path / "segments").iterdir()) == []


def test_the_file_of_a_live_writer_stays_however_old(tmp_path: Path) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            for path in (tmp_path / "segments").iterdir():
                aged(path)
            found.append(left(DirectoryStore(tmp_path)))
            return super().read(size)

    found: list[list[str]] = []
    DirectoryStore(tmp_path).create(KEY, Slow(b"one"))
    assert found
    assert not any(found)
    assert DirectoryStore(tmp_path).get(KEY).data == b"one"


def test_no_other_file_is_touched(tmp_path: Path) -> None:
    outside = aged(tmp_path / "outside" / ".tmp-1")
    store = DirectoryStore(tmp_path / "store")
    assert left(store) == []
    kept = [aged(store.root / name) for name in (KEY, ".lock", ".htaccess", ".git/.tmp-1", "segments/x.tmp-1")]
    (store.root / "linked").symlink_to(outside.parent)
    (store.root / ".tmp-2").symlink_to(outside)
    assert left(store) == []
    assert all(path.exists() for path in (outside, *kept))


def test_a_collection_deletes_them_and_says_so(tmp_path: Path) -> None:
    archive = Archive(DirectoryStore(tmp_path))
    old, young = tmp_path / "articles" / ".tmp-1", tmp_path / "articles" / ".tmp-2"
    archive.add(a_given())
    aged(old)
    young.touch()
    counted: list[None] = []
    told = archive.collect(dry_run=True)
    assert old.exists()
    assert told.deleted == archive.collect(done=lambda: counted.append(None)).deleted
    assert ([file.key for file in told.deleted], len(counted)) == (["articles/.tmp-1"], 1)
    assert (old.exists(), young.exists()) == (False, True)
    assert GRACE == 3600.0  # what the help of `quoth collect` says


def test_before_the_first_commit_they_stay(tmp_path: Path) -> None:
    """The manifest may be lost; then these files are all that is left."""
    old = aged(tmp_path / "segments" / ".tmp-1")
    assert Archive(DirectoryStore(tmp_path)).collect().deleted == ()
    assert old.exists()


def test_other_stores_have_none() -> None:
    assert not isinstance(MemoryStore(), SweepableStore)
