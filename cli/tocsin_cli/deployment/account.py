"""What an AWS account has in each region, as far as a deployment must know it; it changes little.

Whatever AWS refuses is an AccountError that says what to do.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from botocore.parsers import ResponseParserError

from tocsin_cli.home import DENIED, UNKNOWN_CALLER, fault_of_caller
from tocsin_cli.output import CommandError

BOUNDS: Final = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4}
)
"""More patient than the tables' own: nobody is woken by this."""

_ABSENT: Final = {
    "ValidationError",
    "ResourceNotFoundException",
    "404",
    "NoSuchBucket",
    "NoSuchEntity",
}
OLDEST_REGION: Final = "us-east-1"
"""S3 has no location constraint for it, and insists on one for the others."""


class AccountError(CommandError):
    """AWS refused; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A stack as it stands."""

    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    updated: datetime | None = None
    """When it was last updated, or that was tried."""

    @property
    def empty(self) -> bool:
        """Whether it holds nothing: a change set that was never executed leaves such a one."""
        return self.status == "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that a stack has, or had."""

    logical: str
    kind: str
    name: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a managed policy: a role, a user or a group."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who deploys."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """How every ARN of ours begins."""
        return ":".join(self.arn.split(":")[:2])


def regions() -> set[str]:
    """Name every region that AWS was known to have when boto3 was made."""
    with _refusals("AWS", "sts:GetCallerIdentity"):  # a profile that is none is told here
        session = boto3.session.Session()
        return {
            region
            for partition in session.get_available_partitions()
            for region in session.get_available_regions("cloudformation", partition)
        }


