"""What stands under the first sentence: since when, last good, where to look."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.messages.cases import (
    DEGRADED,
    DOWN,
    FOLDED,
    LATE,
    LINKS,
    MIXED,
    NOON,
    UNKNOWN,
    WARNED,
    fails,
    minutes,
    opened,
    recovered,
    reminded,
    subject,
)
from tocsin.domain.incident import Alert, Kind
from tocsin.messages.facts import facts
from tocsin.messages.links import NOWHERE, Links


def fact(alert: Alert, name: str) -> str | None:
    return dict(facts(alert, NOWHERE)).get(name)


@pytest.mark.parametrize(
    ("alert", "good"),
    [
        pytest.param(DOWN, "before 11:59 UTC", id="all began to fail at once"),
        pytest.param(
            MIXED,
            "before 11:57 UTC at eu-west-1, before 11:59 UTC at us-east-1",
            id="one after the other",
        ),
        pytest.param(FOLDED, "before 11:59 UTC", id="several monitors"),
        pytest.param(
            opened(Kind.DOWN, subject(fails("a", since=NOON - timedelta(days=1)))),
            "before 2025-12-31 12:00 UTC",
            id="another day",
        ),
        pytest.param(
            opened(
                Kind.DOWN, subject(*(fails(f"l{n}", since=NOON - minutes(9 - n)) for n in range(5)))
            ),
            "before 11:51 UTC at l0, later at others",
            id="very many, each at another time",
        ),
        pytest.param(LATE, None, id="a job: what it reported last is said already"),
        pytest.param(UNKNOWN, None, id="nobody knows"),
        pytest.param(WARNED, None, id="nothing fails"),
        pytest.param(recovered(DOWN), None, id="it is good now"),
    ],
)
def test_no_more_is_said_of_when_it_was_well_than_is_known(alert: Alert, good: str | None) -> None:
    assert fact(alert, "Last good") == good


def test_since_when_says_also_how_long_that_is() -> None:
    assert fact(DOWN, "Since") == "2026-01-01 12:00 UTC"
    assert fact(reminded(DOWN, after=minutes(95)), "Since") == "2026-01-01 10:25 UTC (1 h 35 min)"


def test_an_end_says_how_long_it_lasted() -> None:
    assert fact(recovered(DOWN), "Lasted") == "2026-01-01 12:00 to 12:12 UTC (12 min)"
    assert fact(recovered(DOWN), "Since") is None


def test_a_runbook_is_named_once_and_many_are_not_at_all() -> None:
    twice = replace(FOLDED, subjects=(*FOLDED.subjects, *FOLDED.subjects))
    many = opened(Kind.DOWN, *(subject(fails("a"), name=f"m{number}") for number in range(6)))

    assert [text for name, text in facts(twice, NOWHERE) if name == "Runbook"] == [
        "https://wiki.example.com/db",
        "https://wiki.example.com/mail",
        "https://wiki.example.com/web",
    ]
    assert fact(many, "Runbook") is None


@pytest.mark.parametrize(
    ("links", "found"),
    [
        (NOWHERE, []),
        (
            LINKS,
            [
                (
                    "Dashboard",
                    (
                        "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
                        "#dashboards/dashboard/Tocsin"
                    ),
                ),
                ("Status page", "https://status.example.com/"),
            ],
        ),
        (
            Links(partition="aws-us-gov", region="us-gov-west-1", dashboard="a b"),
            [
                (
                    "Dashboard",
                    (
                        "https://console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"
                        "#dashboards/dashboard/a%20b"
                    ),
                )
            ],
        ),
        (Links(partition="aws-of-the-future", region="x-1", dashboard="Tocsin"), []),
    ],
    ids=["a local stack", "a stack with both", "GovCloud", "a partition whose console is unknown"],
)
def test_a_stack_links_to_what_it_has(links: Links, found: list[tuple[str, str]]) -> None:
    shown = [each for each in facts(DEGRADED, links) if each[0] in {"Dashboard", "Status page"}]

    assert shown == found
