"""What a function is told by its environment."""

import pytest

from tocsin.wiring.home import SettingError, told


@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_a_variable_that_is_not_set_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("TOCSIN_LOCATION", raising=False)
    if value is not None:
        monkeypatch.setenv("TOCSIN_LOCATION", value)

    with pytest.raises(SettingError, match="TOCSIN_LOCATION is not set"):
        told("TOCSIN_LOCATION")
    assert told("TOCSIN_LOCATION", "lima") == "lima"


def test_what_is_told_goes_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LOCATION", "mike")

    assert told("TOCSIN_LOCATION", "lima") == "mike"
