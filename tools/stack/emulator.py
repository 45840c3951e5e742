"""Lambda's Runtime Interface Emulator, which the wheel of the SAM CLI brings: a process for each instance.

An emulator answers one event at a time; a second one at the same time ends its process. So does Lambda's own model: an
instance has one event, and another event gets another instance (`tools.stack.functions`).
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from random import SystemRandom
from typing import IO, Literal

ROOT = Path(__file__).resolve().parents[2]
REGION: Literal["eu-west-1"] = "eu-west-1"
# moto accepts every key.
KEYS = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": REGION}
INVOKE = "/2015-03-31/functions/function/invocations"
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}
WAIT = 60.0  # seconds until a server listens


def free_port(beside: int = 0) -> int:
    """Return a port that nobody listens on, nor on the `beside` ones after it; below the ports that clients get."""
    while True:
        first = SystemRandom().randrange(20_000, 32_000)
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + beside + 1):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens on a port; raises `ChildProcessError` if it ends before."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ChildProcessError(f"a process ended with {process.returncode} before it listened on port {port}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.002)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")


def program() -> Path:
    """Return the emulator of this machine; raises `FileNotFoundError` where the SAM CLI is not installed."""
    name = f"aws-lambda-rie-{MACHINES.get(platform.machine(), platform.machine())}"
    for path in (ROOT / ".venv-sam").glob(f"lib/python3*/site-packages/samcli/local/rapid/{name}"):
        return path
    raise FileNotFoundError(f".venv-sam has no {name}; `make validate` installs the SAM CLI")


def children(process: int) -> list[int]:
    """Return the processes that any thread of a process has started."""
    found = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            found += [int(child) for child in tasks.read_text("ascii").split()]
    return found


class EmulatorCrash(Exception):
    """The emulator gave no answer."""


class Emulator:
    """One instance of a function: the emulator, and the process that it starts at the first event.

    `folders` are those of the modules: the artifact first, then Lambda's client of the runtime.
    """

    def __init__(
        self,
        handler: str,
        folders: Sequence[Path],
        environment: Mapping[str, str],
        output: IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        self._port = free_port(beside=1)
        command = [str(program()), "--log-level", "error"]
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{self._port + 1}"]
        # -S and -s: of this environment only the standard library is there.
        command += [sys.executable, "-S", "-s", "-m", "awslambdaric", handler]
        given = {
            **KEYS,
            "AWS_REGION": REGION,
            "LAMBDA_TASK_ROOT": str(folders[0]),
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's folder is read-only
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            **environment,
        }
        # A session of its own, so that Ctrl-C reaches the stack only, which lets requests end first.
        self._process = subprocess.Popen(
            command, cwd=folders[0], env=given, stdout=output, stderr=output, start_new_session=True
        )
        try:
            wait_for(self._port, self._process)
        except BaseException:
            self.stop()
            raise

    def invoke(self, event: bytes, seconds: float) -> bytes:
        """Return the answer to an event; raises `EmulatorCrash` if there is none within so many seconds."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{INVOKE}", data=event)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310 - this machine
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:  # the function's process has ended
            return error.read()
        except OSError as error:
            raise EmulatorCrash(str(error)) from error
        return answer

    def runtime(self) -> list[int]:
        """Return the process of the function, once an event has started it."""
        return children(self._process.pid)

    def stop(self) -> None:
        """End both processes."""
        with suppress(OSError):
            for process in (*self.runtime(), self._process.pid):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
