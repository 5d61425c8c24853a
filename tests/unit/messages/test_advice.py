"""Nobody is woken without a hint of what to do."""

import pytest

from tocsin.domain.outcome import Layer, Reason
from tocsin.messages.advice import (
    ADVICE,
    AT_LAYER,
    BLIND_LOCATION,
    ONE_SIDED,
    SILENT_LOCATIONS,
    SLOW,
    Advice,
    advised,
)


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)


@pytest.mark.parametrize(
    "advice",
    [
        *ADVICE.values(),
        *AT_LAYER.values(),
        BLIND_LOCATION,
        ONE_SIDED,
        SILENT_LOCATIONS,
        SLOW,
    ],
)
def test_advice_is_short_and_says_what_to_try(advice: Advice) -> None:
    assert advice.means.endswith(".")
    assert len(advice.means) <= 240
    assert 1 <= len(advice.tries) <= 3
    assert all(len(step) <= 120 and step[-1] in ".?" for step in advice.tries)


def test_a_reason_is_explained_as_it_is_at_its_layer() -> None:
    assert "TLS" in advised(Reason.TIMEOUT, Layer.TLS).means
    assert advised(Reason.TIMEOUT, Layer.PROTOCOL) is ADVICE[Reason.TIMEOUT]
    assert advised(Reason.LATE, None) is ADVICE[Reason.LATE]


def test_no_advice_is_of_another_layer_than_its_own() -> None:
    assert all(advised(reason, layer) is said for (layer, reason), said in AT_LAYER.items())
    assert all(said is not ADVICE[reason] for (_, reason), said in AT_LAYER.items())
