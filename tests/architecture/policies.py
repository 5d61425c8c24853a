"""What a stack may do, once its parameters are given: its policies, and what they decide.

They are judged by the engine that the local stack enforces them with.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ministack.core import iam_evaluator

from tests.architecture.cloudformation import Properties, load_template

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HOME_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-the-tables"
REGION_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-the-region"
# What is in a home stack where everything is that may be, and in a probe's in another region.
EVERYTHING = {
    "Part": "home",
    "Location": "lima",
    "HomeRegion": REGION,
    "ReportsTableName": "reports",
    "StateTableName": "state",
    "StatusPage": "bucket",
    "KmsKeyArn": HOME_KEY,
    "RegionKmsKeyArn": REGION_KEY,
    "SubnetIds": "subnet-0a",
    "SecurityGroupIds": "sg-0a",
}
ELSEWHERE = {**EVERYTHING, "Part": "probe", "StandBy": "true"}

type Document = dict[str, Any]

_ABSENT = object()
_FUNCTIONS = ("Fn::FindInMap", "Fn::GetAtt", "Fn::If", "Fn::Split", "Fn::Sub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a role asks AWS for: an action on a resource; `about` is what conditions may ask for."""

    action: str
    resource: str
    about: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        keys = self.about.get(LEADING_KEYS)
        return f"{self.action} on {self.resource}" + (f" {keys}" if keys else "")


