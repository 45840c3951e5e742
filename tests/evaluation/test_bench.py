"""The parts of the benchmark, without timing and without other engines."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import demands, measure, plot, report
from bench.corpora.natural import natural, sentences_of
from bench.corpora.seeded import synthetic
from bench.corpora.supply import Supply, columns, write
from bench.demands import Line
from bench.engines import ENGINES, EngineResult
from bench.engines.trees import filter_of, tree
from bench.parts import exports
from bench.parts.trips.asked import Cost
from bench.parts.trips.network import Network, percentiles, waiting
from bench.parts.trips.partition import Measured, estimated, fan_out
from bench.queries import KINDS, VARIANTS, BenchQuery, TermCounts, questions
from bench.run import agreement, machine

SIZE = 1_200  # more than one lot


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench") / "quotes"


@pytest.fixture(scope="module")
def census(supply: Path) -> TermCounts:
    counted = TermCounts()
    for _, quote in write(supply, synthetic(SIZE)):
        counted.add(quote)
    return counted


def test_a_seed_always_gives_the_same_quotes() -> None:
    assert list(synthetic(50)) == list(synthetic(50))
    assert list(synthetic(50)) != list(synthetic(50, seed=2))


def test_a_larger_corpus_begins_with_the_smaller_one() -> None:
    assert list(islice(synthetic(SIZE), 1_010)) == list(synthetic(1_010))


def test_words_are_as_frequent_as_in_language(census: TermCounts) -> None:
    assert 26 < census.tokens / census.quotes < 29
    often = [count for _, count in census.words.most_common(300)]
    assert often[0] > 0.8 * SIZE
    assert sum(0.1 * SIZE < count < 0.3 * SIZE for count in often) > VARIANTS
    assert sum(count == 1 for count in census.words.values()) > len(census.words) / 3


def test_quotes_come_back_from_their_file_as_they_were_written(supply: Path, census: TermCounts) -> None:
    read = list(Supply(supply, SIZE))
    assert len(read) == census.quotes == SIZE
    assert len({key for key, _ in read}) == SIZE
    assert read[0][1].text == next(synthetic(1)).text


def test_columns_are_signed_numbers_where_quoth_compares_hashes(supply: Path, census: TermCounts) -> None:
    _, quote = next(iter(Supply(supply, SIZE)))
    values = columns(quote)
    assert -(2**63) <= values["id"] < 2**63
    assert values["speaker"] in census.speakers


def test_every_kind_is_asked_eight_times_and_finds_something(census: TermCounts) -> None:
    asked = questions(census)
    assert asked == questions(census)
    assert [question.kind for question in asked] == [kind.name for kind in KINDS for _ in range(VARIANTS)]
    for question in asked:
        if question.kind in ("term", "and", "or5", "rare"):
            assert all(word in census.words for word in question.words)
        if question.kind == "fuzzy":
            assert question.words[0] not in census.words
        assert tree(question) is not None
        assert (filter_of(question) is not None) == (question.kind in ("speaker", "dates"))


def test_natural_text_is_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The dam will hold, she said again.\n\nThe dam will hold, she said again.", "utf-8")
    (tmp_path / "b.jsonl").write_text('{"body": "It held for ten years after that day."}\n', "utf-8")
    found = [quote.text for quote in natural(10, tmp_path)]
    assert found == ["The dam will hold, she said again.", "It held for ten years after that day."]


def test_a_sentence_that_is_too_short_is_no_quote() -> None:
    assert sentences_of("<p>No. The dam held for ten years after that day.</p>") == [
        "The dam held for ten years after that day."
    ]


def test_slow_engines_are_asked_less_often_but_all_along() -> None:
    due = [number for number in range(25) if measure.is_due(number, 25, 4)]
    assert len(due) == 4
    assert due[0] == 0
    assert due[-1] > 15
    assert all(measure.is_due(number, 3, 25) for number in range(3))


def results(quotes: int = 200_000) -> dict[str, Any]:
    """Return invented results of a run with all engines: Quoth is a little faster than tantivy."""
    speed = {"quoth-1": 0.5, "quoth-4": 0.6, "quoth-20": 1.0, "tantivy": 1.0, "tantivy-top": 0.9, "fts5": 50.0}
    latency = {
        name: {kind.name: {"p50": time, "p95": 2 * time, "times": 8} for kind in KINDS} for name, time in speed.items()
    }
    built = {"quotes": quotes, "seconds": 10.0, "json": 2.0, "columns": 1.0, "peak": 99.0, "idle": 30.0, "bytes": 10**8}
    cold = {"trips": 4, "requests": 9, "kilobytes": 321.0, "ms": 12.0}
    corpus = {
        "name": "synthetic",
        "quotes": quotes,
        "engines": list(speed),
        "built": {name: dict(built) for name in speed if name != "tantivy-top"},
        "opened": {name: {"open": 1.0, "answered": 2.0, "peak": 50.0} for name in speed},
        "latency": {**latency, "quoth-1 bare": latency["quoth-1"], "tantivy bare": latency["tantivy"]},
        "first": {"quoth-1": latency["quoth-20"]},
        "new": {"quoth-1": latency["quoth-4"]},
        "totals": {kind.name: [1, 2, 3] for kind in KINDS},
        "agreement": {name: {kind.name: 0.0 for kind in KINDS} for name in speed},
        "library": {"segments": 4, "p50": 2.0, "p95": 2.5, "microseconds": 90.0, "cold": {"term": cold}},
    }
    return {"machine": machine(), "corpora": [corpus]}


def test_a_demand_holds_at_its_limit_and_not_beyond() -> None:
    assert Line("term", 1.5, {"quoth-1": 1.5}).holds("quoth-1")
    assert not Line("term", 1.5, {"quoth-1": 1.51}).holds("quoth-1")
    assert Line("rate", 0.6, {"quoth-1": 0.6}, at_least=True).holds("quoth-1")
    assert not Line("rate", 0.6, {"quoth-1": 0.59}, at_least=True).holds("quoth-1")


def test_every_demand_is_judged() -> None:
    (corpus,) = results()["corpora"]
    lines = {line.title: line for line in demands.lines(corpus)}
    assert len(lines) == len(demands.AGAINST_TANTIVY) + 6
    assert all(line.holds(setting) for line in lines.values() for setting in line.reached)
    assert lines["term, CPU against tantivy"].reached == {"quoth-1": 0.5, "quoth-4": 0.6}
    assert lines["a whole search of two words"].limit == 3.0


def test_a_million_quotes_may_take_longer_a_search() -> None:
    (corpus,) = results(1_000_000)["corpora"]
    (line,) = [line for line in demands.lines(corpus) if line.unit == " ms"]
    assert line.limit == 10.0


def test_a_demand_that_is_missed_is_marked() -> None:
    found = results()
    found["corpora"][0]["latency"]["quoth-4"]["sort"]["p50"] = 1.25
    page = report.render(found)
    assert "| term, newest first, CPU against tantivy | ≤ 1.00× | 0.500× holds | **1.25× misses** |" in page
    assert "18 of 19 hold" in page


def test_the_report_omits_missing_measurements() -> None:
    found = results()
    (corpus,) = found["corpora"]
    for name in ("quoth-1", "quoth-4", "quoth-20", "quoth-1 bare"):
        del corpus["latency"][name]
    corpus.update(library=None, first={}, new={}, built={"tantivy": corpus["built"]["tantivy"]}, agreement={})
    page = report.render(found)
    assert "Do the demands hold?" not in page
    assert "## Latency" in page


def test_the_report_and_its_plot_are_written(tmp_path: Path) -> None:
    found = results()
    smaller = copy.deepcopy(found["corpora"][0])
    smaller["quotes"] = 20_000
    found["corpora"].append(smaller)
    page, drawing = report.write(found, tmp_path)
    text = page.read_text("utf-8")
    assert all(f"| {kind.title} |" in text for kind in KINDS)
    assert "](performance.svg)" in text
    root = ET.parse(drawing).getroot()  # noqa: S314 - written a line above
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(report.PLOTTED) * 3  # Quoth, tantivy, FTS5


def test_a_plot_of_one_size_has_marks_and_no_lines() -> None:
    drawn = plot.draw([plot.Panel("term", (plot.Series("Quoth", ((2_000, 0.1),)),))])
    assert "<polyline" not in drawn
    assert "<circle" in drawn


def test_the_report_of_the_exports_has_every_format_and_its_reference() -> None:
    *_, head, _, reference, first, second = exports.page(rows=20, runs=1)
    assert head.startswith("| 20 rows |")
    assert [line.split(" | ")[0] for line in (reference, first, second)] == ["| csv module", "| jsonl", "| csv"]


class TestColdData:
    """The waits for S3 that bench.parts.trips simulates."""

    network = Network(stream=80_000, function=62_500, connections=2, connect=0, handshake=0, cpu=0)
    always_the_median = SimpleNamespace(random=lambda: 0.5)

    def wait(self, *rounds: list[int]) -> float:
        return waiting(rounds, self.network, self.always_the_median)  # type: ignore[arg-type]

    def test_a_round_waits_for_the_one_before_and_requests_for_a_connection(self) -> None:
        assert self.wait([0]) == self.wait([0, 0]) == 63
        assert self.wait([0], [0]) == self.wait([0, 0, 0]) == 2 * 63

    def test_bytes_arrive_at_the_speed_of_a_stream_and_of_the_function(self) -> None:
        assert self.wait([62_500]) == 64
        assert self.wait([80_000, 0], [0]) == 63 + 1.28 + 63
        assert self.wait([625_000, 625_000]) == 63 + 20

    def test_a_tail_is_never_shorter_than_the_median(self) -> None:
        median, late = percentiles([[1_000] * 9] * 4, 10.0, Network())
        assert 4 * 63 + 10 < median < late

    def test_a_larger_archive_costs_what_its_segments_cost(self) -> None:
        small = Measured(100_000, 4, Cost(((10,), (100,) * 4, (7,)), 4.0))
        large = Measured(1_000_000, 4, Cost(((10,), (400,) * 4, (7,)), 16.0))
        same, more = (estimated(small, large, size) for size in (1_000_000, 10_000_000))
        assert same == large.cost
        # 25 segments of 400,000 quotes, of which each costs more than one of 250,000; ten quotes are ten quotes.
        assert (more.rounds[0], more.rounds[2]) == ((62,), (7,))
        assert more.rounds[1] == (600,) * 25
        assert more.cpu == pytest.approx(25 * 6)

    def test_functions_that_share_an_archive_wait_for_the_slowest(self) -> None:
        leaf = Cost(((10,), (1_000,) * 4, (1_000,) * 8, (100,) * 9), 50.0)
        one, ten = (fan_out(leaf, number, Network())[0] for number in (1, 10))
        assert one < ten < 2 * one

    def test_the_part_of_the_page_stays_and_is_replaced(self) -> None:
        page = report.render(results(20_000))
        once, twice = report.with_part(page, "## One"), report.with_part(report.with_part(page, "## One"), "## Two")
        assert [report.part_of(text) for text in (page, once, twice)] == [None, "## One", "## Two"]
        assert twice == once.replace("## One", "## Two")
        assert page == once.replace(f"{report.PART[0]}\n\n## One\n\n{report.PART[1]}\n\n", "")


def test_no_engine_is_imported_before_it_is_asked_for() -> None:
    assert {entry.made_by.partition(":")[0] for entry in ENGINES.values()} == {
        "quoth_",
        "tantivy_",
        "fts5",
        "bm25s_",
        "whoosh_",
    }


def test_a_question_without_a_tree_of_its_own_is_a_term() -> None:
    assert str(tree(BenchQuery("sort", ("swapping",)))) == "stemmed:swap"


def test_a_small_index_is_measured_and_not_judged() -> None:
    found = results(20_000)
    assert list(demands.lines(found["corpora"][0])) == []
    assert "| term |" in report.summary(found)


def test_a_corpus_that_is_measured_again_takes_its_own_place() -> None:
    old = [{"name": name, "quotes": size} for name, size in (("natural", 9), ("synthetic", 20), ("synthetic", 5))]
    new = {"name": "synthetic", "quotes": 20, "new": True}
    assert report.replaced(old, new) == [old[2], new, old[0]]


def test_answers_are_compared_by_their_totals_and_facets() -> None:
    ten, nine = EngineResult(10, ["a"]), EngineResult(9, ["a"])
    assert agreement({"term": [ten, ten]}, {"term": [ten, nine]}) == {"term": 0.1}
    assert agreement({"term": [ten]}, {"term": [EngineResult(None, ["a"])]}) == {}
    some, other = EngineResult(10, [], [("a", 6), ("b", 4)]), EngineResult(10, [], [("a", 5), ("b", 5)])
    assert agreement({"facet": [some]}, {"facet": [some]}) == {"facet": 0.0}
    assert agreement({"facet": [some]}, {"facet": [other]}) == {"facet": 1.0}


def test_no_rare_word_is_another_number_of_words_to_another_engine(census: TermCounts) -> None:
    """`U.S.` is one word in Quoth and two in tantivy: the one would match ten quotes, the other thousands."""
    marked = copy.deepcopy(census)
    asked = {question.words[0] for question in questions(census) if question.kind == "rare"}
    marked.split = set(sorted(asked)[:3])
    assert not marked.split & {question.words[0] for question in questions(marked) if question.kind == "rare"}
