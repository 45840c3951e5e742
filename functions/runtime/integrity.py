"""What makes the alarm of damaged data ring.

A metric filter of template.yaml counts the log records that have the field `integrity`: that takes no call to AWS, no
code at a cold start, and no permission.
"""

from __future__ import annotations

from quoth.errors import Damaged


def field(error: Exception) -> dict[str, str]:
    """Return the field that a log record of this error carries; none unless stored bytes are damaged, or gone.

    >>> field(Damaged("segment 3f2a is gone, the manifest names it"))
    {'integrity': 'segment 3f2a is gone, the manifest names it'}
    """
    return {"integrity": str(error)} if isinstance(error, Damaged) else {}
