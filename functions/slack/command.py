"""What a command asks: words to search, words to verify, a speaker, or help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from functions.slack.markup import typed

_BY = re.compile(r"\s+(?:by|—|–)\s+", re.IGNORECASE)
_COMMAND = re.compile(r"(?P<name>verify|who|help)(?:\s+(?P<rest>.*))?", re.IGNORECASE | re.DOTALL)
_OUTER_MARKS = ' \t\n“”"„«»'


@dataclass(frozen=True, slots=True)
class AskedHelp:
    """How to ask."""


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """A search, in the language of the box: words, “phrases”, qualifiers and names."""

    words: str


@dataclass(frozen=True, slots=True)
class AskedVerdict:
    """Whether anybody, or this speaker, said these words."""

    words: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class AskedSpeaker:
    """A speaker by name."""

    name: str


Asked = AskedHelp | AskedSearch | AskedVerdict | AskedSpeaker


def parse(text: str, is_known: Callable[[str], bool]) -> Asked:
    """Return what the text of a command asks; `is_known` says whether somebody has this name.

    The first word decides, unless it stands in quotation marks: `/quote “who knows”` is a search.

    >>> parse("land swapping", lambda _: False)
    AskedSearch(words='land swapping')
    >>> parse("verify the dam stands by the river by Okafor", lambda name: name == "Okafor")
    AskedVerdict(words='the dam stands by the river', speaker='Okafor')
    >>> parse("verify stand by me", lambda _: False), parse("who Okafor", lambda _: True)
    (AskedVerdict(words='stand by me', speaker=None), AskedSpeaker(name='Okafor'))
    """
    words = typed(text)
    command = _COMMAND.fullmatch(words)
    if command is None:
        return AskedSearch(words) if words else AskedHelp()
    rest = (command["rest"] or "").strip()
    match command["name"].lower():
        case "verify" if rest:
            return _verdict(rest, is_known)
        case "who" if name := rest.strip(_OUTER_MARKS):
            return AskedSpeaker(name)
        case "help" if rest:  # a search for help
            return AskedSearch(words)
    return AskedHelp()


def _verdict(text: str, is_known: Callable[[str], bool]) -> AskedVerdict:
    """Return words and speaker: the last “by” counts if a known name follows; else it is one of the words."""
    for last in [*_BY.finditer(text)][-1:]:
        words, name = text[: last.start()].strip(_OUTER_MARKS), text[last.end() :].strip(_OUTER_MARKS + ".")
        if words and name and is_known(name):
            return AskedVerdict(words, name)
    return AskedVerdict(text.strip(_OUTER_MARKS))
