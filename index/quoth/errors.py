"""What can go wrong, by what the caller must do about it.

    QuothError
    ├── BadInput         an article or quote cannot be used: mend the input and send it again
    │   └── StaleVersion the same version came with another body: raise the version
    ├── BadQuery         a search parameter cannot be used: mend the request
    ├── NotFound         nothing is stored under that name
    ├── Expired          the generation that a page belongs to is no longer kept: begin again
    ├── Conflict         somebody else changed the object first: read again and re-apply
    ├── Unavailable      the store did not answer: try again later
    ├── Refused          the store does not let us: check address and permissions
    └── Damaged          stored bytes are not what the manifest vouches for: restore them
        └── Gone         what was read needs an object that is no longer there: read the newest manifest

Errors of foreign libraries are translated at the border where they appear.
"""

from __future__ import annotations

LONGEST_NAME = 40  # characters of a field's name in a message


class QuothError(Exception):
    """Everything that Quoth raises on purpose."""


class BadInput(QuothError):
    """An article or a quote cannot be used.

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
        """Return the same error with the place where it was found."""
        return type(self)(self.detail, field=self.field, source=source, line=line)

    @property
    def sentence(self) -> str:
        """What is wrong, without the place."""
        return f"{self.field} {self.detail}" if self.field else self.detail

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else ""
        place = " ".join(part for part in (self.source, line) if part)
        return f"{place}: {self.sentence}" if place else self.sentence


def _shown(field: str) -> str:
    """Return a field's name fit for a message: somebody may send one of a megabyte, or half a surrogate pair."""
    name = field.encode(errors="backslashreplace").decode()
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"


class StaleVersion(BadInput):
    """The same id and version came with another body."""


class BadQuery(QuothError):
    """A search parameter cannot be used; `parameter` names it."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(f"{parameter}: {detail}")
        self.parameter = parameter
        self.detail = detail


class NotFound(QuothError):
    """Nothing is stored under that name."""


class Expired(QuothError):
    """The generation that a page belongs to is no longer kept."""


class Conflict(QuothError):
    """The object is not (or no longer) what the writer believed."""


class Unavailable(QuothError):
    """The store did not answer."""


class Refused(QuothError):
    """The store does not let us read or write there."""


class Damaged(QuothError):
    """Stored bytes are not what the manifest vouches for."""


class Gone(Damaged):
    """An object that a manifest names is not there: the manifest is no longer the newest, or a file was lost."""
