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
        if isinstance(stream, io.TextIOWrapper):  # a terminal without curly quotes shows \u201c
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
        return fail("stopped; committed changes stay, and running the command again continues", INTERRUPTED)
    except BrokenPipeError:  # the reader of the output, such as `head`, closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
