"""Find the home tables, and say in one line why they cannot be reached."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from tocsin.adapters.aws import BRIEF
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.dynamodb import BOUNDS
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.history import DynamoHistory
from tocsin.adapters.identity import StsIdentity
from tocsin.adapters.projections import DynamoProjections
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin.usecases.ports import ConflictError, StorageError, UnreadableError
from tocsin_cli.deployment.stacks import overrides
from tocsin_cli.output import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SAMCONFIG = Path("samconfig.toml")
REPORTS_TABLE = "tocsin-reports"
STATE_TABLE = "tocsin-state"
DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"}
UNKNOWN_CALLER = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "ExpiredToken",
}
# botocore's own errors have two roots, and an answer that is not AWS's has neither.
_REFUSALS = (BotoCoreError, ClientError, ResponseParserError)
type _Refusal = BotoCoreError | ClientError | ResponseParserError


class HomeError(CommandError):
    """The home tables cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home tables, for whoever operates them."""

    configs: DynamoConfigs
    reports: DynamoReports
    states: DynamoStates
    heartbeats: DynamoHeartbeats
    history: DynamoHistory
    projections: DynamoProjections

    def endpoint(self, where: "Place") -> str:
        """Read where jobs report to, as the home stack has noted it. HomeError without it."""
        store = boto3.client("ssm", region_name=where.region, config=BOUNDS)
        name = f"/tocsin/{where.state_table}/heartbeat-url"
        try:
            return store.get_parameter(Name=name)["Parameter"]["Value"]
        except store.exceptions.ParameterNotFound:
            raise HomeError(
                f"there is no parameter {name} in {where.region}: deploy the home stack again"
            ) from None

    def caller(self, where: "Place") -> str | None:
        """Read who AWS says that we are; None where it does not say."""
        try:
            client = boto3.client("sts", region_name=where.region, config=BRIEF)
        except _REFUSALS:
            return None
        return StsIdentity(client).name()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the home tables are."""

    region: str
    reports_table: str = REPORTS_TABLE
    state_table: str = STATE_TABLE


def place(region: str | None = None, samconfig: Path = SAMCONFIG) -> Place:
    """Say where home is: what is asked for, else the environment, else samconfig.toml.

    Raises HomeError where none of them says.
    """
    deployed = _deployed(samconfig)
    found = region or os.environ.get("TOCSIN_HOME_REGION") or deployed.get("region")
    if not found:
        raise HomeError(
            "no home region: pass --region, set TOCSIN_HOME_REGION, or run beside samconfig.toml"
        )
    return Place(
        region=found,
        reports_table=os.environ.get("TOCSIN_REPORTS_TABLE")
        or deployed.get("ReportsTableName", REPORTS_TABLE),
        state_table=os.environ.get("TOCSIN_STATE_TABLE")
        or deployed.get("StateTableName", STATE_TABLE),
    )


@contextmanager
def connected(where: Place) -> Iterator[Home]:
    """Reach the home tables with the caller's own credentials.

    Whatever AWS refuses, now or within the `with` block, is a HomeError.
    """
    try:
        session = boto3.session.Session(region_name=where.region)
        client = session.client("dynamodb", config=BOUNDS)
        client.describe_table(TableName=where.state_table)
        yield home(client, where)
    except _REFUSALS as error:
        raise HomeError(_line(error, where, where.state_table)) from error
    except (ConflictError, UnreadableError):
        raise  # no refusal of AWS, and they say what to do
    except StorageError as error:
        if not isinstance(error.__cause__, _REFUSALS):
            raise
        reports = f"table {where.reports_table}:" in str(error)
        table = where.reports_table if reports else where.state_table
        raise HomeError(_line(error.__cause__, where, table)) from error


def home(client: "DynamoDBClient", where: Place) -> Home:
    """Use the home tables through a client that is known to work."""
    return Home(
        configs=DynamoConfigs(client, where.state_table),
        reports=DynamoReports(client, where.reports_table),
        states=DynamoStates(client, where.state_table, lambda: uuid4().hex),
        heartbeats=DynamoHeartbeats(client, where.state_table),
        history=DynamoHistory(client, where.state_table),
        projections=DynamoProjections(client, where.state_table),
    )


def _deployed(samconfig: Path) -> dict[str, str]:
    """Read region and table names from the `home` environment; nothing where there is none."""
    try:
        parsed = tomllib.loads(samconfig.read_text(encoding="utf-8"))
        parameters = parsed["home"]["deploy"]["parameters"]
        given = overrides(parameters.get("parameter_overrides", []))
        found = {"region": parameters.get("region"), **given}
        return {name: value for name, value in found.items() if isinstance(value, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def fault_of_caller(error: BaseException | None, region: str) -> str | None:
    """Say what is wrong with the credentials or the network; None where it is something else."""
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "no AWS credentials: run `aws configure`, or set AWS_PROFILE to a profile"
        case ProfileNotFound():
            return f"{error}: set AWS_PROFILE to one that `aws configure list-profiles` shows"
        case EndpointConnectionError():
            return f"region {region} does not answer: check its name and the network"
        case ResponseParserError():
            return f"region {region} does not answer as AWS does: check the network"
        case ClientError() if (code := error.response.get("Error", {}).get("Code")) in (
            UNKNOWN_CALLER
        ):
            return f"AWS does not accept these credentials ({code}): sign in again"
    return None


def _line(error: _Refusal, where: Place, table: str) -> str:
    if (fault := fault_of_caller(error, where.region)) is not None:
        return fault
    if isinstance(error, ClientError):
        return _refusal(error, where, table)
    return f"AWS in {where.region}: {error}"


def _refusal(error: ClientError, where: Place, table: str) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ResourceNotFoundException":
        return (
            f"{_account(where)} has no table {table} in {where.region}: deploy the home "
            "stack first (`make deploy`), or choose another account with "
            "AWS_PROFILE or another region with --region"
        )
    if code in DENIED:
        return (
            f"{_account(where)} may not call {error.operation_name} on table {table} in "
            f"{where.region}: use a role that may, with AWS_PROFILE"
        )
    return f"table {table} in {where.region}: {error}"


def _account(where: Place) -> str:
    """Name the caller's account as well as it is known."""
    try:
        sts = boto3.client("sts", region_name=where.region, config=BOUNDS)
        return f"account {sts.get_caller_identity()['Account']}"
    except (*_REFUSALS, KeyError):
        return "this account"
