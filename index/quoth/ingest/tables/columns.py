"""Columns of other people's tables, and the fields of a quote that they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quoth.errors import BadInput, BadQuery
from quoth.ingest.formats import exported, quotes

FIELDS = quotes.FIELDS

# The names under which a field is often kept, the surest first; lower case, with one kind of separator.
NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("quote", "quotation", "quote_text", "quoted_text", "statement", "words", "content"),
    "speaker": ("who", "said_by", "speaker_name", "quoted_person", "attributed_to", "person", "name", "author"),
    "id": ("quote_id", "uuid", "guid"),
    "url": ("link", "source_url", "article_url", "permalink", "href", "uri"),
    "headline": ("title", "article_title", "article_headline"),
    "publisher": ("source", "outlet", "newspaper", "publication", "media"),
    "published": ("date", "published_at", "date_published", "publication_date", "pub_date", "pubdate", "year"),
    "language": ("lang", "locale"),
}


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The field that each column means, and the columns that mean none; `guessed` are those that nobody has named."""

    fields: Mapping[str, str]
    guessed: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The plan in words: each column with its field, and what is left out."""
        named = [f"{column} as {field}" for column, field in self.fields.items() if column != field]
        parts = [f"reading {', '.join(named)}"] if named else []
        parts += [f"leaving out {', '.join(self.unused)}"] if self.unused else []
        return "; ".join(parts)


# Called with the name of a source and its plan, if part of it is a guess; raises an error to stop.
Agree = Callable[[str, ColumnPlan], object]


def given(pairs: Sequence[str]) -> dict[str, str]:
    """Return the columns of arguments `COLUMN=FIELD`; without a field the column is left out.

    >>> given(["who=speaker", "page="])
    {'who': 'speaker', 'page': ''}
    """
    named: dict[str, str] = {}
    for pair in pairs:
        column, mark, field = pair.rpartition("=")
        if not mark or not column or (field and field not in FIELDS):
            raise BadQuery("map", f"must be COLUMN=FIELD, not {pair[:40]!r}; the fields are {', '.join(FIELDS)}")
        if column in named or (field and field in named.values()):
            raise BadQuery("map", f"names {column if column in named else field} twice")
        named[column] = field
    return named


def plan(columns: Sequence[str], named: Mapping[str, str]) -> ColumnPlan:
    """Return the plan for a table with these columns: as named, else by the names of fields, else a guess.

    >>> plan(["Quote", "who", "page"], {"who": "speaker"}).sentence
    'reading Quote as text, who as speaker; leaving out page'
    """
    if exported.is_table(columns):
        named = {**exported.COLUMNS, **named}
    fields = {column: named[column] for column in columns if named.get(column)}
    free = [column for column in columns if column and column not in named]
    fields |= {column: column for column in free if column in FIELDS and column not in fields.values()}
    guessed = []
    for field, names in NAMES.items():
        known = {"speaker", "denied_speaker"} if field == "speaker" else {field}
        if known.isdisjoint(fields.values()):
            candidates = (column for name in (field, *names) for column in free if _plain(column) == name)
            if (found := next((column for column in candidates if column not in fields), None)) is not None:
                fields[found] = field
                guessed.append(found)
    fields = {column: fields[column] for column in columns if column in fields}  # in their order
    return ColumnPlan(fields, tuple(guessed), tuple(column for column in free if column not in fields))


def check(plan: ColumnPlan, columns: Sequence[str]) -> None:
    """Raise `BadInput` if no quote can come of the columns."""
    meant = set(plan.fields.values())
    if "text" in meant and not meant.isdisjoint({"speaker", "denied_speaker"}):
        return
    if "body" in columns:
        raise BadInput("has articles, which `quoth index` reads; `quoth import` reads quotes")
    missing = "the text" if "text" not in meant else "the speaker"
    shown = ", ".join(column[:40] for column in columns[:12]) + (", …" if len(columns) > 12 else "")
    field = "text" if missing == "the text" else "speaker"
    raise BadInput(f"has no column for {missing}; name it with --map COLUMN={field}; the columns are {shown}")


def _plain(column: str) -> str:
    """Return the name of a column as `NAMES` has it."""
    return re.sub(r"[\s_.-]+", "_", column.strip().lower())
