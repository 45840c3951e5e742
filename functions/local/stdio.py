"""`quoth mcp`: the tools over standard input and output, a message a line."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import BinaryIO

from functions.http import gates
from functions.http.agents import protocol
from functions.http.agents.protocol import INVALID_REQUEST, PARSE_ERROR, ProtocolFault
from functions.http.agents.toolbox import Toolbox
from functions.local.events import LambdaContext
from quoth.archive import Archive
from quoth.errors import BadInput
from quoth.ingest.formats import strict_json

MAX_LINE = 1 << 20


def serve(archive: Archive, public_url: str, source: BinaryIO, target: BinaryIO) -> None:
    """Answer messages until the input ends."""
    with redirect_stdout(sys.stderr):  # the output belongs to the protocol
        while line := source.readline(MAX_LINE + 1):
            answer = _answer(archive, public_url, line, source)
            if answer is not None:
                target.write(json.dumps(answer, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
                target.flush()


def _answer(archive: Archive, public_url: str, line: bytes, source: BinaryIO) -> dict[str, object] | None:
    if len(line) > MAX_LINE:
        while line and not line.endswith(b"\n"):
            line = source.readline(MAX_LINE)
        return protocol.refusal(ProtocolFault(INVALID_REQUEST, f"a message is longer than {MAX_LINE:,} bytes"))
    if not line.strip():
        return None
    try:
        message = strict_json.loads(line)
    except BadInput as error:
        return protocol.refusal(ProtocolFault(PARSE_ERROR, f"a message cannot be read: {error}"))
    toolbox = Toolbox(archive, gates.checker(archive, LambdaContext("mcp")), public_url)
    return protocol.answer(message, toolbox).body
