"""Backfills: batches of an archive, indexed by the state machine of template.yaml, begun again without harm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions import indexer
from functions.local.events import LambdaContext
from functions.runtime import executions, settings
from quoth.archive import Archive, open_archive
from quoth.article import Article
from quoth.errors import BadInput, Damaged, NotFound, Refused, Unavailable
from quoth.ingest import backfill, originals
from quoth.ingest.backfill import BackfillState, BatchResult
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.s3 import S3Store
from tests.conftest import ACCOUNT, BUCKET, INBOX, REGION, _free_ports, renew_session
from tests.house.test_template import FUNCTIONS, RESOURCES, as_list, of_type, plain
from tests.support.builders import an_article
from tests.support.commands import Run
from tests.support.events import Ending
from tests.support.served import stored

NAMES = ("Ada Okafor", "Bo Lind", "Cy Beo", "Grace Mbeki")


def articles(number: int) -> list[Article]:
    return [an_article(f"“Number {n} holds,” said {NAMES[n % 4]}.", id=f"urn:{n}") for n in range(number)]


class TestBatches:
    def test_they_have_a_thousand_articles_and_some_text_and_are_the_same_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backfill, "ARTICLES_A_BATCH", 4)
        monkeypatch.setattr(backfill, "TEXT_A_BATCH", 200)
        stream = [*articles(6), an_article("x" * 150, id="long"), *articles(2)]
        sizes = [len(batch) for batch in backfill.batches(stream)]
        assert sizes == [4, 2, 2, 1]
        store = MemoryStore()
        first = [backfill.keep(store, "news", batch, ()) for batch in backfill.batches(stream)]
        assert [backfill.keep(store, "news", batch, first) for batch in backfill.batches(stream)] == first
        assert sorted(first) == backfill.stored(store, "news")
        assert [one for key in first for one in backfill.load(store, key)] == stream

    def test_the_longest_ends_in_time(self) -> None:
        """Its extraction in the worst case, besides the reads and writes of a thousand articles."""
        longest = indexer.SECONDS_A_COMMIT + indexer.SECONDS_A_CHARACTER * backfill.TEXT_A_BATCH
        assert longest + 0.03 * backfill.ARTICLES_A_BATCH < 0.5 * FUNCTIONS["IndexerFunction"]["Timeout"]

    @pytest.mark.parametrize("name", ["", "A", "../x", "a/b", "-a", "a" * 41, "é"])
    def test_a_name_is_a_part_of_a_key(self, name: str) -> None:
        with pytest.raises(BadInput, match="must have up to 40"):
            backfill.keep(MemoryStore(), name, articles(1), ())

    @pytest.mark.parametrize("key", ["manifest.json", "backfills/a/results/0.json", f"backfills/a/batches/{'0' * 64}"])
    def test_nothing_else_is_read_as_one(self, key: str) -> None:
        with pytest.raises(BadInput, match="is not the key of a batch"):
            backfill.load(MemoryStore(), key)

    def test_one_that_was_changed_is_not_read(self) -> None:
        store = MemoryStore()
        keys = [backfill.keep(store, "news", articles(n), ()) for n in (1, 2)]
        store.replace(keys[0], store.get(keys[1]).data, store.get(keys[0]).etag)
        with pytest.raises(Damaged, match="does not match its own hash"):
            backfill.load(store, keys[0])

    def test_a_state_is_saved_over_the_one_that_was_read(self) -> None:
        store = MemoryStore()
        assert backfill.state(store, "news") == (BackfillState(), None)
        tag = backfill.save(store, "news", BackfillState(articles=3), None)
        backfill.save(store, "news", BackfillState(articles=3, executions=("arn",)), tag)
        assert backfill.state(store, "news")[0].executions == ("arn",)
        assert backfill.names(store) == ["news"]


@pytest.mark.usefixtures("served")
class TestIndexer:
    def keep(self, batch: list[Article]) -> str:
        return backfill.keep(stored().store, "news", batch, ())

    def invoke(self, key: str, context: Any = None) -> Any:
        return indexer.handler({"batch": key}, context or LambdaContext("indexer"))

    def test_a_batch_is_one_commit_and_its_articles_are_kept(self) -> None:
        key = self.keep(articles(10))
        assert self.invoke(key) == {"articles": 10}
        archive = stored()
        assert (archive.stats().edition.generation, archive.stats().edition.quotes) == (1, 10)
        assert backfill.result_of(archive.store, key) == BatchResult(articles=10, added=10, quotes=10)
        (hit,) = archive.search("number holds", speaker="Ada Okafor", limit=1).hits
        context = archive.detail(hit.quote.id).context
        assert context is not None
        assert context.after.endswith(", said Ada Okafor.") or "said Ada Okafor" in context.after

    def test_once_it_is_told_nothing_is_done_again(self) -> None:
        key = self.keep(articles(3))
        self.invoke(key)
        stored().store.delete(key)
        assert self.invoke(key) == {"articles": 3}

    def test_every_verdict_is_counted(self) -> None:
        stored().add([an_article("“One,” said Ada Okafor.", id=f"urn:{n}", version=2) for n in range(4)])
        key = self.keep(
            [
                an_article("“One,” said Ada Okafor.", id="urn:0", version=2),
                an_article("“Two,” said Ada Okafor.", id="urn:1", version=2),
                an_article("“Two,” said Ada Okafor.", id="urn:2", version=3),
                an_article("“Two,” said Ada Okafor.", id="urn:3", version=1),
                an_article("“Gone,” said Ada Okafor.", id="urn:4", pub_status="canceled"),
                an_article("“New,” said Ada Okafor.", id="urn:5"),
            ]
        )
        self.invoke(key)
        assert backfill.result_of(stored().store, key) == BatchResult(
            articles=6, added=1, replaced=1, unchanged=1, superseded=1, withdrawn=1, refused=1, quotes=2
        )
        assert stored().status(an_article(id="urn:1").key).code == "clash"

    def test_a_store_that_fails_is_an_error_and_what_is_missing_is_done_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> Any:
            raise Unavailable("503 SlowDown")

        key = self.keep(articles(3))
        with monkeypatch.context() as during:
            during.setattr(Archive, "index", fail)
            with pytest.raises(Unavailable, match="3 of 3 articles are not indexed yet"):
                self.invoke(key)
        assert backfill.result_of(stored().store, key) is None
        self.invoke(key)
        assert stored().stats().edition.quotes == 3

    def test_without_time_it_begins_nothing(self) -> None:
        with pytest.raises(Unavailable):
            self.invoke(self.keep(articles(3)), Ending(10))
        assert stored().stats().edition.generation == 0

    def test_an_article_that_our_code_stumbles_over_is_counted_and_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from quoth.ingest import indexing

        real = indexing.extract

        def stumbling(article: Article, **how: Any) -> Any:
            if article.id == "urn:2":
                raise ZeroDivisionError
            return real(article, **how)

        monkeypatch.setattr(indexing, "extract", stumbling)
        key = self.keep(articles(5))
        self.invoke(key)
        assert backfill.result_of(stored().store, key) == BatchResult(articles=5, added=4, failed=1, quotes=4)
        assert stored().status(an_article(id="urn:2").key).code == "failed"

    def test_two_that_are_the_same_tell_one_result(self) -> None:
        key = self.keep(articles(2))
        store = stored().store
        first = backfill.finish(store, key, BatchResult(articles=2, added=2))
        assert backfill.finish(store, key, BatchResult(articles=2, unchanged=2)) == first


# ------------------------------------------------------------------------------------------------ the machine

MACHINE = RESOURCES["BackfillMachine"]["Properties"]


def test_the_machine_takes_batches_line_by_line_and_few_at_once() -> None:
    """A definition that CloudFormation would not take fails `make validate`."""
    batches = MACHINE["Definition"]["States"]["Batches"]
    assert batches["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert batches["ItemReader"]["ReaderConfig"]["CSVHeaders"] == ["batch"]
    queue = FUNCTIONS["IndexerFunction"]["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert batches["MaxConcurrency"] + queue < 10, "the quota of a new account, with room for searches"
    task = batches["ItemProcessor"]["States"]["Index"]
    assert plain(MACHINE["DefinitionSubstitutions"]["Indexer"]) == "IndexerFunction.Arn"
    assert task["Resource"] == "${Indexer}"
    assert task["TimeoutSeconds"] > FUNCTIONS["IndexerFunction"]["Timeout"]


def test_what_may_succeed_later_is_tried_again_at_random_times_and_what_cannot_is_not() -> None:
    never, always = MACHINE["Definition"]["States"]["Batches"]["ItemProcessor"]["States"]["Index"]["Retry"]
    assert never["MaxAttempts"] == 0
    assert {error.__name__ for error in (Damaged, BadInput, NotFound)} == {*never["ErrorEquals"]}
    assert (always["ErrorEquals"], always["JitterStrategy"]) == (["States.ALL"], "FULL")
    waits = [
        min(always["MaxDelaySeconds"], always["IntervalSeconds"] * always["BackoffRate"] ** n)
        for n in range(always["MaxAttempts"])
    ]
    assert 300 < sum(waits) < 900


def test_the_machine_invokes_the_indexer_reads_its_lists_and_starts_itself() -> None:
    (children,) = (
        policy for policy in of_type("AWS::IAM::Policy").values() if policy["Roles"] == [{"Ref": "BackfillRole"}]
    )
    granted = {
        (action, plain(line["Resource"]))
        for line in children["PolicyDocument"]["Statement"]
        for action in as_list(line["Action"])
    }
    execution = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${BackfillMachine.Name}/*"
    assert granted == {
        ("states:StartExecution", "BackfillMachine"),
        ("states:DescribeExecution", execution),
        ("states:StopExecution", execution),
    }


def test_an_arn_of_something_else_is_refused() -> None:
    with pytest.raises(Refused, match="is not the ARN of a state machine"):
        executions.look("arn:aws:lambda:eu-west-1:123456789012:function:quoth")


# --------------------------------------------------------------------------------------------- the command line


class TestTheCommand:
    @pytest.fixture
    def run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
        return Run(tmp_path / "archive", capsys)

    def test_a_directory_has_no_state_machine(self, run: Run) -> None:
        assert run("backfill", "start", "news.jsonl", "--machine", "arn") == 2
        assert "`quoth index` adds to a directory" in run.err

    @pytest.mark.usefixtures("aws")
    def test_it_says_what_is_missing(self, run: Run) -> None:
        run.store = f"s3://{BUCKET}/prefix"
        assert run("backfill", "start", "x.jsonl", "--machine", "arn") == 2
        assert "without a prefix" in run.err
        run.store = f"s3://{BUCKET}"
        for arguments, told in (
            (["start", "x.jsonl"], "machine: is missing"),
            (["start", "--machine", "arn:aws:states:eu-west-1:1:stateMachine:m"], "name: is missing"),
            (
                ["start", "--machine", "arn:aws:states:eu-west-1:1:stateMachine:m", "--name", "A"],
                "name must have up to",
            ),
            (["start", "--machine", "arn:aws:states:eu-west-1:1:stateMachine:m", "--name", "a"], "a has no article"),
            (["status", "news"], "no backfill has the name news"),
        ):
            assert run("backfill", *arguments) in (1, 2)
            assert told in run.err
        assert run("backfill", "status") == 0
        assert run.out == "no backfill was started\n"

    @pytest.mark.usefixtures("aws")
    def test_objects_are_read_in_order_whatever_they_are_called(self) -> None:
        s3 = boto3.client("s3")
        for name in ("old/b c.jsonl", "old/é.JSONL", "old/a", "new/x.jsonl"):
            s3.put_object(Bucket=INBOX, Key=name, Body=jsonl(articles(2)).encode())
        assert [*S3Store(INBOX).names("old/")] == ["old/a", "old/b c.jsonl", "old/é.JSONL"]
        assert [*S3Store(INBOX).names("none/")] == []
        with pytest.raises(Refused, match="NoSuchBucket"):
            next(S3Store("quoth-none").names(""))


class Machine:
    """The state machine of template.yaml in moto, whose function is the real indexer."""

    def __init__(self) -> None:
        self.invoked = Counter[str]()
        self.fails: Callable[[str, int], Exception | None] = lambda batch, attempt: None
        self.arn = ""

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        assert function == INDEXER
        self.invoked[event["batch"]] += 1
        error = self.fails(event["batch"], self.invoked[event["batch"]])
        if error is not None:
            raise error
        return indexer.handler(event, LambdaContext("indexer"))


INDEXER = f"arn:aws:lambda:{REGION}:123456789012:function:indexer"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    pytest.importorskip(
        "antlr4", reason="moto's Step Functions are not in this environment: `make prove` installs them"
    )
    from tests.functions.intake.state_machine import serving

    made = Machine()
    [port] = _free_ports(1)
    variables = {
        **ACCOUNT,
        "MOTO_PORT": str(port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "QUOTH_STORE": f"s3://{BUCKET}",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    renew_session(monkeypatch)
    # Every invocation is an instance of its own: they compete for the manifest as functions do.
    monkeypatch.setattr(settings, "archive", open_archive)
    monkeypatch.setattr("quoth.cli.commands.backfill.EVERY", 0.2)
    with serving(port, made.invoke):
        for bucket in (BUCKET, INBOX):
            boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        definition = json.loads(
            json.dumps(MACHINE["Definition"]).replace("${Partition}", "aws").replace("${Indexer}", INDEXER)
        )
        retry = definition["States"]["Batches"]["ItemProcessor"]["States"]["Index"]["Retry"][1]
        retry |= {"IntervalSeconds": 1, "MaxDelaySeconds": 2, "MaxAttempts": 2}
        made.arn = boto3.client("stepfunctions").create_state_machine(
            name="backfills", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/backfill"
        )["stateMachineArn"]
        yield made


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    made = Run(tmp_path, capsys)
    made.store = f"s3://{BUCKET}"
    return made


def jsonl(made: list[Article]) -> str:
    return "".join(json.dumps({"id": one.id, "body": one.body}) + "\n" for one in made)


@pytest.mark.prove
class TestAWholeBackfill:
    def test_a_thousand_articles_and_what_fails_is_begun_again(
        self, machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One batch fails once, and one for good; another start does that one alone. Four commit at the same time."""
        monkeypatch.setattr(backfill, "ARTICLES_A_BATCH", 100)
        file = run.folder / "news.jsonl"
        file.write_text(jsonl(articles(1_000)) + '{"headline": "without a body"}\n', "utf-8")
        broken: list[str] = []

        def fails(batch: str, attempt: int) -> Exception | None:
            if not broken:
                broken.append(batch)
            if batch == broken[0]:
                return Unavailable("503 SlowDown")
            return (
                Unavailable("once") if attempt == 1 and batch == min(backfill.stored(stored().store, "news")) else None
            )

        machine.fails = fails
        start = ("backfill", "start", file, "--name", "news", "--machine", machine.arn)
        assert run(*start) == 1
        assert f"{file} line 1001: body is missing" in run.err
        assert "news: 10 batches of 10 started" in run.out
        assert run(*start) == 2
        assert "news is running" in run.err
        run("backfill", "status", "news", "--follow", "--json")
        assert (run.json["batches"], run.json["done"], run.json["refused_when_read"]) == (10, 9, 1)
        assert (run.json["results"]["added"], run.json["results"]["quotes"]) == (900, 900)
        assert run.json["execution"]["batches"]["succeeded"] == 9
        assert run.json["missing"] == broken
        run("backfill", "status", "news")
        assert "90%, 9 of 10 batches" in run.out
        assert "900 of 1,000 articles: 900 added" in run.out
        assert "1 batch missing: `quoth backfill start --name news`" in run.out

        machine.fails, machine.invoked = lambda *_: None, Counter()
        assert run("backfill", "start", "--name", "news", "--machine", machine.arn) == 1
        run("backfill", "status", "news", "--follow", "--json")
        assert (run.json["done"], run.json["results"]["added"]) == (10, 1_000)
        assert machine.invoked == {broken[0]: 1}
        assert stored().stats().edition.quotes == 1_000
        assert stored().scrub().findings == ()
        run(*start)
        assert "all 10 batches are indexed; nothing is left to do" in run.out
        run("backfill", "status", "--json")
        assert run.json == {"name": "news"}

    def test_objects_of_a_bucket_are_handed_in(self, machine: Machine, run: Run) -> None:
        s3 = boto3.client("s3")
        for name, made in (("old/2024 news.jsonl", articles(3)), ("old/2025.JSONL", articles(5)[3:])):
            s3.put_object(Bucket=INBOX, Key=name, Body=jsonl(made).encode())
        s3.put_object(Bucket=INBOX, Key="old/readme.txt", Body=b"no article")
        assert run("backfill", "start", f"s3://{INBOX}/old/", "--machine", machine.arn) == 0
        (name,) = backfill.names(stored().store)
        assert f"see `quoth backfill status {name} --follow`" in run.out
        run("backfill", "status", name, "--follow", "--json")
        assert run.json["results"] == {**run.json["results"], "articles": 5, "added": 5}
        assert originals.article_of(stored().store, stored().search("number").hits[0].quote.article) is not None
        assert run("backfill", "start", f"s3://{INBOX}/new/", "--name", "new", "--machine", machine.arn) == 2
        assert f"s3://{INBOX}/new/: has no .jsonl object" in run.err

    def test_a_machine_that_is_not_there_is_told(self, machine: Machine, run: Run) -> None:
        file = run.folder / "news.jsonl"
        file.write_text(jsonl(articles(2)), "utf-8")
        other = machine.arn.replace("backfills", "others")
        assert run("backfill", "start", file, "--machine", other) == 3
        assert "Step Functions refuses" in run.err
        assert run("backfill", "start", file, "--machine", machine.arn) == 0
