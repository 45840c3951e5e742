"""The import rules between folders (design: "The house").

Ruff's banned-api list in pyproject.toml has the modules that no inner module may import. It cannot express rules per
folder, and the edges are exempt from it; this module has both, as data.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Wall:
    """No module under `inside` imports any of `banned`, except the files in `doors`."""

    inside: tuple[str, ...]
    banned: tuple[str, ...]
    why: str
    doors: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{'+'.join(self.inside)} without {'+'.join(self.banned)}"


def below(house: str, *rooms: str, faces: tuple[str, ...]) -> Iterator[Wall]:
    """The walls between layered rooms, lowest first; `faces` are the modules above all of them."""
    package = ".".join(Path(house).parts[1:])
    for number, room in enumerate(rooms):
        above = (*rooms[number + 1 :], *faces)
        yield Wall(
            inside=(f"{house}/{room}",),
            banned=tuple(f"{package}.{name}" for name in above),
            why=f"{room} knows only the rooms below it",
        )


WALLS = [
    Wall(
        inside=("index", "functions", "tests", "tools", "demo"),
        banned=("index",),
        why="index/ is the source root; as a package it collides inside Lambda",
    ),
    Wall(
        inside=("index/quoth",),
        banned=("functions",),
        doors=tuple(f"index/quoth/cli/commands/{name}.py" for name in ("ask", "backfill", "slack")),
        why="the library does not know the edge; the command line loads functions for `serve`, `slack`, `backfill`",
    ),
    Wall(
        inside=("index/quoth",),
        banned=("boto3", "botocore", "mypy_boto3_s3", "types_boto3_s3", "aws_lambda_powertools"),
        doors=("index/quoth/storage/stores/s3.py",),
        why="one module of the library talks to AWS, and none knows Lambda",
    ),
    Wall(
        inside=("index/quoth", "functions"),
        banned=("whoosh", "numpy"),
        doors=("index/quoth/engine/",),
        why="how an index is built is the engine's business; the rest could live with another",
    ),
    Wall(
        inside=("index/quoth", "functions"),
        banned=("pickle", "marshal", "shelve", "dill", "cloudpickle"),
        why="nothing that is read from a store may run code",
    ),
    Wall(
        inside=("index/quoth/extraction",),
        banned=("quoth.storage", "quoth.engine", "quoth.archive", "quoth.cli"),
        why="extraction is a pure function of the article",
    ),
    Wall(
        inside=("index/quoth/extraction",),
        banned=("msgspec", "pydantic", "tqdm"),
        doors=("index/quoth/extraction/extract.py",),
        why="attribution needs the standard library and its weights; only what makes quotes of it knows what they are",
    ),
    Wall(
        inside=("index/quoth/storage",),
        banned=("quoth.extraction", "quoth.engine", "quoth.archive", "quoth.cli"),
        why="storage keeps bytes; it does not know what they mean",
    ),
    Wall(
        inside=("index/quoth/engine",),
        banned=("quoth.extraction", "quoth.archive", "quoth.cli"),
        why="the engine gets quotes; where they come from is not its business",
    ),
    Wall(
        inside=("index/quoth/ingest/formats",),
        banned=("quoth.extraction", "quoth.engine", "quoth.storage", "quoth.archive", "quoth.cli"),
        why="a format turns bytes into articles and quotes, and does nothing with them",
    ),
    Wall(
        inside=("index/quoth/text",),
        banned=("quoth.article", "quoth.quote", "quoth.engine", "quoth.extraction", "quoth.storage", "quoth.ingest"),
        why="rules and tables of English know nothing of articles, quotes or indexes",
    ),
    *below(
        "index/quoth/extraction",
        "scanner",
        "parsing",
        "entities",
        "attribution",
        faces=("extract", "utterances", "indirect"),
    ),
    *below(
        "index/quoth/engine",
        "segment",
        "execution",
        "query",
        "verify",
        faces=("searcher", "follower", "page", "speakers"),
    ),
    Wall(
        inside=("index/quoth/extraction/ranking",),
        banned=tuple(
            f"quoth.extraction.{room}" for room in ("scanner", "parsing", "entities", "attribution", "extract")
        ),
        why="a ranker weighs features; it does not know what they describe",
    ),
    Wall(
        inside=("index/quoth/storage/stores",),
        banned=tuple(f"quoth.storage.{room}" for room in ("files", "maintenance", "manifest", "snapshot", "commit")),
        why="a store keeps objects; it does not know what the index makes of them",
    ),
    Wall(
        inside=("index/quoth/storage",),
        banned=("quoth.storage.maintenance",),
        doors=("index/quoth/storage/maintenance/",),
        why="a commit never waits for what tidies up behind it",
    ),
    Wall(
        inside=("index/quoth/exports",),
        banned=("quoth.archive", "quoth.cli", "quoth.storage.manifest", "quoth.storage.maintenance"),
        why="an export job works on any store, and on whatever has rows",
    ),
    Wall(
        inside=("index/quoth/checking",),
        banned=("quoth.archive", "quoth.cli", "quoth.storage", "quoth.answers"),
        why="a check gets a draft and a way to verify; where the index is, and how a report looks, is not its business",
    ),
    Wall(
        inside=("index/quoth/engine", "index/quoth/storage", "index/quoth/extraction", "index/quoth/ingest"),
        banned=("quoth.checking",),
        why="a check is made of extraction and verification, and they do not know it",
    ),
    Wall(
        inside=("index/quoth/answers", "index/quoth/engine", "index/quoth/storage"),
        banned=("quoth.exports",),
        why="an export is made of answers, and they do not know it",
    ),
    Wall(
        inside=("functions",),
        banned=("quoth.cli",),
        why="what a terminal shows is no business of the edge; labels and sanitizing are shared",
    ),
    Wall(
        inside=("functions/search.py", "functions/slack", "functions/exports.py"),
        banned=("quoth.extraction",),
        why="a reader never extracts, and its cold start should not pay for it",
    ),
]


def imports(source: str, package: str = "") -> Iterator[str]:
    """Every module that a source imports, at the top or in a function; `package` resolves relative imports.

    >>> list(imports("import a.b\\nfrom c import d\\nfrom . import e", "quoth.engine"))
    ['a.b', 'c', 'c.d', 'quoth.engine', 'quoth.engine.e']
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def sources(place: str) -> Iterator[Path]:
    path = ROOT / place
    yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def package_of(path: Path) -> str:
    """The dotted name of a file's package, as it is imported (index/ is a root)."""
    parts = path.relative_to(ROOT).parent.parts
    return ".".join(parts[1:] if parts[:1] == ("index",) else parts)


