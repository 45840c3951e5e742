"""Map a name to its canonical speaker: one id, one name and all spellings, across articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from quoth.article import article_key
from quoth.extraction.tables import known_speakers, officials, words
from quoth.hashes import short_hash
from quoth.quote import Speaker, SpeakerType
from quoth.text.names.variants import fold, identity
from quoth.text.slugs import cached_by_name, is_mixed_script, slug
from quoth.text.unseen import seen


class _Bearer(NamedTuple):
    """The speaker of a name, independent of the article; `is_local` if the article's key must complete the id.

    `spellings` are those of the table, or the name itself: the aliases without the surname.
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
    is_bare: bool = False,
) -> Speaker:
    """Return the canonical speaker of a name, with one id across articles.

    The table of known speakers has priority, also for the `type`. Otherwise a full name is its own identity, and a name
    of one word is valid only inside `scope`, the id of an article: two articles may mean two people. `spellings` are
    the other forms in this article; they, the spellings of the table and the surname become aliases. A name that mixes
    alphabets may imitate another: it has its own id, and its full spellings are its only aliases. A name that `is_bare`
    has no title and no possessive ending to strip: McDonald’s.

    >>> canonical("Mr. Putin", scope="a_1").id, canonical("Ada Byron’s", scope="a_1").id
    ('vladimir-putin', 'ada-byron')
    >>> canonical("Wladimir Putin", scope="a_1").id, canonical("the UN", scope="a_1").type
    ('vladimir-putin', 'organisation')
    >>> canonical("Byron", scope="a_1").id == canonical("Byron", scope="a_2").id
    False
    """
    speaker, is_local, known_forms = _bare_bearer(name) if is_bare else _bearer(name)
    type = speaker.type or type
    if not (is_local or spellings) and as_written == speaker.as_written and type == speaker.type:
        return speaker
    mixed = speaker.mixed_script
    forms = [strip_titles(form) for form in map(seen, spellings) if not mixed or is_mixed_script(form)]
    return Speaker(
        id=f"{speaker.id}~{short_hash(article_key(scope))[:8]}" if is_local else speaker.id,
        name=speaker.name,
        as_written=as_written,
        aliases=_aliases(speaker.name, known_forms, forms, type) if forms or type != speaker.type else speaker.aliases,
        same_as=speaker.same_as,
        type=type,
        mixed_script=mixed,
    )


@cached_by_name
def _bearer(name: str) -> _Bearer:
    return _bearer_of(name, strip_titles(seen(name)))


@cached_by_name
def _bare_bearer(name: str) -> _Bearer:
    return _bearer_of(name, seen(name))


def _bearer_of(name: str, stripped: str) -> _Bearer:
    if is_mixed_script(stripped):
        speaker = Speaker(slug(stripped), stripped, name, (stripped,), mixed_script=True)
        return _Bearer(speaker, len(stripped.split()) < 2, (stripped,))
    record = known(stripped)
    if record is None:
        speaker = Speaker(identity(slug(stripped)), stripped, name, _aliases(stripped, (stripped,)))
        return _Bearer(speaker, len(stripped.split()) < 2, (stripped,))
    full_name, spellings, type = record["name"], _all_spellings(record), record.get("type", "person")
    aliases = _aliases(full_name, spellings, (), type)
    speaker = Speaker(record["id"], full_name, name, aliases, tuple(record["same_as"]), type)
    return _Bearer(speaker, False, spellings)


def _aliases(
    full_name: str, spellings: Iterable[str], forms: Sequence[str] = (), type: SpeakerType | None = None
) -> tuple[str, ...]:
    # Nobody searches for the World Bank as Bank, and an imitated name must not be found by the surname.
    has_surname = type in ("person", None) and not is_mixed_script(full_name)
    return _distinct([*spellings, *forms, *(_surnames([full_name, *forms]) if has_surname else ())])


@cached_by_name
def known(name: str) -> dict[str, Any] | None:
    """Return the record of a name in the table of known speakers, if this spelling is there and unambiguous.

    A full name also matches in its other Latin spellings; an acronym only as the table writes it.

    >>> known("Sergej Lawrow")["id"], known("the IMF")["id"], known("Who")
    ('sergey-lavrov', 'international-monetary-fund', None)
    """
    bare = name.removeprefix("the ").removeprefix("The ")
    key = slug(bare)
    record = _spellings().get(key) or _acronyms().get(bare.replace(".", ""))
    if record is not None or "-" not in key:
        return record
    return _folded().get(fold(key)) or _officials().get(key)


def strip_titles(name: str) -> str:
    """Return a name without the titles before it and the possessive ending.

    An organisation keeps its words: State, of the State Department, is a title elsewhere.

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
        if parts[1] in ("of", "for", "&"):
            break  # Duke of Sussex, Judge & Sons
        parts = parts[1:]
    return " ".join(parts).strip(" ,;:") or name.strip()


def _all_spellings(record: dict[str, Any]) -> tuple[str, ...]:
    return (record["name"], *record["aliases"], *record.get("bare", ()), *record.get("acronyms", ()))


@cache
def _spellings() -> dict[str, dict[str, Any]]:
    return {
        slug(spelling): record
        for record in known_speakers()
        for spelling in _all_spellings(record)
        if spelling not in record.get("acronyms", ())
    }


@cache
def _officials() -> dict[str, dict[str, Any]]:
    """Return the people in office by their full names: a surname alone may be anybody's."""
    by_hand = {record["id"]: record for record in known_speakers()}
    return {
        slug(spelling): by_hand.get(record["id"], record)
        for record in officials()
        for spelling in (record["name"], *record["aliases"])
        if spelling
    }


@cache
def _acronyms() -> dict[str, dict[str, Any]]:
    return {acronym: record for record in known_speakers() for acronym in record.get("acronyms", ())}


@cache
def _folded() -> dict[str, dict[str, Any]]:
    """Return the people of the table by the key shared by all spellings of a full name."""
    people = ((fold(key), record) for key, record in _spellings().items() if "gender" in record)
    return {key: record for key, record in people if "-" in key}


def _surnames(names: Iterable[str]) -> list[str]:
    """Return the last word of every name of several words; Jr. or XIV is not a surname."""
    surnames = []
    for name in names:
        parts = [part.strip(",") for part in name.split()]
        parts = [part for part in parts if not _is_suffix(part.strip("."))]
        if len(parts) > 1:
            surnames.append(parts[-1])
    return surnames


def _is_suffix(part: str) -> bool:
    is_numeral = len(part) > 1 and set(part) <= set("IVX")
    return is_numeral or part in words("names", "suffixes")


def _distinct(spellings: Iterable[str]) -> tuple[str, ...]:
    """Return the first spelling of each slug; spellings with an empty slug are dropped."""
    by_slug: dict[str, str] = {}
    for spelling in spellings:
        by_slug.setdefault(slug(spelling), spelling)
    return tuple(spelling for key, spelling in by_slug.items() if key)
