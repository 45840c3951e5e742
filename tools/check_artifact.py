"""Does every Lambda artifact hold exactly what was locked, and does it start?

`sam build` can report success over an artifact without a single dependency, and a wrong wheel shows itself
only as an import error in Lambda. So `make check-artifact` reads each built artifact and compares it with
requirements/runtime.txt, then starts the same lock, built for this machine, in a clean interpreter: every
handler of template.yaml is imported, and searches are answered from an empty store.

Standard library only: nothing that is checked here may be needed to check it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

PYTHON = "3.13"
MACHINE = "aarch64"
ELF_MACHINE = {"aarch64": 183, "x86_64": 62}
OURS = {"quoth", "functions"}
MAX_BYTES = 250 * 1024 * 1024  # Lambda's limit for an unzipped artifact

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

# ------------------------------------------------------------------------------------- what should be there


def handlers(template: str) -> dict[str, str]:
    r"""Read the handler of every function, by logical id, from the text of template.yaml.

    By indentation, as our template is written: the standard library reads no YAML.

    >>> handlers("Resources:\n  Search:\n    Properties:\n      Handler: functions.search.handler\n")
    {'Search': 'functions.search.handler'}
    """
    found: dict[str, str] = {}
    logical_id = ""
    for line in template.splitlines():
        if head := re.fullmatch(r"  (\w+):", line.split(" #")[0].rstrip()):
            logical_id = head[1]
        elif handler := re.match(r" {6}Handler: *([\w.]+)", line):
            found[logical_id] = handler[1]
    return found


def locked(requirements: str, environment: Mapping[str, str] = LAMBDA) -> dict[str, str]:
    r"""Read names and versions from a lock, as far as they apply to an environment.

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

    Comparisons joined by `and` and `or` are all that our lock has; anything else is an error, never a guess.

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
    """Spell a distribution's name as every tool spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


# -------------------------------------------------------------------------------------------- what is there


def installed(artifact: Path) -> dict[str, str]:
    """List the distributions of an artifact with their versions."""
    return {normal(dist.name): dist.version for dist in metadata.distributions(path=[str(artifact)])}


def size(artifact: Path) -> int:
    """Add up the bytes of an artifact as Lambda counts them, unzipped."""
    return sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())


def faults(artifact: Path, handler: str, pins: Mapping[str, str]) -> list[str]:
    """Say in sentences what is wrong with an artifact; an empty list is a good one."""
    return [
        *_faults_of_versions(installed(artifact), pins),
        *_faults_of_handler(artifact, handler),
        *_faults_of_extensions(artifact),
        *_strays(artifact),
        *_faults_of_size(size(artifact)),
    ]


def _faults_of_versions(present: Mapping[str, str], pins: Mapping[str, str]) -> Iterator[str]:
    for name, version in sorted(pins.items()):
        if name not in present:
            yield f"{name} {version} is locked but missing"
        elif present[name] != version:
            yield f"{name} is {present[name]}, the lock says {version}"
    for name in sorted(present.keys() - pins.keys()):
        yield f"{name} {present[name]} is there but not locked"


def _faults_of_handler(artifact: Path, handler: str) -> Iterator[str]:
    module = Path(*handler.split(".")[:-1]).with_suffix(".py")
    if not (artifact / module).is_file():
        yield f"there is no {module.as_posix()} for the handler {handler}"


def _faults_of_extensions(artifact: Path) -> Iterator[str]:
    """Compiled files must be for Lambda's Python and processor, by their names and by their ELF headers."""
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


def _strays(artifact: Path) -> Iterator[str]:
    """What neither a locked distribution nor Quoth brought: tests, docs, an environment, half a checkout."""
    owned = set(OURS)
    for dist in metadata.distributions(path=[str(artifact)]):
        owned |= {file.parts[0] for file in dist.files or ()}
    for path in sorted(artifact.iterdir()):
        if path.name not in owned:
            yield f"{path.name} does not belong in an artifact"
    for package in sorted(OURS):
        for path in sorted((artifact / package).rglob("*")):
            if path.is_dir() and (path.name in {"tests", "__pycache__"} or path.name.startswith(".")):
                yield f"{path.relative_to(artifact).as_posix()}/ does not belong in an artifact"


