"""A whole draft against an archive: the verdict on each quote, and what the report says."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from itertools import product

import pytest

from quoth.answers import build
from quoth.answers.reports import facts, markdown, page, text
from quoth.archive import Archive
from quoth.checking import drafts
from quoth.checking.report import CheckReport
from quoth.errors import BadInput
from quoth.ingest.formats import html
from tests.support.builders import a_given, an_article, day
from tests.support.counting import CountingStore

SAID = an_article(
    "The dam stays\n\n“We will not raise property taxes this year,” said Ada Okafor, the mayor. “We will spend 30 "
    "million dollars on the dam.”\n\n“The ferry will certainly leave at noon every day,” said Bo Lind, a fisherman.",
    url="https://example.org/1",
    publisher="The Harbour Times",
    published=day(2025, 8, 11),
)


@pytest.fixture
def said(archive: Archive) -> Archive:
    archive.add(SAID)
    return archive


def groups(report: CheckReport) -> list[tuple[str, str]]:
    return [(group, quote.asked.text) for group, quotes in report.groups().items() for quote in quotes]


class TestVerdicts:
    def test_a_question_that_is_quoted_as_a_statement_is_altered(self, archive: Archive) -> None:
        archive.add(a_given("You trust the mayor of Harbour Town?", "Ada Okafor"))
        draft = "“You trust the mayor of Harbour Town{}” said Ada Okafor."
        assert [group for group, _ in groups(archive.check(draft.format(",")))] == ["altered"]
        assert [group for group, _ in groups(archive.check(draft.format("?")))] == ["confirmed"]

    @pytest.mark.parametrize(
        ("quote", "group"),
        [
            ("“We will not raise property taxes this year,” said Ada Okafor.", "confirmed"),
            ("“We won't raise property taxes this year,” Okafor said.", "confirmed"),
            ("“We will not raise property taxes this year.”", "confirmed"),
            ("“We will not raise property taxes this year,” the poster says.", "speaker_unknown"),
            ("“We will raise property taxes this year,” said Ada Okafor.", "altered"),
            ("“We will spend 30 billion dollars on the dam,” said Ada Okafor.", "altered"),
            ("“The ferry will certainly leave at noon every day,” said Ada Okafor.", "other_speaker"),
            ("“I never liked sailing in bad weather,” said Ada Okafor.", "not_found"),
            ("Ada Okafor spoke of “raise property taxes this year” on Monday.", "partial"),
        ],
    )
    def test_a_quote_is_in_the_group_of_its_verdict(self, said: Archive, quote: str, group: str) -> None:
        report = said.check(quote)
        assert [name for name, _ in groups(report)] == [group]
        assert report.is_confirmed == (group == "confirmed")

    def test_words_without_a_known_speaker_are_not_confirmed_for_a_named_one(self, archive: Archive) -> None:
        archive.add(an_article("“The ferry will certainly leave at noon every day.”"))
        report = archive.check("“The ferry will certainly leave at noon every day,” said Bo Lind.")
        assert [group for group, _ in groups(report)] == ["speaker_unknown"]
        assert not report.is_confirmed

    def test_a_sentence_that_the_reporter_splits_is_verified_as_one(self, said: Archive) -> None:
        report = said.check("“We will not,” said Ada Okafor, “raise property taxes this year.”")
        assert [(quote.verdict, quote.asked.text) for quote in report.quotes] == [
            ("exact", "We will not, raise property taxes this year.")
        ]

    def test_a_speaker_that_was_not_looked_for_is_not_confirmed(self, said: Archive) -> None:
        draft = f"Rain.\n\n{'It rained. ' * 6_000}\n\n“We will not raise property taxes this year,” said Bo Lind."
        (quote,) = said.check(draft).quotes
        assert (quote.verdict, quote.group) == ("exact", "speaker_unknown")
        assert quote.why.endswith("the article is too long to be read for speakers up to here")

    def test_nor_is_one_who_is_named_by_a_word_for_several(self, said: Archive) -> None:
        draft = "Two engineers met.\n\n“We will not raise property taxes this year,” the other engineer said."
        (quote,) = said.check(draft).quotes
        assert (quote.verdict, quote.asked.speaker, quote.group) == ("exact", None, "speaker_unknown")
        assert "; in the draft " in quote.why

    def test_a_draft_that_is_withheld_is_checked(self, archive: Archive) -> None:
        withheld = an_article("“The dam will hold,” said Ada Okafor.", pub_status="withheld")
        assert [quote.verdict for quote in archive.check(withheld).quotes] == ["not_found"]

    @pytest.mark.parametrize("gap", ["\n", "\n\n"])
    def test_no_line_of_a_quote_is_left_out(self, said: Archive, gap: str) -> None:
        quote = f"“We will not raise property taxes this year.{gap}We will close every hospital,” said Ada Okafor."
        (checked,) = said.check(f"The mayor spoke.\n\n{quote}").quotes
        assert checked.asked.text == "We will not raise property taxes this year. We will close every hospital,"
        assert checked.needs_work

    def test_a_quote_whose_mark_never_closes_is_not_confirmed(self, said: Archive) -> None:
        draft = "“We will not raise property taxes this year.\n\nThe hospitals will close, said Ada Okafor."
        (quote,) = said.check(draft).quotes
        assert (quote.group, quote.why.partition(";")[0]) == (
            "unchecked",
            "the mark before these words never closes, and the text below it may belong to the quote",
        )

    def test_one_or_two_words_prove_nothing_either_way(self, said: Archive) -> None:
        report = said.check("Ada Okafor called it a “mere wall” and a “property tax”.")
        assert [group for group, _ in groups(report)] == ["too_short", "too_short"]
        assert report.is_confirmed

    def test_a_quote_that_cannot_be_verified_says_why(self, said: Archive) -> None:
        (quote,) = said.check(f"“We all say {'a' * 300},” said Ada Okafor.").quotes
        assert (quote.group, quote.why) == ("unchecked", "text: has a word of 300 letters; the limit is 256")

    @pytest.mark.parametrize("draft", ["", "  \n", "Rain fell on the dam all day."])
    def test_a_draft_without_a_quote_is_confirmed(self, archive: Archive, draft: str) -> None:
        report = archive.check(draft)
        assert (report.is_confirmed, facts.summary(report)) == (True, "There is no quote to check.")

    def test_a_lone_surrogate_is_refused(self, archive: Archive) -> None:
        with pytest.raises(BadInput, match="lone surrogate"):
            archive.check("“No,\ud800” said Ada.")


STONES = [
    f"The {number} stones of the {name} wall were cut by {guild} in the year {1500 + number}."
    for number, (name, guild) in enumerate(
        product(("north", "south", "old", "lower"), ("masons", "monks", "sailors")), 17
    )
]
STONES += [sentence.replace("cut", "laid").replace("stones", "red bricks") for sentence in STONES]
STONES += [sentence.replace("wall", "bridge") for sentence in STONES]


class TestLongQuotes:
    """A quote that is too long to verify at once is still one quote."""

    @pytest.fixture
    def speech(self, archive: Archive) -> Archive:
        archive.add(an_article(f"“{' '.join(STONES)}” said Ada Okafor."))
        return archive

    def draft(self, sentences: list[str]) -> str:
        return f"The mayor spoke.\n\n“{' '.join(sentences)}” said Ada Okafor."

    def test_it_is_confirmed_as_one(self, speech: Archive) -> None:
        report = speech.check(self.draft(STONES))
        (quote,) = report.quotes
        assert (len(quote.asked.text) > 2_000, quote.group) == (True, "confirmed")
        assert quote.why.endswith("parts that overlap")

    @pytest.mark.prove
    @pytest.mark.parametrize("dropped", [10, *range(20, 32)])
    def test_it_is_not_without_one_of_its_sentences(self, speech: Archive, dropped: int) -> None:
        (quote,) = speech.check(self.draft([*STONES[:dropped], *STONES[dropped + 1 :]])).quotes
        assert quote.needs_work
        assert quote.why.startswith("part ")

    def test_nor_with_its_halves_exchanged(self, speech: Archive) -> None:
        half = len(STONES) // 2
        (quote,) = speech.check(self.draft(STONES[half:] + STONES[:half])).quotes
        assert quote.needs_work

    def test_nor_with_an_invented_end(self, speech: Archive) -> None:
        invented = ["I never liked sailing in bad weather, and boats are for other people to sail."] * 40
        (quote,) = speech.check(self.draft(STONES + invented)).quotes
        assert quote.verdict == "altered"

    def test_an_invented_one_is_not_found(self, said: Archive) -> None:
        (quote,) = said.check(self.draft(["I never liked sailing in bad weather, nor boats of any kind."] * 40)).quotes
        assert quote.verdict == "not_found"

    def test_its_parts_are_not_verified_when_the_time_is_over(self, speech: Archive) -> None:
        answers = iter([True, True, False])
        (quote,) = speech.check(self.draft(STONES), may_continue=lambda: next(answers)).quotes
        assert (quote.verdict, quote.verification) == ("unchecked", None)


class TestOwnArticle:
    def test_a_stored_draft_does_not_confirm_itself(self, said: Archive) -> None:
        assert {quote.verdict for quote in said.check(SAID).quotes} == {"not_found"}
        assert {quote.verdict for quote in said.check(SAID.body).quotes} == {"not_found"}

    def test_nor_does_a_page_that_was_stored_as_its_text(self, archive: Archive) -> None:
        page = "<p>“The dam will hold,” said <b>Ada Okafor</b>.</p>"
        archive.add(an_article("“The dam will hold,” said Ada Okafor."))
        (quote,) = archive.check(drafts.of_text(page, "html")).quotes
        assert quote.verdict == "not_found"

    def test_nor_does_a_page_whose_elements_set_quotes_off(self, archive: Archive) -> None:
        page = "<p>“The lake is empty now,” said Ada Okafor.</p><blockquote>Rain fell on it.</blockquote>"
        item = {"uri": "urn:2", "bodies": [{"contentType": "text/html", "value": page}]}
        archive.add(an_article(html.to_text(page), id="urn:stored"))
        for draft in (drafts.of_text(page, "html"), drafts.of_text(json.dumps(item), "ninjs")):
            assert {quote.verdict for quote in archive.check(draft).quotes} == {"not_found"}

    def test_a_copy_of_it_does_unless_its_publisher_is_left_out(self, said: Archive) -> None:
        said.add(an_article(f"{SAID.body}\n\nA copy.", id="urn:copy", publisher="The Daily Copy"))
        assert said.check(SAID).is_confirmed
        assert not said.check(SAID, without=["the daily copy"]).is_confirmed


class TestLimits:
    def test_only_so_many_quotes_are_verified_and_the_report_says_so(self, said: Archive) -> None:
        report = said.check(f"{SAID.body}\n\nA copy.", most=2)
        assert (len(report.quotes), report.truncated, report.is_confirmed) == (2, True, False)
        assert not said.check(f"{SAID.body}\n\nA copy.", most=3).truncated

    def test_the_rest_is_unchecked_when_the_time_is_over(self, said: Archive) -> None:
        answers = iter([True, False, False])
        report = said.check(f"{SAID.body}\n\nA copy.", may_continue=lambda: next(answers))
        assert [quote.verdict for quote in report.quotes] == ["exact", "unchecked", "unchecked"]
        assert not report.is_confirmed

    def test_progress_is_told(self, said: Archive) -> None:
        told: list[int | str] = []
        said.check(f"{SAID.body}\n\nA copy.", begin=told.append, done=lambda: told.append("done"))
        assert told == [3, "done", "done", "done"]

    def test_all_quotes_are_verified_in_one_generation(self, said: Archive) -> None:
        generations = []
        draft = f"{SAID.body}\n\n“A new quote of today is this,” said Bo Lind."
        added = iter([lambda: None, lambda: said.add(a_given("A new quote of today is this,", "Bo Lind"))])

        def done() -> None:
            generations.append(said.edition().generation)
            next(added, lambda: None)()

        report = said.check(draft, done=done)
        assert (report.generation, generations) == (1, [1, 1, 2, 2])
        assert report.quotes[3].verdict == "not_found"

    def test_a_far_store_is_asked_once_whether_the_index_is_still_the_newest(self, said: Archive) -> None:
        far = CountingStore(said.store, 1)
        archive = Archive(far)
        archive.check(f"{SAID.body}\n\nA copy.")
        far.forget()
        archive.check(f"{SAID.body}\n\nAnother copy.")
        assert [asked.key for asked in far.asked] == ["manifest.json"]


class TestSettledByHand:
    def test_a_quote_is_ignored_by_its_words_or_its_id(self, said: Archive) -> None:
        draft = "“I never liked sailing in bad weather,” said Ada Okafor. “Boats are for others to sail,” she said."
        report = said.check(draft)
        first, second = report.quotes
        assert [quote.group for quote in report.ignoring([first.asked.id]).quotes] == ["ignored", "not_found"]
        assert [quote.group for quote in report.ignoring(["‘Boats are for others to SAIL’"]).quotes] == [
            "not_found",
            "ignored",
        ]
        assert report.ignoring([first.asked.id, second.asked.text]).is_confirmed

    def test_an_empty_line_ignores_nothing(self, said: Archive) -> None:
        report = said.check("“I never liked sailing in bad weather,” said Ada Okafor.")
        assert not report.ignoring(["", " ", "…", "“”"]).is_confirmed


HOSTILE = (
    "“We will not <script>alert(1)</script> raise [property](javascript:x) *taxes* &amp; ![this](//e.org/a.png) "
    "year\x1b[31m\u202e http://evil.example,” said Ada Okafor."
)


class _Page(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


class TestReports:
    @pytest.fixture
    def report(self, said: Archive) -> CheckReport:
        said.add(an_article(f"<b>Rain</b>\n\n{HOSTILE}", id="urn:hostile", url="https://example.org/2?a=1&b=(2)"))
        return said.check(f"{HOSTILE}\n\n“We will raise property taxes this year,” said Ada Okafor.\n\nA copy.")

    def test_the_text_has_the_facts_that_a_desk_needs(self, said: Archive) -> None:
        report = said.check("Rain.\n\n“We will spend 30 billion dollars on the dam,” said Ada Okafor.")
        told = text.write([("draft.md", report)])
        for fact in (
            "draft.md: 1 quote, 1 to work on: 1 altered.",
            "line 3: “We will spend 30 billion dollars on the dam,”",
            "Ada Okafor · altered: ",
            "number: “30 billion”, said “30 million”; may change the meaning",
            "The Harbour Times · 2025-08-11 · https://example.org/1#:~:text=",
            report.quotes[0].asked.id,
        ):
            assert fact in told

    def test_what_needs_work_comes_first(self, report: CheckReport) -> None:
        assert [group for group, _ in groups(report)] == ["altered", "confirmed"]

    def test_nothing_in_a_page_comes_from_a_text(self, report: CheckReport) -> None:
        shown = _Page(page.write([("<i>draft</i>", report)]))
        assert shown.tags <= {
            *(
                "html",
                "head",
                "meta",
                "title",
                "style",
                "body",
                "h1",
                "h2",
                "p",
                "section",
                "article",
                "div",
                "blockquote",
            ),
            *("span", "ul", "li", "a", "footer"),
        }
        links = [value for tag, name, value in shown.attributes if name == "href"]
        assert links
        assert all(link.startswith("https://example.org/") for link in links)
        assert {name for _, name, _ in shown.attributes} <= {
            "charset",
            "name",
            "content",
            "http-equiv",
            "lang",
            "class",
            "href",
            "rel",
        }
        assert "<script>alert(1)</script>" in shown.words
        assert "\x1b" not in shown.words
        assert "\u202e" not in shown.words

    def test_a_page_requests_nothing(self, report: CheckReport) -> None:
        shown = _Page(page.write([("draft", report)]))
        assert not {tag for tag, name, _ in shown.attributes if name in ("src", "srcset", "style", "action")}
        assert not shown.tags & {"script", "img", "link", "iframe", "object", "form"}
        assert ("meta", "http-equiv", "Content-Security-Policy") in shown.attributes
        assert "url(" not in shown.words
        assert "@import" not in shown.words

    def test_markdown_shows_a_text_as_it_is(self, report: CheckReport) -> None:
        told = markdown.write([("draft [1](x)", report)])
        assert "\\<script\\>alert\\(1\\)\\</script\\>" in told
        assert "\\[property\\]\\(javascript:x\\) \\*taxes\\* \\&amp;" in told
        assert "http\\://evil.example" in told
        assert "](https://example.org/2?a=1&b=%282%29" in told
        assert "\x1b" not in told
        assert "\u202e" not in told

    def test_the_json_is_that_of_the_api(self, report: CheckReport) -> None:
        answer = build.to_json(build.check(report))
        assert (answer["confirmed"], answer["truncated"]) == (False, False)
        assert answer["groups"] == {"altered": 1, "confirmed": 1}
        second = answer["quotes"][1]
        assert (second["line"], second["speaker"], second["verdict"]) == (3, "Ada Okafor", "altered")
        assert [change["kind"] for change in second["verification"]["differences"]] == ["negation"]
        assert json.loads(json.dumps(answer)) == answer
