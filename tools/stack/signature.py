"""Signatures of requests, as IAM checks them for the gateway: Signature Version 4 with the keys of this machine."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tools.stack.emulator import KEYS, REGION

SERVICE = "execute-api"
TOLERANCE = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), ?SignedHeaders=(?P<names>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


def is_valid(method: str, target: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a request is signed with the keys of this machine, at this time, as it has arrived.

    Header names are in lower case.
    """
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    date = headers.get("x-amz-date", "")
    if found is None or found["key"] != KEYS["AWS_ACCESS_KEY_ID"] or not _is_near(date, now):
        return False
    names = found["names"].split(";")
    if "host" not in names or not headers.keys() >= {*names}:
        return False
    given = {name: headers[name] for name in names if name != "host"}
    request = AWSRequest(method, f"http://{headers['host']}{target}", given, body)
    request.context["timestamp"] = date
    signer = SigV4Auth(Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]), SERVICE, REGION)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    scope = f"{date[:8]}/{REGION}/{SERVICE}/aws4_request"
    return found["scope"] == scope and hmac.compare_digest(found["signature"], expected)


def _is_near(date: str, now: datetime) -> bool:
    try:
        return abs(datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) - now) <= TOLERANCE
    except ValueError:
        return False
