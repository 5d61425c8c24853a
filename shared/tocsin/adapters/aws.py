"""Clients of AWS, each bounded in time.

They are made by botocore, as boto3's own are: boto3 adds nothing to a client, and importing it
brings the transfer manager of S3, a third of the whole cold start.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

BRIEF = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2}
)
"""For what can be tried again a minute later."""


def client(service: str, region: str, bounds: Config = BRIEF) -> Any:  # noqa: ANN401 - by service
    """Make a client; its callers say which one it is."""
    return _session().create_client(service, region_name=region, config=bounds)


@cache
def _session() -> Session:
    """Read botocore's data, and find the credentials, once for all clients."""
    return Session()
