"""`make local`: run the stack of template.yaml until Ctrl-C.

    python -m tools.stack ARTIFACTS CLIENT --port 8080 --parameter Reads=iam

ARTIFACTS has the artifact of each function for this machine, CLIENT is the folder of Lambda's client of the runtime.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import threading
from pathlib import Path

from tools.sign_event import EXAMPLE_SECRET
from tools.stack import sample
from tools.stack.emulator import KEYS, REGION, ROOT, program
from tools.stack.functions import Artifacts
from tools.stack.local import LocalStack
from tools.stack.template.declared import TemplateFault, machine_arn

READY = """\
quoth: the stack of template.yaml runs on this machine; all of it is gone after Ctrl-C
  pages and API    {stack.address}/
  writes           sign them: curl --aws-sigv4 aws:amz:{region}:execute-api --user {key}:{secret} ...
  S3, SQS and SSM  {stack.moto.address}
  Lambda           {stack.lambda_address}
  buckets          {buckets}
  backfills        {machines}
  Slack's secret   {slack}
  logs             {logs}/"""


class CannotStart(Exception):
    """The stack cannot start here."""


def artifacts(code: Path, client: Path, logs: Path) -> Artifacts:
    """Return the artifacts, with an empty folder of logs; raises `FileNotFoundError` if something is not built."""
    for path in (code, client / "awslambdaric"):
        if not path.is_dir():
            raise FileNotFoundError(f"{path} is missing; `make local` builds it")
    program()
    logs.mkdir(parents=True, exist_ok=True)
    for log in logs.glob("*.log"):
        log.unlink()
    return Artifacts(code.absolute(), client.absolute(), logs)


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port; raises `CannotStart` if another program does."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise CannotStart(
            f"cannot listen on 127.0.0.1:{port} ({error}); choose another: make local PORT=8081"
        ) from None


def pair(text: str) -> tuple[str, str]:
    """Return a parameter of the template and its value.

    >>> pair("Reads=iam")
    ('Reads', 'iam')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def main() -> int:
    """Run the stack until it is interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("artifacts", type=Path)
    parser.add_argument("client", type=Path)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--parameter", action="append", default=[], type=pair, metavar="NAME=VALUE")
    parser.add_argument("--template", type=Path, default=ROOT / "template.yaml")
    parser.add_argument("--logs", type=Path, default=ROOT / "build/local")
    options = parser.parse_args()
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: interrupted.set())
    try:
        built = artifacts(options.artifacts, options.client, options.logs)
        listening = listen(options.port)
        listen(options.port + 1).close()
        parameters = {"PublicUrl": f"http://127.0.0.1:{options.port}", **dict(options.parameter)}
        stack = LocalStack(options.template, built, listening, parameters, moto_port=options.port + 1)
    except (CannotStart, TemplateFault, FileNotFoundError) as error:
        print(f"quoth: {error}", file=sys.stderr)
        return 1
    with stack:
        sample.load(stack.moto.address)
        key, secret = KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]
        buckets = ", ".join(bucket.name for bucket in stack.declared.buckets)
        told = {"key": key, "secret": secret, "slack": EXAMPLE_SECRET, "buckets": buckets, "logs": options.logs}
        told["machines"] = ", ".join(machine_arn(machine.name) for machine in stack.declared.machines)
        print(READY.format(stack=stack, region=REGION, **told), file=sys.stderr, flush=True)
        interrupted.wait()
        print("quoth: stopping", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
