"""What in the account is in the way of a deployment, found before anything is changed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from tocsin_cli.deployment.account import Account, AccountError, Caller, Standing
from tocsin_cli.deployment.obstacles import Obstacle
from tocsin_cli.deployment.releases import READS
from tocsin_cli.deployment.stacks import Part, Stack
from tocsin_cli.home import REPORTS_TABLE, STATE_TABLE

READY: Final = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
}
"""Of a stack that can be deployed to."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LAMBDA_KEEPS: Final = 100
_RESERVED: Final[Mapping[str, int]] = {Part.HOME: 47, Part.PROBE: 2}
"""What a stack takes of it, as the template has it; an agent's has no function."""
_STAND_BY_RESERVED: Final = 1
_MENDS: Final[Mapping[str, str]] = {
    "ROLLBACK_COMPLETE": "it never came up: `tocsin destroy --only {environment}`",
    "ROLLBACK_FAILED": "it never came up: `tocsin destroy --only {environment}`",
    "CREATE_FAILED": "it never came up: `tocsin destroy --only {environment}`",
    "DELETE_FAILED": "something in it could not be deleted: its events say what; mend that, then"
    " `tocsin destroy --only {environment}`",
    "UPDATE_FAILED": "`aws cloudformation rollback-stack --stack-name {name} --region {region}`",
    "UPDATE_ROLLBACK_FAILED": "its events say what could not be put back; mend that, then"
    " `aws cloudformation continue-update-rollback --stack-name {name} --region {region}`",
}


class Purpose(StrEnum):
    """What the caller is about to do, as AWS's actions begin."""

    MAKE = "Create"
    REMOVE = "Delete"


class Inspection:
    """Look at an account before it is deployed to."""

    def __init__(self, account: Account, caller: Caller) -> None:
        self._account = account
        self._caller = caller

    def unready(self, stack: Stack) -> Iterator[Obstacle]:
        """Find what is wrong with a stack as it stands."""
        try:
            self._account.caller(stack.region)
        except AccountError as error:
            yield Obstacle(where=str(stack), what="its region cannot be used", mend=str(error))
            return
        standing = self._account.standing(stack.name, stack.region)
        if standing is None:
            return
        if standing.status not in READY:
            yield Obstacle(
                where=str(stack),
                what=f"the stack is {standing.status}",
                mend=_MENDS.get(standing.status, "wait until that is over").format(
                    environment=stack.environment, name=stack.name, region=stack.region
                ),
            )
        elif not standing.empty:
            yield from _another(stack, standing)

    def taken(self, home: Stack) -> Iterator[Obstacle]:
        """Find tables of these names that are not the home stack's, or that it cannot use."""
        standing = self._account.standing(home.name, home.region)
        ours: dict[str, str] = {}
        if standing is not None and not standing.empty:
            resources = self._account.resources(home.name, home.region)
            ours = {each.logical: each.name for each in resources}
        for logical, default in (
            ("ReportsTable", REPORTS_TABLE),
            ("StateTable", STATE_TABLE),
        ):
            parameter = f"{logical}Name"
            name = home.parameters.get(parameter, default)
            table = self._account.table(name, home.region)
            if table is None:
                continue
            if ours.get(logical) != name:
                yield self._stranger(name, home, parameter)
            else:
                yield from self._unreadable(name, table, home, logical)

    def _stranger(self, name: str, home: Stack, parameter: str) -> Obstacle:
        owner = self._account.owner(name, home.region)
        if owner is None:
            return Obstacle(
                where=home.region,
                what=f"the table {name} is there already, and is of no stack",
                mend="it was kept when an installation was removed: delete it with what is in it"
                f" (`tocsin destroy --data`), or give all stacks another {parameter}",
            )
        return Obstacle(
            where=home.region,
            what=f"the table {name} is of the stack {owner}",
            mend="two installations in one account have tables and stacks of names of their own:"
            f" give all stacks here another stack_name and another {parameter}",
        )

    def _unreadable(
        self, name: str, table: Mapping[str, Any], home: Stack, logical: str
    ) -> Iterator[Obstacle]:
        keys = {each["AttributeName"] for each in table["KeySchema"]}
        if keys != {"pk", "sk"}:
            yield Obstacle(
                where=home.region,
                what=f"the table {name} has the keys {', '.join(sorted(keys))}",
                mend="it is of no version that can be upgraded: delete it or choose another name",
            )
        elif logical == "StateTable":
            yield from unreadable(name, self._account.schemas(name, home.region), READS)

    def missing_rights(
        self, stack: Stack, bucket: str, to: Purpose = Purpose.MAKE
    ) -> Iterator[Obstacle]:
        """Find what the caller may not do, where AWS tells it."""
        arn = _principal(self._caller.arn)
        if arn is None:
            return
        wanted = _wanted(self._caller, stack, bucket, to)
        if denied := self._account.denied(arn, stack.region, wanted):
            yield Obstacle(
                where=str(stack),
                what=f"{arn} may not call {', '.join(sorted(denied))}",
                mend="give it the policy of docs/deploy.md, or use another role with AWS_PROFILE",
            )

    def crowded(self, stack: Stack) -> Iterator[Obstacle]:
        """Find out whether Lambda lets a new stack have executions of its own."""
        asked = stack.parameters.get("ReserveConcurrency", "true") == "true"
        if not asked or self._account.standing(stack.name, stack.region) is not None:
            return
        free = self._account.unreserved(stack.region)
        wanted = reserved(stack)
        if wanted and free is not None and free - wanted < _LAMBDA_KEEPS:
            yield Obstacle(
                where=str(stack),
                what=f"{free} executions of Lambda are free there; it keeps {_LAMBDA_KEEPS} of them"
                f" for all functions, and this stack would take {wanted}",
                mend="add ReserveConcurrency=false, or have the limit raised (Service Quotas,"
                " Lambda, Concurrent executions)",
            )

    def bucket(self, name: str, region: str) -> Iterator[Obstacle]:
        """Find out whether the bucket for artefacts can be ours."""
        if not _BUCKET.fullmatch(name):
            yield Obstacle(
                where=region,
                what=f"S3 has no bucket with such a name as {name}",
                mend="it is 63 small letters, digits and hyphens at most: choose another beginning"
                " with --bucket NAME (BUCKET=NAME)",
            )
        elif (why := self._account.bucket(name, region, self._caller.account)) is not None:
            yield Obstacle(
                where=region,
                what=f"the bucket {name} {why}",
                mend="choose another beginning of its name with --bucket NAME (BUCKET=NAME)",
            )

    def left_behind(self, before: Sequence[Stack], now: Sequence[Stack]) -> Iterator[Obstacle]:
        """Find stacks that the file had before and has no more, and that are still there."""
        kept = {(each.name, each.region) for each in now}
        for stack in before:
            standing = (
                self._account.standing(stack.name, stack.region)
                if (stack.name, stack.region) not in kept
                else None
            )
            if standing is not None:
                yield Obstacle(
                    where=str(stack),
                    what="this stack is there, and would be in no environment any more",
                    mend=f"remove it first: `tocsin destroy --only {stack.environment}`",
                )


