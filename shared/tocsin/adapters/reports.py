"""The reports table: `pk = <location>#<shard>`, `sk = <tick>`, written once and never changed.

The location leads the key, so that a prober's role can be limited to its own reports. `document`
is the whole report; `failing` says what fails in words, for people who look in the console.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tocsin.adapters.codec import fitted
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.adapters.dynamodb import condition_failed, storage_errors
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.report import Report
from tocsin.usecases.ports import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

MOST_BYTES = 250_000
"""Of the document, so that the whole item stays under DynamoDB's 400 KB."""

SHOWN = 100
"""Failing monitors that are shown in words; the document has all of them."""

KEPT_DAYS = 14
"""How long reports are kept, for the replay of past days."""


class DynamoReports:
    """Reports in a DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, report: Report) -> bool:
        """Store a report; False, and nothing stored, where this tick has one already."""
        try:
            with storage_errors(self._table):
                self._put(report)
        except _TakenError:
            return False
        return True

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Read a location's newest report on a shard up to a tick, strongly consistent."""
        with storage_errors(self._table):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk <= :until",
                ExpressionAttributeValues={
                    ":pk": {"S": f"{location}#{shard}"},
                    ":until": {"N": str(until)},
                },
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        items = answer["Items"]
        if not items:
            return None
        try:
            return unpack_report(items[0]["document"]["B"])
        except (KeyError, TypeError) as error:
            raise UnreadableError(f"the report of {location} on {shard} has no document") from error

    def between(self, location: str, shard: str, first: int, last: int) -> Iterator[Report]:
        """Give a location's reports on a shard of these ticks; one that is spoilt is left out."""
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": f"{location}#{shard}"},
                    ":first": {"N": str(first)},
                    ":last": {"N": str(last)},
                },
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    if (report := _read(item)) is not None:
                        yield report

    def _put(self, report: Report) -> None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(report),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if condition_failed(error):
                raise _TakenError from error
            raise


class _TakenError(Exception):
    """This tick has its report: a doubled event, or our own write whose answer was lost."""


def _read(item: "dict[str, AttributeValueTypeDef]") -> Report | None:
    try:
        return unpack_report(item["document"]["B"])
    except (UnreadableError, KeyError, TypeError):
        return None


def _item(report: Report) -> "dict[str, AttributeValueTypeDef]":
    failing = {
        monitor: {"S": _line(sighting.outcome)}
        for monitor, sighting in report.uneasy().items()
        if sighting.outcome.vote is not Vote.PASS
    }
    shown = dict(islice(failing.items(), SHOWN))
    return {
        "pk": {"S": f"{report.location}#{report.shard}"},
        "sk": {"N": str(report.tick)},
        "config_version": {"N": str(report.config_version)},
        "monitors": {"N": str(len(report.sightings))},
        "failing": {"M": shown},
        "document": {"B": fitted(pack_report, report, MOST_BYTES, _slim)},
        "expires_at": {"N": str(report.tick * 60 + KEPT_DAYS * 86400)},
    }


def _slim(report: Report, evidence: int) -> Report:
    sightings = {
        monitor: replace(sighting, outcome=_shorter(sighting.outcome, evidence))
        for monitor, sighting in report.sightings.items()
    }
    return replace(report, sightings=sightings)


def _shorter(outcome: Outcome, evidence: int) -> Outcome:
    certificate = outcome.certificate and replace(
        outcome.certificate, issuer=outcome.certificate.issuer[:evidence]
    )
    return replace(
        outcome, evidence=outcome.evidence[:evidence], certificate=certificate, exchange=None
    )


def _line(outcome: Outcome) -> str:
    return f"{outcome.vote} {outcome.layer or '-'}/{outcome.reason}: {outcome.evidence}"
