"""Secrets from Parameter Store, read when they are needed and kept for a few minutes in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tocsin.usecases.ports import SecretError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_SECONDS = 300
"""How long a secret is used before it is read again: the overlap that a rotation needs."""


def connect(region: str) -> "SSMClient":
    """Make a client for the parameters of the prober's own region."""
    bounds = Config(
        connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return boto3.client("ssm", region_name=region, config=bounds)


class SsmSecrets:
    """Secrets as SecureString parameters; `clock` gives monotonic seconds."""

    def __init__(self, client: "SSMClient", clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._held: dict[str, tuple[float, str]] = {}

    def reveal(self, name: str) -> str:
        """Read the secret of that name; SecretError where there is none."""
        held = self._held.get(name)
        if held is None or self._clock() - held[0] > KEPT_SECONDS:
            held = (self._clock(), self._read(name))
            self._held[name] = held
        return held[1]

    def _read(self, name: str) -> str:
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
            return answer["Parameter"]["Value"]
        except (BotoCoreError, ClientError, KeyError) as error:
            raise SecretError(f"parameter {name}: {error}") from error
