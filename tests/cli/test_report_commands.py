"""`quoth reports`, and what erasing and scrub know of readers' reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quoth import reports
from quoth.archive import Archive
from quoth.cli import main, terminal
from quoth.errors import Damaged
from quoth.reports import SpeakerReport
from quoth.storage.stores.directory import DirectoryStore
from tests.support.builders import a_given

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Archive, str, str]:
    """An archive with two quotes that were reported."""
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
    archive = Archive(DirectoryStore(tmp_path))
    archive.add([a_given("The dam holds."), a_given("The harbour is safe.", "Bo Lind")])
    dam, harbour = (archive.search(word).hits[0].quote.id for word in ("dam", "harbour"))
    reports.record(archive.store, SpeakerReport(quote=dam, time=NOON, source="slack", note="Bo Lind\x1b[31m said it"))
    reports.record(archive.store, SpeakerReport(quote=harbour, time=NOON, source="page"))
    return archive, dam, harbour


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main.main(["reports", *arguments]) == 0
    return capsys.readouterr().out


def test_reports_are_listed_with_their_quotes(
    reported: tuple[Archive, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, dam, harbour = reported
    assert run(capsys) == (
        f"2 reports\n\n"
        f"{dam} · 2026-01-02T12:00:00Z · from Slack\n"
        "   “The dam holds.” Grace Mbeki\n"
        "   why: the speaker was given with the quote\n"
        "   reader: Bo Lind[31m said it\n\n"
        f"{harbour} · 2026-01-02T12:00:00Z · from the page\n"
        "   “The harbour is safe.” Bo Lind\n"
        "   why: the speaker was given with the quote\n"
    )


def test_json_has_one_report_a_line(reported: tuple[Archive, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    archive, dam, harbour = reported
    archive.withdraw(harbour)
    first, second = map(json.loads, run(capsys, "--json").splitlines())
    assert first == {
        "quote_id": dam,
        "time": "2026-01-02T12:00:00Z",
        "source": "slack",
        "note": "Bo Lind\x1b[31m said it",
        "text": "The dam holds.",
        "speaker": "Grace Mbeki",
    }
    assert (second["quote_id"], second["text"], second["speaker"]) == (harbour, None, None)


def test_reports_of_a_quote_are_dismissed(
    reported: tuple[Archive, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    archive, dam, harbour = reported
    assert run(capsys, "--dismiss", dam, "q_none") == "1 report dismissed\n"
    assert [report.quote for _, report in reports.stored(archive.store)] == [harbour]
    assert json.loads(run(capsys, "--json", "--dismiss", harbour)) == {"dismissed": 1}
    assert run(capsys) == "0 reports\n"


def test_the_day_is_utc_and_each_place_and_day_has_its_own() -> None:
    late = datetime.fromisoformat("2026-01-02T23:30:00-05:00")
    assert reports.key_of(SpeakerReport(quote="q_1", time=late, source="api")) == "reports/q_1/api-2026-01-03"


def test_erasing_deletes_the_reports_of_withdrawn_quotes_alone(reported: tuple[Archive, str, str]) -> None:
    archive, dam, harbour = reported
    archive.withdraw(dam)
    archive.compact()
    assert len(list(reports.stored(archive.store))) == 2, "a withdrawal may be rolled back"
    archive.compact(erase=True)
    assert [report.quote for _, report in reports.stored(archive.store)] == [harbour]


def test_a_quote_that_was_replaced_keeps_its_reports(reported: tuple[Archive, str, str]) -> None:
    archive, *_ = reported
    archive.add(a_given("The bridge holds.", id="bridge"))
    (hit,) = archive.search("bridge").hits
    reports.record(archive.store, SpeakerReport(quote=hit.quote.id, time=NOON, source="api"))
    archive.add(a_given("The bridge has fallen.", id="bridge", version=2))
    archive.compact(erase=True)
    assert len(list(reports.stored(archive.store))) == 3


def test_scrub_finds_a_report_that_cannot_be_read_or_is_of_something_else(reported: tuple[Archive, str, str]) -> None:
    archive, dam, harbour = reported
    assert archive.scrub().findings == ()
    archive.store.create(f"reports/{dam}/page-2026-01-02", b"rubbish")
    archive.store.create(f"reports/{dam}/page-2026-01-03", archive.store.get(f"reports/{harbour}/page-2026-01-02").data)
    found = archive.scrub().findings
    assert [finding.key for finding in found] == [f"reports/{dam}/page-2026-01-02", f"reports/{dam}/page-2026-01-03"]
    assert [finding.what.rpartition("-0")[2] for finding in found] == [
        "2 cannot be read: DecodeError",
        "3 has a report of another quote or day",
    ]
    with pytest.raises(Damaged):
        list(reports.stored(archive.store))


def test_a_damaged_report_hides_no_other(
    reported: tuple[Archive, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    archive, dam, harbour = reported
    archive.store.create(f"reports/{dam}/api-2026-01-01", b"rubbish")
    assert main.main(["reports", "--json"]) == terminal.STORE_FAILED
    told = capsys.readouterr()
    assert {json.loads(line)["quote_id"] for line in told.out.splitlines()} == {dam, harbour}
    assert "api-2026-01-01 cannot be read" in told.err
