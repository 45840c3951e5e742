"""The search function: pages, rows, one quote, speakers, verdicts, the contract, and conditional requests."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions import search
from functions.http import caching, gates
from functions.local.events import LambdaContext
from functions.runtime import settings
from quoth import citation
from quoth.answers.rows import ROW_FORMATS
from quoth.archive import Archive
from quoth.engine.searcher import Searcher
from quoth.errors import Unavailable
from tests.support.builders import a_given, an_article, day
from tests.support.effort import some
from tests.support.events import ROOT, Ending, call, http, integrity_of
from tests.support.served import damage, delete, stored


class TestSearch:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([an_article(id="urn:1"), a_given("The dam must go.", "Bo Lind")])

    def test_a_search_answers_a_page(self) -> None:
        status, page = call(search, http("GET", "/v1/quotes?q=dam&speaker=okafor&limit=5"))
        assert status == 200
        assert page["query"] == {"q": "dam", "speaker": ["okafor"], "limit": 5}
        assert page["total"] == {"value": 1, "relation": "eq"}
        assert [hit["speaker"]["name"] for hit in page["hits"]] == ["Ada Okafor"]
        assert page["index"] == {"generation": 1, "quotes": 2}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["direct"]),
            ("&type=indirect", ["indirect"]),
            ("&type=direct,indirect", ["direct", "indirect"]),
            ("&type=indirect&type=direct", ["direct", "indirect"]),
        ],
    )
    def test_statements_match_only_on_request(self, query: str, found: list[str]) -> None:
        stored().add(an_article("“The lock is old,” said Ada Okafor. Bo Lind said that the lock is new.", id="urn:2"))
        status, page = call(search, http("GET", f"/v1/quotes?q=lock{query}"))
        assert (status, page["total"]["value"]) == (200, len(found))
        assert sorted(hit["type"] for hit in page["hits"]) == found
        assert page["query"].get("type", ["direct"]) == found
        _, index = call(search, http("GET", "/v1/index"))
        assert index["types"] == {"direct": 3, "indirect": 1}

    def test_an_unknown_type_is_refused_with_the_known_types(self) -> None:
        status, answer = call(search, http("GET", "/v1/quotes?q=dam&type=direct&type=quoted"))
        detail = "must be direct, partial, indirect, term or title, not 'quoted'"
        assert (status, answer["errors"]) == (400, [{"parameter": "type", "detail": detail}])

    def test_a_quote_is_got_by_the_link_of_its_hit(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        (status, quote) = call(search, http("GET", page["hits"][0]["links"]["self"]))
        assert (status, quote["text"]) == (200, page["hits"][0]["text"])

    def test_the_index_is_described(self) -> None:
        status, index = call(search, http("GET", "/v1/index"))
        assert (status, index["quotes"], index["speakers"]) == (200, 2, 2)

    @pytest.mark.parametrize(
        ("target", "status", "parameter"),
        [
            ("/v1/quotes?q=", 400, "q"),
            ("/v1/quotes?q=%FF", 400, "the query string"),
            ("/v1/quotes?q=a&q=b", 400, "q"),
            ("/v1/quotes?querry=a", 400, "querry"),
            ("/v1/quotes?q=dam&type=", 400, "type"),
            ("/v1/quotes?limit=many", 400, "limit"),
            ("/v1/quotes?limit=101", 400, "limit"),
            ("/v1/quotes?limit=5.0", 400, "limit"),
            ("/v1/quotes?limit=1_0", 400, "limit"),
            ("/v1/quotes?from=yesterday", 400, "from"),
            ("/v1/quotes?" + "&".join(f"p{n}=1" for n in range(101)), 400, "the query string"),
            ("/v1/quotes?limit=0", 400, "limit"),
            ("/v1/quotes?format=csv&limit=1001", 400, "limit"),
            ("/v1/quotes?format=jsonl&limit=50001", 400, "limit"),
            ("/v1/quotes?format=xml", 400, "format"),
            ("/v1/quotes?status=known", 400, "status"),
            ("/v1/quotes?facets=speaker,colour", 400, "facets"),
            ("/v1/quotes?speaker=", 400, "speaker"),
            ("/v1/quotes?" + "&".join(f"speaker=s{n}" for n in range(21)), 400, "speaker"),
            ("/v1/quotes?sort=best", 400, "sort"),
            ("/v1/quotes?collapse=all", 400, "collapse"),
            ("/v1/quotes?fuzzy=2", 400, "fuzzy"),
            ("/v1/quotes?highlight=yes", 400, "highlight"),
            ("/v1/quotes?min_confidence=2", 400, "min_confidence"),
            ("/v1/quotes?min_confidence=.", 400, "min_confidence"),
            ("/v1/quotes?from=2025-08-12&to=2025-08-11", 400, "to"),
            ("/v1/quotes?to=2025-02-30", 400, "to"),
            ("/v1/quotes?cursor=abc", 400, "cursor"),
            ("/v1/quotes?cursor=%20", 400, "cursor"),
            ("/v1/quotes?as_of=7", 400, "as_of"),
            ("/v1/quotes?as_of=0", 400, "as_of"),
            ("/v1/quotes?as_of=7&format=csv&limit=1000", 400, "as_of"),
            ("/v1/quotes/q_1?format=endnote", 400, "format"),
            ("/v1/speakers?limit=101", 400, "limit"),
            ("/v1/speakers?name=a", 400, "name"),
            ("/v1/speakers/ada-okafor?limit=1", 400, "limit"),
            ("/v1/verify", 400, "text"),
            ("/v1/verify?text=", 400, "text"),
            ("/v1/verify?text=%E2%80%A6", 400, "text"),
            ("/v1/verify?text=dam&speaker=", 400, "speaker"),
            ("/v1/verify?text=" + "a" * 2001, 400, "text"),
            ("/v1/openapi.json?version=2", 400, "version"),
            ("/v1/quotes/q_1?verbose=1", 400, "verbose"),
            ("/v1/index?verbose=1", 400, "verbose"),
        ],
    )
    def test_a_parameter_that_cannot_be_is_named(self, target: str, status: int, parameter: str) -> None:
        code, answer = call(search, http("GET", target))
        assert (code, [error["parameter"] for error in answer["errors"]]) == (status, [parameter])

    def test_only_a_limit_that_is_too_high_is_sent_to_the_exports(self) -> None:
        for limit, is_sent in (("0", False), ("101", True)):
            sentence = told(asked(f"/v1/quotes?limit={limit}"))["detail"]
            assert f"must be from 1 to 100 as json, not {limit}" in sentence
            assert ("POST /v1/exports" in sentence) == is_sent

    @pytest.mark.parametrize("limit", [0, 101])
    def test_a_list_of_speakers_has_a_page_at_most(self, limit: int) -> None:
        assert f"limit: must be from 1 to 100, not {limit}" in told(asked(f"/v1/speakers?limit={limit}"))["detail"]

    def test_an_error_is_kept_in_no_cache_and_read_by_any_page(self) -> None:
        for target, status in [("/v1/quotes?q=", 400), ("/v1/quotes/q_1", 404), ("/v1/index", 200)]:
            answer = asked(target, Origin="https://example.org")
            assert answer["statusCode"] == status
            assert answer["headers"]["Cache-Control"] == ("no-cache" if status == 200 else "no-store")
            assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
            assert answer["headers"]["Access-Control-Expose-Headers"] == "etag,link,retry-after"

    def test_an_address_that_is_not_there_is_read_by_any_page(self) -> None:
        event = http("GET", "/v1/index", Origin="https://example.org") | {"rawPath": "/v1/nothing"}
        answer = search.handler(event, LambdaContext("search"))
        assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Origin"]) == (404, "*")

    def test_an_unexpected_error_is_read_by_any_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(stored().store), "get", lambda *_: 1 / 0)
        answer = asked("/v1/index", Origin="https://example.org")
        assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Origin"]) == (500, "*")

    def test_a_quote_that_is_not_there_is_a_404(self) -> None:
        status, answer = call(search, http("GET", "/v1/quotes/q_none"))
        assert (status, answer["detail"]) == (404, "no quote has the id q_none")

    def test_an_address_that_is_not_there_is_a_404(self) -> None:
        event = http("GET", "/v1/index") | {"rawPath": "/v1/nothing"}
        event["requestContext"]["http"]["path"] = "/v1/nothing"
        assert call(search, event)[0] == 404

    def test_a_damaged_segment_is_a_500_that_tells_nothing_to_the_caller(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        name = damage("segments/")
        status, answer = call(search, http("GET", "/v1/quotes?q=dam"))
        assert status == 500
        assert "segment" not in answer["detail"]
        (rung,) = integrity_of(caplog)
        assert name in rung

    def test_a_segment_that_is_gone_rings_as_well(self, caplog: pytest.LogCaptureFixture) -> None:
        (segment,) = delete("segments/")
        assert call(search, http("GET", "/v1/quotes?q=dam"))[0] == 500
        assert integrity_of(caplog) == [f"segment {segment} is gone, but the manifest names it"]

    @pytest.mark.parametrize("fault", ["no", "a damaged segment", "an outage", "a bug"])
    def test_no_log_has_a_word_of_what_was_asked(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        """Searches are private, those that fail too."""

        def fail(*_: Any) -> Any:
            raise Unavailable("503 SlowDown") if fault == "an outage" else ZeroDivisionError

        if fault == "a damaged segment":
            damage("segments/")
        elif fault != "no":
            monkeypatch.setattr(type(stored().store), "get", fail)
        for target in (
            "quotes?q=zeppelin",
            "quotes?zeppelin=",
            "quotes?q=dam&speaker=zeppelin",
            "verify?text=zeppelin",
        ):
            asked(f"/v1/{target}", If_None_Match='"a"')
        asked("/v1/quotes/zeppelin")
        assert bool(caplog.records) == (fault != "no")
        assert "zeppelin" not in "".join(str(vars(record)) for record in caplog.records)


def asked(target: str, **headers: str) -> dict[str, Any]:
    """Call the search function, and return its whole response."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return search.handler(http("GET", target, **given), LambdaContext("search"))


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an answer without its duration."""
    value: dict[str, Any] = json.loads(answer["body"])
    return {name: value[name] for name in value if name != "took_ms"}


def following(answer: dict[str, Any]) -> str:
    """Return the address of the next page."""
    found = re.fullmatch(r"<(.+)>; rel=\"next\"", answer["headers"]["Link"])
    assert found is not None
    return found[1]


DAMS = [
    an_article(
        f"“Dam number {n} will hold,” said Ada Okafor.",
        id=f"urn:{n}",
        publisher=["The Daily", "Le Phare"][n % 2],
        language=["en-GB", "und"][n % 2],
        published=day(2020 + n, 1 + n),
    )
    for n in range(5)
]


class TestSearchingWithEverything:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([*DAMS, a_given("The dam must go.", "Bo Lind", published=day(2022))])

    def numbers(self, query: str) -> list[str]:
        return [hit["text"] for hit in json.loads(asked(f"/v1/quotes?{query}")["body"])["hits"]]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=dam", 6),
            ("speaker=okafor", 5),
            ("speaker=okafor&speaker=lind", 6),
            ("publisher=the+daily", 3),
            ("publisher=the+daily&publisher=Le+Phare", 5),
            ("language=en", 3),
            ("status=given", 1),
            ("status=given,attributed", 6),
            ("status=given&status=attributed", 6),
            ("from=2022-01-01", 4),
            ("to=2022-01-01", 3),
            ("from=2022-01-01&to=2022-12-31", 2),
            ("min_confidence=0.999999", 1),
            ("min_confidence=0", 6),
            ("min_confidence=1e-3", 6),
            ("q=numbre", 5),
            ("q=numbre&fuzzy=off", 0),
            ("q=okafor+hold", 5),
            ("q=okafor+hold&match=all", 0),
            ("q=number+speaker:okafor+-publisher:%22le+phare%22", 3),
            ("as_of=1", 6),
        ],
    )
    def test_each_parameter_narrows_what_is_found(self, query: str, found: int) -> None:
        status, page = call(search, http("GET", f"/v1/quotes?{query}"))
        assert (status, page["total"]["value"]) == (200, found)

    def test_the_newest_or_the_oldest_come_first(self) -> None:
        newest = self.numbers("sort=newest&speaker=okafor")
        assert newest == [f"Dam number {n} will hold," for n in (4, 3, 2, 1, 0)]
        assert self.numbers("sort=oldest&speaker=okafor") == newest[::-1]

    def test_facets_are_counted_over_all_that_match(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?limit=1&facets=speaker,year&facets=publisher"))
        assert page["facets"]["speaker"][0] == {"id": "ada-okafor", "name": "Ada Okafor", "count": 5}
        assert [bucket["count"] for bucket in page["facets"]["publisher"]] == [3, 2]
        assert page["facets"]["year"][0] == {"value": "2024", "count": 1}

    def test_a_facet_has_as_many_values_as_are_asked_for(self) -> None:
        stored().add(
            a_given(f"Dam {n}.", f"Speaker {'abcdefghijklmno'[n]}", published=day(1990 + n)) for n in range(15)
        )
        for size, found in (("", 10), ("&facet_size=3", 3), ("&facet_size=1000", 17)):
            _, page = call(search, http("GET", f"/v1/quotes?limit=1&facets=speaker,year{size}"))
            assert len(page["facets"]["speaker"]) == found
            assert len(page["facets"]["year"]) == (20 if found != 3 else 3)
        assert page["query"]["facet_size"] == 1000
        for size in ("0", "1001", "many"):
            status, answer = call(search, http("GET", f"/v1/quotes?facets=speaker&facet_size={size}"))
            assert (status, answer["errors"][0]["parameter"]) == (400, "facet_size")

    def test_equal_words_stand_for_one_another(self) -> None:
        stored().add(an_article("“Dam number 1 will hold,” said Bo Lind.", id="urn:again"))
        _, page = call(search, http("GET", "/v1/quotes?q=number&collapse=wording"))
        groups = sorted(hit["collapsed"]["quotes"] for hit in page["hits"])
        assert (page["total"]["value"], groups) == (5, [1, 1, 1, 1, 2])

    def test_highlights_can_be_left_out(self) -> None:
        for asked_for, spans in [("true", [{"start": 4, "end": 7}]), ("false", [])]:
            _, page = call(search, http("GET", f"/v1/quotes?q=%22dam%22+speaker:lind&highlight={asked_for}"))
            assert [hit["highlights"] for hit in page["hits"]] == [spans]

    def test_an_unknown_word_is_answered_with_a_suggestion(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?q=nummber&fuzzy=off"))
        assert page["query"]["did_you_mean"] == "number"

    def test_pages_follow_one_another_while_somebody_writes(self) -> None:
        """The pages have every quote of the generation once, and no later quote."""
        everything = self.numbers("q=dam&limit=100")
        answer = asked("/v1/quotes?q=dam&limit=2")
        texts: list[str] = []
        for n in range(3):
            page = told(answer)
            texts += [hit["text"] for hit in page["hits"]]
            assert (page["index"]["generation"], page["total"]["value"]) == (1, 6)
            stored().add(an_article(f"“A dam is a dam is a dam {n},” said Bo Lind.", id=f"urn:later-{n}"))
            if n < 2:
                answer = asked(following(answer))
        assert texts == everything
        assert (page["next_cursor"], answer["headers"].get("Link")) == (None, None)
        assert len(self.numbers("q=dam&limit=100")) == 9

    @pytest.mark.parametrize("query", ["", "&as_of=1", "&format=csv&limit=1000&as_of=1"])
    def test_a_page_is_of_its_generation_also_if_somebody_writes_this_very_moment(
        self, monkeypatch: pytest.MonkeyPatch, query: str
    ) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        real = Searcher.at

        def at(searcher: Searcher, generation: int) -> Searcher:
            found = real(searcher, generation)
            stored().add(an_article("“A dam is a dam is a dam,” said Bo Lind.", id="urn:now"))
            return found

        monkeypatch.setattr(Searcher, "at", at)
        found = asked(f"/v1/quotes?q=dam{query}" if query else following(first))["body"]
        assert "is a dam" not in found
        if "csv" not in query:
            assert json.loads(found)["index"]["generation"] == 1

    def test_a_cursor_goes_with_its_search_alone(self) -> None:
        cursor = told(asked("/v1/quotes?q=dam&limit=2"))["next_cursor"]
        answer = asked(f"/v1/quotes?q=holds&limit=2&cursor={cursor}")
        assert (answer["statusCode"], told(answer)["errors"][0]["parameter"]) == (400, "cursor")

    def test_a_page_whose_generation_was_collected_is_a_410_that_says_what_to_do(self) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        stored().add(an_article("“More,” said Ada Okafor.", id="urn:more"))
        assert delete("history/")
        settings.archive.cache_clear()  # a function that has not held the generation
        answer = asked(following(first))
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (410, "no-store")
        assert told(answer)["detail"] == "generation 1 is no longer kept; begin again without cursor"

    def test_a_past_generation_answers_as_it_did(self) -> None:
        before = told(asked("/v1/quotes?q=dam"))
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        after = told(asked("/v1/quotes?q=dam&as_of=1"))
        assert after["hits"] == before["hits"]
        assert after["index"] == before["index"]
        assert len(asked("/v1/quotes?format=csv&limit=1000&as_of=1")["body"].splitlines()) == 1 + 6


class TestWhatIsHeld:
    """An answer's ETag names its generation; a client with the current ETag gets a 304."""

    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add(DAMS)

    def test_until_somebody_writes(self) -> None:
        tag = asked("/v1/quotes?q=dam")["headers"]["ETag"]
        answer = asked("/v1/quotes?q=dam", If_None_Match=tag)
        assert (answer["statusCode"], answer.get("body") or "") == (304, "")
        assert answer["headers"]["ETag"] == tag
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        answer = asked("/v1/quotes?q=dam", If_None_Match=tag)
        assert (answer["statusCode"], answer["headers"]["ETag"] != tag) == (200, True)

    @pytest.mark.parametrize("listed", ['"a", {}', '{} , W/"b"', "*", 'W/"a,b", {}'])
    def test_in_a_list_or_as_a_star(self, listed: str) -> None:
        tag = asked("/v1/index")["headers"]["ETag"]
        assert asked("/v1/index", If_None_Match=listed.format(tag))["statusCode"] == 304

    def test_tags_are_compared_weakly(self) -> None:
        tag = asked("/v1/index")["headers"]["ETag"]
        assert asked("/v1/index", If_None_Match=tag.removeprefix("W/"))["statusCode"] == 304
        assert asked("/v1/index", If_None_Match=tag.strip('W/"'))["statusCode"] == 200

    def test_the_order_of_parameters_does_not_matter_and_their_values_do(self) -> None:
        tag = asked("/v1/quotes?q=dam&limit=2")["headers"]["ETag"]
        assert asked("/v1/quotes?limit=2&q=dam")["headers"]["ETag"] == tag
        assert asked("/v1/quotes?limit=3&q=dam")["headers"]["ETag"] != tag

    def test_each_address_and_each_meaning_of_the_answers_has_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tags = {asked(f"/v1/{target}")["headers"]["ETag"] for target in ("index", "speakers", "quotes")}
        monkeypatch.setattr(caching, "CONTRACT", "2")
        assert len(tags | {asked("/v1/index")["headers"]["ETag"]}) == 4

    def test_a_page_of_the_past_stays_as_it_is(self) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        address = following(first)
        tag = asked(address)["headers"]["ETag"]
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        assert asked(address, If_None_Match=tag)["statusCode"] == 304
        assert asked("/v1/quotes?q=dam&as_of=1", If_None_Match="*")["statusCode"] == 304

    def test_another_archive_under_the_same_name_has_another_tag(self) -> None:
        """Generation and number of quotes are the same; the nonce of the commit is not."""
        tag = asked("/v1/quotes?q=dam")["headers"]["ETag"]
        assert delete("")
        stored().add(DAMS)
        settings.archive.cache_clear()  # a function that has not held the other one
        answer = asked("/v1/quotes?q=dam", If_None_Match=tag)
        assert (answer["statusCode"], told(answer)["index"]["generation"]) == (200, 1)

    def test_an_invalid_request_is_never_cached(self) -> None:
        assert asked("/v1/quotes?q=", If_None_Match="*")["statusCode"] == 400
        assert asked("/v1/verify?text=", If_None_Match="*")["statusCode"] == 400
        assert asked("/v1/quotes/q_1", If_None_Match="*")["statusCode"] == 404


