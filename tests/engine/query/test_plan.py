"""The plan of a request: the scored tree, the filter, the order, and the correction of unknown words."""

from __future__ import annotations

from typing import Any

import pytest
from whoosh import query
from whoosh.query import And, AndMaybe, AndNot, Every, Not, NumericRange, Or, Prefix, Term

from quoth.engine import segment
from quoth.engine.analysis import stem, words
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.execution.index import open_index
from quoth.engine.query.filters import Correction
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import ABOUT_BOOST, HighlightTerms, Plan, RankedWords, fields, plan
from quoth.engine.query.request import Request
from quoth.engine.schema import EXACT_BOOST
from quoth.errors import BadQuery
from quoth.quote import Quote
from quoth.storage.files.segment_file import InMemoryFile
from tests.support.builders import a_quote, day

QUOTES = (
    a_quote(
        "Some land swapping, a land swap.",
        id="q_1",
        speaker="Boris Johnson",
        aliases=("Johnson",),
        publisher="The Times",
    ),
    a_quote("Lands, landed, swaps.", id="q_2", speaker="Ada Johnston", aliases=("Johnston",), publisher="the times"),
    a_quote("The harbour and the harbours.", id="q_3", speaker="Agnes Rowe", aliases=("Rowe",), publisher="Le Phare"),
    a_quote("The harbor, the harbour.", id="q_4", speaker="Tomás Lindqvist", aliases=("Lindqvist",), publisher="Times"),
)


def a_lexicon(*groups: tuple[Quote, ...]) -> Lexicon:
    parts = []
    for group in groups:
        built = segment.build([(quote.id, quote) for quote in group])
        parts.append(SegmentView(InMemoryFile(built.data), built.table))
    return Lexicon(open_index(parts))


LEXICON = a_lexicon(QUOTES[:3], QUOTES[3:])


def planned(q: str | None = None, lexicon: Lexicon = LEXICON, **asked: Any) -> Plan:
    return plan(Request(q=q, **asked), lexicon)


def written(ranked: RankedWords) -> tuple[str, ...]:
    return tuple(word.written for word in ranked.words)


def stemmed(name: str) -> Term:
    return Term("stemmed", name)


def exact(*words: str) -> Or:
    return Or([Term("exact", word, boost=EXACT_BOOST) for word in words])


def phrase(*words: str) -> query.Phrase:
    return query.Phrase("exact", list(words))


SAID = tuple(Not(Term("type", name)) for name in ("indirect", "term", "title"))


class TestTree:
    def test_stems_must_match_and_exact_forms_score(self) -> None:
        assert planned("land swapping").tree == AndMaybe(
            And([stemmed("land"), stemmed("swap")]), exact("land", "swapping")
        )

    def test_two_forms_of_one_word_must_match_once_and_both_score(self) -> None:
        assert planned("swap swapping").tree == AndMaybe(And([stemmed("swap")]), exact("swap", "swapping"))

    def test_a_phrase_stands_as_written_and_is_its_own_score(self) -> None:
        assert planned('"land swap"').tree == And([phrase("land", "swap")])

    def test_a_prefix_matches_exact_forms(self) -> None:
        assert planned("lan* harbour").tree == AndMaybe(
            And([stemmed("harbor"), Prefix("exact", "lan")]), exact("harbour")
        )

    def test_an_or_is_one_required_clause(self) -> None:
        assert planned('land OR "the harbour" swap').tree == AndMaybe(
            And([stemmed("swap"), Or([stemmed("land"), phrase("the", "harbour")])]), exact("swap", "land")
        )

    def test_an_or_of_two_forms_is_one_stem(self) -> None:
        assert planned("swap OR swaps").tree == AndMaybe(And([stemmed("swap")]), exact("swap", "swaps"))

    def test_exclusions_neither_match_nor_score(self) -> None:
        assert planned("land -swaps").tree == AndNot(AndMaybe(And([stemmed("land")]), exact("land")), stemmed("swap"))
        assert planned('land -swaps -"the harbour"').tree.b == Or([stemmed("swap"), phrase("the", "harbour")])

    def test_without_words_everything_matches(self) -> None:
        assert planned().tree == Every()
        assert planned("speaker:rowe").tree == Every()
        assert planned("-land").tree == AndNot(Every(), stemmed("land"))

    def test_a_prefix_of_too_many_words_is_refused(self) -> None:
        many = a_lexicon((a_quote(" ".join(f"land{n}" for n in range(65)), id="q_1"),))
        with pytest.raises(BadQuery, match=r"^q: land\* matches 65 words; the limit is 64: write more letters$"):
            planned("land*", many)
        assert planned("land1*", many).tree == And([Prefix("exact", "land1")])

    @pytest.mark.parametrize("parts", [1, 4])
    def test_words_of_a_prefix_are_counted_once_over_all_segments(self, parts: int) -> None:
        groups = [(a_quote(" ".join(f"land{n}" for n in range(64)), id=f"q_{part}"),) for part in range(parts)]
        assert planned("land*", a_lexicon(*groups)).tree == And([Prefix("exact", "land")])

    def test_an_excluded_prefix_of_too_many_words_is_refused(self) -> None:
        many = a_lexicon((a_quote(" ".join(f"land{n}" for n in range(65)), id="q_1"),))
        with pytest.raises(BadQuery, match="matches 65 words"):
            planned("-land*", many)


