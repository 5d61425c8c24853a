"""A monitor that means nothing cannot be built, and targets read as people write them."""

from datetime import timedelta

import pytest

from tests.fakes.make import monitor
from tocsin.domain.monitor import Monitor, Route, Target, majority
from tocsin.domain.questions import DnsTarget
from tocsin.domain.target import HttpTarget, TcpTarget


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"need": 4}, "need <= locations, got 4 of 3", id="an unreachable quorum"),
        pytest.param({"need": 0}, "need <= locations, got 0 of 3", id="a quorum of nobody"),
        pytest.param({"locations": ("a", "a")}, "votes once", id="a location twice"),
        pytest.param({"interval": timedelta(seconds=30)}, "whole minutes", id="below a minute"),
        pytest.param({"interval": timedelta()}, "whole minutes", id="all the time"),
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


def test_a_monitor_is_as_the_guide_says_where_the_file_says_nothing() -> None:
    target = TcpTarget(host="db.example.com", port=1)
    bare = Monitor(id="db", target=target, locations=("a",), need=1)

    assert bare == Monitor(
        id="db",
        target=target,
        locations=("a",),
        need=1,
        interval=timedelta(minutes=1),
        timeout=timedelta(seconds=5),
        retries=2,
        fail_for=timedelta(),
        recover_for=timedelta(),
        routes=(Route.NOTICE,),
        changed_in=0,
    )


@pytest.mark.parametrize(
    "changes",
    [{"timeout": timedelta(microseconds=1)}, {"retries": 0}, {"interval": timedelta(minutes=1)}],
    ids=["hardly any time", "no re-checks", "every minute"],
)
def test_the_least_that_a_check_needs_is_enough(changes: dict[str, object]) -> None:
    target = TcpTarget(host="db.example.com", port=1)
    least = Monitor(id="db", target=target, locations=("a",), need=1, **changes)  # type: ignore[arg-type]

    assert all(getattr(least, name) == value for name, value in changes.items())


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
