"""What shelters whom, also where they depend on each other."""

import pytest

from tests.fakes.make import NOON
from tests.unit.domain.scenes import DOWN, UP
from tocsin.domain.dependence import sheltered


def hanging(**parents: str) -> frozenset[str]:
    standings = {"a": UP, "b": UP, "c": UP, "d": DOWN}
    return sheltered(
        "abc", {name: tuple(above) for name, above in parents.items()}, standings, NOON
    )


@pytest.mark.parametrize(
    ("parents", "under"),
    [
        pytest.param({"a": "b", "b": "c", "c": "b"}, "", id="a circle above it"),
        pytest.param({"a": "b", "b": "cd", "c": "b"}, "abc", id="a circle and what is down"),
        pytest.param({"a": "da"}, "a", id="what is down and itself"),
        pytest.param({"a": "ad"}, "a", id="itself and what is down"),
        pytest.param({"a": "b", "c": "d"}, "c", id="another's parent"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_shelter_reaches_all_that_hang_on_what_is_down_and_ends(
    parents: dict[str, str], under: str
) -> None:
    assert hanging(**parents) == set(under)
