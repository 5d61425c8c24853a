"""The mutants fit the code as it is: each breaks exactly one place."""

import re

import pytest

from tests.simulation.mutants import ROOT, Mutant, mutants


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_one_place_of_the_code(mutant: Mutant) -> None:
    assert mutant.path(ROOT).read_text().count(mutant.before) == 1
    assert mutant.before != mutant.after
    if mutant.test:
        assert f"def {mutant.test}(" in code()


def test_the_page_of_invariants_names_every_mutant_and_tests_that_there_are() -> None:
    page = (ROOT / "docs" / "invariants.md").read_text()

    assert [each.name for each in mutants() if each.name not in page] == []
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in code()] == []


def code() -> str:
    folders = (ROOT / "tests" / "unit" / "domain", ROOT / "tests" / "simulation")
    return "".join(path.read_text() for each in folders for path in each.glob("test_*.py"))