class TestRankedWords:
    def test_a_quote_may_miss_each_word_but_no_condition(self) -> None:
        ranked = planned('land swapping -trade "the harbour" lan* swap OR line', speaker="rowe").ranked
        assert ranked is not None
        assert written(ranked) == ("land", "swapping")
        assert [word.strong for word in ranked.words] == [stemmed("land"), stemmed("swap")]
        assert [word.about for word in ranked.words] == [
            Term("about", name, boost=ABOUT_BOOST) for name in ("land", "swap")
        ]
        assert ranked.exact == exact("land", "swapping", "swap", "line")
        assert ranked.required == And(
            [phrase("the", "harbour"), Prefix("exact", "lan"), Or([stemmed("swap"), stemmed("line")])]
        )
        assert ranked.filter == And([*SAID, Term("known_as", "rowe"), Not(stemmed(stem("trade")))])

    def test_a_word_is_also_a_name_where_a_speaker_has_it(self) -> None:
        ranked = planned("rowe land").ranked
        assert ranked is not None
        assert ranked.words[0].strong == Or([stemmed("row"), Term("known_as", "rowe")])

    def test_a_word_is_also_a_name_of_a_publisher(self) -> None:
        ranked = planned("times land").ranked
        assert ranked is not None
        publishers = [Term("publisher", name) for name in ("The Times", "Times", "the times")]
        assert ranked.words[0].strong == Or([stemmed("time"), *publishers])
        assert ranked.words[0].frequency == 3
        assert planned("the land").words[0].strong == stemmed("the")

    def test_accents_of_a_name_do_not_matter(self) -> None:
        for q in ("tomás", "tomas"):
            assert Term("known_as", "tomas") in planned(q).tree.leaves()

    def test_two_forms_of_one_word_are_one_word_and_both_score(self) -> None:
        ranked = planned("swap land swapping").ranked
        assert ranked is not None
        assert written(ranked) == ("swap", "land")
        assert ranked.words[0].strong == stemmed("swap")
        assert ranked.exact == exact("swap", "swapping", "land")

    def test_the_frequency_of_a_word_counts_its_stem_and_its_name(self) -> None:
        ranked = planned("land swaps rowe absent").ranked
        assert ranked is not None
        assert [word.frequency for word in ranked.words] == [2, 2, 1, 0]

    @pytest.mark.parametrize(
        "asked",
        [
            {"q": "land swap", "match": "all"},
            {"q": "land swap", "sort": "newest"},
            {"q": "land OR swap"},
        ],
        ids=repr,
    )
    def test_conditions_or_another_order_or_the_strict_rule_rank_none(self, asked: Any) -> None:
        assert planned(**asked).ranked is None

    @pytest.mark.parametrize(
        ("q", "decide"),
        [
            ("what did Agnes Rowe say about land swaps", ("agnes", "rowe", "land", "swaps")),
            ("who said land swapping", ("land", "swapping")),
            ("President Rowe swaps", ("rowe", "swaps")),
            ("vice president Rowe swaps", ("rowe", "swaps")),
            ("Rowe’s swaps", ("rowe", "swaps")),
            ("president swaps land", ("president", "swaps", "land")),
            ("what may land be", ("what", "may", "land", "be")),
        ],
    )
    def test_the_words_that_do_not_decide_are_left_out(self, q: str, decide: tuple[str, ...]) -> None:
        ranked = planned(q).ranked
        assert ranked is not None
        assert written(ranked) == decide
        assert {term.text for term in ranked.exact.subqueries} == set(words(q))  # the others only add to the score
        assert planned(q, match="all").highlight_terms.stems >= set(map(stem, words(q)))


