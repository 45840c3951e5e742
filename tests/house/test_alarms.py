"""The alarms of template.yaml: each watches a metric that exists, and rings when the code does what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions import exports, indexer, maintain, reports, search
from functions.local.events import LambdaContext, sqs_event
from functions.runtime import records, reporting, retries, settings
from functions.slack import function as slack
from quoth.errors import Conflict, Unavailable
from quoth.exports import work
from quoth.ingest import originals
from tests.house.test_template import ALARMS, FUNCTIONS, RESOURCES, TEMPLATE, holds, of_type, plain
from tests.support.builders import a_given, an_article
from tests.support.events import call, committed, http, integrity_of
from tests.support.served import damage, queued, stored
from tools.sign_event import EXAMPLE_SECRET

# The metrics that AWS itself emits, with the dimensions that each has without further settings, from its documentation:
# lambda/latest/dg/monitoring-metrics-types.html, AWSSimpleQueueService/.../sqs-available-cloudwatch-metrics.html,
# apigateway/latest/developerguide/http-api-metrics.html. (A REST API has other names: 5XXError, ApiName.)
EMITTED_BY_AWS = {
    ("AWS/Lambda", "Errors"): "FunctionName",
    ("AWS/Lambda", "Throttles"): "FunctionName",
    ("AWS/Lambda", "Invocations"): "FunctionName",
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): "QueueName",
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): "QueueName",
    ("AWS/Lambda", "Duration"): "FunctionName",
    ("AWS/Lambda", "ConcurrentExecutions"): "FunctionName",
    ("AWS/ApiGateway", "Count"): "ApiId",
    ("AWS/ApiGateway", "4xx"): "ApiId",
    ("AWS/ApiGateway", "5xx"): "ApiId",
    ("AWS/ApiGateway", "Latency"): "ApiId",
}
# What each of them watches.
WATCHED = {
    "IndexerErrorsAlarm": ("Errors", "IndexerFunction"),
    "IndexerThrottlesAlarm": ("Throttles", "IndexerFunction"),
    "IndexQueueAgeAlarm": ("ApproximateAgeOfOldestMessage", "IndexQueue.QueueName"),
    "ExportDeadLettersAlarm": ("ApproximateNumberOfMessagesVisible", "ExportDeadLetters.QueueName"),
    "ExportErrorsAlarm": ("Errors", "ExportFunction"),
    "DeadLettersAlarm": ("ApproximateNumberOfMessagesVisible", "IndexDeadLetters.QueueName"),
    "FailedUploadsAlarm": ("ApproximateNumberOfMessagesVisible", "FailedUploads.QueueName"),
    "ApiErrorsAlarm": ("5xx", "Api"),
    "ApiLatencyAlarm": ("Latency", "Api"),
    "SearchErrorsAlarm": ("Errors", "SearchFunction"),
    "SlackErrorsAlarm": ("Errors", "SlackFunction"),
    "ReportErrorsAlarm": ("Errors", "ReportFunction"),
    "MaintenanceAlarm": ("Errors", "MaintainFunction"),
    "NoMaintenanceAlarm": ("Invocations", "MaintainFunction"),
}
# Metrics that a filter counts in the log of a function.
COUNTED = {
    "IndexerFailuresAlarm": ("IndexerFailures", {"IndexerLogs"}),
    "SearchFailuresAlarm": ("SearchFailures", {"SearchLogs"}),
    "ExportFailuresAlarm": ("ExportFailures", {"ExportLogs"}),
    "SlackFailuresAlarm": ("SlackFailures", {"SlackLogs"}),
    "ReportFailuresAlarm": ("ReportFailures", {"ReportLogs"}),
    "WrongSpeakersAlarm": ("WrongSpeakers", {"ReportLogs", "SlackLogs"}),
    "IntegrityAlarm": ("DamagedData", {f["LoggingConfig"]["LogGroup"]["Ref"] for f in FUNCTIONS.values()}),
}
HOURLY = {"MaintenanceAlarm", "NoMaintenanceAlarm"}

FILTERS = of_type("AWS::Logs::MetricFilter")


def filters_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filters that count the metric of an alarm."""
    metric = (alarm["Namespace"], alarm["MetricName"])
    return [
        found
        for found in FILTERS.values()
        for change in found["MetricTransformations"]
        if (change["MetricNamespace"], change["MetricName"]) == metric
    ]


