"""Moto's server as a process of its own: what this machine has of S3, SQS and SSM."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from types import TracebackType
from typing import IO, Self

from tools.stack.emulator import ROOT, free_port, wait_for


class Moto:
    """The process; all that it stores ends with it."""

    def __init__(self, output: IO[bytes] | int = subprocess.DEVNULL, port: int | None = None) -> None:
        port = free_port() if port is None else port
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tools.stack.moto.server", str(port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
        try:
            wait_for(port, self.process)
        except BaseException:
            self.stop()
            raise

    def hasten(self, seconds: int) -> None:
        """Let time pass in S3 and SQS."""
        with urllib.request.urlopen(f"{self.address}/hasten/{seconds}", data=b""):  # noqa: S310 - this machine
            pass

    def interpret(self, lambda_address: str) -> None:
        """Let moto run state machines, whose functions are at the address of Lambda's API."""
        port = lambda_address.rpartition(":")[2]
        with urllib.request.urlopen(f"{self.address}/lambda-at/{port}", data=b""):  # noqa: S310 - this machine
            pass

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
