"""Withdrawn is withdrawn: no route, format, cursor or past generation shows it, and no cached answer stays valid."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions import exports, search
from functions.http.models import QUOTE_FORMATS
from functions.http.openapi.operations import OPERATIONS
from functions.local.events import LambdaContext, sqs_event
from functions.runtime import settings
from quoth.answers.rows import ROW_FORMATS
from quoth.engine.query.cursor import Cursor, encode
from quoth.engine.query.request import COLLAPSES, FACETS, Request
from quoth.errors import Removed
from quoth.storage.stores.protocol import LinkingStore
from tests.support.builders import a_given, an_article
from tests.support.events import http
from tests.support.served import delete, keys, queued, stored

SECRET = "zanzibar"
ARTICLE = an_article(
    "“Zanzibar belongs to me,” said Zanzibar Jones.",
    id="https://e.org/zanzibar",
    url="https://e.org/zanzibar",
    headline="Zanzibar is claimed",
    publisher="The Zanzibar Times",
)
OTHER = an_article("“The island belongs to nobody,” said Ada Okafor.", id="urn:2", publisher="The Times")


def asked(target: str, tag: str | None = None) -> dict[str, Any]:
    headers = {} if tag is None else {"If-None-Match": tag}
    answer: dict[str, Any] = search.handler(http("GET", target, **headers), LambdaContext("search"))
    return answer


def header(answer: dict[str, Any], name: str) -> str:
    found: str = {key.lower(): value for key, value in answer["headers"].items()}[name]
    return found


def own_words(answer: dict[str, Any]) -> str:
    """Return the body of an answer without what it repeats of the request."""
    if header(answer, "content-type") not in ("application/json", "application/problem+json"):
        return str(answer["body"])
    value = json.loads(answer["body"])
    for difference in value.get("nearest_differences", ()) if isinstance(value, dict) else ():
        difference.pop("remembered")
    if isinstance(value, dict) and "explanation" in value:  # it names the words and names of the query, too
        value["explanation"].pop("unknown_words")
        for unknown in value["explanation"]["unknown_speakers"]:
            unknown.pop("name")
    repeats = {"query", "detail"} if isinstance(value, dict) else set()
    return json.dumps(value if not repeats else {name: value[name] for name in value.keys() - repeats})


def targets(quote_id: str, speaker_id: str) -> dict[str, list[str]]:
    """Return, by route, what shows the quote or something of it before it is withdrawn, in generation 1."""
    searches = [
        f"/v1/quotes?{words}{past}{more}"
        for words in ("q=belongs", "q=zanzibar", "q=%22belongs+to+me%22", "speaker=zanzibar+jones", "limit=5")
        for past in ("", "&as_of=1")
        for more in (
            "",
            f"&facets={','.join(FACETS)}",
            *(f"&format={kind}" for kind in ROW_FORMATS),
            *(f"&collapse={kind}" for kind in COLLAPSES),
        )
    ]
    return {
        "/v1/quotes": [*searches, f"/v1/quotes?limit=1&cursor={encode(Cursor(1, 1), Request())}"],
        "/v1/quotes/{id}": [f"/v1/quotes/{quote_id}?format={kind}" for kind in QUOTE_FORMATS],
        "/v1/speakers": ["/v1/speakers", "/v1/speakers?prefix=zan", "/v1/speakers?prefix=jones"],
        "/v1/speakers/{id}": [f"/v1/speakers/{speaker_id}"],
        "/v1/verify": ["/v1/verify?text=Zanzibar+belongs+to+me", "/v1/verify?text=belongs+to+me&speaker=Ada+Okafor"],
        "/v1/index": ["/v1/index"],
    }


@pytest.fixture
def before(served: None) -> list[tuple[str, str]]:
    """Two articles in one generation, of which one is withdrawn; the targets, each with its answer's ETag before."""
    stored().add([ARTICLE, OTHER])
    (hit,) = json.loads(asked("/v1/quotes?q=zanzibar")["body"])["hits"]
    by_route = targets(hit["id"], hit["speaker"]["id"])
    known = [(target, header(asked(target), "etag")) for some in by_route.values() for target in some]
    stored().withdraw(ARTICLE.id)
    return known


