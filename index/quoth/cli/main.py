"""The command `quoth`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from quoth.cli import parser
from quoth.cli.terminal import BAD_USAGE, DONE, INTERRUPTED, SOME_REFUSED, STORE_FAILED, fail
from quoth.errors import BadInput, BadQuery, NotFound, QuothError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no curly marks shows \u201c
            stream.reconfigure(errors="backslashreplace")
    options = parser.build().parse_args(argv)
    try:
        return int(options.run(options))
    except (BadQuery, NotFound) as error:
        return fail(str(error), BAD_USAGE)
    except BadInput as error:
        return fail(str(error), SOME_REFUSED)
    except QuothError as error:
        return fail(str(error), STORE_FAILED)
    except KeyboardInterrupt:
        return fail("stopped; what is committed stays, and running the command again goes on", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
