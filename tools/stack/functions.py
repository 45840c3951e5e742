"""The functions of the stack: for each a pool of emulators, one for every event at the same time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tools.stack.emulator import Emulator, EmulatorCrash
from tools.stack.template.declared import DeclaredFunction

MAX_EVENT = 6 * 2**20  # bytes, also of an answer: Lambda's limits for a synchronous invocation
PROCESSES = 4  # of one function; more events wait, since this machine has few cores
GRACE = 5.0  # seconds after a function's timeout, in which the emulator says so
_TIMED_OUT = b"Task timed out after"


class TooManyEvents(Exception):
    """The function has all its reserved concurrency: Lambda throttles."""


class EventTooLarge(Exception):
    """The event is larger than Lambda accepts."""


class Invocation(NamedTuple):
    """What an invocation returned, and whether it failed: then the value is Lambda's description of the error."""

    value: Any
    is_failed: bool


class LocalFunction:
    """A function of the template; several threads may invoke it."""

    def __init__(self, declared: DeclaredFunction, start: Callable[[], Emulator]) -> None:
        self.declared = declared
        self._start = start
        self._lock = threading.Lock()
        self._idle: list[Emulator] = []
        self._busy: list[Emulator] = []
        self._is_stopped = False
        limit = declared.concurrency
        self._is_reserved = limit is not None
        self._slots = threading.BoundedSemaphore(PROCESSES if limit is None else limit)

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Return the answer to an event; raises `EventTooLarge` and `TooManyEvents`."""
        payload = json.dumps(event).encode()
        if len(payload) > MAX_EVENT:
            raise EventTooLarge(f"{len(payload):,} bytes")
        if not self._slots.acquire(blocking=not self._is_reserved):
            raise TooManyEvents(self.declared.name)
        try:
            return self._invoke(payload)
        finally:
            self._slots.release()

    def _invoke(self, payload: bytes) -> Invocation:
        emulator = self._taken()
        try:
            invocation = parsed(emulator.invoke(payload, self.declared.timeout + GRACE))
        except EmulatorCrash as error:
            invocation = Invocation({"errorType": "Runtime.ExitError", "errorMessage": str(error)}, is_failed=True)
        self._return(emulator, is_broken=invocation.is_failed and _ends_process(invocation.value))
        return invocation

    def _taken(self) -> Emulator:
        with self._lock:
            if self._is_stopped:
                raise TooManyEvents(self.declared.name)
            emulator = self._idle.pop() if self._idle else self._start()
            self._busy.append(emulator)
            return emulator

    def _return(self, emulator: Emulator, *, is_broken: bool) -> None:
        with self._lock:
            is_known = emulator in self._busy  # else it was stopped meanwhile
            if is_known:
                self._busy.remove(emulator)
                if not is_broken:
                    self._idle.append(emulator)
        if is_known and is_broken:
            emulator.stop()

    def running(self) -> list[int]:
        """Return the processes that work on an event."""
        with self._lock:
            return [process for emulator in self._busy for process in emulator.runtime()]

    def forget(self) -> None:
        """End the idle instances, so that the next event is a cold start."""
        with self._lock:
            idle, self._idle = self._idle, []
        for emulator in idle:
            emulator.stop()

    def stop(self) -> None:
        """End all processes, also of events that have no answer yet."""
        with self._lock:
            self._is_stopped = True
            emulators, self._idle, self._busy = [*self._idle, *self._busy], [], []
        for emulator in emulators:
            emulator.stop()


def parsed(answer: bytes) -> Invocation:
    """Return the invocation that the emulator answered so; it says neither by a status nor by a header what failed.

    >>> parsed(b'{"statusCode": 200}')
    Invocation(value={'statusCode': 200}, is_failed=False)
    >>> parsed(b"Task timed out after 5.00 seconds").value["errorType"]
    'Sandbox.Timedout'
    """
    if answer.startswith(_TIMED_OUT):
        return Invocation({"errorType": "Sandbox.Timedout", "errorMessage": answer.decode()}, is_failed=True)
    if len(answer) > MAX_EVENT:
        message = f"the answer has {len(answer):,} bytes"
        return Invocation({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}, is_failed=True)
    try:
        value = json.loads(answer)
    except ValueError:
        return Invocation({"errorType": "Runtime.Unknown", "errorMessage": "not JSON"}, is_failed=True)
    is_failed = isinstance(value, dict) and {"errorType", "errorMessage"} <= value.keys()
    return Invocation(value, is_failed)


def _ends_process(error: Mapping[str, Any]) -> bool:
    return str(error["errorType"]).startswith(("Runtime.", "Sandbox."))


def environment_of(declared: DeclaredFunction, endpoints: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a function: that of the template, of Lambda, and the addresses of moto."""
    return {
        **declared.environment,
        "AWS_LAMBDA_FUNCTION_NAME": declared.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(declared.timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(declared.memory),
        **endpoints,
    }


class Artifacts(NamedTuple):
    """The folder of the functions' artifacts, that of Lambda's client of the runtime, and that of the logs."""

    code: Path
    client: Path
    logs: Path

    def of(self, name: str) -> Path:
        """Return the artifact of a function; raises `FileNotFoundError` if it is not built."""
        if not (self.code / name).is_dir():
            raise FileNotFoundError(f"{self.code / name} is missing; `make local` builds it")
        return self.code / name

    def start(self, declared: DeclaredFunction, endpoints: Mapping[str, str]) -> Emulator:
        """Start an instance of a function; it writes into the function's log."""
        with (self.logs / f"{declared.name}.log").open("ab") as log:
            folders = (self.of(declared.name), self.client)
            return Emulator(declared.handler, folders, environment_of(declared, endpoints), log)
