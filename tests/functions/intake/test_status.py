"""The status of what was sent: what a sender is told, and what the store keeps of a refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from functions import indexer, ingest
from functions.local.events import LambdaContext, sqs_event
from functions.runtime import retries, settings
from quoth.article import Article, article_key
from quoth.errors import Damaged, Unavailable
from quoth.hashes import sha256
from quoth.ingest import originals, refusals, status
from quoth.ingest.refusals import Refusal
from tests.house.test_template import BUCKETS, QUEUES
from tests.support.builders import an_article
from tests.support.events import call, committed, http
from tests.support.served import keys, queued, stored, write_over

pytestmark = pytest.mark.usefixtures("local")

SAID = "“The dam will hold,” said Ada Okafor."
OTHER = "“The dam will go,” said Ada Okafor."


@pytest.fixture
def local(served: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of these tests never were in SQS, which would not know their receipts."""
    monkeypatch.setenv("QUOTH_QUEUE_URL", "local:")


def send(body: str = SAID, **known: Any) -> str:
    """Post an article and return the address of its status."""
    event = http("POST", "/v1/articles", json.dumps({"id": "urn:1", "body": body, **known}).encode())
    answer = ingest.handler(event, LambdaContext("ingest"))
    assert answer is not None
    assert answer["statusCode"] == 202, answer["body"]
    assert answer["headers"]["Location"] == f"/v1/articles/{json.loads(answer['body'])['key']}"
    return str(answer["headers"]["Location"])


def keep(body: str, **known: Any) -> str:
    """Store and queue an article as an upload does, which nobody waits for; return the address of its status."""
    article = an_article(body, **{"id": "urn:1", **known})
    ingest._accept([article])
    return f"/v1/articles/{article.key}"


def deliver(receives: int = 1) -> list[str]:
    """Deliver every message of the queue to the indexer; return those that failed."""
    bodies = queued()
    event = sqs_event(bodies, receives)
    failed = {item["itemIdentifier"] for item in indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]}
    return [record["body"] for record in event["Records"] if record["messageId"] in failed]


def told(address: str) -> dict[str, Any]:
    code, answer = call(ingest, http("GET", address))
    assert code == 200
    return answer


def essence(address: str) -> tuple[str, int | None, int]:
    """Return status, version and number of quotes."""
    answer = told(address)
    return answer["status"], answer["version"], answer["quotes"]


class TestAnArticle:
    def test_it_is_queued_and_then_indexed(self) -> None:
        address = send()
        waiting = told(address)
        assert (waiting["status"], waiting["version"], waiting["indexed_version"]) == ("queued", 1, None)
        age = datetime.now(UTC) - datetime.fromisoformat(waiting["since"])
        assert timedelta(seconds=-2) < age < timedelta(minutes=5)
        assert deliver() == []
        assert told(address) == {
            "key": article_key("urn:1"),
            "status": "indexed",
            "version": 1,
            "generation": 1,
            "quotes": 1,
            "indexed_version": 1,
        }

    def test_one_without_quotes_is_indexed_too(self) -> None:
        address = send("Rain.")
        deliver()
        assert essence(address) == ("indexed", 1, 0)

    def test_a_new_version_waits_while_the_old_one_is_found(self) -> None:
        address = send()
        deliver()
        send(OTHER + " “Soon,” she said.", version=2)
        answer = told(address)
        assert (answer["status"], answer["version"], answer["indexed_version"]) == ("queued", 2, 1)
        deliver()
        assert essence(address) == ("indexed", 2, 2)

    def test_sending_it_again_changes_nothing(self) -> None:
        address = send()
        deliver()
        assert send() == address
        assert essence(address) == ("indexed", 1, 1)
        assert deliver() == []

    def test_one_that_is_withdrawn_says_so(self) -> None:
        address = send()
        deliver()
        answer = ingest.handler(http("DELETE", address), LambdaContext("ingest"))
        assert answer is not None
        assert answer["headers"]["Location"] == address
        assert essence(address) == ("indexed", 1, 1)
        deliver()
        assert essence(address) == ("withdrawn", 1, 0)
        send(OTHER, version=2)
        assert essence(address) == ("queued", 2, 0)

    def test_one_that_its_publisher_withdraws_says_so(self) -> None:
        address = send()
        deliver()
        send(pub_status="canceled")
        assert essence(address) == ("queued", 1, 1)
        deliver()
        assert essence(address) == ("withdrawn", 1, 0)

    def test_a_late_older_version_is_no_news(self) -> None:
        address = send(version=3)
        deliver()
        send(OTHER, version=2)
        assert essence(address) == ("indexed", 3, 1)

    @pytest.mark.parametrize("key", ["a_", "q_0123456789012345678901", "a_012345678901234567890..", "i_3f", "a" * 9000])
    def test_a_name_that_is_no_key_is_a_400(self, key: str) -> None:
        code, answer = call(ingest, http("GET", f"/v1/articles/{key}"))
        assert (code, answer["errors"][0]["parameter"]) == (400, "id")
        assert len(answer["detail"]) < 300

    @pytest.mark.parametrize("key", [article_key("urn:none"), f"i_{'0' * 64}"])
    def test_what_was_never_sent_is_a_404(self, key: str) -> None:
        assert call(ingest, http("GET", f"/v1/articles/{key}"))[0] == 404

    def test_an_unknown_parameter_is_a_400(self) -> None:
        assert call(ingest, http("GET", f"{send()}?body=true"))[0] == 400

    def test_no_word_of_it_is_told(self) -> None:
        address = send("“Canary,” said Ada Canary.", id="urn:canary", headline="Canary")
        for receives in (1, retries.RECEIVES):
            event = http("GET", address)
            answer = ingest.handler(event, LambdaContext("ingest"))
            assert answer is not None
            assert "anary" not in answer["body"]
            assert answer["headers"]["Cache-Control"] == "no-store"
            deliver(receives)

    def test_the_committed_event_asks_for_the_sample_article(self) -> None:
        code, answer = call(ingest, committed("ingest-article"))
        event = committed("ingest-status")
        assert (code, event["rawPath"]) == (202, f"/v1/articles/{answer['key']}")
        deliver()
        assert call(ingest, event)[1]["status"] == "indexed"

    def test_one_whose_original_has_a_name_as_archives_began_with(self) -> None:
        """The ledger knows it, whatever its original is called; and a message may still name it."""
        article = an_article(SAID, id="urn:1")
        store = stored().store
        (key,) = originals.keep(store, [article])
        old = f"articles/{sha256(article.id.encode())}/{key[-69:]}"
        store.create(old, store.get(key).data)
        store.delete(key)
        assert indexer.handler(sqs_event([json.dumps({"key": old})]), LambdaContext("i"))["batchItemFailures"] == []
        assert essence(f"/v1/articles/{article.key}") == ("indexed", 1, 1)
        assert originals.article_of(store, next(iter(stored().search("dam").hits)).quote.article) == article


