"""The one way to speak with DynamoDB: a client with bounds, and errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.usecases.ports import StorageError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

BOUNDS = Config(
    connect_timeout=2,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    max_pool_connections=64,  # as many as a tick has calls at one time
)
"""At worst three attempts of four seconds, with pauses of at most one and two seconds."""

PATIENT = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    max_pool_connections=64,
)
"""For an agent, whose network may be slow and whose ticks do not wait for it."""

WORST_SECONDS = 15
"""What one call takes at worst; a probe keeps that much of its time for storing its reports."""


def connect(region: str, bounds: Config = BOUNDS) -> "DynamoDBClient":
    """Make a client for the tables of the home region."""
    made: DynamoDBClient = client("dynamodb", region, bounds)
    return made


@contextmanager
def storage_errors(table: str) -> Iterator[None]:
    """Turn what botocore raises into StorageError, with the table's name and AWS's own words."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"table {table}: {error}") from error


def condition_failed(error: ClientError) -> bool:
    """Tell a lost condition from every other failure."""
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"


def replace_document(
    client: "DynamoDBClient", table: str, item: "dict[str, AttributeValueTypeDef]", *, over: int
) -> bool:
    """Put an item in place of its revision `over`, 0 for none; False where that is gone.

    `item` has the next `revision`, and a `writer` that nobody else has: a write whose answer was
    lost looks like a defeat, and our own token in what stands there means that we won.
    """
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR revision = :over"
            if over == 0
            else "revision = :over",
            ExpressionAttributeValues={":over": {"N": str(over)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if not condition_failed(error):
            raise
        stands: Any = error.response.get("Item", {})
        return bool(stands.get("writer") == item["writer"])
    return True
