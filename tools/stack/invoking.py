"""Lambda's own API, as far as clients invoke functions: the Slack function invokes itself, a tester every function."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tools.stack.functions import EventTooLarge, LocalFunction, TooManyEvents
from tools.stack.moto.resources import EVENTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_ASYNCHRONOUS = 256 * 2**10  # bytes of an event that nobody waits for
_PATH = re.compile(r"/2015-03-31/functions/(?:[^/]*:function:)?(?P<name>\w+)(?::\$LATEST)?/invocations")

Answer = tuple[int, Any, dict[str, str]]


class InvokeApi:
    """The WSGI application; several threads may call it. Asynchronous events go into the queue of the function."""

    def __init__(self, functions: Mapping[str, LocalFunction], sqs: Any, urls: Mapping[str, str]) -> None:
        self._functions = functions
        self._sqs = sqs
        self._urls = urls

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        found = _PATH.fullmatch(environ["PATH_INFO"])
        if environ["REQUEST_METHOD"] != "POST" or found is None or found["name"] not in self._functions:
            status, value, headers = error(404, "ResourceNotFoundException", "there is no such function")
        else:
            kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
            status, value, headers = self._invoked(found["name"], environ["wsgi.input"].read(), kind)
        body = b"" if status == 202 else json.dumps(value).encode()
        told = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        start_response(f"{status} {HTTPStatus(status).phrase}", [*told.items()])
        return (body,)

    def _invoked(self, name: str, payload: bytes, kind: str) -> Answer:
        try:
            event = json.loads(payload or b"{}")
        except ValueError:
            return error(400, "InvalidRequestContentException", "the event is not JSON")
        if kind == "Event":
            if len(payload) > MAX_ASYNCHRONOUS:
                return error(413, "RequestTooLargeException", f"{len(payload):,} bytes")
            self._sqs.send_message(QueueUrl=self._urls[EVENTS + name], MessageBody=json.dumps(event))
            return 202, None, {}
        try:
            invocation = self._functions[name].invoke(event)
        except EventTooLarge as fault:
            return error(413, "RequestTooLargeException", str(fault))
        except TooManyEvents:
            return error(429, "TooManyRequestsException", "Rate Exceeded.")
        return 200, invocation.value, {"X-Amz-Function-Error": "Unhandled"} if invocation.is_failed else {}


def error(status: int, kind: str, text: str) -> Answer:
    """Return an error of Lambda's API."""
    return status, {"Type": "User", "Message": text}, {"X-Amzn-Errortype": kind}
