r"""The text of a slash command as a person typed it.

Slack sends `&`, `<` and `>` as entities, and mentions, channels and links between `<` and `>`. Phones turn two hyphens
into a dash, and people leave the marks of Slack's own formatting around a word.

Source: docs.slack.dev, "Formatting message text" and "Slash commands" (escaping).
"""

from __future__ import annotations

import re

# A bare `<` never comes from a person, who gets `&lt;`: it begins a token of Slack's.
_TOKEN = re.compile(
    r"""
    <(?P<kind>[@\#!]?)      # a person, a channel, a special mention, or a link
    (?P<target>[^<>|]*)     # the id, or the address
    (?:\|(?P<label>[^<>]*))?>
    """,
    re.VERBOSE,
)
# `_italics_`, `*bold*`, `~struck~`, `` `code` ``. A * after a word is a prefix; an underscore in a word is a letter.
_FORMATTED = re.compile(
    r"""
    (?<![\w*_~`]) (?P<mark> [*_~]{1,2} | `{1,3} )
    (?=\S) (?P<words> [^*_~`]* [^*_~`\s] )
    (?P=mark) (?![\w*_~`])
    """,
    re.VERBOSE,
)
# The dash into which a phone turns the minus of an excluded word: it stands right before a word or a phrase.
_MINUS = re.compile(r"(?<!\S)[‐‑‒–—―−](?=[\w“”\"«])")
# In this order: `&amp;lt;` is `&lt;` as somebody typed it.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def typed(text: str) -> str:
    """Return the text of a command as it was typed.

    >>> typed("R&amp;B"), typed("speaker:<@U024BE7LH|okafor>"), typed("see <https://example.org|example.org>")
    ('R&B', 'speaker:okafor', 'see example.org')
    >>> typed("_negotiate_ —people nego*"), typed("&amp;lt;b&amp;gt;")
    ('negotiate -people nego*', '&lt;b&gt;')
    """
    words = _TOKEN.sub(_label, text)
    for entity, character in _ENTITIES:
        words = words.replace(entity, character)
    return _MINUS.sub("-", _FORMATTED.sub(r"\g<words>", words)).strip()


def _label(token: re.Match[str]) -> str:
    """Return what a person sees of a token: its label, or of one without a label what stands for it."""
    if token["label"]:
        return token["label"].lstrip("@#")
    if token["kind"] in ("@", "#"):  # an id, which nobody has typed
        return ""
    return token["target"].removeprefix("mailto:")
