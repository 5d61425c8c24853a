"""What is held of home lasts while home is out of reach, and no longer than it may."""

import pytest

from tests.fakes.make import monitor, shard
from tests.fakes.memory import InMemoryConfigs, InMemorySecrets
from tocsin.usecases.held import KEPT_SECONDS, HeldConfigs, HeldSecrets
from tocsin.usecases.ports import SecretError


def test_a_configuration_changes_with_a_refresh_only() -> None:
    home = InMemoryConfigs((shard(monitor()),))
    held = HeldConfigs(home)

    before = held.shards()
    held.refresh()

    assert before == ()
    assert held.shards() == home.held


class Secrets:
    """A secret that somebody asks for at a time of the test's."""

    def __init__(self) -> None:
        self.home = InMemorySecrets({"/tocsin/key": "hunter2"})
        self.at = 0.0
        self.held = HeldSecrets(self.home, lambda: self.at)

    def reveal(self) -> str:
        return self.held.reveal("/tocsin/key")


def test_a_secret_is_read_once_and_then_refreshed() -> None:
    secrets = Secrets()
    secrets.reveal()
    secrets.home.held["/tocsin/key"] = "hunter3"

    before = secrets.reveal()
    secrets.held.refresh()

    assert (before, secrets.reveal()) == ("hunter2", "hunter3")


def test_a_secret_that_is_doubted_is_asked_for_anew_by_the_next_refresh_alone() -> None:
    secrets = Secrets()
    secrets.held = HeldSecrets(Keeping(secrets.home), lambda: secrets.at)
    secrets.reveal()
    secrets.home.held["/tocsin/key"] = "hunter3"
    secrets.held.refresh()
    secrets.held.doubt("/tocsin/key")
    kept = secrets.reveal()

    secrets.held.refresh()
    renewed = secrets.reveal()
    secrets.home.held["/tocsin/key"] = "hunter4"
    secrets.held.refresh()

    assert (kept, renewed, secrets.reveal()) == ("hunter2", "hunter3", "hunter3")


class Keeping:
    """What keeps a secret until it is doubted."""

    def __init__(self, home: InMemorySecrets) -> None:
        self._home = home
        self._kept: dict[str, str] = {}

    def reveal(self, name: str) -> str:
        return self._kept.setdefault(name, self._home.reveal(name))

    def doubt(self, name: str) -> None:
        self._kept.pop(name, None)


def test_a_secret_that_cannot_be_read_again_lasts_an_hour() -> None:
    secrets = Secrets()
    secrets.reveal()
    secrets.home.held.clear()

    secrets.at = KEPT_SECONDS
    secrets.held.refresh()
    lasting = secrets.reveal()
    secrets.at = KEPT_SECONDS + 1

    assert lasting == "hunter2"
    with pytest.raises(SecretError):
        secrets.reveal()


def test_a_secret_that_is_not_there_is_asked_for_again_by_a_refresh_only() -> None:
    """Else a tick would wait for a Parameter Store that does not answer, minute after minute."""
    secrets = Secrets()
    missing = dict(secrets.home.held)
    secrets.home.held.clear()
    with pytest.raises(SecretError):
        secrets.reveal()
    secrets.home.held.update(missing)

    with pytest.raises(SecretError):
        secrets.reveal()
    secrets.held.refresh()

    assert secrets.reveal() == "hunter2"


def test_a_secret_that_nobody_refreshed_for_an_hour_is_not_used() -> None:
    secrets = Secrets()
    secrets.reveal()
    secrets.at = KEPT_SECONDS + 1

    with pytest.raises(SecretError, match="over an hour ago"):
        secrets.reveal()


def test_a_secret_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(SecretError):
        Secrets().held.reveal("/tocsin/other")
