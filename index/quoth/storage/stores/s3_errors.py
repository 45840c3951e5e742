"""What S3's errors mean to a caller, whichever client has met them."""

from __future__ import annotations

from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable

# 409 (ConditionalRequestConflict, OperationAborted): two conditional writes collided. Like 412, it means: read again
# and re-apply.
_CONFLICT = frozenset("412 PreconditionFailed 409 ConditionalRequestConflict OperationAborted".split())
_MISSING = frozenset({"404", "NoSuchKey"})
_REFUSED = frozenset(
    "403 AccessDenied InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken"
    " NoSuchBucket 301 PermanentRedirect AuthorizationHeaderMalformed".split()
)


def translated(uri: str, key: str, code: str, status: str) -> QuothError:
    """Return the error of this library for an error of S3 at a store."""
    if code in _CONFLICT or status in _CONFLICT:
        return Conflict(f"{key} has changed")
    if code in _MISSING:
        return NotFound(f"{key} is not in {uri}")
    if code in _REFUSED:
        return Refused(f"{uri}: {code} for {key}; check the bucket's name, region and permissions")
    return Unavailable(f"{uri}: {code} for {key}")
