"""template.yaml: permissions, public routes, and timeouts that keep messages longer than the work on them."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions import exports, indexer, search
from functions.local import application, events
from functions.runtime import integrity, retries
from quoth import archive, reports
from quoth.errors import Damaged
from quoth.exports import job, work
from quoth.ingest import originals
from quoth.storage.commit import WRITER_LIFE
from quoth.storage.maintenance import compaction
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, READER_LIFE
from tools.artifact import check as check_artifact
from tools.stack.template.declared import transformed

ROOT = Path(__file__).resolve().parents[2]


class CloudFormation(yaml.SafeLoader):
    """Loads !Ref, !Sub and similar tags in the JSON form of CloudFormation."""


def _function(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


CloudFormation.add_multi_constructor("!", _function)

TEXT = (ROOT / "template.yaml").read_text("utf-8")
TEMPLATE = yaml.load(TEXT, Loader=CloudFormation)  # noqa: S506 - a SafeLoader with CloudFormation's tags
RESOURCES = TEMPLATE["Resources"]
GLOBALS = TEMPLATE["Globals"]["Function"]
INBOX = "arn:${AWS::Partition}:s3:::${BucketPrefix}-inbox-${AWS::AccountId}-${AWS::Region}"


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: body["Properties"] for name, body in RESOURCES.items() if body["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
ROLES = of_type("AWS::IAM::Role")
BUCKETS = of_type("AWS::S3::Bucket")
QUEUES = of_type("AWS::SQS::Queue")
ALARMS = of_type("AWS::CloudWatch::Alarm")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(value: Any) -> str:
    """Write a resource of a policy as text: `StoreBucket.Arn/segments/*`."""
    if isinstance(value, dict):
        [(function, argument)] = value.items()
        return re.sub(r"\$\{([\w.]+)\.Arn\}", r"\1.Arn", argument) if function == "Fn::Sub" else argument
    return value


def grants(role: dict[str, Any]) -> set[tuple[str, str]]:
    """Every (action, resource) that a role allows."""
    assert "ManagedPolicyArns" not in role
    statements = [line for policy in role["Policies"] for line in policy["PolicyDocument"]["Statement"]]
    assert all(line["Effect"] == "Allow" and "NotAction" not in line for line in statements)
    return {
        (action, plain(resource))
        for line in statements
        for action in as_list(line["Action"])
        for resource in as_list(line["Resource"])
    }


def logs(group: str) -> set[tuple[str, str]]:
    return {("logs:CreateLogStream", f"{group}.Arn"), ("logs:PutLogEvents", f"{group}.Arn")}


READS_THE_INDEX = {
    ("s3:GetObject", "StoreBucket.Arn/manifest.json"),
    ("s3:GetObject", "StoreBucket.Arn/segments/*"),
    ("s3:ListBucket", "StoreBucket.Arn"),
}
WRITES_THE_INDEX = {
    ("s3:PutObject", "StoreBucket.Arn/manifest.json"),
    ("s3:PutObject", "StoreBucket.Arn/segments/*"),
    ("s3:PutObject", "StoreBucket.Arn/history/*"),
}
GRANTS = {
    "IngestRole": {
        *READS_THE_INDEX,
        ("s3:GetObject", f"{INBOX}/inbox/*"),
        ("s3:ListBucket", INBOX),
        ("s3:GetObject", "StoreBucket.Arn/refusals/*"),
        ("s3:GetObject", "StoreBucket.Arn/imports/*"),
        ("s3:PutObject", "StoreBucket.Arn/articles/*"),
        ("s3:PutObject", "StoreBucket.Arn/imports/*"),
        ("s3:PutObject", "StoreBucket.Arn/withdrawals/*"),
        ("s3:GetObject", "StoreBucket.Arn/uploads/*"),
        ("s3:PutObject", "StoreBucket.Arn/uploads/*"),
        ("sqs:SendMessage", "IndexQueue.Arn"),
        ("sqs:SendMessage", "FailedUploads.Arn"),
        *logs("IngestLogs"),
    },
    "IndexerRole": {
        ("s3:GetObject", "StoreBucket.Arn/articles/*"),
        ("s3:GetObject", "StoreBucket.Arn/imports/*"),
        ("s3:GetObject", "StoreBucket.Arn/withdrawals/*"),
        ("s3:GetObject", "StoreBucket.Arn/backfills/*"),
        ("s3:PutObject", "StoreBucket.Arn/articles/*"),  # of a backfill
        ("s3:PutObject", "StoreBucket.Arn/backfills/*/results/*"),
        *READS_THE_INDEX,
        *WRITES_THE_INDEX,
        ("s3:GetObject", "StoreBucket.Arn/refusals/*"),
        ("s3:PutObject", "StoreBucket.Arn/refusals/*"),
        ("sqs:ReceiveMessage", "IndexQueue.Arn"),
        ("sqs:DeleteMessage", "IndexQueue.Arn"),
        ("sqs:GetQueueAttributes", "IndexQueue.Arn"),
        ("sqs:ChangeMessageVisibility", "IndexQueue.Arn"),
        *logs("IndexerLogs"),
    },
    "BackfillRole": {
        ("lambda:InvokeFunction", "IndexerFunction.Arn"),
        ("s3:GetObject", "StoreBucket.Arn/backfills/*/runs/*"),
    },
    "MaintainRole": {
        *READS_THE_INDEX,
        *WRITES_THE_INDEX,
        ("s3:GetObject", "StoreBucket.Arn/tags/*"),
        ("s3:GetObject", "StoreBucket.Arn/history/*"),
        ("s3:DeleteObject", "StoreBucket.Arn/segments/*"),
        ("s3:DeleteObject", "StoreBucket.Arn/history/*"),
        *logs("MaintainLogs"),
    },
    "SearchRole": {
        *READS_THE_INDEX,
        ("s3:GetObject", "StoreBucket.Arn/tags/*"),
        ("s3:GetObject", "StoreBucket.Arn/history/*"),
        ("s3:GetObject", "StoreBucket.Arn/articles/*"),
        *logs("SearchLogs"),
    },
    "ExportRole": {
        *READS_THE_INDEX,
        ("s3:GetObject", "StoreBucket.Arn/tags/*"),
        ("s3:GetObject", "StoreBucket.Arn/history/*"),
        ("s3:GetObject", "StoreBucket.Arn/exports/*"),  # a signed URL has the permissions of the role that signed it
        ("s3:PutObject", "StoreBucket.Arn/exports/*"),
        ("sqs:SendMessage", "ExportQueue.Arn"),
        ("sqs:ReceiveMessage", "ExportQueue.Arn"),
        ("sqs:DeleteMessage", "ExportQueue.Arn"),
        ("sqs:GetQueueAttributes", "ExportQueue.Arn"),
        ("sqs:ChangeMessageVisibility", "ExportQueue.Arn"),
        *logs("ExportLogs"),
    },
    "ReportRole": {
        *READS_THE_INDEX,
        ("s3:PutObject", "StoreBucket.Arn/reports/*"),
        *logs("ReportLogs"),
    },
    "SlackRole": {
        *READS_THE_INDEX,
        ("s3:GetObject", "StoreBucket.Arn/tags/*"),
        ("s3:GetObject", "StoreBucket.Arn/history/*"),  # the generation of a button
        ("s3:GetObject", "StoreBucket.Arn/articles/*"),
        ("s3:PutObject", "StoreBucket.Arn/reports/*"),
        ("s3:PutObject", "StoreBucket.Arn/replies/*"),
        (
            "ssm:GetParameter",
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SlackSecretParameter}",
        ),
        *logs("SlackLogs"),
    },
}


@pytest.mark.parametrize("name", sorted(ROLES))
def test_a_role_may_do_this_and_nothing_else(name: str) -> None:
    assert grants(ROLES[name]) == GRANTS[name]


def test_only_the_indexer_and_maintenance_write_what_readers_believe() -> None:
    index = ("manifest.json", "segments/", "history/")
    writers = {
        name
        for name, role in ROLES.items()
        for action, resource in grants(role)
        if action == "s3:PutObject" and resource.startswith(tuple(f"StoreBucket.Arn/{key}" for key in index))
    }
    assert writers == {"IndexerRole", "MaintainRole"}


def test_only_maintenance_deletes_and_only_what_the_collector_looks_at() -> None:
    """It cannot delete versions of an object, so that deleted objects can be restored for a while."""
    deletions = {
        (name, *grant) for name, role in ROLES.items() for grant in grants(role) if grant[0].startswith("s3:Delete")
    }
    assert deletions == {
        ("MaintainRole", "s3:DeleteObject", "StoreBucket.Arn/segments/*"),
        ("MaintainRole", "s3:DeleteObject", "StoreBucket.Arn/history/*"),
    }


def written(role: str) -> set[str]:
    """Return what a role writes, deletes, sends or calls."""
    reading = re.compile(r"(s3:(Get|List)|logs:|ssm:Get)")
    return {resource for action, resource in grants(ROLES[role]) if not reading.match(action)}


def test_a_function_that_anybody_may_ask_writes_nothing() -> None:
    assert written("SearchRole") == set()


def test_a_reader_writes_reports_alone_and_slowly() -> None:
    assert written("ReportRole") == {f"StoreBucket.Arn/{reports.PREFIX}*"}
    limits = RESOURCES["Api"]["Properties"]["RouteSettings"]["POST /v1/reports"]
    assert limits == {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 5}


def test_slack_writes_reports_and_markers_alone() -> None:
    assert written("SlackRole") == {"StoreBucket.Arn/reports/*", "StoreBucket.Arn/replies/*"}


def test_only_the_slack_function_invokes_and_only_itself_and_once() -> None:
    """By a policy of its own: the role cannot name the function, which names the role."""
    (policy,) = (
        policy for policy in of_type("AWS::IAM::Policy").values() if policy["Roles"] != [{"Ref": "BackfillRole"}]
    )
    assert policy["Roles"] == [{"Ref": "SlackRole"}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "lambda:InvokeFunction")
    assert plain(statement["Resource"]) == "SlackFunction.Arn"
    assert FUNCTIONS["SlackFunction"]["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert FUNCTIONS["SlackFunction"]["EventInvokeConfig"]["MaximumEventAgeInSeconds"] <= 1800, "as long as Slack waits"


def test_slack_knows_its_settings() -> None:
    variables = FUNCTIONS["SlackFunction"]["Environment"]["Variables"]
    assert variables == {
        "QUOTH_SLACK_SECRET_PARAMETER": {"Ref": "SlackSecretParameter"},
        "QUOTH_SLACK_SIGNING_SECRET": "",
        "QUOTH_SLACK_TEAMS": {"Ref": "SlackTeams"},
    }
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["QUOTH_PUBLIC_URL"] == {"Ref": "PublicUrl"}
    assert re.fullmatch(TEMPLATE["Parameters"]["PublicUrl"]["AllowedPattern"], "https://quotes.example.org")
    assert not re.fullmatch(TEMPLATE["Parameters"]["PublicUrl"]["AllowedPattern"], "http://quotes.example.org/")
    assert re.fullmatch(TEMPLATE["Parameters"]["SlackTeams"]["AllowedPattern"], "T0001,E0002")


def test_no_other_role_reads_or_writes_exports() -> None:
    touched = {name for name, role in ROLES.items() for _, resource in grants(role) if "exports/" in resource}
    assert touched == {"ExportRole"}


def test_no_role_reaches_beyond_named_things() -> None:
    everything = {grant for role in ROLES.values() for grant in grants(role)}
    assert [grant for grant in everything if "*" in grant[0]] == []
    assert [grant for grant in everything if grant[1].startswith("*") or grant[1].endswith(":*")] == []


def test_each_function_and_the_machine_have_a_role_of_their_own_that_nobody_else_may_take() -> None:
    roles = [plain(function["Role"]) for function in FUNCTIONS.values()]
    assert sorted([*roles, plain(RESOURCES["BackfillMachine"]["Properties"]["RoleArn"])]) == sorted(
        f"{name}.Arn" for name in ROLES
    )
    for name, role in ROLES.items():
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        service = "states" if name == "BackfillRole" else "lambda"
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}


# -------------------------------------------------------------------------------------------------- the API


def routes() -> dict[tuple[str, str], tuple[str, str | None]]:
    """(method, path) -> (function, authorizer). An event without a path is $default, for every method."""
    return {
        (event["Properties"].get("Method", "ANY"), event["Properties"].get("Path", events.DEFAULT)): (
            name,
            event["Properties"].get("Auth", {}).get("Authorizer"),
        )
        for name, function in FUNCTIONS.items()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi"
    }


def test_these_routes_and_no_others_lead_into_the_house() -> None:
    assert routes() == {
        ("POST", "/v1/articles"): ("IngestFunction", "AWS_IAM"),
        ("GET", "/v1/articles/{id}"): ("IngestFunction", "AWS_IAM"),
        ("DELETE", "/v1/articles/{id}"): ("IngestFunction", "AWS_IAM"),
        ("POST", "/v1/quotes"): ("IngestFunction", "AWS_IAM"),
        ("GET", "/v1/quotes"): ("SearchFunction", None),
        ("GET", "/v1/quotes/{id}"): ("SearchFunction", None),
        ("GET", "/v1/speakers"): ("SearchFunction", None),
        ("GET", "/v1/speakers/{id}"): ("SearchFunction", None),
        ("GET", "/v1/verify"): ("SearchFunction", None),
        ("POST", "/v1/verify"): ("SearchFunction", None),
        ("POST", "/v1/check"): ("SearchFunction", None),
        ("GET", "/v1/index"): ("SearchFunction", None),
        ("GET", "/v1/openapi.json"): ("SearchFunction", None),
        ("POST", "/v1/exports"): ("ExportFunction", "AWS_IAM"),
        ("GET", "/v1/exports/{id}"): ("ExportFunction", "AWS_IAM"),
        ("POST", "/v1/reports"): ("ReportFunction", None),
        ("POST", "/v1/quotes/{id}/reports"): ("ReportFunction", "AWS_IAM"),
        ("POST", "/v1/slack/command"): ("SlackFunction", None),
        ("POST", "/v1/slack/action"): ("SlackFunction", None),
        ("POST", "/check"): ("SearchFunction", None),
        ("POST", "/mcp"): ("SearchFunction", None),
        ("OPTIONS", "/{proxy+}"): ("SearchFunction", None),
        ("ANY", "$default"): ("SearchFunction", None),
    }


def test_the_local_front_has_the_same_routes() -> None:
    functions = {name: FUNCTIONS[name]["Handler"].split(".")[1] for name in FUNCTIONS}
    front = {*events.ROUTES, ("ANY", events.DEFAULT, events.route("GET", "/nowhere").function)}
    assert {(*route, functions[name]) for route, (name, _) in routes().items()} == front
    assert len(front) == len(routes())


def test_the_pages_are_loaded_by_their_routes_alone() -> None:
    others = {f"{method} {path}".removeprefix("ANY ") for method, path in routes() if not path.startswith("/v1/")}
    assert others == {*search.PAGES, f"POST {search.AGENTS}", search.PREFLIGHT}


def test_every_write_is_signed() -> None:
    """The search function may not write. The Slack function checks Slack's own signature. Reports have no free text."""
    unsigned = {route for route, (_, auth) in routes().items() if route[0] != "GET" and auth != "AWS_IAM"}
    slack = {("POST", "/v1/slack/command"), ("POST", "/v1/slack/action")}
    pages = {("POST", "/check"), ("ANY", "$default"), ("OPTIONS", "/{proxy+}")}
    reads = {("POST", "/v1/verify"), ("POST", "/v1/check")}
    assert unsigned == {*reads, ("POST", "/v1/reports"), *slack, *pages, ("POST", "/mcp")}
    assert RESOURCES["Api"]["Properties"]["Auth"] == {"EnableIamAuthorizer": True}


