"""Check that every Lambda artifact contains exactly the locked distributions, and that its handlers start.

`sam build` can report success for an artifact without a single dependency, and a wrong wheel only fails in Lambda, with
an import error. So `make check-artifact` compares each built artifact with requirements/runtime.txt and with the table
of what its function carries (contents.py). Then it starts the same artifact, built for this machine, in a clean
interpreter, each function with its own and nothing else: it imports the handler, makes the clients of AWS, and answers
searches from an empty store.

Standard library only: the check must not need the distributions that it checks.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from tools.artifact import contents

PYTHON = "3.13"  # a test compares it with the template
# What bytecode begins with: a number for each version of Python (Include/internal/pycore_magic_number.h).
MAGIC = {"3.11": 3495, "3.12": 3531, "3.13": 3571, "3.14": 3627}
UNCHECKED = 1  # the flags of bytecode that is valid whatever its source is (PEP 552)
MACHINE = "aarch64"
ELF_MACHINE = {"aarch64": 183, "x86_64": 62}
OURS = {"quoth", "functions"}
MAX_BYTES = 250 * 1024 * 1024  # Lambda's limit for an unzipped artifact
# Our own limits: people wait for the start of a search.
LIMITS = {"SearchFunction": 70_000_000}
SEARCH = "SearchFunction"

LAMBDA: Mapping[str, str] = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": MACHINE,
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}

# ------------------------------------------------------------------------------------------------- expected


def handlers(template: str) -> dict[str, str]:
    r"""Read the handler of every function, by logical id, from the text of template.yaml.

    It relies on the template's indentation: the standard library has no YAML parser.

    >>> handlers("Resources:\n  Search:\n    Properties:\n      Handler: functions.search.handler\n")
    {'Search': 'functions.search.handler'}
    """
    handlers: dict[str, str] = {}
    logical_id = ""
    for line in template.splitlines():
        if head := re.fullmatch(r"  (\w+):", line.split(" #")[0].rstrip()):
            logical_id = head[1]
        elif handler := re.match(r" {6}Handler: *([\w.]+)", line):
            handlers[logical_id] = handler[1]
    return handlers


def locked(requirements: str, environment: Mapping[str, str] = LAMBDA) -> dict[str, str]:
    r"""Read the names and versions in a lock that apply to an environment.

    >>> locked("tqdm==4.70.1 \\\n    --hash=sha256:ab\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n")
    {'tqdm': '4.70.1'}
    """
    pins: dict[str, str] = {}
    for line in requirements.splitlines():
        pin = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[.*\])?==(\S+)(?: *; *(.+?))? *\\?$", line)
        if pin and (pin[3] is None or applies(pin[3], environment)):
            pins[normal(pin[1])] = pin[2]
    return pins


def applies(marker: str, environment: Mapping[str, str] = LAMBDA) -> bool:
    """Whether an environment marker holds.

    The lock only has comparisons joined by `and` and `or`; any other marker is an error.

    >>> applies("python_full_version < '3.14' and sys_platform != 'win32'")
    True
    """
    return any(
        all(_holds(comparison.strip(), environment) for comparison in alternative.split(" and "))
        for alternative in marker.split(" or ")
    )


def _holds(comparison: str, environment: Mapping[str, str]) -> bool:
    parts = re.fullmatch(r"(\w+) *(==|!=|<=|>=|<|>) *'([^']*)'", comparison)
    if parts is None or parts[1] not in environment:
        raise ValueError(f"cannot read the marker {comparison!r}")
    name, operator, text = parts.groups()
    left, right = (_comparable(name, value) for value in (environment[name], text))
    return {
        "==": left == right,
        "!=": left != right,
        "<=": left <= right,
        ">=": left >= right,
        "<": left < right,
        ">": left > right,
    }[operator]


def _comparable(name: str, value: str) -> tuple[int | str, ...]:
    if not name.startswith("python_"):
        return (value,)
    numbers = [int(number) for number in value.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))  # 3.13 is 3.13.0


def normal(name: str) -> str:
    """Normalize a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


# -------------------------------------------------------------------------------------------------- present


def installed(artifact: Path) -> dict[str, str]:
    """List the distributions of an artifact with their versions."""
    return {normal(dist.name): dist.version for dist in metadata.distributions(path=[str(artifact)])}


def size(artifact: Path) -> int:
    """Add up the bytes of an artifact as Lambda counts them, unzipped."""
    return sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())


