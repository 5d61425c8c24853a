"""The status page's bucket, and the note of what was written to it.

The note is one item of the state table: `pk = SITE`, `sk = <bucket>`. It is no memory of a process,
for the next minute may be another's.
"""

from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import storage_errors
from tocsin.usecases.ports import StorageError, UnreadableError
from tocsin.usecases.publish import Written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3 import S3Client

BOUNDS = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
"""The next minute is the second attempt."""

WORST_SECONDS = 5


def connect(region: str) -> "S3Client":
    """Make a client for the bucket."""
    made: S3Client = client("s3", region, BOUNDS)
    return made


class S3Site:
    """A bucket that a distribution of CloudFront serves."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, path: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file in place of what is there; StorageError where that could not be done."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=path,
                Body=body,
                ContentType=content_type,
                CacheControl=cache,
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"bucket {self._bucket}: {error}") from error


class DynamoLedger:
    """The note of what was written to a bucket, in a DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str, site: str) -> None:
        self._client = client
        self._table = table
        self._key: dict[str, AttributeValueTypeDef] = {"pk": {"S": "SITE"}, "sk": {"S": site}}

    def written(self) -> Written:
        """Read it, strongly consistent; where it cannot be read, all is written anew."""
        with storage_errors(self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=self._key, ConsistentRead=True
            )
        try:
            found: Written = unpack(Written, answer["Item"]["document"]["B"])
        except (UnreadableError, KeyError, TypeError):
            return Written()
        return found

    def note(self, written: Written) -> None:
        """Keep it in place of what was known."""
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={**self._key, "document": {"B": pack(Written, written)}},
            )