class TestOrder:
    @pytest.mark.parametrize(
        ("asked", "order"),
        [
            ({"q": "land"}, None),
            ({"q": '"land swap"'}, None),
            ({"q": "lan*"}, None),
            ({}, ("published", True)),
            ({"q": "-land"}, ("published", True)),
            ({"q": "speaker:rowe"}, ("published", True)),
            ({"q": "speaker:rowe", "sort": "relevance"}, ("published", True)),
            ({"q": "land", "sort": "relevance"}, None),
            ({"q": "land", "sort": "newest"}, ("published", True)),
            ({"q": "land", "sort": "oldest"}, ("published", False)),
        ],
        ids=repr,
    )
    def test_words_are_sorted_by_relevance_and_all_else_by_date(self, asked: Any, order: Any) -> None:
        assert planned(**asked).sort == order


class TestFilters:
    def test_without_a_type_filter_only_said_words_match(self) -> None:
        assert planned("land").filter == And(list(SAID))

    @pytest.mark.parametrize(
        ("asked", "filter"),
        [
            ({"type": "direct,partial,indirect"}, And(list(SAID[1:]))),
            ({"type": "indirect"}, Term("type", "indirect")),
            ({"q": "type:indirect"}, Term("type", "indirect")),
            ({"q": "type:direct type:indirect"}, And([Not(Term("type", "partial")), *SAID[1:]])),
            ({"q": "-type:partial"}, Term("type", "direct")),
            ({"q": "type:direct", "type": "direct,indirect"}, Term("type", "direct")),
            ({"q": "type:direct", "type": "partial"}, Or([])),
            ({"q": "-type:indirect", "type": "direct,indirect"}, Term("type", "direct")),
            ({"q": "type:indirect -type:indirect"}, Or([])),
        ],
        ids=repr,
    )
    def test_two_types_must_both_hold(self, asked: Any, filter: Any) -> None:
        assert repr(planned(**asked).filter) == repr(filter)  # Whoosh does not consider two empty queries equal

    def test_a_type_that_cannot_be_both_finds_nothing(self) -> None:
        assert Request(q="type:direct", type="partial").types == ()

    def test_publishers_are_those_that_are_spelt_alike(self) -> None:
        alike = Or([Term("publisher", "The Times"), Term("publisher", "the times")])
        assert planned(publisher="THE  TIMES").filter == And([*SAID, alike])
        assert planned("publisher:times").filter == And([*SAID, Term("publisher", "Times")])
        assert repr(planned(publisher="Nobody").filter) == repr(And([*SAID, Or([])]))

    def test_a_language_stands_for_narrower_ones(self) -> None:
        tags = ("en", "en-GB", "EN-us", "eng", None)
        lexicon = a_lexicon(
            tuple(
                Quote(**{**_fields(quote), "article": _with_language(quote, tag)})
                for quote, tag in zip((a_quote(id=f"q_{n}") for n in range(len(tags))), tags, strict=True)
            )
        )
        found = planned(language="EN", lexicon=lexicon).filter
        assert {term.text for term in found.subqueries[-1].subqueries} == {"en", "en-GB", "EN-us"}
        assert planned(language="en-gb", lexicon=lexicon).filter == And([*SAID, Term("language", "en-GB")])

    def test_statuses_are_words_of_ours(self) -> None:
        assert planned(status="given,attributed").filter == And(
            [*SAID, Or([Term("status", "attributed"), Term("status", "given")])]
        )
        assert planned("-status:given").filter == And([*SAID, Not(Term("status", "given"))])

    def test_a_value_in_q_and_one_beside_it_must_both_hold(self) -> None:
        assert planned("speaker:rowe speaker:johnson", speaker="Lindqvist").filter == And(
            [
                *SAID,
                Term("known_as", "lindqvist"),
                Or([Term("known_as", "rowe"), Term("known_as", "johnson")]),
            ]
        )

    def test_a_minimum_confidence_admits_given_speakers(self) -> None:
        assert planned(min_confidence=0.93).filter == And(
            [*SAID, Or([NumericRange("confidence", 9300, None), Term("status", "given")])]
        )

    def test_a_day_is_whole_at_both_ends(self) -> None:
        first, last = (int(day(2025, 8, date).timestamp()) for date in (11, 13))
        assert planned(from_="2025-08-11", to="2025-08-12").filter == And(
            [*SAID, NumericRange("published_to", first, None), NumericRange("published", None, last - 1)]
        )

    @pytest.mark.parametrize(
        ("asked", "seconds"),
        [
            ({"from_": "1970-01-02"}, (86_400, None)),
            ({"to": "1970-01-02"}, (None, 2 * 86_400 - 1)),
            ({"q": "after:1970-01-02"}, (2 * 86_400, None)),
            ({"q": "before:1970-01-02"}, (None, 86_399)),
            ({"to": "1970-01-01T00:00:05Z"}, (None, 5)),
            ({"q": "before:1970-01-01T00:00:05Z"}, (None, 4)),
            ({"q": "after:1970-01-01T00:00:05Z"}, (6, None)),
            ({"from_": "1970-01-01T00:00:05Z"}, (5, None)),
            ({"q": "before:1970-01-01T00:00:05.5Z"}, (None, 5)),
            ({"to": "1970-01-01T00:00:05.5Z"}, (None, 5)),
            ({"from_": "1970-01-01T00:00:05+01:00"}, (5 - 3600, None)),
            (
                {"q": "after:1970-01-02 after:1970-01-05 before:1970-01-09", "from_": "1970-01-03"},
                (5 * 86_400, 8 * 86_400 - 1),
            ),
            ({"q": "after:9999-12-31"}, (253_402_300_800, None)),
            ({"q": "before:0001-01-01"}, (None, -62_135_596_801)),
        ],
        ids=repr,
    )
    def test_from_and_to_are_in_the_range_before_and_after_are_not(self, asked: Any, seconds: Any) -> None:
        assert Request(**asked).seconds == seconds

    def test_a_range_inside_q_may_be_empty_and_finds_nothing(self) -> None:
        assert planned("after:2025-08-11 before:2025-08-11").filter.subqueries[-1].start > 0

    @pytest.mark.parametrize(
        ("asked", "needed"),
        [
            ({"q": "land"}, {"stemmed", "exact", "known_as", "about", "publisher.values"}),
            ({"q": "land", "match": "all"}, {"stemmed", "exact"}),
            ({}, {"published"}),
            ({"q": "speaker:rowe"}, {"known_as", "published"}),
            ({"speaker": "rowe", "status": "given"}, {"known_as", "status", "published"}),
            ({"speaker": "rowe", "q": "-status:denied"}, {"known_as", "status", "published"}),
            ({"speaker": "rowe", "status": "denied"}, {"denied_as", "status", "published"}),
            ({"q": "-speaker:rowe status:denied"}, {"denied_as", "status", "published"}),
            ({"speaker": "rowe", "status": "denied,given"}, {"known_as", "denied_as", "status", "published"}),
            ({"status": "denied"}, {"status", "published"}),
            (
                {"q": "land", "publisher": "x", "language": "en", "status": "given"},
                {"stemmed", "exact", "known_as", "about", "publisher.values", "publisher", "language", "status"},
            ),
            (
                {"q": "land before:2020-01-01"},
                {"stemmed", "exact", "known_as", "about", "publisher.values", "published"},
            ),
            ({"q": "land", "match": "all", "from_": "2020-01-01"}, {"stemmed", "exact", "published", "published_to"}),
            (
                {"q": "land", "min_confidence": 0},
                {"stemmed", "exact", "known_as", "about", "publisher.values", "confidence", "status"},
            ),
        ],
        ids=lambda value: " ".join(sorted(value)),
    )
    def test_the_plan_names_the_fields_that_it_reads(self, asked: Any, needed: set[str]) -> None:
        assert set(fields(Request(**asked))) == needed


