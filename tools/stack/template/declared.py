"""The parts of the transformed template that run on this machine, with every name and number resolved."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.stack.emulator import REGION, ROOT
from tools.stack.template.intrinsics import Scope

ACCOUNT = "123456789012"  # of moto
STACK = "quoth"
INTEGRATION_SECONDS = 30.0  # how long a gateway of HTTP waits for a function
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class TemplateFault(Exception):
    """The template has something that cannot run on this machine."""


@dataclass(frozen=True, slots=True)
class DeclaredFunction:
    """A function. `concurrency` is reserved for it; `retries` and `failures`, a queue, are for asynchronous events."""

    name: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    concurrency: int | None
    retries: int = 2
    failures: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A route of the API: its key, its function, and the requests that it accepts per second and at once."""

    key: str
    function: str
    is_signed: bool
    rate: float
    burst: int
    seconds: float = INTEGRATION_SECONDS


@dataclass(frozen=True, slots=True)
class DeclaredQueue:
    """A queue with its attributes as SQS takes them."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeclaredUploads:
    """What is told of new objects of a bucket: a function, of those with a prefix."""

    function: str
    event: str
    prefix: str


@dataclass(frozen=True, slots=True)
class DeclaredBucket:
    """A bucket."""

    name: str
    is_versioned: bool
    uploads: tuple[DeclaredUploads, ...]


@dataclass(frozen=True, slots=True)
class DeclaredSource:
    """A queue whose messages go to a function, in batches that fill for `window` seconds."""

    function: str
    queue: str
    batch: int
    window: float
    concurrency: int
    is_partial: bool


@dataclass(frozen=True, slots=True)
class DeclaredSchedule:
    """A function that runs every so many seconds; `rule` is the rule's ARN."""

    function: str
    seconds: int
    rule: str


@dataclass(frozen=True, slots=True)
class DeclaredMachine:
    """A state machine, and its definition in Amazon's language of states, as JSON."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class DeclaredStack:
    """The whole stack. Functions and queues have the names of the template; `parameters` are its own."""

    parameters: Mapping[str, Any]
    functions: Mapping[str, DeclaredFunction]
    routes: tuple[DeclaredRoute, ...]
    cors: Mapping[str, Any]
    queues: tuple[DeclaredQueue, ...]
    buckets: tuple[DeclaredBucket, ...]
    sources: tuple[DeclaredSource, ...]
    schedules: tuple[DeclaredSchedule, ...]
    machines: tuple[DeclaredMachine, ...]


def transformed(path: Path) -> dict[str, Any]:
    """Return a template as CloudFormation gets it."""
    command = [ROOT / ".venv-sam/bin/python", ROOT / "tools/stack/template/transform.py", path]
    environment = {"AWS_DEFAULT_REGION": REGION}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TemplateFault(f"{path.name} cannot be transformed: {done.stderr.strip().splitlines()[-1]}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def declared(template: Mapping[str, Any], sqs: str, parameters: Mapping[str, Any]) -> DeclaredStack:
    """Return the parts of a transformed template; `sqs` is the address of the queues."""
    given = {name: parameters.get(name, body.get("Default")) for name, body in template.get("Parameters", {}).items()}
    if strange := parameters.keys() - given.keys():
        raise TemplateFault(f"the template has no parameter {min(strange)}")
    parts = _Parts(template, sqs, given)
    return DeclaredStack(
        given,
        {function.name: function for function in parts.functions()},
        tuple(parts.routes()),
        parts.cors(),
        tuple(parts.queues()),
        tuple(parts.buckets()),
        tuple(parts.sources()),
        tuple(parts.schedules()),
        tuple(parts.machines()),
    )


def _is_signed(key: str, demands: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a route needs a signature; raises `TemplateFault` for one that needs a token."""
    names = {name for demand in demands for name in demand}
    if strange := names - {"AWS_IAM"}:
        raise TemplateFault(f"{key} needs the authorizer {min(strange)}, which no gateway here is")
    return bool(names)