def faults(
    artifact: Path, handler: str, pins: Mapping[str, str], bytecode_of: str | None = None, limit: int = MAX_BYTES
) -> list[str]:
    """Return the faults of an artifact, a sentence each; none for a good one.

    It has bytecode of the version `bytecode_of` of Python, or none at all.
    """
    return [
        *_faults_of_versions(installed(artifact), pins),
        *_faults_of_handler(artifact, handler),
        *_faults_of_extensions(artifact),
        *_strays(artifact, {".*", "tests"} if bytecode_of else {".*", "tests", "__pycache__"}),
        *(_faults_of_bytecode(artifact, bytecode_of) if bytecode_of else ()),
        *_faults_of_size(size(artifact), limit),
    ]


def _faults_of_versions(present: Mapping[str, str], pins: Mapping[str, str]) -> Iterator[str]:
    for name, version in sorted(pins.items()):
        if name not in present:
            yield f"{name} {version} is locked but missing"
        elif present[name] != version:
            yield f"{name} is {present[name]}, the lock says {version}"
    for name in sorted(present.keys() - pins.keys()):
        yield f"{name} {present[name]} is present but not locked"


def _faults_of_handler(artifact: Path, handler: str) -> Iterator[str]:
    module = Path(*handler.split(".")[:-1]).with_suffix(".py")
    if not (artifact / module).is_file():
        yield f"{module.as_posix()} is missing for the handler {handler}"


def _faults_of_extensions(artifact: Path) -> Iterator[str]:
    """Yield compiled files that are not for Lambda's Python and processor, by their names and ELF headers."""
    built_for = f".cpython-{PYTHON.replace('.', '')}-{MACHINE}-"
    for path in sorted(artifact.rglob("*.so*")):
        name = path.relative_to(artifact).as_posix()
        with path.open("rb") as file:
            header = file.read(20)
        machine = int.from_bytes(header[18:20], "little") if header[:4] == b"\x7fELF" else None
        if ".cpython-" in path.name and built_for not in path.name:
            yield f"{name} is not built for Python {PYTHON} on {MACHINE}"
        elif machine != ELF_MACHINE[MACHINE]:
            yield f"{name} is not a library for {MACHINE}"


def _strays(artifact: Path, unwanted: Collection[str]) -> Iterator[str]:
    """Yield files of neither a locked distribution nor Quoth: tests, docs, an environment, half a checkout."""
    owned = set(OURS)
    for dist in metadata.distributions(path=[str(artifact)]):
        owned |= {file.parts[0] for file in dist.files or ()}
    for path in sorted(artifact.iterdir()):
        if path.name not in owned and (path.name != "__pycache__" or "__pycache__" in unwanted):
            yield f"{path.name} does not belong in an artifact"
    for package in sorted(OURS):
        for path in sorted((artifact / package).rglob("*")):
            if path.is_dir() and any(path.match(pattern) for pattern in unwanted):
                yield f"{path.relative_to(artifact).as_posix()}/ does not belong in an artifact"


def _faults_of_bytecode(artifact: Path, version: str) -> Iterator[str]:
    """Yield modules whose bytecode the runtime would ignore, without a word, to compile them at every cold start."""
    expected = MAGIC[version].to_bytes(2, "little") + b"\r\n" + UNCHECKED.to_bytes(4, "little")
    tag = f".cpython-{version.replace('.', '')}.pyc"
    compiled = set()
    for source in sorted(artifact.rglob("*.py")):
        bytecode = source.parent / "__pycache__" / f"{source.stem}{tag}"
        compiled.add(bytecode)
        name = source.relative_to(artifact).as_posix()
        if not bytecode.is_file():
            yield f"{name} has no bytecode of Python {version}"
            continue
        with bytecode.open("rb") as file:
            head = file.read(8)
        if head[:4] != expected[:4]:
            yield f"the bytecode of {name} is not of Python {version}"
        elif head[4:] != expected[4:]:
            yield f"the bytecode of {name} is only valid for the time of its source"
    for path in sorted(artifact.rglob("*.pyc")):
        if path not in compiled:
            yield f"{path.relative_to(artifact).as_posix()} is the bytecode of nothing here"


def _faults_of_size(total: int, limit: int) -> Iterator[str]:
    if total > limit:
        yield f"it has {total:,} bytes, the limit {'of Lambda ' if limit == MAX_BYTES else ''}is {limit:,}"


# ------------------------------------------------------------------------------------------------- starting

