"""Who it is that calls, as AWS knows him."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


class StsIdentity:
    """The caller behind a client's credentials."""

    def __init__(self, client: "STSClient") -> None:
        self._client = client

    def name(self) -> str | None:
        """Give the last part of the caller's ARN: a user, or the session of a role.

        None where AWS does not say, which is no reason to do nothing.
        """
        try:
            arn = self._client.get_caller_identity()["Arn"]
        except (BotoCoreError, ClientError, ResponseParserError, KeyError):
            return None
        return arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1] or None