class TestAClash:
    """The same id and version with another text."""

    def test_a_sender_is_told_at_once(self) -> None:
        send()
        for _ in range(2):  # while the first is queued, and when it is indexed
            code, answer = call(
                ingest, http("POST", "/v1/articles", json.dumps({"id": "urn:1", "body": OTHER}).encode())
            )
            assert (code, answer["errors"][0]["parameter"]) == (409, "version")
            assert "raise the version" in answer["detail"]
            deliver()
        assert len(keys("articles/")) == 1
        assert queued() == []

    def test_another_headline_is_none(self) -> None:
        send(headline="Dam holds")
        send(headline="The dam holds")

    def test_a_publisher_that_withdraws_may_send_any_text(self) -> None:
        send()
        send("Withdrawn.", pub_status="canceled")

    def test_one_that_only_the_indexer_sees_is_refused_and_no_message_fails(self) -> None:
        address = keep(SAID)
        deliver()
        keep(OTHER)
        assert deliver() == []
        answer = told(address)
        assert (answer["status"], answer["code"], answer["version"], answer["quotes"]) == ("refused", "clash", 1, 1)
        assert answer["why"] == refusals.SENTENCES["clash"]
        send(OTHER, version=2)
        deliver()
        assert essence(address) == ("indexed", 2, 1)

    def test_one_refusal_is_kept_however_often_it_is_delivered(self) -> None:
        keep(SAID)
        deliver()
        for _ in range(3):
            keep(OTHER)
            deliver()
        (key,) = keys(refusals.PREFIX)
        refusal = msgspec.json.decode(stored().store.get(key).data, type=Refusal)
        assert (refusal.item, refusal.version, refusal.code) == (article_key("urn:1"), 1, "clash")

    def test_a_store_that_takes_no_refusal_fails_the_message_as_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keep(SAID)
        deliver()
        keep(OTHER)

        def fail(*_: Any) -> bool:
            raise Unavailable("503 SlowDown")

        monkeypatch.setattr(refusals, "record", fail)
        assert len(deliver()) == 1


