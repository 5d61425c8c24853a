"""Services by name: what becomes of them, and what may be said of their TLS."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import pytest

from tests.unit.config.files import assert_refused, faults, tcp, watching
from tocsin.config import catalogue
from tocsin.config.security import Mode
from tocsin.domain.script import Send, Step
from tocsin.domain.target import Addresses, Family, TcpTarget, Tls, TlsVersion


def dialogue(name: str, mode: Mode) -> tuple[Step, ...]:
    return catalogue.services()[name].script(mode, "a.example.com")


def test_the_name_of_the_tls_rules_is_sent_in_place_of_the_host() -> None:
    found = tcp("{service: elasticsearch, host: 8.8.8.8, tls: {name: b.example.com}}")

    said = "".join(step.data for step in found.script if isinstance(step, Send))
    assert "Host: b.example.com" in said
    assert "8.8.8.8" not in said


@pytest.mark.parametrize(
    ("monitor", "target"),
    [
        pytest.param(
            "service: postgres",
            TcpTarget(
                host="a.example.com",
                port=5432,
                service="postgres",
                script=dialogue("postgres", Mode.PLAIN),
            ),
            id="as it is usual",
        ),
        pytest.param(
            "service: postgresql, port: 5433, tls: starttls, addresses: all, family: 4",
            TcpTarget(
                host="a.example.com",
                port=5433,
                service="postgres",
                script=dialogue("postgres", Mode.STARTTLS),
                tls=Tls(),
                family=Family.V4,
                addresses=Addresses.ALL,
            ),
            id="by another name, elsewhere, under TLS",
        ),
        pytest.param(
            "service: redis, tls: {mode: direct, name: r.example.com, minimum: '1.3', self_signed: true},"
            " expect: {certificate_days: {warn: 30, fail: 7}}",
            TcpTarget(
                host="a.example.com",
                port=6379,
                service="redis",
                script=dialogue("redis", Mode.DIRECT),
                tls=Tls(
                    name="r.example.com",
                    minimum=TlsVersion.V1_3,
                    self_signed=True,
                    warn_days=30,
                    fail_days=7,
                ),
            ),
            id="with rules for its certificate",
        ),
        pytest.param(
            "service: postgres, expect: {open: true}",
            TcpTarget(host="a.example.com", port=5432, service="postgres"),
            id="the port alone",
        ),
        pytest.param(
            "service: ldaps, expect: {open: true}",
            TcpTarget(host="a.example.com", port=636, service="ldaps"),
            id="the port alone of what is under TLS",
        ),
        pytest.param(
            "service: postgres, expect: {open: false}",
            TcpTarget(
                host="a.example.com",
                port=5432,
                service="postgres",
                script=dialogue("postgres", Mode.PLAIN),
            ),
            id="not the port alone",
        ),
    ],
)
def test_a_service_is_expanded_when_the_file_is_read(monitor: str, target: TcpTarget) -> None:
    assert tcp(f"{{host: A.example.com, {monitor}}}") == target


@pytest.mark.parametrize("name", list(catalogue.services()))
def test_every_service_can_be_watched_in_every_mode_that_it_has(name: str) -> None:
    for mode in catalogue.services()[name].modes:
        found = tcp(f"{{service: {name}, host: a.example.com, locations: [office], tls: {mode}}}")

        assert found.service == name
        assert (found.tls is None) is (mode is Mode.PLAIN)
        assert found.upgrades is (mode is Mode.STARTTLS)


def test_the_bare_host_of_an_ipv6_service_needs_no_brackets() -> None:
    bare, bracketed = (
        tcp(f"{{service: redis, host: '{host}'}}") for host in ("2606:4700::1", "[2606:4700::1]")
    )

    assert bare == bracketed
    assert str(bare) == "redis://[2606:4700::1]:6379"


def test_days_alone_are_days_to_fail_at() -> None:
    warning = tcp(
        "{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: {warn: 30}}}"
    )
    failing = tcp(
        "{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: 30}}"
    )

    assert warning.tls == Tls(warn_days=30)
    assert failing.tls == Tls(fail_days=30)


SMTP = "service: smtp, host: mail.example.com"


def test_port_25_is_open_to_agents() -> None:
    (closed,) = faults(watching(f"  m: {{{SMTP}}}"))

    assert closed.code == "port_25"
    assert tcp(f"{{{SMTP}, locations: [office]}}").port == 25


@pytest.mark.parametrize(
    ("monitor", "code", "mend"),
    [
        pytest.param("{service: »postgrs, host: a.example.com}", "unknown_service", "Write postgres", id="a misspelt service"),
        pytest.param("{service: »postgresq, host: a.example.com}", "unknown_service", "Write postgresql", id="a misspelt alias"),
        pytest.param("{service: »xyzzy-x, host: a.example.com}", "unknown_service", "`tocsin services`", id="a service like no other"),
        pytest.param("{service: »http, host: a.example.com}", "unknown_service", "Write", id="what is a kind of its own"),
        pytest.param("{»service: , host: a.example.com}", "wrong_type", "Write one value", id="no service"),
        pytest.param("{service: redis, host: »'a.example.com:6379'}", "bad_host", "`host: a.example.com` and `port: 6379`", id="a port in the host"),
        pytest.param("{service: redis, host: »'[2606:4700::1]:6379'}", "bad_host", "`host: 2606:4700::1` and `port: 6379`", id="the same with an address"),
        pytest.param("{service: redis, host: »127.1}", "bad_address", "Write 127.0.0.1", id="a short address"),
        pytest.param("{service: redis, host: »10.0.0.1}", "private_target", "from an agent", id="a private address"),
        pytest.param("{service: redis, host: a.example.com, port: »0}", "bad_port", "1 to 65535", id="port 0"),
        pytest.param("{service: smtp, host: »a.example.com}", "port_25", "from an agent", id="port 25 by default"),
        pytest.param("{service: redis, host: a.example.com, port: »25}", "port_25", "from an agent", id="port 25 by hand"),
        pytest.param("{service: redis, host: a.example.com, tls: »starttls}", "no_such_mode", "`tls: plain` or `tls: direct`", id="a mode that it has not"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: »starttls}}", "no_such_mode", "`tls: direct`", id="the same in a mapping"),
        pytest.param("{service: redis, host: a.example.com, tls: »strattls}", "bad_tls_mode", "Write starttls", id="a misspelt mode"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: »dirct}}", "bad_tls_mode", "Write direct", id="the same in a mapping, misspelt"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: direct, »nam: x}}", "unknown_key", "Write name", id="a misspelt rule"),
        pytest.param("{service: redis, host: a.example.com, tls: {»minimum: 1.3}}", "no_tls", "Add `mode: direct` to `tls`", id="rules for no TLS"),
        pytest.param("{service: redis, host: a.example.com, expect: {»certificate_days: 14}}", "no_tls", "Write `tls: direct`", id="days of no certificate"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: direct, name: »a b}}", "bad_host", "letters, digits", id="a name that is none"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: direct, minimum: »1.4}}", "bad_tls_version", "1.0, 1.1, 1.2 or 1.3", id="a version that is none"),
        pytest.param("{service: redis, host: a.example.com, tls: {mode: direct, self_signed: »yes}}", "bad_flag", "true or false", id="YAML 1.1's truth"),
        pytest.param("{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: »0}}", "bad_number", "from 1 to 3650", id="no day left"),
        pytest.param("{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: »{}}}", "bad_days", "{warn: 30, fail: 7}", id="no days at all"),
        pytest.param("{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: »{warn: 7, fail: 7}}}", "bad_days", "more days for `warn`", id="a warning that comes too late"),
        pytest.param("{service: redis, host: a.example.com, tls: direct, expect: {certificate_days: {»wran: 7}}}", "unknown_key", "Write warn", id="a misspelt warning"),
        pytest.param("{service: redis, host: a.example.com, »tls: direct, expect: {open: true}}", "two_expectations", "or `open`", id="TLS of a port alone"),
        pytest.param("{service: redis, host: a.example.com, expect: {open: true, »certificate_days: 5}}", "two_expectations", "or `open`", id="a certificate of a port alone"),
        pytest.param("{service: redis, host: a.example.com, expect: {open: »1}}", "bad_flag", "true or false", id="a number for the truth"),
        pytest.param("{service: redis, host: a.example.com, expect: {»banner: x}}", "unknown_key", "monitors of kind tcp", id="another kind's expectation"),
        pytest.param("{service: redis, host: a.example.com, expect: {»status: [200]}}", "unknown_key", "monitors of kind http", id="an expectation of HTTP"),
        pytest.param("{service: redis, host: a.example.com, expect: {»realm: x}}", "unknown_key", "one of open", id="nobody's expectation"),
        pytest.param("{service: redis, host: a.example.com, »ca: a.pem}", "unknown_key", "Move it into `tls: {ca: …}`", id="an authority beside the rules"),
        pytest.param("{service: »https, host: a.example.com}", "unknown_service", "Write `http:`", id="a kind for a service"),
        pytest.param("{service: redis, host: »'redis://a.example.com:1/0'}", "bad_host", "Write a.example.com", id="a URL for a host"),
        pytest.param("{service: redis, host: »''}", "bad_host", "Write a name or an address", id="an empty host"),
        pytest.param("{service: redis, host: a.example.com, »script: [starttls]}", "unknown_key", "Remove it", id="a script of its own"),
        pytest.param("{service: redis, host: a.example.com, »tcp: 'a.example.com:1'}", "two_kinds", "two monitors", id="two kinds"),
    ],
)  # fmt: skip
def test_a_wrong_service_is_refused_where_it_is_wrong(monitor: str, code: str, mend: str) -> None:
    assert_refused(monitor, code, mend)


def test_a_service_without_a_host_says_so() -> None:
    (fault,) = faults(watching("  m: {service: redis}"))

    assert (fault.code, fault.fix) == ("missing_key", "Add `host:` to it")
