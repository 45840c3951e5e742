"""The text of an utterance that is compared with remembered words, and the result of the comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from quoth.engine.verify.comparison.text_match import SaidText, said_text
from quoth.engine.verify.verdict import Claim
from quoth.quote import Quote
from quoth.text.unseen import bare


def joined(parts: Iterable[Quote]) -> str:
    """Return the text of quotes, separated by spaces."""
    return " ".join(part.text for part in parts)


@dataclass(frozen=True)
class SpokenText:
    """The quotes of one utterance as one text."""

    parts: tuple[Quote, ...]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset of each part in the text."""
        starts = [0]
        for part in self.parts:
            starts.append(starts[-1] + len(part.text) + 1)
        return tuple(starts[:-1])

    @cached_property
    def text(self) -> str:
        """The parts, separated by spaces."""
        return joined(self.parts)

    @property
    def is_reported(self) -> bool:
        """Whether the words are the reporter's."""
        return self.parts[0].type == "indirect"

    @cached_property
    def said(self) -> SaidText:
        """The text with the words and sentence boundaries that a match needs."""
        said = said_text(self.text, is_reported=self.is_reported)
        boundaries = set(said.cuts)
        for before, after, start in zip(self.parts, self.parts[1:], self.starts[1:], strict=False):
            if is_new_sentence(before, after):
                boundaries.add(sum(word.start < start for word in said.words))
        return said._replace(cuts=sorted(boundaries))


def is_new_sentence(before: Quote, after: Quote) -> bool:
    """Whether a part begins a sentence although the part before it may not end one: “I go,” he said. “They stay.”."""
    between = bare(after.selector.prefix).rstrip().rstrip("\"'“‘«„").rstrip()
    return between.endswith((".", "!", "?")) and bare(after.text)[:1].isupper() and between != before.text


@dataclass(frozen=True)
class AlignedPassage:
    """An utterance aligned with the remembered words."""

    spoken: SpokenText
    claim: Claim

    @property
    def quote(self) -> Quote:
        """The quote that contains most of the window."""
        return max(self.spoken.parts, key=self._share)

    @property
    def parts(self) -> tuple[Quote, ...]:
        """The quotes that overlap the window."""
        return tuple(part for part in self.spoken.parts if self._share(part))

    def within(self, part: Quote) -> tuple[int, int]:
        """Return the window as a span of a part's text."""
        return self.span(part, self.claim.match.said, self.claim.match.window)

    def span(self, part: Quote, said: SaidText, words: tuple[int, int]) -> tuple[int, int]:
        """Return a range of words of the text as a span of a part's text."""
        base = self.spoken.starts[self.spoken.parts.index(part)]
        start, stop = words
        if start == stop:
            return 0, 0
        first, last = said.words[start].start - base, said.words[stop - 1].end - base
        return max(first, 0), max(min(last, len(part.text)), 0)

    def _share(self, part: Quote) -> int:
        start, stop = self.within(part)
        return max(stop - start, 0)
