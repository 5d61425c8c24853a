"""Commands to copy: those that help, and that a shell takes as they are meant."""

from dataclasses import replace

import pytest

from tests.unit.messages.cases import (
    BLIND,
    DARK,
    DOWN,
    FOLDED,
    LATE,
    UNKNOWN,
    deleted,
    recovered,
)
from tocsin.domain.incident import Alert
from tocsin.messages.commands import commands


@pytest.mark.parametrize(
    ("alert", "offered"),
    [
        pytest.param(
            DOWN,
            [
                "tocsin ack db-20260101T120000Z-2c7ee2",
                "tocsin silence db --for 2h",
                "tocsin show db",
                "tocsin check tcp://db.example.com:5432",
            ],
            id="a monitor",
        ),
        pytest.param(
            LATE,
            [
                "tocsin ack backup-20260101T120000Z-8d17b2",
                "tocsin silence backup --for 2h",
                "tocsin show backup",
                "tocsin heartbeat show backup",
            ],
            id="a job",
        ),
        pytest.param(
            UNKNOWN,
            [
                "tocsin ack db-20260101T120000Z-3f23f3",
                "tocsin silence db --for 2h",
                "tocsin show db",
            ],
            id="nobody sees it",
        ),
        pytest.param(
            FOLDED,
            [
                "tocsin ack db-20260101T120000Z-2c7ee2",
                "tocsin silence db mail web --for 2h",
                "tocsin status",
            ],
            id="some monitors",
        ),
        pytest.param(
            BLIND,
            ["tocsin ack api-20260101T120000Z-30a775", "tocsin status"],
            id="many monitors",
        ),
        pytest.param(
            DARK,
            ["tocsin ack eu-west-1-20260101T120000Z-ef1d77", "tocsin status"],
            id="a location",
        ),
        pytest.param(recovered(DOWN), ["tocsin show db"], id="it is over"),
        pytest.param(deleted(DOWN), [], id="it is no longer watched"),
        pytest.param(recovered(FOLDED), [], id="some are well again"),
    ],
)
def test_each_alert_offers_what_can_be_done(alert: Alert, offered: list[str]) -> None:
    assert [command for _, command in commands(alert)] == offered


def test_a_command_survives_a_shell() -> None:
    odd = replace(DOWN.subjects[0], monitor="a b", target="dns://a.example?type=MX&x=$(id)")

    offered = [command for _, command in commands(replace(DOWN, subjects=(odd,)))]

    assert "tocsin silence 'a b' --for 2h" in offered
    assert "tocsin check 'dns://a.example?type=MX&x=$(id)'" in offered