class Account:
    """An account, by the caller's own credentials."""

    def __init__(self) -> None:
        with _refusals("AWS", "sts:GetCallerIdentity"):
            self._session = boto3.session.Session()

    def caller(self, region: str) -> Caller:
        """Say who we are, asked in a region: AWS does not know us in one that is not enabled."""
        with _refusals(region, "sts:GetCallerIdentity"):
            found = self._client("sts", region).get_caller_identity()
        return Caller(account=found["Account"], arn=found["Arn"])

    def denied(self, arn: str, region: str, wanted: Mapping[str, str]) -> list[str]:
        """Name those of some actions, each on a resource, that we may not do.

        Nothing where AWS does not tell us: nobody needs a right to know his rights.
        """
        client = self._client("iam", region)
        found = []
        try:
            for action, resource in wanted.items():
                answer = client.simulate_principal_policy(
                    PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource]
                )
                for each in answer["EvaluationResults"]:
                    # What depends on a circumstance of the call cannot be told beforehand.
                    depends = each.get("MissingContextValues") or []
                    if each["EvalDecision"] != "allowed" and not depends:
                        found.append(action)
        except (BotoCoreError, ClientError, ResponseParserError):
            return []
        return found

    def unreserved(self, region: str) -> int | None:
        """Say how many functions may run at once that are not reserved; None where AWS does not."""
        try:
            limits = self._client("lambda", region).get_account_settings()["AccountLimit"]
        except (BotoCoreError, ClientError, ResponseParserError):
            return None
        return int(limits["UnreservedConcurrentExecutions"])

    def standing(self, name: str, region: str) -> Standing | None:
        """Read how a stack stands; None where there is none."""
        found: Any = None
        with _refusals(region, "cloudformation:DescribeStacks"), _if_there():
            (found,) = self._client("cloudformation", region).describe_stacks(StackName=name)[
                "Stacks"
            ]
        if found is None:
            return None
        return Standing(
            status=found["StackStatus"],
            parameters={
                each["ParameterKey"]: each.get("ParameterValue", "")
                for each in found.get("Parameters", [])
            },
            outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
            tags={each["Key"]: each["Value"] for each in found.get("Tags", [])},
            protected=bool(found.get("EnableTerminationProtection")),
            updated=found.get("LastUpdatedTime"),
        )

    def resources(self, name: str, region: str) -> list[Resource]:
        """List what a stack has."""
        with _refusals(region, "cloudformation:ListStackResources"):
            pages = (
                self._client("cloudformation", region)
                .get_paginator("list_stack_resources")
                .paginate(StackName=name)
            )
            return [
                Resource(
                    logical=each["LogicalResourceId"],
                    kind=each["ResourceType"],
                    name=each.get("PhysicalResourceId", ""),
                    status=each["ResourceStatus"],
                )
                for page in pages
                for each in page["StackResourceSummaries"]
            ]

    def owner(self, resource: str, region: str) -> str | None:
        """Name the stack that something belongs to; None where it is of none."""
        found: Any = None
        with _refusals(region, "cloudformation:DescribeStackResources"), _if_there():
            found = self._client("cloudformation", region).describe_stack_resources(
                PhysicalResourceId=resource
            )["StackResources"]
        return str(found[0]["StackName"]) if found else None

    def holders(self, policy: str, region: str) -> list[Holder]:
        """List who a managed policy is attached to: while it is to anybody, AWS deletes it not."""
        with _refusals(region, "iam:ListEntitiesForPolicy"), _if_there():
            pages = (
                self._client("iam", region)
                .get_paginator("list_entities_for_policy")
                .paginate(PolicyArn=policy, PolicyUsageFilter="PermissionsPolicy")
            )
            return [
                Holder(kind=kind, name=each[f"{kind.title()}Name"])
                for page in pages
                for kind in ("role", "user", "group")
                for each in page.get(f"Policy{kind.title()}s", [])
            ]
        return []

    def template(self, name: str, region: str) -> str:
        """Give the template that a stack was deployed with: its artefacts lie in the bucket."""
        with _refusals(region, "cloudformation:GetTemplate"):
            body = self._client("cloudformation", region).get_template(
                StackName=name, TemplateStage="Original"
            )["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def delete_stack(self, name: str, region: str) -> None:
        """Have a stack deleted, and wait until it is gone."""
        client = self._client("cloudformation", region)
        with _refusals(region, "cloudformation:DeleteStack"):
            stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
            client.delete_stack(StackName=name)
            try:
                client.get_waiter("stack_delete_complete").wait(
                    StackName=stack_id, WaiterConfig={"Delay": 3, "MaxAttempts": 1200}
                )
            except WaiterError as error:
                raise AccountError(
                    f"{region}: stack {name} was not deleted: {self._why_not(stack_id, region)}"
                ) from error

    def _why_not(self, stack_id: str, region: str) -> str:
        events = self._client("cloudformation", region).describe_stack_events(StackName=stack_id)
        reasons = [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}"
            for each in events["StackEvents"]
            if each["ResourceStatus"] == "DELETE_FAILED"
        ]
        return "; ".join(reasons[:5]) or "see its events in the console of CloudFormation"

    def table(self, name: str, region: str) -> Mapping[str, Any] | None:
        """Describe a table; None where there is none."""
        with _refusals(region, "dynamodb:DescribeTable"), _if_there():
            client = self._client("dynamodb", region)
            found: Mapping[str, Any] = client.describe_table(TableName=name)["Table"]
            return found
        return None

    def schemas(self, table: str, region: str) -> dict[str, int]:
        """Read which versions of stored documents a state table has, the newest of each kind."""
        client = self._client("dynamodb", region)
        with _refusals(region, "dynamodb:Query"):
            current = client.get_item(
                TableName=table, Key={"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}}
            ).get("Item")
            if current is None:
                return {}
            pages = client.get_paginator("query").paginate(
                TableName=table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"CONFIG#{current['set']['S']}"}},
                ProjectionExpression="sk, #schema",
                ExpressionAttributeNames={"#schema": "schema"},
            )
            shards = [each for page in pages for each in page["Items"]]
            states = [
                client.get_item(
                    TableName=table,
                    Key={"pk": {"S": each["sk"]["S"]}, "sk": {"S": "STATE"}},
                    ProjectionExpression="#schema",
                    ExpressionAttributeNames={"#schema": "schema"},
                ).get("Item", {})
                for each in shards
            ]
        return {"shard": _newest(shards), "state": _newest(states)}

    def delete_table(self, name: str, region: str) -> None:
        """Delete a table with all that is in it."""
        client = self._client("dynamodb", region)
        with _refusals(region, "dynamodb:DeleteTable"):
            client.delete_table(TableName=name)
            client.get_waiter("table_not_exists").wait(TableName=name)

    def bucket(self, name: str, region: str, account: str) -> str | None:
        """Say why a bucket cannot be ours; None where it is, or nobody has it."""
        with _refusals(region, "s3:ListBucket"):
            try:
                self._client("s3", region).head_bucket(Bucket=name, ExpectedBucketOwner=account)
            except ClientError as error:
                match _code(error):
                    case "404" | "NoSuchBucket":
                        return None
                    case "403" | "AccessDenied":
                        return "belongs to another account, or you may not list it"
                    case "301" | "400" | "PermanentRedirect":
                        return "is in another region"
                raise
        return None

    def create_bucket(self, name: str, region: str, caller: Caller) -> None:
        """Make a bucket for artefacts that is closed to all others, if it is not there."""
        client = self._client("s3", region)
        with _refusals(region, "s3:CreateBucket"):
            with _if_there():
                client.head_bucket(Bucket=name, ExpectedBucketOwner=caller.account)
                return
            where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            client.create_bucket(Bucket=name, **(where if region != OLDEST_REGION else {}))
            client.put_public_access_block(
                Bucket=name,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
            )
            client.put_bucket_policy(
                Bucket=name, Policy=_tls_only(f"{caller.partition}:s3:::{name}")
            )
            client.put_bucket_tagging(
                Bucket=name,
                Tagging={"TagSet": [{"Key": "application", "Value": "tocsin"}]},
            )

    def has_bucket(self, name: str, region: str) -> bool:
        """Tell whether there is such a bucket that we may use."""
        with _refusals(region, "s3:ListBucket"), _if_there():
            self._client("s3", region).head_bucket(Bucket=name)
            return True
        return False

    def empty_bucket(self, name: str, prefix: str, region: str) -> None:
        """Delete what is under a prefix in a bucket."""
        client = self._client("s3", region)
        with _refusals(region, "s3:DeleteObject"):
            for key in self.keys(name, prefix, region):
                client.delete_object(Bucket=name, Key=key)

    def delete_bucket(self, name: str, region: str) -> None:
        """Delete a bucket that is empty."""
        with _refusals(region, "s3:DeleteBucket"):
            self._client("s3", region).delete_bucket(Bucket=name)

    def keys(self, bucket: str, prefix: str, region: str) -> list[str]:
        """List what a bucket has under a prefix, in order; nothing where there is no bucket."""
        with _refusals(region, "s3:ListBucket"), _if_there():
            pages = (
                self._client("s3", region)
                .get_paginator("list_objects_v2")
                .paginate(Bucket=bucket, Prefix=prefix)
            )
            return [each["Key"] for page in pages for each in page.get("Contents", [])]
        return []

    def get(self, bucket: str, key: str, region: str) -> bytes:
        """Read an object."""
        with _refusals(region, "s3:GetObject"):
            body: bytes = (
                self._client("s3", region).get_object(Bucket=bucket, Key=key)["Body"].read()
            )
        return body

    def put(self, bucket: str, key: str, body: bytes, region: str) -> None:
        """Write an object."""
        with _refusals(region, "s3:PutObject"):
            self._client("s3", region).put_object(Bucket=bucket, Key=key, Body=body)

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 types by literals
        create = cast("Callable[..., Any]", self._session.client)
        return create(service, region_name=region, config=BOUNDS)


def _newest(items: Sequence[Mapping[str, Any]]) -> int:
    """Give the newest schema; what was stored before there were any has none."""
    return max((int(each.get("schema", {"N": "0"})["N"]) for each in items), default=0)


def _tls_only(arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "NothingInTheClear",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )


@contextmanager
def _if_there() -> Iterator[None]:
    """Leave the block where what it asks for is not there; what follows the block says so."""
    try:
        yield
    except ClientError as error:
        if _code(error) not in _ABSENT:
            raise


@contextmanager
def _refusals(region: str, action: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in DENIED:
            said = f"{region}: you may not call {action}: use a role that may, with AWS_PROFILE"
            raise AccountError(f"{said} (docs/deploy.md has what it needs)") from error
        if code in UNKNOWN_CALLER or code == "OptInRequired":
            raise AccountError(
                f"{region}: AWS does not accept these credentials there ({code}): sign in again,"
                " or enable the region for the account (Account, AWS Regions)"
            ) from error
        raise AccountError(f"{region}: {error}") from error
    except (BotoCoreError, ResponseParserError) as error:
        told = fault_of_caller(error, region) or f"{region}: {error}"
        raise AccountError(told) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
