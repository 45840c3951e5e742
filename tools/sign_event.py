"""Sign a Slack event for `sam local invoke`: print the event with the current time and a new signature.

The secret is `QUOTH_SLACK_SIGNING_SECRET`, or by default the secret of the committed event; the invoked function must
have the same one.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from functions.http.signature import sign

EXAMPLE_SECRET = "an-example-and-no-secret"


def signed(event: dict[str, Any], timestamp: int, secret: str) -> dict[str, Any]:
    """Return a copy of the event as Slack would send it at `timestamp`."""
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    headers = {
        **event["headers"],
        "x-slack-request-timestamp": str(timestamp),
        "x-slack-signature": sign(body, timestamp, secret),
    }
    return {**event, "headers": headers}


if __name__ == "__main__":
    committed = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    secret = os.environ.get("QUOTH_SLACK_SIGNING_SECRET", EXAMPLE_SECRET)
    print(json.dumps(signed(committed, int(time.time()), secret), indent=2))
