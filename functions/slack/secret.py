"""Slack's signing secret: from the environment on a laptop, in AWS from SSM's Parameter Store, and cached."""

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
    """The secret that Slack signs with, and when it was last asked for because a signature did not fit."""

    def __init__(self) -> None:
        self._retried = 0.0

    def signs(self, body: bytes, timestamp: str, signed: str, now: float) -> bool:
        """Whether Slack signed exactly these bytes within the last five minutes, also with a secret that is new."""
        if signature.is_valid(body, timestamp, signed, self.value(), now):
            return True
        if not signature.is_fresh(timestamp, now) or not self._may_retry(now):
            return False
        return signature.is_valid(body, timestamp, signed, self.value(again=True), now)

    def value(self, *, again: bool = False) -> str:
        """Return the secret; `again` asks for it although it is cached."""
        now = settings.current()
        if now.slack_signing_secret:
            return now.slack_signing_secret
        if not now.slack_secret_parameter:
            raise Refused("set QUOTH_SLACK_SIGNING_SECRET, or QUOTH_SLACK_SECRET_PARAMETER to its name in SSM")
        return parameters.get_parameter(
            now.slack_secret_parameter, decrypt=True, force_fetch=again, max_age=CACHE_SECONDS
        )

    def _may_retry(self, now: float) -> bool:
        if settings.current().slack_signing_secret or now < self._retried + RETRY_SECONDS:
            return False
        self._retried = now
        return True
