"""When a failed message is delivered again.

The queue's own visibility timeout must exceed the longest work on a batch, an hour and a half, so it is no schedule for
retries. The indexer resets it for each failed message: to seconds after the first failure, to half an hour after the
fourth. All tries lie within an hour, so a permanent failure is soon a dead letter with an alarm; an operator sends dead
letters back to the queue after an outage that lasted longer.
"""

from __future__ import annotations

# The receives of a message before SQS makes it a dead letter: maxReceiveCount of template.yaml.
RECEIVES = 5
# The longest wait after the first failure; each wait is ten times the one before: 2, 20, 200 and 2,000 seconds.
FIRST_SECONDS = 2


def wait(receives: int, random: float) -> int:
    """Return the seconds until the next delivery of a message that was received so often, for a number in [0, 1).

    A wait lasts between half and all of its longest time: messages that failed together do not all return together.
    After its last receive a message has no try left. SQS makes it a dead letter when it would be received again, so it
    returns soon.

    >>> [wait(receives, 0.5) for receives in (1, 2, 3, 4, 5)]
    [2, 15, 150, 1500, 2]
    """
    earlier = receives - 1 if 1 <= receives < RECEIVES else 0
    longest = FIRST_SECONDS * 10.0**earlier
    return round(longest * (1 + random) / 2)
