"""The commands that query an archive (search, verify, speakers, show, stats), and those that serve it (serve, mcp)."""

from __future__ import annotations

import argparse
import sys
import time

from quoth import citation
from quoth.answers import build, export
from quoth.answers.rows import ROW_FORMATS
from quoth.cli import render, terminal
from quoth.cli.commands.check import write_receipt
from quoth.cli.terminal import (
    BAD_USAGE,
    DONE,
    NOT_CONFIRMED,
    fail,
    is_coloured,
    open_existing,
    open_generation,
    print_json,
)
from quoth.engine.query.filters import FILTERS


def search(options: argparse.Namespace) -> int:
    """Print a page of hits, as text, JSON or rows."""
    began = time.perf_counter()
    names = (*FILTERS, "sort", "facets", "facet_size", "collapse", "fuzzy", "match", "limit", "cursor")
    parameters = {name: getattr(options, name) for name in names}
    page = open_generation(options).search(" ".join(options.q) or None, **parameters)
    took_ms = round((time.perf_counter() - began) * 1000)
    if options.format is not None:
        print("".join(ROW_FORMATS[options.format].hits(page.rows, terminal.tag(options))), end="")
        if len(page.rows) < page.total:
            first, last = page.start + 1, page.start + len(page.rows)
            rows = f"row {first:,}" if first == last else f"rows {first:,} to {last:,}"
            fail(f"{rows} of {page.total:,}; `quoth export` gives all", DONE)
    elif options.json:
        print_json(build.to_json(build.page(page, took_ms)))
    else:
        print(render.page(page, took_ms, colour=is_coloured()))
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Print the verdict on a remembered quote; exit code 0 means confirmed."""
    result = open_generation(options).verify(" ".join(options.text), options.speaker)
    if options.receipt is not None:
        write_receipt(options.receipt, result)
    if options.json:
        print_json(build.to_json(build.verification(result)))
    else:
        print(render.verification(result, colour=is_coloured()))
    verification = result.verification
    speaker_matches = verification.speaker_matches is True or options.speaker is None
    return DONE if verification.verdict in ("exact", "near") and speaker_matches else NOT_CONFIRMED


def speakers(options: argparse.Namespace) -> int:
    """Print the speakers, the most quoted first."""
    result = open_generation(options).speakers(options.prefix, options.limit, options.by)
    if options.format is not None:
        print("".join(export.speaker_lines(result, terminal.tag(options))), end="")
    elif options.json:
        print_json(build.to_json(build.speakers(result)))
    else:
        print(render.speakers(result))
    return DONE


def show(options: argparse.Namespace) -> int:
    """Print one quote with its context, or its citation."""
    detail = open_generation(options).detail(options.id)
    if options.format is not None:
        print(citation.FORMATS[options.format].cite(detail.quote, detail.edition.generation), end="")
    elif options.json:
        print_json(build.to_json(build.detail(detail)))
    else:
        print(render.detail(detail, colour=is_coloured()))
    return DONE


def stats(options: argparse.Namespace) -> int:
    """Print the contents of the archive, in numbers."""
    archive = open_generation(options)
    coverage = archive.stats()
    if options.json:
        print_json({**build.to_json(build.coverage(coverage)), "store": archive.store.uri})
    else:
        print(render.coverage(coverage, archive.store.uri))
    return DONE


def serve(options: argparse.Namespace) -> int:
    """Serve the pages and the HTTP API until interrupted."""
    try:
        from functions.local import server  # functions/ imports the library; only this command imports functions/
    except ModuleNotFoundError as error:
        if error.name != "waitress":
            raise
        return fail('serve needs waitress, which an extra installs: pip install "quoth[serve]"', BAD_USAGE)
    return server.serve(options.store, options.port, options.public_url, options.host, options.allow_origin or ())


def mcp(options: argparse.Namespace) -> int:
    """Answer an agent over standard input and output until it closes them."""
    from functions.local import stdio  # as for `serve`

    stdio.serve(open_existing(options), options.public_url.rstrip("/"), sys.stdin.buffer, sys.stdout.buffer)
    return DONE
