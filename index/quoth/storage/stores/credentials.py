"""The keys of a function: in its environment, or behind an address that its environment names.

Lambda puts them into the environment. With SnapStart a snapshot of the function outlives them, so that Lambda names an
address of the machine instead, as for containers.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from quoth.errors import Unavailable
from quoth.storage.stores.connection import HttpConnection

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
# Keys are renewed so long before they expire.
MARGIN = 300.0
SECONDS = 2.0
_LOCAL = re.compile(r"localhost|127\.\d+\.\d+\.\d+|169\.254\.170\.(2|23)")


def has_keys(environment: Mapping[str, str]) -> bool:
    """Whether an environment has the keys of a function, or the address of a machine's own service that has them."""
    if all(environment.get(name) for name in NAMES):
        return True
    parts = urlsplit(environment.get(ADDRESS, ""))
    return parts.scheme == "http" and _LOCAL.fullmatch(parts.hostname or "") is not None


class Credentials:
    """The keys of a function at each moment, by the names that the environment has for them."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._environment = environment
        self._clock = clock
        self._keys: Mapping[str, str] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def current(self) -> Mapping[str, str]:
        """Return the keys; raises `Unavailable` if their service does not answer."""
        if self._environment.get(NAMES[0]):
            return self._environment  # read each time: Lambda renews them
        with self._lock:  # else each thread of a first read asks
            if self._clock() > self._until - MARGIN:
                self._keys, self._until = self._asked()
            return self._keys

    def forget(self) -> None:
        """Ask again for keys that do not come from the environment."""
        self._keys, self._until = {}, 0.0

    def _asked(self) -> tuple[Mapping[str, str], float]:
        parts = urlsplit(self._environment[ADDRESS])
        connection = HttpConnection(parts.hostname or "", parts.port or 80, SECONDS)
        headers = {"host": parts.netloc, "connection": "close"}
        if token := self._environment.get(TOKEN):
            headers["authorization"] = token
        try:
            reply = connection.get(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", headers)
            given = json.loads(reply.body)
            keys = {
                "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["Token"],
            }
            return keys, datetime.fromisoformat(given["Expiration"].replace("Z", "+00:00")).timestamp()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Not the error's words: those of JSON quote what they cannot read.
            raise Unavailable(f"the keys of this function are not available: {type(error).__name__}") from None
        finally:
            connection.close()
