"""Find the home tables, and say in one line why they cannot be reached."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.dynamodb import BOUNDS
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin_cli.output import CommandError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SAMCONFIG = Path("samconfig.toml")
REPORTS_TABLE = "tocsin-reports"
STATE_TABLE = "tocsin-state"
_DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"}
_UNKNOWN_CALLER = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "ExpiredToken",
}


class HomeError(CommandError):
    """The home tables cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The three readers of the home tables, for whoever operates them."""

    configs: DynamoConfigs
    reports: DynamoReports
    states: DynamoStates


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


def connect(where: Place) -> Home:
    """Reach the home tables with the caller's own credentials; HomeError where that fails."""
    try:
        session = boto3.session.Session(region_name=where.region)
        client = session.client("dynamodb", config=BOUNDS)
        client.describe_table(TableName=where.state_table)
    except (BotoCoreError, ClientError) as error:
        _explain(error, where)
    return home(client, where)


def home(client: "DynamoDBClient", where: Place) -> Home:
    """Read the home tables through a client that is known to work."""
    return Home(
        configs=DynamoConfigs(client, where.state_table),
        reports=DynamoReports(client, where.reports_table),
        states=DynamoStates(client, where.state_table, _never),
    )


def _never() -> str:
    raise RuntimeError("operators read the state, and only the aggregator writes it")


def _deployed(samconfig: Path) -> dict[str, str]:
    """Read region and table names from the `home` environment; nothing where there is none."""
    try:
        parsed = tomllib.loads(samconfig.read_text())
        parameters = parsed["home"]["deploy"]["parameters"]
        pairs = (each.partition("=") for each in parameters.get("parameter_overrides", ()))
        return {"region": parameters["region"]} | {name: value for name, _, value in pairs}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        return {}


def _explain(error: BotoCoreError | ClientError, where: Place) -> NoReturn:
    raise HomeError(_line(error, where)) from error


def _line(error: BotoCoreError | ClientError, where: Place) -> str:
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "no AWS credentials: run `aws configure`, or set AWS_PROFILE to a profile"
        case ProfileNotFound():
            return f"{error}: set AWS_PROFILE to one that `aws configure list-profiles` shows"
        case EndpointConnectionError():
            return f"region {where.region} does not answer: check its name and the network"
        case ClientError():
            return _refusal(error, where)
    return f"AWS in {where.region}: {error}"


def _refusal(error: ClientError, where: Place) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ResourceNotFoundException":
        return (
            f"{_account()} has no table {where.state_table} in {where.region}: deploy the home "
            "stack first (`sam deploy --config-env home`), or choose another account with "
            "AWS_PROFILE or another region with --region"
        )
    if code in _UNKNOWN_CALLER:
        return f"AWS does not accept these credentials ({code}): sign in again"
    if code in _DENIED:
        return (
            f"{_account()} may not read table {where.state_table} in {where.region}: "
            "use a role that may, with AWS_PROFILE"
        )
    return f"table {where.state_table} in {where.region}: {error}"


def _account() -> str:
    """Name the caller's account as well as it is known."""
    try:
        return f"account {boto3.client('sts', config=BOUNDS).get_caller_identity()['Account']}"
    except (BotoCoreError, ClientError):
        return "this account"
