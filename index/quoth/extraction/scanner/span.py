"""What the scanner finds: a range of a body that quotes somebody, and how the page shows it."""

from __future__ import annotations

from typing import Literal

from quoth.extraction.value import value

Style = Literal["marks", "turn", "block"]


@value
class Span:
    """A quoted span: half-open code points of the body, without the marks and the space at both ends.

    `left` and `right` are the same range with its marks (a > too is one), if it has any. A span that is not
    `is_closed` has an opening mark only; one that `continues` goes on with the span before it, which stands in the
    paragraph above (of a block, in the line above).

    `style` says what shows that the words are quoted: marks; a `turn` of a transcript, whose `label` is the
    range of the words that name the speaker, without their colon; a `block` set apart by its lines.
    """

    start: int
    end: int
    left: int
    right: int
    paragraph: int
    is_closed: bool = True
    continues: bool = False
    style: Style = "marks"
    label: tuple[int, int] | None = None
