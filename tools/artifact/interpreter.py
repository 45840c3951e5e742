"""Provide an interpreter of the runtime's version: `python -m tools.artifact.interpreter 3.13 OUT`.

OUT becomes a small program that runs it: one that is installed, or Debian's, unpacked beside OUT with its own C library
and run by that, so that nothing is installed and any Linux will do. Without either the build stops.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

# The suite of Debian that has a version of Python.
SUITES = {"3.13": "trixie"}
MIRROR = "http://deb.debian.org/debian"  # what comes from it is signed, and apt checks that
# Debian's names of a machine: its architecture, the folder of its libraries, its loader.
MACHINES = {
    "x86_64": ("amd64", "x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    "aarch64": ("arm64", "aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"),
}
ABSENT = "no Python {version} is installed, and none can be unpacked here ({why}); install one, or say BYTECODE=0"


class NoInterpreter(Exception):
    """There is no interpreter of the version."""


def is_of(version: str, command: str) -> bool:
    """Whether a command runs an interpreter of a version; a shim may be on the path without one behind it."""
    script = "import py_compile, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([command, "-I", "-c", script], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


def find(version: str) -> str | None:
    """Return an installed interpreter of a version, if there is one."""
    candidates = (sys.executable, shutil.which(f"python{version}"))
    return next((command for command in candidates if command and is_of(version, command)), None)


def unpack(version: str, folder: Path) -> str:
    """Return a program that runs Debian's interpreter, unpacked in a folder; raises `NoInterpreter`."""
    if version not in SUITES or platform.machine() not in MACHINES or not shutil.which("apt-get"):
        raise NoInterpreter(ABSENT.format(version=version, why="this needs apt and a suite of Debian that has it"))
    architecture, libraries, loader = MACHINES[platform.machine()]
    root, apt = folder / "root", folder / "apt"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("state/lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [arch={architecture}] {MIRROR} {SUITES[version]} main\n", encoding="utf-8")
    options = {
        "Dir::State": apt / "state",
        "Dir::State::Status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "APT::Architecture": architecture,
        "APT::Sandbox::User": "root",  # else it cannot write into this folder
        "Acquire::Languages": "none",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    packages = ["libc6", "libexpat1", "zlib1g"]
    packages += [f"python{version}-minimal", f"libpython{version}-minimal", f"libpython{version}-stdlib"]
    _run(version, ["apt-get", "-q", *flags, "update"], folder)
    _run(version, ["apt-get", "-q", *flags, "download", *packages], folder)
    for package in sorted(folder.glob("*.deb")):
        _run(version, ["dpkg-deb", "-x", str(package), str(root)], folder)
    program = folder / "run"
    program.write_text(
        f'#!/bin/sh\nexport PYTHONHOME="{root}/usr"\n'
        f'exec "{root}/{loader}" --library-path "{root}/usr/lib/{libraries}" "{root}/usr/bin/python{version}" "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return str(program)


def _run(version: str, command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = (done.stderr.strip() or f"{command[0]} failed").splitlines()[-1]
        raise NoInterpreter(ABSENT.format(version=version, why=why))


def main() -> int:
    """Write the program that the command line names."""
    version, out = sys.argv[1], Path(sys.argv[2]).absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        interpreter = find(version) or unpack(version, out.parent / f"{out.name}.files")
    except NoInterpreter as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    out.write_text(f'#!/bin/sh\nexec "{interpreter}" "$@"\n', encoding="utf-8")
    out.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
