"""A queue that delivers at least once, in no particular order."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from tests.storage.simulation.content import NewsMessage
from tests.storage.simulation.scheduler import Scheduler


class SimulatedQueue:
    """Messages, delivered until they are acknowledged, and sometimes after.

    A received message is hidden for `visibility` seconds. If that is less than a writer's life, two writers can work
    on the same message. With probability `echo`, an acknowledged message is delivered once more.
    """

    def __init__(self, scheduler: Scheduler, random: Random, *, visibility: float, echo: float) -> None:
        self._messages: dict[str, NewsMessage] = {}
        self._visible: dict[str, float] = {}
        self._scheduler = scheduler
        self._random = random
        self._visibility = visibility
        self._echo = echo
        self._delivered: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Whether every message has been acknowledged."""
        return not self._visible

    def send(self, messages: Iterable[NewsMessage]) -> None:
        """Add messages, visible at once."""
        for message in messages:
            self._messages[message.name] = message
            self._visible[message.name] = self._scheduler.now

    def receive(self, most: int) -> list[NewsMessage]:
        """Return at most `most` random visible messages, and hide them."""
        now = self._scheduler.now
        visible = [name for name, since in self._visible.items() if since <= now]
        chosen = self._random.sample(visible, min(most, len(visible)))
        for name in chosen:
            self._visible[name] = now + self._visibility
        self._scheduler.faults["duplicate delivery"] += len(self._delivered.intersection(chosen))
        self._delivered.update(chosen)
        self._scheduler.note("receive", " ".join(chosen), "ok")
        return [self._messages[name] for name in chosen]

    def redeliver(self, message: NewsMessage, seconds: float) -> None:
        """Deliver a message again after some seconds, also one that another writer has received meanwhile."""
        self._scheduler.note("redeliver", message.name, "ok")
        if message.name in self._visible:
            self._scheduler.faults["visibility reset"] += 1
            self._visible[message.name] = self._scheduler.now + seconds

    def acknowledge(self, message: NewsMessage) -> None:
        """Stop the delivery of a message, except for an echo. One that was sent later under its name stays."""
        self._scheduler.note("acknowledge", message.name, "ok")
        if self._messages[message.name] is not message:
            return
        if self._visible.pop(message.name, None) is not None and self._random.random() < self._echo:
            self._visible[message.name] = self._scheduler.now + self._random.choice((0.0, self._visibility))

    def settle(self) -> None:
        """Make all messages visible, and stop the echoes."""
        self._echo = 0.0
        self._visible = dict.fromkeys(self._visible, 0.0)
