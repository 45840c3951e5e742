"""The commands of docs/operating.md that need no account, run step by step as they stand on the page.

tests/cli/test_operating.py checks that all the others exist.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore import xform_name

import quoth
from functions import indexer, ingest, search
from functions.local import events
from functions.local.events import LambdaContext
from functions.runtime import settings
from functions.slack import function as slack
from quoth.archive import Archive
from quoth.cli import main
from quoth.engine.segment import layout
from quoth.engine.segment.reader import SegmentReader
from quoth.errors import Damaged, Removed
from quoth.ingest import originals
from quoth.storage import history, segments, snapshot
from quoth.storage.files.page_cache import PageCache
from quoth.storage.files.segment_file import SegmentFile
from quoth.storage.maintenance import garbage
from quoth.storage.manifest import SegmentEntry
from tests.conftest import BUCKET, INBOX, REGION
from tests.support.builders import a_given, an_article
from tests.support.events import committed, http
from tests.support.served import queued
from tools.sign_event import signed

PAGE = Path(__file__).resolve().parents[3] / "docs/operating.md"
ROOT = PAGE.parents[1]
FROM_NOTHING, ROTATING = "From nothing to Slack", "Rotating the secret of Slack"
ERASING, PERSON = "Erasing an article", "A person asks to be forgotten"
SEGMENT, MANIFEST_S3, MANIFEST_DIRECTORY, BACKUP, BUCKET_BACKUP, WENT_BACK, NO_VERSION = (
    "A segment or a past generation is damaged or gone, on S3",
    "manifest.json is damaged or gone, on S3",
    "manifest.json is damaged or gone, in a directory",
    "Backing up a directory",
    "Backing up a bucket",
    "A reader says that manifest.json went back",
    "No good version is left",
)


def blocks(title: str) -> list[list[str]]:
    """Return the commands of each console block of a section, without its subsections."""
    section = re.split(rf"\n###? {re.escape(title)}\n", PAGE.read_text("utf-8"))[1].split("\n## ")[0].split("\n### ")[0]
    return [
        [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    ]


class Operator:
    """Runs commands in a folder; `known` has the values of the placeholders, or functions of the last output."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.out = ""
        self._capsys = capsys

    def follow(self, commands: list[str], **known: str | Callable[[str], str]) -> None:
        """Run commands, each of which must succeed."""

        def fill(placeholder: re.Match[str]) -> str:
            value = known.get(placeholder[0], placeholder[0])
            return value if isinstance(value, str) else value(self.out)

        for command in commands:
            self.out = self.run(shlex.split(re.sub(r"\b[A-Z_]+\b", fill, command)))

    def run(self, words: list[str]) -> str:
        match words:
            case ["quoth", *arguments]:
                code = main.main(arguments)
                out, err = self._capsys.readouterr()
                assert code == 0, f"{words}: {out}{err}"
                return out
            case ["aws", "s3", "sync", source, target, *options]:
                return self._sync(source, target, [word for word in options if word != "--exclude"])
            case ["aws", service, operation, *arguments]:
                return json.dumps(self._aws(service.removesuffix("api"), operation, arguments), default=str)
            case ["curl", address]:
                target = urlsplit(address)
                answer = search.handler(http("GET", f"{target.path}?{target.query}"), LambdaContext("search"))
                return str(answer["body"])
            case ["cp" | "ls" | "mkdir", *_]:
                return subprocess.run(words, cwd=self.folder, check=True, capture_output=True, text=True).stdout
        raise AssertionError(f"the page has a command that the test cannot run: {words}")

    def _sync(self, source: str, target: str, without: list[str]) -> str:
        """Copy what is not there yet between a folder and a bucket, but for keys like some."""
        s3 = boto3.client("s3")
        folder = self.folder / (target if source.startswith("s3://") else source)
        bucket = (source if source.startswith("s3://") else target).removeprefix("s3://")
        there = {item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
        here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        chosen = there - here if source.startswith("s3://") else here - there
        for key in sorted(key for key in chosen if not any(fnmatch(key, pattern) for pattern in without)):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            if source.startswith("s3://"):
                (folder / key).write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            else:
                s3.put_object(Bucket=bucket, Key=key, Body=(folder / key).read_bytes())
        return ""

    def _aws(self, service: str, operation: str, arguments: list[str]) -> Any:
        """Call an operation as the AWS command line does: it takes names from the same model, and one output file."""
        client = boto3.client(service)  # type: ignore[call-overload]
        model = client.meta.service_model
        (name,) = (name for name in model.operation_names if xform_name(name, "-") == operation)
        shapes = model.operation_model(name).input_shape.members
        members = {f"--{xform_name(member, '-')}": member for member in shapes}
        words, given, files = iter(arguments), dict[str, Any](), list[str]()
        for word in words:
            if not word.startswith("--"):
                files.append(word)
            elif shapes[member := members[word]].type_name == "boolean":
                given[member] = True
            elif shapes[member].type_name == "blob":
                given[member] = (self.folder / next(words)).read_bytes()
            else:
                given[member] = {"integer": int}.get(shapes[member].type_name, str)(next(words))
        answer = getattr(client, xform_name(name))(**given)
        if "Body" in answer:
            (file,) = files
            (self.folder / file).write_bytes(answer.pop("Body").read())
        return answer


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Operator(tmp_path, capsys)


@pytest.fixture
def bucket(aws: str) -> Any:
    """A bucket that keeps old versions, as template.yaml makes it."""
    client = boto3.client("s3")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def in_use(uri: str) -> Archive:
    """Return an archive of three articles in three generations, which has answered: a warm reader."""
    archive = quoth.open(uri)
    for number in range(3):
        add(archive, number)
    assert found(archive) == (3, 3)
    return archive


def add(archive: Archive, number: int) -> None:
    archive.add(an_article(f"“Number {number} will hold,” said Ada Okafor.", id=f"urn:{number}"))


def found(reader: Archive) -> tuple[int, int]:
    """Return the generation and the number of quotes that a search sees."""
    page = reader.search("number", limit=100)
    return page.generation, page.total


def fails(reader: Archive) -> str:
    """Return the error of a search."""
    with pytest.raises(Damaged) as error:
        found(reader)
    return str(error.value)


def latest(listing: str) -> str:
    """Return the id of the newest version or delete marker in a listing of versions."""
    answer = json.loads(listing)
    versions = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
    return next(str(version["VersionId"]) for version in versions if version["IsLatest"])


def older(listing: str) -> str:
    """Return the id of the newest version before the one that is current, or that was deleted."""
    return next(str(version["VersionId"]) for version in json.loads(listing)["Versions"] if not version["IsLatest"])


def uploaded(key: str) -> None:
    """Do what S3, Lambda and SQS do after an upload."""
    event = committed("ingest-upload")
    event["Records"][0]["s3"] = {"bucket": {"name": INBOX}, "object": {"key": key}}
    ingest.handler(event, LambdaContext("ingest"))
    bodies = queued(settings.current().queue_url)
    assert indexer.handler(events.sqs_event(bodies), LambdaContext("indexer")) == {"batchItemFailures": []}


def accepts(secret: str) -> bool:
    """Whether the Slack function accepts a command that was signed with a secret."""
    now = int(time.time())
    command = signed(committed("slack-command"), now, secret)
    return bool(slack.handler(command, LambdaContext("slack"))["statusCode"] == 200)


@pytest.mark.prove
class TestFromNothing:
    """What comes after `sam deploy`."""

    @pytest.fixture(autouse=True)
    def deployed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_SLACK_SECRET_PARAMETER", "/quoth/slack/signing-secret")
        parameters.clear_caches()

    def test_an_article_is_found_and_slack_is_answered(self, bucket: Any, operator: Operator) -> None:
        _, _, first, own, in_slack, _ = blocks(FROM_NOTHING)
        shutil.copytree(ROOT / "demo", operator.folder / "demo")
        upload, ask = first
        operator.follow([upload], INBOX=INBOX)
        uploaded("inbox/article.txt")
        operator.follow([ask], API_URL="https://api.example.org")
        assert "land swapping" in json.loads(operator.out)["hits"][0]["text"]
        activate, *asked = own
        assert activate == ". .venv/bin/activate"
        for command in asked:
            operator.follow([command], STORE=BUCKET)
        manifest, secret = in_slack
        operator.follow([manifest], API_URL="https://api.example.org")
        assert "https://api.example.org/v1/slack/command" in operator.out
        operator.follow([secret], SECRET="s3cr3t")
        assert accepts("s3cr3t")
        assert not accepts("another")

    def test_both_secrets_are_valid_until_the_old_one_is_left_out(self, bucket: Any, operator: Operator) -> None:
        in_use(f"s3://{BUCKET}")
        both, one = blocks(ROTATING)
        operator.follow(both, NEW="n3w", OLD="0ld")
        assert (accepts("n3w"), accepts("0ld")) == (True, True)
        operator.follow(one, NEW="n3w")
        parameters.clear_caches()  # five minutes later
        assert (accepts("n3w"), accepts("0ld")) == (True, False)

    def test_a_failed_upload_is_read_and_its_message_deleted(self, bucket: Any, operator: Operator, aws: str) -> None:
        """A redrive is S3's own, which moto does not have."""
        _, (read, delete, purge) = blocks("Dead letters")
        for body in ("one", "two"):
            boto3.client("sqs").send_message(QueueUrl=aws, MessageBody=body)
        operator.follow([read], URL=aws)
        (message,) = json.loads(operator.out)["Messages"]
        assert message["Body"] == "one"
        operator.follow([delete], URL=aws, HANDLE=message["ReceiptHandle"])
        operator.follow([read], URL=aws)
        assert [left["Body"] for left in json.loads(operator.out)["Messages"]] == ["two"]
        operator.follow([purge, read], URL=aws)
        assert "Messages" not in json.loads(operator.out)


DAMAGED_OR_GONE = pytest.mark.parametrize("is_gone", [False, True], ids=["damaged", "gone"])


@pytest.mark.prove
class TestOnS3:
    @DAMAGED_OR_GONE
    def test_an_older_version_of_a_segment_returns(self, bucket: Any, operator: Operator, is_gone: bool) -> None:
        warm = in_use(f"s3://{BUCKET}")
        lost = snapshot.load(warm.store).manifest.segments[0]
        self.spoil(bucket, segments.key(lost), is_gone)
        fails(quoth.open(f"s3://{BUCKET}"))
        (commands,) = blocks(SEGMENT)
        operator.follow(commands, NAME=BUCKET, ID=lost.id, THE_BAD_ONE=latest)
        assert "nothing is damaged" in operator.out
        assert found(warm) == found(quoth.open(f"s3://{BUCKET}")) == (3, 3)

    @DAMAGED_OR_GONE
    def test_an_older_version_of_the_manifest_is_restored_and_every_reader_goes_on(
        self, bucket: Any, operator: Operator, is_gone: bool
    ) -> None:
        warm = in_use(f"s3://{BUCKET}")
        self.spoil(bucket, snapshot.KEY, is_gone)
        fails(warm)
        fails(quoth.open(f"s3://{BUCKET}"))
        (commands,) = blocks(MANIFEST_S3)
        operator.follow(commands, NAME=BUCKET, THE_GOOD_ONE=older)
        assert "nothing is damaged" in operator.out
        assert found(warm) == found(quoth.open(f"s3://{BUCKET}")) == (4, 3)
        add(warm, 4)
        assert found(warm) == (5, 4)

    def test_a_reader_of_a_manifest_that_went_back_goes_on_above_it(self, bucket: Any, operator: Operator) -> None:
        archive = in_use(f"s3://{BUCKET}")
        old = bucket.list_object_versions(Bucket=BUCKET, Prefix=snapshot.KEY)["Versions"][1]["VersionId"]
        data = bucket.get_object(Bucket=BUCKET, Key=snapshot.KEY, VersionId=old)["Body"].read()
        bucket.put_object(Bucket=BUCKET, Key=snapshot.KEY, Body=data)
        assert "`quoth restore FILE --above 3`" in fails(archive)
        _, on_s3 = blocks(WENT_BACK)
        operator.follow([command.replace("57", "3") for command in on_s3], NAME=BUCKET)
        assert found(archive) == found(quoth.open(f"s3://{BUCKET}")) == (4, 2)

    def test_without_a_good_version_the_later_articles_are_added_again(
        self, bucket: Any, operator: Operator, aws: str
    ) -> None:
        archive = in_use(f"s3://{BUCKET}")
        article = an_article("“Number 2 will hold,” said Ada Okafor.", id="urn:2")
        (key,) = originals.keep(archive.store, [article])
        bucket.delete_object(Bucket=BUCKET, Key=segments.key(snapshot.load(archive.store).manifest.segments[-1]))
        fails(quoth.open(f"s3://{BUCKET}"))
        back, again = blocks(NO_VERSION)
        operator.follow([command.replace("41", "2") for command in back[:2]])
        assert found(archive) == (4, 2)
        operator.follow(again, URL=aws, KEY=key)
        (message,) = boto3.client("sqs").receive_message(QueueUrl=aws)["Messages"]
        batch = events.sqs_event([message["Body"]])
        assert indexer.handler(batch, LambdaContext("indexer")) == {"batchItemFailures": []}
        assert found(archive) == found(quoth.open(f"s3://{BUCKET}")) == (5, 3)

    def test_a_backup_fills_another_bucket_and_returns_a_lost_segment(self, bucket: Any, operator: Operator) -> None:
        archive = in_use(f"s3://{BUCKET}")
        backed_up, restored, single = blocks(BUCKET_BACKUP)
        operator.follow(backed_up, STORE=BUCKET, BACKUP="backup")
        add(archive, 4)
        bucket.create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": REGION})
        operator.follow(restored, STORE="another", BACKUP="backup")
        assert "nothing is damaged" in operator.out
        assert found(quoth.open("s3://another")) == (4, 3)
        lost = snapshot.load(archive.store).manifest.segments[0]
        bucket.delete_object(Bucket=BUCKET, Key=segments.key(lost))
        operator.follow(single, STORE=BUCKET, BACKUP="backup", ID=lost.id)
        assert found(quoth.open(f"s3://{BUCKET}")) == (4, 4)

    @staticmethod
    def spoil(bucket: Any, key: str, is_gone: bool) -> None:
        if is_gone:
            bucket.delete_object(Bucket=BUCKET, Key=key)
        else:
            bucket.put_object(Bucket=BUCKET, Key=key, Body=b"nothing of ours")


@pytest.mark.prove
def test_an_article_is_erased_from_every_place(
    bucket: Any, operator: Operator, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of a quote is its tombstone."""
    monkeypatch.setitem(garbage.collect.__kwdefaults__, "grace", -9.0)  # a day later; clocks count seconds
    monkeypatch.setattr(history, "DAY", -9.0)
    archive, name = quoth.open(f"s3://{BUCKET}"), "urn:gone"
    gone = an_article("“Zanzibar is mine,” said Ada Okafor.", id=name)
    bucket.put_object(Bucket=INBOX, Key="inbox/gone.txt", Body=gone.body.encode())
    others = [a_given(f"Number {number}.", id=str(number)) for number in range(20)]
    archive.add([gone, a_given("Zanzibar will be mine.", id="given"), *others])
    (quote_id,) = (hit.quote.id for hit in archive.search("zanzibar", speaker="Ada Okafor").hits)
    bucket.put_object(Bucket=BUCKET, Key="exports/1.csv", Body=gone.body.encode())
    (given,) = (hit.quote.id for hit in archive.search('"will be"').hits)
    now, later, _, versions = blocks(ERASING)
    for one in (name, given):
        operator.follow(now, NAME=one)
    add(archive, 1)
    operator.follow(later)
    (batch,) = archive.store.list("imports/").entries
    folder = f"articles/{gone.key}/"
    places = [(BUCKET, prefix) for prefix in (folder, batch.key, "exports/", "segments/")] + [(INBOX, "inbox/gone.txt")]
    for place, prefix in places:
        listing, deletion = versions
        operator.follow([listing], NAME=place, PREFIX=prefix)
        listed = json.loads(operator.out)
        for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
            if prefix != "segments/" or not one["IsLatest"]:
                operator.follow([deletion], NAME=place, KEY=one["Key"], VERSION=one["VersionId"])
    kept = {segments.key(entry) for entry in snapshot.load(archive.store).manifest.segments}
    for place in (BUCKET, INBOX):
        for one in bucket.list_object_versions(Bucket=place).get("Versions", ()):
            key = one["Key"]
            data = bucket.get_object(Bucket=place, Key=key, VersionId=one["VersionId"])["Body"].read()
            plain = zlib.decompress(data) if key.startswith(("articles/", "imports/")) else data
            assert b"Zanzibar" not in plain, key
            assert not key.startswith("segments/") or key in kept
    readers = [SegmentReader(file, layout.from_json(entry.table)) for file, entry in opened(archive)]
    assert not any(b"zanzibar" in [*reader.dictionary("exact.terms")] for reader in readers if reader.documents)
    with pytest.raises(Removed, match="was withdrawn in generation"):
        quoth.open(f"s3://{BUCKET}").get(quote_id)


def opened(archive: Archive) -> Iterator[tuple[SegmentFile, SegmentEntry]]:
    """Yield the file and the entry of each segment."""
    entries = [entry for entry in snapshot.load(archive.store).manifest.segments if entry.table]
    return zip(PageCache(archive.store).open(entries), entries, strict=True)


class TestInADirectory:
    @pytest.fixture(autouse=True)
    def named(self, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = operator.folder / "archive"
        self.uri = f"file:{self.folder}"
        monkeypatch.setenv("QUOTH_STORE", self.uri)

    def spoil(self, is_gone: bool) -> None:
        if is_gone:
            (self.folder / snapshot.KEY).unlink()
        else:
            (self.folder / snapshot.KEY).write_bytes(b"nothing of ours")

    @DAMAGED_OR_GONE
    def test_the_last_copy_of_the_history_is_restored(self, operator: Operator, is_gone: bool) -> None:
        warm = in_use(self.uri)
        self.spoil(is_gone)
        fails(warm)
        fails(quoth.open(self.uri))
        (commands,) = blocks(MANIFEST_DIRECTORY)
        listed, restored, scrubbed = commands
        operator.follow([listed, restored], ARCHIVE="archive", THE_LAST=lambda names: names.split()[-1])
        assert operator.out == (
            "generation 4 has the contents of generation 2, 2 quotes; add again what was committed up to generation 3\n"
        )
        operator.follow([scrubbed])
        assert found(warm) == found(quoth.open(self.uri)) == (4, 2)
        add(warm, 2)
        assert found(warm) == found(quoth.open(self.uri)) == (5, 3)

    @pytest.mark.parametrize("loss", ["damaged", "gone", "everything"])
    def test_a_backup_is_made_and_restored(self, operator: Operator, loss: str) -> None:
        warm = in_use(self.uri)
        names = {"ARCHIVE": "archive", "BACKUP": "backup"}
        backed_up, restored = blocks(BACKUP)
        operator.follow(backed_up, **names)
        for number in (4, 5):
            add(warm, number)
        assert found(warm) == (5, 5)
        if loss == "everything":
            self.folder.rename(operator.folder / "lost")
            self.folder.mkdir()
        else:
            self.spoil(loss == "gone")
        operator.follow(restored, **names)
        assert "nothing is damaged" in operator.out
        if loss == "everything":
            assert found(quoth.open(self.uri)) == (4, 3)
            assert "`quoth restore FILE --above 5`" in fails(warm)
            here, _ = blocks(WENT_BACK)
            operator.follow([command.replace("57", "5") for command in here], **names)
        assert found(warm) == found(quoth.open(self.uri)) == (6, 3)

    def test_a_person_is_forgotten(self, operator: Operator) -> None:
        """The rows name each article with their words; the second command finds what is said about them."""
        archive = quoth.open(self.uri)
        archive.add([an_article("“Zanzibar is mine,” said Ada Okafor.", id=f"urn:{n}") for n in range(3)])
        archive.add(an_article("“It rains,” said Bo Lind.", id="urn:bo", headline="Bo Lind meets Ada Okafor"))
        theirs, about = blocks(PERSON)[0]
        operator.follow([theirs], NAME="'Ada Okafor'")
        exported = [json.loads(line) for line in (operator.folder / "theirs.jsonl").read_text("utf-8").splitlines()]
        names = {row["article"]["id"] for row in exported}
        assert names == {f"urn:{number}" for number in range(3)}
        operator.follow([about], NAME="'Ada Okafor'")
        assert "It rains" in operator.out
        for name in names:
            operator.follow(blocks(ERASING)[0], NAME=name)
        assert archive.search("zanzibar").total == 0
        assert archive.search("rains").total == 1

    def test_a_segment_that_is_gone_is_rolled_back(self, operator: Operator) -> None:
        warm = in_use(self.uri)
        (self.folder / segments.key(snapshot.load(warm.store).manifest.segments[-1])).unlink()
        fails(quoth.open(self.uri))
        back, _ = blocks(NO_VERSION)
        *before, scrubbed = (command.replace("41", "2") for command in back)
        operator.follow(before)
        assert found(warm) == found(quoth.open(self.uri)) == (4, 2)
        findings = warm.scrub().findings
        assert scrubbed == "quoth scrub"
        assert len(findings) == 1
        assert "is gone, but history/000000000003-" in findings[0].what


def test_every_command_of_these_sections_is_run() -> None:
    """A new section about damage needs a test here."""
    text = PAGE.read_text("utf-8").split("\n## Checking for damage\n")[1].split("\n## ")[0]
    titles = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert titles == [SEGMENT, MANIFEST_S3, MANIFEST_DIRECTORY, BACKUP, BUCKET_BACKUP, WENT_BACK, NO_VERSION]
