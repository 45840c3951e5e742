"""Whoosh's length byte: the length of a document, with an error of up to about three percent."""

from __future__ import annotations

import numpy as np
from whoosh.util.numeric import byte_to_length

from quoth.engine.segment.layout import Array

# The length that each of Whoosh's length bytes stands for, the greatest of its range.
LENGTHS = np.array([byte_to_length(byte) for byte in range(256)])


def length_bytes(lengths: Array) -> Array:
    """Return Whoosh's length byte of each length."""
    return np.minimum(LENGTHS.searchsorted(lengths), 255).astype("u1")