def test_the_api_is_throttled_logged_and_readable_from_any_page() -> None:
    api = RESOURCES["Api"]["Properties"]
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= api["DefaultRouteSettings"].keys()
    assert plain(api["AccessLogSettings"]["DestinationArn"]) == "ApiLogs.Arn"
    assert "\n" not in api["AccessLogSettings"]["Format"]
    # Searches are private: no address of a client, no path, whose ids say what it reads, and no query.
    logged = re.findall(r"\$context\.([a-zA-Z]+)", api["AccessLogSettings"]["Format"])
    assert not {"identity", "path", "customDomain", "authorizer"} & {*logged}
    assert "query" not in api["AccessLogSettings"]["Format"].lower()
    cors = api["CorsConfiguration"]
    assert (cors["AllowOrigins"], cors["AllowMethods"]) == (["*"], ["GET"])
    assert cors["ExposeHeaders"] == [*search.EXPOSED]
    assert {
        "Access-Control-Allow-Origin": cors["AllowOrigins"][0],
        "Access-Control-Allow-Methods": cors["AllowMethods"][0],
        "Access-Control-Allow-Headers": chosen(cors["AllowHeaders"], {})[0],
        "Access-Control-Max-Age": str(cors["MaxAge"]),
    } == application.PREFLIGHT