@cache
def imported_by(path: Path) -> frozenset[str]:
    """What a file imports; many walls ask it of the same files."""
    return frozenset(imports(path.read_text("utf-8"), package_of(path)))


def breaches(wall: Wall) -> Iterator[str]:
    for place in wall.inside:
        for path in sources(place):
            file = path.relative_to(ROOT).as_posix()
            if file.startswith(wall.doors):
                continue
            for module in imported_by(path):
                if any(module == banned or module.startswith(f"{banned}.") for banned in wall.banned):
                    yield f"{file} imports {module}"


@pytest.mark.prove
def test_every_wall_stands() -> None:
    """One test of all walls: many ask for the same files, and each process of tests would parse them again."""
    found = {f"{wall}: {wall.why}": sorted(set(breaches(wall))) for wall in WALLS}
    assert {wall: breached for wall, breached in found.items() if breached} == {}


def test_a_door_leads_somewhere() -> None:
    """An exception for a deleted file would silently allow a new file of that name."""
    assert [door for wall in WALLS for door in wall.doors if not (ROOT / door).exists()] == []


# A cold start: import one module in a fresh interpreter, and print the loaded modules and the created AWS clients
# (whose classes are created at run time, so sys.modules does not show them).
COLD_START = """
import importlib, json, sys
clients = []
if sys.argv[2] == "watch clients":
    import botocore.session
    create = botocore.session.Session.create_client
    def create_client(self, service_name, *args, **kwargs):
        clients.append(service_name)
        return create(self, service_name, *args, **kwargs)
    botocore.session.Session.create_client = create_client
importlib.import_module(sys.argv[1])
print(json.dumps([sorted(sys.modules), clients]))
"""


