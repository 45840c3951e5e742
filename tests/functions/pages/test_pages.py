"""Each page as a reader without script gets it."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions.pages.search import COLLAPSES, SORTS
from quoth import citation
from quoth.answers.rows import FEED_FORMATS
from quoth.archive import Archive
from quoth.quote import Quote
from tests.functions.pages.conftest import Ask
from tests.functions.pages.seen import Seen
from tests.support.builders import a_given, an_article, day
from tests.support.events import ROOT


def quote_of(archive: Archive, q: str, **parameters: object) -> Quote:
    return archive.search(q, **parameters).hits[0].quote


def asked(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query)


class TestSearch:
    def test_it_shows_the_newest_quotes_before_anybody_asks(self, ask: Ask, archive: Archive) -> None:
        page = ask("/").page
        newest = archive.search(limit=10)
        shown = [link.attributes["href"] for link in page.one(id="hits").all("a", class_="words")]
        assert shown == [f"/q/{hit.quote.id}" for hit in newest.hits]
        assert page.one(id="status").text == f"{newest.total} quotes in the archive"

    def test_a_hit_has_its_words_speaker_certainty_source_and_reason(self, ask: Ask, archive: Archive) -> None:
        hit = archive.search("stone wall").hits[0].quote
        first = ask("/?q=stone+wall").page.one(id="hits").all("li")[0]
        assert first.one("blockquote").text == f"“{hit.text}”"
        assert [mark.text for mark in first.all("mark")] == ["stone", "wall"]
        assert all(mark.attributes == {} for mark in first.all("mark"))
        assert first.link("Ada Okafor") == "/s/ada-okafor"
        assert first.one(class_="certainty").text == "almost certain, 98%"
        assert "The Harbour Times · 7 April 2025" in first.one(class_="origin").text
        assert first.one("time").attributes == {"datetime": "2025-04-07"}
        assert first.link("read it there") == citation.source_link(hit)
        assert first.one(class_="why").text == hit.attribution.why

    def test_what_is_uncertain_unknown_or_denied_looks_so(self, ask: Ask) -> None:
        page = ask("/?limit=100").page
        kinds = {item.one(class_="words").text: item.attributes["class"] for item in page.one(id="hits").all("li")}
        assert kinds["“I would not sleep below that wall in a wet spring,”"] == "doubt"
        assert kinds["“You can hear the river at night now,”"] == "nobody"
        assert kinds["“There will be a bridge before I die.”"] == "denied"
        denied = page.one("li", class_="denied")
        assert denied.one("b").text == "Denied by the article: Ada Okafor did not say this"
        assert denied.one("b").all("a") == []

    def test_a_facet_is_a_link_that_narrows_and_a_chip_one_that_removes(self, ask: Ask) -> None:
        page = ask("/?q=dam").page
        narrow = page.one(id="narrow")
        link = narrow.link("Ada Okafor")
        assert asked(link) == {"q": ["dam"], "speaker": ["ada-okafor"]}
        assert {a.attributes["rel"] for a in narrow.all("a")} == {"nofollow"}
        narrowed = ask(link).page
        assert {b.text for b in narrowed.one(id="hits").all("b")} == {"Ada Okafor"}
        assert [field.attributes["value"] for field in narrowed.all("input", name="speaker")] == ["ada-okafor"]
        chip = narrowed.one(id="chips").one("a")
        assert (chip.attributes["aria-label"], asked(chip.attributes["href"])) == ("Remove Ada Okafor", {"q": ["dam"]})

    def test_counts_stand_beside_every_facet(self, ask: Ask) -> None:
        sections = {s.one("h2").text: s for s in ask("/").page.one(id="narrow").all("section")}
        assert sections.keys() == {"When", "Speaker", "Publisher", "Type", "Year"}
        assert [li.text for li in sections["Year"].all("li")] == ["2025 23", "2024 1"]
        assert [li.text for li in sections["Type"].all("li")] == ["direct quotes 21", "parts of sentences 3"]

    def test_the_bars_of_the_timeline_are_links_to_their_months(self, ask: Ask) -> None:
        chart = ask("/?q=dam").page.one("svg")
        bars = {a.attributes["aria-label"]: a.attributes["href"] for a in chart.all("a")}
        link = bars["April 2025: 2 quotes"]
        assert asked(link) == {"q": ["dam"], "from": ["2025-04-01"], "to": ["2025-04-30"]}
        assert ask(link).page.one(id="status").text.startswith("2 quotes match")

    def test_many_years_are_shown_as_years(self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        own_store.add([a_given(f"The dam will hold, {year}.", published=day(year)) for year in (1999, 2003, 2004)])
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        chart = ask("/?q=dam").page.one(class_="timeline")
        labels = [a.attributes["aria-label"] for a in chart.all("a")]
        assert labels == ["1999: 1 quote", "2003: 1 quote", "2004: 1 quote"]
        assert chart.one("figcaption").text == "19992004"

    def test_so_are_years_before_1000(self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        own_store.add([a_given(f"The dam will hold, {year}.", published=day(year)) for year in (800, 812)])
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        links = ask("/?q=dam").page.one(class_="timeline").all("a")
        assert [a.attributes["aria-label"] for a in links] == ["0800: 1 quote", "0812: 1 quote"]
        assert ask(links[0].attributes["href"]).page.one(id="status").text == "1 quote matches"

    def test_orders_and_groups_are_links(self, ask: Ask) -> None:
        orders = ask("/?q=dam&collapse=wording").page.one(id="orders")
        assert [a.text for a in orders.all("a", aria_current="true")] == ["best match", "one per wording"]
        assert [asked(a.attributes["href"]).get("sort") for a in orders.all("a")[:3]] == [[name] for name, _ in SORTS]
        assert len(orders.all("a")) == len(SORTS) + len(COLLAPSES) + len(FEED_FORMATS)

    def test_a_collapsed_hit_says_what_it_stands_for(self, ask: Ask) -> None:
        (group,) = ask("/?q=dam+hold&collapse=wording").page.all(class_="group")
        assert group.text == "4 quotes in 4 articles, 4 publishers, first seen 7 April 2025"

    def test_related_hits_say_what_they_miss(self, ask: Ask) -> None:
        page = ask("/?q=dam+ferry").page
        assert page.one(id="status").text.startswith("0 quotes match, ")
        assert [s.text for s in page.all("s")][:1] in (["dam"], ["ferry"])
        assert len(page.all("li", class_="divide")) == 1

    def test_corrections_are_told(self, ask: Ask) -> None:
        advice = ask("/?q=land+swaping").page.one(id="advice")
        assert advice.text == "No quote has the word “swaping”; these match swapping."

    def test_the_next_page_is_a_link_and_the_last_has_none(self, ask: Ask) -> None:
        seen: list[str] = []
        target = "/?sort=oldest"
        for _ in range(9):
            page = ask(target).page
            seen += [a.attributes["href"] for a in page.one(id="hits").all("a", class_="words")]
            following = page.one(id="pager").all("a", class_="next")
            if not following:
                break
            target = following[0].attributes["href"]
        assert len(seen) == len(set(seen)) == 24

    def test_an_empty_page_explains_itself_and_leads_on(self, ask: Ask) -> None:
        empty = ask("/?q=dam+zeppelin&speaker=trump").page.one(class_="empty")
        lines = [li.text for li in empty.all("li")]
        assert "No quote has the word “zeppelin”." in lines
        assert asked(empty.link("Verify these words")) == {"text": ["dam zeppelin"]}
        for link in empty.all("a"):
            assert ask(link.attributes["href"]).status == 200

    def test_the_links_of_an_empty_page_find_what_they_promise(self, ask: Ask) -> None:
        for target in (
            "/?q=dam&speaker=trump",
            "/?q=dam&from=2026-01-01",
            "/?q=dam&to=2020-01-01",
            "/?q=swaping&fuzzy=off",
        ):
            wider = [a for a in ask(target).page.one(class_="empty").all("a") if a.text[0].isdigit()]
            assert wider, target
            for link in wider:
                found = ask(link.attributes["href"]).page.one(id="status").text
                assert found.startswith(link.text.split()[0]), (target, link.text, found)

    def test_an_unknown_speaker_leads_to_those_with_a_near_name(self, ask: Ask) -> None:
        empty = ask("/?q=dam&speaker=Xavier+Okafor").page.one(class_="empty")
        assert any(a.attributes["href"] == "/s/ada-okafor" for a in empty.all("a")), empty.text

    @pytest.mark.parametrize(
        ("target", "told"),
        [
            ("/?q=%22", "What you look for has no word to search for."),
            ("/?q=" + "a" * 300, "What you look for is 300 characters long; the limit is 256."),
            ("/?querry=dam", "The address has something that this page does not know: querry."),
            (
                "/?q=dam&from=soon",
                "from: must be a date or time such as 2025-08-11, 2025-08 or 2025-08-11T09:30:00Z, not 'soon'.",
            ),
            ("/?q=%FF", "the query string: is not UTF-8."),
            ("/?q=dam&format=csv&limit=1000", "format: is not for a page; GET /v1/quotes takes it."),
        ],
    )
    def test_a_refused_search_says_why_beside_the_form(self, ask: Ask, target: str, told: str) -> None:
        answer = ask(target)
        assert (answer.status, answer.page.one(role="alert").text) == (400, told)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.page.one(id="search").name == "form"

    def test_empty_fields_of_the_form_are_no_filters(self, ask: Ask) -> None:
        assert ask("/?q=dam&from=&to=").page.one(id="status").text == ask("/?q=dam").page.one(id="status").text

    def test_an_empty_archive_says_so(self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        assert ask("/?q=dam").page.one(class_="empty").text.startswith("Nothing was foundThe archive is empty.")

    def test_a_long_quote_is_cut_around_its_match(
        self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own_store.add(a_given("It rained all day long. " * 60 + "The dam will hold. " + "We all went home. " * 60))
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        words = ask("/?q=dam").page.one(class_="words")
        assert words.text.startswith("“… ")
        assert words.text.endswith(" …”")
        assert (words.one("mark").text, len(words.text) < 620) == ("dam", True)


class TestQuote:
    def page(self, ask: Ask, quote: Quote) -> Seen:
        answer = ask(f"/q/{quote.id}")
        assert answer.status == 200
        return answer.page

    def test_it_marks_quote_mention_and_cue_apart(self, ask: Ask, archive: Archive) -> None:
        passage = self.page(ask, quote_of(archive, "stone wall", sort="oldest")).one(class_="passage")
        marks = {mark.attributes["class"]: mark.text for mark in passage.all("mark")}
        assert marks["q"] == "We looked at every stone of the wall, and nothing moved."
        assert (marks["m"], marks["c"]) == ("Ada Okafor", "said")
        assert "The engineer Grace Mbeki was less certain." in passage.text

    def test_every_quote_has_a_page_with_its_words_and_one_heading(self, ask: Ask, archive: Archive) -> None:
        for hit in archive.search(limit=100, type="direct,partial,indirect").hits:
            page = self.page(ask, hit.quote)
            assert hit.quote.text in page.one("figure").one("blockquote").text
            assert len(page.all("h1")) == 1
            if page.all(class_="passage"):
                assert page.one(class_="passage").one("mark", class_="q").text == hit.quote.text

    def test_the_whole_utterance_and_the_same_words_elsewhere_are_links(self, ask: Ask, archive: Archive) -> None:
        dam = quote_of(archive, "dam hold", publisher="The Harbour Times")
        page = self.page(ask, dam)
        first, second = page.one(class_="utterance").all("li")
        assert (first.attributes["aria-current"], first.one("strong").text) == ("true", f"“{dam.text}”")
        assert second.one("a").text == "“We looked at every stone of the wall, and nothing moved.”"
        others = {a.attributes["href"] for a in page.one(class_="rows").all("a")}
        same = [hit.quote.id for hit in archive.search('"the dam will hold"').hits if hit.quote.id != dam.id]
        assert others == {f"/q/{id}" for id in same}

    @pytest.mark.parametrize("name", ["text", "wikipedia", "bibtex", "ris", "csl"])
    def test_it_is_cited_as_the_api_cites_it(self, ask: Ask, archive: Archive, name: str) -> None:
        quote = quote_of(archive, "dam hold")
        cite = self.page(ask, quote).one(class_="cite")
        cited = citation.FORMATS[name].cite(quote, archive.edition().generation)
        assert cited.replace("\r\n", "\n") in [pre.text.replace("\r\n", "\n") for pre in cite.all("pre")]
        assert f"/v1/quotes/{quote.id}?format={name}" in [a.attributes["href"] for a in cite.all("a")]

    def test_an_uncertain_or_denied_quote_warns(self, ask: Ask, archive: Archive) -> None:
        doubtful = self.page(ask, quote_of(archive, "sleep below wall"))
        assert doubtful.one(class_="warn").text.startswith("Who said this is uncertain.")
        assert doubtful.one("article").attributes["class"] == "quote doubt"
        denied = self.page(ask, quote_of(archive, "bridge before die"))
        assert denied.one(class_="bad").text.startswith("The article says that Ada Okafor did not say this.")
        assert "not said by Ada Okafor" in denied.one("h1").text
        assert denied.all("script", type="application/ld+json") == []

    def test_it_links_into_its_source_and_shows_the_record(self, ask: Ask, archive: Archive) -> None:
        quote = quote_of(archive, "stone wall")
        page = self.page(ask, quote)
        assert page.link("Read it in its article") == citation.source_link(quote)
        record = dict(zip([dt.text for dt in page.all("dt")], [dd.text for dd in page.all("dd")], strict=True))
        assert record["SHA-256"] == quote.article.sha256
        assert (record["version"], record["because"]) == ("1", quote.attribution.why)

    def test_programs_read_its_card_and_its_data(
        self, ask: Ask, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://example.org/quotes")
        quote = quote_of(archive, "stone wall")
        head = ask(f"/quotes/q/{quote.id}").page.one("head")
        meta = {
            m.attributes.get("property"): m.attributes["content"] for m in head.all("meta") if "content" in m.attributes
        }
        address = f"https://example.org/quotes/q/{quote.id}"
        assert (meta["og:url"], head.one("link", rel="canonical").attributes["href"]) == (address, address)
        assert meta["og:title"] == f"Ada Okafor: “{quote.text}”"
        data = json.loads(head.one("script", type="application/ld+json").text)
        assert (data["@type"], data["text"], data["creator"]["name"]) == ("Quotation", quote.text, "Ada Okafor")
        oembed = head.one("link", type="application/json+oembed").attributes["href"]
        answer = ask(oembed.removeprefix("https://example.org"))
        assert answer.status == 200
        embed = json.loads(answer.body)
        assert (embed["type"], embed["version"], embed["title"]) == ("rich", "1.0", meta["og:title"])
        assert address in embed["html"]

    def test_without_a_public_address_nothing_claims_one(self, ask: Ask, archive: Archive) -> None:
        quote = quote_of(archive, "stone wall")
        html = ask(f"/q/{quote.id}", host="evil.example", **{"x-forwarded-host": "evil.example"}).body.decode()
        assert "evil.example" not in html
        assert not re.search(r"og:url|canonical|oembed|quoth-quote", html)

    def test_a_withdrawn_and_a_replaced_quote_say_so(
        self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        own_store.add([an_article(id="urn:1"), an_article("“No rain,” said Bo Lind.", id="urn:2")])
        gone, replaced = (own_store.search(q).hits[0].quote for q in ("dam", "rain"))
        own_store.withdraw("urn:1")
        own_store.add(an_article("“Some rain,” said Bo Lind.", id="urn:2", version=2))
        for quote, heading in ((gone, "This quote was withdrawn"), (replaced, "This quote was replaced")):
            answer = ask(f"/q/{quote.id}")
            assert (answer.status, answer.page.one("h1").text) == (410, heading)
            assert quote.text not in answer.body.decode()

    def test_words_of_any_length_are_verified_from_it(
        self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An address with them may be longer than the gateway takes."""
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        own_store.add(a_given("Die Brücke hält, sagte er, und wieder: " * 40))
        page = self.page(ask, own_store.search("Brücke").hits[0].quote)
        assert max(len(a.attributes["href"]) for a in page.all("a")) < 1_000
        form = page.one("form", action="/verify")
        body = urlencode({field.attributes["name"]: field.attributes["value"] for field in form.all("input")})
        verdict = ask(form.attributes["action"], "POST", body.encode()).page
        assert verdict.one(class_="verdict").one("h2").text == "Word for word"


