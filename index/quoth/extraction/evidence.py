"""What a rule sees, a quoted span in its place, and what it returns: the evidence for a speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quoth.extraction.clauses import Scene
from quoth.extraction.mentions import Phrase
from quoth.extraction.reading import Reading

WINDOW = 80  # tokens of a sentence that a rule looks at on either side


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a quoted span belongs to a phrase.

    The phrase stands in paragraph `paragraph`, the cue at body offsets `cue`; `method` is the rule's name and
    `said` what it saw, a clause such as: “Trump said” follows the quote.
    """

    phrase: Phrase
    paragraph: int
    cue: tuple[int, int] | None
    method: str
    confidence: float
    said: str


class Place(NamedTuple):
    """Where a quoted span stands, and what is known of those before it."""

    reading: Reading
    scenes: tuple[Scene, ...]
    scene: Scene
    number: int
    token: int
    text: str
    earlier: Sequence[Evidence | None]

    @property
    def paragraph(self) -> int:
        return self.scene.paragraph.number

    @property
    def floor(self) -> int:
        """The first token of the sentence in which the span stands, within the window."""
        return max(self.scene.paragraph.sentences[self.token], self.token - WINDOW)