# ---------------------------------------------------------------------------------------------- closed reads


def chosen(value: Any, parameters: dict[str, str]) -> Any:
    """Return a value of the template as CloudFormation does for some parameters."""
    if isinstance(value, list):
        return [chosen(item, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::If"}:
        name, yes, no = value["Fn::If"]
        return chosen(yes if holds(TEMPLATE["Conditions"][name], parameters) else no, parameters)
    if value.keys() == {"Fn::Split"}:
        mark, text = value["Fn::Split"]
        return chosen(text, parameters).split(mark)
    if value.keys() == {"Ref"} and value["Ref"] in TEMPLATE["Parameters"]:
        return parameters.get(value["Ref"], TEMPLATE["Parameters"][value["Ref"]]["Default"])
    members = {name: chosen(member, parameters) for name, member in value.items()}
    return {name: member for name, member in members.items() if member != {"Ref": "AWS::NoValue"}}


def holds(condition: dict[str, Any], parameters: dict[str, str]) -> bool:
    if "Fn::Not" in condition:
        return not holds(condition["Fn::Not"][0], parameters)
    one, other = (chosen(side, parameters) for side in condition["Fn::Equals"])
    return bool(one == other)


TOKENS = {"Reads": "jwt", "ReadsIssuer": "https://login.example.org/", "ReadsAudience": "readers,editors"}


def authorizers(parameters: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """(method, path) -> the authorizers that the gateway asks for: an event names one, or the definition of the API."""
    named = demanded(RESOURCES["Api"]["Properties"]["DefinitionBody"]["paths"], parameters)
    of_events = {route: {auth} if auth else set() for route, (_, auth) in routes().items()}
    assert named.keys() <= of_events.keys(), "the definition has no route without a function"
    return {route: names | named.get(route, set()) for route, names in of_events.items()}


def demanded(paths: Any, parameters: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """(method, path) -> the authorizers that a definition names for it."""
    return {
        ({"x-amazon-apigateway-any-method": "ANY"}.get(method, method.upper()), path): {
            name for one in operation.get("security", ()) for name in one
        }
        for path, operations in chosen(paths, parameters).items()
        for method, operation in operations.items()
    }


UNSIGNED = {("POST", "/v1/slack/command"), ("POST", "/v1/slack/action"), ("OPTIONS", "/{proxy+}")}


@pytest.mark.parametrize(("parameters", "name"), [({"Reads": "iam"}, "AWS_IAM"), (TOKENS, "Readers")])
def test_closed_reads_leave_no_route_open(parameters: dict[str, str], name: str) -> None:
    """Slack signs its requests itself, and a preflight carries no credentials."""
    closed = authorizers(parameters)
    assert {route for route, names in closed.items() if not names} == UNSIGNED
    writes = {route for route, (_, auth) in routes().items() if auth}
    for route, names in closed.items():
        assert names == (set() if route in UNSIGNED else {"AWS_IAM"} if route in writes else {name})


def test_open_reads_are_those_without_a_signature() -> None:
    opened = {route for route, names in authorizers({}).items() if not names}
    assert opened == {route for route, (_, auth) in routes().items() if auth is None}


def test_tokens_are_of_the_issuer_and_the_audiences_that_are_named() -> None:
    schemes = RESOURCES["Api"]["Properties"]["DefinitionBody"]["components"]["securitySchemes"]
    assert chosen(schemes, {}) == chosen(schemes, {"Reads": "iam"}) == {}, "no authorizer that nobody has named"
    jwt = chosen(schemes, TOKENS)["Readers"]["x-amazon-apigateway-authorizer"]
    assert (jwt["type"], jwt["identitySource"]) == ("jwt", "$request.header.Authorization")
    assert jwt["jwtConfiguration"] == {"issuer": TOKENS["ReadsIssuer"], "audience": ["readers", "editors"]}


@pytest.mark.parametrize(("reads", "credentials"), [("open", False), ("iam", True), ("jwt", True)])
def test_a_page_of_another_origin_may_send_its_credentials_where_they_are_needed(reads: str, credentials: bool) -> None:
    cors = chosen(RESOURCES["Api"]["Properties"]["CorsConfiguration"], {"Reads": reads})
    assert ("authorization" in cors["AllowHeaders"]) == credentials
    assert "if-none-match" in cors["AllowHeaders"]
    assert cors["AllowMethods"] == ["GET"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"Reads": "jwt", "ReadsAudience": "a"}, TOKENS),
        ({"Reads": "jwt", "ReadsIssuer": "https://login.example.org"}, TOKENS),
        ({"DomainName": "q.example.org"}, {"DomainName": "q.example.org", "CertificateArn": "arn:aws:acm:certificate"}),
    ],
)
def test_a_deployment_that_lacks_a_parameter_is_refused_before_it_begins(
    wrong: dict[str, str], right: dict[str, str]
) -> None:
    def is_refused(parameters: dict[str, str]) -> bool:
        return any(
            holds(rule["RuleCondition"], parameters) and not holds(line["Assert"], parameters)
            for rule in TEMPLATE["Rules"].values()
            for line in rule["Assertions"]
        )

    assert is_refused(wrong)
    assert not is_refused(right)
    assert not is_refused({})


def test_a_domain_is_made_only_if_it_is_named() -> None:
    made = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasDomain"}
    assert made == {"ApiDomain", "ApiDomainMapping"}
    assert TEMPLATE["Outputs"]["DomainTarget"]["Condition"] == "HasDomain"
    assert not holds(TEMPLATE["Conditions"]["HasDomain"], {})
    assert RESOURCES["ApiDomainMapping"]["Properties"]["Stage"] == {"Ref": "Api.Stage"}, (
        "so that it waits for the stage"
    )
    (configuration,) = RESOURCES["ApiDomain"]["Properties"]["DomainNameConfigurations"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"


# ------------------------------------------------------------------------------------------- what SAM makes of it


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    made: dict[str, Any] = transformed(ROOT / "template.yaml")["Resources"]
    return made


@pytest.mark.prove
@pytest.mark.skipif(
    not (ROOT / ".venv-sam/bin/python").exists(), reason="SAM is not installed: `make validate` does it"
)
class TestTransformed:
    """For each value of the parameters that SAM cannot choose by itself."""

    @pytest.mark.parametrize("parameters", [{"Reads": "open"}, {"Reads": "iam"}, TOKENS], ids=lambda p: p["Reads"])
    def test_each_route_asks_for_the_authorizer_that_the_template_names(
        self, resources: dict[str, Any], parameters: dict[str, str]
    ) -> None:
        """SAM merges the events into the definition of the API; a path that it spells otherwise it would replace."""
        paths = resources["Api"]["Properties"]["Body"]["paths"]
        made = {
            (method, path.removeprefix("/") if path == "/$default" else path): names
            for (method, path), names in demanded(paths, parameters).items()
        }
        assert made == authorizers(parameters)
        assert all("x-amazon-apigateway-integration" in way for ways in paths.values() for way in ways.values())

    def test_the_definition_has_the_schemes_that_its_routes_name(self, resources: dict[str, Any]) -> None:
        schemes = resources["Api"]["Properties"]["Body"]["components"]["securitySchemes"]
        assert chosen(schemes, {}).keys() == chosen(schemes, {"Reads": "iam"}).keys() == {"AWS_IAM"}
        assert chosen(schemes, TOKENS).keys() == {"AWS_IAM", "Readers"}

    def test_a_domain_waits_for_the_stage_that_it_leads_to(self, resources: dict[str, Any]) -> None:
        stage = resources["ApiDomainMapping"]["Properties"]["Stage"]["Ref"]
        assert resources[stage]["Type"] == "AWS::ApiGatewayV2::Stage"


# -------------------------------------------------------------------------------------------- the functions


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_has_its_handler_its_build_target_and_its_log(name: str) -> None:
    function = FUNCTIONS[name]
    *module, attribute = function["Handler"].split(".")
    source = (ROOT.joinpath(*module).with_suffix(".py")).read_text("utf-8")
    assert re.search(rf"^(def {attribute}\(|{attribute}\b.* = )", source, re.MULTILINE)
    assert RESOURCES[name]["Metadata"] == {"BuildMethod": "makefile"}
    # The Makefile has a target for each function that its pattern finds here.
    assert "\n$(FUNCTIONS:%=build-%): " in (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^  {name}:", TEXT, re.MULTILINE)
    assert re.fullmatch("[A-Za-z]+Function", name)
    group = function["LoggingConfig"]["LogGroup"]["Ref"]
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_searches_go_to_the_newest_version_which_lambda_may_copy() -> None:
    """By itself an alias stays with its version when only a setting changes."""
    search = FUNCTIONS["SearchFunction"]
    assert search["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
    assert (search["AutoPublishAlias"], search["AutoPublishAliasAllProperties"]) == ("live", True)
    assert TEMPLATE["Parameters"]["SnapStart"]["Default"] == "None"
    assert [name for name, function in FUNCTIONS.items() if "SnapStart" in function] == ["SearchFunction"]


def test_the_artifact_check_knows_the_runtime_the_handlers_and_the_environment() -> None:
    assert GLOBALS["Runtime"] == f"python{check_artifact.PYTHON}"
    assert GLOBALS["Architectures"] == [{"aarch64": "arm64"}[check_artifact.MACHINE]]
    handlers = {name: function["Handler"] for name, function in FUNCTIONS.items()}
    assert check_artifact.handlers(TEXT) == handlers
    environments = [GLOBALS, *FUNCTIONS.values()]
    given = {key for place in environments for key in place.get("Environment", {}).get("Variables", {})}
    assert given <= check_artifact.environment("file:x").keys()


# ------------------------------------------------------------------------------------------------ checkov


def test_each_check_of_checkov_that_is_skipped_has_its_reason() -> None:
    """`make checkov` runs all the others, and asks no network."""
    text = (ROOT / ".checkov.yaml").read_text("utf-8")
    settings = yaml.safe_load(text)
    lines = [line.strip() for line in text.partition("skip-check:\n")[2].splitlines()]
    skipped = [number for number, line in enumerate(lines) if line.startswith("- ")]
    assert [lines[number] for number in skipped] == [f"- {name}" for name in settings["skip-check"]]
    assert all(lines[number - 1].startswith("#") for number in skipped)
    assert settings.keys() == {"file", "framework", "quiet", "compact", "skip-download", "skip-check"}
    assert settings["file"] == ["template.yaml"]


# ------------------------------------------------------------------------------------------------ the queue


@pytest.mark.parametrize(("name", "queue"), [("IndexerFunction", "IndexQueue"), ("ExportFunction", "ExportQueue")])
def test_a_message_stays_hidden_longer_than_six_attempts_take(name: str, queue: str) -> None:
    source = FUNCTIONS[name]["Events"]["Queue"]["Properties"]
    needed = 6 * FUNCTIONS[name]["Timeout"] + source.get("MaximumBatchingWindowInSeconds", 0)
    assert QUEUES[queue]["VisibilityTimeout"] >= needed


def test_a_batch_fits_into_what_lambda_hands_over() -> None:
    """6 MB, and a window of at least a second for more than ten messages."""
    source = FUNCTIONS["IndexerFunction"]["Events"]["Queue"]["Properties"]
    key = f"articles/a_{'0' * 22}/{'9' * 19}w-{'0' * 32}-{'0' * 64}.json"
    assert originals.of_key(key)
    longest = len(json.dumps({"key": key})) + 1_000  # plus its envelope
    assert source["BatchSize"] * longest < 6_000_000
    assert source["MaximumBatchingWindowInSeconds"] >= 1


def test_the_indexer_has_time_for_the_longest_commit_after_it_has_read_its_messages() -> None:
    longest = indexer.SECONDS_A_COMMIT + indexer.SECONDS_A_CHARACTER * indexer.TEXT_A_COMMIT
    assert longest < 0.75 * FUNCTIONS["IndexerFunction"]["Timeout"]


def test_no_function_lives_longer_than_the_collector_believes() -> None:
    """The collector deletes only objects that are older than the lives of writers, readers and collectors."""
    timeouts = {name: function["Timeout"] for name, function in FUNCTIONS.items()}
    assert max(timeouts["IndexerFunction"], timeouts["MaintainFunction"]) <= WRITER_LIFE
    assert timeouts["MaintainFunction"] <= COLLECTOR_LIFE
    assert max(timeouts.values()) <= READER_LIFE


@pytest.mark.parametrize(
    ("name", "queue", "dead"),
    [("IndexerFunction", "IndexQueue", "IndexDeadLetters"), ("ExportFunction", "ExportQueue", "ExportDeadLetters")],
)
def test_one_bad_message_fails_alone_and_ends_among_the_dead_letters(name: str, queue: str, dead: str) -> None:
    source = FUNCTIONS[name]["Events"]["Queue"]["Properties"]
    assert plain(source["Queue"]) == f"{queue}.Arn"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}
    redrive = QUEUES[queue]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == retries.RECEIVES == 5
    assert plain(redrive["deadLetterTargetArn"]) == f"{dead}.Arn"


def test_an_export_is_written_by_one_worker_that_lives_no_longer_than_its_job_believes() -> None:
    function = FUNCTIONS["ExportFunction"]
    assert function["Events"]["Queue"]["Properties"]["BatchSize"] == 1
    assert function["Timeout"] <= job.WORKER_SECONDS
    longest_wait = retries.wait(retries.RECEIVES - 1, 1.0)
    assert longest_wait < job.WAITING_SECONDS, "a job that waits for its next attempt is not taken for lost"
    assert function["Timeout"] > exports.SECONDS_LEFT


def test_the_file_of_an_export_fits_on_the_disk_beside_the_cache() -> None:
    assert "EphemeralStorage" not in FUNCTIONS["ExportFunction"]
    assert archive.CACHE + work.MAX_BYTES < 512 * 2**20


def test_every_queue_is_used_over_tls_only() -> None:
    (policy,) = of_type("AWS::SQS::QueuePolicy").values()
    assert {queue["Ref"] for queue in policy["Queues"]} == QUEUES.keys()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {plain(resource) for resource in statement["Resource"]} == {f"{name}.Arn" for name in QUEUES}
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_nothing_that_failed_is_lost_unseen() -> None:
    assert all(queue["MessageRetentionPeriod"] == 14 * 24 * 3600 for queue in QUEUES.values())
    assert all(queue["SqsManagedSseEnabled"] for queue in QUEUES.values())
    failed = FUNCTIONS["IngestFunction"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert plain(failed["Destination"]) == "FailedUploads.Arn"
    watched = {
        plain(alarm["Dimensions"][0]["Value"])
        for alarm in ALARMS.values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == {"IndexDeadLetters.QueueName", "FailedUploads.QueueName", "ExportDeadLetters.QueueName"}


def test_a_function_knows_the_queue_whose_messages_it_returns() -> None:
    assert FUNCTIONS["IndexerFunction"]["Environment"]["Variables"]["QUOTH_QUEUE_URL"] == {"Ref": "IndexQueue"}
    assert FUNCTIONS["ExportFunction"]["Environment"]["Variables"]["QUOTH_EXPORT_QUEUE_URL"] == {"Ref": "ExportQueue"}


# --------------------------------------------------------------------------------------- maintenance and alarms


def test_maintenance_runs_every_hour_alone_and_is_not_tried_again() -> None:
    maintain = FUNCTIONS["MaintainFunction"]
    (event,) = maintain["Events"].values()
    assert (event["Type"], event["Properties"]["Schedule"]) == ("Schedule", "rate(1 hour)")
    assert maintain["Timeout"] < 3600, "two runs never meet"
    assert maintain["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_a_merge_has_the_memory_that_it_takes() -> None:
    assert FUNCTIONS["MaintainFunction"]["MemorySize"] * 2**20 > 5 * compaction.LARGEST + 300 * 2**20


def test_damaged_data_rings_whoever_met_it() -> None:
    """Every function's log feeds the one metric that has an alarm."""
    filters = [
        found
        for found in of_type("AWS::Logs::MetricFilter").values()
        if found["MetricTransformations"][0]["MetricName"] == ALARMS["IntegrityAlarm"]["MetricName"]
    ]
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in FUNCTIONS.values()]
    assert sorted(f["LogGroupName"]["Ref"] for f in filters) == sorted(groups)
    (field,) = integrity.field(Damaged("a segment is gone"))
    assert {f["FilterPattern"] for f in filters} == {f'{{ $.{field} = "*" }}'}
    alarm = ALARMS["IntegrityAlarm"]
    for change in (change for f in filters for change in f["MetricTransformations"]):
        assert (change["MetricNamespace"], change["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])


def test_every_alarm_tells_the_topic() -> None:
    told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert [alarm["AlarmActions"] for alarm in ALARMS.values()] == [told] * len(ALARMS)
    assert len(ALARMS) > 0


# ---------------------------------------------------------------------------------------------- the buckets


@pytest.mark.parametrize("name", sorted(BUCKETS))
def test_a_bucket_is_private_encrypted_versioned_and_outlives_the_stack(name: str) -> None:
    bucket = BUCKETS[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert any("NoncurrentVersionExpiration" in rule for rule in rules)
    expiring = {rule.get("Prefix"): rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    forgotten = {"exports/": 1, "uploads/": 1, "replies/": 1, "refusals/": 90, "backfills/": 30}
    assert expiring == (forgotten if name == "StoreBucket" else {}), "no other object that is current expires by age"


def test_nothing_of_an_export_is_left_after_two_days() -> None:
    """The current version expires after a day, and is an old one for a day."""
    rules = BUCKETS["StoreBucket"]["LifecycleConfiguration"]["Rules"]
    (rule,) = (rule for rule in rules if rule.get("Prefix") == job.PREFIX)
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert exports.SIGNED_SECONDS <= 300


def test_the_inbox_tells_ingest_of_uploads_under_inbox_alone() -> None:
    upload = FUNCTIONS["IngestFunction"]["Events"]["Upload"]["Properties"]
    assert upload["Bucket"] == {"Ref": "InboxBucket"}
    assert upload["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "inbox/"}]}}
    name = FUNCTIONS["IngestFunction"]["Environment"]["Variables"]["QUOTH_INBOX_BUCKET"]
    assert name == BUCKETS["InboxBucket"]["BucketName"], "the same name twice, since a Ref would be a circle"
    assert plain(name) == INBOX.split(":::")[1]


def denied_by(policy: str, action: str, resource: str, context: dict[str, str]) -> list[str]:
    """Return the names of the statements in a bucket policy of denials that deny a request.

    It supports only the conditions of our policies: Bool and Null, with all keys required. (moto ignores the
    conditions of a bucket policy.)
    """

    def holds(operator: str, key: str, value: str) -> bool:
        return (key not in context) == (value == "true") if operator == "Null" else context.get(key) == value

    return [
        line["Sid"]
        for line in RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
        if line["Effect"] == "Deny"
        and line["Principal"] == "*"
        and any(fnmatchcase(action, pattern) for pattern in as_list(line["Action"]))
        and any(fnmatchcase(resource, plain(pattern)) for pattern in as_list(line["Resource"]))
        and all(holds(op, key, value) for op, test in line.get("Condition", {}).items() for key, value in test.items())
    ]


TLS = {"aws:SecureTransport": "true"}
WHOLE = TLS | {"s3:ObjectCreationOperation": "true"}  # PutObject, CompleteMultipartUpload
PART = TLS | {"s3:ObjectCreationOperation": "false"}  # CreateMultipartUpload, UploadPart


@pytest.mark.parametrize(
    ("key", "context", "refused_by"),
    [
        ("segments/7f", WHOLE | {"s3:if-none-match": "*"}, []),
        ("segments/7f", WHOLE, ["WrittenOnce"]),
        ("segments/7f", WHOLE | {"s3:if-match": "etag"}, ["WrittenOnce"]),
        ("segments/7f", PART, []),
        ("history/000000000007-ab", WHOLE | {"s3:if-none-match": "*"}, []),
        ("history/000000000007-ab", WHOLE, ["WrittenOnce"]),
        ("withdrawals/ab.json", WHOLE | {"s3:if-none-match": "*"}, []),
        ("withdrawals/ab.json", WHOLE, ["WrittenOnce"]),
        ("reports/q_1/slack-2026-01-02", WHOLE | {"s3:if-none-match": "*"}, []),
        ("reports/q_1/slack-2026-01-02", WHOLE, ["WrittenOnce"]),
        ("replies/ab", WHOLE, ["WrittenOnce"]),
        ("manifest.json", WHOLE | {"s3:if-none-match": "*"}, []),
        ("manifest.json", WHOLE | {"s3:if-match": "etag"}, []),
        ("manifest.json", WHOLE, ["ReplacedOnCondition"]),
        ("tags/paper", WHOLE | {"s3:if-none-match": "*"}, []),
        ("tags/paper", WHOLE | {"s3:if-match": "etag"}, []),
        ("tags/paper", WHOLE, ["ReplacedOnCondition"]),
        ("articles/ab/cd.json", WHOLE, []),
        ("exports/e_ab-cd.csv", WHOLE | {"s3:if-none-match": "*"}, []),
        ("exports/e_ab.json", WHOLE | {"s3:if-match": "etag"}, []),
        ("exports/e_ab.json", WHOLE, ["ReplacedOnCondition"]),
        ("articles/ab/cd.json", WHOLE | {"aws:SecureTransport": "false"}, ["TlsOnly"]),
    ],
)
def test_s3_itself_refuses_a_write_without_its_condition(
    key: str, context: dict[str, str], refused_by: list[str]
) -> None:
    assert denied_by("StorePolicy", "s3:PutObject", f"StoreBucket.Arn/{key}", context) == refused_by


def test_nobody_deletes_the_manifest() -> None:
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert denied_by("StorePolicy", action, "StoreBucket.Arn/manifest.json", TLS) == ["ManifestStays"]


def test_the_inbox_is_reached_over_tls_alone() -> None:
    plain_http = {"aws:SecureTransport": "false"}
    assert denied_by("InboxPolicy", "s3:GetObject", "InboxBucket.Arn/inbox/a.txt", plain_http) == ["TlsOnly"]
    assert denied_by("InboxPolicy", "s3:GetObject", "InboxBucket.Arn/inbox/a.txt", TLS) == []
