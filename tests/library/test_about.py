"""The words about a quote: which they are, what they find, and where they rank."""

from __future__ import annotations

import pytest

from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.query import plan
from quoth.extraction import extract
from quoth.ingest import about
from quoth.quote import GivenQuote
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given, an_article

BODY = """The council met on Monday.

The harbour leaks, said an engineer who had called it “perfectly sound” before.

“It holds,” Ada Byron told reporters. “For now.”

“Ask me tomorrow,” she said."""


def parts(body: str = BODY, headline: str | None = "Dam in doubt") -> list[tuple[about.Part, ...]]:
    article = Article(body=body, headline=headline)
    return list(about.of_article(article, extract(article)))


def an_archive(*items: Article | GivenQuote) -> Archive:
    archive = Archive(MemoryStore(), TestEffects().effects())
    archive.add(items)
    return archive


class TestArticles:
    def test_they_are_the_headline_and_the_words_outside_marks_in_two_paragraphs(self) -> None:
        first, second, third, fourth = parts()
        assert first[0] == ("dam", "doubt")
        assert first[1:] == (("council", "met", "monday"), ("harbor", "leak", "said", "engin", "call"))
        assert second == third == (first[0], first[2], ("ada", "byron", "told", "report"))
        assert fourth == (first[0], second[2], ("said",))

    def test_without_a_headline_and_a_paragraph_before_there_are_fewer(self) -> None:
        assert parts("“No,” said Ada Byron.", headline=None) == [(("said", "ada", "byron"),)]
        assert parts("“No.”", headline=None) == [()]

    def test_each_part_has_a_limit_and_the_paragraph_before_gives_its_end(self) -> None:
        words = " ".join(f"word{n}" for n in range(200))
        (found,) = parts(f"{words}.\n\nIt is so, said Ada Byron: “No.” {words}.", headline=words)
        assert found[0][:2] == ("word0", "word1")
        assert found[1][-1] == "word199"
        assert [len(part) for part in found] == [about.HEADLINE, about.BEFORE, about.OWN - 3]

    def test_compounds_belong_to_them(self) -> None:
        assert parts("“No,” said Ada Byron.", headline="The US e-mails")[0][0] == ("e", "mail", "email", "u.")


class TestReadyMadeQuotes:
    def test_without_headline_and_context_there_are_none(self) -> None:
        assert about.of_given(a_given()) == ()

    def test_they_have_the_headline_and_the_context_without_marks_and_their_own_words(self) -> None:
        given = a_given(
            "I shall return.",
            headline="The general leaves",
            context="He spoke in Alice Springs.\n“I shall return.” The “old man” left.",
        )
        assert about.of_given(given) == (("general", "leav"), ("spoke", "alic", "spring"), ("left",))

    def test_a_context_beside_the_quote_counts(self) -> None:
        assert about.of_given(a_given("No.", context="On the railway.")) == (("railway",),)


class TestSearch:
    ARCHIVE = an_archive(
        an_article("“It holds,” said Ada Byron.\n\nNobody else spoke.", id="a", headline="Dam in doubt"),
        an_article("“It holds, the dam,” said Bo Lind.", id="b", headline="A visit"),
        an_article("“It leaks,” said Cy Beo.", id="c", headline="Dam in doubt"),
        an_article("“Taxes rise,” said Dot Ek.", id="d", headline="A budget"),
        an_article("“Taxes fall,” said Eve Fox.", id="e", headline="A budget"),
    )

    def found(self, q: str, **asked: object) -> list[tuple[str, dict[str, str], tuple[str, ...]]]:
        page = self.ARCHIVE.search(q, **asked)
        return [(hit.quote.text, dict(hit.found), hit.missing) for hit in page.hits]

    def test_a_quote_with_every_word_comes_before_one_that_a_word_stands_about(self) -> None:
        assert self.found("holds dam") == [
            ("It holds, the dam,", {"holds": "text", "dam": "text"}, ()),
            ("It holds,", {"holds": "text", "dam": "about"}, ()),
            ("It leaks,", {"dam": "about"}, ("holds",)),
        ]

    def test_only_the_quotes_with_every_word_are_counted(self) -> None:
        page = self.ARCHIVE.search("holds dam", facets="speaker")
        assert (page.total, page.related) == (1, 2)
        assert [bucket.value for bucket in page.facets["speaker"]] == ["bo-lind"]
        assert self.ARCHIVE.search("holds dam", sort="newest").total == 1

    def test_one_word_finds_what_it_stands_about(self) -> None:
        assert [text for text, _, _ in self.found("doubt")] == ["It holds,", "It leaks,"]
        assert self.ARCHIVE.search("doubt").total == 0

    def test_the_strict_rule_and_conditions_do_not_look_about(self) -> None:
        assert self.found("doubt", match="all") == self.found('"doubt"') == self.found("doub*") == []
        assert [text for text, _, _ in self.found("taxes -budget")] == ["Taxes rise,", "Taxes fall,"]

    def test_a_name_is_found_as_one(self) -> None:
        ((_, found, missing),) = self.found("byron dam")[:1]
        assert (found, missing) == ({"byron": "speaker", "dam": "about"}, ())

    def test_a_word_that_is_about_too_many_quotes_is_not_looked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        archive = an_archive(*(an_article(f"“No {n},” said Ada.", id=str(n), headline="Daily") for n in range(4)))
        assert archive.search("daily").related == 4
        monkeypatch.setattr(plan, "ABOUT_LEAST", 0)
        assert Archive(archive.store).search("daily").related == 0
