"""A client of the running stack: signed and unsigned requests, and what is in its queues and its store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tools.stack.emulator import KEYS, REGION
from tools.stack.local import LocalStack
from tools.stack.moto import resources

PATIENCE = 60.0


class Received(NamedTuple):
    """A reply: status, headers with lower-case names, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.s3 = self.client("s3")

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, is_signed: bool = False, **headers: str
    ) -> Received:
        """Send one request; a keyword `content_type` is the header Content-Type."""
        url = self.stack.address + path
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if is_signed:
            told = signed(method, url, told, body)
        connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            return Received(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def search(self, words: str, **parameters: str) -> Any:
        reply = self.ask("GET", f"/v1/quotes?{urlencode({'q': words, **parameters})}")
        assert reply.status == 200, reply
        return reply.json

    def found(self, words: str) -> int:
        """How many quotes have all these words."""
        total: int = self.search(words, match="all")["total"]["value"]
        return total

    def post(self, text: str) -> dict[str, Any]:
        """Post an article of plain text, and return what is said about it."""
        reply = self.ask("POST", "/v1/articles", text.encode(), is_signed=True, content_type="text/plain")
        assert reply.status == 202, reply
        told: dict[str, Any] = reply.json
        return told

    def status(self, key: str) -> str:
        """What became of an article."""
        reply = self.ask("GET", f"/v1/articles/{key}", is_signed=True)
        assert reply.status == 200, reply
        status: str = reply.json["status"]
        return status

    def generation(self) -> int:
        told: int = self.ask("GET", "/v1/index").json["generation"]
        return told

    def keys(self, prefix: str) -> list[str]:
        (bucket,) = (made.name for made in self.stack.declared.buckets if "-store-" in made.name)
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def client(self, service: str) -> Any:
        """Return a client of Lambda's API or of moto."""
        address = self.stack.lambda_address if service == "lambda" else self.stack.moto.address
        return resources.client(service, address)

    def invoke(self, function: str, event: dict[str, Any], kind: str = "RequestResponse") -> Any:
        """Invoke a function through Lambda's API, and return its answer."""
        answer = self.client("lambda").invoke(
            FunctionName=function, InvocationType=kind, Payload=json.dumps(event).encode()
        )
        content = answer["Payload"].read()
        assert "FunctionError" not in answer, content
        return json.loads(content or b"null")

    def waiting(self, queue: str) -> tuple[int, int]:
        """How many messages of a queue are visible, and how many are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.stack.sqs.get_queue_attributes(QueueUrl=self.stack.urls[queue], AttributeNames=names)["Attributes"]
        visible, hidden = (int(told[name]) for name in names)
        return visible, hidden

    def take(self, queue: str) -> list[str]:
        """Take the messages from a queue."""
        url = self.stack.urls[queue]
        found = self.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]


def signed(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    secret: str = KEYS["AWS_SECRET_ACCESS_KEY"],
    service: str = "execute-api",
) -> dict[str, str]:
    """Return the headers of a request with its signature, which botocore makes."""
    request = AWSRequest(method, url, headers, body)
    SigV4Auth(Credentials(KEYS["AWS_ACCESS_KEY_ID"], secret), service, REGION).add_auth(request)
    return dict(request.headers.items())


def article(name: str, said: str, speaker: str = "Ada Okafor") -> str:
    """Return an article with one quote."""
    return f"The {name} talks\n\n“{said}” {speaker} said on Monday at the {name}.\n"


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.3)
