"""Secrets from Parameter Store, read when they are needed and kept for a few minutes in memory."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.usecases.ports import SecretError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

BOUNDS = Config(
    connect_timeout=2, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)
"""A tick waits for its secrets."""

WORST_SECONDS = 9
"""What one call takes at worst, its pause included."""

KEPT_SECONDS = 300
"""How long a secret is used before it is read again: the overlap that a rotation needs."""

HELD_SECONDS = 3600
"""How long it is used where the service cannot be reached to read it again."""

FAILED_SECONDS = 55
"""How long a failure stands before it is tried again: until the next tick."""

_ANY = "*"


def connect(region: str, bounds: Config = BOUNDS) -> "SSMClient":
    """Make a client for the parameters of the prober's own region."""
    made: SSMClient = client("ssm", region, bounds)
    return made


class SsmSecrets:
    """Secrets as SecureString parameters; `clock` gives monotonic seconds.

    A failure is remembered for a minute, one to reach the service at all for every name: a tick
    has no time to try again for each monitor. What was read before goes on for `hold` seconds until
    the service is reached again.
    """

    def __init__(
        self, client: "SSMClient", clock: Callable[[], float], *, hold: float = HELD_SECONDS
    ) -> None:
        self._client = client
        self._clock = clock
        self._hold = hold
        self._held: dict[str, tuple[float, str]] = {}
        self._failed: dict[str, tuple[float, SecretError]] = {}
        self._renewed: dict[str, float] = {}

    def reveal(self, name: str) -> str:
        """Read the secret of that name; SecretError where there is none."""
        held = self._held.get(name)
        if held is not None and self._clock() - held[0] <= KEPT_SECONDS:
            return held[1]
        try:
            self._fail_again(name)
            value = self._read(name)
        except _UnreachedError:
            if held is None or self._clock() - held[0] > self._hold:
                raise
            return held[1]
        self._held[name] = (self._clock(), value)
        return value

    def renew(self, name: str) -> str:
        """Read it anew though one is kept, at most once a tick; what cannot be read anew stays."""
        held, now = self._held.get(name), self._clock()
        if held is None or now - max(held[0], self._renewed.get(name, held[0])) < FAILED_SECONDS:
            return self.reveal(name)
        self._renewed[name] = now
        with suppress(SecretError):
            self._fail_again(name)
            held = (now, self._read(name))
        self._held[name] = held
        return held[1]

    def _fail_again(self, name: str) -> None:
        for failure in (self._failed.get(name), self._failed.get(_ANY)):
            if failure is not None and self._clock() - failure[0] < FAILED_SECONDS:
                raise type(failure[1])(str(failure[1]))

    def _read(self, name: str) -> str:
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
            return answer["Parameter"]["Value"]
        except (ClientError, KeyError) as error:
            raise self._noted(name, SecretError(f"parameter {name}: {error}")) from error
        except BotoCoreError as error:
            raise self._noted(_ANY, _UnreachedError(f"parameter {name}: {error}")) from error

    def _noted(self, of: str, problem: SecretError) -> SecretError:
        self._failed[of] = (self._clock(), problem)
        return problem


class _UnreachedError(SecretError):
    """The service itself was not reached: nothing is known of the secret."""
