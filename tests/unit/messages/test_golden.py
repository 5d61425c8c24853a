"""Every kind and event, on every route, as people agreed that it reads."""

import pytest

from tests.unit.messages.cases import CASES, GOLDEN, on_paper
from tocsin.domain.incident import Event, Kind


@pytest.mark.parametrize("name", CASES)
def test_an_alert_reads_as_agreed(name: str) -> None:
    assert on_paper(CASES[name]) == (GOLDEN / f"{name}.txt").read_text()


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


def test_every_kind_and_event_is_on_paper() -> None:
    shown = {(alert.kind, alert.event) for alert in CASES.values()}

    assert shown == {(kind, event) for kind in Kind for event in Event}
