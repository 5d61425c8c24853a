"""What is asked of DNS and expected of it where nothing is said, and how it reads."""

from datetime import timedelta

import pytest

from tocsin.domain.monitor import Target
from tocsin.domain.questions import (
    ALIASES,
    PAYLOAD,
    Dnssec,
    DnsTarget,
    ResolverTarget,
    ZoneTarget,
)
from tocsin.domain.target import Family, Kind


def test_a_name_must_have_addresses_where_nothing_else_is_said() -> None:
    assert DnsTarget(name="example.com.") == DnsTarget(
        name="example.com.",
        type="A",
        rdclass="IN",
        recursive=True,
        rcode="NOERROR",
        authoritative=False,
        authenticated=False,
        dnssec=False,
        kind=Kind.DNS,
    )


def test_an_answer_fits_into_a_packet_and_a_chain_of_aliases_ends() -> None:
    question = DnsTarget(name="example.com.")

    assert question.payload == PAYLOAD == 1232
    assert question.aliases == ALIASES == 8


def test_a_zone_may_lag_half_an_hour_and_is_as_signed_as_its_parent_says() -> None:
    assert ZoneTarget(zone="example.com.") == ZoneTarget(
        zone="example.com.",
        port=53,
        family=Family.ANY,
        serial_lag=timedelta(minutes=30),
        dnssec=Dnssec.AUTO,
        kind=Kind.ZONE,
    )


def test_a_resolver_must_know_the_root_and_need_not_validate() -> None:
    assert ResolverTarget(server="192.0.2.1") == ResolverTarget(
        server="192.0.2.1",
        name=".",
        type="NS",
        validates=False,
        bogus="dnssec-failed.org.",
        kind=Kind.RESOLVER,
    )


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            DnsTarget(name="version.bind.", type="TXT", rdclass="CH", resolver="192.0.2.1"),
            "dns://version.bind.?type=TXT&class=CH&resolver=192.0.2.1",
        ),
        (ZoneTarget(zone="example.com."), "zone://example.com."),
        (ResolverTarget(server="192.0.2.1"), "resolver://192.0.2.1"),
        (ResolverTarget(server="tls://dns.example:853"), "resolver+tls://dns.example:853"),
    ],
    ids=["another class", "a zone", "a resolver", "a resolver under TLS"],
)
def test_a_question_reads_as_the_command_takes_it(target: Target, text: str) -> None:
    assert str(target) == text
