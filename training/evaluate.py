"""Evaluate the attribution on annotated articles outside its training data: `python -m training.evaluate DATA`.

DATA/polnear/dev.jsonl is scored with the shipped weights, which were not trained on it. The shipped weights were
trained on DATA/ggt/dev.jsonl, so it is scored by five folds: each with rankers trained on the other folds and on
DATA/polnear/train.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.attribution import attribute, exclusions
from quoth.extraction.parsing import mentions
from quoth.extraction.ranking.model import Model, from_json, shipped
from quoth.extraction.scanner import survey
from training.baselines import first_rules
from training.corpus import GoldArticle, read
from training.examples import Lesson
from training.metric import Judged, Predicted, by_kind, confusions, judge, reliability, score, strict_score
from training.peers import recorded
from training.statements import judged_statements
from training.train import LABELS, crossed, judged, lessons_of, own_lessons

SHOWN = 8  # confusions
CASES = Path(__file__).parents[1] / "tests" / "cases" / "speakers.json"


class Evaluation(NamedTuple):
    """The result of one system on one set of articles."""

    system: str
    articles: Sequence[GoldArticle]
    judged: Sequence[Judged]
    seconds: float | None = None

    @property
    def milliseconds(self) -> float | None:
        """CPU milliseconds for an article of 5,000 characters, `None` if not measured."""
        if self.seconds is None:
            return None
        return 1000 * self.seconds * 5000 / sum(len(article.text) for article in self.articles)


def timed(
    system: str, articles: Sequence[GoldArticle], find: Callable[[GoldArticle], Iterable[Predicted]]
) -> Evaluation:
    """Run a system on articles, and return its judged predictions and its CPU seconds."""
    start = time.process_time()
    predictions = [list(find(article)) for article in articles]
    seconds = time.process_time() - start
    verdicts = [item for article, quotes in zip(articles, predictions, strict=True) for item in judge(article, quotes)]
    return Evaluation(system, articles, verdicts, seconds)


def ours(data: Path, model: Model) -> tuple[Evaluation, Evaluation]:
    """Return our results on both development sets, each by rankers that were not trained on the scored articles."""
    polnear = read(data / "polnear/dev.jsonl")
    ggt = read(data / "ggt/dev.jsonl")
    lessons = lessons_of(ggt)
    others: list[Lesson] = [
        *lessons_of(read(data / "polnear/train.jsonl", LABELS)).values(),
        *own_lessons().values(),
    ]
    results: list[Evaluation] = []
    for articles in (polnear, ggt):
        start = time.process_time()
        by_model = judged(articles, model)
        seconds = time.process_time() - start
        verdicts = by_model if articles is polnear else crossed(ggt, lessons, others, model)
        results.append(Evaluation("Quoth", articles, verdicts, seconds))
    return results[0], results[1]


def peers(path: Path, articles: Sequence[GoldArticle]) -> Iterator[Evaluation]:
    """Yield the results of other systems on these articles, from the file of `make peers`."""
    for system, records in recorded(path).items():
        if missing := [article.id for article in articles if article.id not in records]:
            raise SystemExit(f"{path} has no record of {system} for {missing[0]}")
        answers = [(article, records[article.id]) for article in articles]
        verdicts = [v for article, answer in answers for v in judge(article, (Predicted(*q) for q in answer.quotes))]
        yield Evaluation(system, articles, verdicts, sum(answer.seconds for _, answer in answers))


def table(results: Iterable[Evaluation]) -> Iterator[str]:
    """Yield the lines of a Markdown table of results."""
    yield "| system | detection F1 | speaker, of those found | precision when named | end-to-end F1 | ms an article |"
    yield "|---|---|---|---|---|---|"
    for result in results:
        figures = score(result.articles, result.judged)
        cpu = "" if result.milliseconds is None else f"{result.milliseconds:.1f}"
        yield (
            f"| {result.system} | {figures.detection:.3f} | {figures.accuracy:.3f} | {figures.precision:.3f} "
            f"| {figures.end_to_end:.3f} | {cpu} |"
        )


def strict_lines(result: Evaluation) -> Iterator[str]:
    """Yield lines with the strict figures, the share of named quotes that are wrong, and the kinds of error."""
    found = strict_score(result.articles, result.judged)
    figures = found.strict
    yield (
        f"by the whole name: accuracy {figures.accuracy:.3f}, precision when named {figures.precision:.3f}, "
        f"end-to-end F1 {figures.end_to_end:.3f}"
    )
    yield f"wrong, of {found.named} named: {found.wrong:.3f} by surname, {found.wrong_strictly:.3f} by the whole name"
    for kind, count in found.faults.most_common():
        yield f"  {count:4}  {kind}"


# The stages that can be left out: the module and name of the function (or table) that does it, and what replaces it.
STAGES: dict[str, tuple[Any, str, Any]] = {
    "denied and imagined quotes": (attribute, "denial", lambda _: None),
    "mentions that cannot speak": (attribute, "is_excluded", lambda *_: False),
    "an unnamed speaker behind the quote": (exclusions, "_teller_behind", lambda _: None),
    "another clause in between": (exclusions, "_is_overtaken", lambda *_: False),
    "the owner of a statement": (attribute, "author_of", lambda _: None),
    "links to other articles": (exclusions, "_is_linked", lambda _: False),
    "joint subjects": (exclusions, "_is_joint", lambda *_: False),
    "antecedents that cannot be meant": (attribute, "may_mean", lambda *_: True),
    "patterns that leave no doubt": (attribute, "SURE", ()),
    "gender of the cue": (attribute, "_gender", lambda _: None),
    "terms and titles": (attribute, "may_be_term", lambda _: False),
    "whole names of bodies": (mentions, "end_of_body", lambda _tokens, _first, end: end),
    "offices and epithets": (mentions, "after_office", lambda _tokens, first, _end: first),
    "datelines": (mentions, "after_dateline", lambda _: 0),
    "nicknames": (survey, "without_nicknames", lambda _text, spans: spans),
}


def ablations(data: Path, model: Model) -> Iterator[str]:
    """Yield the lines of a table: PolNeAR dev and the small cases of speakers without each of the stages."""
    articles = read(data / "polnear/dev.jsonl")
    yield "| without | detection F1 | precision when named | end-to-end F1 | wrong of the named | cases right | wrong |"
    yield "|---|---|---|---|---|---|---|"
    for stage in (None, *STAGES):
        with patch.object(*STAGES[stage]) if stage is not None else nullcontext():
            verdicts = judged(articles, model)
            right, wrong = _of_cases(model)
        figures, share = score(articles, verdicts), strict_score(articles, verdicts).wrong_strictly
        yield (
            f"| {stage or 'nothing'} | {figures.detection:.3f} | {figures.precision:.3f} | {figures.end_to_end:.3f} "
            f"| {share:.3f} | {right:.3f} | {wrong:.3f} |"
        )


def _of_cases(model: Model) -> tuple[float, float]:
    """Return the shares of the small cases that are right, and that name a wrong speaker."""
    kinds = json.loads(CASES.read_text("utf-8"))["kinds"]
    cases = [case for of_kind in kinds.values() for case in of_kind.values()]
    right = wrong = 0
    for body, *expected in cases:
        quotes = extract(Article(body=body), model)
        named = [quote.speaker and quote.speaker.name for quote in quotes]
        told = [
            f"not {quote.denied_speaker.name}" if quote.denied_speaker else name
            for quote, name in zip(quotes, named, strict=True)
        ]
        right += told == expected
        wrong += any(name and name not in expected[n : n + 1] for n, name in enumerate(named))
    return right / len(cases), wrong / len(cases)


def details(result: Evaluation) -> Iterator[str]:
    """Yield lines with the figures by kind of source, type of quote and confidence, and the costliest confusions."""
    yield from strict_lines(result)
    yield "source, or type     known  named  right"
    for kind, (known, named, right) in by_kind(result.judged).items():
        yield f"  {kind:<16} {known:6} {named:6} {right:6}"
    yield "confidence          named  mean   right"
    for band in reliability(result.judged):
        yield f"  {'':<16} {band.named:6} {band.confidence:6.2f} {band.right:6.2f}"
    yield "what costs most"
    for (source, did), count in list(confusions(result.judged).items())[:SHOWN]:
        yield f"  {count:4}  {source}: {did}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate all systems, and print the figures."""
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with polnear/ and ggt/")
    parser.add_argument("--model", type=Path, help="a file of weights (default: those of the package)")
    parser.add_argument("--peers", type=Path, help="the records of other systems, from `make peers`")
    parser.add_argument(
        "--ablate", action="store_true", help="leave out each stage in turn, on PolNeAR dev and the cases"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON record instead of tables")
    options = parser.parse_args(arguments)
    model = from_json(options.model.read_text("utf-8")) if options.model else shipped()
    if options.ablate:
        print(*ablations(options.data, model), sep="\n")
        return
    record = {}
    for name, result in zip(("PolNeAR dev", "ggt dev"), ours(options.data, model), strict=True):
        rows = [result, timed("first rules", result.articles, first_rules)]
        rows += peers(options.peers, result.articles) if options.peers else ()
        statements = judged_statements(result.articles)
        record[name] = {row.system: score(row.articles, row.judged)._asdict() for row in rows}
        strict = strict_score(result.articles, result.judged)
        shares = {"wrong": strict.wrong, "wrong by the whole name": strict.wrong_strictly}
        record[name]["Quoth, whole names"] = (
            strict.strict._asdict() | shares | {str(k): n for k, n in strict.faults.items()}
        )
        record[name]["statements"] = statements._asdict()
        if not options.json:
            print(f"\n{name}: {len(result.articles)} articles", *table(rows), *details(result), sep="\n")
            print(f"indirect statements: {statements.found}, speaker right of {statements.precision:.3f}")
    if options.json:
        print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
