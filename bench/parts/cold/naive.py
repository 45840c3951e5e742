"""The usual stack: boto3, Powertools' resolver with validation, pydantic, Whoosh and numpy, for one search of S3.

It reads a pointer and eight ranges of one object, analyses the query, scores an array and answers by a model: what a
search costs before any thought of cold starts. What it reads and finds means nothing.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel
from whoosh.analysis import StemmingAnalyzer
from whoosh.fields import ID, TEXT, Schema
from whoosh.qparser import QueryParser

PARTS, PART = 8, 65_536

logger = Logger()
metrics = Metrics(namespace="naive")
app = APIGatewayHttpResolver(enable_validation=True)
s3 = boto3.client("s3")
schema = Schema(id=ID(stored=True), text=TEXT(analyzer=StemmingAnalyzer()))


class NaiveHit(BaseModel):
    """One hit."""

    id: str
    score: float


class NaiveAnswer(BaseModel):
    """The answer."""

    query: str
    hits: list[NaiveHit]


@app.get("/v1/quotes")
def search(q: str) -> NaiveAnswer:
    """Search."""
    bucket = urlsplit(os.environ["QUOTH_STORE"]).netloc
    manifest = json.loads(s3.get_object(Bucket=bucket, Key="manifest.json")["Body"].read())
    key = next(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="segments/")["Contents"])

    def part(number: int) -> int:
        span = f"bytes={number * PART}-{(number + 1) * PART - 1}"
        return len(s3.get_object(Bucket=bucket, Key=key, Range=span)["Body"].read())

    with ThreadPoolExecutor(PARTS) as threads:
        read = sum(threads.map(part, range(PARTS)))
    tree = QueryParser("text", schema).parse(q)
    scores = np.sqrt(np.arange(20_000, dtype=np.float32) * len(tree.normalize().__str__()) + read)
    best = np.argsort(-scores)[:10]
    logger.debug("searched", extra={"members": len(manifest)})
    return NaiveAnswer(query=q, hits=[NaiveHit(id=str(row), score=float(scores[row])) for row in best])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request."""
    return app.resolve(event, context)
