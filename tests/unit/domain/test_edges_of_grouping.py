"""Which of several groups a fault belongs to, and what exactly counts as shared."""

from dataclasses import replace

import pytest

from tests.fakes.make import CERTIFICATE, monitor
from tests.unit.domain.test_grouping import fault, groups
from tocsin.domain.grouping import Fault
from tocsin.domain.monitor import Target
from tocsin.domain.outcome import Certificate, Layer, Reason, Vote
from tocsin.domain.questions import DnsTarget, ResolverTarget
from tocsin.domain.quorum import Ballot
from tocsin.domain.target import HttpTarget

OTHER = replace(CERTIFICATE, fingerprint="0" * 16)


def of(name: str, target: Target, *ballots: Ballot) -> Fault:
    _, seen = fault(name, "")
    return replace(monitor(name), target=target), replace(seen, ballots=ballots)


def failing(layer: Layer, certificate: Certificate | None = None) -> Ballot:
    return Ballot(
        location="lima",
        counted=True,
        vote=Vote.FAIL,
        layer=layer,
        reason=Reason.SILENT,
        certificate=certificate,
    )


def asked(name: str, resolver: str | None, *layers: Layer) -> Fault:
    target = DnsTarget(name=f"{name}.example.com", resolver=resolver)
    return of(name, target, *map(failing, layers))


@pytest.mark.parametrize(
    ("large", "small"), [("blue", "red"), ("red", "blue")], ids=["its name first", "its name last"]
)
def test_a_fault_that_could_be_in_two_groups_is_in_the_larger(large: str, small: str) -> None:
    assert groups(
        fault("a", "a.example.com", None, large),
        fault("b", "b.example.com", None, small, large),
        fault("c", "c.example.com", None, large),
        fault("d", "d.example.com", None, small),
    ) == {"a+b+c": f"the tag {large}", "d": ""}


def test_answers_that_fail_at_one_nameserver_are_one() -> None:
    resolver = of("c", ResolverTarget(server="ns.example.com"), failing(Layer.DNS))

    assert groups(
        asked("a", "ns.example.com", Layer.DNS),
        asked("b", "ns.example.com", Layer.CONTENT, Layer.DNS),
        resolver,
        asked("d", "other.example.com", Layer.DNS),
    ) == {"a+b+c": "the nameserver ns.example.com", "d": ""}


def test_a_nameserver_that_answers_something_else_is_not_what_they_share() -> None:
    assert groups(
        asked("a", "ns.example.com", Layer.CONTENT), asked("b", "ns.example.com", Layer.CONTENT)
    ) == {"a": "", "b": ""}


def test_the_systems_own_resolver_has_no_name_to_share() -> None:
    assert groups(asked("a", None, Layer.DNS), asked("b", None, Layer.DNS)) == {"a": "", "b": ""}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        pytest.param(
            failing(Layer.TLS, CERTIFICATE),
            failing(Layer.TLS, replace(CERTIFICATE, fingerprint="a1b2c3d4e5f60718" + "0" * 48)),
            {"a+b": "the certificate a1b2c3d4e5f60718"},
            id="the same, one of them shortened",
        ),
        pytest.param(
            failing(Layer.TLS, CERTIFICATE),
            failing(Layer.TLS, OTHER),
            {"a": "", "b": ""},
            id="another",
        ),
        pytest.param(
            failing(Layer.HTTP, CERTIFICATE),
            failing(Layer.HTTP, CERTIFICATE),
            {"a": "", "b": ""},
            id="the same, and it is not what fails",
        ),
        pytest.param(failing(Layer.TLS), failing(Layer.TLS), {"a": "", "b": ""}, id="none"),
    ],
)
def test_faults_share_a_certificate_where_that_is_what_fails(
    first: Ballot, second: Ballot, found: dict[str, str]
) -> None:
    faults = [
        of(name, HttpTarget(url=f"https://{name}.example.com/"), ballot)
        for name, ballot in (("a", first), ("b", second))
    ]

    assert groups(*faults) == found


def test_a_vote_that_does_not_count_shares_nothing() -> None:
    ballot = replace(failing(Layer.TLS, CERTIFICATE), address="192.0.2.7")
    old = replace(ballot, counted=False)
    faults = [
        of(name, HttpTarget(url=f"https://{name}.example.com"), each)
        for name, each in (("a", ballot), ("b", old))
    ]

    assert groups(*faults) == {"a": "", "b": ""}
