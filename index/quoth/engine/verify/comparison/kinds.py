"""The kinds of a difference, and the verdicts on words alone: apart, since the schema of answers needs nothing else."""

from typing import Literal

DifferenceKind = Literal[
    "negation", "number", "name", "opposite", "word", "order", "missing", "added", "inflection", "spelling",
    "contraction", "small_word",
]  # fmt: skip
Words = Literal["exact", "near", "altered", "partial", "spliced", "not_found"]
