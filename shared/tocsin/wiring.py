"""The composition root: the only place that reads the environment and builds adapters.

Everything is built at its first use and kept for as long as the process lives.
"""

import os
import time
from functools import cache
from traceback import extract_tb
from typing import TYPE_CHECKING
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics
from pydantic import BaseModel, ConfigDict, Field

from tocsin.adapters import dynamodb, parameters, sns
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.parameters import SsmSecrets
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.sns import SnsAlerts
from tocsin.adapters.states import DynamoStates
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor, Route
from tocsin.usecases.observe import Prober

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Settings(BaseModel):
    """What every function is told by the template."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    home_region: str = Field(alias="TOCSIN_HOME_REGION", min_length=1)
    reports_table: str = Field(alias="TOCSIN_REPORTS_TABLE", min_length=1)
    state_table: str = Field(alias="TOCSIN_STATE_TABLE", min_length=1)


class ProbeSettings(Settings):
    """What a probe is told: where it stands, and which addresses it may reach."""

    region: str = Field(alias="AWS_REGION", min_length=1)
    location: str = Field(alias="TOCSIN_LOCATION", min_length=1)
    egress: Egress = Field(alias="TOCSIN_EGRESS", default=Egress.PUBLIC)
    source_address: str = Field(alias="TOCSIN_SOURCE_ADDRESS", default="")


class AggregatorSettings(Settings):
    """What the aggregator is told: the topic of each route."""

    page: str = Field(alias="TOCSIN_TOPIC_PAGE", min_length=1)
    chat: str = Field(alias="TOCSIN_TOPIC_CHAT", min_length=1)
    notice: str = Field(alias="TOCSIN_TOPIC_NOTICE", min_length=1)


@cache
def prober() -> Prober:
    """Build this location's prober."""
    settings = ProbeSettings.model_validate(dict(os.environ))
    client = _tables(settings.home_region)
    dialer = Dialer(egress=settings.egress, source=settings.source_address or None)
    return Prober(
        location=settings.location,
        configs=DynamoConfigs(client, settings.state_table),
        reports=DynamoReports(client, settings.reports_table),
        checker=Engine(dialer, on_crash=_log_crash),
        secrets=SsmSecrets(parameters.connect(settings.region), time.monotonic),
    )


@cache
def configs() -> DynamoConfigs:
    """Build the reader of the configuration in force."""
    settings = _settings()
    return DynamoConfigs(_tables(settings.home_region), settings.state_table)


@cache
def reports() -> DynamoReports:
    """Build the reader of all locations' reports."""
    settings = _settings()
    return DynamoReports(_tables(settings.home_region), settings.reports_table)


@cache
def states() -> DynamoStates:
    """Build the keeper of the state documents; each write bears a token of its own."""
    settings = _settings()
    client = _tables(settings.home_region)
    return DynamoStates(client, settings.state_table, lambda: uuid4().hex)


@cache
def alerts() -> SnsAlerts:
    """Build the way out."""
    from tocsin.messages.bundle import render  # noqa: PLC0415 - a probe, which renders nothing, starts faster

    settings = AggregatorSettings.model_validate(dict(os.environ))
    topics = {
        Route.PAGE: settings.page,
        Route.CHAT: settings.chat,
        Route.NOTICE: settings.notice,
    }
    return SnsAlerts(sns.connect(settings.home_region), topics, render)


@cache
def metrics() -> Metrics:
    """Build the metrics in CloudWatch's embedded format, named by the template's environment."""
    return Metrics()


def _log_crash(monitor: Monitor, error: Exception) -> None:
    """Log a fault of our own; that monitor abstains, and the others go on.

    Where it broke, not what it says: an error may quote what was sent, secrets included.
    """
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    Logger().error("a check broke", monitor=monitor.id, error=type(error).__name__, frames=frames)


@cache
def _tables(region: str) -> "DynamoDBClient":
    return dynamodb.connect(region)


def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))
