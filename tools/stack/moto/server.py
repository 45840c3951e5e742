"""Moto in a server process: `python -m tools.stack.moto.server PORT`.

A POST to /lambda-at/PORT lets moto interpret state machines, which find Lambda's API at that port.

A POST to /hasten/SECONDS lets so much time pass in S3 and SQS, at once: a test need not wait an hour and a half until a
message is visible again, nor an hour until the collector deletes an object.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HASTEN = re.compile(r"/hasten/(?P<seconds>\d+)")
_LAMBDA = re.compile(r"/lambda-at/(?P<port>\d+)")


class HastenedClock:
    """The time of moto, which is ahead of ours by the seconds of all requests to hasten."""

    def __init__(self) -> None:
        self.ahead = 0

    def install(self) -> None:
        """Let S3 and SQS read this clock."""
        from moto.core.utils import unix_time_millis, utcnow
        from moto.s3 import models as s3
        from moto.sqs import models as sqs

        def later(dt: datetime | None = None) -> float:
            return unix_time_millis(dt) if dt else unix_time_millis() + 1000.0 * self.ahead

        s3.utcnow = lambda: utcnow() + timedelta(seconds=self.ahead)  # type: ignore[attr-defined]
        sqs.unix_time_millis = later  # type: ignore[attr-defined]

    def answering(self, application: WSGIApplication) -> WSGIApplication:
        """Return the application with the address that hastens."""

        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            asked = _HASTEN.fullmatch(environ["PATH_INFO"])
            if asked is None:
                return application(environ, start_response)
            self.ahead += int(asked["seconds"])
            return Response(status=204)(environ, start_response)

        return answer


def interpreting(application: WSGIApplication, own_port: int) -> WSGIApplication:
    """Return the application with the address that lets it interpret state machines."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = _LAMBDA.fullmatch(environ["PATH_INFO"])
        if asked is None:
            return application(environ, start_response)
        _interpret(own_port, int(asked["port"]))
        return Response(status=204)(environ, start_response)

    return answer


def _interpret(own_port: int, lambda_port: int) -> None:
    """Let the clients of moto's interpreter find moto here, and Lambda at its own port.

    Through this server they would wait for ever: it answers one request at a time, and a function reads S3 meanwhile.
    """
    import boto3
    from moto.core.config import default_user_config
    from moto.stepfunctions.parser.asl.utils import boto_client

    def client(service_name: str, **options: Any) -> Any:
        if service_name == "lambda":
            options["endpoint_url"] = f"http://127.0.0.1:{lambda_port}"
        make: Any = boto3.client
        return make(service_name, **options)

    os.environ["MOTO_PORT"] = str(own_port)
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    vars(boto_client)["boto3"] = SimpleNamespace(client=client)


def main(port: int) -> None:
    """Serve until the process is ended."""
    # Imported here, since pytest imports every module for its examples, but only the proofs install moto's server.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    clock = HastenedClock()
    clock.install()

    class Quiet(WSGIRequestHandler):
        """Logs no request, and dates each answer by the clock of S3."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

        def date_time_string(self, timestamp: Any = None) -> str:
            return super().date_time_string((time.time() if timestamp is None else timestamp) + clock.ahead)

    # One request at a time: moto compares and swaps in two steps, while S3 promises one atomic step.
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, clock.answering(interpreting(application, port)), request_handler=Quiet)


if __name__ == "__main__":
    main(int(sys.argv[1]))
