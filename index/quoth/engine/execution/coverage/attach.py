"""Rewrite a query tree so that the exact form of a word stands beside its stem, and both are looked up as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whoosh import query

from quoth.engine import schema
from quoth.engine.analysis import stem

_Exact = dict[str, list[query.Term]]


def attached(tree: query.Query) -> query.Query:
    """Return a tree with the same matches and scores, in which exact forms add to the score of their own stem.

    Where a document has the exact form, it has the stem, so that the sum is the same.

    >>> land, exact = query.Term("stemmed", "land"), query.Term("exact", "lands", boost=1.35)
    >>> attached(query.AndMaybe(query.And([land, query.Term("stemmed", "swap")]), exact))
    And([AndMaybe((Term('stemmed', 'land'), Or([Term('exact', 'lands', boost=1.35)]))), Term('stemmed', 'swap')])
    """
    match tree:
        case query.AndNot():
            return query.AndNot(attached(tree.a), tree.b)
        case query.AndMaybe():
            return _attached_to(tree)
    return tree


def attach_all(trees: Iterable[query.Query], exact: query.Query) -> tuple[list[query.Query], query.Query | None]:
    """Return some trees with the exact forms of their stems, and the exact forms of no stem, if any."""
    forms = _by_stem(exact)
    made = [_of_word(tree, forms) if terms_of(tree) else _with_forms(tree, forms) for tree in trees]
    left = [term for some in forms.values() for term in some]
    return made, query.Or(left) if left else None


def _attached_to(tree: query.AndMaybe) -> query.Query:
    if not _is_exact(tree.b):
        return tree
    (must,), left = attach_all([tree.a], tree.b)
    return must if left is None else query.AndMaybe(must, left)


def _is_exact(tree: query.Query) -> bool:
    terms = terms_of(tree)
    return terms is not None and all(term.fieldname == "exact" and term.boost > 0 for term in terms)


def _by_stem(exact: query.Query) -> _Exact:
    forms: _Exact = {}
    for term in exact.subqueries if isinstance(exact, query.Or) else [exact]:
        forms.setdefault(stem(term.text), []).append(term)
    return forms


def _with_forms(tree: query.Query, forms: _Exact) -> query.Query:
    if not forms:
        return tree
    match tree:
        case query.Term(fieldname="stemmed"):
            exact = forms.pop(tree.text, None)
            return tree if exact is None else query.AndMaybe(tree, query.Or(exact))
        case query.And():
            return query.And([_with_forms(part, forms) for part in tree.subqueries], boost=tree.boost)
        case query.Or() if is_word(tree):
            return _of_word(tree, forms)
        case query.Or():
            return query.Or([_with_forms(part, forms) for part in tree.subqueries], boost=tree.boost)
    return tree


def _of_word(tree: query.Query, forms: _Exact) -> query.Query:
    """Return any of some terms with the exact forms of its stems."""
    stems = [part.text for part in tree.leaves() if part.fieldname == "stemmed"]
    several = [term for name in stems for term in forms.pop(name, ())]
    return query.AndMaybe(tree, query.Or(several)) if several else tree


def is_word(tree: query.Query) -> bool:
    """Whether a tree is the terms of one word: its stems, and names, but not where it stands about a quote.

    >>> is_word(query.Term("stemmed", "land")), is_word(query.Term("about", "land"))
    (True, False)
    """
    fields = [term.fieldname for term in terms_of(tree) or ()]
    return "about" not in fields and (len(fields) == 1 or not _NAMES.isdisjoint(fields))


_NAMES = frozenset({"known_as", "publisher"})
_OF_WORDS = (*schema.TEXTS, *schema.KEYWORDS, "publisher")


def terms_of(tree: query.Query | None) -> list[query.Term] | None:
    """Return the terms of which a tree matches any; `None` for another tree."""
    terms: list[Any]
    if type(tree) is query.Term:
        terms = [tree]
    elif tree is not None and type(tree) is query.Or and tree.boost == 1.0 and not tree.minmatch and not tree.scale:
        terms = list(tree.subqueries)
    else:
        return None
    are_terms = all(type(part) is query.Term and part.fieldname in _OF_WORDS and part.boost > 0 for part in terms)
    return terms if are_terms else None
