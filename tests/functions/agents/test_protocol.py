"""The protocol without a transport: eras, envelopes, and what is refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from functions.http.agents import protocol
from functions.http.agents.protocol import ProtocolFault
from tests.functions.agents.asking import headers_of, legacy, modern


class OneTool:
    """A service with one tool, which answers with its arguments."""

    def instructions(self) -> str:
        return "Ask."

    def listed(self) -> list[dict[str, Any]]:
        return [{"name": "echo", "inputSchema": {"type": "object"}}]

    def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name != "echo":
            raise ProtocolFault(protocol.INVALID_PARAMS, f"there is no tool {name}")
        return {"content": [], "structuredContent": arguments}


def ask(message: object, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    reply = protocol.answer(message, OneTool(), headers)
    return reply.status, reply.body


def code(message: object, headers: dict[str, str] | None = None) -> tuple[int, int]:
    status, body = ask(message, headers)
    return status, body["error"]["code"]


CALL = {"name": "echo", "arguments": {"a": 1}}


class TestALegacyClient:
    @pytest.mark.parametrize("version", protocol.LEGACY)
    def test_gets_the_version_that_it_asks_for(self, version: str) -> None:
        status, body = ask(legacy("initialize", {"protocolVersion": version, "capabilities": {}}))
        assert (status, body["result"]["protocolVersion"]) == (200, version)
        assert body["result"]["capabilities"] == {"tools": {}}
        assert body["result"]["serverInfo"]["name"] == "quoth"
        assert body["result"]["instructions"] == "Ask."

    @pytest.mark.parametrize("version", ["2024-11-05", "1900-01-01", 7, None, protocol.MODERN])
    def test_gets_the_newest_legacy_version_for_one_that_is_not_served(self, version: object) -> None:
        assert ask(legacy("initialize", {"protocolVersion": version}))[1]["result"]["protocolVersion"] == "2025-11-25"

    def test_lists_and_calls_without_an_envelope(self) -> None:
        headers = {protocol.VERSION_HEADER: "2025-06-18"}
        assert [tool["name"] for tool in ask(legacy("tools/list"), headers)[1]["result"]["tools"]] == ["echo"]
        assert ask(legacy("tools/call", CALL), headers)[1]["result"]["structuredContent"] == {"a": 1}
        assert ask(legacy("ping"), headers) == (200, {"jsonrpc": "2.0", "id": 1, "result": {}})

    def test_gets_no_members_that_its_version_does_not_know(self) -> None:
        for message in (legacy("tools/list"), legacy("tools/call", CALL)):
            assert not {"resultType", "ttlMs", "cacheScope", "_meta"} & ask(message)[1]["result"].keys()

    def test_is_told_of_a_method_that_is_not_there_without_the_status_that_ends_sessions(self) -> None:
        assert code(legacy("resources/list"), {protocol.VERSION_HEADER: "2025-11-25"}) == (200, -32601)

    def test_names_a_version_that_is_served(self) -> None:
        status, body = ask(legacy("tools/list"), {protocol.VERSION_HEADER: "2024-11-05"})
        assert (status, body["error"]["code"]) == (400, -32022)
        assert body["error"]["data"] == {"supported": [*protocol.VERSIONS], "requested": "2024-11-05"}


class TestAModernClient:
    def test_discovers(self) -> None:
        message = modern("server/discover")
        status, body = ask(message, headers_of(message))
        assert status == 200
        assert body["result"] == {
            "supportedVersions": ["2026-07-28", "2025-11-25", "2025-06-18"],
            "capabilities": {"tools": {}},
            "instructions": "Ask.",
            "ttlMs": 3_600_000,
            "cacheScope": "public",
            "resultType": "complete",
            "_meta": {protocol.SERVER_KEY: protocol.SERVER},
        }

    def test_calls_without_having_opened_anything(self) -> None:
        message = modern("tools/call", CALL, id="seven")
        status, body = ask(message, headers_of(message))
        assert (status, body["id"], body["result"]["resultType"]) == (200, "seven", "complete")
        assert body["result"]["structuredContent"] == {"a": 1}

    def test_may_keep_the_list_of_tools_but_no_answer(self) -> None:
        assert ask(modern("tools/list"))[1]["result"]["ttlMs"] > 0
        assert "ttlMs" not in ask(modern("tools/call", CALL))[1]["result"]

    @pytest.mark.parametrize("method", ["initialize", "ping", "subscriptions/listen", "resources/list", ""])
    def test_is_told_of_a_method_that_is_not_there(self, method: str) -> None:
        message = modern(method)
        assert code(message, headers_of(message)) == (404, -32601)

    @pytest.mark.parametrize("key", [protocol.VERSION_KEY, protocol.CAPABILITIES_KEY])
    def test_says_its_version_and_capabilities_in_each_request(self, key: str) -> None:
        message = modern("tools/list")
        del message["params"]["_meta"][key]
        assert code(message, headers_of(message)) == (400, -32602)

    def test_without_params_lacks_the_envelope(self) -> None:
        assert code(legacy("tools/list"), {protocol.VERSION_HEADER: protocol.MODERN}) == (400, -32602)

    @pytest.mark.parametrize("version", ["2027-01-01", "1900-01-01", ""])
    def test_is_told_which_versions_are_served(self, version: str) -> None:
        message = modern("tools/list")
        message["params"]["_meta"][protocol.VERSION_KEY] = version
        assert code(message) == (400, -32022)
        assert code(message, {**headers_of(message), protocol.VERSION_HEADER: version}) == (400, -32022)

    def test_names_its_version_as_a_text(self) -> None:
        message = modern("tools/list")
        message["params"]["_meta"][protocol.VERSION_KEY] = 20260728
        assert code(message) == (400, -32602)


class TestHeaderAndBody:
    """A gateway may decide by the header, and the tools by the body."""

    @pytest.mark.parametrize("name", [protocol.VERSION_HEADER, protocol.METHOD_HEADER, protocol.NAME_HEADER])
    @pytest.mark.parametrize("value", [None, "other", "=?base64?x?=", "echo, echo"])
    def test_must_agree(self, name: str, value: str | None) -> None:
        message = modern("tools/call", CALL)
        headers = {**headers_of(message), name: value}
        given = {key: text for key, text in headers.items() if text is not None}
        assert code(message, given) == (400, -32020)

    def test_agree_if_the_name_is_encoded(self) -> None:
        message = modern("tools/call", CALL)
        assert ask(message, {**headers_of(message), protocol.NAME_HEADER: "=?base64?ZWNobw==?="})[0] == 200

    def test_the_name_is_checked_before_the_tool_is_called(self) -> None:
        message = modern("tools/call", {"name": "other"})
        assert code(message, headers_of(message)) == (400, -32602)
        assert code(message, {**headers_of(message), protocol.NAME_HEADER: "echo"}) == (400, -32020)

    def test_a_legacy_header_does_not_hide_a_modern_body(self) -> None:
        message = modern("tools/list")
        assert code(message, {**headers_of(message), protocol.VERSION_HEADER: "2025-11-25"}) == (400, -32020)

    def test_a_method_without_a_name_needs_none(self) -> None:
        message = modern("tools/list")
        assert protocol.NAME_HEADER not in headers_of(message)
        assert ask(message, headers_of(message))[0] == 200


class TestMessages:
    @pytest.mark.parametrize("headers", [None, {}, {protocol.VERSION_HEADER: protocol.MODERN}])
    def test_a_notification_gets_no_answer(self, headers: dict[str, str] | None) -> None:
        assert ask({"jsonrpc": "2.0", "method": "notifications/initialized"}, headers) == (HTTPStatus.ACCEPTED, None)

    def test_a_notification_of_an_unknown_version_is_refused(self) -> None:
        notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert code(notification, {protocol.VERSION_HEADER: "1900-01-01"}) == (400, -32022)

    @pytest.mark.parametrize(
        "message",
        [
            [],
            [legacy("ping")],
            "ping",
            None,
            7,
            {},
            {"jsonrpc": "2.0", "id": 1, "result": {}},
            {"jsonrpc": "1.0", "id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "id": None, "method": "ping"},
            {"jsonrpc": "2.0", "id": True, "method": "ping"},
            {"jsonrpc": "2.0", "id": [1], "method": "ping"},
            {"jsonrpc": "2.0", "id": 1, "method": 7},
            {"jsonrpc": "2.0", "method": None},
        ],
    )
    def test_what_is_no_request_is_refused(self, message: object) -> None:
        assert code(message) == (400, -32600)

    @pytest.mark.parametrize("params", [[], "x", 1, None])
    def test_params_are_an_object(self, params: object) -> None:
        assert code({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params})[1] == -32602

    @pytest.mark.parametrize(
        "call", [{}, {"name": 1}, {"name": "echo", "arguments": []}, {"name": "echo", "arguments": "a"}]
    )
    def test_a_call_names_a_tool_and_has_an_object(self, call: dict[str, Any]) -> None:
        assert code(legacy("tools/call", call))[1] == -32602

    def test_a_call_may_be_without_arguments(self) -> None:
        assert ask(legacy("tools/call", {"name": "echo"}))[1]["result"]["structuredContent"] == {}

    def test_the_list_has_one_page(self) -> None:
        assert code(legacy("tools/list", {"cursor": "x"}))[1] == -32602

    def test_an_answer_has_the_id_of_its_request(self) -> None:
        assert [ask(legacy("ping", id=id))[1]["id"] for id in (0, 12, "", "a")] == [0, 12, "", "a"]
        assert ask({"jsonrpc": "2.0", "id": {"a": 1}, "method": "ping"})[1]["id"] is None
