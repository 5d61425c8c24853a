"""Where the locations that disagree part."""

from dataclasses import replace

from tests.unit.messages.cases import (
    BEHIND_AT_ONE_SITE,
    DEGRADED,
    DOWN,
    ELSEWHERE,
    HALF_RENEWED,
    INTERCEPTED,
    LATE,
    MIXED,
    SLOW,
    fails,
    passes,
    subject,
)
from tocsin.domain.incident import Alert
from tocsin.domain.outcome import Layer, Reason
from tocsin.messages.differences import differences


def said(alert: Alert) -> list[str]:
    return [*differences(alert.subjects[0])]


def test_who_fails_at_a_lower_layer_is_told_from_who_gets_further() -> None:
    assert said(MIXED) == [
        (
            "They differ at the connect layer: eu-west-1 fails there; us-east-1 gets as far as the"
            " http layer; ap-southeast-1 passes."
        )
    ]


def test_who_fails_is_told_from_who_passes() -> None:
    assert said(DEGRADED) == [
        (
            "They differ at the connect layer: ap-southeast-1 fails there; us-east-1 and eu-west-1"
            " pass."
        )
    ]


def test_the_address_is_named_where_only_those_at_another_one_fail() -> None:
    assert said(ELSEWHERE)[0] == (
        "They differ at the dns layer: ap-southeast-1 reaches 198.51.100.9; us-east-1 and"
        " eu-west-1 reach 192.0.2.7."
    )


def test_addresses_that_pass_and_fail_alike_are_no_difference() -> None:
    votes = subject(fails("a"), passes("b"), replace(passes("c"), address="192.0.2.8"))

    assert [*differences(votes)] == [
        "They differ at the connect layer: a fails there; b and c pass."
    ]


def test_two_certificates_are_told_apart_also_where_nothing_fails() -> None:
    assert said(INTERCEPTED) == [
        (
            "They differ at the tls layer: us-east-1 and eu-west-1 see the certificate"
            " c3d4c3d4c3d4c3d4; ap-southeast-1 sees the certificate a1a1a1a1a1a1a1a1."
        )
    ]
    assert said(HALF_RENEWED) == [
        (
            "They differ at the tls layer: us-east-1 and eu-west-1 see the certificate"
            " b2b2b2b2b2b2b2b2; ap-southeast-1 sees the certificate a1a1a1a1a1a1a1a1."
        )
    ]


def test_the_servers_of_a_zone_are_many_and_their_addresses_no_difference() -> None:
    assert said(BEHIND_AT_ONE_SITE) == [
        (
            "They differ at the content layer: ap-southeast-1 fails there; us-east-1 and eu-west-1"
            " pass."
        )
    ]


def test_where_all_agree_nothing_is_said() -> None:
    assert said(DOWN) == []
    assert said(SLOW) == []
    assert said(LATE) == []


def test_a_vote_that_is_not_counted_makes_no_difference() -> None:
    stale = replace(passes("b"), counted=False)

    assert [*differences(subject(fails("a"), stale))] == []


def test_three_layers_are_told_in_their_order() -> None:
    votes = subject(
        fails("a", layer=Layer.CONTENT, reason=Reason.CONTENT_NOT_EXPECTED),
        fails("b", layer=Layer.DNS, reason=Reason.NXDOMAIN, address=None),
        fails("c", layer=Layer.CONTENT, reason=Reason.CONTENT_NOT_EXPECTED),
    )

    assert [*differences(votes)] == [
        "They differ at the dns layer: b fails there; a and c get as far as the content layer."
    ]
