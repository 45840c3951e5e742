"""The contract and the code agree in both directions."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

import quoth
from functions import exports, ingest, reports, search
from functions.http import models, problem, signature
from functions.http.models import (
    QUOTE_FORMATS,
    UNLIKE,
    ContractParameters,
    ExportParameters,
    NoParameters,
    Parameters,
    PastParameters,
    QuoteParameters,
    SearchParameters,
    SpeakersParameters,
    VerifyParameters,
    WithdrawalParameters,
)
from functions.http.openapi import document, examples
from functions.http.openapi.operations import bare
from functions.local import events
from functions.local.events import LambdaContext
from functions.runtime import settings
from functions.slack import function as slack
from quoth import citation
from quoth.answers.schema import FacetsAnswer
from quoth.archive import Archive
from quoth.engine.query.request import FACETS, Request
from quoth.errors import Unavailable
from tests.house.test_template import routes
from tests.support.builders import a_given, an_article
from tests.support.events import http
from tests.support.served import delete, queued, stored

DOCUMENT = json.loads(document.text())
BY_ID = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Resolve a reference within the document."""
    if "$ref" not in value:
        return value
    _, *path = value["$ref"].split("/")
    found: dict[str, Any] = reduce(getitem, path, DOCUMENT)
    return resolved(found)


