"""Run a command, say what CPU it cost, and fail if that was too much: `python -m tools.cpu_limit 150 make test`.

Counted are the command and all processes under it that somebody waited for. That is much the same however busy the
machine is; time by the clock is not.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Return the command's own status, or 1 if it succeeded at too high a cost."""
    limit, *command = arguments
    status = subprocess.run(command, check=False).returncode
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = spent.ru_utime + spent.ru_stime
    print(f"CPU: {seconds:.0f} s of {limit}", flush=True)
    if seconds <= float(limit):
        return status
    print(
        f"make: a whole run of the tests may cost {limit} s of CPU. Make the new tests cheaper, or mark them `prove`"
        " (see CONTRIBUTING.md). On a slow machine say so: make test CPU_LIMIT=300",
        file=sys.stderr,
    )
    return status or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
