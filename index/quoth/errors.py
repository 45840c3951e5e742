"""Errors, one class for each action the caller can take.

    QuothError
    ├── BadInput         an article or quote is invalid: fix the input and send it again
    │   └── StaleVersion the same version came with another body: raise the version
    ├── BadQuery         a search parameter is invalid: fix the request
    ├── NotFound         nothing is stored under that name
    │   └── Removed      a quote was, and is no longer: the error says since when, why, and what replaced it
    ├── Expired          the generation of a page is no longer kept: search again
    ├── Conflict         another writer changed the object first: read it again and re-apply
    ├── Outdated         the index was built by another analysis: carry it over with `quoth reindex`
    ├── Unavailable      the store did not answer: try again later
    ├── Refused          the store denies access: check address and permissions
    └── Damaged          stored bytes do not match the manifest: restore them
        └── Gone         an object that a manifest names is missing: read the newest manifest

Errors of other libraries are translated where they are raised.
"""

from __future__ import annotations

from typing import Literal

LONGEST_NAME = 40  # characters of a field's name in a message


class QuothError(Exception):
    """The base of all errors that Quoth raises on purpose."""


class BadInput(QuothError):
    """An article or a quote is invalid.

    `source` is the file (or request) it came from, `line` counts from 1, `field` is the offending field.

    >>> print(BadInput("is missing", field="body").at("news.jsonl", line=3))
    news.jsonl line 3: body is missing
    """

    def __init__(
        self, detail: str, *, field: str | None = None, source: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(detail, field, source, line)
        self.detail = detail
        self.field = field and _shown(field)
        self.source = source
        self.line = line

    def at(self, source: str | None, line: int | None = None) -> BadInput:
        """Return the same error with its source and line."""
        return type(self)(self.detail, field=self.field, source=source, line=line)

    @property
    def sentence(self) -> str:
        """The message without source and line."""
        return f"{self.field} {self.detail}" if self.field else self.detail

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else ""
        location = " ".join(part for part in (self.source, line) if part)
        return f"{location}: {self.sentence}" if location else self.sentence


def _shown(field: str) -> str:
    """Return a field name that is safe in a message: a client may send a megabyte, or a lone surrogate."""
    name = field.encode(errors="backslashreplace").decode()
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"


class StaleVersion(BadInput):
    """The same id and version came with another body."""


class BadQuery(QuothError):
    """A search parameter is invalid; `parameter` names it."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(f"{parameter}: {detail}")
        self.parameter = parameter
        self.detail = detail


class NotFound(QuothError):
    """Nothing is stored under that name."""


class Removed(NotFound):
    """A quote was in the index and is no longer.

    `reason` is `withdrawn` or `replaced`, by a newer version of its article. `since` is the first generation without
    it. `successor` is the id of a quote with the same words in the article as it is now, if it has one.
    """

    def __init__(
        self, quote_id: str, reason: Literal["withdrawn", "replaced"], since: int, successor: str | None
    ) -> None:
        now = "" if successor is None else f"; the same words are now {successor}"
        super().__init__(f"the quote {quote_id} was {reason} in generation {since}{now}")
        self.reason = reason
        self.since = since
        self.successor = successor


class Expired(QuothError):
    """The generation of a page is no longer kept."""


class Conflict(QuothError):
    """The object is not, or no longer, in the state that the writer expected."""


class Outdated(QuothError):
    """The index has an older format, or another analysis of text, than this version."""


class Unavailable(QuothError):
    """The store did not answer."""


class Refused(QuothError):
    """The store denies access."""


class Damaged(QuothError):
    """Stored bytes do not match the manifest."""


class Gone(Damaged):
    """An object that a manifest names is missing: the manifest is outdated, or a file was lost."""