class _Parts:
    """The resources of a template by type, resolved."""

    def __init__(self, template: Mapping[str, Any], sqs: str, parameters: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Any] = template["Resources"]
        references: dict[str, Any] = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com",
            **{name: f"{STACK}-{name}" for name in self._resources},
            **parameters,
        }
        attributes = {f"{name}.Arn": f"arn:aws:local:{REGION}:{ACCOUNT}:{STACK}-{name}" for name in self._resources}
        first = Scope(references, attributes, template.get("Conditions", {}))
        for name, body in self._of_type("AWS::S3::Bucket"):
            references[name] = first.resolved(body["BucketName"])
            attributes[f"{name}.Arn"] = f"arn:aws:s3:::{references[name]}"
        for name, _ in self._of_type("AWS::SQS::Queue"):
            references[name] = f"{sqs}/{ACCOUNT}/{STACK}-{name}"
            attributes[f"{name}.Arn"] = queue_arn(name)
            attributes[f"{name}.QueueName"] = f"{STACK}-{name}"
        for name, _ in self._of_type("AWS::Lambda::Function"):
            references[name] = name
            attributes[f"{name}.Arn"] = function_arn(name)
        for name, body in self._of_type("AWS::Lambda::Alias"):
            references[name] = function_arn(body["FunctionName"]["Ref"])  # an alias is its function here
        self._scope = Scope(references, attributes, template.get("Conditions", {}))

    def _of_type(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Yield the resources of a type, as they stand in the template."""
        for name, body in self._resources.items():
            if body["Type"] == kind:
                yield name, body.get("Properties", {})

    def _resolved(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Yield the resources of a type whose conditions hold."""
        for name, body in self._of_type(kind):
            condition = self._resources[name].get("Condition")
            if condition is None or self._scope.holds({"Condition": condition}):
                yield name, self._scope.resolved(body)

    def functions(self) -> Iterator[DeclaredFunction]:
        invoking = {body["FunctionName"]: body for _, body in self._resolved("AWS::Lambda::EventInvokeConfig")}
        for name, body in self._resolved("AWS::Lambda::Function"):
            told = invoking.get(name, {})
            failures = told.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            yield DeclaredFunction(
                name,
                body["Handler"],
                body.get("Timeout", 3),
                body.get("MemorySize", 128),
                {key: str(value) for key, value in body.get("Environment", {}).get("Variables", {}).items()},
                body.get("ReservedConcurrentExecutions"),
                told.get("MaximumRetryAttempts", 2),
                None if failures is None else name_of(failures),
            )

    def routes(self) -> Iterator[DeclaredRoute]:
        stages = [body for _, body in self._resolved("AWS::ApiGatewayV2::Stage")]
        usual = stages[0].get("DefaultRouteSettings", {}) if stages else {}
        for _, api in self._resolved("AWS::ApiGatewayV2::Api"):
            for path, methods in api["Body"]["paths"].items():
                for method, body in methods.items():
                    key = _route_key(method, path)
                    limits = {**usual, **stages[0].get("RouteSettings", {}).get(key, {})}
                    integration = body["x-amazon-apigateway-integration"]
                    yield DeclaredRoute(
                        key,
                        name_of(integration["uri"].removesuffix("/invocations")),
                        _is_signed(key, body.get("security", ())),
                        float(limits["ThrottlingRateLimit"]),
                        int(limits["ThrottlingBurstLimit"]),
                        integration.get("timeoutInMillis", 1000 * INTEGRATION_SECONDS) / 1000,
                    )

    def cors(self) -> Mapping[str, Any]:
        for _, api in self._resolved("AWS::ApiGatewayV2::Api"):
            told: Mapping[str, Any] = api["Body"].get("x-amazon-apigateway-cors", {})
            return told
        return {}

    def queues(self) -> Iterator[DeclaredQueue]:
        for name, body in self._resolved("AWS::SQS::Queue"):
            told = {key: body[key] for key in ("VisibilityTimeout", "MessageRetentionPeriod") if key in body}
            redrive = {"RedrivePolicy": json.dumps(body["RedrivePolicy"])} if "RedrivePolicy" in body else {}
            yield DeclaredQueue(name, {**{key: str(value) for key, value in told.items()}, **redrive})

    def buckets(self) -> Iterator[DeclaredBucket]:
        for _, body in self._resolved("AWS::S3::Bucket"):
            is_versioned = body.get("VersioningConfiguration", {}).get("Status") == "Enabled"
            told = body.get("NotificationConfiguration", {}).get("LambdaConfigurations", ())
            uploads = tuple(DeclaredUploads(name_of(one["Function"]), one["Event"], _prefix(one)) for one in told)
            yield DeclaredBucket(body["BucketName"], is_versioned, uploads)

    def sources(self) -> Iterator[DeclaredSource]:
        for _, body in self._resolved("AWS::Lambda::EventSourceMapping"):
            yield DeclaredSource(
                body["FunctionName"],
                name_of(body["EventSourceArn"]),
                body.get("BatchSize", 10),
                body.get("MaximumBatchingWindowInSeconds", 0),
                body.get("ScalingConfig", {}).get("MaximumConcurrency", 2),
                "ReportBatchItemFailures" in body.get("FunctionResponseTypes", ()),
            )

    def schedules(self) -> Iterator[DeclaredSchedule]:
        for name, body in self._resolved("AWS::Events::Rule"):
            for target in body["Targets"]:
                rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK}-{name}"
                yield DeclaredSchedule(name_of(target["Arn"]), seconds_of(body["ScheduleExpression"]), rule)

    def machines(self) -> Iterator[DeclaredMachine]:
        for name, body in self._resolved("AWS::StepFunctions::StateMachine"):
            definition = json.dumps(body["Definition"])
            for placeholder, value in body.get("DefinitionSubstitutions", {}).items():
                definition = definition.replace(f"${{{placeholder}}}", value)
            yield DeclaredMachine(name, definition)


def machine_arn(name: str) -> str:
    """Return the ARN of a state machine of the template."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{STACK}-{name}"


def queue_arn(name: str) -> str:
    """Return the ARN of a queue of the template."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-{name}"


def function_arn(name: str) -> str:
    """Return the ARN of a function of the template."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def name_of(arn: str) -> str:
    """Return the name that the template gives to a queue or a function.

    >>> name_of(queue_arn("IndexQueue")), name_of(function_arn("SearchFunction"))
    ('IndexQueue', 'SearchFunction')
    """
    return arn.rpartition(":")[2].removeprefix(f"{STACK}-")


def seconds_of(expression: str) -> int:
    """Return the seconds between two runs of a schedule.

    >>> seconds_of("rate(1 hour)"), seconds_of("rate(5 minutes)")
    (3600, 300)
    """
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if found is None:
        raise TemplateFault(f"the schedule {expression} is not a rate")
    return int(found[1]) * _SECONDS[found[2]]


def _route_key(method: str, path: str) -> str:
    is_any = method == "x-amazon-apigateway-any-method"
    return "$default" if is_any and "default" in path else f"{'ANY' if is_any else method.upper()} {path}"


def _prefix(notification: Mapping[str, Any]) -> str:
    rules = notification.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    if any(rule["Name"].lower() != "prefix" for rule in rules):
        raise TemplateFault("a notification has a rule that is not a prefix")
    return "".join(rule["Value"] for rule in rules)
