"""Nobody is woken without a hint of what to do."""

import pytest

from tocsin.domain.outcome import Reason
from tocsin.messages.advice import ADVICE, ONE_SIDED, SILENT_LOCATIONS, SLOW, Advice


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)


@pytest.mark.parametrize("advice", [*ADVICE.values(), ONE_SIDED, SILENT_LOCATIONS, SLOW])
def test_advice_is_short_and_says_what_to_try(advice: Advice) -> None:
    assert advice.means.endswith(".")
    assert len(advice.means) <= 240
    assert 1 <= len(advice.tries) <= 3
    assert all(len(step) <= 120 and step[-1] in ".?" for step in advice.tries)
