"""The quoted span: a range of a body, and how the page sets it off."""

from __future__ import annotations

from typing import Literal

from quoth.extraction.value import value

Style = Literal["marks", "turn", "block"]


@value
class Span:
    """A quoted span: half-open code points of the body, without its marks and without the space at both ends.

    `left` and `right` include the marks (a > counts as one), if there are any. `is_closed` is false for a span with an
    opening mark only. A span that `continues` carries on the span before it, in the paragraph above (in a block, the
    line above).

    `style` is how the words are set off: `marks`; a `turn` of a transcript, whose `label` is the range of the
    speaker's words without their colon; a `block` of its own lines.
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
