"""The commands that ask an archive, search, verify, speakers, show and stats, and the one that lets others ask it."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from quoth import citation
from quoth.answers import build, export
from quoth.archive import Archive
from quoth.cli import render
from quoth.cli.terminal import (
    DONE,
    NOT_CONFIRMED,
    is_coloured,
    open_archive,
    print_json,
)

if TYPE_CHECKING:
    pass


def search(options: argparse.Namespace) -> int:
    """Print a page of hits, or its rows."""
    began = time.perf_counter()
    names = ("speaker", "publisher", "type", "language", "status", "from_", "to", "min_confidence", "sort", "facets")
    more = ("collapse", "fuzzy", "limit", "cursor")
    asked = {name: getattr(options, name) for name in (*names, *more)}
    page = _asked(options).search(" ".join(options.q) or None, **asked)
    took_ms = round((time.perf_counter() - began) * 1000)
    if options.format == "csv":
        print("".join(export.csv_lines(hit.quote for hit in page.hits)), end="")
    elif options.format == "jsonl":
        for hit in page.hits:
            print_json(build.to_json(build.hit(hit)))
    elif options.json:
        print_json(build.to_json(build.page(page, took_ms)))
    else:
        print(render.page(page, took_ms, colour=is_coloured()))
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Print the verdict on a remembered quote; the exit code says whether it is confirmed."""
    checked = _asked(options).verify(" ".join(options.text), options.speaker)
    if options.json:
        print_json(build.to_json(build.verification(checked)))
    else:
        print(render.verification(checked, colour=is_coloured()))
    found = checked.verification
    is_theirs = found.speaker_matches is True or options.speaker is None
    return DONE if found.verdict in ("exact", "near") and is_theirs else NOT_CONFIRMED


def speakers(options: argparse.Namespace) -> int:
    """Print the speakers, the most quoted first."""
    found = open_archive(options).speakers(options.prefix, options.limit)
    print_json(build.to_json(build.speakers(found))) if options.json else print(render.speakers(found))
    return DONE


def show(options: argparse.Namespace) -> int:
    """Print one quote with its context, or its citation."""
    detail = open_archive(options).detail(options.id)
    if options.format is not None:
        print(citation.FORMATS[options.format].cite(detail.quote, detail.edition.generation), end="")
    elif options.json:
        print_json(build.to_json(build.detail(detail)))
    else:
        print(render.detail(detail, colour=is_coloured()))
    return DONE


def stats(options: argparse.Namespace) -> int:
    """Print what the archive holds."""
    archive = _asked(options)
    coverage = archive.stats()
    if options.json:
        print_json({**build.to_json(build.coverage(coverage)), "store": archive.store.uri})
    else:
        print(render.coverage(coverage, archive.store.uri))
    return DONE


def serve(options: argparse.Namespace) -> int:
    """Answer the HTTP API until interrupted."""
    from functions.local import server  # the edge loads the library; this one command loads the edge

    return server.serve(options.store, options.port)


def _asked(options: argparse.Namespace) -> Archive:
    """Open the archive for a question, as it is or as it was."""
    archive = open_archive(options)
    return archive if options.as_of is None else archive.at(options.as_of)
