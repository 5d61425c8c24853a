"""Which of several groups a fault belongs to."""

from tests.unit.domain.test_grouping import fault, groups


def test_a_fault_that_could_be_in_two_groups_is_in_the_larger() -> None:
    assert groups(
        fault("a", "a.example.com", None, "red"),
        fault("b", "b.example.com", None, "blue", "red"),
        fault("c", "c.example.com", None, "red"),
        fault("d", "d.example.com", None, "blue"),
    ) == {"a+b+c": "the tag red", "d": ""}
