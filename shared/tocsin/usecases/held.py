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

    A secret is read while its monitor waits once, when it is asked for first. After that `refresh`
    alone asks home for it, also where home did not have it.
    """

    def __init__(self, home: Secrets, clock: Callable[[], float]) -> None:
        self._home = home
        self._clock = clock
        self._held: dict[str, tuple[float, str]] = {}
        self._missed: dict[str, str] = {}

    def reveal(self, name: str) -> str:
        """Give the secret of that name; SecretError where there is none."""
        if name not in self._held and name not in self._missed:
            self._read(name)
        if (held := self._held.get(name)) is not None and self._fresh(held[0]):
            return held[1]
        raise SecretError(self._missed.get(name, f"parameter {name}: read over an hour ago"))

    def doubt(self, name: str) -> None:
        """Tell home that a target refused it; the next `refresh` may find another."""
        self._home.doubt(name)

    def refresh(self) -> None:
        """Read anew what was asked for; what cannot be read stays until its time is over."""
        for name in self._held.keys() | self._missed.keys():
            self._read(name)

    def _read(self, name: str) -> None:
        try:
            value = self._home.reveal(name)
        except SecretError as error:
            self._missed[name] = str(error)
        else:
            self._held[name] = (self._clock(), value)
            self._missed.pop(name, None)

    def _fresh(self, since: float) -> bool:
        return self._clock() - since <= KEPT_SECONDS
