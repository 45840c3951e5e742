"""The contract of the API in OpenAPI 3.1, made of the models that read the requests and write the answers.

So it cannot say anything else than the code does; the tests hold the rest together: routes, statuses, headers. What a
schema lets through the code may still refuse with a 400 (a day that never was, a query without a word), since no schema
can say everything; but what a schema forbids the code never takes.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any, get_args

import msgspec
from msgspec import UnsetType

import quoth
from functions.http import problem
from functions.http.models import Parameters
from functions.openapi import examples
from functions.openapi.operations import BY_HAND, JSON, OPERATIONS, READ, REFERENCE, Operation, Schema, reference
from quoth import quote as quotes
from quoth.answers import schema as shapes
from quoth.answers.schema import Answer

DESCRIPTION = """\
Who said it, where, and how do we know? Speaker-attributed quote search.

Reads are open and throttled; writes are signed (IAM, SigV4). A parameter that is not listed here is refused by name.
Every answer of a read has an `ETag`: send it back as `If-None-Match` and get 304 while nothing was added. Errors are
problems (RFC 9457) of the functions, or `{"message": …}` of the gateway before them.\
"""


# --------------------------------------------------------------------------------------------------- the document


@cache
def text() -> str:
    """Return the contract in JSON."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":"))


def document() -> Schema:
    """Return the contract as plain JSON values.

    >>> made = document()
    >>> made["openapi"], made["info"]["title"], sorted(made["paths"]["/v1/quotes"])
    ('3.1.0', 'Quoth', ['get', 'post'])
    """
    shown = examples.sample()
    told = {**examples.read_answers(shown), **examples.write_answers()}
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, shown, told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quoth",
            "version": quoth.__version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {_NAMES[status]: _shared(status) for status in _NAMES},
            "headers": _HEADERS,
            "securitySchemes": {
                "iam": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "description": "AWS Signature Version 4 for execute-api; API Gateway checks it.",
                }
            },
        },
    }


def _operation(operation: Operation, shown: examples.Sample, told: Mapping[str, Mapping[str, Any]]) -> Schema:
    ids = {"getQuote": shown.quote_id, "getSpeaker": shown.speaker_id, "deleteArticle": examples.ARTICLE.key}
    fine: Schema = {
        "description": _FINE[operation.ok],
        "content": _content(operation.content, told.get(operation.id, {})),
    }
    if operation.headers:
        fine["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in operation.headers}
    if operation.links:
        fine["links"] = operation.links
    responses = {str(operation.ok): fine}
    responses |= {str(n): {"$ref": f"#/components/responses/{_NAMES[n]}"} for n in sorted(operation.others)}
    made: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*_path(operation, ids.get(operation.id, "")), *_query(operation.parameters), *_head(operation)],
        "responses": responses,
    }
    if operation.body is not None:
        made["requestBody"] = _body(operation)
    if 403 in operation.others:
        made["security"] = [{"iam": []}]
    return made


def _content(schemas: Mapping[str, Schema], told: Mapping[str, Any]) -> Schema:
    return {kind: {"schema": schema, **_example(kind, told)} for kind, schema in schemas.items()}


def _example(kind: str, told: Mapping[str, Any]) -> Schema:
    if kind not in told:
        return {}
    value = told[kind]
    is_json = isinstance(value, str) and kind.endswith("+json")
    return {"example": json.loads(value) if is_json else value}


def _body(operation: Operation) -> Schema:
    body = operation.body
    if body is None:
        return {}
    given = examples.requests()[operation.id]
    return {
        "description": body.description,
        "required": True,
        "content": {
            kind: {
                "schema": schema,
                "examples": {name: {"value": value} for name, value in given[kind].items()},
            }
            for kind, schema in body.content.items()
        },
    }


# ----------------------------------------------------------------------------------------------------- parameters


def _path(operation: Operation, example: str) -> Iterator[Schema]:
    if "{id}" not in operation.path:
        return
    schema: Schema = {"type": "string", "minLength": 1}
    if operation.id == "deleteArticle":
        schema = {"type": "string", "pattern": "^a_[A-Za-z0-9_-]{22}$"}
    yield {"name": "id", "in": "path", "required": True, "schema": schema, "example": example}


def _query(model: type[Parameters]) -> Iterator[Schema]:
    """Yield the parameters of a query string, as its model has them."""
    made = model.model_json_schema()
    for name, given in made["properties"].items() if "properties" in made else ():
        schema = _plain(given)
        parameter: Schema = {"name": name, "in": "query", "required": name in made.get("required", ())}
        if (said := schema.pop("description", None)) is not None:
            parameter["description"] = said
        if shown := schema.pop("examples", None):
            parameter["examples"] = {f"{n}": {"value": value} for n, value in enumerate(shown, start=1)}
        if schema["type"] == "array":
            parameter |= {"style": "form", "explode": True}
        yield {**parameter, "schema": schema}


def _plain(given: Schema) -> Schema:
    """Return the schema of a value that may be left out: in a query string there is no null."""
    schema = {name: value for name, value in given.items() if name not in ("anyOf", "title")}
    schema |= next((kind for kind in given.get("anyOf", ()) if kind.get("type") != "null"), {})
    default = schema.pop("default", None)
    if default is not None:
        schema["default"] = json.loads(default) if schema["type"] in ("integer", "boolean") else default
    return schema


def _head(operation: Operation) -> Iterator[Schema]:
    """Yield the headers that a request may or must carry."""
    if 304 in operation.others:
        yield {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "The `ETag` of an answer that is held; 304 while it still holds.",
            "schema": {"type": "string"},
        }
    if 401 in operation.others:
        for name, example in (("X-Slack-Request-Timestamp", "1700000000"), ("X-Slack-Signature", "v0=c10659ca3b0f")):
            yield {
                "name": name,
                "in": "header",
                "required": True,
                "description": "Slack's signature, version 0; good for five minutes.",
                "schema": {"type": "string"},
                "example": example,
            }