@cache
def cold_start(module: str, watch: str = "") -> tuple[set[str], set[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COLD_START, module, watch],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT / 'index'}:{ROOT}",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "QUOTH_STORE": "s3://quoth-store-123456789012-eu-west-1",
            "QUOTH_SLACK_SECRET_PARAMETER": "/quoth/slack/signing-secret",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules, clients = json.loads(done.stdout.splitlines()[-1])
    return set(modules), set(clients)


@pytest.mark.parametrize("reader", ["functions.search", "functions.slack.function"])
def test_a_reader_starts_without_extraction_and_without_other_functions(reader: str) -> None:
    """Every loaded module slows a cold start."""
    modules, _ = cold_start(reader, "watch clients")
    unwelcome = ("quoth.extraction", "quoth.cli", "functions.ingest", "functions.indexer", "functions.local")
    unwelcome += ("quoth.engine.segment.writing", "quoth.engine.whoosh_adapter")
    unwelcome += ("functions.http.agents", "functions.http.feeds", "quoth.answers.feeds", "quoth.departures")
    unwelcome += (
        "quoth.checking.check",
        "quoth.checking.drafts",
        "quoth.checking.draft_quotes",
        "quoth.ingest.formats.html",
        "functions.pages",
        "quoth.answers.markup",
    )
    assert sorted(module for module in modules if module.startswith(unwelcome)) == []


# The modules of a search that is not cold yet: 414 with Python 3.11. Their number is stable where milliseconds are not.
MODULES_OF_SEARCH = 425


def test_a_search_starts_with_what_it_needs_and_no_more() -> None:
    """docs/decisions/0041-a-lean-cold-start.md and 0043 have what these would cost."""
    modules, _ = cold_start("functions.search")
    unwelcome = (
        "asyncio",
        "pydantic",
        "boto3",
        "botocore.",
        "multiprocessing",
        "unittest",
        "whoosh.codec",
        "slack_sdk",
    )
    unwelcome += (
        "aws_lambda_powertools",
        "aws_xray_sdk",
        "functions.http.models",
        "cached_property",
        "typing_extensions",
    )
    unwelcome += ("dataclasses", "inspect", "ast", "platform", "calendar", "html", "tempfile", "ctypes")
    unwelcome += ("http.client", "email", "urllib.request", "numpy.ma.", "numpy.random", "numpy._typing")
    unwelcome += ("quoth.engine.verify.verify", "quoth.engine.guide.", "quoth.storage.maintenance.", "quoth.ingest.")
    assert sorted(module for module in modules if module.startswith(unwelcome)) == []
    assert len(modules) <= MODULES_OF_SEARCH


AFTERWARDS = """
import sys
from functions import search
import ast, calendar, ctypes, html, inspect, ipaddress, pickle, platform, tempfile, urllib.request
import numpy, typing_extensions, whoosh.analysis
from whoosh.query.terms import variations
from quoth.engine.schema import SCHEMA
import numpy._typing
from urllib.parse import urlsplit
print(
    platform.system() == platform.uname().system,
    pickle.loads(pickle.dumps(numpy.arange(3))).tolist(),
    numpy.arange(3).ctypes.shape[0],
    list(inspect.signature(numpy.unique).parameters)[:2],
    urlsplit("http://[::1]:80/").hostname,
    [token.text for token in whoosh.analysis.StemmingAnalyzer()("swapping")],
    "rendered" in variations("render"),
    pickle.loads(pickle.dumps(SCHEMA)).names() == SCHEMA.names(),  # as Whoosh's own writer does
    hasattr(typing_extensions, "TypedDict"),
)
"""


def test_what_a_start_leaves_out_is_there_for_whoever_asks_later() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", AFTERWARDS],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'index'}:{ROOT}", "QUOTH_STORE": "file:nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "True [0, 1, 2] 3 ['ar', 'return_index'] ::1 ['swapp'] True True True\n"


