"""The OpenAPI 3.1 document of the API, generated from the models that read the requests and write the answers.

So it cannot contradict the code; tests check the rest: routes, statuses, headers. The code may reject a request that
its schema allows with a 400 (an impossible date, a query without a word), since a schema cannot express every rule; but
the code never accepts a request that its schema forbids.
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
from functions.http.openapi import examples
from functions.http.openapi.operations import BY_HAND, JSON, OPERATIONS, READ, REFERENCE, Operation, Schema, reference
from quoth import quote as quotes
from quoth.answers import schema as shapes
from quoth.answers.schema import Answer

DESCRIPTION = """\
Who said it, where, and how do we know? Speaker-attributed quote search.

Reads are throttled, and open unless the archive is closed: then they are signed, or carry a bearer token. Writes are
signed (IAM, SigV4). An unknown parameter is rejected by name. Every answer of a read has an `ETag`: send it as
`If-None-Match` to get 304 while the index is unchanged. Errors are problems (RFC 9457)
of the functions, or `{"message": …}` of the gateway in front of them.

This document has the JSON of each operation, for generators of clients; `/v1/openapi.json?formats=all` has also CSV,
JSON lines, feeds, citations, plain texts and forms.\
"""


# --------------------------------------------------------------------------------------------------- the document


@cache
def text(formats: str = "all") -> str:
    """Return the OpenAPI document as JSON: with every format, or only with the JSON of each operation."""
    contract = document() if formats == "all" else of_json(document())
    return json.dumps(contract, ensure_ascii=False, separators=(",", ":"))


def of_json(contract: Schema) -> Schema:
    """Return a contract in which an operation that speaks JSON speaks nothing else.

    An operation with five media types is a function with five types of answers to a generator of clients, and whoever
    calls it must say which one came. The parameter `format`, which chooses among them, is left out too.

    >>> search = of_json(document())["paths"]["/v1/quotes"]["get"]
    >>> [*search["responses"]["200"]["content"]], "format" in {one["name"] for one in search["parameters"]}
    (['application/json'], False)
    """
    paths = {
        path: {method: _of_json(operation) for method, operation in operations.items()}
        for path, operations in contract["paths"].items()
    }
    return {**contract, "paths": paths}


def _of_json(operation: Schema) -> Schema:
    slim = dict(operation)
    fine = next(status for status in operation["responses"] if status.startswith("2"))
    answer = operation["responses"][fine]
    slim["responses"] = {**operation["responses"], fine: {**answer, "content": _json_alone(answer["content"])}}
    if len(answer["content"]) > 1:
        slim["parameters"] = [one for one in operation["parameters"] if one["name"] != "format"]
    if body := operation.get("requestBody"):
        slim["requestBody"] = {**body, "content": _json_alone(body["content"])}
    return slim


def _json_alone(content: Schema) -> Schema:
    return {JSON: content[JSON]} if JSON in content else content


def document() -> Schema:
    """Return the OpenAPI document as plain JSON values.

    >>> contract = document()
    >>> contract["openapi"], contract["info"]["title"], sorted(contract["paths"]["/v1/quotes"])
    ('3.1.0', 'Quoth', ['get', 'post'])
    """
    sample = examples.sample()
    answers = {**examples.read_answers(sample), **examples.write_answers(sample)}
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, sample, answers)
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
            "responses": {_NAMES[status]: _shared_response(status) for status in _NAMES},
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


def _operation(operation: Operation, sample: examples.Sample, answers: Mapping[str, Mapping[str, Any]]) -> Schema:
    ids = {"getQuote": sample.quote_id, "getSpeaker": sample.speaker_id, "deleteArticle": examples.ARTICLE.key}
    ids |= {"getExport": examples.EXPORT_ID, "postNotedReport": examples.QUOTE_ID, "getArticle": examples.ARTICLE.key}
    success: Schema = {
        "description": _SUCCESS[operation.ok],
        "content": _content(operation.content, answers.get(operation.id, {})),
    }
    success["headers"] = _headers((*operation.headers, *problem.NOSNIFF))
    if operation.links:
        success["links"] = operation.links
    responses = {str(operation.ok): success}
    responses |= {str(n): {"$ref": f"#/components/responses/{_NAMES[n]}"} for n in sorted(operation.others)}
    schema: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [
            *_path_parameters(operation, ids.get(operation.id, "")),
            *_query_parameters(operation.parameters),
            *_header_parameters(operation),
        ],
        "responses": responses,
    }
    if operation.body is not None:
        schema["requestBody"] = _body(operation)
    if 403 in operation.others:
        schema["security"] = [{"iam": []}]
    return schema


def _content(schemas: Mapping[str, Schema], answers: Mapping[str, Any]) -> Schema:
    return {kind: {"schema": schema, **_example(kind, answers)} for kind, schema in schemas.items()}


def _example(kind: str, answers: Mapping[str, Any]) -> Schema:
    if kind not in answers:
        return {}
    value = answers[kind]
    is_json = isinstance(value, str) and kind.endswith("+json")
    return {"example": json.loads(value) if is_json else value}


def _body(operation: Operation) -> Schema:
    body = operation.body
    if body is None:
        return {}
    bodies = examples.requests()[operation.id]
    return {
        "description": body.description,
        "required": True,
        "content": {
            kind: {
                "schema": schema,
                "examples": {name: {"value": value} for name, value in bodies[kind].items()},
            }
            for kind, schema in body.content.items()
        },
    }


# ----------------------------------------------------------------------------------------------------- parameters


def _path_parameters(operation: Operation, example: str) -> Iterator[Schema]:
    if "{id}" not in operation.path:
        return
    schema: Schema = {"type": "string", "minLength": 1}
    if operation.id == "deleteArticle":
        schema = {"type": "string", "pattern": "^a_[A-Za-z0-9_-]{22}$"}
    if operation.id == "getArticle":
        schema = {"type": "string", "pattern": "^(a_[A-Za-z0-9_-]{22}|i_[0-9a-f]{64})$"}
    if operation.id == "getExport":
        schema = {"type": "string", "pattern": "^e_[A-Za-z0-9_-]{22}$"}
    yield {"name": "id", "in": "path", "required": True, "schema": schema, "example": example}


def _query_parameters(model: type[Parameters]) -> Iterator[Schema]:
    """Yield the parameters of a query string from its model."""
    model_schema = model.model_json_schema()
    for name, field in model_schema["properties"].items() if "properties" in model_schema else ():
        schema = _without_null(field)
        parameter: Schema = {"name": name, "in": "query", "required": name in model_schema.get("required", ())}
        if (description := schema.pop("description", None)) is not None:
            parameter["description"] = description
        if values := schema.pop("examples", None):
            parameter["examples"] = {f"{n}": {"value": value} for n, value in enumerate(values, start=1)}
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        yield {**parameter, "schema": schema}


def _without_null(field: Schema) -> Schema:
    """Return the schema of an optional parameter without null, which a query string cannot express."""
    schema = {name: value for name, value in field.items() if name not in ("anyOf", "title")}
    kinds = [kind for kind in field.get("anyOf", ()) if kind.get("type") != "null"]
    schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    default = schema.pop("default", None)
    if default is not None:
        schema["default"] = json.loads(default) if schema.get("type") in ("integer", "boolean") else default
    return schema


def _header_parameters(operation: Operation) -> Iterator[Schema]:
    """Yield the optional and required headers of a request."""
    if 304 in operation.others:
        yield {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "The `ETag` of a cached answer; 304 while the answer is unchanged.",
            "schema": {"type": "string"},
        }
    if 401 in operation.others:
        for name, example in (("X-Slack-Request-Timestamp", "1700000000"), ("X-Slack-Signature", "v0=c10659ca3b0f")):
            yield {
                "name": name,
                "in": "header",
                "required": True,
                "description": "Slack's signature, version 0; valid for five minutes.",
                "schema": {"type": "string"},
                "example": example,
            }


# ------------------------------------------------------------------------------------------------------ responses

_SUCCESS = {200: "The answer.", 202: "Stored; it takes effect some seconds later."}
_NAMES = {
    303: "SeeOther",
    304: "NotModified",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    413: "TooLarge",
    429: "TooManyRequests",
    500: "InternalError",
    503: "Unavailable",
}
_DESCRIPTIONS = {
    303: "The form of a page was taken: go back to the page.",
    304: "The cached answer is unchanged.",
    400: "The request is invalid; `errors` lists what to change.",
    401: "The request does not carry a valid Slack signature.",
    403: "The request is not signed by an identity with write access; a response of the gateway.",
    404: "Nothing has that id; in a response of the gateway, no route has that address.",
    409: "Another text was sent as the same version of the same article: raise the version.",
    410: "The generation of the page is no longer kept, or the export has something that was withdrawn: start again.",
    413: "The body is too large.",
    429: "Too many requests at once: try again in a moment; a response of the gateway.",
    500: "An internal error.",
    503: "The archive, or in a response of the gateway the function, is not available: try again in a moment.",
}
_GATEWAY_MESSAGES = {
    403: "Forbidden",
    404: "Not Found",
    413: "Request Too Long",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_HEADERS: Schema = {
    "ETag": {
        "description": "Identifies the answer by the generation of the index and the request.",
        "required": True,
        "schema": {"type": "string", "pattern": '^W/"[A-Za-z0-9_-]{22}"$'},
    },
    "Cache-Control": {
        "description": "A cache may store an answer but must revalidate it each time; it must not store a problem.",
        "required": True,
        "schema": {"type": "string", "enum": ["no-cache", "no-store", "max-age=3600"]},
    },
    "Link": {
        "description": 'The next page, `<…>; rel="next"` (RFC 8288); absent on the last page.',
        "schema": {"type": "string", "pattern": '^<.+>; rel="next"$'},
    },
    "Location": {
        "description": "The address of the job, of the status, or of the page of a reported quote.",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": "^(/v1/exports/e_[A-Za-z0-9_-]{22}|/v1/articles/(a_[A-Za-z0-9_-]{22}|i_[0-9a-f]{64})"
            "|\\.\\./q/q_[A-Za-z0-9_-]+(#reported)?)$",
        },
    },
    "Content-Disposition": {
        "description": "The name of a file of rows.",
        "schema": {"type": "string", "enum": [f'attachment; filename="quotes.{kind}"' for kind in ("jsonl", "csv")]},
    },
    **{
        name: {
            "description": "A browser must not guess the type of an answer; absent in responses of the gateway.",
            "schema": {"type": "string", "enum": [value]},
        }
        for name, value in problem.NOSNIFF.items()
    },
    "Retry-After": {
        "description": "Seconds to wait before a retry; absent in responses of the gateway.",
        "schema": {"type": "integer", "minimum": 1},
    },
}
_RESPONSE_HEADERS = {303: ("Location",), 304: READ, 503: ("Retry-After",)}


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _shared_response(status: int) -> Schema:
    """Return the response that several operations share."""
    response: Schema = {"description": _DESCRIPTIONS[status]}
    response["headers"] = _headers((*_RESPONSE_HEADERS.get(status, ()), *problem.NOSNIFF))
    content: Schema = {}
    problems = examples.problems()
    if status in problems:
        content[problem.MEDIA_TYPE] = {"schema": reference(problem.Problem), "example": json.loads(problems[status])}
    if status in _GATEWAY_MESSAGES:
        message = {"message": _GATEWAY_MESSAGES[status]}
        content[JSON] = {"schema": {"$ref": REFERENCE.format(name="GatewayMessage")}, "example": message}
    return {**response, "content": content} if content else response


# -------------------------------------------------------------------------------------------------------- schemas


def _schemas() -> Schema:
    """Return every named schema: of the answers from their types, of the rest from the tables of `operations`."""
    return {**answer_schemas(shapes, problem), **BY_HAND, "GatewayMessage": _MESSAGE}


def answer_schemas(*modules: ModuleType) -> dict[str, Schema]:
    """Return by name the schemas of the answers that modules define, and of their members."""
    roots = [model for model in _structs(*modules) if issubclass(model, Answer)]
    _, components = msgspec.json.schema_components(roots, ref_template=REFERENCE)
    types = {model.__name__: model for model in _structs(quotes, *modules)}
    return {name: _complete(_clean(schema), types[name]) for name, schema in components.items()}


_MESSAGE: Schema = {
    "title": "GatewayMessage",
    "description": "An error message of the gateway itself.",
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": ["string", "null"]}},
}


def _structs(*modules: ModuleType) -> Iterator[type[msgspec.Struct]]:
    """Yield the answer types of modules."""
    for module in modules:
        for name, model in vars(module).items():
            is_answer = isinstance(model, type) and issubclass(model, msgspec.Struct) and model is not Answer
            if is_answer and not name.startswith("_"):
                yield model


def _complete(schema: Schema, model: type[msgspec.Struct]) -> Schema:
    """Return the schema of an answer: all members are required, except those that an answer may omit.

    Defaults are dropped: they belong to the constructor, and an answer always contains their values.
    """
    properties, required = dict(schema["properties"]), []
    for member in msgspec.structs.fields(model):
        kinds = set(_kinds(member.type))
        if UnsetType not in kinds:
            required.append(member.encode_name)
        if datetime in kinds:  # always in UTC
            kept = {k: v for k, v in properties[member.encode_name].items() if k == "description"}
            properties[member.encode_name] = {**kept, "type": ["string", "null"], "format": "date-time"}
        properties[member.encode_name].pop("default", None)
        if properties[member.encode_name] == {"type": "object"}:
            properties[member.encode_name]["additionalProperties"] = True
    return {**schema, "properties": properties, "required": required}


def _kinds(annotation: Any) -> Iterable[Any]:
    """Yield a type and its type arguments, recursively."""
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part) if not isinstance(part, msgspec.Meta | str) else ()


def _clean(value: Any) -> Any:
    """Return a schema with the indentation of its docstrings removed."""
    if isinstance(value, dict):
        return {
            name: inspect.cleandoc(item) if name == "description" and isinstance(item, str) else _clean(item)
            for name, item in value.items()
        }
    return [_clean(item) for item in value] if isinstance(value, list) else value
