"""The answers of the emulator to the events of events/, with the variables of events/env.json.

After a change of an answer run `python -m tests.functions.stack.events.invoked`, and read the difference. It needs what
`make test-local` has built. The expectations of the Slack function are those of tests/functions/slack.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.events import EVENTS, committed
from tools.stack import sample
from tools.stack.__main__ import artifacts
from tools.stack.emulator import ROOT, Emulator
from tools.stack.functions import Artifacts, parsed
from tools.stack.moto.process import Moto
from tools.stack.template.declared import declared, transformed

ENVIRONMENT = EVENTS / "env.json"
EXPECTED = EVENTS / "expected"
HERE = Path(__file__).parent
# Where the stack's moto is for a container, by events/env.json.
HOST = "http://host.docker.internal:8081"
# The events in an order in which each finds what it needs: those that read come first.
SLACK = sorted(path.stem for path in EVENTS.glob("slack-*.json"))
READING = "search-quotes search-verify search-check search-page search-mcp".split()
WRITING = """
    exports-post exports-queue exports-get reports-post
    ingest-article indexer-batch ingest-status ingest-upload ingest-delete maintain-schedule
""".split()
ORDER = [*READING, *SLACK, *WRITING]
FUNCTIONS = {
    "search": "SearchFunction",
    "exports": "ExportFunction",
    "reports": "ReportFunction",
    "ingest": "IngestFunction",
    "indexer": "IndexerFunction",
    "maintain": "MaintainFunction",
    "slack": "SlackFunction",
}


@cache
def variables() -> dict[str, dict[str, str]]:
    """Return the variables of each function, as the SAM CLI would set them in a container."""
    script = HERE / "sam_environment.py"
    command = [ROOT / ".venv-sam/bin/python", script, ROOT / "template.yaml", ENVIRONMENT]
    account = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "eu-west-1"}
    quiet = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(ROOT / "build/sam")}
    done = subprocess.run(command, env={**account, **quiet}, check=True, capture_output=True, text=True)
    made: dict[str, dict[str, str]] = json.loads(done.stdout)
    return made


@contextmanager
def running(built: Artifacts) -> Iterator[Callable[..., Emulator]]:
    """Serve the sample; yields what starts a function, or another handler with more modules in its place."""
    with ExitStack() as opened:
        moto = opened.enter_context(Moto())
        sample.load(moto.address)
        given = json.loads(json.dumps(variables()).replace(HOST, moto.address))
        declared_functions = declared(transformed(ROOT / "template.yaml"), moto.address, {}).functions

        def start(name: str, handler: str | None = None, *modules: Path) -> Emulator:
            folders = (built.code / name, built.client, *modules)
            with (built.logs / f"{name}.log").open("ab") as log:
                made = Emulator(handler or declared_functions[name].handler, folders, given[name], log)
            opened.callback(made.stop)
            return made

        yield start


def answers(start: Callable[..., Emulator]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Invoke every event, in order, and yield what each is answered."""
    started = {prefix: start(name) for prefix, name in FUNCTIONS.items() if prefix != "slack"}
    # Slack's function by a handler that knows the time of its events.
    started["slack"] = start(FUNCTIONS["slack"], "timely.handler", HERE / "slack_stand_in")
    for name in ORDER:
        invocation = parsed(started[name.partition("-")[0]].invoke(json.dumps(committed(name)).encode(), 60))
        assert not invocation.is_failed, (name, invocation.value)
        yield name, invocation.value if name.startswith("slack-") else told(invocation.value)


def told(value: Any) -> dict[str, Any]:
    """Return an answer without what differs from run to run; of a page only its title and its quotes."""
    if not isinstance(value, dict) or "statusCode" not in value:
        return {"response": value}
    body = value.get("body") or ""
    data = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
    if value["headers"].get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    text, kind = data.decode(), value["headers"].get("Content-Type", "")
    if kind.startswith("text/html"):
        return {"status": value["statusCode"], "content_type": kind, **_page(text)}
    return {"status": value["statusCode"], "response": _lasting(json.loads(text))}


def _page(text: str) -> dict[str, Any]:
    def words(found: str) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]*>", "", found)).split())

    title, *_ = re.findall(r"<title>(.*?)</title>", text, re.DOTALL)  # drawings have titles, too
    quotes = re.findall(r"<blockquote.*?>(.*?)</blockquote>", text, re.DOTALL)
    return {"title": words(title), "quotes": [words(found) for found in quotes]}


def _lasting(value: Any) -> Any:
    """Return JSON without what differs from run to run: times, signed addresses, sizes of files that have times."""
    if isinstance(value, dict):
        passing = ("took_ms", "since", "bytes")
        return {name: "…" if name in passing else _lasting(found) for name, found in value.items()}
    if isinstance(value, str):
        return "…" if "X-Amz-Signature=" in value else value
    return [_lasting(found) for found in value] if isinstance(value, list) else value


def write() -> None:
    """Write what the events are answered, but for those of Slack."""
    with tempfile.TemporaryDirectory() as folder:
        built = artifacts(ROOT / "build/lambda-host-functions", ROOT / "build/emulator", Path(folder))
        with running(built) as start:
            for name, answer in answers(start):
                if not name.startswith("slack-"):
                    text = json.dumps(answer, ensure_ascii=False, indent=2)
                    (EXPECTED / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write()
