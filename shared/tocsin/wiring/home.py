"""What every function has of the home region: the configuration, the reports, the metrics."""

import os
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Metrics
from pydantic import BaseModel, ConfigDict, Field

from tocsin.adapters import dynamodb
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Settings(BaseModel):
    """What every function is told by the template."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    home_region: str = Field(alias="TOCSIN_HOME_REGION", min_length=1)
    reports_table: str = Field(alias="TOCSIN_REPORTS_TABLE", min_length=1)
    state_table: str = Field(alias="TOCSIN_STATE_TABLE", min_length=1)


def told[T: Settings](kind: type[T]) -> T:
    """Read what a function is told. Raises pydantic's ValidationError, which names what is not."""
    return kind.model_validate(dict(os.environ))


@cache
def configs() -> DynamoConfigs:
    """Build the reader of the configuration in force."""
    settings = told(Settings)
    return DynamoConfigs(tables(settings.home_region), settings.state_table)


@cache
def reports() -> DynamoReports:
    """Build the keeper of the reports."""
    settings = told(Settings)
    return DynamoReports(tables(settings.home_region), settings.reports_table)


@cache
def metrics() -> Metrics:
    """Build the metrics in CloudWatch's embedded format, named by the template's environment."""
    return Metrics()


@cache
def tables(region: str) -> "DynamoDBClient":
    """Build the one client for all tables."""
    return dynamodb.connect(region)
