"""A reader's browser: Chromium on `quoth serve`, and on a page elsewhere that embeds quotes.

Every test fails if its pages open a dialog, break their own Content-Security-Policy, ask another server for anything,
or throw an error that nobody catches.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quoth.archive import Archive, open_archive
from tests.support import newspaper
from tests.support.events import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

MISSING = "no Chromium: apt-get install --no-install-recommends chromium, or name one: make test-browser CHROMIUM=PATH"
# No sandbox: a container has none to give. The rest keeps Chromium from asking other servers.
ARGUMENTS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1180, "height": 900}

# Collected before any script of the page runs.
WATCH = "addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective}`))"


@dataclass(frozen=True)
class Served:
    """A running `quoth serve`, and its archive."""

    address: str
    archive: Archive

    def quote(self, words: str, **asked: Any) -> str:
        """Return the address of the page of the best quote for some words."""
        return f"{self.address}/q/{self.archive.search(words, **asked).hits[0].quote.id}"


@dataclass
class Elsewhere:
    """A server of another origin: its pages by path, which a test fills."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def serving(store: Path) -> Iterator[Served]:
    """Run `quoth serve` as its own process until the block ends."""
    command = [sys.executable, "-m", "quoth", "serve", "--store", f"file:{store}", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "index", ROOT)))}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        told = server.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found is not None, told
        try:
            yield Served(found[0], open_archive(f"file:{store}"))
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = site.pages.get(self.path)
            self.send_response(200 if text is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Elsewhere(f"http://localhost:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small archive of invented news."""
    store = tmp_path_factory.mktemp("browser") / "store"
    open_archive(f"file:{store}").add(newspaper.items())
    with serving(store) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.exit(MISSING, returncode=2)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        yield started
        started.close()


Open = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, served: Served, elsewhere: Elsewhere) -> Iterator[Open]:
    """Open a page of the archive, or a whole address, in a context of its own; keywords are those of the context."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    own = {served.address, elsewhere.origin}

    def visit(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH)
        page = context.new_page()

        def asked(request: Request) -> None:
            if not request.url.startswith((*own, "data:")):
                faults.append(f"asks elsewhere: {request.url}")

        def logged(message: ConsoleMessage) -> None:
            is_own = "Failed to load resource" in message.text  # Chromium's line for a 4xx, or without a network
            if message.type == "error" and not is_own:
                faults.append(f"logs: {message.text}")

        page.on("request", asked)
        page.on("console", logged)
        page.on("pageerror", lambda error: faults.append(f"throws: {error}"))
        page.on("dialog", lambda dialog: (faults.append(f"opens a dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(address if address.startswith("http") else f"{served.address}{address}")
        return page

    def also(address: str) -> None:
        own.add(address)

    visit.also = also  # type: ignore[attr-defined]
    yield visit
    for context in contexts:
        context.close()
    assert faults == []
