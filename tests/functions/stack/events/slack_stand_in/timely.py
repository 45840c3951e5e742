"""The Slack function at the time of the committed events; what it sends to Slack is in its answer."""

import json

from functions.runtime import reporting
from functions.slack import function, outbox


def handler(event, context):
    sent = []
    outbox.post = lambda url, message: sent.append(message)
    signed = float(event["headers"]["x-slack-request-timestamp"])
    function.clock = reporting.clock = lambda: signed + 0.5
    response = function.handler(event, context)
    return {"status": response["statusCode"], "response": json.loads(response["body"]), "sent": sent}
