"""The small archive that the events in events/ ask."""

from __future__ import annotations

from datetime import UTC, datetime

from quoth.archive import Archive
from quoth.quote import GivenQuote
from quoth.storage.stores.s3 import S3Store
from tools.stack.emulator import REGION, ROOT
from tools.stack.moto.resources import client

# Ready-made quotes: what the rankers are sure of may change with their weights.
QUOTES = [
    GivenQuote(
        id=str(number),
        text=text,
        speaker=speaker,
        headline="The harbour talks",
        publisher="The Daily Harbour",
        published=datetime(2025, 8, day, tzinfo=UTC),
        url=f"https://harbour.example/talks/{number}",
        context=f"The talks went on for a day. “{text}” It was late.",
    )
    for number, (text, speaker, day) in enumerate(
        [
            ("There will be no ceasefire <!channel> before *Friday*.", "Bo Lind", 7),
            ("There will be some land swapping going on.", "Ada Okafor", 8),
            ("Nobody wants land swapping, and nobody will get it.", "Ada Okafor", 9),
            ("The land is ours, and so is the harbour & the dam.", "Ada Okafor", 10),
            ("I have said what I have said about land swapping.", "Ada Okafor", 11),
        ]
    )
]
# Beside the stack's own, which the events thereby never change. events/env.json has these names.
STORE, INBOX = "quoth-sample", "quoth-inbox"
QUEUES = ("quoth-sample-jobs", "quoth-sample-exports")
UPLOAD = "inbox/an article (final).txt"  # which events/ingest-upload.json tells of
ARTICLE = ROOT / "demo/article.txt"


def load(address: str) -> None:
    """Make the sample at an address of moto's: a store with the quotes, an inbox with one upload, and two queues."""
    s3, sqs = client("s3", address), client("sqs", address)
    for bucket in (STORE, INBOX):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for queue in QUEUES:
        sqs.create_queue(QueueName=queue)
    Archive(S3Store(STORE, client=s3)).add(QUOTES)
    s3.put_object(Bucket=INBOX, Key=UPLOAD, Body=ARTICLE.read_bytes())
