"""Slack's signing secret: from the environment on a laptop, in AWS from SSM's Parameter Store, and cached.

While one secret replaces another, or one app another, both are valid: the parameter has the two, with a space between.
"""

from __future__ import annotations

from aws_lambda_powertools.utilities import parameters

from functions.http import signature
from functions.runtime import settings
from quoth.errors import Refused

CACHE_SECONDS = 300  # short, so that a leaked secret is soon worthless after its rotation
# A signature that does not fit may be of a new secret. It is asked for at once, but not more often than this, so that
# forged requests cannot make the function ask all the time.
RETRY_SECONDS = 30


class SigningSecret:
    """The secrets that Slack may sign with, and when they were last asked for because a signature did not fit."""

    def __init__(self) -> None:
        self._retried = 0.0

    def signs(self, body: bytes, timestamp: str, signed: str, now: float) -> bool:
        """Whether Slack signed exactly these bytes within the last five minutes, also with a secret that is new."""

        def is_signed(secrets: tuple[str, ...]) -> bool:
            return any(signature.is_valid(body, timestamp, signed, secret, now) for secret in secrets)

        if is_signed(self.values()):
            return True
        if not signature.is_fresh(timestamp, now) or not self._may_retry(now):
            return False
        return is_signed(self.values(again=True))

    def values(self, *, again: bool = False) -> tuple[str, ...]:
        """Return the secrets, at least one; `again` asks for them although they are cached."""
        now = settings.current()
        if now.slack_signing_secret:
            return _several(now.slack_signing_secret)
        if not now.slack_secret_parameter:
            raise Refused("set QUOTH_SLACK_SIGNING_SECRET, or QUOTH_SLACK_SECRET_PARAMETER to its name in SSM")
        return _several(
            parameters.get_parameter(now.slack_secret_parameter, decrypt=True, force_fetch=again, max_age=CACHE_SECONDS)
        )

    def _may_retry(self, now: float) -> bool:
        if settings.current().slack_signing_secret or now < self._retried + RETRY_SECONDS:
            return False
        self._retried = now
        return True


def _several(text: str) -> tuple[str, ...]:
    r"""Return the secrets in a text, with spaces between; raises `Refused` for none.

    >>> _several("8f742231b10e8888abcd99yyyzzz85a5\n")
    ('8f742231b10e8888abcd99yyyzzz85a5',)
    """
    secrets = tuple(text.split())
    if not secrets:  # anybody can sign with an empty one
        raise Refused("the signing secret of Slack is empty")
    return secrets
