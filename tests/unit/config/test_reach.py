"""Who checks what: locations of each kind, and what each of them can reach."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import pytest

from tests.unit.config.files import configured, faults, marked, only
from tocsin.config.configuration import Location, LocationKind
from tocsin.config.fault import Place, Severity
from tocsin.domain.target import Family, IcmpTarget

PUBLIC = "eu: , us: , ap: "
AGENTS = "office: {kind: agent}, warehouse: {kind: agent}, home: {kind: agent}"
NETWORK = "inside: {kind: vpc}"


def file(locations: str, monitor: str, defaults: str = "{}") -> str:
    return f"locations: {{{locations}}}\ndefaults: {defaults}\nmonitors:\n  m: {monitor}\n"


@pytest.mark.parametrize(
    ("locations", "monitor", "chosen"),
    [
        pytest.param(f"{PUBLIC}, {AGENTS}, {NETWORK}", "{tcp: 'a.example.com:1'}", ("eu", "us", "ap"), id="a port, from the internet"),
        pytest.param(f"{PUBLIC}, {AGENTS}, {NETWORK}", "{zone: example.com}", ("eu", "us", "ap"), id="a zone, from the internet"),
        pytest.param(f"{PUBLIC}, {AGENTS}, {NETWORK}", "{icmp: a.example.com}", ("office", "warehouse", "home"), id="a host, from agents"),
        pytest.param(AGENTS, "{icmp: a.example.com}", ("office", "warehouse", "home"), id="a host, where there are agents only"),
        pytest.param(AGENTS, "{tcp: 'a.example.com:1'}", ("office", "warehouse", "home"), id="a port, where there are agents only"),
        pytest.param("in1: {kind: vpc}, in2: {kind: vpc}", "{tcp: '10.0.0.1:1'}", ("in1", "in2"), id="a port, where there are networks only"),
        pytest.param(f"{AGENTS}, {NETWORK}", "{tcp: '10.0.0.1:1'}", ("office", "warehouse", "home", "inside"), id="a port, from all that there is"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{tcp: 'a.example.com:1', locations: [eu, office]}", ("eu", "office"), id="a port, from whence one says"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{icmp: a.example.com, locations: [home, office]}", ("home", "office"), id="a host, from whence one says"),
    ],
)  # fmt: skip
def test_by_default_a_monitor_is_checked_where_it_can_be(
    locations: str, monitor: str, chosen: tuple[str, ...]
) -> None:
    text = file(locations, monitor)

    assert faults(text) == ()
    assert configured(text).monitors[0].locations == chosen


@pytest.mark.parametrize(
    ("locations", "monitor"),
    [
        pytest.param(AGENTS, "{tcp: '10.0.0.1:25'}", id="port 25 from agents"),
        pytest.param("in1: {kind: vpc}, in2: {kind: vpc}", "{tcp: 'mail.example.com:25'}", id="port 25 from networks"),
        pytest.param(AGENTS, "{icmp: 127.0.0.1}", id="oneself, from agents"),
        pytest.param(AGENTS, "{resolver: 10.0.0.2}", id="a private resolver, from agents"),
        pytest.param("in1: {kind: vpc}, in2: {kind: vpc}", "{zone: corp.example.com, parents: [10.0.0.2]}", id="a private zone, from networks"),
        pytest.param(PUBLIC, "{resolver: '8.8.8.8:25'}", id="a resolver at port 25"),
        pytest.param(PUBLIC, "{zone: example.com, port: 25}", id="a zone at port 25"),
        pytest.param(PUBLIC, "{service: smtp, host: mail.example.com, port: 2525}", id="mail at another port"),
    ],
)  # fmt: skip
def test_what_a_location_can_reach_is_no_fault(locations: str, monitor: str) -> None:
    assert faults(file(locations, monitor)) == ()


@pytest.mark.parametrize(
    ("locations", "monitor", "code", "mend"),
    [
        pytest.param(PUBLIC, "{icmp: »a.example.com}", "icmp_from_lambda", "add `office: {kind: agent}` to `locations`", id="a host, and no agent"),
        pytest.param(NETWORK + ", in2: {kind: vpc}", "{icmp: »10.0.0.1}", "icmp_from_lambda", "add `office: {kind: agent}`", id="a host, from networks"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{icmp: »a.example.com, locations: [eu, office]}", "icmp_from_lambda", "`locations: [office, warehouse, home]`", id="a host, from the internet too"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{tcp: »'10.0.0.1:1'}", "private_target", "`locations: [office, warehouse, home]`", id="a private address, and agents"),
        pytest.param(f"{PUBLIC}, {NETWORK}", "{tcp: »'10.0.0.1:1'}", "private_target", "from that network: `locations: [inside]`", id="a private address, and a network"),
        pytest.param(f"{PUBLIC}, {NETWORK}", "{service: redis, host: »'[fd00::1]'}", "private_target", "`locations: [inside]`", id="a private service, and a network"),
        pytest.param(PUBLIC, "{tcp: »'10.0.0.1:1'}", "private_target", "add `office: {kind: agent}`", id="a private address, and nothing"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{dns: {name: a, resolver: »'tls://10.0.0.2'}}", "private_target", "`locations: [office", id="a private resolver"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{tcp: »'10.0.0.1:1', locations: [eu, office]}", "private_target", "`locations: [office", id="a private address, from the internet too"),
        pytest.param(f"{PUBLIC}, {AGENTS}", "{tcp: »'mail.example.com:25'}", "port_25", "`locations: [office", id="port 25, and agents"),
        pytest.param(PUBLIC, "{service: smtp, host: »mail.example.com}", "port_25", "add `office: {kind: agent}`", id="mail, and no agent"),
        pytest.param(PUBLIC, "{service: redis, host: mail.example.com, port: »25}", "port_25", "add `office: {kind: agent}`", id="port 25 of another service"),
        pytest.param("eu: {kind: »vcp}, us: , ap: ", "{tcp: 'a.example.com:1'}", "bad_location_kind", "lambda, agent or vpc", id="a misspelt kind"),
        pytest.param("eu: {kind: »edge}, us: , ap: ", "{tcp: 'a.example.com:1'}", "bad_location_kind", "lambda, agent or vpc", id="a kind that is none"),
        pytest.param("eu: , us: , ap: , office: {kind: »agnet}", "{icmp: a.example.com}", "bad_location_kind", "Write agent", id="a misspelt kind of an agent that is needed"),
        pytest.param("eu: , us: , ap: , office: »agent", "{tcp: 'a.example.com:1'}", "wrong_type", "Write `office: {kind: agent}`", id="a kind for a location"),
        pytest.param("eu: , us: , ap: {»kid: agent}", "{tcp: 'a.example.com:1'}", "unknown_key", "Write kind", id="a misspelt key"),
        pytest.param(AGENTS, "{icmp: »'a.example.com:80'}", "bad_host", "Write `a.example.com`", id="a port of a host"),
        pytest.param(AGENTS, "{icmp: »'[2001:db8::1]:80'}", "bad_host", "Write `2001:db8::1`", id="a port of an address"),
        pytest.param(AGENTS, "{icmp: »'https://a.example.com/'}", "bad_host", "Write a.example.com", id="a URL for a host"),
        pytest.param(AGENTS, "{icmp: »bücher.example}", "bad_host", "xn--bcher-kva.example", id="a host beyond ASCII"),
        pytest.param(AGENTS, "{icmp: »'fe80::1%eth0'}", "bad_address", "Remove `%`", id="an address of one machine"),
        pytest.param(AGENTS, "{»icmp: }", "wrong_type", "Write one value", id="no host"),
        pytest.param(AGENTS, "{icmp: a.example.com, count: »0}", "bad_number", "from 1 to 20", id="no request"),
        pytest.param(AGENTS, "{icmp: a.example.com, count: »21}", "bad_number", "from 1 to 20", id="a flood"),
        pytest.param(AGENTS, "{icmp: a.example.com, family: »ipv4}", "bad_family", "any, 4 or 6", id="a family in words"),
        pytest.param(AGENTS, "{icmp: a.example.com, expect: {loss: »25%}}", "bad_number", "Write 25", id="a percent sign"),
        pytest.param(AGENTS, "{icmp: a.example.com, expect: {loss: »100}}", "bad_number", "from 0 to 99", id="all may be lost"),
        pytest.param(AGENTS, "{icmp: a.example.com, expect: {loss: »0.5}}", "bad_number", "in digits", id="half a percent"),
        pytest.param(AGENTS, "{icmp: a.example.com, expect: {rtt: »200}}", "bad_duration", "200ms or 200s", id="a time without a unit"),
        pytest.param(AGENTS, "{icmp: a.example.com, expect: {rtt: »0ms}}", "bad_duration", "more than 0s", id="a time that is none"),
        pytest.param(AGENTS, "{icmp: a.example.com, »loss: 5}", "unknown_key", "`expect: {loss: …}`", id="an expectation beside the host"),
        pytest.param(AGENTS, "{icmp: a.example.com, »port: 5}", "unknown_key", "Remove it", id="another kind's key"),
        pytest.param(AGENTS, "{»ping: a.example.com}", "unknown_key", "Write icmp", id="the other word"),
    ],
)  # fmt: skip
def test_what_no_location_can_reach_is_refused_where_it_is_said(
    locations: str, monitor: str, code: str, mend: str
) -> None:
    text = marked(file(locations, monitor))

    errors = [fault for fault in faults(text.text) if fault.severity is Severity.ERROR]

    assert [(e.code, Place(e.line, e.column)) for e in errors] == [(code, *text.places)]
    assert mend in errors[0].fix


def test_locations_that_the_defaults_name_are_no_more_able() -> None:
    text = file(f"{PUBLIC}, {AGENTS}", "{icmp: a.example.com}", "{locations: [eu, us, ap]}")

    (fault,) = faults(text)

    assert fault.code == "icmp_from_lambda"
    assert "eu, us and ap" in fault.message
    assert "`locations: [office, warehouse, home]`" in fault.fix


def test_one_agent_alone_is_a_warning_that_asks_for_agents() -> None:
    (fault,) = faults(file(f"{PUBLIC}, office: {{kind: agent}}", "{icmp: a.example.com}"))

    assert (fault.code, fault.severity) == ("lonely_quorum", Severity.WARNING)
    assert "three agents" in fault.fix


def test_who_votes_is_not_counted_where_a_location_may_be_anything() -> None:
    text = file("eu: , office: {kind: agnet}", "{icmp: a.example.com}")

    assert [fault.code for fault in faults(text)] == ["bad_location_kind"]


def test_a_round_trip_over_the_timeout_is_a_warning() -> None:
    text = marked(file(AGENTS, "{icmp: a.example.com, timeout: 2s, expect: {rtt: »2s}}"))

    (fault,) = faults(text.text)

    assert (fault.code, fault.severity) == ("never_slow", Severity.WARNING)
    assert Place(fault.line, fault.column) == text.places[0]


def test_a_host_is_what_the_file_says() -> None:
    target = only(
        "{icmp: '[2001:DB8::0:1]', count: 20, family: 6, locations: [office],"
        " expect: {loss: 0, rtt: 200ms}}"
    ).target

    assert isinstance(target, IcmpTarget)
    assert (target.host, target.count, target.family) == ("2001:db8::1", 20, Family.V6)
    assert (target.loss, target.rtt and target.rtt.total_seconds()) == (0, 0.2)


def test_a_location_is_what_the_file_says() -> None:
    found = configured(file(f"eu: , office: {{kind: agent}}, {NETWORK}", "{heartbeat: 1d}"))

    assert found.locations == (
        Location(name="eu"),
        Location(name="office", kind=LocationKind.AGENT),
        Location(name="inside", kind=LocationKind.VPC),
    )