class TestPastGenerations:
    """Every read answers from a generation that is named by its number or its tag."""

    @pytest.fixture(autouse=True)
    def a_tag(self, served: None) -> None:
        stored().add(DAMS)
        stored().tag(1, "paper-2026")
        stored().add(a_given("The dam must go.", "Bo Lind", published=day(2022)))

    @pytest.mark.parametrize("as_of", ["1", "paper-2026"])
    def test_a_read_is_as_of_it(self, as_of: str) -> None:
        def generation(target: str) -> tuple[int, int]:
            status, answer = call(search, http("GET", f"{target}as_of={as_of}"))
            return status, answer.get("index", answer)["generation"]

        quote = told(asked("/v1/quotes?q=number"))["hits"][0]["id"]
        later = told(asked("/v1/quotes?q=must"))["hits"][0]["id"]
        for target in ("/v1/quotes?q=dam&", "/v1/speakers?", "/v1/speakers/ada-okafor?", "/v1/index?"):
            assert generation(target) == (200, 1)
        assert asked(f"/v1/quotes/{quote}?as_of={as_of}")["statusCode"] == 200
        assert asked(f"/v1/quotes/{quote}?format=text&as_of={as_of}")["statusCode"] == 200
        assert asked(f"/v1/quotes/{later}?format=text&as_of={as_of}")["statusCode"] == 404
        assert asked(f"/v1/quotes/{later}?as_of={as_of}")["statusCode"] == 404
        for as_of_it, verdict in ((f"&as_of={as_of}", "not_found"), ("", "exact")):
            assert told(asked(f"/v1/verify?text=The+dam+must+go{as_of_it}"))["verdict"] == verdict
        body = json.dumps({"text": "The dam must go", "as_of": as_of}).encode()
        assert call(search, http("POST", "/v1/verify", body))[1]["verdict"] == "not_found"
        draft = json.dumps({"text": "“The dam must go,” Bo Lind said.", "as_of": as_of}).encode()
        _, report = call(search, http("POST", "/v1/check", draft, content_type="application/json"))
        assert [one["verdict"] for one in report["quotes"]] == ["not_found"]

    def test_an_unknown_one_is_refused_by_every_read(self) -> None:
        quote = told(asked("/v1/quotes?q=number"))["hits"][0]["id"]
        targets = (
            "quotes?q=dam",
            "speakers?limit=1",
            "speakers/ada-okafor?",
            f"quotes/{quote}?",
            "verify?text=x",
            "index?",
        )
        for as_of in ("99", "no-such-tag", "No tag", "0"):
            for target in targets:
                status, answer = call(search, http("GET", f"/v1/{target}&as_of={as_of.replace(' ', '+')}"))
                assert (status, answer["errors"][0]["parameter"]) == (400, "as_of"), (target, as_of)

    def test_an_answer_is_cached_until_something_in_it_is_withdrawn(self) -> None:
        target = "/v1/speakers?as_of=paper-2026"
        tag = asked(target)["headers"]["ETag"]
        assert asked(target, If_None_Match=tag)["statusCode"] == 304
        stored().add(a_given("Another dam.", "Bo Lind"))
        assert asked(target, If_None_Match=tag)["statusCode"] == 304
        stored().withdraw("urn:1")
        answer = asked(target, If_None_Match=tag)
        assert (answer["statusCode"], told(answer)["speakers"][0]["quotes"]) == (200, 4)

    def test_rows_and_answers_cite_the_tag(self) -> None:
        answer = asked("/v1/quotes?q=dam&format=csv&as_of=paper-2026")
        rows = list(csv.DictReader(io.StringIO(answer["body"], newline="")))
        assert {row["tag"] for row in rows} == {"paper-2026"}
        assert "tag" not in next(csv.reader(asked("/v1/quotes?q=dam&format=csv&as_of=1")["body"].splitlines()))
        page = told(asked("/v1/quotes?q=dam&limit=2&as_of=paper-2026"))
        assert (page["query"]["as_of"], "tag" in page["hits"][0]) == ("paper-2026", False)

    def test_speakers_are_counted_by_time(self) -> None:
        _, found = call(search, http("GET", "/v1/speakers?by=year"))
        ada, bo = found["speakers"]
        assert ada["periods"] == [{"value": str(year), "count": 1} for year in (2024, 2023, 2022, 2021, 2020)]
        assert bo["periods"] == [{"value": "2022", "count": 1}]
        _, found = call(search, http("GET", "/v1/speakers?by=month&prefix=bo"))
        assert found["speakers"][0]["periods"] == [{"value": "2022-01", "count": 1}]
        assert "periods" not in call(search, http("GET", "/v1/speakers"))[1]["speakers"][0]
        assert call(search, http("GET", "/v1/speakers?by=day"))[0] == 400


