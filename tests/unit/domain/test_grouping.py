"""Faults that begin together and share something are one alert; each is in exactly one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import FAIL, PASS, monitor
from tests.unit.domain.history import Life
from tocsin.domain.grouping import grouped
from tocsin.domain.incident import Event, Subject
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.quorum import Ballot
from tocsin.domain.target import HttpTarget, TcpTarget


def on(name: str, host: str, *tags: str) -> Monitor:
    return replace(monitor(name), target=TcpTarget(host=host, port=1), tags=tags)


def fault(name: str, host: str, address: str | None = None, *tags: str) -> tuple[Monitor, Subject]:
    ballot = Ballot(location="lima", counted=True, vote=Vote.FAIL, address=address)
    subject = Subject(monitor=name, target=host, need=1, ballots=(ballot,))
    return on(name, host, *tags), subject


def groups(*faults: tuple[Monitor, Subject]) -> dict[str, str]:
    return {
        "+".join(monitor.id for monitor, _ in group.faults): group.shared
        for group in grouped(faults)
    }


def test_faults_at_one_address_are_one() -> None:
    assert groups(
        fault("a", "a.example.com", "192.0.2.7"),
        fault("b", "b.example.com", "192.0.2.7"),
        fault("c", "c.example.com", "192.0.2.8"),
    ) == {"a+b": "the address 192.0.2.7", "c": ""}


def test_faults_at_one_host_are_one() -> None:
    web = replace(monitor("web"), target=HttpTarget(url="https://a.example.com/x"))
    (_, seen) = fault("web", "a.example.com")

    assert groups(fault("ssh", "a.example.com"), (web, seen)) == {
        "ssh+web": "the host a.example.com"
    }


def test_an_address_explains_more_than_a_tag() -> None:
    assert groups(
        fault("a", "a.example.com", "192.0.2.7", "shop"),
        fault("b", "b.example.com", "192.0.2.7"),
        fault("c", "c.example.com", None, "shop"),
    ) == {"a+b": "the address 192.0.2.7", "c": ""}


def test_faults_of_one_tag_are_one() -> None:
    assert groups(
        fault("a", "a.example.com", None, "shop"), fault("b", "b.example.com", None, "shop")
    ) == {"a+b": "the tag shop"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["h1", "h2", "h3"]),
            st.sampled_from([None, "192.0.2.1", "192.0.2.2"]),
            st.sampled_from(["", "red", "blue"]),
        ),
        max_size=12,
    )
)
def test_no_fault_is_lost_or_told_twice(rows: list[tuple[str, str | None, str]]) -> None:
    faults = [
        fault(f"m{n}", host, address, *filter(None, [tag]))
        for n, (host, address, tag) in enumerate(rows)
    ]

    found = [monitor.id for group in grouped(faults) for monitor, _ in group.faults]

    assert sorted(found) == sorted(monitor.id for monitor, _ in faults)


def test_what_fell_together_is_told_once_and_ends_once_all_are_well() -> None:
    life = Life.of(on("a", "one.example.com"), on("b", "one.example.com"), on("c", "c.example.com"))

    life.live().live(2, down={"a", "b", "c"})
    assert sorted(life.told(Event.OPENED)) == ["a+b", "c"]
    life.live(2, down={"b"})
    assert life.told(Event.RESOLVED) == ["c"]
    life.live(1)
    assert life.told(Event.RESOLVED) == ["c", "a+b"]


def test_what_falls_later_is_an_alert_of_its_own() -> None:
    life = Life.of(on("a", "one.example.com"), on("b", "one.example.com"))

    life.live(down={"a"}).live(down={"a", "b"})

    assert life.told(Event.OPENED) == ["a", "b"]


def test_a_passing_address_is_not_shared() -> None:
    ballot = Ballot(location="lima", counted=True, vote=PASS.vote, address="192.0.2.7")
    both = [fault("a", "a.example.com"), fault("b", "b.example.com")]
    seen = [(m, replace(s, ballots=(ballot,))) for m, s in both]

    assert groups(*seen) == {"a": "", "b": ""}
    assert FAIL.vote is Vote.FAIL
