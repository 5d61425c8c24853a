"""`tocsin check icmp://…` in every state that it can tell."""

import pytest

from tests.programs.pings.page import PAGE, checked, entry, found
from tests.programs.pings.states import CHAPTERS, State


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(state, id=f"{chapter.title.lower()}: {state.name}")
        for chapter in CHAPTERS
        for state in chapter.states
    ],
)
def test_each_state_is_told_in_its_own_words_which_are_those_of_the_page(state: State) -> None:
    finding = checked(state)

    assert found(finding) == state.found, finding
    assert state.says in finding.evidence
    assert entry(state, finding) in PAGE.read_text("utf-8")


def test_the_page_has_no_states_but_these() -> None:
    names = [state.name for chapter in CHAPTERS for state in chapter.states]

    assert PAGE.read_text("utf-8").count("\n> ") == len(names)
