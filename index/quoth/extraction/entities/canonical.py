"""The step "canonical speaker": one id, one name and all spellings for a person, across articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from quoth.extraction.entities.variants import fold, identity
from quoth.extraction.tables import known_speakers, words
from quoth.hashes import short_hash
from quoth.quote import Speaker, SpeakerType
from quoth.text.slugs import remembered, slug


class _Bearer(NamedTuple):
    """Whom a name means, whatever the article; `is_local` when the id must be completed by the article's.

    `spellings` are the table's, or the name itself: the aliases without the surname.
    """

    speaker: Speaker
    is_local: bool
    spellings: tuple[str, ...]


def canonical(
    name: str,
    *,
    scope: str,
    spellings: Iterable[str] = (),
    as_written: str | None = None,
    type: SpeakerType | None = None,
) -> Speaker:
    """Return the speaker behind a name, under the id by which all articles know them.

    The table of known speakers decides first, on the `type` too. Else a full name is its own identity, and a name
    of one word holds only inside `scope`, an article's key: two articles may mean two people. `spellings` are the
    other forms that this article uses; all of them, the table's and the surname find the speaker.

    >>> canonical("Mr. Putin", scope="a_1").id, canonical("Ada Byron’s", scope="a_1").id
    ('vladimir-putin', 'ada-byron')
    >>> canonical("Wladimir Putin", scope="a_1").id, canonical("the UN", scope="a_1").type
    ('vladimir-putin', 'organisation')
    >>> canonical("Byron", scope="a_1").id == canonical("Byron", scope="a_2").id
    False
    """
    speaker, is_local, spelt = _bearer(name)
    type = speaker.type or type
    seen = [strip_titles(spelling) for spelling in spellings]
    if not (is_local or seen) and (as_written, type) == (speaker.as_written, speaker.type):
        return speaker
    return Speaker(
        id=f"{speaker.id}~{short_hash(scope)[:8]}" if is_local else speaker.id,
        name=speaker.name,
        as_written=as_written,
        aliases=_aliases(speaker.name, spelt, seen, type) if seen or type != speaker.type else speaker.aliases,
        same_as=speaker.same_as,
        type=type,
    )


@remembered
def _bearer(name: str) -> _Bearer:
    stripped = strip_titles(name)
    record = known(stripped)
    if record is None:
        speaker = Speaker(identity(slug(stripped)), stripped, name, _aliases(stripped, (stripped,)))
        return _Bearer(speaker, len(stripped.split()) < 2, (stripped,))
    full, spelt, type = record["name"], _spelt(record), record.get("type", "person")
    speaker = Speaker(record["id"], full, name, _aliases(full, spelt, (), type), tuple(record["same_as"]), type)
    return _Bearer(speaker, False, spelt)


def _aliases(
    full: str, spellings: Iterable[str], seen: Sequence[str] = (), type: SpeakerType | None = None
) -> tuple[str, ...]:
    has_surname = type in ("person", None)  # nobody looks for the World Bank as Bank
    return _distinct([*spellings, *seen, *(_surnames([full, *seen]) if has_surname else ())])


@remembered
def known(name: str) -> dict[str, Any] | None:
    """Return the table's record of a name, if the table knows this spelling and it can mean nobody else.

    A full name is also known by other spellings in Latin letters, acronyms only as the table writes them.

    >>> known("Sergej Lawrow")["id"], known("the IMF")["id"], known("Who")
    ('sergey-lavrov', 'international-monetary-fund', None)
    """
    bare = name.removeprefix("the ").removeprefix("The ")
    key = slug(bare)
    record = _spellings().get(key) or _acronyms().get(bare.replace(".", ""))
    return _folded().get(fold(key)) if record is None and "-" in key else record


def strip_titles(name: str) -> str:
    """Return a name without titles before it and the possessive ending after it.

    A body keeps its words: those of the State Department are titles elsewhere.

    >>> strip_titles("Senator  Ada Byron’s"), strip_titles("President"), strip_titles("Pope Leo")
    ('Ada Byron', 'President', 'Pope Leo')
    >>> strip_titles("Justice Department"), strip_titles("Mr. Church"), strip_titles("Sen. Sanders’")
    ('Justice Department', 'Church', 'Sanders')
    """
    parts = name.split()
    if parts:
        parts[-1] = parts[-1].removesuffix("’s").removesuffix("'s").removesuffix("‘s").rstrip("’'‘")
    titles = words("names", "titles", "titles_male", "titles_female")
    if len(parts) > 1 and parts[-1].lower() in words("names", "body_heads"):
        titles = titles & words("names", "abbreviations")
    kept = words("names", "kept_titles")
    while len(parts) > 1 and parts[0].strip(".,") in titles and not (parts[0] in kept and len(parts) == 2):
        parts = parts[1:]
    return " ".join(parts).strip(" ,;:") or name.strip()


def _spelt(record: dict[str, Any]) -> tuple[str, ...]:
    return (record["name"], *record["aliases"], *record.get("bare", ()), *record.get("acronyms", ()))


@cache
def _spellings() -> dict[str, dict[str, Any]]:
    return {
        slug(spelling): record
        for record in known_speakers()
        for spelling in _spelt(record)
        if spelling not in record.get("acronyms", ())
    }


@cache
def _acronyms() -> dict[str, dict[str, Any]]:
    return {acronym: record for record in known_speakers() for acronym in record.get("acronyms", ())}


@cache
def _folded() -> dict[str, dict[str, Any]]:
    """Return the people of the table by what all spellings of a full name have in common."""
    people = ((fold(key), record) for key, record in _spellings().items() if "gender" in record)
    return {key: record for key, record in people if "-" in key}


def _surnames(names: Iterable[str]) -> list[str]:
    """Return the last word of every name that has several; Jr. or XIV is no surname."""
    found = []
    for name in names:
        parts = [part.strip(",") for part in name.split()]
        parts = [part for part in parts if not _is_suffix(part.strip("."))]
        if len(parts) > 1:
            found.append(parts[-1])
    return found


def _is_suffix(part: str) -> bool:
    is_numeral = len(part) > 1 and set(part) <= set("IVX")
    return is_numeral or part in words("names", "suffixes")


def _distinct(spellings: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of all spellings that have one slug, and none that has no slug."""
    by_slug: dict[str, str] = {}
    for spelling in spellings:
        by_slug.setdefault(slug(spelling), spelling)
    return tuple(spelling for key, spelling in by_slug.items() if key)
