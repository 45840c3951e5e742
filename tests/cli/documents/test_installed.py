"""The built wheel, installed by pipx: it has all that it needs, and nothing of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

import quoth
from demo.expectations import SAMPLE
from quoth.cli.commands.completion import SHELLS, script
from tests.house.test_packaging import built_wheel
from tests.support.events import ROOT

pytestmark = pytest.mark.install

BIN = ROOT / "build/install/bin"  # `make test-install` installs pipx, and fetches the locked wheels
WHEELS = ROOT / "build/install/wheels"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which quoth is installed, without an index and without this checkout on the path."""
    home = tmp_path_factory.mktemp("home")
    (wheel,) = [shutil.copy(built_wheel(tmp_path_factory.mktemp("source")), home)]
    options = ["--pip-args", f"--no-index --find-links {WHEELS}"]
    done = run(home, str(BIN / "pipx"), "install", *options, f"{wheel}[serve]")
    assert f"installed package quoth {quoth.__version__}" in done.stdout, done.stdout + done.stderr
    return home


def environment(home: Path) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "QUOTH_STORE")}
    places = {"HOME": str(home), "PIPX_HOME": str(home / "pipx"), "PIPX_BIN_DIR": str(home / "bin")}
    return {**known, **places, "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=home, env=environment(home), capture_output=True, text=True, check=False)


def test_the_command_finds_and_verifies(home: Path) -> None:
    shutil.copy(SAMPLE, home / "article.txt")
    assert run(home, "quoth", "--version").stdout == f"quoth {quoth.__version__}\n"
    assert run(home, "quoth", "index", "article.txt").stdout == "articles: 1 added; 6 quotes added\n"
    assert "Donald Trump" in run(home, "quoth", "search", "land", "swapping").stdout
    verified = run(home, "quoth", "verify", "He has approval to go to war and kill everybody", "--speaker", "Trump")
    assert verified.stdout.startswith("partial"), verified.stderr
    assert run(home, "quoth", "check", "article.txt").returncode in (0, 1)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completion_comes_with_it(home: Path, shell: str) -> None:
    assert run(home, "quoth", "completion", shell).stdout == script(shell)


def test_the_server_shows_its_pages(home: Path) -> None:
    command = ["quoth", "serve", "--store", "file:site", "--port", "0"]
    log = home / "log"
    with log.open("w") as output, subprocess.Popen(command, cwd=home, env=environment(home), stderr=output) as serving:
        try:
            for _ in range(300):
                if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
                    break
                time.sleep(0.1)
            assert found is not None, log.read_text()
            for path, part in (("/", b"<html"), ("/page.css", b"{"), ("/v1/openapi.json", b'"openapi":"3.1.0"')):
                with urlopen(found[0] + path) as answer:  # noqa: S310 -- the server above
                    assert part in answer.read()
        finally:
            serving.terminate()


def test_the_library_is_typed_and_only_there(home: Path) -> None:
    (python,) = home.glob("pipx/venvs/quoth/bin/python")
    told = run(home, str(python), "-c", "import quoth, functions; print(quoth.__file__, functions.__file__)").stdout
    assert [Path(one).is_relative_to(home) for one in told.split()] == [True, True]
    assert (Path(told.split()[0]).parent / "py.typed").exists()
