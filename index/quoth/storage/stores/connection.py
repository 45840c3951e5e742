"""One GET after another over one connection: HTTP/1.1 as S3 speaks it, over a socket of the standard library.

`http.client` reads headers with the parser of mail; loading both takes a cold start 8 ms.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

# The authorities that sign Amazon's servers (amazontrust.com/repository); to read all that a system knows takes 18 ms.
AMAZON = Path(__file__).parent / "data" / "amazon-roots.pem"
MAX_LINE = 65_536
MAX_HEADERS = 100
_DIGITS = {10: frozenset("0123456789"), 16: frozenset("0123456789abcdefABCDEF")}


class BrokenReply(OSError):
    """The server closed the connection too early, or what it sent is not HTTP."""


class HttpReply(NamedTuple):
    """The answer to a GET; the names of its headers are in lower case. After the last one the server hangs up."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_last: bool


class HttpConnection:
    """A connection to a server, opened by its first GET; one thread uses it at a time."""

    def __init__(self, host: str, port: int, seconds: float, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        # The host as bytes: a text is encoded by a codec that takes a millisecond to load.
        self._address: tuple[Any, int] = (host.encode("ascii"), port)
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._file: BinaryIO = io.BytesIO()

    def get(self, path: str, headers: Mapping[str, str]) -> HttpReply:
        """Return the answer; raises `OSError`, after which the connection is of no further use."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if not self._socket:
            self._socket = self._open()
            self._file = self._socket.makefile("rb")
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        return read(self._file)

    def _open(self) -> socket.socket:
        opened = socket.create_connection(self._address, self._seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is None:
            return opened
        try:
            return self.tls.wrap_socket(opened, server_hostname=self._address[0])
        except OSError:
            opened.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def read(file: BinaryIO) -> HttpReply:
    r"""Return the answer to a GET; raises `BrokenReply`, and `OSError` of the connection.

    >>> from io import BytesIO
    >>> read(BytesIO(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 3\r\n\r\none'))
    HttpReply(status=200, headers={'etag': '"a"', 'content-length': '3'}, body=b'one', is_last=False)
    >>> read(BytesIO(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\non\r\n1\r\ne\r\n0\r\n\r\n")).body
    b'one'
    """
    version, _, rest = _line(file).partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit()):
        raise BrokenReply("the answer is not HTTP/1")
    headers = _headers(file)
    closes = version == "HTTP/1.0" or headers.get("connection", "").lower() == "close"
    if status in ("204", "304"):  # by definition without a body, whatever the headers say
        return HttpReply(int(status), headers, b"", closes)
    coding = headers.get("transfer-encoding", "").lower()
    if coding == "chunked":
        return HttpReply(int(status), headers, _chunks(file), closes)
    if coding:  # the body would be taken for another one
        raise BrokenReply(f"the answer has the encoding {coding[:80]!r}")
    if "content-length" not in headers:
        return HttpReply(int(status), headers, file.read(), True)
    return HttpReply(int(status), headers, _exactly(file, _number(headers["content-length"], 10)), closes)


def _headers(file: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = _line(file)
        if not line:
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BrokenReply("the headers of the answer are not those of HTTP")
        if headers.setdefault(name.lower(), value.strip()) != value.strip() and name.lower() == "content-length":
            raise BrokenReply("the answer has two lengths")
        headers[name.lower()] = value.strip()
    raise BrokenReply(f"the answer has more than {MAX_HEADERS} headers")


def _line(file: BinaryIO) -> str:
    line = file.readline(MAX_LINE)
    if not line.endswith(b"\n"):
        raise BrokenReply("the connection was closed" if len(line) < MAX_LINE else "a line of the answer is too long")
    return line.decode("latin-1").rstrip("\r\n")


def _chunks(file: BinaryIO) -> bytes:
    body = bytearray()
    while size := _number(_line(file).partition(";")[0].strip(), 16):
        body += _exactly(file, size)
        _line(file)
    _headers(file)  # the trailers
    return bytes(body)


def _exactly(file: BinaryIO, size: int) -> bytes:
    body = file.read(size)
    if len(body) != size:
        raise BrokenReply(f"the answer has {len(body):,} bytes of {size:,}")
    return body


def _number(text: str, base: int) -> int:
    # Not every number of Python is one of HTTP: 1_0, +3.
    if not text or not set(text) <= _DIGITS[base]:
        raise BrokenReply("the length of the answer is not a number")
    return int(text, base)


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Return a context of TLS that trusts the authorities of a file, or those of the system."""
    return ssl.create_default_context(cafile=None if authorities is None else str(authorities))
