"""HTML that is built of values: a text is escaped because it is text.

`element` takes `str` as words and `Markup` as mark-up, and only this module makes `Markup`. So nothing that an article
or a draft says becomes a tag, and no address in it becomes a link that runs a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Union

from quoth.citation import json_ld_text
from quoth.text.sanitize import without_controls


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is HTML already."""

    html: str


Child = Union[str, Markup, None, Iterable["Child"]]  # noqa: UP007 - a string cannot be an operand of |
NOTHING = Markup("")

_VOID = frozenset(["br", "hr", "img", "input", "link", "meta"])
_ADDRESSES = frozenset(["action", "cite", "href", "src"])
# A web address, or one on this site; a browser reads // and /\ as the beginning of another host.
_SAFE_ADDRESS = re.compile(r"https?://|/(?![/\\])|[?#]|\Z", re.IGNORECASE)


def element(name: str, *children: Child, **attributes: str | bool | None) -> Markup:
    """Return an element; its attributes and its texts are escaped.

    A final underscore of an attribute's name is dropped, and others become hyphens. `None` and False leave an attribute
    out, and so does an address that is none of the web.

    >>> element("p", "a < b ", element("b", "“no”"), title='x"y').html
    '<p title="x&quot;y">a &lt; b <b>“no”</b></p>'
    >>> element("a", "here", href="javascript:alert(1)", class_="x").html
    '<a class="x">here</a>'
    """
    opened = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(opened if name in _VOID else f"{opened}{join(*children).html}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if name in _ADDRESSES and not _SAFE_ADDRESS.match(value):
        return ""
    return f' {name}="{escape(without_controls(value))}"'


def join(*children: Child) -> Markup:
    """Return texts, mark-up and lists of them, one after the other; `None` is nothing.

    >>> join("1 < 2", None, [element("br"), "&"]).html
    '1 &lt; 2<br>&amp;'
    """
    return Markup("".join(map(_html, children)))


def _html(child: Child) -> str:
    if isinstance(child, str):
        return escape(without_controls(child), quote=False)
    if isinstance(child, Markup):
        return child.html
    return "" if child is None else "".join(map(_html, child))


def data_block(value: dict[str, Any]) -> Markup:
    """Return JSON-LD as an element that no browser runs."""
    return Markup(f'<script type="application/ld+json">{json_ld_text(value)}</script>')


def style(text: str) -> Markup:
    """Return a style sheet of our own, for a page that must be complete in itself."""
    return Markup(f"<style>{text}</style>")


def document(html: Markup) -> str:
    """Return a whole page."""
    return f"<!DOCTYPE html>\n{html.html}\n"
