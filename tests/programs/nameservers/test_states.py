"""`tocsin check zone://…`, `dns://…` and `resolver://…` in every state that they can tell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs.nameservers.page import PAGE, checked, entry, found, laid
from tests.programs.nameservers.states import CHAPTERS, State


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(state, id=f"{chapter.title.lower()}: {state.name}")
        for chapter in CHAPTERS
        for state in chapter.states
    ],
)
def test_each_state_is_told_in_its_own_words_which_are_those_of_the_page(
    make_folder: Callable[[], Path], state: State
) -> None:
    with laid(make_folder) as bed:
        finding = checked(bed, state)

        assert found(finding) == state.found, finding
        for part in state.says:
            assert part in finding.evidence
        assert entry(bed, state, finding) in PAGE.read_text("utf-8")