class TestSpeaker:
    def test_it_shows_names_counts_publishers_words_and_quotes(self, ask: Ask, archive: Archive) -> None:
        page = ask("/s/ada-okafor").page
        assert page.one("h1").text == "Ada Okafor"
        assert page.one("hgroup").one("p").text == "5 quotes, from 7 April 2025 to 12 August 2025"
        sections = {s.one("h2").text: s for s in page.all("section")}
        assert [li.text for li in sections["Names seen"].all("li")] == ["Ada Okafor", "Okafor"]
        assert sections["Quoted by"].all("li")[0].text == "The Harbour Times 2"
        assert [a.text for a in sections["Words of their own"].all("a")] == ["dam", "hold"]
        assert len(sections["Latest quotes"].all("article")) == 5
        assert len(page.one("svg").all("a")) == 2

    def test_a_word_of_their_own_leads_to_its_quotes(self, ask: Ask) -> None:
        link = ask("/s/ada-okafor").page.link("dam")
        assert ask(link).page.one(id="status").text.startswith("3 quotes match")

    def test_an_unknown_speaker_is_no_page(self, ask: Ask) -> None:
        assert ask("/s/nobody").status == 404


class TestVerify:
    def test_the_form_stands_alone_without_words(self, ask: Ask) -> None:
        page = ask("/verify").page
        assert page.one("form").attributes["method"] == "post"
        assert page.all(class_="verdict") == []

    def post(self, ask: Ask, **fields: str) -> Seen:
        answer = ask("/verify", "POST", urlencode(fields).encode())
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.page

    def test_words_that_differ_are_shown_with_the_kind_of_difference(self, ask: Ask) -> None:
        page = self.post(ask, text="the dam will not hold", speaker="Okafor")
        verdict = page.one(class_="verdict")
        assert (verdict.one("h2").text, verdict.attributes["class"]) == ("Altered", "verdict bad")
        assert [d.text for d in verdict.all("del")] == ["not"]
        assert verdict.one("li").text == "negation: added “not”; may change the meaning"
        assert page.one("textarea").text == "the dam will not hold"

    def test_an_exact_quote_is_confirmed_and_its_answer_has_an_address(self, ask: Ask) -> None:
        page = self.post(ask, text="We looked at every stone of the wall, and nothing moved.")
        assert page.one(class_="verdict").one("h2").text == "Word for word"
        again = ask(page.link("The address of this answer"))
        assert again.page.one(class_="verdict").text == page.one(class_="verdict").text

    @pytest.mark.parametrize(
        ("fields", "heading"),
        [
            ({"text": "We counted forty boats, and forty came home", "speaker": "Bo Lind"}, "Somebody else said it"),
            ({"text": "There will be a bridge before I die", "speaker": "Ada Okafor"}, "Denied"),
            ({"text": "Zeppelins rarely whistle in harmonica"}, "Not found here"),
        ],
    )
    def test_other_verdicts(self, ask: Ask, fields: dict[str, str], heading: str) -> None:
        assert self.post(ask, **fields).one(class_="verdict").one("h2").text == heading

    def test_words_that_are_none_are_an_error_beside_the_form(self, ask: Ask) -> None:
        answer = ask("/verify", "POST", urlencode({"text": "…"}).encode())
        assert (answer.status, answer.page.one(role="alert").text) == (400, "What you remember has no word.")

    def test_a_form_of_another_kind_is_refused(self, ask: Ask) -> None:
        assert ask("/verify", "POST", b"{}", "application/json").status == 400
        assert ask("/verify", "POST", b"colour=red").status == 400


