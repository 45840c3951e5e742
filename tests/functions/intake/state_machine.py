"""Step Functions on this machine: moto's interpreter of state machines, which calls real handlers for Lambda."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Invoke = Callable[[str, dict[str, Any]], Any]

_INVOCATION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


class StateMachineServer:
    """Moto's server, whose Lambda is `invoke`: it gets the function's ARN and the event, and returns the payload.

    What it raises is an error of the function, by the name of its class.
    """

    def __init__(self, moto: WSGIApplication, invoke: Invoke) -> None:
        self._moto, self._invoke = moto, invoke

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        match = _INVOCATION.fullmatch(environ["PATH_INFO"])
        if match is None:
            return self._moto(environ, start_response)
        event, headers = json.loads(Request(environ).get_data()), {}
        try:
            payload = self._invoke(match["function"], event)
        except Exception as error:
            payload = {"errorType": type(error).__name__, "errorMessage": str(error)}
            headers = {"x-amz-function-error": "Unhandled"}
        return Response(json.dumps(payload), 200, headers=headers)(environ, start_response)


@contextmanager
def serving(port: int, invoke: Invoke) -> Iterator[str]:
    """Serve on a port of this machine, and yield the address; moto reads its own port from MOTO_PORT."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application = StateMachineServer(DomainDispatcherApplication(create_backend_app), invoke)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{port}"
    try:
        _post(f"{address}/moto-api/config", {"stepfunctions": {"execute_state_machine": True}})
        yield address
    finally:
        _post(f"{address}/moto-api/reset", {})
        server.shutdown()
        server.server_close()


def _post(address: str, value: dict[str, Any]) -> None:
    with urllib.request.urlopen(address, data=json.dumps(value).encode()):  # noqa: S310 - this machine
        pass
