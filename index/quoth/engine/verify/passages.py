"""The text of an utterance that is compared with remembered words, and the result of the comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from quoth.engine.analysis import places
from quoth.engine.verify.verdict import Claim, SaidText
from quoth.quote import Quote
from quoth.text.sentences import cuts
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

    @cached_property
    def spans(self) -> list[tuple[str, int, int]]:
        """The words of the text, each with its half-open span."""
        return places(self.text)

    def said_text(self) -> SaidText:
        """Return the words and sentence boundaries that a verdict needs."""
        said = [word for word, _, _ in self.spans]
        boundaries = set(cuts(self.text, self.spans))
        for before, after, start in zip(self.parts, self.parts[1:], self.starts[1:], strict=False):
            if _is_new_sentence(before, after):
                boundaries.add(sum(span[1] < start for span in self.spans))
        return SaidText(said, sorted(boundaries), self.parts[0].type == "indirect")


def _is_new_sentence(before: Quote, after: Quote) -> bool:
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

    @property
    def characters(self) -> tuple[int, int]:
        """The window as a span of the aligned text."""
        start, stop = self.claim.match.window
        spans = self.spoken.spans
        return (spans[start][1], spans[stop - 1][2]) if start < stop else (0, 0)

    def within(self, part: Quote) -> tuple[int, int]:
        """Return the window as a span of a part's text."""
        base = self.spoken.starts[self.spoken.parts.index(part)]
        start, stop = self.characters
        return max(start - base, 0), min(stop - base, len(part.text))

    def _share(self, part: Quote) -> int:
        start, stop = self.within(part)
        return max(stop - start, 0)
