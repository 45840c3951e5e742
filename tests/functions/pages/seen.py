"""A page as a reader's program sees it: parsed, never matched as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass
class Seen:
    """An element with its attributes and what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Seen | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def __iter__(self) -> Iterator[Seen]:
        for child in self.children:
            if isinstance(child, Seen):
                yield child
                yield from child

    def all(self, name: str | None = None, /, **attributes: str) -> list[Seen]:
        """Return the elements with a name and with attributes; `class_` is one of an element's classes."""
        return [
            element
            for element in self
            if name in (None, element.name)
            and all(
                value in element.attributes.get("class", "").split()
                if key == "class_"
                else element.attributes.get(key.replace("_", "-")) == value
                for key, value in attributes.items()
            )
        ]

    def one(self, name: str | None = None, /, **attributes: str) -> Seen:
        (found,) = self.all(name, **attributes)
        return found

    def link(self, text: str) -> str:
        """Return where the first link with a text leads."""
        return next(a.attributes["href"] for a in self.all("a") if a.text.strip() == text)


class SeenPage(Seen):
    """A whole page; an element that is not closed as it was opened is an error."""

    def __init__(self, html: str) -> None:
        super().__init__("page")
        open_ = [self]

        class Parser(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                assert len(attrs) == len(dict(attrs)), f"an attribute of {tag} stands twice"
                element = Seen(tag, {name: value or "" for name, value in attrs})
                open_[-1].children.append(element)
                if tag not in VOID:
                    open_.append(element)

            def handle_endtag(self, tag: str) -> None:
                assert open_.pop().name == tag

            def handle_data(self, data: str) -> None:
                open_[-1].children.append(data)

        assert html.startswith("<!DOCTYPE html>\n<html lang=")
        Parser().feed(html)
        assert open_ == [self]
