"""Side effects that the edges supply, so that tests can replay every flow: ids, randomness, waiting, a clock."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Effects(msgspec.Struct, frozen=True):
    """The effects a flow may have besides its store.

    `new_id` returns an id never returned before, `random` a number in [0, 1). `sleep` waits for seconds. `clock`
    returns seconds since 1970 by this process's own clock: no two processes agree on them to the second.
    """

    new_id: Callable[[], str]
    random: Callable[[], float]
    sleep: Callable[[float], None]
    clock: Callable[[], float]
