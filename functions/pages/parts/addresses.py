"""The addresses on the pages: relative to the base path, and absolute for those who see a page from outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import urlencode, urlsplit

from functions.pages.static import assets

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SiteAddresses:
    """Where the pages are: the base path before each path, and the public address, if it is known.

    >>> here = SiteAddresses("/archive", "https://example.org/archive")
    >>> here.quote("q_1"), here.absolute(here.speaker("ada okafor"))
    ('/archive/q/q_1', 'https://example.org/archive/s/ada%20okafor')
    """

    base: str = ""
    public: str = ""

    @classmethod
    def of(cls, event: dict[str, Any], public: str) -> SiteAddresses:
        """Return the addresses for a request: by the setting, or the stage of the gateway, never by a header."""
        stage = event["requestContext"].get("stage", "$default")
        own = urlsplit(public).path if public else "" if stage == "$default" else f"/{stage}"
        return cls(own, public)

    @property
    def home(self) -> str:
        """The search page."""
        return f"{self.base}/"

    def search(self, pairs: Pairs) -> str:
        """Return the address of a search with these parameters."""
        query = urlencode(list(pairs))
        return f"{self.home}?{query}" if query else self.home

    def page(self, name: str, pairs: Pairs = ()) -> str:
        """Return the address of a page by its name."""
        query = urlencode(list(pairs))
        return f"{self.base}/{name}?{query}" if query else f"{self.base}/{name}"

    def quote(self, quote_id: str) -> str:
        """Return the address of the page of a quote."""
        return f"{self.base}/q/{percent_encoded(quote_id, safe='~')}"

    def speaker(self, speaker_id: str) -> str:
        """Return the address of the page of a speaker."""
        return f"{self.base}/s/{percent_encoded(speaker_id, safe='~')}"

    def api(self, path: str, pairs: Pairs = ()) -> str:
        """Return an address of the API, `path` being that after /v1/."""
        return self.page(f"v1/{path}", pairs)

    def record(self, quote_id: str, **parameters: str) -> str:
        """Return the address of a quote in the API."""
        return self.api(f"quotes/{percent_encoded(quote_id, safe='~')}", parameters.items())

    def asset(self, name: str) -> str:
        """Return the address of a style sheet or script, with the version of its content."""
        return self.page(name, [("v", assets.asset(name).version)])

    def absolute(self, address: str) -> str | None:
        """Return an address of these pages as others see it, `None` without a public address."""
        return self.public + address.removeprefix(self.base) if self.public else None