@pytest.mark.parametrize(
    ("reader", "used"), [("functions.search", {"s3"}), ("functions.slack.function", {"s3", "ssm"})]
)
def test_a_reader_starts_without_clients_that_it_does_not_use(reader: str, used: set[str]) -> None:
    _, clients = cold_start(reader, "watch clients")
    assert clients <= used


def test_importing_the_library_loads_nothing_of_aws() -> None:
    modules, _ = cold_start("quoth")
    assert not modules & {"boto3", "botocore", "aws_lambda_powertools"}


# A process that searches, and one that merges, under an audit hook of the interpreter. Everything runs once before, on
# another archive, so that all modules are loaded: an import runs code legitimately.
WATCHED = """
import sys

armed, seen = False, []

def watched(call):
    def watching(*args, **kwargs):
        if armed:
            seen.append(call.__qualname__)
        return call(*args, **kwargs)
    return watching

import _pickle, marshal, pickle

class Unpickler(pickle.Unpickler):
    load = watched(pickle.Unpickler.load)

for module in (pickle, _pickle, marshal):
    module.load, module.loads = watched(module.load), watched(module.loads)
pickle.Unpickler = _pickle.Unpickler = Unpickler

import os
os.environ["QUOTH_STORE"] = f"file:{sys.argv[1]}/0"

from functions import search
from functions.local.events import LambdaContext
from quoth.archive import open_archive
from quoth.storage.stores.directory import DirectoryStore
from quoth.engine.searcher import Searcher
from quoth.storage.files.disk_cache import DiskCache
from pathlib import Path
from tests.support.counting import CountingStore
from tests.support.events import http

def do_everything(folder):
    for number in range(9):
        open_archive(f"file:{folder}").add(said(number))
    archive = open_archive(f"file:{folder}")
    (hit, *_) = archive.search("dam").hits
    assert archive.get(hit.quote.id) == hit.quote
    assert archive.search('"the dam"', speaker="Ada Okafor", from_="2020-01-01").total == 0
    assert archive.stats().quotes == 9
    assert archive.at(3).search("dam").total == 3
    for _ in range(2):
        far = CountingStore(DirectoryStore(Path(folder)), 1)
        assert Searcher(far, disk=DiskCache(Path(folder, "cache"), 1 << 20)).search(hits).total == 9
    archive.withdraw(hit.quote.id)
    archive.compact()
    assert archive.scrub().findings == ()

def said(number):
    return GivenQuote(text=f"The dam will hold, {number}.", speaker="Ada Okafor")

def answer(path):
    event = http("GET", path)
    assert search.handler(event, LambdaContext("search"))["statusCode"] == 200, path

from quoth.engine.query.request import Request
from quoth.quote import GivenQuote

hits = Request("dam")
do_everything(f"{sys.argv[1]}/0")
paths = ["/v1/quotes?q=dam", "/v1/index"]
[answer(path) for path in paths]
again = open_archive(f"file:{sys.argv[1]}/0")

def audit(event, args):
    if armed and event in ("exec", "compile", "marshal.load", "marshal.loads", "pickle.find_class"):
        seen.append(f"{event} {args!r:.200}")

sys.addaudithook(audit)
armed = True
do_everything(f"{sys.argv[1]}/1")
[answer(path) for path in paths]
armed = False
print(seen)
armed = True
exec(compile("1", "a test of the test", "eval"))
pickle.loads(pickle.dumps(Path))
armed = False
print(sorted({one.split()[0] for one in seen}))
"""


@pytest.mark.prove
def test_nothing_that_comes_from_the_store_is_run(tmp_path: Path) -> None:
    """No unpickling, no unmarshalling and no code, from the first byte read to the answer and to a merge.

    `make test` knows from a wall above that nobody imports a module that could.
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED, str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'index'}:{ROOT}", "POWERTOOLS_SERVICE_NAME": "quoth"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen, seen_by_the_test = done.stdout.splitlines()[-2:]
    assert seen == "[]"
    assert seen_by_the_test == "['compile', 'exec', 'loads', 'pickle.find_class']"