# Replaces Lambda's runtime: imports the handler, makes clients, calls the handler with events, prints the answers.
PROBE = """
import importlib, json, sys, types
artifact, name, events, services = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4:]
sys.path.insert(0, artifact)
module, attribute = name.rsplit(".", 1)
handler = getattr(importlib.import_module(module), attribute)
for service in services:
    import boto3
    boto3.client(service)
context = types.SimpleNamespace(
    function_name="check", function_version="$LATEST", memory_limit_in_mb=1769, aws_request_id="check",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:check",
    get_remaining_time_in_millis=lambda: 10_000)
answers = {file: handler(event, context) for file, event in events.items()}
print(json.dumps({"answers": {file: [a.get("statusCode"), a.get("body")] for file, a in answers.items()}}))
"""


def environment(store: str) -> dict[str, str]:
    """Return the environment that template.yaml gives the functions, with a fictitious account."""
    return {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "OPENBLAS_NUM_THREADS": "1",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "quoth",
        "QUOTH_EXPORT_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/quoth-exports",
        "QUOTH_AGENTS": "open",
        "QUOTH_INDEX_PAGES": "false",
        "QUOTH_INBOX_BUCKET": "quoth-inbox-123456789012-eu-west-1",
        "QUOTH_MOSTLY_READS": "true",
        "QUOTH_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/quoth",
        "QUOTH_PUBLIC_URL": "https://quotes.example.org",
        "QUOTH_SLACK_SECRET_PARAMETER": "/quoth/slack/signing-secret",
        "QUOTH_SLACK_SIGNING_SECRET": "",
        "QUOTH_SLACK_TEAMS": "",
        "QUOTH_STORE": store,
    }


def start(artifact: Path, handler: str, event_files: Iterable[Path] = (), services: Iterable[str] = ()) -> list[str]:
    """Import a handler from an artifact built for this machine, let it answer, and return the faults.

    With `-I -S` only the standard library and the artifact can be imported. An event must be answered with 200, or with
    404 if it requests one quote: the store is empty. `services` are those of AWS that the function has clients of.
    """
    events = {file.name: json.loads(file.read_text("utf-8")) for file in event_files}
    with tempfile.TemporaryDirectory(dir=artifact.parent) as store:
        process = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROBE, str(artifact), handler, json.dumps(events), *services],
            env=environment(f"file:{store}"),
            cwd=store,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    if process.returncode != 0:
        return [f"the handler does not start:\n{process.stderr.strip()}"]
    answers = json.loads(process.stdout.splitlines()[-1])["answers"]
    return [
        f"{file} was answered with {status}, not {expected}: {body}"
        for file, (status, body) in answers.items()
        if status != (expected := _expected_status(events[file]))
    ]


def _expected_status(event: Mapping[str, object]) -> int:
    return 404 if "id" in (event.get("pathParameters") or {}) else 200  # type: ignore[operator]


# ----------------------------------------------------------------------------------------------------- main


def check(root: Path, *, has_bytecode: bool = True) -> Iterator[str]:
    """Check a checkout after `make build`: print its artifacts, and yield the faults."""
    functions = handlers((root / "template.yaml").read_text("utf-8"))
    pins = locked((root / "requirements/runtime.txt").read_text("utf-8"))
    event_files = sorted((root / "events").glob("search-*.json"))
    if not event_files:
        yield "events/ has no search-*.json to start the search handler with"
    for logical_id, handler in functions.items():
        artifact = root / ".aws-sam/build" / logical_id
        own = {name: version for name, version in pins.items() if contents.carries(logical_id, name)}
        if not artifact.is_dir():
            yield f"{logical_id}: not built; run `make build` first"
            continue
        present = ", ".join(f"{name} {version}" for name, version in sorted(installed(artifact).items()))
        print(f"{logical_id}: {handler}, {size(artifact) / 1e6:.1f} MB, {present or 'no distributions'}")
        found = faults(artifact, handler, own, PYTHON if has_bytecode else None, LIMITS.get(logical_id, MAX_BYTES))
        services = sorted(contents.SERVICES) if contents.carries(logical_id, "boto3") else ()
        asked = event_files if logical_id == SEARCH else ()
        found += start(root / "build/lambda-host-functions" / logical_id, handler, asked, services)
        yield from (f"{logical_id}: {fault}" for fault in found)
    print(f"all {len(functions)} functions were started, each with its own artifact alone")


def main() -> int:
    """Check the checkout that contains this file."""
    failures = list(check(Path(__file__).resolve().parents[2], has_bytecode="--without-bytecode" not in sys.argv))
    for fault in failures:
        print(f"artifact: {fault}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
