"""What a start of the function imports is on docs/slack-speed.md, with its cost."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from tests.house.test_walls import cold_start
from tests.support.events import ROOT

OURS = {"quoth", "functions"}


@pytest.mark.prove
def test_the_page_lists_every_package_that_a_start_imports() -> None:
    page = (ROOT / "docs" / "slack-speed.md").read_text("utf-8").partition("## What a start imports")[2]
    listed = {
        name for row in re.findall(r"^\| (.+?) \| \d+ \|$", page, re.MULTILINE) for name in re.findall(r"\w+", row)
    }
    modules, _ = cold_start("functions.slack.function", "watch clients")
    loaded = {module.partition(".")[0] for module in modules}
    installed = metadata.packages_distributions().keys() - {"_distutils_hack"}
    packages = {name for name in loaded if name in installed | OURS and not name.startswith("_")}
    assert packages - listed == set()


def test_it_starts_without_slacks_own_package_and_without_a_client_for_lambda() -> None:
    """slack_sdk checks messages in the tests; the client is made when the first answer is handed over."""
    modules, clients = cold_start("functions.slack.function", "watch clients")
    assert not {name for name in modules if name.startswith(("slack_sdk", "slack_bolt"))}
    assert "lambda" not in clients