def _faults_of_size(total: int) -> Iterator[str]:
    if total > MAX_BYTES:
        yield f"it has {total:,} bytes, Lambda takes {MAX_BYTES:,}"


# -------------------------------------------------------------------------------------------- does it start

# Stands where Lambda's runtime stands: imports every handler, gives search its events, prints the answers.
PROBE = """
import importlib, json, sys, types
artifact, names, events = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
sys.path.insert(0, artifact)
found = {}
for name in names:
    module, attribute = name.rsplit(".", 1)
    found[name] = getattr(importlib.import_module(module), attribute)
context = types.SimpleNamespace(
    function_name="check", function_version="$LATEST", memory_limit_in_mb=1769, aws_request_id="check",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:check",
    get_remaining_time_in_millis=lambda: 10_000)
answers = {file: found[name](event, context) for file, (name, event) in events.items()}
print(json.dumps({"answers": {file: [a.get("statusCode"), a.get("body")] for file, a in answers.items()}}))
"""


def environment(store: str) -> dict[str, str]:
    """Make the environment that template.yaml gives the functions, with an account that does not exist."""
    return {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "OPENBLAS_NUM_THREADS": "1",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "quoth",
        "QUOTH_INBOX_BUCKET": "quoth-inbox-123456789012-eu-west-1",
        "QUOTH_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/quoth",
        "QUOTH_SLACK_SECRET_PARAMETER": "/quoth/slack/signing-secret",
        "QUOTH_STORE": store,
    }


def start(artifact: Path, names: list[str], event_files: list[Path]) -> list[str]:
    """Import the handlers from an artifact built for this machine and let search answer; say what went wrong.

    `-I -S` leaves nothing but the standard library and the artifact to import from. An event `search-*.json`
    must be answered with 200, or with 404 if it asks for one quote: the store is empty.
    """
    search = "functions.search.handler"
    events = {file.name: (search, json.loads(file.read_text("utf-8"))) for file in event_files}
    with tempfile.TemporaryDirectory(dir=artifact.parent) as store:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROBE, str(artifact), json.dumps(names), json.dumps(events)],
            env=environment(f"file:{store}"),
            cwd=store,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    if done.returncode != 0:
        return [f"the handlers do not start:\n{done.stderr.strip()}"]
    answers = json.loads(done.stdout.splitlines()[-1])["answers"]
    return [
        f"{file} was answered with {status}, not {expected}: {body}"
        for file, (status, body) in answers.items()
        if status != (expected := _expected_status(events[file][1]))
    ]


def _expected_status(event: Mapping[str, object]) -> int:
    return 404 if "id" in (event.get("pathParameters") or {}) else 200  # type: ignore[operator]


# ----------------------------------------------------------------------------------------------------- main


def check(root: Path) -> Iterator[str]:
    """Check a checkout after `make build`; print what is there, yield what is wrong."""
    functions = handlers((root / "template.yaml").read_text("utf-8"))
    pins = locked((root / "requirements/runtime.txt").read_text("utf-8"))
    for logical_id, handler in functions.items():
        artifact = root / ".aws-sam/build" / logical_id
        if not artifact.is_dir():
            yield f"{logical_id}: not built; run `make build` first"
            continue
        present = ", ".join(f"{name} {version}" for name, version in sorted(installed(artifact).items()))
        print(f"{logical_id}: {handler}, {size(artifact) / 2**20:.0f} MB, {present or 'no distributions'}")
        yield from (f"{logical_id}: {fault}" for fault in faults(artifact, handler, pins))

    event_files = sorted((root / "events").glob("search-*.json"))
    if not event_files:
        yield "events/ has no search-*.json to start the search handler with"
    wrong = start(root / "build/lambda-host", list(functions.values()), event_files)
    yield from wrong
    if not wrong:
        names = ", ".join(file.name for file in event_files)
        print(f"all {len(functions)} handlers start from the lock alone; search answered {names}")


def main() -> int:
    """Check the checkout that this file lies in."""
    wrong = list(check(Path(__file__).resolve().parent.parent))
    for fault in wrong:
        print(f"artifact: {fault}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