def rings(name: str, *points: float | None) -> bool:
    """Whether an alarm rings after these values of its metric, one a period, the newest last; `None` is missing."""
    alarm = ALARMS[name]
    periods = alarm["EvaluationPeriods"]
    is_beyond: Callable[[float], bool] = {
        "GreaterThanThreshold": lambda value: value > alarm["Threshold"],
        "LessThanThreshold": lambda value: value < alarm["Threshold"],
    }[alarm["ComparisonOperator"]]
    missing = alarm["TreatMissingData"] == "breaching"
    last = [*[None] * periods, *points][-periods:]
    bad = [missing if point is None else is_beyond(point) for point in last]
    return sum(bad) >= alarm.get("DatapointsToAlarm", periods)


def matches(pattern: str, record: dict[str, Any]) -> bool:
    """Whether a filter pattern matches a record of the log; our patterns compare one field with one value or with *."""
    found = re.fullmatch(r'\{ \$\.(\w+) = "([^"]+)" \}', pattern)
    assert found is not None, pattern
    field, value = found.groups()
    return isinstance(record.get(field), str) and value in ("*", record[field])


def counted(name: str, logger: Logger, caplog: pytest.LogCaptureFixture) -> int:
    """Return how many records of the log count for an alarm, as a function writes them: as JSON."""
    (pattern,) = {found["FilterPattern"] for found in filters_of(ALARMS[name])}
    written = [json.loads(logger.registered_formatter.format(record)) for record in caplog.records]
    return sum(matches(pattern, record) for record in written)


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception, *calls: str) -> None:
    """Let calls of the store fail."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    for name in calls:
        monkeypatch.setattr(type(stored().store), name, fail)


# ------------------------------------------------------------------------------------------------ the metrics


def test_every_alarm_is_in_one_of_these_tables() -> None:
    assert WATCHED.keys() | COUNTED.keys() == ALARMS.keys()


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_an_alarm_watches_a_metric_that_aws_emits_for_the_right_thing(name: str) -> None:
    alarm = ALARMS[name]
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == EMITTED_BY_AWS[alarm["Namespace"], alarm["MetricName"]]
    assert (alarm["MetricName"], plain(dimension["Value"])) == WATCHED[name]


@pytest.mark.parametrize("name", sorted(COUNTED))
def test_an_alarm_watches_a_metric_that_filters_count_in_the_right_logs(name: str) -> None:
    alarm = ALARMS[name]
    groups = {found["LogGroupName"]["Ref"] for found in filters_of(alarm)}
    assert (alarm["MetricName"], groups) == COUNTED[name]
    assert "Dimensions" not in alarm, "a filter without dimensions counts into a metric without dimensions"


def test_every_filter_has_an_alarm() -> None:
    heard = [found for alarm in ALARMS.values() for found in filters_of(alarm)]
    assert sorted(map(str, heard)) == sorted(map(str, FILTERS.values()))
    assert {change["MetricValue"] for f in FILTERS.values() for change in f["MetricTransformations"]} == {"1"}


@pytest.mark.parametrize("name", sorted(ALARMS.keys() - HOURLY))
def test_an_alarm_rings_within_minutes(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["Period"] * alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) <= 600


@pytest.mark.parametrize("name", [name for name, (metric, _) in WATCHED.items() if metric == "Errors"])
def test_an_error_at_the_end_of_the_longest_invocation_still_rings(name: str) -> None:
    """Lambda counts an error at the time when its invocation began, and only after the invocation ended."""
    alarm = ALARMS[name]
    timeout = FUNCTIONS[WATCHED[name][1]]["Timeout"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] >= timeout + alarm["Period"]


def test_missing_data_is_bad_where_maintenance_did_not_run_and_nowhere_else() -> None:
    bad = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] != "notBreaching"}
    assert bad == {"NoMaintenanceAlarm"}
    assert ALARMS["NoMaintenanceAlarm"]["TreatMissingData"] == "breaching"


# --------------------------------------------------------------------------------------------- the dashboard


def widgets() -> list[dict[str, Any]]:
    """Return the widgets of the dashboard, each reference as its name in angle brackets."""
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    shown: list[dict[str, Any]] = json.loads(
        re.sub(r"\$\{([\w.:]+)\}", r"<\1>", dashboard["DashboardBody"]["Fn::Sub"])
    )["widgets"]
    return shown


def metrics(widget: dict[str, Any]) -> list[list[str]]:
    """Return the metrics of a widget in full: `.` repeats an entry of the metric above, `...` all up to the last."""
    shown: list[list[str]] = []
    for given in widget["properties"]["metrics"]:
        entries = [entry for entry in given if isinstance(entry, str)]
        if entries[0] == "...":
            entries = [*shown[-1][: len(shown[-1]) - len(entries) + 1], *entries[1:]]
        shown.append([shown[-1][place] if entry == "." else entry for place, entry in enumerate(entries)])
    return shown


def test_the_dashboard_has_every_alarm_and_costs_nothing_until_it_is_asked_for() -> None:
    alarms, *_ = widgets()
    assert {name.strip("<>").removesuffix(".Arn") for name in alarms["properties"]["alarms"]} == ALARMS.keys()
    (name,) = (name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Dashboard")
    condition = TEMPLATE["Conditions"][RESOURCES[name]["Condition"]]
    assert not holds(condition, {})
    assert holds(condition, {"Dashboard": "on"})


def test_the_dashboard_shows_metrics_that_exist() -> None:
    """The free ones have at most 50 metrics."""
    _, *graphs = widgets()
    shown = [metric for graph in graphs for metric in metrics(graph)]
    assert len(shown) <= 50
    own = {
        (change["MetricNamespace"]["Fn::Sub"].replace("${AWS::StackName}", "<AWS::StackName>"), change["MetricName"])
        for found in FILTERS.values()
        for change in found["MetricTransformations"]
    }
    assert {(space, name) for space, name, *of in shown if not of} == own, "all that the logs count"
    kinds = {
        "FunctionName": "AWS::Serverless::Function",
        "QueueName": "AWS::SQS::Queue",
        "ApiId": "AWS::Serverless::HttpApi",
    }
    for space, name, dimension, value in (metric for metric in shown if metric[2:]):
        assert EMITTED_BY_AWS[space, name] == dimension
        assert RESOURCES[value.strip("<>").removesuffix(".QueueName")]["Type"] == kinds[dimension]


# ------------------------------------------------------------------------------------ each alarm, driven once


@pytest.fixture
def served_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An archive with one article in a directory."""
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path_factory.mktemp('served')}")
    monkeypatch.setenv("QUOTH_QUEUE_URL", "local:")
    monkeypatch.setenv("QUOTH_EXPORT_QUEUE_URL", "local:exports")
    stored().add(an_article())


