"""The step "canonical speaker": one id, one name and all spellings for a person, across articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from quoth.extraction.tables import known_speakers, words
from quoth.hashes import short_hash
from quoth.names import remembered, slug
from quoth.quote import Speaker


class _Bearer(NamedTuple):
    """Whom a name means, whatever the article; `is_local` when the id must be completed by the article's.

    `spellings` are the table's, or the name itself: the aliases without the surname.
    """

    speaker: Speaker
    is_local: bool
    spellings: tuple[str, ...]


def canonical(name: str, *, scope: str, spellings: Iterable[str] = (), as_written: str | None = None) -> Speaker:
    """Return the speaker behind a name, under the id by which all articles know them.

    The table of known speakers decides first. Else a full name is its own identity, and a name of one word
    holds only inside `scope`, an article's key: two articles may mean two people. `spellings` are the other
    forms that this article uses; all of them, the table's and the surname find the speaker.

    >>> canonical("Mr. Putin", scope="a_1").id, canonical("Ada Byron’s", scope="a_1").id
    ('vladimir-putin', 'ada-byron')
    >>> canonical("Byron", scope="a_1").id == canonical("Byron", scope="a_2").id
    False
    """
    speaker, is_local, spelt = _bearer(name)
    seen = [strip_titles(spelling) for spelling in spellings]
    if not (is_local or seen) and as_written == speaker.as_written:
        return speaker
    return Speaker(
        id=f"{speaker.id}~{short_hash(scope)[:8]}" if is_local else speaker.id,
        name=speaker.name,
        as_written=as_written,
        aliases=_aliases(speaker.name, spelt, seen) if seen else speaker.aliases,
        same_as=speaker.same_as,
    )


@remembered
def _bearer(name: str) -> _Bearer:
    stripped = strip_titles(name)
    record = known(stripped)
    if record is None:
        speaker = Speaker(slug(stripped), stripped, name, _aliases(stripped, (stripped,)))
        return _Bearer(speaker, len(stripped.split()) < 2, (stripped,))
    full = record["name"]
    spelt = (full, *record["aliases"], *record["bare"])
    speaker = Speaker(record["id"], full, name, _aliases(full, spelt), tuple(record["same_as"]))
    return _Bearer(speaker, False, spelt)


def _aliases(full: str, spellings: Iterable[str], seen: Sequence[str] = ()) -> tuple[str, ...]:
    return _distinct([*spellings, *seen, *_surnames([full, *seen])])


def known(name: str) -> dict[str, Any] | None:
    """Return the table's record of a name, if the table knows this spelling and it can mean nobody else."""
    return _spellings().get(slug(name))


def strip_titles(name: str) -> str:
    """Return a name without titles before it and the possessive ending after it.

    >>> strip_titles("Senator  Ada Byron’s"), strip_titles("President"), strip_titles("Pope Leo")
    ('Ada Byron', 'President', 'Pope Leo')
    """
    parts = name.split()
    if parts:
        parts[-1] = parts[-1].removesuffix("’s").removesuffix("'s").removesuffix("‘s")
    titles = words("names", "titles", "titles_male", "titles_female")
    kept = words("names", "kept_titles")
    while len(parts) > 1 and parts[0].strip(".,") in titles and not (parts[0] in kept and len(parts) == 2):
        parts = parts[1:]
    return " ".join(parts).strip(" ,;:") or name.strip()


@cache
def _spellings() -> dict[str, dict[str, Any]]:
    return {
        slug(spelling): record
        for record in known_speakers()
        for spelling in (record["name"], *record["aliases"], *record["bare"])
    }


def _surnames(names: Iterable[str]) -> list[str]:
    """Return the last word of every name that has several; a suffix such as Jr. is no surname."""
    found = []
    for name in names:
        parts = [part.strip(",") for part in name.split()]
        parts = [part for part in parts if part.strip(".") not in words("names", "suffixes")]
        if len(parts) > 1:
            found.append(parts[-1])
    return found


def _distinct(spellings: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of all spellings that have one slug, and none that has no slug."""
    by_slug: dict[str, str] = {}
    for spelling in spellings:
        by_slug.setdefault(slug(spelling), spelling)
    return tuple(spelling for key, spelling in by_slug.items() if key)
