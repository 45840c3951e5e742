"""What each function carries: `python tools/artifact/contents.py ARTIFACT FUNCTION OUT` copies that from the whole.

The whole artifact has the lock and Quoth's two packages. A function gets those distributions that it may load on any
path through its code, without what no code of ours reaches in them. The table is written by hand, since any function
could reach all by way of the archive: `make check-artifact` starts each function with its own artifact alone, and lets
it answer.

Standard library only, and no module beside it: `sam build` runs it as a file.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

OURS = ("quoth", "functions")

# By their normal names. A search, and whatever reads the index: the engine, the models of parameters, the log, and the
# detector of languages for drafts without one.
READING = frozenset(
    """
    annotated-types aws-lambda-powertools cached-property jmespath msgspec numpy py3langid pydantic pydantic-core
    typing-extensions typing-inspection whoosh-reloaded
    """.split()
)
# Whatever writes to the store or a queue, reads a parameter, or invokes a function.
AWS = frozenset("boto3 botocore python-dateutil s3transfer six urllib3".split())
# What deflates new segments and originals.
WRITING = frozenset(("isal",))
# The command line has these.
NOWHERE = frozenset("colorama tqdm".split())

CARRIED: Mapping[str, frozenset[str]] = {
    "IngestFunction": READING | AWS | WRITING,
    "IndexerFunction": READING | AWS | WRITING,
    "SearchFunction": READING,  # it reads S3 by itself (S3ReadingStore)
    "ExportFunction": READING | AWS,
    "SlackFunction": READING | AWS,
    "ReportFunction": READING | AWS,
    "MaintainFunction": READING | AWS | WRITING,
}

# What no function reaches, by patterns of its path; `*` matches slashes.
LEFT_OUT = (
    # The tests, the stubs and the headers of others.
    "*/tests/*",
    "*.pyi",
    "numpy/_core/include/*",
    "numpy/_core/lib/*",
    "numpy/_core/_*tests.*.so",
    "numpy/_core/_simd.*.so",
    "numpy/conftest.py",
    # Parts of numpy that it loads when somebody names them.
    *(f"numpy/{part}/*" for part in ("_pyinstaller", "distutils", "f2py", "fft", "polynomial", "random", "testing")),
    "numpy/typing/*",
    # Powertools but for its log and its parameters; functions.http.router is the resolver.
    "aws_lambda_powertools/event_handler/*",
    *(
        f"aws_lambda_powertools/utilities/{part}/*"
        for part in """
        auth_alpha batch circuit_breaker data_classes data_masking feature_flags idempotency kafka parser streaming
        validation
        """.split()
    ),
    # Whoosh's own files, and its language of queries: segments and queries are ours.
    *(f"whoosh/{part}/*" for part in ("automata", "codec", "qparser")),
    *(f"whoosh/support/{part}.py" for part in ("base85", "bench", "charset", "pyparsing", "unicode")),
    # The command line, and the server of `quoth serve`.
    "quoth/cli/*",
    "functions/local/*",
    # boto3's objects, and examples for people.
    "boto3/data/*",
    "boto3/examples/*",
)
# The descriptions of services that a function has a client of; the others are 27 MB.
DATA = "botocore/data/"
SERVICES = frozenset(("lambda", "s3", "sqs", "ssm", "sts"))


def carries(function: str, distribution: str) -> bool:
    """Whether a function carries a distribution, by its normal name; any other function than ours carries all."""
    return distribution in CARRIED.get(function, READING | AWS | WRITING)


def is_left_out(path: str) -> bool:
    """Whether no function reaches a file, by its path in the artifact.

    >>> is_left_out("numpy/_core/tests/test_api.py"), is_left_out("botocore/data/ec2/2016-11-15/service-2.json.gz")
    (True, True)
    >>> is_left_out("botocore/data/s3/2006-03-01/service-2.json.gz"), is_left_out("botocore/data/endpoints.json")
    (False, False)
    """
    if path.startswith(DATA):
        service, slash, _ = path.removeprefix(DATA).partition("/")
        return bool(slash) and service not in SERVICES
    return any(fnmatch(path, pattern) for pattern in LEFT_OUT)


def files(whole: Path, function: str) -> Iterator[str]:
    """Yield the paths of a function's files in the whole artifact, their bytecode included."""
    unwanted: set[str] = set()
    kept: set[str] = set()
    for distribution in metadata.distributions(path=[str(whole)]):
        normal = distribution.name.replace("_", "-").replace(".", "-").lower()
        tops = {file.parts[0] for file in distribution.files or ()}
        (kept if carries(function, normal) else unwanted).update(tops)
    gone = unwanted - kept
    for path in sorted(whole.rglob("*")):
        name = path.relative_to(whole)
        judged = _source(name) if name.parent.name == "__pycache__" else name
        if path.is_file() and judged.parts[0] not in gone and not is_left_out(judged.as_posix()):
            yield name.as_posix()


def _source(bytecode: Path) -> Path:
    """Return the source of bytecode, which goes where its source goes.

    >>> _source(Path("quoth/__pycache__/article.cpython-313.pyc")).as_posix()
    'quoth/article.py'
    """
    return bytecode.parent.parent / f"{bytecode.name.partition('.')[0]}.py"


def copy(whole: Path, function: str, out: Path) -> None:
    """Copy a function's files; on one file system they are links."""
    for name in files(whole, function):
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(whole / name, target)
        except OSError:
            shutil.copy2(whole / name, target)


if __name__ == "__main__":
    copy(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