def check(schema: dict[str, Any], value: Any) -> None:
    whole = {"components": DOCUMENT["components"], **schema}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def closed(value: Any) -> Any:
    """The document without additional properties, so that undeclared members are errors."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: closed(item) for name, item in value.items()}
    is_answer = "properties" in inner and set(inner.get("required", ())) and "additionalProperties" not in inner
    return {**inner, "additionalProperties": False} if is_answer else inner


# --------------------------------------------------------------------------------------------------- the document


def test_the_requests_that_may_get_a_304_may_send_a_tag_and_no_others() -> None:
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            headers = {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "header"}
            assert ("If-None-Match" in headers) == ("304" in operation["responses"])


def test_it_is_openapi_3_1() -> None:
    """By the standard's own schema, and every schema in it by JSON Schema's."""
    import schemathesis  # here, since every test process loads this file, and half a second with it

    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert DOCUMENT["info"]["version"] == quoth.__version__


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            value = list(value.values())
        for item in value if isinstance(value, list) else ():
            yield from references(item)

    found = set(references(DOCUMENT))
    for reference in found:
        assert resolved({"$ref": reference})
    kinds = ("schemas", "responses", "headers")
    made = {f"#/components/{kind}/{name}" for kind in kinds for name in DOCUMENT["components"][kind]}
    assert made == found


def test_every_route_is_in_it_and_nothing_else() -> None:
    promised = {(method.upper(), path) for method, path, _ in BY_ID.values()}
    api = {(method, path) for method, path, _ in events.ROUTES if path.startswith("/v1/")}
    assert promised == api == {route for route in routes() if route[1].startswith("/v1/")}
    assert len(BY_ID) == len(promised)


def test_the_signed_routes_are_those_of_api_gateway() -> None:
    signed = {(method.upper(), path) for method, path, operation in BY_ID.values() if "security" in operation}
    assert signed == {route for route, (_, authorizer) in routes().items() if authorizer == "AWS_IAM"}


MODELS: dict[str, type[Parameters]] = {
    "searchQuotes": SearchParameters,
    "getQuote": QuoteParameters,
    "findSpeakers": SpeakersParameters,
    "getSpeaker": PastParameters,
    "getIndex": PastParameters,
    "verifyQuote": VerifyParameters,
    "deleteArticle": WithdrawalParameters,
    "getContract": ContractParameters,
}


@pytest.mark.parametrize("name", sorted(BY_ID))
def test_its_parameters_are_those_that_the_model_reads(name: str) -> None:
    parameters = {p["name"]: p for p in BY_ID[name][2]["parameters"] if p["in"] == "query"}
    model = MODELS.get(name, NoParameters)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    assert parameters.keys() == fields.keys()
    assert {n for n, p in parameters.items() if p["required"]} == {n for n, f in fields.items() if f.is_required()}
    several = {n for n, p in parameters.items() if p["schema"].get("type") == "array"}
    assert several == model.several()
    assert all((parameters[n]["style"], parameters[n]["explode"]) == ("form", True) for n in several)


def test_an_export_may_ask_whatever_decides_the_rows_of_a_search() -> None:
    others = {"cursor", "facets", "facet_size", "collapse", "highlight"}
    assert set(ExportParameters.model_fields) == set(Request.__struct_fields__) - others | {"format"}
    schema = DOCUMENT["components"]["schemas"]["Export"]
    assert set(schema["properties"]) == {f.alias or name for name, f in ExportParameters.model_fields.items()}
    assert schema["additionalProperties"] is False


def test_a_search_may_ask_whatever_the_engine_can() -> None:
    asked = set(Request.__struct_fields__)
    assert set(SearchParameters.model_fields) == asked | {"format"}


# A value of every kind, and most are wrong for any field.
ODD = (None, 0, -1, 10**40, 1.5, float("nan"), True, "", "zz", "9" * 30, "x" * 9_000, [], ["x"] * 90, [1], [""], {})


@pytest.mark.parametrize(
    "model",
    [one for one in vars(models).values() if isinstance(one, type) and issubclass(one, Parameters)],
    ids=lambda model: model.__name__,
)
def test_a_wrong_value_is_refused_with_a_sentence_of_ours(model: type[Parameters]) -> None:
    fields = [field.alias or name for name, field in model.model_fields.items()]
    for values in ({}, {"other": 1}, *({name: value} for name in fields for value in ODD)):
        try:
            model.model_validate(values)
        except ValidationError as error:
            kinds = {item["type"] for item in error.errors()}
            assert kinds <= {*problem.SENTENCES, UNLIKE}, values
            answer = json.loads(problem.of(error).body or "")
            assert not re.search("[Ii]nput|[Ss]tring|Field", answer["detail"]), values
        except quoth.errors.BadQuery:
            pass


def test_the_contract_of_clients_has_one_type_for_each_answer_and_body() -> None:
    slim = json.loads(document.text("json"))
    for name, (method, path, operation) in BY_ID.items():
        one = slim["paths"][path][method]
        assert {n: v for n, v in one.items() if n not in ("responses", "parameters", "requestBody")} == {
            n: v for n, v in operation.items() if n not in ("responses", "parameters", "requestBody")
        }
        (fine,) = (response for status, response in one["responses"].items() if status.startswith("2"))
        assert len(fine["content"]) == 1, name
        assert len(one.get("requestBody", {"content": [1]})["content"]) == 1, name
        assert [p for p in operation["parameters"] if p not in one["parameters"]] == [
            p for p in operation["parameters"] if p["name"] == "format"
        ]
    assert slim["components"] == DOCUMENT["components"]


def test_no_member_of_a_body_has_a_default() -> None:
    """openapi-typescript would require such a member of whoever sends the body."""
    for name in ("RememberedQuote", "DraftToCheck", "Export", "Report", "NotedReport", "Article", "NinjsArticle"):
        members = DOCUMENT["components"]["schemas"][name]["properties"]
        assert members
        assert [member for member, schema in members.items() if "default" in schema] == []


@pytest.mark.parametrize("name", ["type", "status", "facets", "sort", "collapse", "fuzzy", "format"])
def test_every_word_that_it_lists_is_taken_and_no_other(name: str) -> None:
    (schema,) = (p["schema"] for p in BY_ID["searchQuotes"][2]["parameters"] if p["name"] == name)
    words = schema.get("items", schema)["enum"]
    for word in words:
        given = [word] if schema["type"] == "array" else word
        SearchParameters.model_validate({name: given}).request()
    with pytest.raises(quoth.errors.BadQuery):
        SearchParameters.model_validate({name: ["other"] if schema["type"] == "array" else "other"}).request()


def test_no_two_formats_of_a_citation_share_a_media_type() -> None:
    """The contract lists them by media type, so one would hide the other."""
    media_types = [bare(style.media_type) for style in citation.FORMATS.values()]
    assert len(media_types) == len({*media_types})


def test_every_facet_has_a_field_in_the_answer() -> None:
    assert FacetsAnswer.__struct_fields__ == FACETS


def test_every_format_of_a_citation_is_in_it() -> None:
    assert set(QUOTE_FORMATS) == {"json", *citation.FORMATS}
    promised = BY_ID["getQuote"][2]["responses"]["200"]["content"].keys()
    assert promised == {"application/json", *(bare(style.media_type) for style in citation.FORMATS.values())}


def shown() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example, with its location and its schema."""
    for name, (_, _, operation) in BY_ID.items():
        for parameter in operation["parameters"]:
            if "example" in parameter:
                yield f"{name} {parameter['name']}", parameter["schema"], parameter["example"]
            for example in parameter.get("examples", {}).values():
                yield f"{name} {parameter['name']}", parameter["schema"], example["value"]
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            for example in media["examples"].values():
                yield f"{name} body {kind}", media["schema"], example["value"]
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items():
                if "example" in media:
                    yield f"{name} {status} {kind}", media["schema"], media["example"]
    for name, response in DOCUMENT["components"]["responses"].items():
        for kind, media in response.get("content", {}).items():
            yield f"{name} {kind}", media["schema"], media["example"]


