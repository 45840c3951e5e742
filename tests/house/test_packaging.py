"""The locks pin packages without their sources; the wheel contains every file of both packages."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.artifact.check import locked, normal

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
TOOL_FILES = sorted(
    {
        *LOCKS,
        ROOT / "Makefile",
        *ROOT.glob("*.txt"),
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.lock"),
        *ROOT.glob("*.cfg"),
    }
)


def lock(name: str) -> dict[str, str]:
    return locked((ROOT / "requirements" / name).read_text("utf-8"))


def named(requirements: list[str]) -> set[str]:
    """The package names in a list of requirements, without versions and extras."""
    return {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}


@pytest.mark.parametrize("file", TOOL_FILES, ids=lambda file: file.name)
def test_no_file_says_where_packages_come_from(file: Path) -> None:
    """An index address or a local path would tie every user to the machine that made the lock."""
    where = r"(?<![\w-])(--index-url|--extra-index-url|--find-links|--trusted-host|-i\s+http|-f\s+\S)|file:/"
    lines = file.read_text("utf-8").splitlines()
    assert [line for line in lines if re.search(where, line)] == []


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_is_names_versions_and_hashes_alone(file: Path) -> None:
    text = file.read_text("utf-8")
    pin = re.compile(r"^[a-z0-9][\w.-]*==\S+( ; .+)? \\$")
    entries = [line for line in text.splitlines() if not line.startswith(("#", "    --hash=sha256:"))]
    assert [line for line in entries if not pin.match(line)] == []
    assert text.count("\n    --hash=sha256:") >= len(entries) > 0
    assert "make lock" in text.splitlines()[1]


def test_development_has_the_runtime_that_is_deployed() -> None:
    """Tests with other versions than on Lambda would prove nothing."""
    assert lock("runtime.txt").items() <= lock("dev.txt").items()
    assert lock("build.txt").items() <= lock("dev.txt").items()


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    groups = PYPROJECT["dependency-groups"]
    strings = {name: [item for item in items if isinstance(item, str)] for name, items in groups.items()}
    assert named(PYPROJECT["project"]["dependencies"]) <= lock("runtime.txt").keys()
    assert named(strings["dev"]) <= lock("dev.txt").keys()
    assert named(strings["build"]) <= lock("build.txt").keys()
    assert named(strings["sam"]) <= lock("sam.txt").keys()
    assert named(strings["checkov"]) <= lock("checkov.txt").keys()


def test_the_runtime_is_the_one_that_was_measured() -> None:
    runtime = lock("runtime.txt")
    assert runtime["whoosh-reloaded"] == "2.7.5"
    assert runtime["numpy"].startswith("2.4.")


def test_lambda_gets_no_tool_of_development() -> None:
    assert not lock("runtime.txt").keys() & {
        "pytest",
        "hypothesis",
        "moto",
        "mypy",
        "ruff",
        "setuptools",
        "pip",
    }


def test_lambda_has_no_server_and_everybody_else_has_the_locked_one() -> None:
    """`make demo`, `make local` and the tests install serve.txt; the artifact is runtime.txt."""
    runtime, serve = lock("runtime.txt"), lock("serve.txt")
    assert (
        named(PYPROJECT["project"]["optional-dependencies"]["serve"]) == serve.keys() - runtime.keys() == {"waitress"}
    )
    assert runtime.items() <= serve.items() <= lock("dev.txt").items()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.findall(r"-r requirements/(runtime|serve)\.txt", makefile) == ["serve", "runtime", "runtime"]
    assert re.findall(r"--target build/(\S+) -r requirements/runtime\.txt", makefile) == [
        "lambda-deps",
        "lambda-host-deps",
    ]


def built_wheel(tmp_path: Path) -> Path:
    """Build the wheel from copies of both packages in a folder; return its path."""
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("index", "functions"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    wheels = tmp_path / "wheels"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*command, "--wheel-dir", wheels, tmp_path], check=True, capture_output=True, cwd=tmp_path)

    [wheel] = wheels.glob("quoth-*.whl")
    return wheel


@pytest.mark.prove
def test_the_wheel_holds_every_file_of_both_packages(tmp_path: Path) -> None:
    """Tables and pages are data files: a file type missing in pyproject.toml would show only after installation."""
    wheel = built_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    written = {
        path.relative_to(source_root).as_posix()
        for source_root, package in ((tmp_path / "index", "quoth"), (tmp_path, "functions"))
        for path in (source_root / package).rglob("*")
        if path.is_file()
    }
    assert packed == written
    assert "quoth/py.typed" in packed
