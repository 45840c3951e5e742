"""The checks of a request, and the manners of its rejection, that waitress leaves to its user.

waitress answers 400 to a malformed line or header, two different lengths among them. It takes a header that stands
twice for a list, ignores a Content-Length beside chunks, breaks off without an answer when a target cannot be split or
a client ends its request early, and closes a connection while its client still sends, which discards the answer.
"""

from __future__ import annotations

import json
import re
import socket
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from functions.http.problem import NOSNIFF
from functions.local.log import log_request

MAX_LINGER_BYTES = 16 * 1024 * 1024  # of a rejected request, so that its client reads the answer
# The headers that say where a request goes and where it ends.
_FRAMING = re.compile(rb"\n(host|content-length|transfer-encoding):")


class StrictParser(HTTPRequestParser):
    """Parses one request; what two programs could read in two ways is an error."""

    def parse_header(self, header_plus: bytes) -> None:
        """See `HTTPRequestParser.parse_header`; raises `ParsingError`."""
        names = _FRAMING.findall(header_plus.lower())
        if len(names) > len(set(names)):
            raise ParsingError("a header stands twice")
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # of a target such as http://[/
            raise ParsingError("the target cannot be read") from error
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("the version is not HTTP/1.0 or HTTP/1.1")
        if "TRANSFER_ENCODING" in self.headers:  # HTTP/1.0 has none; of 1.1 waitress has removed it
            raise ParsingError("HTTP/1.0 has no Transfer-Encoding")
        if self.chunked and "CONTENT_LENGTH" in self.headers:  # RFC 9112, 6.3: an attempt to smuggle a request
            raise ParsingError("the body has two lengths")


class RejectionTask(ErrorTask):
    """Answers a request that cannot be read, in the format of API Gateway."""

    def execute(self) -> None:
        """See `ErrorTask.execute`; the answer repeats nothing of the request."""
        error = self.request.error
        body = json.dumps({"message": error.reason}).encode()
        self.version = "1.1"  # what this server speaks; the request's is unknown
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", "application/json"), *NOSNIFF.items()])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.is_rejected = True
        self.write(body)
        log_request(None, error.code)


class LocalChannel(HTTPChannel):
    """One connection. It answers a request that its client ends early, and reads on for a while after a rejection."""

    parser_class = StrictParser
    error_task_class = RejectionTask
    request: Any = None  # that has not been received completely
    is_rejected = False
    lingered: int | None = None  # the bytes that were discarded since the answer

    def handle_read(self) -> None:
        """See `HTTPChannel.handle_read`."""
        if self.lingered is not None:
            self._discard()
        elif self._ends_early():
            self._reject("the request ends early")
        else:
            super().handle_read()

    def handle_close(self) -> None:
        """See `HTTPChannel.handle_close`. To close a socket with unread data resets it, which discards the answer."""
        if self.is_rejected and self.lingered is None:
            self.lingered, self.will_close = 0, False
            with suppress(OSError):  # the client is gone
                self.socket.shutdown(socket.SHUT_WR)
                return  # the client closes, or waitress after its timeout
        super().handle_close()

    def _discard(self) -> None:
        try:
            data = self.socket.recv(2**16)
        except OSError:
            data = b""
        self.lingered = (self.lingered or 0) + len(data)
        if not data or self.lingered > MAX_LINGER_BYTES:
            super().handle_close()

    def _ends_early(self) -> bool:
        request = self.request
        if request is None or not (request.headers_finished or request.header_plus.strip()):
            return False
        with suppress(OSError):
            return not self.socket.recv(1, socket.MSG_PEEK)
        return False

    def _reject(self, reason: str) -> None:
        with self.requests_lock:
            request, self.request = self.request, None
            request.error = BadRequest(reason)
            request.completed = True
            self.requests.append(request)
        self.server.add_task(self)
