"""Originals: input stored unchanged in immutable objects, whose keys a queue message can carry.

No key contains user text, so that no key can escape its folder. Objects are deflated; a key has the hash of the
JSON, so that an archive may hold older objects in which it stands as it is.

The name of an article's object says which version and which text it has, as the ledger does: a listing of its folder
tells what was sent, and the article need not be read.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from quoth import article as articles
from quoth import quote as quotes
from quoth import withdrawal as withdrawals
from quoth.article import Article
from quoth.errors import BadInput, Conflict, Damaged
from quoth.hashes import fingerprint, sha256
from quoth.ingest.formats import quotes as ready_made
from quoth.quote import GivenQuote, Origin
from quoth.storage.files import deflate
from quoth.storage.stores.protocol import Store
from quoth.withdrawal import Withdrawal

Item = Article | GivenQuote | Withdrawal

# The limits of one commit, and so of one segment. Fewer and larger segments search faster; the engine is best up to
# 65,536 quotes. Extraction takes some milliseconds an article, so an interruption loses at most half a minute of work.
# The text is in memory, at two bytes a character as soon as it has one curly quotation mark.
QUOTES_A_COMMIT = 50_000
ARTICLES_A_COMMIT = 2_000
TEXT_A_COMMIT = 32 * 1024 * 1024  # characters

# An object that would be longer is damaged: the JSON of a commit has some tens of megabytes.
LONGEST = 2**30
_PLAIN = b"{"

T = TypeVar("T")

_as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode

# Where originals are.
FOLDERS = ("articles/", "imports/", "withdrawals/")

_ARTICLE = re.compile(
    r"""articles/ (?P<article>a_[A-Za-z0-9_-]{22})
    / (?P<version>[0-9]{1,19}) (?P<withdrawn>w?)
    - (?P<digest>[0-9a-f]{32})
    - [0-9a-f]{64} \.json""",
    re.VERBOSE,
)
# As archives began: a folder by the hash of the article's id, and no version in the name.
_UNNAMED_ARTICLE = re.compile(r"articles/[0-9a-f]{64}/[0-9a-f]{64}\.json")
_IMPORT = re.compile(r"imports/[0-9a-f]{64}\.jsonl")
_WITHDRAWAL = re.compile(r"withdrawals/[0-9a-f]{64}\.json")


class KeptArticle(NamedTuple):
    """The object of one article that was sent, by its name alone: nothing of the text is read.

    `digest` is the fingerprint of its text, as in the ledger; `modified` is the time of its first arrival.
    """

    key: str
    article: str
    version: int
    is_withdrawn: bool
    digest: bytes
    modified: float


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items of a stream in lists, each sized for one commit; only one list is in memory at a time.

    >>> stream = (GivenQuote(text=f"Number {n}.", speaker="Ada Okafor") for n in range(60_000))
    >>> [len(batch) for batch in batches(stream)]
    [50000, 10000]
    """
    batch: list[Item] = []
    articles = text = 0
    for item in items:
        batch.append(item)
        if isinstance(item, GivenQuote):
            text += len(item.text) + len(item.context or "")
        elif isinstance(item, Article):
            articles += 1
            text += len(item.body)
        if len(batch) == QUOTES_A_COMMIT or articles == ARTICLES_A_COMMIT or text >= TEXT_A_COMMIT:
            yield batch
            batch = []
            articles = text = 0
    if batch:
        yield batch


def keep(store: Store, items: Iterable[Item]) -> list[str]:
    """Store each article and withdrawal in an object, and all ready-made quotes in one; return the keys."""
    batch = list(items)
    keys = [_keep_article(store, item) for item in batch if isinstance(item, Article)]
    keys += [_keep_withdrawal(store, item) for item in batch if isinstance(item, Withdrawal)]
    given_quotes = [item for item in batch if isinstance(item, GivenQuote)]
    return keys + ([_keep_quotes(store, given_quotes)] if given_quotes else [])