def test_nothing_shows_it_and_no_cached_answer_stays_valid(before: list[tuple[str, str]]) -> None:
    for target, tag in before:
        answer = asked(target, tag)
        assert answer["statusCode"] != 304, target
        assert SECRET not in own_words(answer).lower(), target


def test_every_route_that_reads_is_asked() -> None:
    """The contract and the status of an article have no words of articles; exports are tested below."""
    reads = {operation.path for operation in OPERATIONS if operation.method == "get"}
    assert reads - targets("", "").keys() == {"/v1/openapi.json", "/v1/exports/{id}", "/v1/articles/{id}"}


def exported(**parameters: Any) -> dict[str, Any]:
    """Ask for an export, let it be written, and return the answer to that."""
    body = json.dumps(parameters).encode()
    answer = exports.handler(http("POST", "/v1/exports", body), LambdaContext("exports"))
    assert answer["statusCode"] == 202
    for message in queued(settings.current().export_queue_url):
        assert exports.handler(sqs_event([message]), LambdaContext("exports")) == {"batchItemFailures": []}
    found: dict[str, Any] = exports.handler(http("GET", header(answer, "location")), LambdaContext("exports"))
    return found


def file_of(answer: dict[str, Any]) -> bytes:
    """Return the file of an export, by its signed address if the store has any."""
    job = json.loads(answer["body"])
    if isinstance(stored().store, LinkingStore):
        return requests.get(job["url"], timeout=10).content
    (key,) = (key for key in keys(f"exports/{job['id']}-") if key.endswith(f"{job['sha256']}.{job['format']}"))
    return stored().store.get(key).data


@pytest.mark.parametrize("kind", [*ROW_FORMATS])
def test_an_export_with_it_is_gone_and_another_one_is_without_it(served: None, kind: str) -> None:
    stored().add([ARTICLE, OTHER])
    asked_for = [{"format": kind}, {"format": kind, "q": "belongs"}, {"format": kind, "as_of": 1}]
    with_it = [exported(**some) for some in asked_for]
    without = exported(format=kind, q="nobody")
    assert all(SECRET in file_of(answer).decode().lower() for answer in with_it)
    stored().withdraw(ARTICLE.id)
    for answer in with_it:
        gone = exports.handler(http("GET", f"/v1/exports/{json.loads(answer['body'])['id']}"), LambdaContext("exports"))
        assert (gone["statusCode"], header(gone, "cache-control")) == (410, "no-store")
        assert SECRET not in gone["body"].lower()
    kept = exports.handler(http("GET", f"/v1/exports/{json.loads(without['body'])['id']}"), LambdaContext("exports"))
    assert (kept["statusCode"], json.loads(kept["body"])["status"]) == (200, "done")
    for some in asked_for:
        again = file_of(exported(**some)).decode()
        assert SECRET not in again.lower()
        assert "belongs to nobody" in again


@pytest.mark.usefixtures("aws")
def test_an_address_that_was_signed_before_is_valid_for_five_minutes() -> None:
    stored().add([ARTICLE, OTHER])
    signed = parse_qs(urlsplit(json.loads(exported(format="csv")["body"])["url"]).query)
    assert signed["X-Amz-Expires"] == ["300"]


def test_before_the_withdrawal_nearly_every_answer_shows_it(served: None) -> None:
    """Or the test above would prove nothing."""
    stored().add([ARTICLE, OTHER])
    (hit,) = json.loads(asked("/v1/quotes?q=zanzibar")["body"])["hits"]
    for route, some in targets(hit["id"], hit["speaker"]["id"]).items():
        assert any(SECRET in asked(target)["body"].lower() for target in some), route


@pytest.mark.prove
@pytest.mark.parametrize("kind", QUOTE_FORMATS)
def test_the_quote_is_gone_in_every_format(before: list[tuple[str, str]], kind: str) -> None:
    (target,) = (target for target, _ in before if target.endswith(f"?format={kind}") and "/v1/quotes/" in target)
    gone = asked(target)
    told = json.loads(gone["body"])
    assert (gone["statusCode"], told["reason"], told["since_generation"], told["successor"]) == (
        *(410, "withdrawn", 2, None),
    )
    assert header(gone, "cache-control") == "no-store"


