"""Who follows the mend is done: it is what stands in the sentence, and the file has no fault."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import pytest

from tests.unit.config.files import faults, watching
from tocsin.config.fault import Fault

VALUES = [
    pytest.param("{dns: {name: %s}}", "'https://a.example.com/x'", "a.example.com", id="a URL for a name"),
    pytest.param("{dns: {name: %s}}", "bücher.example", "xn--bcher-kva.example", id="a name beyond ASCII"),
    pytest.param("{dns: {name: %s}}", "straße.example", "xn--strae-oqa.example", id="a letter that was two"),
    pytest.param("{dns: {name: %s, type: PTR}}", "192.0.2.1", "1.2.0.192.in-addr.arpa", id="an address for a name"),
    pytest.param("{dns: {name: a.example.com, type: %s}}", "cname", "CNAME", id="a type in small letters"),
    pytest.param("{dns: {name: a.example.com, class: %s}}", "CHAOS", "CH", id="a class by its long name"),
    pytest.param("{dns: {name: a.example.com}, expect: {rcode: %s}}", "nxdomain", "NXDOMAIN", id="a code in small letters"),
    pytest.param("{dns: {name: a.example.com}, expect: {count: %s}}", "1-4", "{min: 1, max: 4}", id="bounds as a range"),
    pytest.param("{dns: {name: a.example.com, type: MX}, expect: {equals: ['%s']}}", "mail.example.com.", "10 mail.example.com.", id="no preference"),
    pytest.param("{dns: {name: a.example.com, type: MX}, expect: {equals: ['%s']}}", "10 mail.example.com", "10 mail.example.com.", id="a relative name"),
    pytest.param("{dns: {name: a.example.com, type: CAA}, expect: {equals: ['%s']}}", "letsencrypt.org", '0 issue "letsencrypt.org"', id="an authority alone"),
    pytest.param("{dns: {name: a.example.com, type: SRV}, expect: {equals: ['%s']}}", "sip.example.com.", "10 10 5060 host.example.com.", id="a service without numbers"),
    pytest.param("{dns: {name: a.example.com, resolver: '%s'}}", "https://dns.example.com", "https://dns.example.com/dns-query", id="a resolver without a path"),
    pytest.param("{dns: {name: a.example.com, resolver: '%s'}}", "8.8.4", "8.8.0.4", id="a short address"),
    pytest.param("{dns: {name: a.example.com, resolver: 8.8.8.8}, expect: {ttl_at_least: %s}}", "300", "300s", id="a TTL without a unit"),
    pytest.param("{zone: %s}", "'https://example.com/'", "example.com", id="a URL for a zone"),
    pytest.param("{zone: example.com, records: [%s]}", "www.example.org A", "www.example.com A", id="a record of another zone"),
    pytest.param("{zone: example.com, records: %s}", "www A", "[www A]", id="a record for a list"),
    pytest.param("{zone: example.com, expect: {servers: %s}}", "most", "all", id="servers in words"),
    pytest.param("{resolver: '%s'}", "https:///q", "https://dns.example.com/dns-query", id="no host"),
    pytest.param("{heartbeat: %s}", "'0 3 * * *'", '{cron: "0 3 * * *"}', id="a line for a period"),
    pytest.param("{heartbeat: %s}", "'@daily'", '{cron: "0 0 * * *"}', id="a word for a period"),
    pytest.param("{heartbeat: {cron: %s}}", "0 0 3 * * *", '"0 3 * * *"', id="seconds"),
    pytest.param("{heartbeat: {cron: %s}}", "cron(*/5 * ? * 2 *)", '"*/5 * * * 1"', id="a line of AWS"),
    pytest.param("{heartbeat: {%s}}", "cron: '@every 5m'", "period: 5m", id="a line that is a period"),
    pytest.param("{heartbeat: {cron: 0 3 * * *, timezone: %s}}", "berlin", "Europe/Berlin", id="a city"),
    pytest.param("{heartbeat: {cron: 0 3 * * *, grace: 1h, timezone: %s}}", "UTC+1", "Europe/Berlin", id="an offset"),
    pytest.param("{heartbeat: {period: 1d, grace: %s}}", "0s", "5m", id="no grace"),
    pytest.param("{%s: 1d}", "job", "heartbeat", id="another word for a job"),
    pytest.param("{%s: example.com}", "domain", "zone", id="another word for a zone"),
    pytest.param("{%s: 8.8.8.8}", "nameserver", "resolver", id="another word for a resolver"),
    pytest.param("{dns: {name: a.example.com, %s: 8.8.8.8}}", "server", "resolver", id="another word within"),
    pytest.param("{heartbeat: 1d, alert: %s}", "page", "[page]", id="a route for a list"),
]  # fmt: skip
AGENTS = [
    pytest.param("{icmp: %s}", "'192.0.2.1:80'", "192.0.2.1", id="a port"),
    pytest.param("{icmp: %s}", "'https://a.example.com/'", "a.example.com", id="a URL"),
    pytest.param("{icmp: a.example.com, expect: {loss: %s}}", "25%", "25", id="a percent sign"),
    pytest.param("{icmp: a.example.com, expect: {rtt: %s}}", "200", "200ms", id="a time without a unit"),
    pytest.param("{%s: a.example.com}", "ping", "icmp", id="another word for it"),
]  # fmt: skip
KEYS = [
    pytest.param("{dns: {name: a.example.com}, resolver: 8.8.8.8}", "Move it into `dns: {resolver: …}`", "{dns: {name: a.example.com, resolver: 8.8.8.8}}", id="a key beside the question"),
    pytest.param("{zone: example.com, serial_lag: 5m}", "Move it into `expect: {serial_lag: …}`", "{zone: example.com, expect: {serial_lag: 5m}}", id="a key beside the expectations"),
    pytest.param("{cron: 0 3 * * *}", "Move it into `heartbeat: {cron: …}`", "{heartbeat: {cron: 0 3 * * *}}", id="a line for a job"),
    pytest.param("{resolver: 8.8.8.8, type: MX}", "Add `name:`", "{resolver: 8.8.8.8, type: MX, name: example.com}", id="a type of nothing"),
    pytest.param("{resolver: 8.8.8.8, expect: {bogus: a.example.com}}", "Add `validates: true`", "{resolver: 8.8.8.8, expect: {bogus: a.example.com, validates: true}}", id="a bogus name for nothing"),
    pytest.param("{heartbeat: {grace: 1h}}", "Add `period: 1d`", "{heartbeat: {grace: 1h, period: 1d}}", id="no period"),
    pytest.param("{zone: example.com, expect: {dnssec: off, signature_days: 3}}", "Write `dnssec: auto`", "{zone: example.com, expect: {dnssec: auto, signature_days: 3}}", id="days of nothing"),
    pytest.param("{dns: {name: a.example.com}, expect: {aa: true}}", "`dns: {…, resolver: address}`", "{dns: {name: a.example.com, resolver: 8.8.8.8}, expect: {aa: true}}", id="whose authority"),
    pytest.param("{service: icmp, host: a.example.com}", "Write `icmp:`", "{icmp: a.example.com, locations: [a, b, c]}", id="a kind for a service"),
    pytest.param("{icmp: a.example.com, locations: [eu, us, ap]}", "`locations: [a, b, c]`", "{icmp: a.example.com, locations: [a, b, c]}", id="a host from Lambda"),
    pytest.param("{tcp: 'mail.example.com:25'}", "`locations: [a, b, c]`", "{tcp: 'mail.example.com:25', locations: [a, b, c]}", id="port 25 from Lambda"),
]  # fmt: skip
WINDOWS = [
    pytest.param("{weekly: %s, for: 2h, all: true}", "2:00 sun", "sunday 02:00", id="a time before its day"),
    pytest.param("{%s, for: 2h, all: true}", "weekly: daily 2:30", 'cron: "30 2 * * *"', id="every day"),
    pytest.param("{from: %s, for: 2h, all: true}", "2026-12-01", "2026-12-01 00:00", id="a date alone"),
    pytest.param("{from: 2026-12-01 22:00, for: %s, all: true}", "90s", "1m", id="seconds"),
    pytest.param("{%s: 2026-12-01 22:00, for: 2h, all: true}", "start", "from", id="another word"),
    pytest.param("{weekly: sunday 02:00, for: 2h, timezone: %s, all: true}", "new york", "America/New_York", id="a city"),
    pytest.param("{weekly: sunday 02:00, for: 2h, %s}", "all: false", "all: true", id="about nothing"),
    pytest.param("{weekly: sunday 02:00, for: 2h, monitors: [%s]}", "former", "m", id="a former name"),
    pytest.param("%s", "sunday", "{weekly: sunday 02:00, for: 2h, all: true}", id="a word for a window"),
]  # fmt: skip
PLACES = "locations: {eu: , us: , ap: , a: {kind: agent}, b: {kind: agent}, c: {kind: agent}}\n"


@pytest.mark.parametrize(("monitor", "wrong", "right"), VALUES)
def test_what_is_to_be_written_is_right(monitor: str, wrong: str, right: str) -> None:
    (fault,) = faults(watching(f"  m: {monitor % wrong}"))

    assert right in fault.fix
    assert faults(watching(f"  m: {monitor % right}")) == ()


@pytest.mark.parametrize(("monitor", "wrong", "right"), AGENTS)
def test_what_is_to_be_written_for_agents_is_right(monitor: str, wrong: str, right: str) -> None:
    (fault,) = faults(f"{PLACES}monitors: {{m: {monitor % wrong}}}")

    assert right in fault.fix
    assert faults(f"{PLACES}monitors: {{m: {monitor % right}}}") == ()


@pytest.mark.parametrize(("wrong", "mend", "right"), KEYS)
def test_who_does_what_the_mend_says_is_done(wrong: str, mend: str, right: str) -> None:
    (fault,) = faults(f"{PLACES}monitors: {{m: {wrong}}}")

    assert mend in fault.fix
    assert faults(f"{PLACES}monitors: {{m: {right}}}") == ()


@pytest.mark.parametrize(("window", "wrong", "right"), WINDOWS)
def test_what_is_to_be_written_of_windows_is_right(window: str, wrong: str, right: str) -> None:
    def told(text: str) -> tuple[Fault, ...]:
        return faults(watching(f"  m: {{heartbeat: 1d, was: former}}\nmaintenance: [{text}]"))

    (fault,) = told(window % wrong)

    assert right in fault.fix
    assert told(window % right) == ()