# ------------------------------------------------------------------------------------------------------ responses

_FINE = {200: "What was asked for.", 202: "Kept; it counts some seconds later."}
_NAMES = {
    303: "SeeOther",
    304: "NotModified",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Gone",
    413: "TooLarge",
    429: "TooManyRequests",
    500: "InternalError",
    503: "Unavailable",
}
_SAID = {
    303: "The rows are in a file: fetch it at `Location`, within the hour.",
    304: "What is held still holds.",
    400: "Something in the request cannot be used; `errors` says what to change.",
    401: "The request does not carry a valid signature of Slack's.",
    403: "The request is not signed by somebody who may write; the gateway's answer.",
    404: "There is nothing of that name; with a message of the gateway's, no such address.",
    410: "The generation that the page belongs to is no longer kept: begin again without cursor.",
    413: "The body is too large.",
    429: "More requests than the API answers at once: try again in a moment; the gateway's answer.",
    500: "Something went wrong here.",
    503: "The archive, or with a message of the gateway's a function, is not available: try again in a moment.",
}
_TOLD_BY_GATEWAY = {
    403: "Forbidden",
    404: "Not Found",
    413: "Request Too Long",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_HEADERS: Schema = {
    "ETag": {
        "description": "Names the answer: the generation of the index, and what was asked.",
        "required": True,
        "schema": {"type": "string", "pattern": '^W/"[A-Za-z0-9_-]{22}"$'},
    },
    "Cache-Control": {
        "description": "An answer may be kept, and is asked for again each time; a problem is not kept.",
        "required": True,
        "schema": {"type": "string", "enum": ["no-cache", "no-store", "max-age=3600"]},
    },
    "Link": {
        "description": 'The next page, `<…>; rel="next"` (RFC 8288); not there on the last.',
        "schema": {"type": "string", "pattern": '^<.+>; rel="next"$'},
    },
    "Content-Disposition": {
        "description": "The name of a file of rows.",
        "schema": {"type": "string", "enum": [f'attachment; filename="quotes.{kind}"' for kind in ("jsonl", "csv")]},
    },
    "Location": {"description": "Where the file is.", "required": True, "schema": {"type": "string", "format": "uri"}},
    "Retry-After": {
        "description": "Seconds until it is worth trying again; the gateway says none.",
        "schema": {"type": "integer", "minimum": 1},
    },
}
_CARRIES = {303: ("Location", "Cache-Control", "Link"), 304: READ, 503: ("Retry-After",)}
_EMPTY = (303, 304)


def _shared(status: int) -> Schema:
    """Return the response that several operations have."""
    made: Schema = {"description": _SAID[status]}
    if status in _CARRIES:
        made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _CARRIES[status]}
    content: Schema = {}
    shown = examples.problems()
    if status in shown:
        content[problem.MEDIA_TYPE] = {"schema": reference(problem.Problem), "example": json.loads(shown[status])}
    if status in _TOLD_BY_GATEWAY:
        message = {"message": _TOLD_BY_GATEWAY[status]}
        content[JSON] = {"schema": {"$ref": REFERENCE.format(name="GatewayMessage")}, "example": message}
    return {**made, "content": content} if content else made


# -------------------------------------------------------------------------------------------------------- schemas


def _schemas() -> Schema:
    """Return every schema that is named: of the answers as their types have them, of the rest as written above."""
    roots = [model for model in _structs(shapes, problem) if issubclass(model, Answer)]
    _, made = msgspec.json.schema_components(roots, ref_template=REFERENCE)
    types = {model.__name__: model for model in _structs(shapes, quotes, problem)}
    told = {name: _complete(_clean(schema), types[name]) for name, schema in made.items()}
    return {**told, **BY_HAND, "GatewayMessage": _MESSAGE}


_MESSAGE: Schema = {
    "title": "GatewayMessage",
    "description": "What the gateway says itself.",
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": ["string", "null"]}},
}


def _structs(*modules: ModuleType) -> Iterator[type[msgspec.Struct]]:
    """Yield the types of answers that modules hold."""
    for module in modules:
        for name, model in vars(module).items():
            is_answer = isinstance(model, type) and issubclass(model, msgspec.Struct) and model is not Answer
            if is_answer and not name.startswith("_"):
                yield model


def _complete(schema: Schema, model: type[msgspec.Struct]) -> Schema:
    """Return the schema of an answer: all its members are there, but for those that may be left out.

    A default is what the constructor takes for granted; the answer says it all the same.
    """
    properties, required = dict(schema["properties"]), []
    for member in msgspec.structs.fields(model):
        kinds = set(_kinds(member.type))
        if UnsetType not in kinds:
            required.append(member.encode_name)
        if datetime in kinds:  # always in UTC
            said = {k: v for k, v in properties[member.encode_name].items() if k == "description"}
            properties[member.encode_name] = {**said, "type": ["string", "null"], "format": "date-time"}
        properties[member.encode_name].pop("default", None)
    return {**schema, "properties": properties, "required": required}


def _kinds(annotation: Any) -> Iterable[Any]:
    """Yield a type and those it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part) if not isinstance(part, msgspec.Meta | str) else ()


def _clean(value: Any) -> Any:
    """Return a schema with its docstrings as one paragraph each."""
    if isinstance(value, dict):
        return {
            name: inspect.cleandoc(item) if name == "description" and isinstance(item, str) else _clean(item)
            for name, item in value.items()
        }
    return [_clean(item) for item in value] if isinstance(value, list) else value
