"""Input sources: read lazily, in a fixed order, and never more of a line than its limit."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.article import MAX_BYTES
from quoth.errors import BadInput
from quoth.ingest.formats import quotes, sources
from quoth.ingest.formats.sources import Source
from tests.support.effort import sampled

ENDINGS = (".txt", ".json", ".jsonl")


def ignore(_: int) -> None:
    pass


def read(source: Source) -> bytes:
    with sources.opened(source) as file:
        return file.read()


def a_pipe(path: Path, data: bytes) -> Path:
    """A named pipe with one writer; its data can be read only once."""
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(data,), daemon=True).start()
    return path


class TestLines:
    @sampled(100)
    @given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b""))))
    def test_lines_are_split_at_line_ends(self, lines: list[bytes]) -> None:
        counted: list[int] = []
        data = b"".join(line + b"\n" for line in lines)
        assert list(sources.lines(io.BytesIO(data), counted.append)) == lines
        assert sum(counted) == len(data)

    def test_a_line_that_just_fits_is_whole_and_the_last_needs_no_end(self) -> None:
        longest = b"x" * MAX_BYTES
        assert list(sources.lines(io.BytesIO(longest + b"\n" + longest), ignore)) == [longest, longest]

    def test_a_line_that_is_too_long_is_refused_without_being_held_and_the_next_is_read(self) -> None:
        class Watched(io.BytesIO):
            largest = 0

            def readline(self, size: int | None = -1, /) -> bytes:
                line = super().readline(size)
                self.largest = max(self.largest, len(line))
                return line

        counted: list[int] = []
        file = Watched(b"x" * (5 * MAX_BYTES) + b'\n{"text": "No.", "speaker": "Ada"}\n')
        bad, good = quotes.read_lines("q.jsonl", sources.lines(file, counted.append))
        assert isinstance(bad, BadInput)
        assert str(bad) == "q.jsonl line 1: is too long; the limit is 1,048,576 bytes"
        assert not isinstance(good, BadInput)
        assert file.largest <= MAX_BYTES + 2
        assert sum(counted) == len(file.getvalue())

    def test_leading_spaces_do_not_hide_an_overlong_line(self) -> None:
        """A check for blank lines that sees only the beginning of this line would drop it."""
        file = io.BytesIO(b" " * (MAX_BYTES + 2) + b"rubbish\n")
        (bad,) = quotes.read_lines("q.jsonl", sources.lines(file, ignore))
        assert isinstance(bad, BadInput)

    def test_an_overlong_file_is_read_only_just_past_the_limit(self) -> None:
        assert len(sources.whole(io.BytesIO(b"x" * (3 * MAX_BYTES)), ignore)) == MAX_BYTES + 1


class TestFolders:
    def test_files_come_in_a_fixed_order_those_of_a_folder_before_those_below(self, tmp_path: Path) -> None:
        for name in ("b.txt", "a/d.txt", "c.JSON", "a/b/e.jsonl", "no.pdf"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        found = [str(file.path.relative_to(tmp_path)) for file in self.files(tmp_path) if file.path]
        assert found == ["b.txt", "c.JSON", "a/d.txt", "a/b/e.jsonl"]

    def test_a_sidecar_is_no_file_of_its_own(self, tmp_path: Path) -> None:
        for name in ("a.txt", "a.json", "b.json", "LOUD.TXT", "LOUD.json"):
            (tmp_path / name).touch()
        assert [file.path and file.path.name for file in self.files(tmp_path)] == ["LOUD.TXT", "a.txt", "b.json"]

    def test_a_file_argument_needs_no_known_ending(self, tmp_path: Path) -> None:
        assert self.files(tmp_path / "missing.pdf") == [Source(str(tmp_path / "missing.pdf"), tmp_path / "missing.pdf")]

    def test_a_link_out_of_the_folder_is_not_read(self, tmp_path: Path) -> None:
        """A folder may come from somebody else; a file that only this user may read is not part of it."""
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret" / "key.txt").write_bytes(b"secret")
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "linked").symlink_to(tmp_path / "secret")
        (folder / "a.txt").symlink_to("../secret/key.txt")
        (source,) = self.files(folder)
        with pytest.raises(OSError, match="a symbolic link leads out of the folder"):
            read(source)

    def test_a_link_within_the_folder_is_read_and_so_is_one_that_the_user_named(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "b.txt").write_bytes(b"text")
        (tmp_path / "folder" / "a.txt").symlink_to("b.txt")
        (tmp_path / "link").symlink_to("folder")
        (tmp_path / "c.txt").symlink_to("folder/b.txt")
        found = [*self.files(tmp_path / "link"), *self.files(tmp_path / "c.txt")]
        assert [read(source) for source in found] == [b"text"] * 3

    def files(self, path: Path) -> list[Source]:
        return list(sources.files(sources.named(str(path), "-"), ENDINGS))


class TestSize:
    def test_it_is_the_sum_and_what_is_missing_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"12")
        (tmp_path / "b").write_bytes(b"345")
        assert sources.size(Source(name, tmp_path / name) for name in ("a", "b", "missing")) == 5

    def test_the_size_of_a_pipe_is_unknown(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert sources.size([Source("pipe", tmp_path / "pipe")]) is None
        assert sources.size([sources.named("-", "standard input")]) is None


class TestReadingTwice:
    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "temporary"
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        return folder

    def test_standard_input_is_copied_and_the_copy_is_gone_afterwards(
        self, temporary: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"once")))
        with sources.repeatable(sources.named("-", "standard input")) as source:
            assert source.name == "standard input"
            assert [read(source), read(source)] == [b"once", b"once"]
        assert list(temporary.iterdir()) == []

    def test_a_named_pipe_is_copied_too(self, tmp_path: Path) -> None:
        """The shell's `<(zcat quotes.jsonl.gz)` is such a pipe."""
        path = a_pipe(tmp_path / "pipe", b"once")
        with sources.repeatable(sources.named(str(path), "-")) as source:
            assert source.name == str(path)
            assert [read(source), read(source)] == [b"once", b"once"]

    @pytest.mark.parametrize("name", ["file", "folder", "missing"])
    def test_a_regular_file_is_not_copied(self, tmp_path: Path, temporary: Path, name: str) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        given = sources.named(str(tmp_path / name), "-")
        with sources.repeatable(given) as source:
            assert source == given
            assert list(temporary.iterdir()) == []

    def test_a_full_disk_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))
        with (
            pytest.raises(BadInput, match=r"standard input: cannot be copied to .*: No space left on device"),
            sources.repeatable(sources.named("-", "standard input")),
        ):
            pass
