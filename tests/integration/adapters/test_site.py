"""The bucket of the status page, and the note of what was written to it."""

from typing import TYPE_CHECKING

import boto3
import pytest

from tests.fakes.site import InMemoryLedger, InMemorySite
from tests.integration.adapters.conftest import REGION
from tocsin.adapters import site as adapter
from tocsin.adapters.site import DynamoLedger, S3Site
from tocsin.usecases.ports import StorageError
from tocsin.usecases.publish import Ledger, Site, Written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

FIRST = Written(made_of="a", day=7, digests={"index.html": "0011223344556677"})


@pytest.fixture
def bucket(aws: None) -> "S3Client":
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(
        Bucket="site",
        CreateBucketConfiguration={"LocationConstraint": REGION},  # type: ignore[typeddict-item]
    )
    return client


@pytest.fixture(params=["fake", "adapter"])
def ledger(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Ledger:
    return (
        InMemoryLedger() if request.param == "fake" else DynamoLedger(dynamodb, "state", "bucket")
    )


def test_a_file_is_there_with_its_type_and_its_time(bucket: "S3Client") -> None:
    site: Site = S3Site(adapter.connect(REGION), "site")

    site.put("badges/api.svg", b"<svg/>", "image/svg+xml", "public, max-age=30")

    found = bucket.get_object(Bucket="site", Key="badges/api.svg")
    assert found["Body"].read() == b"<svg/>"
    assert (found["ContentType"], found["CacheControl"]) == ("image/svg+xml", "public, max-age=30")


def test_a_file_is_replaced(bucket: "S3Client") -> None:
    site = S3Site(adapter.connect(REGION), "site")

    for body in (b"old", b"new"):
        site.put("index.html", body, "text/html", "no-store")

    assert bucket.get_object(Bucket="site", Key="index.html")["Body"].read() == b"new"


@pytest.mark.parametrize("site", ["fake", "adapter"])
def test_a_bucket_that_is_not_there_is_said_by_name(site: str, aws: None) -> None:
    gone: Site = (
        InMemorySite(broken="") if site == "fake" else S3Site(adapter.connect(REGION), "site")
    )

    with pytest.raises(StorageError, match="bucket site: "):
        gone.put("index.html", b"", "text/html", "no-store")


def test_nothing_is_noted_at_first(ledger: Ledger) -> None:
    assert ledger.written() == Written()


def test_what_was_noted_last_is_known(ledger: Ledger) -> None:
    ledger.note(FIRST)
    ledger.note(Written(made_of="", day=8, digests={"a": "b", "c": ""}))

    assert ledger.written() == Written(made_of="", day=8, digests={"a": "b", "c": ""})


def test_a_new_bucket_begins_with_nothing(dynamodb: "DynamoDBClient") -> None:
    DynamoLedger(dynamodb, "state", "bucket").note(FIRST)

    assert DynamoLedger(dynamodb, "state", "another").written() == Written()


def test_a_note_that_cannot_be_read_has_all_written_anew(dynamodb: "DynamoDBClient") -> None:
    dynamodb.put_item(
        TableName="state",
        Item={"pk": {"S": "SITE"}, "sk": {"S": "bucket"}, "document": {"B": b"spoilt"}},
    )
    ledger = DynamoLedger(dynamodb, "state", "bucket")

    assert ledger.written() == Written()
    ledger.note(FIRST)
    assert ledger.written() == FIRST


def test_the_note_of_a_thousand_services_fits_into_an_item(dynamodb: "DynamoDBClient") -> None:
    digests = {f"badges/{'service-' * 6}{number}.svg": f"{number:016x}" for number in range(1000)}
    ledger = DynamoLedger(dynamodb, "state", "bucket")

    ledger.note(Written(made_of="a", day=1, digests=digests))

    assert ledger.written().digests == digests
