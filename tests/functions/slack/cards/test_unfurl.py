"""The link to a quote's page has a preview in Slack by the page's OpenGraph tags alone: no app, event or script."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from functions import search
from functions.local.events import LambdaContext
from functions.slack.cards import quote as quote_cards
from quoth.archive import Archive
from quoth.citation import facts
from tests.functions.slack.stand_in import leaves
from tests.support.events import http

SITE = "https://quotes.example.org"
# Slack's crawler reads so many bytes of a page (docs.slack.dev, "Unfurling links in messages", classic unfurling).
READ = 32 * 1024
CRAWLER = {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Range": f"bytes=0-{READ - 1}"}


def test_a_shared_quote_has_a_preview(workspace: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_PUBLIC_URL", SITE)
    quote = workspace.search("ceasefire").hits[0].quote
    shared = quote_cards.shared(quote, SITE, "U1")
    (address,) = (leaf["url"] for leaf in leaves(shared) if leaf["type"] == "link" and leaf["text"] == "page")
    answer = search.handler(http("GET", urlsplit(address).path, **CRAWLER), LambdaContext("search"))
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"].startswith("text/html")
    read = answer["body"].encode()[:READ].decode(errors="ignore")
    tags = {name: unescape(value) for name, value in re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', read)}
    assert tags["url"] == address
    assert (tags["type"], tags["site_name"]) == ("article", "Quoth")
    assert tags["title"].startswith(f"{facts.attributed(quote)}: “{quote.text[:20]}"), "with what is uncertain"
    assert quote.attribution.why[:30] in tags["description"]


def test_the_crawler_may_read_pages_of_quotes(workspace: Archive) -> None:
    rules = search.handler(http("GET", "/robots.txt", **CRAWLER), LambdaContext("search"))["body"]
    assert not re.search(r"^Disallow: /(q|\s*$)", rules, re.MULTILINE)
