"""The log field that triggers the alarm for damaged data.

A metric filter of template.yaml counts the log records with the field `integrity`: this needs no call to AWS, no code
at a cold start, and no permission.
"""

from __future__ import annotations

from quoth.errors import Damaged


def field(error: Exception) -> dict[str, str]:
    """Return the field for the log record of an error; none unless stored bytes are damaged or missing.

    >>> field(Damaged("segment 3f2a is gone, but the manifest names it"))
    {'integrity': 'segment 3f2a is gone, but the manifest names it'}
    """
    return {"integrity": str(error)} if isinstance(error, Damaged) else {}
