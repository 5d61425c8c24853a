"""Times, reasons and certificates in plain English."""

import pytest

from tests.unit.messages.cases import (
    NOON,
    certificate,
)
from tocsin.domain.outcome import Reason
from tocsin.domain.quorum import Delay
from tocsin.messages import words


def test_every_reason_has_a_short_name_in_ascii() -> None:
    assert set(words.REASONS) == set(Reason)
    assert all(name.isascii() and len(name) <= 32 for name in words.REASONS.values())
    assert len(set(words.REASONS.values())) == len(Reason)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (90, "90 days left"),
        (9.99, "9 days left"),
        (1, "1 day left"),
        (0.25, "6 h left"),
        (0, "expired"),
        (-3, "expired"),
    ],
)
def test_a_certificate_is_said_to_be_good_for_no_longer_than_it_is(days: float, said: str) -> None:
    assert words.left(certificate(days=days), NOON) == said


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (Delay(phase="connect", ms=310, limit_ms=200), "connect takes 310 ms, limit 200 ms"),
        (Delay(phase=None, ms=1740, limit_ms=500), "takes 1.7 s, limit 500 ms"),
        (Delay(phase=None, ms=200.4, limit_ms=200), "takes just over 200 ms, limit 200 ms"),
    ],
)
def test_it_is_said_what_is_slow_and_how_slow_it_may_be(delay: Delay, said: str) -> None:
    assert words.slow(delay) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0.031, "0.03 ms"), (0.2, "0.2 ms"), (9.96, "10.0 ms"), (12.6, "13 ms"), (1400.0, "1.4 s")],
)
def test_a_short_time_is_said_in_as_many_digits_as_matter(ms: float, said: str) -> None:
    assert words.milliseconds(ms) == said


@pytest.mark.parametrize(
    ("names", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_in_a_sentence(names: list[str], said: str) -> None:
    assert words.listed(names) == said
