"""A handler that does what the body of its event says."""

import json
import os
import time


def handler(event, context):
    if "Records" in event:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
    asked = json.loads(event.get("body") or "{}")
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    if asked.get("exit"):
        os._exit(3)
    if asked.get("raise"):
        raise ValueError("as you like")
    if "bytes" in asked:
        return {"statusCode": 200, "body": "x" * asked["bytes"]}
    if "answer" in asked:
        return asked["answer"]
    told = {
        "route": event["routeKey"],
        "parameters": event.get("pathParameters"),
        "left": context.get_remaining_time_in_millis(),
        "memory": context.memory_limit_in_mb,
        "process": os.getpid(),
    }
    return {"statusCode": 200, "headers": {"X-Told": "yes"}, "cookies": ["a=1", "b=2"], "body": json.dumps(told)}