def _fields(quote: Quote) -> dict[str, Any]:
    return {name: getattr(quote, name) for name in quote.__struct_fields__}


def _with_language(quote: Quote, tag: str | None) -> Any:
    origin = quote.article
    return type(origin)(**{**{name: getattr(origin, name) for name in origin.__struct_fields__}, "language": tag})


class TestSpeakers:
    def names(self, given: str, q: str | None = None) -> tuple[set[str], tuple[Correction, ...]]:
        made = planned(q, speaker=given) if q is None else planned(q)
        named = made.filter.subqueries[-1]
        terms = named.subqueries if isinstance(named, Or) else [named]
        return {term.text for term in terms}, made.corrections

    @pytest.mark.parametrize(
        ("given", "key"), [("Johnson", "johnson"), ("johnston", "johnston"), ("BORIS JOHNSON", "boris-johnson")]
    )
    def test_a_known_name_is_not_corrected(self, given: str, key: str) -> None:
        found, corrections = self.names(given)
        assert found <= {given, key}
        assert corrections == ()

    def test_johnson_is_not_johnston_even_where_all_his_quotes_are_elsewhere(self) -> None:
        lexicon = a_lexicon(QUOTES[1:2], QUOTES[:1])
        for given in ("johnson", "johnston"):
            assert planned(speaker=given, lexicon=lexicon).filter.subqueries[-1] == Term("known_as", given)

    @pytest.mark.parametrize(
        ("given", "near"),
        [
            ("Lindqvst", ("lindqvist",)),
            ("lindqvits", ("lindqvist",)),
            ("Rwoe", ()),
            ("rowee", ("rowe",)),
            ("Johnsoon", ("johnson",)),
            ("Johnsto", ("johnston", "johnson")[:1]),
            ("Jonson", ("johnson",)),
            ("xohnson", ("johnson",)),
            ("agnes row", ("agnes-rowe",)),
        ],
    )
    def test_an_unknown_name_matches_names_at_one_typo_and_says_so(self, given: str, near: tuple[str, ...]) -> None:
        found, corrections = self.names(given)
        if not near:
            assert corrections in ((), (Correction("speaker", given, ("rowe",)),))
            return
        assert set(near) <= found
        assert corrections == (Correction("speaker", given, tuple(corrections[0].corrected_to)),)
        assert found == set(corrections[0].corrected_to)

    @pytest.mark.parametrize("given", ["Jo", "nobody", "!!", "Lindkvits"])
    def test_a_short_name_or_two_typos_match_nobody(self, given: str) -> None:
        _, corrections = self.names(given)
        assert corrections == ()

    def test_a_speaker_inside_q_is_corrected_too(self) -> None:
        assert self.names("", q="speaker:Lindqvst") == (
            {"lindqvist"},
            (Correction("speaker", "Lindqvst", ("lindqvist",)),),
        )

    def test_an_excluded_speaker_is_corrected_too(self) -> None:
        made = planned("land -speaker:lindqvst")
        assert made.filter == And([*SAID, Not(Term("known_as", "lindqvist"))])


