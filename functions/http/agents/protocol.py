"""The Model Context Protocol without a transport: a message in, its answer out.

Two eras share one endpoint (the specification's "Versioning and Compatibility"). A modern request carries its version
and the client's capabilities in `_meta`, and over HTTP in headers that must agree. A legacy client opens with
`initialize`; this server keeps no session for it, since none of its methods needs one. Specifications: 2026-07-28,
2025-11-25 and 2025-06-18 at modelcontextprotocol.io.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from quoth import __version__

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18")
VERSIONS = (MODERN, *LEGACY)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

# Keys of `_meta`, and names of headers.
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
VERSION_HEADER = "mcp-protocol-version"
METHOD_HEADER = "mcp-method"
NAME_HEADER = "mcp-name"

SERVER = {"name": "quoth", "title": "Quoth", "version": __version__}
# The tools change with the code alone, so a client may keep the list for an hour.
KEPT = {"ttlMs": 3_600_000, "cacheScope": "public"}

_ENCODED = ("=?base64?", "?=")


class Service(Protocol):
    """What the protocol serves: instructions and tools."""

    def instructions(self) -> str:
        """Return what a model should know before it calls a tool."""

    def listed(self) -> list[dict[str, Any]]:
        """Return the tools, always in the same order."""

    def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool; raises `ProtocolFault` for a tool that does not exist."""


class ProtocolFault(Exception):
    """A message that the protocol does not allow; `code` is JSON-RPC's or the protocol's own."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class Reply(NamedTuple):
    """The answer to a message, without a body to a notification, and its status over HTTP."""

    status: HTTPStatus
    body: dict[str, Any] | None


def answer(message: object, service: Service, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer a message; `headers` are those of its HTTP request, their names in lower case."""
    request_id = _id(message)
    is_modern = _is_modern(message, headers)
    try:
        if not _has_id(message):
            _check_notification(message, headers)
            return Reply(HTTPStatus.ACCEPTED, None)
        method, params = _request(message, request_id)
        if is_modern:
            _check_envelope(method, params, headers)
        else:
            _check_legacy_version(headers)
        methods = _MODERN_METHODS if is_modern else _LEGACY_METHODS
        if method not in methods:
            raise ProtocolFault(METHOD_NOT_FOUND, f"there is no method {method[:80]!r}: call {', '.join(methods)}")
        result = methods[method](params, service)
    except ProtocolFault as fault:
        return Reply(_status(fault.code, is_modern), refusal(fault, request_id))
    return Reply(HTTPStatus.OK, {"jsonrpc": "2.0", "id": request_id, "result": result})


def refusal(fault: ProtocolFault, request_id: str | int | None = None) -> dict[str, Any]:
    """Return the answer to a request that the protocol does not allow."""
    error: dict[str, Any] = {"code": fault.code, "message": str(fault)}
    if fault.data is not None:
        error["data"] = fault.data
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


# -------------------------------------------------------------------------------------------------------- messages


def _has_id(message: object) -> bool:
    """Whether a message gets an answer: it has an id, valid or not. A notification has none."""
    return not (isinstance(message, dict) and "id" not in message)


def _id(message: object) -> str | int | None:
    asked = message.get("id") if isinstance(message, dict) else None
    return asked if isinstance(asked, str | int) and not isinstance(asked, bool) else None


def _request(message: object, request_id: str | int | None) -> tuple[str, dict[str, Any]]:
    """Return method and parameters of a request."""
    if not isinstance(message, dict):
        raise ProtocolFault(INVALID_REQUEST, "a message must be one JSON-RPC object; batches are not supported")
    method, params = message.get("method"), message.get("params", {})
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str) or request_id is None:
        raise ProtocolFault(INVALID_REQUEST, "a request needs jsonrpc 2.0, a method, and an id: a text or a number")
    if not isinstance(params, dict):
        raise ProtocolFault(INVALID_PARAMS, "params must be an object")
    return method, params


def _check_notification(message: object, headers: Mapping[str, str] | None) -> None:
    known = message if isinstance(message, dict) else {}
    if known.get("jsonrpc") != "2.0" or not isinstance(known.get("method"), str):
        raise ProtocolFault(INVALID_REQUEST, "a notification needs jsonrpc 2.0 and a method")
    version = (headers or {}).get(VERSION_HEADER)
    if version is not None and version not in VERSIONS:
        raise _unsupported(version)


# ------------------------------------------------------------------------------------------------------------ eras


def _meta(message: object) -> Mapping[str, Any]:
    params = message.get("params") if isinstance(message, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}


def _is_modern(message: object, headers: Mapping[str, str] | None) -> bool:
    """Whether a message claims the modern era, in its body or, as every version since must, in its headers."""
    return VERSION_KEY in _meta(message) or (headers or {}).get(VERSION_HEADER) == MODERN


