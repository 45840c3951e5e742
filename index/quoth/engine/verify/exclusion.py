"""The quotes that may not confirm anything: those of the draft itself, and of publishers that copy it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from quoth.article import Article
from quoth.quote import Quote
from quoth.text.slugs import slug


class Exclusion(msgspec.Struct, frozen=True):
    """Articles, by id, URL or hash of the body, and publishers, by name, whose quotes are left out of a verification.

    `publishers` are slugs: case and accents of a name do not count. See `of`.
    """

    ids: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    sha256s: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, article: Article | None = None, publishers: Iterable[str] = ()) -> Exclusion:
        """Return the exclusion of an article, wherever it stands, and of publishers.

        >>> Exclusion.of(publishers=["The Harbour Times", " "]).publishers
        frozenset({'the-harbour-times'})
        """
        names = frozenset(filter(None, map(slug, publishers)))
        if article is None:
            return cls(publishers=names)
        urls = frozenset(filter(None, [article.url]))
        return cls(frozenset([article.id]), urls, frozenset([article.sha256]), names)

    def excludes(self, quote: Quote) -> bool:
        """Whether a quote is left out."""
        origin = quote.article
        return (
            origin.id in self.ids
            or origin.url in self.urls
            or origin.sha256 in self.sha256s
            or (bool(self.publishers) and origin.publisher is not None and slug(origin.publisher) in self.publishers)
        )
