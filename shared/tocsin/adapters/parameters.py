"""Secrets from Parameter Store, read when they are needed and kept for a few minutes in memory."""

from collections.abc import Callable
from dataclasses import dataclass
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

DOUBTED_SECONDS = 25
"""How long it is used at least though a target refuses it: less than from tick to tick, and longer
than a tick needs to use it everywhere. Twice as long each time that it is unchanged, so that a
target which refuses for days is asked about after 1, 2, 4 and 5 minutes, and then as ever."""

_ANY = "*"


def connect(region: str, bounds: Config = BOUNDS) -> "SSMClient":
    """Make a client for the parameters of the prober's own region."""
    made: SSMClient = client("ssm", region, bounds)
    return made


class SsmSecrets:
    """Secrets as SecureString parameters; `clock` gives monotonic seconds.

    A failure is remembered for a minute, one to reach the service at all for every name: a tick
    has no time to try again for each monitor. What was read before goes on for `hold` seconds until
    the service is reached again. One that is doubted is read ahead of time, or stays as it is.
    """

    def __init__(
        self, client: "SSMClient", clock: Callable[[], float], *, hold: float = HELD_SECONDS
    ) -> None:
        self._client = client
        self._clock = clock
        self._hold = hold
        self._held: dict[str, _Held] = {}
        self._failed: dict[str, tuple[float, SecretError]] = {}

    def reveal(self, name: str) -> str:
        """Read the secret of that name; SecretError where there is none."""
        held, now = self._held.get(name), self._clock()
        if held is not None and now - held.since <= held.lasts:
            return held.value
        try:
            self._fail_again(name)
            value = self._read(name)
        except SecretError as error:
            if held is None or now - held.since > self._lasts_in(error):
                raise
            # A try ahead of time that fails costs nothing: it is as good as it was.
            self._failed.pop(name, None)
            held.doubted = False
            return held.value
        self._held[name] = _Held(value=value, since=now, patience=_patience(held, value))
        return value

    def doubt(self, name: str) -> None:
        """Be told that a target refused it: it is read anew sooner than else."""
        if (held := self._held.get(name)) is not None:
            held.doubted = True

    def _lasts_in(self, error: SecretError) -> float:
        unreached = isinstance(error, _UnreachedError)
        return max(KEPT_SECONDS, self._hold) if unreached else KEPT_SECONDS

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


@dataclass(slots=True, kw_only=True)
class _Held:
    """A secret as it was read, and for how long it is used though a target refuses it."""

    value: str
    since: float
    patience: float
    doubted: bool = False

    @property
    def lasts(self) -> float:
        return self.patience if self.doubted else KEPT_SECONDS


def _patience(before: _Held | None, value: str) -> float:
    if before is None or not before.doubted or before.value != value:
        return DOUBTED_SECONDS
    return min(2 * before.patience, KEPT_SECONDS)


class _UnreachedError(SecretError):
    """The service itself was not reached: nothing is known of the secret."""
