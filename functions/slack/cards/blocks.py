"""The parts of a message in Slack's Block Kit, and their limits.

Slack shows the text elements of `rich_text` and `plain_text` unparsed, and they are the only places for words of an
article: it can inject no mention, link, channel or format. Slack does parse the `text` of a message, which
notifications and screen readers use, so words in it are `inert`.

Source: docs.slack.dev, "Block Kit" reference; the length of a whole message is measured (slackapi/bolt-js#2509).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from quoth.answers.labels import one_line

MAX_BLOCKS = 50
MAX_MESSAGE = 13_000  # characters of JSON
MAX_BUTTON = 75  # characters of a label
MAX_VALUE = 2_000  # characters of a button's value
MAX_CONFIRMATION = 300  # characters of the text of a confirmation
MAX_NOTE = 200  # characters of an input field, our own limit

Element = dict[str, Any]
Message = dict[str, Any]

# Slack reads these before a letter as the beginning of a mention, a channel, an emoji, a format or an address.
_ACTIVE = re.compile(r"(?<=[@#:*_~`./])(?=\S)|(?=[*_~`])")
_ZERO_WIDTH = "\u200b"


def inert(text: str, limit: int | None = None) -> str:
    r"""Return a text that Slack shows as it is, where it parses: no mention, link, emoji or format.

    >>> inert("<!channel> R&B")
    '&lt;!channel&gt; R&amp;B'
    >>> inert("@here").encode("ascii", "namereplace")
    b'@\\N{ZERO WIDTH SPACE}here'
    """
    apart = _ACTIVE.sub(_ZERO_WIDTH, one_line(text, limit))
    return apart.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message(text: str, blocks: list[Element], **options: object) -> Message:
    """Return a message that only its reader sees, unless the options say otherwise; `text` must be `inert`."""
    plain = {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    return {"response_type": "ephemeral", **plain, "blocks": blocks, **options}


def length(value: object) -> int:
    """Return the characters of a message as it is sent."""
    return len(json.dumps(value, ensure_ascii=False))


def rich(*elements: Element) -> Element:
    """Return a block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Element) -> Element:
    """Return a paragraph of rich text."""
    return {"type": "rich_text_section", "elements": _filled(elements)}


def quotation(elements: list[Element]) -> Element:
    """Return a quotation of rich text."""
    return {"type": "rich_text_quote", "elements": _filled(elements)}


def preformatted(text: str) -> Element:
    """Return a text to copy, in rich text; only line breaks stay."""
    lines = (one_line(line) for line in text.splitlines())
    return {"type": "rich_text_preformatted", "elements": _filled([{"type": "text", "text": "\n".join(lines)}])}


def _filled(elements: Iterable[Element]) -> list[Element]:
    """Return the elements that show something: Slack rejects an empty text, and a paragraph without elements."""
    return [element for element in elements if element.get("text") != ""] or [text("—")]


def text(words: str, limit: int | None = None, *, bold: bool = False) -> Element:
    """Return a text of rich text, on one line."""
    element: Element = {"type": "text", "text": one_line(words, limit)}
    return {**element, "style": {"bold": True}} if bold else element


def link(url: str, label: str) -> Element:
    """Return a link of rich text."""
    return {"type": "link", "url": url, "text": label}


def button(action: str, label: str, value: str, *, style: str | None = None, confirm: Element | None = None) -> Element:
    """Return a button; Slack sends its value back when somebody presses it."""
    made: Element = {"type": "button", "action_id": action, "text": _plain(label), "value": value}
    made |= {} if style is None else {"style": style}
    return made if confirm is None else {**made, "confirm": confirm}


def confirmation(title: str, question: str, yes: str) -> Element:
    """Return the question that Slack asks before it sends what a button does."""
    return {
        "title": _plain(title),
        "text": _plain(one_line(question, MAX_CONFIRMATION)),
        "confirm": _plain(yes),
        "deny": _plain("Cancel"),
    }


def actions(block_id: str, *buttons: Element) -> Element:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def field(block_id: str, action: str, label: str, hint: str) -> Element:
    """Return an input field of one line; what is in it comes with the next button that is pressed."""
    element = {
        "type": "plain_text_input",
        "action_id": action,
        "max_length": MAX_NOTE,
        "placeholder": _plain(hint),
    }
    return {"type": "input", "block_id": block_id, "optional": True, "label": _plain(label), "element": element}


def _plain(words: str) -> Element:
    return {"type": "plain_text", "text": words, "emoji": False}
