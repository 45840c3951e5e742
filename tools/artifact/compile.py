"""Compile every module of an artifact to bytecode that is used without a look at its source.

The interpreter that runs this must be of the runtime's version: any other ignores the bytecode, without a word. The
usual bytecode is valid for the source's time of change, which archives and copies do not keep; then it is ignored, too.
So this one has the flag “unchecked”, and a source that is edited later is not read: compile last.
"""

from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode, PyCompileError, compile

TASK = "/var/task"  # where Lambda has the artifact: the paths of tracebacks, the same on every machine


def compile_all(artifact: Path) -> list[str]:
    """Compile the modules below a folder, and return the faults of those that are not Python."""
    faults = []
    for source in sorted(artifact.rglob("*.py")):
        try:
            compile(
                str(source),
                cfile=cache_from_source(str(source)),
                dfile=f"{TASK}/{source.relative_to(artifact).as_posix()}",
                doraise=True,
                invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            )
        except PyCompileError as error:
            faults.append(error.msg)
    return faults


def main() -> int:
    """Compile the artifact that the command line names; `VERSION` after it must be that of this interpreter."""
    artifact, version = Path(sys.argv[1]), sys.argv[2]
    if version != f"{sys.version_info.major}.{sys.version_info.minor}":
        print(f"bytecode for Python {version} cannot be made by {sys.version.split()[0]}", file=sys.stderr)
        return 1
    faults = compile_all(artifact)
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
