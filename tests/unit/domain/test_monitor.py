"""A monitor that means nothing cannot be built, and targets read as people write them."""

from datetime import timedelta

import pytest

from tests.fakes.make import monitor
from tocsin.domain.monitor import Monitor, Target, majority
from tocsin.domain.questions import DnsTarget
from tocsin.domain.target import HttpTarget, TcpTarget


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"need": 4}, "need <= locations", id="an unreachable quorum"),
        pytest.param({"need": 0}, "need <= locations", id="a quorum of nobody"),
        pytest.param({"locations": ("a", "a")}, "votes once", id="a location twice"),
        pytest.param({"interval": timedelta(seconds=30)}, "whole minutes", id="below a minute"),
        pytest.param(
            {"interval": timedelta(seconds=90)}, "whole minutes", id="a minute and a half"
        ),
    ],
)
def test_a_monitor_that_means_nothing_is_refused(
    changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        monitor(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{"timeout": timedelta()}, {"retries": -1}], ids=["no time", "negative re-checks"]
)
def test_a_check_needs_time_and_a_count(changes: dict[str, object]) -> None:
    target = TcpTarget(host="db.example.com", port=1)
    with pytest.raises(ValueError, match="timeout"):
        Monitor(id="db", target=target, locations=("a",), need=1, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (TcpTarget(host="db.example.com", port=5432), "tcp://db.example.com:5432"),
        (TcpTarget(host="2001:db8::7", port=22), "tcp://[2001:db8::7]:22"),
        (HttpTarget(url="https://example.com/x"), "https://example.com/x"),
        (DnsTarget(name="example.com", type="MX"), "dns://example.com?type=MX"),
        (
            DnsTarget(name="example.com", resolver="192.0.2.1"),
            "dns://example.com?type=A&resolver=192.0.2.1",
        ),
    ],
    ids=["tcp", "tcp over IPv6", "http", "dns", "dns at a named resolver"],
)
def test_a_target_reads_as_the_command_takes_it(target: Target, text: str) -> None:
    assert str(target) == text


@pytest.mark.parametrize(("voters", "need"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_the_majority_is_strict(voters: int, need: int) -> None:
    assert majority(voters) == need
