"""The aggregator writes the public page, where there is one, and never at an alert's expense."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fakes.make import FAIL, PASS, THREE, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, Waning, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Outcome
from tocsin.domain.publicity import Public
from tocsin.domain.schedule import tick_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[3]
AGGREGATOR = handler("aggregator")
SWEEP: dict[str, Any] = {"time": "2026-01-01T12:00:00Z"}
SHOP = replace(monitor("db"), public=Public(name="Web shop", group="Shop"))


@pytest.fixture
def site(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    sns = boto3.client("sns", region_name=REGION)
    for route in Route:
        monkeypatch.setenv(
            f"TOCSIN_TOPIC_{route.upper()}", sns.create_topic(Name=route)["TopicArn"]
        )
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(
        Bucket="site",
        CreateBucketConfiguration={"LocationConstraint": REGION},  # type: ignore[typeddict-item]
    )
    tell(
        monkeypatch,
        POWERTOOLS_SERVICE_NAME="aggregator",
        TOCSIN_SITE_BUCKET="site",
        TOCSIN_SITE_TITLE="Shop status",
        TOCSIN_SITE_URL="https://status.example.com/",
    )
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((shard(SHOP, monitor("inside")),), over=configs.current(), at="now")
    yield client
    forget()


def reported(client: "DynamoDBClient", outcome: Outcome) -> None:
    tick = tick_of(datetime.now(UTC))
    for location in THREE:
        DynamoReports(client, "reports").add(
            report(location, tick=tick, db=outcome, inside=outcome)
        )


def swept(context: Context | None = None) -> Any:
    return AGGREGATOR.lambda_handler(SWEEP, context or Context())


def paths(client: "S3Client") -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket="site").get("Contents", [])}


def text(client: "S3Client", path: str = "index.html") -> str:
    return client.get_object(Bucket="site", Key=path)["Body"].read().decode()


def test_a_sweep_writes_the_page_after_it_has_judged(
    site: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    reported(dynamodb, FAIL)

    swept()

    page = text(site)
    assert "Outage of Web shop" in page
    assert "Shop status" in page
    assert "inside" not in page
    assert {"index.html", "status.json", "feed.xml", "badges/web-shop.svg"} <= paths(site)
    assert "https://status.example.com/#" in text(site, "feed.xml")


def test_a_second_sweep_writes_nothing_that_is_there(
    site: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    reported(dynamodb, PASS)
    swept()
    site.delete_object(Bucket="site", Key="badges/web-shop.svg")

    swept()

    assert "badges/web-shop.svg" not in paths(site)


def test_news_of_a_shard_waits_for_the_sweep(site: "S3Client", dynamodb: "DynamoDBClient") -> None:
    reported(dynamodb, FAIL)
    record = {"dynamodb": {"SequenceNumber": "1", "Keys": {"pk": {"S": "lima#s0"}}}}

    AGGREGATOR.lambda_handler({"Records": [record]}, Context())

    assert paths(site) == set()


def test_a_bucket_that_takes_nothing_keeps_no_alert_and_the_page_comes_later(
    site: "S3Client",
    dynamodb: "DynamoDBClient",
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    reported(dynamodb, FAIL)
    site.delete_bucket(Bucket="site")

    assert swept() == {"judged": 1}

    state = DynamoStates(dynamodb, "state", str).load("s0").state
    assert (len(state.incidents), state.outbox) == (2, ())
    (logged,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert "bucket site: " in str(vars(logged)["problem"])
    assert '"StatusPageOwed":[1.0]' in capsys.readouterr().out.replace(" ", "")
    site.create_bucket(
        Bucket="site",
        CreateBucketConfiguration={"LocationConstraint": REGION},  # type: ignore[typeddict-item]
    )
    swept()
    assert "Outage of Web shop" in text(site)
    assert "StatusPageOwed" not in capsys.readouterr().out


def test_a_fault_of_the_page_is_no_fault_of_the_sweep(
    site: "S3Client", dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(dynamodb, PASS)
    monkeypatch.setenv("TOCSIN_SITE_BUCKET", "")
    swept()
    monkeypatch.setenv("TOCSIN_SITE_BUCKET", "site")
    monkeypatch.delenv("TOCSIN_HOME_REGION")  # which by now the page's own wiring alone asks for

    assert swept() == {"judged": 1}
    assert paths(site) == set()


def test_without_time_left_the_page_waits(site: "S3Client", dynamodb: "DynamoDBClient") -> None:
    reported(dynamodb, PASS)

    swept(Waning(left_ms=24_000))

    assert paths(site) == set()


def test_where_there_is_no_page_none_is_written_and_none_is_missed(
    site: "S3Client",
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    reported(dynamodb, FAIL)
    monkeypatch.setenv("TOCSIN_SITE_BUCKET", "")

    swept()

    assert "StatusPageOwed" not in capsys.readouterr().out
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert paths(site) == set()
    assert "SITE" not in {i["pk"]["S"] for i in dynamodb.scan(TableName="state")["Items"]}


def test_the_aggregator_starts_without_what_draws_pages() -> None:
    path = ROOT / "functions" / "aggregator" / "handler.py"
    program = (
        f"import runpy, sys; runpy.run_path({str(path)!r});"
        "print(sorted(m for m in sys.modules if m.startswith(('jinja2', 'tocsin.pages'))))"
    )

    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path), "AWS_DEFAULT_REGION": REGION},
    )

    assert done.stdout == "[]\n"
