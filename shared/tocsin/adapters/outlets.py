"""The outlets of each route, as parameters of Parameter Store: `<root>/<route>/<name>` is a URL.

The URLs are secrets. They are read together, kept for a minute in memory, and leave this module
only to be told something. Where the store does not answer, what it last said still holds.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import HandoverError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_SECONDS = 60


def connect(region: str) -> "SSMClient":
    """Make a client for the parameters of the home region."""
    made: SSMClient = client("ssm", region)
    return made


class SsmOutlets:
    """Outlets as SecureString parameters under `root`; `clock` gives monotonic seconds."""

    def __init__(self, client: "SSMClient", root: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._root = root.rstrip("/")
        self._clock = clock
        self._read_at = 0.0
        self._held: Mapping[str, str] | None = None

    def names(self, route: Route) -> tuple[str, ...]:
        """Name a route's outlets; HandoverError."""
        return tuple(name for name in sorted(self._urls()) if name.startswith(f"{route}/"))

    def url(self, name: str) -> str | None:
        """Give an outlet's URL; HandoverError."""
        return self._urls().get(name)

    def _urls(self) -> Mapping[str, str]:
        if self._held is None or self._clock() - self._read_at > KEPT_SECONDS:
            try:
                self._held = self._read()
            except (BotoCoreError, ClientError) as error:
                if self._held is None:
                    raise HandoverError(f"the outlets cannot be read: {error}") from error
            self._read_at = self._clock()
        return self._held

    def _read(self) -> dict[str, str]:
        pages = self._client.get_paginator("get_parameters_by_path").paginate(
            Path=self._root, Recursive=True, WithDecryption=True
        )
        return {
            each["Name"].removeprefix(f"{self._root}/"): each["Value"].strip()
            for page in pages
            for each in page["Parameters"]
        }
