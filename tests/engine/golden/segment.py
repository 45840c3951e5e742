"""The quotes of the golden segments, and the contents of a segment as plain values.

`python -m tests.engine.golden.segment FORMAT` writes the golden files of a format. A file of a released format is never
rewritten, since readers must still read it.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import UNSET

from quoth.engine import schema, segment
from quoth.engine.segment import layout
from quoth.engine.segment.lengths import LENGTHS
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.writing.inversion import Entry
from quoth.quote import Attribution, Origin, Quote, Selector, Speaker, Utterance
from quoth.storage.files.segment_file import InMemoryFile

FOLDER = Path(__file__).parent


def _quote(number: int, text: str, **known: Any) -> Quote:
    speaker, denied = known.get("speaker"), known.get("denied")
    return Quote(
        id=f"q_{number}",
        text=text,
        type=known.get("type", "direct"),
        selector=Selector(text),
        utterance=Utterance(f"u_{number // 2}"),
        attribution=Attribution(known.get("status", "attributed"), "test", "the test says so", known.get("confidence")),
        speaker=speaker and Speaker(speaker.lower().replace(" ", "-"), speaker, aliases=known.get("aliases", ())),
        denied_speaker=Speaker(denied.lower(), denied, aliases=known.get("aliases", ())) if denied else UNSET,
        article=Origin(
            id=f"an article {number // 3}",
            publisher=known.get("publisher"),
            published=known.get("published"),
            language=known.get("language"),
            precision=known.get("precision", UNSET),
        ),
    )


# One quote of each kind: dates before 1970, distant and missing, repeated words, both Unicode forms of accents,
# other scripts, a text without a word, a long text, a denial, compounds, a date without its time, words about a quote.
_HEADLINE = ("dam", "doubt", "u.")
QUOTES: list[Entry] = [
    ("a_0", _quote(0, "No, no, no. The dam will hold; the dam held.", speaker="Ada Okafor", confidence=0.93)),
    ("a_0", _quote(1, "The U.S. won’t swap 3.5 million acres.", published=datetime(2025, 8, 11, 9, 30, tzinfo=UTC))),
    ("a_0", _quote(2, "…", type="partial", status="unattributed", publisher="The Paper")),
    ("q_3", _quote(3, "Cafés, cafe\u0301s: always open.", speaker="Bo Lind", aliases=("Lind",), status="given")),
    ("q_4", _quote(4, "Земля и воля. 土地", published=datetime(1955, 1, 1, tzinfo=UTC), language="ru")),
    ("q_5", _quote(5, " ".join(["again"] * 300 + ["and", "again"]), published=datetime(9999, 1, 1, tzinfo=UTC))),
    ("q_6", _quote(6, "Land swapping.", published=datetime(2025, 8, 11, 9, 30, tzinfo=UTC), publisher="Le Journal")),
    ("q_7", _quote(7, "Swap land 😀.", speaker="Ada Okafor", aliases=("Okafor", "Ada"), confidence=0.0)),
    ("q_8", _quote(8, "The dam.", publisher="The Paper", language="en", published=datetime(1969, 7, 20, tzinfo=UTC))),
    ("q_9", _quote(9, "The dam fell.", denied="Ada", aliases=("Ada Okafor", "Okafor"), status="denied")),
    ("q_10", _quote(10, "My co-op is O’Brien’s.", published=datetime(2024, 2, 1, tzinfo=UTC), precision="month"), []),
    ("q_11", _quote(11, "Colour, color: the US."), [_HEADLINE, ("harbor", "dam")]),
    ("q_12", _quote(12, "A naïve straße."), [_HEADLINE]),
]
INDEXED = 1_760_000_000


def told(reader: SegmentReader) -> dict[str, Any]:
    """Return all contents of a segment as JSON values."""
    return {
        "documents": [json.loads(d) for b in range(-(-reader.documents // 8)) for d in reader.stored_block(b)],
        "lengths": dict(reader.table.lengths),
        "texts": {name: _text(reader, name) for name in schema.TEXTS},
        "keywords": {name: _postings(reader, name) for name in schema.KEYWORDS},
        "backwards": {name: reader.array(f"{name}.reversed").tolist() for name in schema.FUZZY},
        "values": {name: _values(reader, name) for name in schema.VALUES},
        "numbers": {name: [reader.table[name].type, *reader.array(name).tolist()] for name in schema.NUMBERS},
        "keys": {name: [f"{value:016x}" for value in reader.array(name)] for name in schema.KEYS},
        "record": [reader.table["record"].type, *reader.array("record").tolist()],
    }


def _postings(reader: SegmentReader, name: str) -> dict[str, list[int]]:
    terms = reader.dictionary(f"{name}.terms")
    return {term.decode(): reader.docs(name, range(t, t + 1)).tolist() for t, term in enumerate(terms)}


def _text(reader: SegmentReader, name: str) -> dict[str, list[list[Any]]]:
    """Return the postings of each term: document, term frequency, length, and positions if any."""
    terms, found = reader.dictionary(f"{name}.terms"), {}
    codes, tf, length = reader.codes(name), reader.array(f"{name}.tf"), reader.array(f"{name}.length")
    further: dict[int, list[int]] = {}
    if name in schema.POSITIONS:
        for posting, position in zip(reader.array(f"{name}.posting"), reader.array(f"{name}.further"), strict=True):
            further.setdefault(int(posting), []).append(int(position))
    for number, docs in enumerate(_postings(reader, name).values()):
        start = int(terms.postings[number])
        rows = []
        for posting, doc in enumerate(docs, start):
            code = codes[posting]
            row = [doc, int(tf[code]), int(LENGTHS[length[code]])]
            if name in schema.POSITIONS:
                row.append([int(reader.array(f"{name}.first")[posting]), *further.get(posting, [])])
            rows.append(row)
        found[terms[number].decode()] = rows
    return found


def _values(reader: SegmentReader, name: str) -> list[str | None]:
    values = [None, *(value.decode() for value in reader.values(name))]
    return [values[ordinal] for ordinal in reader.array(f"{name}.ordinals")]


def read(data: bytes) -> SegmentReader:
    return SegmentReader(InMemoryFile(data), layout.read_table(data))


def main(number: str) -> None:
    data = segment.build(QUOTES, INDEXED).data
    (FOLDER / f"segment-{number}.quoth").write_bytes(data)
    text = json.dumps(told(read(data)), ensure_ascii=False, indent=1)
    (FOLDER / f"segment-{number}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