class TestAFailure:
    def test_one_that_cannot_be_read_is_refused_and_stays_a_dead_letter(self) -> None:
        address = send()
        write_over(keys("articles/")[0], b"rubbish")
        assert len(deliver()) == 1
        assert (told(address)["status"], told(address)["code"]) == ("refused", "damaged")

    def test_one_whose_object_is_gone_is_refused(self) -> None:
        address = send()
        stored().store.delete(keys("articles/")[0])
        deliver(retries.RECEIVES)
        assert (told(address)["status"], told(address)["code"]) == ("refused", "damaged")

    @pytest.mark.parametrize("error", [ZeroDivisionError(), Unavailable("503 SlowDown")])
    def test_one_that_fails_to_the_last_is_refused_and_a_redrive_clears_it(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        address = send()
        with monkeypatch.context() as during:
            during.setattr("quoth.archive.Archive.index", fail)
            (body,) = deliver()
            assert told(address)["status"] == "queued"
            indexer.handler(sqs_event([body], retries.RECEIVES), LambdaContext("indexer"))
        assert (told(address)["status"], told(address)["code"]) == ("refused", "failed")
        assert indexer.handler(sqs_event([body]), LambdaContext("indexer")) == {"batchItemFailures": []}
        assert essence(address) == ("indexed", 1, 1)

    def test_an_invocation_that_fails_as_a_whole_refuses_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> Any:
            raise ZeroDivisionError

        address, bodies = send(), queued()
        monkeypatch.setattr(indexer, "_load", fail)
        with pytest.raises(ZeroDivisionError):
            indexer.handler(sqs_event(bodies, retries.RECEIVES), LambdaContext("indexer"))
        assert told(address)["code"] == "failed"

    def test_a_refusal_that_is_damaged_is_an_error_and_is_written_anew(self) -> None:
        address = keep(SAID)
        write_over(keys("articles/")[0], b"rubbish")
        deliver()
        (key,) = keys(refusals.PREFIX)
        write_over(key, b"rubbish")
        with pytest.raises(Damaged, match="cannot be read"):
            stored().status(address.rpartition("/")[2])
        keep(SAID)
        deliver()
        assert told(address)["code"] == "damaged"

    def test_what_no_queue_can_have_any_more_is_refused(self) -> None:
        send()
        store, key = stored().store, article_key("urn:1")
        ledgers, sent = stored()._ledgers, keys_modified()
        days = [status.of(store, key, ledgers, sent + 86_400 * n).status for n in (13.9, 14.1)]
        assert days == ["queued", "refused"]
        assert status.of(store, key, ledgers, sent + 86_400 * 15).code == "expired"
        assert {queue["MessageRetentionPeriod"] for queue in QUEUES.values()} == {status.QUEUE_DAYS * 86_400}

    def test_the_bucket_forgets_refusals_after_the_queue(self) -> None:
        """Otherwise what failed would be told as queued again."""
        rules = BUCKETS["StoreBucket"]["LifecycleConfiguration"]["Rules"]
        (rule,) = (rule for rule in rules if rule.get("Prefix") == refusals.PREFIX)
        assert rule["ExpirationInDays"] > 2 * status.QUEUE_DAYS
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def keys_modified() -> float:
    (entry,) = stored().store.list("articles/").entries
    return entry.modified


class TestABatchOfQuotes:
    def post(self, *quotes: dict[str, Any]) -> str:
        answer = ingest.handler(http("POST", "/v1/quotes", json.dumps(quotes).encode()), LambdaContext("ingest"))
        assert answer is not None
        assert answer["statusCode"] == 202
        return str(answer["headers"]["Location"])

    def test_it_is_queued_and_then_indexed(self) -> None:
        address = self.post({"text": "No.", "speaker": "Ada"}, {"text": "Yes.", "speaker": "Ada"})
        assert (told(address)["status"], told(address)["version"]) == ("queued", None)
        deliver()
        assert essence(address) == ("indexed", None, 2)

    def test_a_clash_refuses_it_and_no_message_fails(self) -> None:
        self.post({"text": "No.", "speaker": "Ada", "id": "1"})
        address = self.post({"text": "Never.", "speaker": "Ada", "id": "1"}, {"text": "Yes.", "speaker": "Ada"})
        assert deliver() == []
        answer = told(address)
        assert (answer["status"], answer["code"], answer["quotes"]) == ("refused", "clash", 1)

    def test_withdrawn_quotes_say_so(self) -> None:
        address = self.post({"text": "No.", "speaker": "Ada"})
        deliver()
        archive = stored()
        archive.withdraw(archive.search("no").hits[0].quote.id)
        assert essence(address) == ("withdrawn", None, 0)

    def test_one_that_cannot_be_read_is_refused(self) -> None:
        address = self.post({"text": "No.", "speaker": "Ada"})
        write_over(keys("imports/")[0], b"rubbish")
        deliver()
        assert (told(address)["status"], told(address)["code"]) == ("refused", "damaged")


def test_a_hit_has_the_key_that_withdraws_its_article() -> None:
    from functions import search

    address = send(url="https://example.org/1")
    deliver()
    _, answer = call(search, http("GET", "/v1/quotes?q=dam"))
    assert answer["hits"][0]["article"]["key"] == address.rpartition("/")[2]


HOSTILE = ["x" * 2048, "../../manifest.json", "a/b?c#d", "\u202eevil", "a_0123456789012345678901"]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_id_of_any_shape_has_a_key(name: str) -> None:
    """And none leaves its folder: a key is a hash."""
    address = send(id=name)
    assert told(address)["key"] == Article(body=SAID, id=name).key == address.rpartition("/")[2]
    deliver()
    assert essence(address) == ("indexed", 1, 1)


def test_a_test_is_a_cold_start() -> None:
    assert settings.archive.cache_info().currsize == 0
