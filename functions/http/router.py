"""Routes of the HTTP API: which function answers a request, and the answer as API Gateway wants it.

It reads events of API Gateway's payload format 2.0. Powertools has a resolver of the same manner; importing it takes a
cold start about sixty milliseconds (docs/decisions/0041-a-lean-cold-start.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from quoth.errors import NotFound

# The characters of a path parameter: those of RFC 3986, and those that API Gateway has decoded.
_PARAMETER = r"(?P<\1>[-._~()'!*:@,;=+&$%<> \\[\\]{}|^\\w]+)"


class Response:
    """An answer to an HTTP request; without a `content_type` it has no such header."""

    def __init__(
        self,
        status_code: int,
        content_type: str | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = int(status_code)
        self.body = body
        self.headers = dict(headers or {})
        if content_type:
            self.headers.setdefault("Content-Type", content_type)


class _Route(NamedTuple):
    method: str
    pattern: re.Pattern[str]
    answer: Callable[..., Response]


F = TypeVar("F", bound=Callable[..., Response])


class Router:
    """The routes of one function.

    While it answers, `event`, `headers` (by their names in lower case) and `context` are those of the request: a
    function of Lambda answers one at a time. `on_error` turns an error of a route into an answer; `exposed` are the
    headers that a page of another origin may read, `None` if it may read nothing.

    >>> router = Router(on_error=lambda error: Response(500, "text/plain", str(error)))
    >>> @router.get("/v1/quotes/<quote_id>")
    ... def get(quote_id: str) -> Response:
    ...     return Response(200, "text/plain", quote_id)
    >>> request = {"stage": "$default", "http": {"method": "GET"}}
    >>> router.resolve({"rawPath": "/v1/quotes/q_1", "requestContext": request, "headers": {}}, None)["body"]
    'q_1'
    """

    event: dict[str, Any]
    headers: dict[str, str]
    context: Any

    def __init__(self, on_error: Callable[[Exception], Response], exposed: tuple[str, ...] | None = None) -> None:
        self._on_error = on_error
        self._exposed = exposed
        self._routes: list[_Route] = []

    def get(self, path: str) -> Callable[[F], F]:
        """Answer GET of a path, in which `<name>` is a parameter."""
        return self._add("GET", path)

    def post(self, path: str) -> Callable[[F], F]:
        """Answer POST of a path."""
        return self._add("POST", path)

    def delete(self, path: str) -> Callable[[F], F]:
        """Answer DELETE of a path."""
        return self._add("DELETE", path)

    def _add(self, method: str, path: str) -> Callable[[F], F]:
        pattern = re.compile(re.sub(r"<(\w+)>", _PARAMETER, path))

        def register(answer: F) -> F:
            self._routes.append(_Route(method, pattern, answer))
            return answer

        return register

    def resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer a request with its route, or with the answer to its error; an event without HTTP raises."""
        self.event, self.context = event, context
        self.headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        method, path = event["requestContext"]["http"]["method"].upper(), _path(event)
        try:
            response = self._answer(method, path)
        except Exception as error:  # the edge: every error becomes a problem
            response = self._on_error(error)
        if self._exposed is not None and self.headers.get("origin"):
            shared = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": ",".join(self._exposed)}
            response.headers.update(shared)
        return {
            "statusCode": response.status_code,
            "headers": response.headers,
            "body": response.body,
            "isBase64Encoded": False,
            "cookies": [],
        }

    def _answer(self, method: str, path: str) -> Response:
        for route in self._routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route.answer(**match.groupdict())
        raise NotFound("no route has this address")


def _path(event: Mapping[str, Any]) -> str:
    """Return the path of a request without its stage."""
    stage = event["requestContext"].get("stage", "$default")
    path: str = event["rawPath"]
    return path if stage == "$default" else path.removeprefix(f"/{stage}")