class TestCheck:
    DRAFT = (
        "“The dam will hold,” said Ada Okafor.\n\n“We will spend 30 billion dollars on the dam,” Ada Okafor said.\n\n"
        "“Zeppelins rarely whistle,” said Bo Lind."
    )

    def test_each_quote_of_a_draft_has_its_verdict_the_worst_first(self, ask: Ask) -> None:
        page = ask("/check", "POST", urlencode({"text": self.DRAFT, "format": "text"}).encode()).page
        headings = [h.text for h in page.one(id="result").all("h2")]
        assert headings == [
            "Altered: a difference may change what was said (1)",
            "Not found in this archive (1)",
            "Confirmed (1)",
        ]
        altered = page.one(id="result").all(class_="verdict")[0]
        assert [d.text for d in altered.all("del")] == ["30 billion"]
        assert [d.text for d in altered.all("ins")] == ["30 million"]
        assert altered.one(class_="line").text == "Line 3"
        assert page.one("textarea").text == self.DRAFT

    def test_a_draft_that_came_as_base64_is_the_same(self, ask: Ask) -> None:
        """API Gateway passes a form as base64."""
        body = urlencode({"text": self.DRAFT}).encode()
        assert ask("/check", "POST", body).status == 200

    def test_a_draft_is_limited(self, ask: Ask) -> None:
        answer = ask("/check", "POST", urlencode({"text": "a" * 70_000}).encode())
        assert (answer.status, answer.page.one(role="alert").text) == (
            400,
            "the draft is 70,000 bytes long; the limit is 65,536.",
        )
        assert ask("/check", "POST", b"text=" + b"a" * 300_000).status == 413

    def test_an_unknown_format_is_refused(self, ask: Ask) -> None:
        assert ask("/check", "POST", urlencode({"text": "“No,” said Ada.", "format": "pdf"}).encode()).status == 400


def test_the_page_about_the_archive_counts_what_it_has(ask: Ask, archive: Archive) -> None:
    page = ask("/about").page
    assert f"26 quotes from 8 articles by {archive.stats().speakers} speakers" in page.one("main").text
    assert page.link("The Harbour Times") == "/?publisher=The+Harbour+Times"


def test_the_page_about_the_archive_has_the_scores_of_the_readme(ask: Ask) -> None:
    """Whoever trains new weights writes their scores into the README."""
    (row,) = re.findall(r"^\| Quoth \|(.*)\|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [cell.text for cell in ask("/about").page.all("td")] == [score.strip() for score in row.split("|")]
