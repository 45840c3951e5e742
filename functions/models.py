"""The shapes that cross the edge."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from quoth.engine.request import DEFAULT_LIMIT, Request

# What a search may say several times.
SEVERAL = ("type",)


class SearchParameters(BaseModel):
    """The query string of GET /v1/quotes; what each may be is the engine's to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str | None = None
    speaker: str | None = None
    type: list[str] | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    to: str | None = None
    limit: Annotated[str, Field(pattern=r"^[0-9]{1,4}$")] = str(DEFAULT_LIMIT)

    def request(self) -> Request:
        """Return the search; raises `BadQuery`."""
        return Request(
            q=self.q, speaker=self.speaker, type=self.type, from_=self.from_, to=self.to, limit=int(self.limit)
        )


class WithdrawalParameters(BaseModel):
    """The query string of DELETE /v1/articles/{id}."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str | None, Field(pattern=r"^[0-9]{1,12}$")] = None

    @property
    def number(self) -> int | None:
        """The version as a number; `None` is the one that stands."""
        return None if self.version is None else int(self.version)


class Job(BaseModel):
    """A queue message: the key of what was kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str


class SlackCommand(BaseModel):
    """What Slack posts for a slash command; the fields that are used."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    command: str
    text: str = ""