SHOWN = list(shown())


@pytest.mark.parametrize(("schema", "value"), [one[1:] for one in SHOWN], ids=[one[0] for one in SHOWN])
def test_every_example_is_one(schema: dict[str, Any], value: Any) -> None:
    check(schema, value)


@pytest.mark.parametrize("name", sorted(set(BY_ID) - {"getContract"}))
def test_every_answer_has_an_example(name: str) -> None:
    operation = BY_ID[name][2]
    (fine,) = (status for status in operation["responses"] if status.startswith("2"))
    contents = operation["responses"][fine]["content"]
    assert [kind for kind, media in contents.items() if "example" not in media] == []


def test_the_bodies_that_it_shows_are_taken(served: None) -> None:
    for name, function in (("postArticle", ingest), ("postQuotes", ingest), ("postExport", exports)):
        method, path, operation = BY_ID[name]
        for kind, media in operation["requestBody"]["content"].items():
            for example in media["examples"].values():
                value = example["value"]
                body = value if isinstance(value, str) else json.dumps(value)
                answer = function.handler(http(method.upper(), path, body.encode(), kind), LambdaContext("ingest"))
                assert answer is not None
                assert answer["statusCode"] == 202


def test_the_names_of_an_example_find_it(served: None) -> None:
    """The requests that the contract shows give the answers that it shows."""
    stored().add(examples.ARTICLE)
    for name, query in {
        "searchQuotes": "q=dam&limit=1&facets=speaker",
        "getQuote": "",
        "findSpeakers": "prefix=oka",
        "getSpeaker": "",
        "verifyQuote": urlencode({"text": "the dam would hold", "speaker": "Okafor"}),
    }.items():
        _, path, operation = BY_ID[name]
        ids = [p["example"] for p in operation["parameters"] if p["in"] == "path"]
        target = path.replace("{id}", *ids) if ids else path
        answer = search.handler(http("GET", f"{target}?{query}"), LambdaContext("search"))
        promised = operation["responses"]["200"]["content"]["application/json"]["example"]
        assert timeless(json.loads(answer["body"])) == timeless(promised)


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without its time, and without the bytes of its index, which have the time of indexing."""
    coverage = {"coverage": {**answer["coverage"], "bytes": 0}} if "coverage" in answer else {}
    return {**answer, "took_ms": 0, **coverage}


# ------------------------------------------------------------------------------------ the code against the contract


def conforms(name: str, answer: dict[str, Any] | None) -> None:
    """Assert that status, headers and body of an answer match the contract."""
    assert answer is not None
    operation = BY_ID[name][2]
    response = resolved(operation["responses"][str(answer["statusCode"])])
    headers = {key.lower(): value for key, value in answer["headers"].items()}
    kind = headers.pop("content-type", "").partition(";")[0]
    for header, declared in response.get("headers", {}).items():
        value = headers.get(header.lower())
        assert value is not None or not resolved(declared).get("required"), f"{header} is missing"
        if value is not None:
            schema = resolved(declared)["schema"]
            check(schema, int(value) if schema["type"] == "integer" else value)
    unnamed = set(headers) - {header.lower() for header in response.get("headers", {})}
    assert unnamed <= {"cache-control"}, "a header that nobody promised"
    if "content" not in response:
        assert not answer.get("body")
        return
    body = answer["body"]
    is_json = kind.endswith("json") and kind != "application/x-ndjson"
    schema = {"components": CLOSED, **response["content"][kind]["schema"]}
    check(schema, json.loads(body) if is_json else body)


CLOSED = {"schemas": closed(DOCUMENT["components"]["schemas"])}


def asked(target: str, **headers: str) -> dict[str, Any]:
    return search.handler(http("GET", target, **headers), LambdaContext("search"))


def slack_event(secret: str, body: bytes = b"command=%2Fquote&text=dam", route: str = "command") -> dict[str, Any]:
    now = int(time.time())
    headers = {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": signature.sign(body, now, secret)}
    return http("POST", f"/v1/slack/{route}", body, "application/x-www-form-urlencoded", **headers)


QUOTED = (examples.ARTICLE, a_given("The dam must go.", "Bo Lind"), an_article("“Dam,” it was said.", id="urn:1"))


@pytest.fixture
def archive(served: None, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", "secret")
    archive = stored()
    archive.add(QUOTED)
    return archive


# An address of each read that answers 200; ID stands for a quote's id.
READS = {
    "searchQuotes": [
        "/v1/quotes",
        "/v1/quotes?q=dam&limit=1&facets=speaker,year&collapse=wording&fuzzy=auto&highlight=false",
        "/v1/quotes?q=dma&speaker=Okafro&fuzzy=auto&min_confidence=0.5&sort=newest&from=2020-01-01&to=2030-01-01",
        "/v1/quotes?status=given&status=attributed&language=en&type=direct,partial&publisher=the+harbour+times",
        f"/v1/quotes?facets=speaker&facets={','.join(FACETS)}&as_of=1",
        "/v1/quotes?format=jsonl&limit=2",
        "/v1/quotes?format=csv",
        "/v1/quotes?format=atom",
        "/v1/quotes?format=jsonfeed&q=dam",
    ],
    "getQuote": ["/v1/quotes/ID", *(f"/v1/quotes/ID?format={name}" for name in citation.FORMATS)],
    "findSpeakers": ["/v1/speakers", "/v1/speakers?prefix=oka&limit=1", "/v1/speakers?prefix=okfa"],
    "getSpeaker": ["/v1/speakers/ada-okafor", "/v1/speakers/bo-lind"],
    "verifyQuote": [
        "/v1/verify?text=the+dam+would+hold&speaker=Okafor",
        "/v1/verify?text=The+dam+will+hold",
        "/v1/verify?text=the+dam&speaker=Grace+Mbeki",
        "/v1/verify?text=nobody+ever",
    ],
    "getIndex": ["/v1/index"],
    "getContract": ["/v1/openapi.json", "/v1/openapi.json?formats=all"],
}


class TestReads:
    @pytest.mark.parametrize("name", READS)
    def test_an_answer_and_its_304(self, archive: Archive, name: str) -> None:
        quote_id = archive.search("hold").hits[0].quote.id
        for target in (target.replace("ID", quote_id) for target in READS[name]):
            answer = asked(target)
            assert answer["statusCode"] == 200, target
            conforms(name, answer)
            again = asked(target, **{"If-None-Match": answer["headers"]["ETag"]})
            assert (again["statusCode"], again["headers"]["ETag"]) == (304, answer["headers"]["ETag"])
            conforms(name, again)

    @pytest.mark.parametrize("name", READS)
    def test_an_unknown_parameter_is_a_400(self, archive: Archive, name: str) -> None:
        path = READS[name][-1].partition("?")[0]
        answer = asked(f"{path}?vebose=1")
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (400, "no-store")
        conforms(name, answer)

    @pytest.mark.parametrize(
        ("name", "target"), [("getQuote", "/v1/quotes/q_1"), ("getSpeaker", "/v1/speakers/nobody")]
    )
    def test_a_missing_resource_is_a_404_despite_an_etag(self, archive: Archive, name: str, target: str) -> None:
        for headers in ({}, {"If-None-Match": "*"}):
            answer = asked(target, **headers)
            assert answer["statusCode"] == 404
            conforms(name, answer)

    def test_a_page_whose_generation_is_gone_is_a_410(self, archive: Archive) -> None:
        first = asked("/v1/quotes?limit=1")
        archive.add(an_article("“More,” said Ada Okafor.", id="urn:2"))
        forget_the_past()
        following = re.fullmatch(r"<(.+)>; rel=\"next\"", first["headers"]["Link"])
        assert following is not None
        answer = asked(following[1])
        assert answer["statusCode"] == 410
        conforms("searchQuotes", answer)

    def test_more_rows_than_an_answer_has_are_a_400(self, archive: Archive) -> None:
        answer = asked("/v1/quotes?format=csv&limit=1001")
        assert answer["statusCode"] == 400
        conforms("searchQuotes", answer)

    @pytest.mark.parametrize("name", [name for name in READS if name != "getContract"])
    @pytest.mark.parametrize(("error", "status"), [(Unavailable("503 SlowDown"), 503), (ZeroDivisionError(), 500)])
    def test_a_failing_store_is_a_503_and_an_unexpected_error_a_500(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, status: int
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(type(archive.store), "get", fail)
        monkeypatch.setattr(type(archive.store), "get_if_changed", fail)
        answer = asked(READS[name][0].replace("ID", "q_1"))
        assert answer["statusCode"] == status
        conforms(name, answer)
        assert ("Retry-After" in answer["headers"]) == (status == 503)


def forget_the_past() -> None:
    assert delete("history/")
    settings.archive.cache_clear()


KEY = examples.ARTICLE.key
WRITES: list[tuple[str, str, str, bytes, str, int]] = [
    ("postArticle", "POST", "/v1/articles", b'{"body": "Rain."}', "application/json", 202),
    ("postArticle", "POST", "/v1/articles", b"Rain.", "text/plain; charset=utf-8", 202),
    ("postArticle", "POST", "/v1/articles", b"{}", "application/json", 400),
    ("postArticle", "POST", "/v1/articles", b"a" * 2**21, "text/plain", 413),
    ("postArticle", "POST", "/v1/articles", b'{"id": "urn:1", "body": "Another text."}', "application/json", 409),
    ("getArticle", "GET", f"/v1/articles/{KEY}", b"", "", 200),
    ("getArticle", "GET", f"/v1/articles/{KEY}?version=1", b"", "", 400),
    ("getArticle", "GET", f"/v1/articles/{an_article(id='urn:none').key}", b"", "", 404),
    ("postQuotes", "POST", "/v1/quotes", b'{"text": "No.", "speaker": "Ada"}', "application/json", 202),
    ("postQuotes", "POST", "/v1/quotes", b'{"text": "No.", "denied_speaker": "Ada"}', "application/json", 202),
    ("postQuotes", "POST", "/v1/quotes", b'[{"text": "No."}, 3]', "application/json", 400),
    ("postQuotes", "POST", "/v1/quotes", b"a" * 2**21, "application/json", 413),
    ("deleteArticle", "DELETE", f"/v1/articles/{KEY}", b"", "", 202),
    ("deleteArticle", "DELETE", f"/v1/articles/{KEY}?version=2", b"", "", 202),
    ("deleteArticle", "DELETE", f"/v1/articles/{KEY}?version=0", b"", "", 400),
    ("deleteArticle", "DELETE", f"/v1/articles/{an_article(id='urn:none').key}", b"", "", 404),
]


POSTED = (
    "“The dam will not hold,” Ada Okafor said. “A dam,” said Bo Lind. A “wall”. “Nobody was there at all,” he said."
)
POSTED_READS: list[tuple[str, str, bytes, str, int]] = [
    ("verifyText", "/v1/verify", b'{"text": "the dam would hold", "speaker": "Okafor"}', "application/json", 200),
    ("verifyText", "/v1/verify", b'{"text": ""}', "application/json", 400),
    ("verifyText", "/v1/verify", b"a" * 2**17, "application/json", 413),
    ("checkDraft", "/v1/check", POSTED.encode(), "text/plain", 200),
    ("checkDraft", "/v1/check", f"<p>{POSTED}".encode(), "text/html", 200),
    ("checkDraft", "/v1/check", json.dumps({"text": POSTED, "without": ["a"]}).encode(), "application/json", 200),
    ("checkDraft", "/v1/check", b"{}", "application/json", 400),
    ("checkDraft", "/v1/check", b"a" * 2**17, "text/markdown", 413),
]


class TestPostedReads:
    @pytest.mark.parametrize(("name", "target", "body", "kind", "status"), POSTED_READS)
    def test_an_answer(self, archive: Archive, name: str, target: str, body: bytes, kind: str, status: int) -> None:
        answer = search.handler(http("POST", target, body, kind), LambdaContext("search"))
        assert answer["statusCode"] == status
        conforms(name, answer)

    @pytest.mark.prove
    @pytest.mark.parametrize(
        ("name", "target", "body"), [(row[0], row[1], row[2]) for row in (POSTED_READS[0], POSTED_READS[5])]
    )
    @pytest.mark.parametrize(("error", "status"), [(Unavailable("503 SlowDown"), 503), (ZeroDivisionError(), 500)])
    def test_a_store_that_fails(
        self,
        archive: Archive,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        target: str,
        body: bytes,
        error: Exception,
        status: int,
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(type(archive.store), "get", fail)
        answer = search.handler(http("POST", target, body), LambdaContext("search"))
        assert answer["statusCode"] == status
        conforms(name, answer)


class TestWrites:
    @pytest.mark.parametrize(("name", "method", "target", "body", "kind", "status"), WRITES)
    def test_an_answer(
        self, archive: Archive, name: str, method: str, target: str, body: bytes, kind: str, status: int
    ) -> None:
        answer = ingest.handler(http(method, target, body, kind), LambdaContext("ingest"))
        assert answer is not None
        assert answer["statusCode"] == status
        conforms(name, answer)

    @pytest.mark.parametrize(
        ("name", "event"),
        [
            ("postArticle", http("POST", "/v1/articles", b'{"body": "Rain."}')),
            ("postQuotes", http("POST", "/v1/quotes", b'{"text": "No.", "speaker": "Ada"}')),
            ("getArticle", http("GET", f"/v1/articles/{KEY}")),
            ("deleteArticle", http("DELETE", f"/v1/articles/{KEY}?version=1")),
        ],
    )
    @pytest.mark.parametrize(("error", "status"), [(Unavailable("503 SlowDown"), 503), (ZeroDivisionError(), 500)])
    def test_a_store_that_fails(
        self,
        archive: Archive,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        event: dict[str, Any],
        error: Exception,
        status: int,
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(type(archive.store), "get" if name == "getArticle" else "create", fail)
        answer = ingest.handler(event, LambdaContext("ingest"))
        assert answer is not None
        assert answer["statusCode"] == status
        conforms(name, answer)


class TestExports:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"{}", 202),
            (json.dumps(examples.EXPORT).encode(), 202),
            (b'{"limit": 50001}', 400),
            (b'{"cursor": "abc"}', 400),
            (b"[]", 400),
            (b"a" * (exports.MAX_BODY + 1), 413),
        ],
    )
    def test_a_request(self, archive: Archive, body: bytes, status: int) -> None:
        answer = exports.handler(http("POST", "/v1/exports", body), LambdaContext("exports"))
        assert answer["statusCode"] == status
        conforms("postExport", answer)

    def test_a_job_through_its_life(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        def looked_at() -> dict[str, Any]:
            answer = exports.handler(http("GET", target), LambdaContext("exports"))
            conforms("getExport", answer)
            return {"status_code": answer["statusCode"], **json.loads(answer["body"])}

        target = exports.handler(http("POST", "/v1/exports", b"{}"), LambdaContext("exports"))["headers"]["Location"]
        assert looked_at()["status"] == "queued"
        (message,) = queued(settings.current().export_queue_url)
        with monkeypatch.context() as small:
            small.setattr(exports.work, "MAX_BYTES", 10)
            exports.handler(events.sqs_event([message]), LambdaContext("exports"))
        assert looked_at()["status"] == "failed"
        exports.handler(http("POST", "/v1/exports", b"{}"), LambdaContext("exports"))
        exports.handler(events.sqs_event([message]), LambdaContext("exports"))
        assert looked_at()["status"] == "done"
        archive.withdraw(KEY)
        assert looked_at()["status_code"] == 410

    def test_an_unknown_job_is_a_404(self, archive: Archive) -> None:
        answer = exports.handler(http("GET", f"/v1/exports/{examples.EXPORT_ID}"), LambdaContext("exports"))
        assert answer["statusCode"] == 404
        conforms("getExport", answer)

    @pytest.mark.parametrize("name", ["postExport", "getExport"])
    @pytest.mark.parametrize(("error", "status"), [(Unavailable("503 SlowDown"), 503), (ZeroDivisionError(), 500)])
    def test_a_store_that_fails(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, status: int
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(type(archive.store), "get", fail)
        method, path, _ = BY_ID[name]
        event = http(method.upper(), path.replace("{id}", examples.EXPORT_ID), b"{}" if method == "post" else b"")
        answer = exports.handler(event, LambdaContext("exports"))
        assert answer["statusCode"] == status
        conforms(name, answer)


class TestReports:
    def test_a_report_and_what_is_refused(self, archive: Archive) -> None:
        quote = archive.search("dam").hits[0].quote.id
        for body, status in (
            (f'{{"quote": "{quote}"}}', 202),
            ("{}", 400),
            ('{"quote": "q_1"}', 404),
            ("x" * 5000, 413),
        ):
            answer = reports.handler(http("POST", "/v1/reports", body.encode()), LambdaContext("reports"))
            assert answer["statusCode"] == status
            conforms("postReport", answer)
        for target, body, status in (
            (quote, '{"note": "Bo Lind said it"}', 202),
            ("q_1", "{}", 404),
            (quote, "[]", 400),
        ):
            event = http("POST", f"/v1/quotes/{target}/reports", body.encode())
            answer = reports.handler(event, LambdaContext("reports"))
            assert answer["statusCode"] == status
            conforms("postNotedReport", answer)

    @pytest.mark.parametrize(("error", "status"), [(Unavailable("503 SlowDown"), 503), (ZeroDivisionError(), 500)])
    def test_a_store_that_fails(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
    ) -> None:
        def fail(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(type(archive.store), "get", fail)
        for name, path, body in (
            ("postReport", "/v1/reports", b'{"quote": "q_1"}'),
            ("postNotedReport", "/v1/quotes/q_1/reports", b"{}"),
        ):
            answer = reports.handler(http("POST", path, body), LambdaContext("reports"))
            assert answer["statusCode"] == status
            conforms(name, answer)


class TestSlack:
    def test_a_card(self, archive: Archive) -> None:
        for body in (b"command=%2Fquote&text=dam", b"command=%2Fquote&text=", b"text=%FF"):
            answer = slack.handler(slack_event("secret", body), LambdaContext("slack"))
            assert answer["statusCode"] == 200
            conforms("slackCommand", answer)

    def test_a_signature_of_somebody_else(self, archive: Archive) -> None:
        answer = slack.handler(slack_event("another secret"), LambdaContext("slack"))
        assert answer["statusCode"] == 401
        conforms("slackCommand", answer)

    def test_a_store_that_fails(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> Any:
            raise Unavailable("503 SlowDown")

        monkeypatch.setattr(type(archive.store), "get", fail)
        answer = slack.handler(slack_event("secret"), LambdaContext("slack"))
        assert answer is not None
        assert answer["statusCode"] == 200, "Slack shows nothing of another status"
        assert "The archive does not answer" in answer["body"]
        conforms("slackCommand", answer)

    def test_a_button(self, archive: Archive) -> None:
        for secret, status in (("secret", 200), ("another", 401)):
            body = urlencode({"payload": examples.DISMISSAL}).encode()
            answer = slack.handler(slack_event(secret, body, "action"), LambdaContext("slack"))
            assert answer is not None
            assert answer["statusCode"] == status
            conforms("slackAction", answer)


@pytest.mark.parametrize(
    ("function", "path"), [(ingest, "/v1/articles"), (ingest, "/v1/quotes"), (exports, "/v1/exports")]
)
def test_a_body_is_required_and_an_empty_one_refused(archive: Archive, function: Any, path: str) -> None:
    assert all(op["requestBody"]["required"] for _, _, op in BY_ID.values() if "requestBody" in op)
    assert "requestBody" in DOCUMENT["paths"][path]["post"]
    assert function.handler(http("POST", path), LambdaContext("f"))["statusCode"] == 400


def test_every_count_that_a_request_may_ask_begins_with_one() -> None:
    schemas = {each["name"]: each["schema"] for _, _, op in BY_ID.values() for each in op.get("parameters", ())}
    counts = {name: schema["minimum"] for name, schema in schemas.items() if schema.get("type") == "integer"}
    assert counts == {"facet_size": 1, "limit": 1, "version": 1}
    assert {one["minimum"] for one in schemas["as_of"]["anyOf"] if one["type"] == "integer"} == {1}


@pytest.mark.parametrize(("digits", "is_one"), [(15, True), (16, False)])
def test_a_generation_is_as_large_as_the_contract_says(archive: Archive, digits: int, is_one: bool) -> None:
    _, _, operation = BY_ID["searchQuotes"]
    (schema,) = (each["schema"] for each in operation["parameters"] if each["name"] == "as_of")
    generation = int("9" * digits)
    number, _ = schema["anyOf"]
    assert (number["minimum"] <= generation <= number["maximum"]) == is_one
    answer = search.handler(http("GET", f"/v1/quotes?as_of={generation}"), LambdaContext("search"))
    assert ("is not kept" in json.loads(answer["body"])["detail"]) == is_one


def test_the_example_of_an_address_is_valid_as_long_as_a_real_one() -> None:
    _, _, operation = BY_ID["getExport"]
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert shown["expires_seconds"] == exports.SIGNED_SECONDS


GATEWAY = {
    403: "Forbidden",
    404: "Not Found",
    413: "Request Too Long",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@pytest.mark.parametrize("status", GATEWAY)
def test_the_gateway_answers_with_its_own_message(status: int) -> None:
    answers = [
        resolved(one) for _, _, op in BY_ID.values() for code, one in op["responses"].items() if int(code) == status
    ]
    assert {answer["content"]["application/json"]["example"]["message"] for answer in answers} == {GATEWAY[status]}


def test_every_status_has_its_test() -> None:
    """The gateway itself answers some statuses; the tests above produce all others."""
    gateway = {403, 429}
    driven = {200, 202, 303, 304, 400, 401, 404, 409, 410, 413, 500, 503}
    promised = {int(status) for _, _, operation in BY_ID.values() for status in operation["responses"]}
    assert promised == gateway | driven
