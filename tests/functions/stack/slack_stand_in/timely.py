"""The Slack function at the time of the committed events; what it sends to Slack is in its answer."""

import json
import os

from functions.runtime import reporting
from functions.slack import function, outbox


def handler(event, context):
    sent = []
    outbox.post = lambda url, message: sent.append(message)
    function.clock = reporting.clock = lambda: float(os.environ["SIGNED_AT"]) + 0.5
    response = function.handler(event, context)
    return {"status": response["statusCode"], "response": json.loads(response["body"]), "sent": sent}
