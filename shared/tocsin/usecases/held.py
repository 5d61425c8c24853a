"""What a process that stays keeps of home: it goes on with it while home is out of reach.

Reading it never waits; `refresh` does, and is for a thread of its own.
"""

from collections.abc import Callable
from typing import Final

from tocsin.domain.shard import Shard
from tocsin.usecases.ports import Configs, SecretError, Secrets

KEPT_SECONDS: Final = 3600
"""How long a secret that cannot be read again is used: as long as reports are kept."""


class HeldConfigs:
    """The configuration as it was read last; empty before the first `refresh`."""

    def __init__(self, home: Configs) -> None:
        self._home = home
        self._held: tuple[Shard, ...] = ()

    def shards(self) -> tuple[Shard, ...]:
        """Give every shard."""
        return self._held

    def refresh(self) -> None:
        """Read anew; StorageError where that cannot be, and what is held stays."""
        self._held = self._home.shards()


class HeldSecrets:
    """Secrets as they were read last; `clock` gives monotonic seconds.

    Only a secret that nobody has asked for before is read while its monitor waits.
    """

    def __init__(self, home: Secrets, clock: Callable[[], float]) -> None:
        self._home = home
        self._clock = clock
        self._held: dict[str, tuple[float, str]] = {}

    def reveal(self, name: str) -> str:
        """Give the secret of that name; SecretError where there is none."""
        held = self._held.get(name)
        if held is None or self._clock() - held[0] > KEPT_SECONDS:
            return self._read(name)
        return held[1]

    def refresh(self) -> None:
        """Read anew what is held; what cannot be read stays until its time is over."""
        for name in tuple(self._held):
            try:
                self._read(name)
            except SecretError:
                continue

    def _read(self, name: str) -> str:
        value = self._home.reveal(name)
        self._held[name] = (self._clock(), value)
        return value
