"""A thousand worlds of misfortune through the production code: every invariant holds in each."""

import pytest

from tests.simulation.seeds import Count, failures

SEEDS = 1000
BATCH = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_worlds_of_misfortune_break_no_invariant(first: int) -> None:
    count = Count()

    broken = failures(range(first, first + BATCH), count)

    assert not broken, "\n\n".join(map(str, broken))
    assert count.alerts > BATCH
    assert count.messages > BATCH
