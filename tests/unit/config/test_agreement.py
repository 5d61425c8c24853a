"""What is accepted here is understood by the checks."""

import re
import ssl

import trustme
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.checks import nameserver
from tocsin.checks import url as dialled
from tocsin.checks.dnssec import anchors
from tocsin.checks.pattern import Pattern
from tocsin.config import address, bytestrings, catalogue, questions, requests, servers, values
from tocsin.config.certificates import certificates
from tocsin.config.fault import MistakeError
from tocsin.domain.script import Expect, wire


@given(st.text("htps:/.[]@%?#=&ab01:-_~ü ", max_size=30).map("https://".__add__))
@example("http://[2001:db8::1]:8080/a?b=c")
@example("https://a.example.com:443?x=1")
@example("https://@a.example.com/")
def test_every_url_that_is_accepted_can_be_dialled(text: str) -> None:
    try:
        accepted = requests.url(text)
    except MistakeError:
        return

    host, port = requests.host_and_port(accepted)
    parts = dialled.parse(accepted)

    assert parts.port == port
    assert address.host(parts.host) == host


@given(st.text("ab()[]*+?.^$|\\{}é-ÿĀ0123", max_size=12))
def test_every_pattern_that_is_accepted_can_be_matched(text: str) -> None:
    try:
        accepted = values.pattern(text)
    except MistakeError:
        return

    Pattern(accepted)
    Pattern(accepted.encode().decode("latin-1"))


def test_every_type_that_is_accepted_can_be_asked() -> None:
    assert all(RdataType.make(name) for name in questions.TYPES)


@given(
    st.sampled_from(["", "tcp://", "tls://", "https://", "TLS://"]),
    st.sampled_from(["8.8.8.8", "::1", "[2001:DB8::1]", "dns.Example.com", "a.", "x_y", "[a]", ""]),
    st.sampled_from(["", ":53", ":0", ":65535", ":65536", ":x", ":"]),
    st.sampled_from(["", "/", "/dns-query", "/a/b", "/a?b", "/%2f"]),
)
def test_every_server_that_is_accepted_is_the_one_that_is_asked(
    scheme: str, host: str, port: str, path: str
) -> None:
    try:
        accepted = servers.server(f"{scheme}{host}{port}{path}")
    except MistakeError:
        return

    asked = nameserver.parse(accepted)
    read = servers.parsed(accepted)

    assert (asked.address, asked.port) == read.endpoint
    assert asked.path == read.path
    assert str(asked.transport) == read.transport.replace("plain", "udp")


def test_every_class_and_code_that_is_accepted_can_be_asked_for() -> None:
    assert all(RdataClass.make(name) for name in questions.CLASSES)
    assert {Rcode.to_text(Rcode.from_text(name)) for name in questions.RCODES} == {
        *questions.RCODES
    }


def test_every_anchor_that_is_accepted_can_be_trusted() -> None:
    accepted = questions.anchor(f"Example.COM. 3600 IN DS 65535 13 4 {'0A' * 48}")

    assert anchors((accepted,))


def test_every_json_path_that_is_accepted_is_made_of_the_steps_that_are_taken() -> None:
    steps = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]")

    for path in ("$", "$.a", "$.a-b._c[0][12].d"):
        assert steps.sub("", values.json_path(path)) == "$"


@given(st.text("ab()[]*+?.^$|\\{}é-ÿĀ0123<>P:", max_size=12))
def test_every_expression_of_a_script_that_is_accepted_can_be_matched(text: str) -> None:
    try:
        accepted = bytestrings.expression(text)
    except MistakeError:
        return

    Pattern(wire(accepted))


def test_every_pattern_of_the_table_of_services_can_be_matched() -> None:
    expected = [
        step
        for service in catalogue.services().values()
        for mode in service.modes
        for step in service.script(mode, "a.example.com")
        if isinstance(step, Expect)
    ]

    assert expected
    for step in expected:
        for expression in (step.pattern, step.declines, step.wrong):
            Pattern(expression or "")


def test_every_authority_that_is_accepted_can_be_trusted() -> None:
    pem = "".join(trustme.CA().cert_pem.bytes().decode() for _ in range(2))

    context = ssl.create_default_context(cadata=certificates(pem, "it"))

    assert len(context.get_ca_certs()) == 2
