"""What is asked of AWS with a function's role: by its code, by Lambda for it, and by either of KMS.

Actions are named as AWS's Service Authorization Reference has them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.architecture.policies import (
    ACCOUNT,
    HOME_KEY,
    LEADING_KEYS,
    REGION,
    REGION_KEY,
    VIA,
    Request,
    Stack,
)
from tocsin_cli.local.strict_ministack import partition_keys

# Where an operation goes by another name in policies.
ACTIONS = {"Invoke": "InvokeFunction", "ListObjectsV2": "ListBucket"}


def requests_of(
    service: str, operation: str, parameters: Mapping[str, Any], region: str
) -> list[Request]:
    """Name what a call asks for."""
    action = f"{service}:{ACTIONS.get(operation, operation)}"
    keys = partition_keys(dict(parameters)) if service == "dynamodb" else []
    about = {LEADING_KEYS: keys} if keys else {}
    resources = _resources(parameters, f"{region}:{ACCOUNT}")
    return [Request(action=action, resource=each, about=about) for each in resources]


def _resources(parameters: Mapping[str, Any], place: str) -> list[str]:
    match parameters:
        case {"TableName": name}:
            found = [f"arn:aws:dynamodb:{place}:table/{name}"]
        case {"RequestItems": items}:
            found = [f"arn:aws:dynamodb:{place}:table/{name}" for name in items]
        case {"TopicArn": arn}:
            found = [arn]
        case {"QueueUrl": url}:
            found = [f"arn:aws:sqs:{place}:{url.rpartition('/')[2]}"]
        case {"Name": name} | {"Path": name}:
            found = [f"arn:aws:ssm:{place}:parameter{name}"]
        case {"Bucket": bucket, "Key": key}:
            found = [f"arn:aws:s3:::{bucket}/{key}"]
        case {"Entries": entries}:
            buses = {entry["EventBusName"] for entry in entries}
            found = [f"arn:aws:events:{place}:event-bus/{bus}" for bus in buses]
        case _:
            found = ["*"]  # a list of all there is, or what no function asks for
    return found


# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html and
# services-sqs-configure.html: what Lambda does with the role of a function that a source wakes.
FOLLOWS = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
TAKES = ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
# configuration-vpc.html: the same, for a function in a network.
JOINS = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "UnassignPrivateIpAddresses",
)


def of_lambda(stack: Stack, function: str) -> Iterator[Request]:
    """Name what Lambda does for a function: its log, its sources, its network."""
    properties = stack.resources[function]["Properties"]
    log = stack.arn(
        stack.template["Resources"][function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    )
    for operation in ("CreateLogStream", "PutLogEvents"):
        yield Request(action=f"logs:{operation}", resource=log)
    for event in properties.get("Events", {}).values():
        source = event["Properties"]
        match event["Type"]:
            case "DynamoDB":
                for operation in FOLLOWS:
                    yield Request(action=f"dynamodb:{operation}", resource=source["Stream"])
                aside = source["DestinationConfig"]["OnFailure"]["Destination"]
                yield Request(action="sqs:SendMessage", resource=aside)
            case "SQS":
                for operation in TAKES:
                    yield Request(action=f"sqs:{operation}", resource=source["Queue"])
    if "VpcConfig" in properties:
        for operation in JOINS:
            yield Request(action=f"ec2:{operation}", resource="*")


# What a service asks KMS for in the name of its caller; the documentation of each has it under "key
# management". DynamoDB makes its own keys by a grant, and has one decrypted to use it.
NEEDS_A_KEY = {
    "dynamodb": ("Decrypt",),
    "sns:Publish": ("Decrypt", "GenerateDataKey"),
    "sqs:SendMessage": ("Decrypt", "GenerateDataKey"),
    "sqs:ReceiveMessage": ("Decrypt",),
    "ssm": ("Decrypt",),
}


def of_keys(requests: Iterable[Request]) -> Iterator[Request]:
    """Name what these requests ask of keys of the operator's, where those encrypt."""
    for request in requests:
        service, _, _ = request.action.partition(":")
        region = request.resource.split(":")[3] if ":" in request.resource else REGION
        # Outside of the home, and for secrets, it is the key of the stack's own region.
        key = HOME_KEY if region == REGION and service != "ssm" else REGION_KEY
        for action in NEEDS_A_KEY.get(request.action, NEEDS_A_KEY.get(service, ())):
            yield Request(
                action=f"kms:{action}",
                resource=key,
                about={VIA: f"{service}.{region}.amazonaws.com"},
            )