class TestUnknownWords:
    def test_an_unknown_word_matches_nothing_and_gets_a_suggestion(self) -> None:
        made = planned("land swaping", fuzzy="off")
        assert made.tree.a == And([stemmed("land"), stemmed(stem("swaping"))])
        assert (made.did_you_mean, made.corrections) == ("land swapping", ())

    def test_an_unknown_word_matches_its_corrections(self) -> None:
        made = planned("swapqing land")
        assert made.corrections == (Correction("q", "swapqing", ("swapping",)),)
        assert made.tree == AndMaybe(And([stemmed("swap"), stemmed("land")]), exact("swapping", "land"))
        assert made.did_you_mean is None

    def test_the_most_frequent_correction_comes_first(self) -> None:
        assert planned("harboor", fuzzy="off").did_you_mean == "harbour"
        (reading,) = planned("harboor").corrections
        assert reading.corrected_to == ("harbour", "harbor")

    def test_a_word_with_an_indexed_stem_is_not_corrected(self) -> None:
        """The index lacks the word swapped but has its stem, so it must not become swapper or the like."""
        made = planned("swapped", fuzzy="auto")
        assert (made.tree.a, made.corrections, made.did_you_mean) == (And([stemmed("swap")]), (), None)

    def test_the_first_letter_may_be_the_typo(self) -> None:
        assert planned("xwapping").corrections == (Correction("q", "xwapping", ("swapping",)),)

    def test_a_name_is_a_correction_of_a_word(self) -> None:
        made = planned("land lindqvits")
        assert made.corrections == (Correction("q", "lindqvits", ("lindqvist",)),)
        assert made.tree.a == And([stemmed("land"), Or([stemmed("lindqvist"), Term("known_as", "lindqvist")])])
        assert planned("land lindqvits", match="all").corrections == ()

    @pytest.mark.parametrize("q", ["lnd", "xxapping", "zzzzz", '"land swaping"', "swaping*", "-swaping"])
    def test_short_words_phrases_prefixes_and_exclusions_stay(self, q: str) -> None:
        for fuzzy in ("off", "auto"):
            made = planned(q, fuzzy=fuzzy)
            assert (made.corrections, made.did_you_mean) == ((), None)

    def test_the_suggestion_keeps_the_other_clauses(self) -> None:
        made = planned("speaker:swaping (Swaping), “the harbour” -swaping", fuzzy="off")
        assert made.did_you_mean == "speaker:swaping (swapping), “the harbour” -swaping"

    def test_an_empty_index_gives_no_suggestion(self) -> None:
        made = planned("land swaping", a_lexicon(), fuzzy="auto", speaker="Rowe")
        assert (made.corrections, made.did_you_mean) == ((), None)


class TestMarks:
    def test_the_words_of_the_query_are_highlighted(self) -> None:
        assert planned('swaps OR lan* "the harbour" -trade speaker:rowe').highlight_terms == HighlightTerms(
            stems=frozenset({"swap"}), starts=("lan",), phrases=(("the", "harbour"),)
        )

    def test_corrections_are_highlighted(self) -> None:
        assert planned("lind", fuzzy="auto").highlight_terms.stems == {"land"}