def test_a_page_is_shorter_and_the_next_one_is_where_it_was(served: None) -> None:
    stored().add(a_given(f"Number {number} is fine.", id=str(number)) for number in range(6))
    first = json.loads(asked("/v1/quotes?q=number&limit=2")["body"])
    whole = [hit["id"] for hit in json.loads(asked("/v1/quotes?q=number&limit=6")["body"])["hits"]]
    for quote_id in (whole[0], whole[3]):
        stored().withdraw(quote_id)
    second = json.loads(asked(f"/v1/quotes?q=number&limit=2&cursor={first['next_cursor']}")["body"])
    third = json.loads(asked(f"/v1/quotes?q=number&limit=2&cursor={second['next_cursor']}")["body"])
    assert [[hit["id"] for hit in page["hits"]] for page in (second, third)] == [[whole[2]], whole[4:]]
    assert (second["total"]["value"], second["index"]["generation"], third["next_cursor"]) == (4, 1, None)


def test_a_pinned_answer_has_another_tag_after_each_withdrawal(served: None) -> None:
    stored().add(a_given(f"Number {number} is fine.", id=str(number)) for number in range(3))
    stored().add(a_given("Another.", id="another"))
    target, tags = "/v1/quotes?q=number&as_of=1", []
    for hit in json.loads(asked(target)["body"])["hits"]:
        tags.append(header(asked(target), "etag"))
        assert asked(target, tags[-1])["statusCode"] == 304
        stored().withdraw(hit["id"])
    assert len(set(tags)) == 3


def test_a_pinned_answer_has_another_tag_when_another_withdrawal_leaves_as_many_quotes(served: None) -> None:
    stored().add(a_given(f"Number {number} is fine.", id=str(number)) for number in range(2))
    target, tags = "/v1/quotes?q=number&as_of=1", []
    for hit in json.loads(asked(target)["body"])["hits"]:
        stored().withdraw(hit["id"])
        tags.append(header(asked(target), "etag"))
        stored().rollback(1, restore_withdrawn=True)
    assert len(set(tags)) == 2


def test_the_tag_of_a_quote_covers_the_text_around_it(served: None) -> None:
    """An operator erases an article: the index does not change, but the text around its quotes must go."""
    stored().add(an_article(f"{'Long ago. ' * 30}“The island is mine,” said Ada Okafor.", id="urn:3"))
    (hit,) = json.loads(asked("/v1/quotes?q=island")["body"])["hits"]
    known = asked(hit["links"]["self"])
    assert len(json.loads(known["body"])["context"]["before"]) > 250
    assert asked(hit["links"]["self"], header(known, "etag"))["statusCode"] == 304
    delete("articles/")
    erased = asked(hit["links"]["self"], header(known, "etag"))
    assert erased["statusCode"] == 200
    assert len(json.loads(erased["body"])["context"]["before"]) < 50  # what the index itself has


def test_a_replaced_quote_names_its_successor(served: None) -> None:
    stored().add(an_article("“No,” said Ada Okafor.\n\n“No,” said Bo Lind.", id="urn:3"))
    first, second = (hit["id"] for hit in json.loads(asked("/v1/quotes?q=no&sort=newest")["body"])["hits"])
    stored().add(an_article("“No,” said Ada Okafor.", id="urn:3", version=2))
    answers = {quote_id: asked(f"/v1/quotes/{quote_id}") for quote_id in (first, second)}
    (gone,) = (quote_id for quote_id, answer in answers.items() if answer["statusCode"] == 410)
    (stays,) = answers.keys() - {gone}
    told = json.loads(answers[gone]["body"])
    assert (told["reason"], told["since_generation"], told["successor"]) == ("replaced", 2, stays)
    with pytest.raises(Removed, match=f"was replaced in generation 2; the same words are now {stays}"):
        stored().get(gone)
