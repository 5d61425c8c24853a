"""Tables as the template makes them: `pk` is a text, `sk` a tick in reports and else a text."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_table(client: "DynamoDBClient", name: str, sort: Literal["S", "N"] = "S") -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": sort},
        ],
    )


def make_tables(client: "DynamoDBClient") -> None:
    """Make `reports` and `state`."""
    make_table(client, "reports", "N")
    make_table(client, "state")
