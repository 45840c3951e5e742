"""What identifies an item in the ledger: its key, its version and the digest of its text."""

from __future__ import annotations

import json
from collections.abc import Callable

from quoth.article import Article
from quoth.hashes import digest, fingerprint, sha256, short_hash
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.storage.ledger import Record
from quoth.text import timestamps
from quoth.text.slugs import slug
from quoth.withdrawal import Withdrawal

# The digest of items that have no text beside their key: withdrawals, and ready-made quotes without an id.
_NO_DIGEST = bytes(16)


def record_of(item: Item) -> Record:
    """Return the ledger's record of an item; the quotes of an article are not counted yet.

    The digest of an article is that of its body, the digest of a ready-made quote with an id that of its text and
    speaker, denied or not. The key of a ready-made quote without an id already contains both.
    """
    if isinstance(item, Article):
        return Record(item.key, item.version, item.is_withdrawn, fingerprint(item.sha256), 0)
    if isinstance(item, Withdrawal):
        return Record(item.key, item.version, True, _NO_DIGEST, 0)
    content_digest = _NO_DIGEST if item.id is None else digest(item.text, *_named(item, str))
    return Record(given_key(item), item.version, False, content_digest, 1)


def given_article_id(given: GivenQuote) -> str:
    """Return the URL, else a hash of all known metadata, so that articles of two publishers stay separate."""
    if given.url is not None:
        return given.url
    metadata = (given.publisher, timestamps.to_rfc3339(given.published), given.headline, given.context or given.text)
    return f"sha256:{sha256(json.dumps(metadata, ensure_ascii=False).encode())}"


def given_key(given: GivenQuote) -> str:
    """Return the id of a ready-made quote. Its ordinal among equal texts is unknown; the speaker replaces it."""
    if given.id is not None:
        return "q_" + short_hash("given", given.id)
    return "q_" + short_hash(given_article_id(given), given.text, *_named(given, slug))


def _named(given: GivenQuote, spelt: Callable[[str], str]) -> tuple[str, ...]:
    """Return the speaker of a ready-made quote as parts of a hash: a denial differs from the words attributed."""
    if given.speaker is not None:
        return (spelt(given.speaker),)
    return "denied", spelt(given.denied_speaker or "")