def load(store: Store, key: str) -> list[Item]:
    """Return the items that `keep` stored under a key; raises `NotFound`, `Damaged`, `BadInput` for any other key."""
    if _ARTICLE.fullmatch(key) or _UNNAMED_ARTICLE.fullmatch(key):
        return [_read(key, fetch(store, key), articles.from_json)]
    if _IMPORT.fullmatch(key):
        return list(_read_quotes(key, fetch(store, key)))
    if _WITHDRAWAL.fullmatch(key):
        return [_read(key, fetch(store, key), withdrawals.from_json)]
    raise BadInput(f"is not the key of an article, an import or a withdrawal: {key[:100]!r}", field="key")


def article_of(store: Store, origin: Origin) -> Article | None:
    """Return the article of a quote, `None` if it is not stored: a ready-made quote comes without its article."""
    for folder in (origin.key, sha256(origin.id.encode())):
        for entry in store.list(f"articles/{folder}/").entries:
            kept = _kept(entry.key, entry.modified)
            if kept.version == origin.version if kept else _UNNAMED_ARTICLE.fullmatch(entry.key):
                article = _read(entry.key, fetch(store, entry.key), articles.from_json)
                if (article.version, article.sha256) == (origin.version, origin.sha256):
                    return article
    return None


def of_article(store: Store, key: str) -> list[KeptArticle]:
    """Return what was sent of an article, by its key (`a_…`): its versions and texts, in no order."""
    found = (_kept(entry.key, entry.modified) for entry in store.list(f"articles/{key}/").entries)
    return [kept for kept in found if kept is not None]


def of_key(key: str) -> KeptArticle | None:
    """Return what the key of an object says of its article; `None` for the key of anything else."""
    return _kept(key, 0.0)


def _kept(key: str, modified: float) -> KeptArticle | None:
    match = _ARTICLE.fullmatch(key)
    if match is None:
        return None
    digest = bytes.fromhex(match["digest"])
    return KeptArticle(key, match["article"], int(match["version"]), bool(match["withdrawn"]), digest, modified)


def key_of(article: Article) -> str:
    """Return the key of the object that keeps an article."""
    return _article_key(article, compact(articles.to_json(article)))


def _article_key(article: Article, data: bytes) -> str:
    version = f"{article.version}w" if article.is_withdrawn else f"{article.version}"
    return f"articles/{article.key}/{version}-{fingerprint(article.sha256).hex()}-{sha256(data)}.json"


def _keep_article(store: Store, article: Article) -> str:
    data = compact(articles.to_json(article))
    return create(store, _article_key(article, data), data)


def _keep_quotes(store: Store, given: Sequence[GivenQuote]) -> str:
    data = quotes.to_lines(given)
    return create(store, f"imports/{sha256(data)}.jsonl", data)


def create(store: Store, key: str, data: bytes) -> str:
    """Store data deflated under a key that has its hash, and return the key."""
    with contextlib.suppress(Conflict):  # the key is the hash of the data: an existing object is identical
        store.create(key, deflate.deflated(data))
    return key


def fetch(store: Store, key: str) -> bytes:
    """Return the JSON of an object."""
    data = store.get(key).data
    if data.startswith(_PLAIN):
        return data
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, LONGEST)
    except zlib.error as error:
        raise Damaged(f"{key} cannot be read: {error}") from error
    if not inflating.eof:
        raise Damaged(f"{key} cannot be read: it ends too soon, or is too long")
    return text


def _keep_withdrawal(store: Store, withdrawal: Withdrawal) -> str:
    data = compact(withdrawals.to_json(withdrawal))
    return create(store, f"withdrawals/{sha256(data)}.json", data)


def _read(key: str, data: bytes, parse: Callable[[dict[str, Any]], T]) -> T:
    try:
        return parse(json.loads(data))
    except (BadInput, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from error


def _read_quotes(key: str, data: bytes) -> list[GivenQuote]:
    try:
        return [ready_made.from_json(json.loads(line)) for line in data.splitlines()]
    except (BadInput, ValueError, RecursionError) as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from error


def compact(value: dict[str, Any]) -> bytes:
    """Return a JSON value on one line."""
    return _as_json(value).encode()