@pytest.mark.usefixtures("served_here")
class TestIndexer:
    def test_an_invocation_that_fails_rings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("QUOTH_STORE")
        settings.current.cache_clear()
        with pytest.raises(Exception, match="QUOTH_STORE is not set"):
            indexer.handler(sqs_event(["{}"]), LambdaContext("indexer"))
        assert rings("IndexerErrorsAlarm", 1)
        assert rings("IndexerErrorsAlarm", 1, 0, None, None), "it was counted late"
        assert not rings("IndexerErrorsAlarm", 0, 0, 0)

    @pytest.mark.parametrize("body", ["poison", '{"key": "articles/x"}'])
    def test_a_failed_message_rings_although_the_invocation_succeeds(
        self, caplog: pytest.LogCaptureFixture, body: str
    ) -> None:
        """Lambda counts no error for an invocation that reports failed messages."""
        assert indexer.handler(sqs_event([body]), LambdaContext("indexer"))["batchItemFailures"] != []
        assert rings("IndexerFailuresAlarm", counted("IndexerFailuresAlarm", indexer.logger, caplog))

    def test_a_failed_commit_rings(self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
        (key,) = originals.keep(stored().store, [an_article(id="urn:2")])
        event = sqs_event([json.dumps({"key": key})])
        with monkeypatch.context() as during:
            refuse(during, Unavailable("503 SlowDown"), "create")
            indexer.handler(event, LambdaContext("indexer"))
        assert rings("IndexerFailuresAlarm", counted("IndexerFailuresAlarm", indexer.logger, caplog))
        caplog.clear()
        assert indexer.handler(event, LambdaContext("indexer")) == {"batchItemFailures": []}
        assert not rings("IndexerFailuresAlarm", counted("IndexerFailuresAlarm", indexer.logger, caplog) or None)

    def test_throttles_ring(self) -> None:
        assert rings("IndexerThrottlesAlarm", 1)
        assert not rings("IndexerThrottlesAlarm", 0)

    def test_an_old_message_rings_before_its_last_try(self) -> None:
        """A failed message stays in the queue, and grows older. An empty queue has no metric."""
        assert rings("IndexQueueAgeAlarm", 20 * 60)
        assert not rings("IndexQueueAgeAlarm", 5 * 60)
        assert not rings("IndexQueueAgeAlarm", None)

    @pytest.mark.parametrize("name", ["DeadLettersAlarm", "FailedUploadsAlarm"])
    def test_one_dead_letter_rings(self, name: str) -> None:
        """tests/functions/intake/test_retries.py makes one."""
        assert rings(name, 1)
        assert not rings(name, 0)


@pytest.mark.usefixtures("served_here")
class TestExports:
    def event(self) -> dict[str, Any]:
        """Return the message of a new export."""
        status, _ = call(exports, http("POST", "/v1/exports", b"{}"))
        assert status == 202
        (body,) = queued(settings.current().export_queue_url)
        return sqs_event([body])

    def deliver(self, event: dict[str, Any]) -> int:
        """Return how many messages failed."""
        return len(exports.handler(event, LambdaContext("exports"))["batchItemFailures"])

    def rung(self, caplog: pytest.LogCaptureFixture) -> int:
        return counted("ExportFailuresAlarm", exports.logger, caplog)

    def test_an_export_that_succeeds_does_not_ring(self, caplog: pytest.LogCaptureFixture) -> None:
        assert self.deliver(self.event()) == 0
        assert not rings("ExportFailuresAlarm", self.rung(caplog) or None)

    def test_an_export_that_a_store_in_trouble_fails_rings_at_its_last_try(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (record,) = self.event()["Records"]
        for receives in range(1, retries.RECEIVES + 1):
            event = sqs_event([record["body"]], receives)
            with monkeypatch.context() as during:
                refuse(during, Unavailable("503 SlowDown"), "get_ranges")
                settings.archive.cache_clear()
                is_last = receives == retries.RECEIVES
                assert self.deliver(event) == (not is_last)
                assert (self.rung(caplog) > 0) == is_last
        assert rings("ExportFailuresAlarm", self.rung(caplog))

    def test_an_export_that_meets_damaged_data_rings_twice(self, caplog: pytest.LogCaptureFixture) -> None:
        event = self.event()
        damage("segments/")
        settings.archive.cache_clear()
        assert self.deliver(event) == 0
        assert rings("ExportFailuresAlarm", self.rung(caplog))
        assert rings("IntegrityAlarm", counted("IntegrityAlarm", exports.logger, caplog))

    @pytest.mark.parametrize("body", ["poison", '{"key": "manifest.json"}'])
    def test_a_message_that_is_no_job_rings(self, caplog: pytest.LogCaptureFixture, body: str) -> None:
        assert self.deliver(sqs_event([body])) == 0
        assert rings("ExportFailuresAlarm", self.rung(caplog))

    def test_an_export_that_its_client_must_change_does_not_ring(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = self.event()
        monkeypatch.setattr(work, "MAX_BYTES", 10)
        assert self.deliver(event) == 0
        assert self.rung(caplog) == 0

    def test_a_request_that_is_answered_with_500_rings(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(stored().store), "get", lambda *_: 1 / 0)
        assert call(exports, http("POST", "/v1/exports", b"{}"))[0] == 500
        assert rings("ExportFailuresAlarm", counted("ExportFailuresAlarm", records.logger(), caplog))

    def test_an_invocation_that_ends_without_an_answer_rings(self) -> None:
        with pytest.raises(KeyError):
            exports.handler({}, LambdaContext("exports"))
        assert rings("ExportErrorsAlarm", 1, 0, None, None)
        assert not rings("ExportErrorsAlarm", 0, 0)

    def test_one_dead_letter_rings(self) -> None:
        assert rings("ExportDeadLettersAlarm", 1)
        assert not rings("ExportDeadLettersAlarm", 0)


@pytest.mark.usefixtures("served_here")
class TestApi:
    def test_a_store_that_does_not_answer_rings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """API Gateway counts the status of each response."""
        refuse(monkeypatch, Unavailable("503 SlowDown"), "get", "get_range")
        statuses = [call(search, http("GET", "/v1/quotes?q=dam"))[0] for _ in range(3)]
        assert all(status >= 500 for status in statuses)
        assert rings("ApiErrorsAlarm", len(statuses), len(statuses))
        assert rings("ApiErrorsAlarm", 1, None, 1), "there is little traffic at night"
        assert not rings("ApiErrorsAlarm", 0, 1, 0), "one lost connection"

    def test_slow_answers_ring(self) -> None:
        assert ALARMS["ApiLatencyAlarm"]["ExtendedStatistic"] == "p95"
        assert rings("ApiLatencyAlarm", 3_500, 3_500), "Slack shows an error after three seconds"
        assert not rings("ApiLatencyAlarm", 3_500, 200), "one cold start"

    def test_an_error_of_a_search_rings_although_the_function_answers(self, caplog: pytest.LogCaptureFixture) -> None:
        call(search, http("GET", "/v1/quotes?q=dam"))
        assert counted("SearchFailuresAlarm", records.logger(), caplog) == 0
        damage("segments/")
        settings.archive.cache_clear()
        assert call(search, http("GET", "/v1/quotes?q=dam"))[0] == 500
        assert rings("SearchFailuresAlarm", counted("SearchFailuresAlarm", records.logger(), caplog))
        assert rings("IntegrityAlarm", counted("IntegrityAlarm", records.logger(), caplog))
        assert len(integrity_of(caplog)) == 1

    @pytest.mark.parametrize("target", ["/v1/quotes?q=(", "/v1/quotes/q_none", "/v1/quotes?nothing=1"])
    def test_an_error_of_the_client_does_not_ring(self, caplog: pytest.LogCaptureFixture, target: str) -> None:
        assert 400 <= call(search, http("GET", target))[0] < 500
        assert counted("SearchFailuresAlarm", records.logger(), caplog) == 0

    def test_slack_without_its_secret_rings(self, caplog: pytest.LogCaptureFixture) -> None:
        assert call(slack, committed("slack-command"))[0] == 500
        assert rings("SlackFailuresAlarm", counted("SlackFailuresAlarm", records.logger(), caplog))

    def test_a_forged_command_does_not_ring(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", EXAMPLE_SECRET + "x")
        assert call(slack, committed("slack-command"))[0] == 401
        assert counted("SlackFailuresAlarm", records.logger(), caplog) == 0

    def test_slack_without_its_archive_rings_although_it_answers(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Slack shows its user nothing of a 500, so the answer is a sentence, and the log rings."""
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", EXAMPLE_SECRET)
        monkeypatch.setattr(slack, "clock", lambda: int(command["headers"]["x-slack-request-timestamp"]))
        command = committed("slack-command")
        damage("segments/")
        assert call(slack, command)[0] == 200
        assert rings("SlackFailuresAlarm", counted("SlackFailuresAlarm", slack.logger, caplog))
        assert rings("IntegrityAlarm", counted("IntegrityAlarm", slack.logger, caplog))

    def test_a_report_that_fails_rings(self, caplog: pytest.LogCaptureFixture) -> None:
        damage("segments/")
        assert call(reports, http("POST", "/v1/reports", b'{"quote_id": "q_1"}'))[0] == 500
        assert rings("ReportFailuresAlarm", counted("ReportFailuresAlarm", records.logger(), caplog))

    def test_many_reports_ring_and_a_few_do_not(self, caplog: pytest.LogCaptureFixture) -> None:
        stored().add([a_given(f"The dam holds, {n} said.", "Bo Lind") for n in range(21)])
        quotes = [hit.quote.id for hit in stored().search("dam holds said", limit=21).hits]
        for number, quote in enumerate(quotes, start=1):
            body = json.dumps({"quote_id": quote}).encode()
            assert call(reports, http("POST", "/v1/reports", body))[0] == 202
            many = counted("WrongSpeakersAlarm", reporting.logger, caplog)
            assert (many, rings("WrongSpeakersAlarm", many)) == (number, number > 20)

    @pytest.mark.parametrize(
        ("module", "name"),
        [(search, "SearchErrorsAlarm"), (slack, "SlackErrorsAlarm"), (reports, "ReportErrorsAlarm")],
    )
    def test_an_invocation_that_ends_without_an_answer_rings(self, module: Any, name: str) -> None:
        with pytest.raises(Exception, match=r"."):
            module.handler({}, LambdaContext("search"))
        assert rings(name, 1, None)
        assert not rings(name, 0, 0)


@pytest.mark.usefixtures("served_here")
class TestMaintenance:
    @pytest.mark.parametrize("error", [Unavailable("503 SlowDown"), Conflict("manifest.json has changed")])
    def test_runs_that_a_store_in_trouble_stops_ring_after_three_hours(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """An error that the function only logs is none for Lambda, and none for the alarm."""
        refuse(monkeypatch, error, "get", "list")
        with pytest.raises(type(error)):
            maintain.handler(committed("maintain-schedule"), LambdaContext("maintain"))
        assert rings("MaintenanceAlarm", 1, 1, 1)
        assert not rings("MaintenanceAlarm", 1, 0, 1)

    def test_maintenance_that_does_not_run_rings(self) -> None:
        assert rings("NoMaintenanceAlarm", None, None, None)
        assert rings("NoMaintenanceAlarm", None, 0, None)

    @pytest.mark.parametrize("minutes", range(0, 60, 5))
    def test_maintenance_that_runs_every_hour_does_not_ring(self, minutes: int) -> None:
        """A run may be late by a minute, and a period may have none."""
        period = ALARMS["NoMaintenanceAlarm"]["Period"]
        runs = {(hour * 3600 + minutes * 60 + 60 * (hour % 2)) // period for hour in range(9)}
        points = [1 if number in runs else None for number in range(8 * 3600 // period)]
        fewest = ALARMS["NoMaintenanceAlarm"]["EvaluationPeriods"]
        assert not any(rings("NoMaintenanceAlarm", *points[:end]) for end in range(fewest + 1, len(points)))

    def test_it_rings_within_three_hours_of_the_last_run(self) -> None:
        """CloudWatch calls data missing only after it has looked at more periods than it evaluates: five for three."""
        alarm = ALARMS["NoMaintenanceAlarm"]
        assert alarm["Period"] * (alarm["EvaluationPeriods"] + 2) <= 3 * 3600
