"""Secrets from Parameter Store, read when they are needed and kept for a few minutes in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.usecases.ports import SecretError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_SECONDS = 300
"""How long a secret is used before it is read again: the overlap that a rotation needs."""

FAILED_SECONDS = 55
"""How long a failure stands before it is tried again: until the next tick."""

_ANY = "*"


def connect(region: str) -> "SSMClient":
    """Make a client for the parameters of the prober's own region."""
    made: SSMClient = client("ssm", region)
    return made


class SsmSecrets:
    """Secrets as SecureString parameters; `clock` gives monotonic seconds.

    A failure is remembered for a minute, one to reach the service at all for every name: a tick
    has no time to try again for each monitor.
    """

    def __init__(self, client: "SSMClient", clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._held: dict[str, tuple[float, str]] = {}
        self._failed: dict[str, tuple[float, str]] = {}

    def reveal(self, name: str) -> str:
        """Read the secret of that name; SecretError where there is none."""
        held = self._held.get(name)
        if held is None or self._clock() - held[0] > KEPT_SECONDS:
            self._fail_again(name)
            held = (self._clock(), self._read(name))
            self._held[name] = held
        return held[1]

    def _fail_again(self, name: str) -> None:
        for failure in (self._failed.get(name), self._failed.get(_ANY)):
            if failure is not None and self._clock() - failure[0] < FAILED_SECONDS:
                raise SecretError(failure[1])

    def _read(self, name: str) -> str:
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
            return answer["Parameter"]["Value"]
        except (BotoCoreError, ClientError, KeyError) as error:
            problem = f"parameter {name}: {error}"
            unreachable = isinstance(error, BotoCoreError)
            self._failed[_ANY if unreachable else name] = (self._clock(), problem)
            raise SecretError(problem) from error