LEADING_KEYS = "dynamodb:LeadingKeys"
VIA = "kms:ViaService"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The template with values for its parameters; `names` are for resources without their own."""

    parameters: Mapping[str, str] = field(default_factory=lambda: EVERYTHING)
    names: Mapping[str, str] = field(default_factory=dict)
    region: str = REGION

    @cached_property
    def template(self) -> dict[str, Any]:
        return load_template()

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Give what this stack has, with all references resolved."""
        return {
            name: {**resource, "Properties": self.value(resource.get("Properties", {}))}
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, Properties]:
        found = {name: each for name, each in self.resources.items() if each["Type"] == kind}
        return {name: each["Properties"] for name, each in found.items()}

    def documents(self, role: str) -> list[Document]:
        """Give the policies of a role, or of what is a policy itself."""
        properties = self.resources[role]["Properties"]
        if "PolicyDocument" in properties:
            return [properties["PolicyDocument"]]
        return [policy["PolicyDocument"] for policy in properties.get("Policies", [])]

    def statements(self, role: str) -> list[dict[str, Any]]:
        return [each for document in self.documents(role) for each in document["Statement"]]

    def role_of(self, function: str) -> str:
        """Name a function's role."""
        role = self.template["Resources"][function]["Properties"]["Role"]
        name: str = role["Fn::GetAtt"].partition(".")[0]
        return name

    def holds(self, condition: str) -> bool:
        return self._test(self.template["Conditions"][condition])

    def _test(self, test: Mapping[str, Any]) -> bool:
        ((kind, inner),) = test.items()
        match kind:
            case "Condition":
                return self.holds(inner)
            case "Fn::Equals":
                one, other = (self.value(each) for each in inner)
                return bool(one == other)
            case "Fn::Not":
                return not self._test(inner[0])
            case "Fn::And":
                return all(map(self._test, inner))
            case "Fn::Or":
                return any(map(self._test, inner))
        raise NotImplementedError(kind)

    def value(self, node: Any) -> Any:
        """Resolve what is written in the template; what is no value is left out."""
        if isinstance(node, list):
            return [each for each in map(self.value, node) if each is not _ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (kind := next(iter(node))) in (*_FUNCTIONS, "Ref"):
            return self._function(kind, node[kind])
        resolved = {key: self.value(each) for key, each in node.items()}
        return {key: each for key, each in resolved.items() if each is not _ABSENT}

    def _function(self, kind: str, inner: Any) -> Any:
        if kind == "Fn::If":
            return self.value(inner[1 if self.holds(inner[0]) else 2])
        if kind == "Fn::Split":
            return self.value(inner[1]).split(inner[0])
        if kind == "Fn::FindInMap":
            table, first, second = map(self.value, inner)
            return self.template["Mappings"][table][first][second]
        if kind == "Fn::GetAtt":
            return self._attribute(*inner.split(".", 1))
        return self._substituted(inner) if kind == "Fn::Sub" else self._ref(inner)

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::NoValue": _ABSENT,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackName": "tocsin",
            "AWS::URLSuffix": "amazonaws.com.cn"
            if self.region.startswith("cn-")
            else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.template["Parameters"]:
            return self.parameters.get(name, self.template["Parameters"][name].get("Default"))
        if name in self.template["Resources"]:
            by_arn = self.template["Resources"][name]["Type"] == "AWS::SNS::Topic"
            return self.arn(name) if by_arn else self._name(name)
        return name  # what SAM makes of a function: its alias, its URL

    def _attribute(self, name: str, attribute: str) -> str:
        suffixes = {"Arn": "", "StreamArn": "/stream/1", "Alias": ":live"}
        if attribute in suffixes:
            return self.arn(name) + suffixes[attribute]
        return f"{self._name(name)}.{attribute}"

    def _substituted(self, text: str) -> str:
        def found(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            return str(self._attribute(name, attribute) if attribute else self._ref(name))

        return re.sub(r"\$\{([^}!]+)\}", found, text)

    def _name(self, name: str) -> str:
        if name in self.names:
            return self.names[name]
        properties = self.template["Resources"].get(name, {}).get("Properties", {})
        own = next((k for k in ("TableName", "LogGroupName", "Name") if k in properties), None)
        return str(self.value(properties[own])) if own else name

    def arn(self, name: str) -> str:
        """Make the ARN of a resource, as its service has it."""
        kind, of = self.template["Resources"][name]["Type"], self._name(name)
        place = f"{self.region}:{ACCOUNT}"
        return {
            "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{place}:alarm:{of}",
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{place}:table/{of}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{of}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{place}:log-group:{of}:*",
            "AWS::S3::Bucket": f"arn:aws:s3:::{of}",
            "AWS::SNS::Topic": f"arn:aws:sns:{place}:{of}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{place}:{of}",
            "AWS::Serverless::Function": f"arn:aws:lambda:{place}:function:{of}",
        }[kind]


def allows(documents: Iterable[Document], request: Request) -> bool:
    """Tell whether these policies allow a request."""
    parsed = [iam_evaluator.parse_policy_document(document) for document in documents]
    return bool(iam_evaluator.evaluate(_context(request), parsed).decision == "Allow")


def lets_in(policy: Document, request: Request, *, service: str = "", principal: str = "") -> str:
    """Tell what a resource's own policy says to a service, or to a principal of ours."""
    context = _context(request, principal or "arn:aws:iam::000000000000:role/of-a-service")
    decision: str = iam_evaluator.evaluate_resource_policy(
        policy, context, service=service or None
    ).decision
    return decision


def _context(request: Request, principal: str = f"arn:aws:iam::{ACCOUNT}:role/x") -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=principal.split(":")[4],
        action=request.action,
        resource_arn=request.resource,
        region=REGION,
        secure_transport=bool(request.about.get("aws:SecureTransport", True)),
        service_context={name.lower(): value for name, value in request.about.items()},
    )


def idle(documents: Iterable[Document], requests: Iterable[Request]) -> Iterator[str]:
    """Name what the policies allow and no request asks for, part by part."""
    asked = [*requests]
    for document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                yield from _idle(statement, asked)


def _idle(statement: Mapping[str, Any], asked: list[Request]) -> Iterator[str]:
    conditions = statement.get("Condition", {})
    wanted = [
        (key, values)
        for operator, mapping in conditions.items()
        if operator != "Null"
        for key, values in mapping.items()
    ]
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            part = {"Action": action, "Resource": resource, "Effect": "Allow"}
            for key, values in wanted or [("", "")]:
                for value in as_list(values):
                    operator = next((o for o, m in conditions.items() if key in m), "")
                    condition = {operator: {key: [value]}} if key else {}
                    whole = {"Statement": [{**part, "Condition": condition}]}
                    if not any(_met(whole, each, key) for each in asked):
                        yield f"{statement['Sid']}: {action} on {resource} {value}".rstrip()


def _met(policy: Document, request: Request, key: str) -> bool:
    return (not key or key in request.about) and allows([policy], request)


def as_list[T](value: T | list[T]) -> list[T]:
    return value if isinstance(value, list) else [value]
