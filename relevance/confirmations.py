"""Measure which changed quotes `verify` confirms: `python -m relevance.confirmations DATA`.

A quote is confirmed if the verdict is `exact` or `near`. Quotes whose meaning was changed (`relevance.changes`) must
not be confirmed, those that say the same (`relevance.rewritings`) must be. The archive has all quotes of
DATA/polnear/train.jsonl, DATA/polnear/dev.jsonl and DATA/ggt/dev.jsonl; the quotes of three sets are changed:

- PolNeAR dev, on which the constants of `verify` are chosen, and whose wrong answers `--show` prints;
- GGT dev, of which false matches were read for two earlier constants;
- held out: every fifth article of PolNeAR train, of which no quote was read or measured to make `verify`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from quoth.engine.execution.collection import Collection
from quoth.engine.verify.verify import Verification, VerifyRequest, verify
from quoth.quote import GivenQuote
from relevance.changes import CHANGES, Change
from relevance.quoted import QuotedText, WordSupply
from relevance.rewritings import REWRITINGS
from relevance.verify import SEED, VERDICTS, build_collection, given, is_askable
from training.corpus import GoldArticle, read

CHOSEN_ON = "PolNeAR dev"
SETS = {CHOSEN_ON: "polnear/dev.jsonl", "GGT dev": "ggt/dev.jsonl", "held out": "polnear/train.jsonl"}
EACH = {"held out": 5}  # of a set, every fifth article
COUNTED = 6  # the fewest words of a quote
MOST = 200  # trials of a kind in a set
ROUNDS = 3  # changes of a kind in one quote, if the set has few quotes that suit it
CONFIRMED = ("exact", "near")


class ChangeTrial(NamedTuple):
    """A changed quote and the answer."""

    kind: str
    text: str
    changed: str
    answer: Verification

    @property
    def is_confirmed(self) -> bool:
        """Whether the answer says that the changed quote was said."""
        return self.answer.verdict in CONFIRMED

    @property
    def is_wrong(self) -> bool:
        """Whether the answer confirms a changed meaning or does not confirm the same one."""
        return self.is_confirmed == (self.kind in CHANGES)


def changed_quotes(
    quotes: Iterable[GivenQuote], supply: WordSupply, kinds: Mapping[str, Change], most: int = MOST, seed: int = SEED
) -> Iterator[tuple[str, str, str]]:
    """Yield the kind of a change, a quote and its changed text, at most so many of a kind.

    What somebody said so is no change: a changed text with words that stand in another quote is left out.
    """
    texts = {tuple(QuotedText(quote.text).words): quote.text for quote in quotes}
    askable = [QuotedText(text) for words, text in texts.items() if len(words) >= COUNTED and is_askable(text)]
    for kind, change in kinds.items():
        done: set[str] = set()
        ordered = random.Random(f"{seed} {kind}").sample(askable, len(askable))
        for number, quote in ((number, quote) for number in range(ROUNDS) for quote in ordered):
            if len(done) == most:
                break
            changed = change(quote, supply, random.Random(f"{seed} {kind} {number} {quote.text}"))
            if changed is None or changed in done or changed == quote.text or not is_askable(changed):
                continue
            if kind in CHANGES and kind not in SAID_SO and supply.is_said(QuotedText(changed).words):
                continue
            done.add(changed)
            yield kind, quote.text, changed


# The rest of a quote stands in the quote.
SAID_SO = frozenset(("“not” or “if” cut off",))


def table(done: Sequence[ChangeTrial]) -> Iterator[str]:
    """Yield the lines of a Markdown table with one row per kind."""
    yield f"| | trials | confirmed | {' | '.join(VERDICTS)} |"
    yield f"|---|{'---:|' * (2 + len(VERDICTS))}"
    for name, kinds in (("changed meaning", CHANGES), ("the same meaning", REWRITINGS)):
        for kind in kinds:
            yield _row(kind, [trial for trial in done if trial.kind == kind])
        yield _row(f"**{name}**", [trial for trial in done if trial.kind in kinds])


def summary(by_set: Mapping[str, Sequence[ChangeTrial]]) -> Iterator[str]:
    """Yield the lines of a Markdown table with the confirmed share of each kind in each set."""
    yield f"| confirmed | {' | '.join(by_set)} |"
    yield f"|---|{'---:|' * len(by_set)}"
    for name, kinds in (("changed meaning", CHANGES), ("the same meaning", REWRITINGS)):
        groups = [(kind, {kind}) for kind in kinds] + [(f"**{name}**", set(kinds))]
        for title, group in groups:
            cells = [_share([trial for trial in done if trial.kind in group]) for done in by_set.values()]
            yield f"| {title} | {' | '.join(cells)} |"


def _share(done: Sequence[ChangeTrial]) -> str:
    share = f"{sum(trial.is_confirmed for trial in done) / max(len(done), 1):.3f}"
    return f"{share if share.startswith('1') else share[1:]} of {len(done):,}"


def _row(name: str, done: Sequence[ChangeTrial]) -> str:
    verdicts: Counter[str] = Counter(trial.answer.verdict for trial in done)
    confirmed = sum(trial.is_confirmed for trial in done)
    counts = [str(verdicts[verdict]) if verdicts[verdict] else "" for verdict in VERDICTS]
    return f"| {name} | {len(done)} | {confirmed / max(len(done), 1):.1%} | {' | '.join(counts)} |"


def asked(collection: Collection, changed: Iterable[tuple[str, str, str]]) -> Iterator[ChangeTrial]:
    """Yield the trials with their answers."""
    for kind, text, claim in changed:
        yield ChangeTrial(kind, text, claim, verify(collection, VerifyRequest(claim)))


def main() -> None:
    """Measure the sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of annotated articles")
    parser.add_argument("--show", action="store_true", help=f"print each wrong answer of {CHOSEN_ON}")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="measure these sets")
    parser.add_argument("--kinds", nargs="+", help="measure these kinds of change")
    parser.add_argument("--most", type=int, default=MOST, help=f"trials of a kind in a set, default {MOST}")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    articles = {name: read(options.data / file) for name, file in SETS.items()}
    archive = [quote for group in articles.values() for article in group for quote in given(article)]
    supply, collection = WordSupply(quote.text for quote in archive), build_collection(archive)
    every = {**CHANGES, **REWRITINGS}
    kinds = {kind: every[kind] for kind in options.kinds or every}
    by_set: dict[str, list[ChangeTrial]] = {}
    for name in options.sets:
        quotes = [quote for article in chosen(name, articles[name]) for quote in given(article)]
        changed = list(changed_quotes(quotes, supply, kinds, options.most, options.seed))
        done = list(tqdm(asked(collection, changed), name, len(changed), file=sys.stderr, leave=False))
        by_set[name] = done
        print(f"{name}: {len(quotes):,} quotes among {len(archive):,}\n", *table(done), "", sep="\n")
        for trial in done if options.show and name == CHOSEN_ON else ():
            if trial.is_wrong:
                print(f"{trial.kind}: {trial.answer.verdict}", f"  - {trial.text}", f"  + {trial.changed}", sep="\n")
    print(*summary(by_set), sep="\n")


def chosen(name: str, articles: Sequence[GoldArticle]) -> Sequence[GoldArticle]:
    """Return the articles of a set whose quotes are changed."""
    return sorted(articles, key=lambda article: article.id)[:: EACH.get(name, 1)]


if __name__ == "__main__":
    main()
