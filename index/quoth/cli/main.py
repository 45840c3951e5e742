"""The command `quoth`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from quoth.cli import parser
from quoth.cli.terminal import BAD_USAGE, INTERRUPTED, OUTPUT_CLOSED, SOME_REFUSED, STORE_FAILED, fail
from quoth.errors import BadInput, BadQuery, NotFound, QuothError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without curly quotes shows \u201c
            stream.reconfigure(errors="backslashreplace")
    options = parser.parse(argv)
    code = OUTPUT_CLOSED
    try:
        code = _run(options)
        sys.stdout.flush()  # a short output reaches the pipe only here
    except BrokenPipeError:  # the reader of the output, such as `head`, closed it; a verdict that is known stands
        _give_up_closed_output()
    return code


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.run(options))
    except (BadQuery, NotFound) as error:
        return fail(str(error), BAD_USAGE)
    except BadInput as error:
        return fail(str(error), SOME_REFUSED)
    except QuothError as error:
        return fail(str(error), STORE_FAILED)
    except KeyboardInterrupt:
        return fail("stopped; committed changes stay, and running the command again continues", INTERRUPTED)


def _give_up_closed_output() -> None:
    """Send what is still in a buffer nowhere; the interpreter would fail to write it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
