"""Run by `make audit`: check every locked version against the advisories of OSV (https://osv.dev).

OSV has the advisories of PyPI, GitHub and others in one format, and answers for a whole lock in one request without an
account. pip-audit asks the same source, but would itself be a dozen more packages to lock.

Exit codes: 0 no advisory is known, 1 there are advisories, 3 the source was not reached, so nothing was checked. With
`--optional` that is 0 too, for a machine without a network; the output says the same.

Standard library only: the check must not need the distributions that it checks.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.artifact.check import normal

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "https://api.osv.dev/v1/querybatch"
MOST = 1_000  # queries in one request, OSV's limit
TIMEOUT = 20.0  # seconds
NONE_KNOWN, SOME_KNOWN, NOT_REACHED = 0, 1, 3

Pin = tuple[str, str]


class NotReached(Exception):
    """The source of advisories did not answer, or not as documented."""


def pins(locks: Mapping[str, str]) -> dict[Pin, list[str]]:
    r"""Return each locked name and version, whatever its marker, with the locks that have it.

    >>> pins({"a.txt": "Tqdm==4.70.1 \\\n", "b.txt": "tqdm==4.70.1 ; sys_platform == 'win32' \\\n"})
    {('tqdm', '4.70.1'): ['a.txt', 'b.txt']}
    """
    found: dict[Pin, list[str]] = {}
    for lock, text in locks.items():
        for name, version in re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[.*\])?==(\S+)", text, re.MULTILINE):
            found.setdefault((normal(name), version), []).append(lock)
    return found


def advisories(wanted: Sequence[Pin], source: str = SOURCE) -> dict[Pin, list[str]]:
    """Return the ids of the advisories about each version that has any; raises `NotReached`."""
    known: dict[Pin, list[str]] = {}
    for start in range(0, len(wanted), MOST):
        part = wanted[start : start + MOST]
        queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in part]
        results = _ask(source, {"queries": queries}).get("results")
        if not isinstance(results, list) or len(results) != len(part):
            raise NotReached(f"{source} did not answer every query")
        for pin, result in zip(part, results, strict=True):
            if found := result.get("vulns"):
                known[pin] = [advisory["id"] for advisory in found]
    return known


def _ask(source: str, question: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(source, json.dumps(question).encode(), headers)  # noqa: S310 - see below
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - https, or the server of a test
            value = json.load(answer)
    except (OSError, ValueError) as error:
        raise NotReached(f"{source}: {getattr(error, 'reason', error)}") from error
    if not isinstance(value, dict):
        raise NotReached(f"{source} did not answer with an object")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the locks, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description="check the locked versions against known advisories")
    parser.add_argument("--source", default=SOURCE, help="the address of OSV's batch query (default: %(default)s)")
    parser.add_argument("--optional", action="store_true", help="succeed if the source cannot be reached")
    options = parser.parse_args(arguments)
    locked = pins({path.name: path.read_text("utf-8") for path in sorted((ROOT / "requirements").glob("*.txt"))})
    try:
        known = advisories(sorted(locked), options.source)
    except NotReached as error:
        print(f"audit: nothing was checked: the advisories cannot be reached ({error})", file=sys.stderr)
        return NONE_KNOWN if options.optional else NOT_REACHED
    for (name, version), ids in sorted(known.items()):
        print(
            f"{name} {version} ({', '.join(locked[name, version])}): {', '.join(sorted(ids))}; see https://osv.dev/ID"
        )
    print(f"audit: {len(locked)} locked versions checked, {len(known)} with advisories")
    return SOME_KNOWN if known else NONE_KNOWN


if __name__ == "__main__":
    sys.exit(main())