def _check_legacy_version(headers: Mapping[str, str] | None) -> None:
    """Check the version of a legacy request; it is absent before the first answer, and over standard input."""
    version = (headers or {}).get(VERSION_HEADER)
    if version is not None and version not in LEGACY:
        raise _unsupported(version)


def _check_envelope(method: str, params: dict[str, Any], headers: Mapping[str, str] | None) -> None:
    """Check the `_meta` of a modern request, and that its headers say the same."""
    meta = _meta({"params": params})
    if missing := [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]:
        raise ProtocolFault(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}")
    version = meta[VERSION_KEY]
    if headers is not None:
        _check_headers(method, params, version, headers)
    if not isinstance(version, str):
        raise ProtocolFault(INVALID_PARAMS, f"{VERSION_KEY} must be a text")
    if version != MODERN:
        raise _unsupported(version)


def _check_headers(method: str, params: dict[str, Any], version: object, headers: Mapping[str, str]) -> None:
    """Check that header and body agree: a gateway may decide by the header, and the tools by the body."""
    said: dict[str, object] = {VERSION_HEADER: version, METHOD_HEADER: method}
    if method == "tools/call":
        said[NAME_HEADER] = params.get("name")
    for name, value in said.items():
        given = headers.get(name)
        if name == NAME_HEADER and given is not None:
            given = _decoded(given)
        if given is None or given != value:
            raise ProtocolFault(HEADER_MISMATCH, f"the header {name} must be there and equal the body's value")


def _decoded(value: str) -> str | None:
    """Return a header's value that may be encoded; `None` if the encoding is not valid.

    >>> _decoded("fetch"), _decoded("=?base64?ZmV0Y2g=?="), _decoded("=?base64?x?=")
    ('fetch', 'fetch', None)
    """
    before, after = _ENCODED
    if not (value.startswith(before) and value.endswith(after)):
        return value
    try:
        return base64.b64decode(value[len(before) : -len(after)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unsupported(version: str) -> ProtocolFault:
    data = {"supported": [*VERSIONS], "requested": version[:80]}
    return ProtocolFault(UNSUPPORTED_VERSION, f"unsupported protocol version; use {', '.join(VERSIONS)}", data)


def _status(code: int, is_modern: bool) -> HTTPStatus:
    """Return the HTTP status of an error. To a legacy client 404 says that its session ended, so it gets none."""
    if code == METHOD_NOT_FOUND:
        return HTTPStatus.NOT_FOUND if is_modern else HTTPStatus.OK
    if code == INVALID_PARAMS and not is_modern:
        return HTTPStatus.OK
    return HTTPStatus.BAD_REQUEST


# --------------------------------------------------------------------------------------------------------- methods


def _initialize(params: dict[str, Any], service: Service) -> dict[str, Any]:
    """Answer with the requested version, or with the newest legacy one: the client decides whether it goes on."""
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in LEGACY else LEGACY[0],
        "capabilities": {"tools": {}},
        "serverInfo": SERVER,
        "instructions": service.instructions(),
    }


def _discover(params: dict[str, Any], service: Service) -> dict[str, Any]:
    return {
        "supportedVersions": [*VERSIONS],
        "capabilities": {"tools": {}},
        "instructions": service.instructions(),
        **KEPT,
    }


def _ping(params: dict[str, Any], service: Service) -> dict[str, Any]:
    return {}


def _list(params: dict[str, Any], service: Service) -> dict[str, Any]:
    if params.get("cursor") is not None:
        raise ProtocolFault(INVALID_PARAMS, "the list of tools has one page; call tools/list without a cursor")
    return {"tools": service.listed()}


def _call(params: dict[str, Any], service: Service) -> dict[str, Any]:
    name, arguments = params.get("name"), params.get("arguments", {})
    if not isinstance(name, str) or not isinstance(arguments, dict | None):
        raise ProtocolFault(INVALID_PARAMS, "tools/call needs a name and, in arguments, an object")
    return service.call(name, arguments or {})


Method = Callable[[dict[str, Any], Service], dict[str, Any]]


def _modern(method: Method, **more: Any) -> Method:
    """Return a method whose result has what only modern results have."""

    def stamped(params: dict[str, Any], service: Service) -> dict[str, Any]:
        return {**method(params, service), **more, "resultType": "complete", "_meta": {SERVER_KEY: SERVER}}

    return stamped


_LEGACY_METHODS: Mapping[str, Method] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list,
    "tools/call": _call,
}
_MODERN_METHODS: Mapping[str, Method] = {
    "server/discover": _modern(_discover),
    "tools/list": _modern(_list, **KEPT),
    "tools/call": _modern(_call),
}
