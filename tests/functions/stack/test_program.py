"""`make local` as a program: it says where it is, leaves nothing behind, and says why it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.functions.stack.visitor import until
from tools.stack.emulator import ROOT, free_port

pytestmark = pytest.mark.local

BUILT = (ROOT / "build/lambda-host-functions", ROOT / "build/emulator")


def program(logs: Path, *arguments: object, code: Path = BUILT[0]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.stack", code, BUILT[1], "--logs", logs, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def processes_of(port: int) -> list[int]:
    """Return the processes that know the address of a stack, whose variables name it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if re.search(rb"127\.0\.0\.1:%d\b|moto\.server\x00%d\b" % (port, port), told):
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_it_is_told_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port(beside=1)
    stack = program(tmp_path, "--port", port)
    assert stack.stderr is not None
    told = ""
    while "logs" not in told.rpartition("\n  ")[2]:
        line = stack.stderr.readline()
        assert line, told
        told += line
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/index") as reply:
        assert reply.status == 200
    assert f"http://127.0.0.1:{port + 1}" in told
    assert len(processes_of(port + 1)) >= 3, "moto, an emulator and its function"
    os.kill(stack.pid, number)
    _, rest = stack.communicate(timeout=30)
    assert stack.returncode == 0, rest
    assert "Traceback" not in rest
    until(lambda: processes_of(port + 1) == [], "every process has ended", seconds=5)
    for free in (port, port + 1):
        socket.create_server(("127.0.0.1", free)).close()


def test_it_says_which_port_is_taken(tmp_path: Path) -> None:
    for offset in (0, 1):
        port = free_port(beside=1) + offset
        with socket.create_server(("127.0.0.1", port)):
            stack = program(tmp_path, "--port", port - offset)
            _, told = stack.communicate(timeout=30)
        assert stack.returncode == 1
        assert told.startswith(f"quoth: cannot listen on 127.0.0.1:{port} (")
        assert told.count("\n") == 1


def test_it_says_what_is_not_built_and_what_the_template_has_not(tmp_path: Path) -> None:
    stack = program(tmp_path, code=tmp_path / "nothing")
    assert "nothing is missing; `make local` builds it" in stack.communicate(timeout=30)[1]
    (tmp_path / "empty").mkdir()
    stack = program(tmp_path, "--port", free_port(beside=1), code=tmp_path / "empty")
    told = stack.communicate(timeout=60)[1]
    assert re.fullmatch(r"quoth: \S+/empty/\w+Function is missing; `make local` builds it\n", told), told
    for parameter, why in (
        ("Reads=jwt", "needs the authorizer Readers"),
        ("Nonsense=1", "no parameter Nonsense"),
    ):
        stack = program(tmp_path, "--port", free_port(beside=1), "--parameter", parameter)
        told = stack.communicate(timeout=60)[1]
        assert (stack.returncode, why in told, told.count("\n")) == (1, True, 1), told