def reserved(stack: Stack) -> int:
    """Say how many executions a stack keeps for its functions."""
    return _RESERVED.get(stack.part, 0) + (_STAND_BY_RESERVED if stack.stands_by else 0)


def unreadable(
    table: str, stored: Mapping[str, int], reads: Mapping[str, int]
) -> Iterator[Obstacle]:
    """Find stored documents that a build could not read."""
    for kind, schema in stored.items():
        known = reads.get(kind, 0)
        if schema > known:
            yield Obstacle(
                where=table,
                what=f"it has a {kind} of schema {schema}, and this build reads {known}",
                mend="a newer version has written it: deploy that one, or one after it",
            )


def is_tocsins(standing: Standing) -> bool:
    """Tell whether a stack is of Tocsin, by the parameters that it has."""
    return {"Part", "StateTableName"} <= standing.parameters.keys()


def _another(stack: Stack, standing: Standing) -> Iterator[Obstacle]:
    """See that the stack there is the one that is meant."""
    if not is_tocsins(standing):
        yield Obstacle(
            where=str(stack),
            what="a stack of that name is there, and is none of Tocsin's",
            mend="give ours another stack_name in samconfig.toml",
        )
        return
    for name in ("Part", "Location", "HomeRegion", "ReportsTableName", "StateTableName"):
        is_now, will_be = standing.parameters.get(name), stack.parameters.get(name)
        if will_be is not None and is_now != will_be:
            yield Obstacle(
                where=str(stack),
                what=f"the stack there has {name}={is_now}, not {will_be}",
                mend="it is of another installation, and no stack becomes another: remove it first,"
                f" `tocsin destroy --only {stack.environment}`, or give ours another stack_name",
            )


def _principal(arn: str) -> str | None:
    """Name the role or user whose policies decide; None for root, who may do everything."""
    assumed = re.fullmatch(r"(arn:[^:]+):sts::(\d+):assumed-role/([^/]+)/.*", arn)
    if assumed:
        return f"{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}"
    return arn if re.search(r":(user|role)/", arn) else None


def _wanted(caller: Caller, stack: Stack, bucket: str, to: Purpose) -> dict[str, str]:
    """Say what a deployment or a removal does first in each service, and to what."""

    def arn(service: str, resource: str, *, everywhere: bool = False) -> str:
        region = "" if everywhere else stack.region
        return f"{caller.partition}:{service}:{region}:{caller.account}:{resource}"

    name = stack.name
    itself = arn("cloudformation", f"stack/{name}/x")
    builds = f"{caller.partition}:s3:::{bucket}/x"
    if to is Purpose.REMOVE:
        wanted = {"cloudformation:DeleteStack": itself, "s3:DeleteObject": builds}
    else:
        wanted = {
            "cloudformation:CreateChangeSet": itself,
            "cloudformation:ExecuteChangeSet": itself,
            "s3:PutObject": builds,
        }
    if stack.part == Part.AGENT:
        return wanted | {
            f"iam:{to}Policy": arn("iam", f"policy/{name}-AgentPolicy-X", everywhere=True)
        }
    wanted |= {
        f"iam:{to}Role": arn("iam", f"role/{name}-ProbeRole-X", everywhere=True),
        f"lambda:{to}Function": arn("lambda", f"function:{name}-ProbeFunction-X"),
        f"logs:{to}LogGroup": arn("logs", f"log-group:/tocsin/{name}/probe"),
        f"scheduler:{to}Schedule": arn("scheduler", f"schedule/default/{name}-probe"),
    }
    if stack.part == Part.HOME:
        table = stack.parameters.get("ReportsTableName", REPORTS_TABLE)  # the other one is kept
        wanted |= {
            f"dynamodb:{to}Table": arn("dynamodb", f"table/{table}"),
            f"sns:{to}Topic": arn("sns", f"{name}-PageTopic-X"),
            f"sqs:{to}Queue": arn("sqs", f"{name}-AlertsQueue-X"),
        }
    return wanted