class TestRowsToKeep:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add(DAMS)

    def test_lines_of_json_hold_what_a_page_holds(self) -> None:
        answer = asked("/v1/quotes?q=dam&format=jsonl&limit=3")
        assert answer["headers"]["Content-Type"] == "application/x-ndjson"
        assert answer["headers"]["Content-Disposition"] == 'attachment; filename="quotes.jsonl"'
        hits = told(asked("/v1/quotes?q=dam&limit=3"))["hits"]
        assert [json.loads(line) for line in answer["body"].splitlines()] == hits
        assert following(answer).startswith("/v1/quotes?q=dam&format=jsonl&limit=3&cursor=")

    def test_a_table_has_a_header_and_a_row_for_each(self) -> None:
        answer = asked("/v1/quotes?q=dam&format=csv")
        assert answer["headers"]["Content-Type"].startswith("text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(answer["body"], newline="")))
        assert [row["text"] for row in rows] == [hit["text"] for hit in told(asked("/v1/quotes?q=dam"))["hits"]]

    @pytest.mark.parametrize("kind", [*ROW_FORMATS])
    def test_rows_are_paged_to_the_end_by_their_links(self, kind: str) -> None:
        answer = asked(f"/v1/quotes?q=dam+hold+zebra&format={kind}&limit=2&match=all")
        assert "Link" not in answer["headers"]
        answer = asked(f"/v1/quotes?speaker=okafor&format={kind}&limit=2")
        bodies = [answer["body"]]
        while "Link" in answer["headers"]:
            answer = asked(following(answer))
            bodies.append(answer["body"])
        assert len(bodies) == 3
        whole = asked(f"/v1/quotes?speaker=okafor&format={kind}&limit=1000")["body"].splitlines()
        lines = [line for body in bodies for line in body.splitlines()]
        assert [line for n, line in enumerate(lines) if not n or line != lines[0]] == whole

    @pytest.mark.parametrize("kind", [*ROW_FORMATS])
    def test_related_quotes_are_no_rows(self, kind: str) -> None:
        stored().add(a_given(f"A {word} is old.", "Bo Lind", id=word) for word in ("zog", "quux", "zog quux"))
        query = "q=zog+quux&limit=2"
        page = asked(f"/v1/quotes?{query}")
        assert (len(told(page)["hits"]), "cursor=" in following(page)) == (2, True)
        answer = asked(f"/v1/quotes?{query}&format={kind}")
        assert len(answer["body"].splitlines()) == 1 + (kind == "csv")
        assert "Link" not in answer["headers"]

    @pytest.mark.parametrize("kind", [*ROW_FORMATS])
    def test_a_thousand_are_answered_and_more_are_sent_to_the_exports(self, kind: str) -> None:
        stored().add(a_given(f"Dam number {n} is old.", "Bo Lind", id=f"g{n}") for n in range(1_200))
        answer = asked(f"/v1/quotes?q=dam&format={kind}&limit=1000")
        lines = answer["body"].splitlines()
        assert (answer["statusCode"], len(lines)) == (200, 1_000 + (kind == "csv"))
        assert "cursor=" in following(answer)
        refused = asked(f"/v1/quotes?q=dam&format={kind}&limit=1001")
        assert (refused["statusCode"], told(refused)["errors"][0]["parameter"]) == (400, "limit")
        assert "POST /v1/exports" in told(refused)["detail"]

    @pytest.mark.prove
    @pytest.mark.parametrize("kind", ["json", *ROW_FORMATS])
    def test_an_answer_that_is_too_long_says_to_ask_for_fewer(self, kind: str) -> None:
        """What it costs to send is bounded, and no answer is more than Lambda passes on."""
        stored().add(a_given(f"{n} “unpronounceable” " * 14_000, "Bo Lind", id=f"l{n}") for n in range(4))
        target = f"/v1/quotes?q=unpronounceable&highlight=false&format={kind}"
        refused = asked(target)
        assert (refused["statusCode"], told(refused)["errors"][0]["parameter"]) == (400, "limit")
        assert "more than 2,000,000 bytes; request fewer" in told(refused)["detail"]
        assert asked(f"{target}&limit=1")["statusCode"] == 200

    @pytest.mark.parametrize("kind", ["json", *ROW_FORMATS])
    def test_the_length_of_an_answer_is_counted_in_bytes(self, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        stored().add(a_given("Плотина выдержит. " * 20, "Bo Lind"))
        target = f"/v1/quotes?q=плотина&format={kind}"
        body = asked(target)["body"]
        characters, size = len(body), len(body.encode())
        assert size > characters + 300
        monkeypatch.setattr(search, "MAX_RESPONSE", characters + 200)
        assert asked(target)["statusCode"] == 400
        monkeypatch.setattr(search, "MAX_RESPONSE", size + 20)  # `took_ms` varies
        assert asked(target)["statusCode"] == 200

    def test_a_quote_that_is_too_long_to_be_shown_with_its_citations_says_where_it_is(self) -> None:
        stored().add(a_given("“unpronounceable” " * 20_000, "Bo Lind"))
        (hit,) = told(asked("/v1/quotes?q=unpronounceable&highlight=false"))["hits"]
        refused = asked(hit["links"]["self"])
        assert (refused["statusCode"], told(refused)["errors"][0]["parameter"]) == (400, "id")
        assert "bytes; POST /v1/exports has the quotes" in told(refused)["detail"]

    def test_the_time_of_a_search_is_told_in_milliseconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "time", SimpleNamespace(perf_counter=iter([10.0, 12.5]).__next__))
        assert json.loads(asked("/v1/quotes?q=dam")["body"])["took_ms"] == 2_500

    @pytest.mark.parametrize("text", ["пя", "“”", '"\\', "é", "a"])
    def test_the_longest_answer_passes_through_lambda(self, text: str) -> None:
        """It passes on six mebibytes of JSON. There a quotation mark takes two bytes, and a Cyrillic letter six."""
        longest = text * (gates.MAX_RESPONSE // len(text.encode()))
        assert len(json.dumps({"body": longest})) < 6 * 2**20

    def test_the_writing_of_rows_is_limited_like_the_search(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The clock of this thread jumps when the rows are written."""
        late = [0.0]
        monkeypatch.setattr(settings.archive(settings.current().store)._searcher._budget, "_clock", lambda: late[0])

        def slowly(hits: Any, tag: str) -> Any:
            for hit in hits:
                yield hit.quote.id
                late[0] += 0.6

        monkeypatch.setitem(ROW_FORMATS, "csv", ROW_FORMATS["csv"]._replace(hits=slowly))
        assert asked("/v1/quotes?q=dam&format=csv&limit=2")["statusCode"] == 200
        refused = asked("/v1/quotes?q=dam&format=csv&limit=5")
        assert (refused["statusCode"], told(refused)["errors"][0]["parameter"]) == (400, "q")
        assert "too broad" in told(refused)["detail"]


class TestOneQuote:
    ARTICLE = an_article(
        "It rained. “The dam will hold,” said Ada Okafor. “It will hold for years.” Then it stopped.",
        url="https://example.org/dam",
        headline="Rain",
    )

    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([self.ARTICLE, a_given("The dam must go.", "Bo Lind", context="He said: The dam must go. Soon.")])

    def id_of(self, q: str) -> str:
        return str(stored().search(q).hits[0].quote.id)

    def test_a_quote_comes_with_its_context_and_utterance(self) -> None:
        quote = told(asked(f"/v1/quotes/{self.id_of('hold dam')}"))
        assert quote["context"]["before"].endswith("It rained. “")
        assert quote["context"]["after"].startswith("” said Ada Okafor.")
        assert [part["text"] for part in quote["spoken"]] == ["The dam will hold,", "It will hold for years."]
        assert quote["citations"].keys() == {"csl", "ris", "bibtex", "text"}
        assert (quote["json_ld"]["@type"], quote["json_ld"]["creator"]["name"]) == ("Quotation", "Ada Okafor")

    def test_a_ready_made_quote_comes_with_its_imported_context(self) -> None:
        quote = told(asked(f"/v1/quotes/{self.id_of('must go')}"))
        assert quote["context"] == {"before": "He said: ", "after": " Soon."}

    def test_without_its_article_the_context_is_what_the_selector_has_or_nothing(self) -> None:
        assert delete("articles/")
        quote = told(asked(f"/v1/quotes/{self.id_of('hold dam')}"))
        assert quote["context"]["after"].startswith("” said Ada Okafor.")

    @pytest.mark.parametrize("name", citation.FORMATS)
    def test_it_is_cited_in_every_format(self, name: str) -> None:
        quote_id = self.id_of("hold dam")
        answer = asked(f"/v1/quotes/{quote_id}?format={name}")
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, citation.FORMATS[name].media_type)
        assert answer["body"] == citation.FORMATS[name].cite(stored().get(quote_id), 1)
        assert (
            asked(f"/v1/quotes/{quote_id}?format={name}", If_None_Match=answer["headers"]["ETag"])["statusCode"] == 304
        )

    def test_words_of_nobody_are_no_quotation_of_schema_org(self) -> None:
        stored().add(an_article("“Nobody knows,” it was said.", id="urn:nobody"))
        quote_id = self.id_of("nobody knows")
        assert told(asked(f"/v1/quotes/{quote_id}"))["json_ld"] is None
        answer = asked(f"/v1/quotes/{quote_id}?format=jsonld")
        assert (answer["statusCode"], told(answer)["errors"][0]["parameter"]) == (400, "format")

    def test_an_answer_is_never_older_than_the_generation_that_it_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another writer commits while a quote is read: a client with that answer must not get a 304."""
        quote_id = self.id_of("hold dam")
        real = Archive.detail

        def slowly(archive: Archive, name: str) -> Any:
            found = real(archive, name)
            stored().add(an_article("“More,” said Bo Lind.", id="urn:more"))
            return found

        monkeypatch.setattr(Archive, "detail", slowly)
        tag = asked(f"/v1/quotes/{quote_id}")["headers"]["ETag"]
        monkeypatch.setattr(Archive, "detail", real)
        assert asked(f"/v1/quotes/{quote_id}", If_None_Match=tag)["statusCode"] == 200


class TestSpeakers:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([*DAMS, a_given("The dam must go.", "Bo Lind")])

    def test_the_most_quoted_come_first(self) -> None:
        people = told(asked("/v1/speakers"))
        assert [(one["id"], one["quotes"]) for one in people["speakers"]] == [("ada-okafor", 5), ("bo-lind", 1)]
        assert people["total"]["value"] == 2
        assert len(told(asked("/v1/speakers?limit=1"))["speakers"]) == 1

    @pytest.mark.parametrize(("prefix", "corrected_to"), [("oka", []), ("OKAFOR", []), ("okfa", ["okaf"])])
    def test_a_beginning_finds_the_name_also_when_it_is_misspelt(self, prefix: str, corrected_to: list[str]) -> None:
        people = told(asked(f"/v1/speakers?prefix={prefix}"))
        assert [one["name"] for one in people["speakers"]] == ["Ada Okafor"]
        assert bool(people["corrected_to"]) == bool(corrected_to)

    def test_a_speaker_has_statistics(self) -> None:
        one = told(asked("/v1/speakers/ada-okafor"))
        assert (one["quotes"]["total"], one["quotes"]["undated"]) == (5, 0)
        assert [bucket["count"] for bucket in one["quotes"]["years"]] == [1] * 5
        assert (one["first"]["text"], one["last"]["text"]) == ("Dam number 0 will hold,", "Dam number 4 will hold,")
        (status, page) = call(search, http("GET", one["links"]["quotes"]))
        assert (status, page["total"]["value"]) == (200, 5)

    def test_an_unknown_speaker_is_a_404(self) -> None:
        for name in ("nobody", "a%20b", "%E2%82%AC"):
            assert asked(f"/v1/speakers/{name}")["statusCode"] == 404


class TestVerify:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([an_article(), a_given("The dam must go.", "Bo Lind")])

    @pytest.mark.parametrize(
        ("query", "verdict", "speaker_matches"),
        [
            ("text=The+dam+will+hold", "exact", None),
            ("text=The+dam+will+hold&speaker=Okafor", "exact", True),
            ("text=The+dam+will+hold&speaker=Bo+Lind", "other_speaker", False),
            ("text=pigs+may+fly", "not_found", None),
        ],
    )
    def test_a_verdict(self, query: str, verdict: str, speaker_matches: bool | None) -> None:
        answer = told(asked(f"/v1/verify?{query}"))
        assert (answer["verdict"], answer["speaker_matches"]) == (verdict, speaker_matches)
        assert (answer["quote"] is None) == (verdict == "not_found")
        assert answer["coverage"]["quotes"] == 2


def test_the_contract_is_served_and_may_be_kept_for_an_hour(served: None) -> None:
    answer = asked("/v1/openapi.json")
    assert (answer["statusCode"], json.loads(answer["body"])["openapi"]) == (200, "3.1.0")
    assert answer["headers"]["Cache-Control"] == "max-age=3600"
    assert asked("/v1/openapi.json", If_None_Match=answer["headers"]["ETag"])["statusCode"] == 304


DRAFT = "“The dam will hold,” Ada Okafor said. “We will spend 30 billion dollars on it,” said Bo Lind."


def posted(target: str, body: str | bytes, content_type: str = "application/json") -> dict[str, Any]:
    data = body.encode() if isinstance(body, str) else body
    answer: dict[str, Any] = search.handler(http("POST", target, data, content_type), LambdaContext("search"))
    return answer


class TestLongWords:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        stored().add([an_article(), a_given("ダムは持ちこたえるだろう。" * 60, "Bo Lind")])

    def test_a_post_answers_as_a_get(self) -> None:
        answer = posted("/v1/verify", json.dumps({"text": "The dam will hold", "speaker": "Okafor"}))
        assert told(answer) == told(asked("/v1/verify?text=The+dam+will+hold&speaker=Okafor"))
        assert answer["headers"]["Cache-Control"] == "no-store"
        assert "ETag" not in answer["headers"]

    def test_words_of_another_script_need_no_address(self) -> None:
        answer = told(posted("/v1/verify", json.dumps({"text": "ダムは持ちこたえるだろう。" * 60})))
        assert (answer["verdict"], len(answer["query"]["text"])) == ("exact", 780)

    @pytest.mark.parametrize(
        ("body", "status", "parameter"),
        [
            ("", 400, None),
            ("[]", 400, "the body"),
            ("{", 400, None),
            ("{}", 400, "text"),
            ('{"text": 3}', 400, "text"),
            ('{"text": ""}', 400, "text"),
            ('{"text": "dam", "speaker": ""}', 400, "speaker"),
            ('{"text": "dam", "limit": 3}', 400, "limit"),
            ('{"text": "\\ud800"}', 400, "text"),
            (json.dumps({"text": "a " * 1001}), 400, "text"),
            (json.dumps({"text": "a" * 65_536}), 413, None),
        ],
    )
    def test_a_body_that_cannot_be_is_refused(self, body: str, status: int, parameter: str | None) -> None:
        answer = posted("/v1/verify", body)
        assert answer["statusCode"] == status
        errors = json.loads(answer["body"]).get("errors", [{"parameter": None}])
        assert [error["parameter"] for error in errors] == [parameter]

    def test_a_parameter_of_the_address_is_refused(self) -> None:
        for target in ("/v1/verify?text=dam", "/v1/check?format=html"):
            assert posted(target, '{"text": "dam"}')["statusCode"] == 400


class TestCheck:
    @pytest.fixture(autouse=True)
    def some_quotes(self, served: None) -> None:
        spent = a_given("We will spend 30 million dollars on it.", "Bo Lind")
        stored().add([an_article(publisher="The Courier"), spent])

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (DRAFT, "text/plain"),
            (DRAFT, "text/plain; charset=utf-8"),
            (DRAFT.replace("will", "*will*"), "Text/Markdown"),
            (f"<p>{DRAFT}</p>", "text/html"),
            (json.dumps({"text": DRAFT}), "application/json"),
            (json.dumps({"text": f"<p>{DRAFT}", "format": "html"}), "application/json"),
            (json.dumps({"text": json.dumps({"body": DRAFT}), "format": "ninjs"}), "application/json"),
        ],
    )
    def test_every_form_of_a_draft_has_the_same_report(self, body: str, content_type: str) -> None:
        answer = told(posted("/v1/check", body, content_type))
        assert (answer["confirmed"], answer["truncated"], answer["index"]["generation"]) == (False, False, 1)
        assert [(quote["text"], quote["speaker"], quote["verdict"]) for quote in answer["quotes"]] == [
            ("The dam will hold,", "Ada Okafor", "exact"),
            ("We will spend 30 billion dollars on it,", "Bo Lind", "altered"),
        ]
        assert answer["groups"] == {"altered": 1, "confirmed": 1}

    def test_bytes_in_base64_are_read(self) -> None:
        event = http("POST", "/v1/check", DRAFT.encode(), "text/plain")
        event |= {"body": base64.b64encode(DRAFT.encode()).decode(), "isBase64Encoded": True}
        answer = search.handler(event, LambdaContext("search"))
        assert len(told(answer)["quotes"]) == 2

    def test_a_publisher_is_left_out(self) -> None:
        answer = told(posted("/v1/check", json.dumps({"text": DRAFT, "without": ["the courier"]})))
        assert [quote["verdict"] for quote in answer["quotes"]] == ["not_found", "altered"]

    def test_a_draft_without_a_quote_is_confirmed(self) -> None:
        for body in ("Rain fell.", " "):
            answer = told(posted("/v1/check", body, "text/plain"))
            assert (answer["confirmed"], answer["quotes"], answer["groups"]) == (True, [], {})

    @pytest.mark.parametrize(
        ("body", "content_type", "status", "error"),
        [
            (b"caf\xe9", "text/plain", 400, "is not UTF-8: byte 3 is 0xe9"),
            (b"No.", "application/pdf", 400, "content-type must be text/plain, text/markdown"),
            (b"[]", "application/json", 400, "the body must be an object"),
            (b'{"text": "No.", "format": "pdf"}', "application/json", 400, "format: must be 'text', 'markdown'"),
            (b'{"text": "No.", "without": "The Courier"}', "application/json", 400, "without: must be a list"),
            (b'{"text": "No.", "without": [""]}', "application/json", 400, "without.0: must not be empty"),
            (b"\x93" * 65_537, "text/plain", 413, "the body is 65,537 bytes long; the limit is 65,536"),
        ],
    )
    def test_a_draft_that_cannot_be_read_is_refused(
        self, body: bytes, content_type: str, status: int, error: str
    ) -> None:
        answer = posted("/v1/check", body, content_type)
        assert (answer["statusCode"], error in json.loads(answer["body"])["detail"]) == (status, True)

    @pytest.mark.prove
    @pytest.mark.sampled
    def test_a_hostile_draft_is_answered(self) -> None:
        for unit in some(("“", '"', "“a” said ", "> ", "<p>", "[")):
            body = (unit * 65_536).encode()[: 65_536 // len(unit.encode()) * len(unit.encode())]
            for content_type in ("text/plain", "text/markdown", "text/html"):
                assert posted("/v1/check", body, content_type)["statusCode"] in (200, 400), unit

    def test_a_hundred_quotes_are_verified(self) -> None:
        said = "“The dam will hold,” Ada Okafor said.\n\n"
        answer = told(posted("/v1/check", said * 101, "text/plain"))
        assert (len(answer["quotes"]), answer["truncated"], answer["confirmed"]) == (100, True, False)
        assert not told(posted("/v1/check", said * 100, "text/plain"))["truncated"]

    def test_what_is_not_verified_in_time_is_unchecked(self) -> None:
        context = Ending(gates.RESERVED_SECONDS)
        answer = told(search.handler(http("POST", "/v1/check", DRAFT.encode(), "text/plain"), context))
        assert [(quote["verdict"], quote["verification"]) for quote in answer["quotes"]] == [("unchecked", None)] * 2
        assert answer["confirmed"] is False

    def test_nothing_of_a_draft_is_kept_or_logged(
        self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        caplog.set_level("DEBUG")
        before = {entry.key: stored().store.get(entry.key).data for entry in stored().store.list("").entries}
        canary = "“The zyzzyva will hold,” said Ada Zyzzyva."
        for body, content_type in [
            (canary, "text/plain"),
            (json.dumps({"text": canary, "format": "zyzzyva"}), "application/json"),
            (json.dumps({"zyzzyva": canary}), "application/json"),
            (f"{canary}\ud800".encode("utf-8", "surrogatepass"), "text/plain"),
            (canary, "application/zyzzyva"),
            (canary * 2_000, "text/plain"),
        ]:
            posted("/v1/check", body, content_type)
            posted("/v1/verify", json.dumps({"text": canary, "speaker": "Zyzzyva"}))

        def fail(*args: object, **options: object) -> None:
            raise ValueError(canary)

        monkeypatch.setattr(Archive, "check", fail)
        monkeypatch.setattr(Archive, "verify", fail)
        assert posted("/v1/check", canary, "text/plain")["statusCode"] == 500
        assert posted("/v1/verify", json.dumps({"text": canary}))["statusCode"] == 500
        assert "ValueError" in caplog.text
        logged = caplog.text + "".join(str(vars(record)) for record in caplog.records) + "".join(capfd.readouterr())
        assert "zyzzyva" not in logged.lower()
        after = {entry.key: stored().store.get(entry.key).data for entry in stored().store.list("").entries}
        assert after == before

    def test_only_a_check_loads_the_extraction(self, tmp_path: Path) -> None:
        script = (
            "import sys; from functions import search; from functions.local.events import LambdaContext\n"
            "from tests.support.events import http\n"
            "def call(*request): return search.handler(http(*request), LambdaContext('search'))['statusCode']\n"
            "def is_loaded(): return 'quoth.extraction' in sys.modules\n"
            "print(call('GET', '/v1/verify?text=dam'), call('POST', '/v1/verify', b'{\"text\":\"a\"}'), is_loaded())\n"
            "print(call('POST', '/v1/check', b'Rain.', 'text/plain'), is_loaded())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": f"{ROOT / 'index'}:{ROOT}", "QUOTH_STORE": f"file:{tmp_path}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.split() == ["200", "200", "False", "200", "True"], done.stderr
