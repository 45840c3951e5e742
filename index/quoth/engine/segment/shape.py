"""Check the table of a segment before it is used to read.

A table comes with the manifest, which may be hostile. A reader allocates memory by its counts, so these must be
consistent with each other and with the size of the file.
"""

from __future__ import annotations

from quoth.engine import schema
from quoth.engine.analysis import ANALYSIS
from quoth.engine.segment import documents
from quoth.engine.segment.columns import TOMBSTONES
from quoth.engine.segment.layout import SectionTable
from quoth.errors import Damaged, Outdated

_UNSIGNED, _SIGNED = ("u1", "u2", "u4"), ("i2", "i4", "i8")
_SEARCHED = (*schema.TEXTS, *schema.KEYWORDS)

# Sections of one number per document, and their allowed types.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "record": _UNSIGNED,
    **dict.fromkeys(schema.NUMBERS, _SIGNED),
    **dict.fromkeys(schema.KEYS, ("u8",)),
    **dict.fromkeys((f"{name}.ordinals" for name in schema.VALUES), _UNSIGNED),
}
_TYPES: dict[str, tuple[str, ...]] = {
    **_COLUMNS,
    **dict.fromkeys((f"{name}.values" for name in schema.VALUES), ("b",)),
    **dict.fromkeys((f"{name}.terms" for name in _SEARCHED), ("b",)),
    **dict.fromkeys((f"{name}.postings" for name in schema.TEXTS), ("u4", "u8")),
    **dict.fromkeys((f"{name}.docs" for name in schema.KEYWORDS), ("u2",)),
    **dict.fromkeys((f"{name}.reversed" for name in schema.FUZZY), ("u4",)),
    **dict.fromkeys((f"{name}.tf" for name in schema.TEXTS), ("u4",)),
    **dict.fromkeys((f"{name}.length" for name in schema.TEXTS), ("u1",)),
    **dict.fromkeys((f"{name}.first" for name in schema.POSITIONS), _UNSIGNED),
    **dict.fromkeys((f"{name}.posting" for name in schema.POSITIONS), ("u4",)),
    **dict.fromkeys((f"{name}.further" for name in schema.POSITIONS), _UNSIGNED),
    **dict.fromkeys(TOMBSTONES[:3], ("u8",)),
    "tombstones.since": (*_UNSIGNED, "u8"),
    "tombstones.withdrawn": ("u1",),
    "stored.dictionary": ("b",),
    "stored.offsets": ("u8",),
    "stored.blocks": ("b",),
}
# Sections with the same number of items as another one.
_SAME_LENGTH = {
    **{f"{name}.length": f"{name}.tf" for name in schema.TEXTS},
    **{f"{name}.first": f"{name}.postings" for name in schema.POSITIONS},
    **{f"{name}.further": f"{name}.posting" for name in schema.POSITIONS},
    **dict.fromkeys(TOMBSTONES[1:], TOMBSTONES[0]),
}


def check_analysis(analysis: int) -> None:
    """Raise `Outdated` unless the terms of a segment are those of today's analysis."""
    if analysis != ANALYSIS:
        raise Outdated(
            f"this archive was indexed by analysis {analysis}, and this version of Quoth has {ANALYSIS};"
            " carry it over: `quoth reindex --into NEW_STORE`"
        )


def check(table: SectionTable, size: int) -> None:
    """Raise `Damaged` unless the sections are consistent, and end within `size` bytes.

    A missing section is no error here: reading it is. Only the keys must be present, since they bound the number of
    documents.
    """
    check_analysis(table.analysis)
    sections = table.sections
    for name, types in _TYPES.items():
        if name in sections and not (sections[name].stop <= size and sections[name].type in types):
            section = sections[name]
            raise Damaged(f"section {name!r} of type {section.type} ends at byte {section.stop} of {size}")
    for name in _COLUMNS:
        if (name in sections or name in schema.KEYS) and len(table[name]) != table.documents:
            raise Damaged(f"section {name!r} has {len(sections[name])} items for {table.documents} documents")
    for name, other in _SAME_LENGTH.items():
        if name in sections and other in sections and len(sections[name]) != len(sections[other]):
            raise Damaged(f"section {name!r} has {len(sections[name])} items, {other!r} has {len(sections[other])}")
    blocks = -(-table.documents // documents.BLOCK)
    if "stored.offsets" in sections and len(sections["stored.offsets"]) != blocks + 1:
        raise Damaged(f"{table.documents} documents need {blocks} blocks, section 'stored.offsets' has another number")
    if "stored.dictionary" in sections and len(sections["stored.dictionary"]) > documents.DICTIONARY:
        raise Damaged(f"section 'stored.dictionary' has more than {documents.DICTIONARY} bytes")
