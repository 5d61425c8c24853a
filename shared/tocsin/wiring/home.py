"""What every function has of the home region: the configuration, the reports, the metrics."""

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tocsin.adapters import dynamodb
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.schedule import tick_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class SettingError(Exception):
    """The template did not tell this function what it must know."""


def told(variable: str, default: str | None = None) -> str:
    """Read what the template tells a function; an empty variable is not set.

    One at a time, and by hand: a model of pydantic takes longer to build than all of them to read,
    at every cold start. Raises SettingError.
    """
    value = os.environ.get(variable) or default
    if value is None:
        raise SettingError(f"the environment variable {variable} is not set")
    return value


@cache
def configs() -> DynamoConfigs:
    """Build the reader of the configuration in force."""
    return DynamoConfigs(tables(), told("TOCSIN_STATE_TABLE"))


@cache
def reports() -> DynamoReports:
    """Build the keeper of the reports."""
    return DynamoReports(tables(), told("TOCSIN_REPORTS_TABLE"))


def scheduled(event: Mapping[str, Any]) -> int | None:
    """Read for which minute Scheduler wakes; None where the event carries no time."""
    try:
        return tick_of(datetime.fromisoformat(event["time"]).astimezone(UTC))
    except (KeyError, TypeError, ValueError):
        return None


@cache
def metrics() -> Metrics:
    """Build the metrics in CloudWatch's embedded format, named by the template's environment."""
    return Metrics()


def emit(
    figures: Mapping[str, float],
    *,
    always: Collection[str] = (),
    unit: MetricUnit = MetricUnit.Count,
    **dimensions: str,
) -> None:
    """Emit figures; those that are zero are left out, but for what is `always` told.

    A metric is paid for by the hours in which it has data: one that is zero while all is well
    costs nothing until it is not. What an alarm misses when it is not there is told always.
    """
    telling = {name: each for name, each in figures.items() if each or name in always}
    if not telling:
        return
    line = metrics()
    for name, value in dimensions.items():
        line.add_dimension(name, value)
    for name, figure in telling.items():
        line.add_metric(name, unit, figure)
    line.flush_metrics()


@cache
def tables() -> "DynamoDBClient":
    """Build the one client for all tables."""
    return dynamodb.connect(told("TOCSIN_HOME_REGION"))
