"""The queues, buckets and the secret of the stack, made in moto from what the template declares."""

from __future__ import annotations

from typing import Any

import boto3

from tools.stack.emulator import KEYS, REGION
from tools.stack.template.declared import ACCOUNT, STACK, DeclaredBucket, DeclaredStack, DeclaredUploads, queue_arn

# A queue of our own for the asynchronous events of each function: Lambda has one too, but nobody sees it.
EVENTS = "Events-of-"
EVENTS_VISIBILITY = 960  # seconds: longer than any function's timeout


def client(service: str, address: str) -> Any:
    """Return a client of a service of moto's."""
    session: Any = boto3.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    return session.client(service, endpoint_url=address)


def make(declared: DeclaredStack, address: str, secret: str) -> dict[str, str]:
    """Make everything, and return the address of each queue, also of the queues of asynchronous events."""
    sqs, s3, ssm = client("sqs", address), client("s3", address), client("ssm", address)
    urls: dict[str, str] = {}
    # A dead letter queue has no redrive policy itself, and must be there first.
    for queue in sorted(declared.queues, key=lambda queue: "RedrivePolicy" in queue.attributes):
        made = sqs.create_queue(QueueName=f"{STACK}-{queue.name}", Attributes=dict(queue.attributes))
        urls[queue.name] = made["QueueUrl"]
    waits = {"VisibilityTimeout": str(EVENTS_VISIBILITY)}
    for name in declared.functions:
        urls[EVENTS + name] = sqs.create_queue(QueueName=f"{STACK}-{EVENTS}{name}", Attributes=waits)["QueueUrl"]
    for bucket in declared.buckets:
        _make_bucket(s3, bucket)
        for uploads in bucket.uploads:  # S3 says first that it will tell, which a function of Lambda never sees
            sqs.purge_queue(QueueUrl=urls[EVENTS + uploads.function])
    if parameter := declared.parameters.get("SlackSecretParameter"):
        ssm.put_parameter(Name=parameter, Value=secret, Type="SecureString")
    return urls


def make_machines(declared: DeclaredStack, address: str) -> None:
    """Make the state machines, once moto knows where Lambda is."""
    states = client("stepfunctions", address)
    for machine in declared.machines:
        states.create_state_machine(
            name=f"{STACK}-{machine.name}",
            definition=machine.definition,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{machine.name}",
        )


def _make_bucket(s3: Any, bucket: DeclaredBucket) -> None:
    s3.create_bucket(Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if bucket.is_versioned:
        s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    if bucket.uploads:
        told = {"QueueConfigurations": [_notification(uploads) for uploads in bucket.uploads]}
        s3.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration=told)


def _notification(uploads: DeclaredUploads) -> dict[str, Any]:
    """Return the notification of a function as one of its queue: moto cannot call a function in another process."""
    return {
        "QueueArn": queue_arn(EVENTS + uploads.function),
        "Events": [uploads.event],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": uploads.prefix}]}},
    }
