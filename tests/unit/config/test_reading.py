"""What a sound file means."""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.files import configured, faults, only, watching
from tocsin.checks.attempt import Phase
from tocsin.config.configuration import Location, LocationKind
from tocsin.config.reader import SIZE_LIMIT, parse, read
from tocsin.config.slowness import Slowness
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.questions import DnsTarget
from tocsin.domain.script import greeting
from tocsin.domain.target import Addresses, Family, HttpTarget, TcpTarget, Tls, TlsVersion

ROOT = Path(__file__).parents[3]
WORDS = st.sampled_from(
    [
        *("locations", "monitors", "defaults", "lambda", "agent", "kind", "tcp", "http", "dns"),
        *("expect", "banner", "status", "text", "pattern", "json", "name", "type", "resolver"),
        *("rcode", "equals", "contains", "interval", "timeout", "retries", "quorum", "for"),
        *("recover_for", "slow", "alert", "page", "runbook", "tags", "family", "method", "body"),
        *("headers", "redirects", "eu", "us", "any", "1", "5s", "30s", "1m", "010", "~", "{}"),
        *("a.example.com:1", "10.0.0.1:25", "https://a.example.com/", "MX", "[]", "$.a", "<<"),
        *("${ssm:/tocsin/a}", "[key]", "icmp", "service", "postgres", "host", "port", "tls"),
        *("script", "send", "regex", "hex", "starttls", "direct", "mode", "ca", "self_signed"),
        *("minimum", "certificate_days", "warn", "fail", "open", "true", "addresses", "all"),
        *("basic", "bearer", "user", "password", "limit", "without", "total", "connect", "00"),
        *("${host}", "-----BEGIN", "declines", "wrong", "1.3", "14"),
        *("zone", "parents", "records", "www A", "@ MX", "example.com", "serial_lag", "dnssec"),
        *("valid", "auto", "off", "signature_days", "servers", "rcode", "NXDOMAIN", "one_of"),
        *("none_of", "count", "min", "max", "matches", "(a+)+$", "ttl_at_least", "aa", "anchors"),
        *("aliases", "class", "CH", "edns", "recursive", "absent", "validates", "bogus", "loss"),
        *("rtt", "heartbeat", "period", "cron", "0 3 * * *", "timezone", "Europe/Berlin", "grace"),
        *("maintenance", "from", "until", "weekly", "sunday 02:00", "2026-12-01 22:00", "false"),
        *("depends_on", "was", "m", "7d", "2027-03-28 02:30"),
        *("run_time", "1d", "vpc", "tls://8.8.8.8", "10 mail.example.com.", ".", "*.a", "ü.de"),
    ]
)
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)


def written(tree: object) -> str:
    """Write a tree in YAML's flow style, with words as they are."""
    match tree:
        case dict():
            return "{" + ", ".join(f'"{k}": {written(v)}' for k, v in tree.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, tree)) + "]"
        case str() if tree in {"{}", "[]", "~"}:
            return tree
        case _:
            return f'"{tree}"'


def test_a_monitor_has_what_the_defaults_give_unless_it_says_otherwise() -> None:
    file = """\
locations: {eu: , us: {}, office: {kind: agent}}
defaults: {interval: 5m, timeout: 3s, retries: 0, quorum: all, for: 1m, alert: [chat]}
monitors:
  a: {tcp: "a.example.com:1"}
  b:
    tcp: "b.example.com:1"
    interval: 1h
    timeout: 2s
    retries: 3
    quorum: any
    for: 0s
    recover_for: 2m
    slow: 500ms
    alert: [page, notice]
    locations: [eu, office]
    runbook: https://wiki.example.com/b
    tags: [blue]
"""

    found = configured(file)

    assert found.locations == (
        Location(name="eu"),
        Location(name="us"),
        Location(name="office", kind=LocationKind.AGENT),
    )
    assert found.monitors == (
        Monitor(
            id="a",
            target=TcpTarget(host="a.example.com", port=1),
            locations=("eu", "us"),
            need=2,
            interval=timedelta(minutes=5),
            timeout=timedelta(seconds=3),
            retries=0,
            fail_for=timedelta(minutes=1),
            routes=(Route.CHAT,),
        ),
        Monitor(
            id="b",
            target=TcpTarget(host="b.example.com", port=1),
            locations=("eu", "office"),
            need=1,
            interval=timedelta(hours=1),
            timeout=timedelta(seconds=2),
            retries=3,
            recover_for=timedelta(minutes=2),
            slow=timedelta(milliseconds=500),
            routes=(Route.PAGE, Route.NOTICE),
            runbook="https://wiki.example.com/b",
            tags=("blue",),
        ),
    )


@pytest.mark.parametrize(
    ("monitor", "target"),
    [
        pytest.param(
            "{tcp: 'DB.example.com:5432', family: 4, expect: {banner: '^SSH-2\\.0-'}}",
            TcpTarget(
                host="db.example.com", port=5432, script=greeting(r"^SSH-2\.0-"), family=Family.V4
            ),
            id="a port with a banner",
        ),
        pytest.param(
            "{tcp: '[2606:4700::0001]:443', family: 6}",
            TcpTarget(host="2606:4700::1", port=443, family=Family.V6),
            id="an IPv6 address",
        ),
        pytest.param(
            """{http: "https://a.example.com/x?t=${ssm:/tocsin/t}", method: POST,
                body: "a=1", redirects: 3, headers: {Accept: text/plain,
                Authorization: "Bearer ${ssm:/tocsin/key}"},
                expect: {status: [200, "300-399"], text: ok, pattern: "o.",
                         json: {$.db: ok, "$.a[0].b": true, $.none: ~}}}""",
            HttpTarget(
                url="https://a.example.com/x?t=${ssm:/tocsin/t}",
                method="POST",
                headers=(("Accept", "text/plain"), ("Authorization", "Bearer ${ssm:/tocsin/key}")),
                body="a=1",
                status=((200, 200), (300, 399)),
                text="ok",
                pattern="o.",
                json=(("$.db", "ok"), ("$.a[0].b", "true"), ("$.none", "null")),
                redirects=3,
            ),
            id="a request with everything",
        ),
        pytest.param(
            """{http: "https://192.0.2.10/x", locations: [office, eu, us], addresses: all,
                host: "API.example.com:8443", limit: 256KiB,
                tls: {name: api.example.com, minimum: 1.3, self_signed: true},
                basic: {user: monitor, password: "${ssm:/tocsin/api}"},
                expect: {headers: {Content-Type: "^text/", X-Debug: ~}, without: error,
                         certificate_days: {warn: 30, fail: 7}}}""",
            HttpTarget(
                url="https://192.0.2.10/x",
                host="api.example.com:8443",
                basic=("monitor", "${ssm:/tocsin/api}"),
                header_rules=(("Content-Type", "^text/"), ("X-Debug", None)),
                without="error",
                limit=256 * 1024,
                tls=Tls(
                    name="api.example.com",
                    self_signed=True,
                    minimum=TlsVersion.V1_3,
                    warn_days=30,
                    fail_days=7,
                ),
                addresses=Addresses.ALL,
            ),
            id="another name than the address",
        ),
        pytest.param(
            """{http: "https://a.example.com/", bearer: "${ssm:/tocsin/token}",
                expect: {certificate_days: 14}}""",
            HttpTarget(
                url="https://a.example.com/",
                headers=(("Authorization", "Bearer ${ssm:/tocsin/token}"),),
                tls=Tls(fail_days=14),
            ),
            id="a token",
        ),
        pytest.param(
            "{dns: {name: _dmarc.Example.com, type: TXT}, expect: {equals: []}}",
            DnsTarget(name="_dmarc.example.com", type="TXT", equals=()),
            id="no record at all",
        ),
        pytest.param(
            "{dns: {name: a.example.com, type: AAAA, resolver: '8.8.8.8:53'},"
            " expect: {contains: ['2001:DB8::0:1']}}",
            DnsTarget(
                name="a.example.com", type="AAAA", resolver="8.8.8.8:53", contains=("2001:db8::1",)
            ),
            id="a record in its canonical form",
        ),
        pytest.param(
            "{dns: {name: a.example.com, resolver: '2606:4700::1111'}, expect: {rcode: NXDOMAIN}}",
            DnsTarget(name="a.example.com", resolver="2606:4700::1111", rcode="NXDOMAIN"),
            id="a name that must not exist",
        ),
    ],
)
def test_a_target_is_what_the_file_says(monitor: str, target: object) -> None:
    assert only(monitor, allow_private=True).target == target


@pytest.mark.parametrize(
    ("slow", "total", "phases"),
    [
        pytest.param("2s", timedelta(seconds=2), (), id="in all"),
        pytest.param("{total: 2s}", timedelta(seconds=2), (), id="in all, spelt out"),
        pytest.param(
            "{first_byte: 1s, connect: 200ms}",
            None,
            (("connect", timedelta(seconds=0.2)), ("first_byte", timedelta(seconds=1))),
            id="by phase, in the order of a check",
        ),
    ],
)
def test_slow_is_a_time_in_all_or_by_phase(
    slow: str, total: timedelta | None, phases: tuple[tuple[str, timedelta], ...]
) -> None:
    own = only(f"{{tcp: 'a.example.com:1', slow: {slow}}}")
    given = configured(f"defaults: {{slow: {slow}}}\n" + watching("  m: {tcp: 'a.example.com:1'}"))

    assert (own.slow, own.slow_phases) == (total, phases)
    assert (given.monitors[0].slow, given.monitors[0].slow_phases) == (total, phases)


def test_every_phase_that_can_be_slow_is_one_that_is_measured() -> None:
    assert set(Slowness.model_fields) - {"total"} == set(get_args(Phase.__value__))


@pytest.mark.parametrize(
    ("quorum", "need"), [("majority", 2), ("all", 3), ("any", 1), ("3", 3), ("'2'", 2)]
)
def test_a_quorum_is_a_number_of_locations(quorum: str, need: int) -> None:
    assert only(f"{{tcp: 'a.example.com:1', quorum: {quorum}}}").need == need


def test_agents_watch_everything_where_there_is_nothing_else() -> None:
    found = configured(
        "locations: {a: {kind: agent}, b: {kind: agent}}\nmonitors: {m: {tcp: '10.0.0.1:25'}}"
    )

    assert found.monitors[0].locations == ("a", "b")


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost", "127.0.0.1", "[::1]"])
def test_the_local_stack_alone_may_watch_itself(host: str) -> None:
    file = watching(f"  m: {{tcp: '{host}:80'}}")

    assert [fault.code for fault in faults(file)] == ["private_target"]
    assert not faults(file, allow_private=True)


def test_an_address_in_a_strange_spelling_is_refused_everywhere() -> None:
    (fault,) = faults(watching("  m: {tcp: '127.1:80'}"), allow_private=True)

    assert fault.code == "bad_address"


def test_the_example_at_the_root_has_no_fault() -> None:
    reading = read(ROOT / "monitors.yaml")

    assert reading.faults == ()
    assert reading.configuration is not None
    assert len(reading.configuration.locations) == 5


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    missing = read(tmp_path / "none.yaml")
    folder = read(tmp_path)

    assert [fault.code for fault in missing.faults + folder.faults] == ["unreadable"] * 2
    assert "no such file" in missing.faults[0].message


def test_a_file_that_is_not_utf_8_is_a_fault_where_it_is_not(tmp_path: Path) -> None:
    file = tmp_path / "monitors.yaml"
    file.write_bytes(b"a: 1\nb: \xff")

    (fault,) = read(file).faults

    assert (fault.code, fault.line, fault.column) == ("not_utf8", 2, 4)


def test_a_file_over_2_mib_is_not_read_on(tmp_path: Path) -> None:
    file = tmp_path / "monitors.yaml"
    file.write_text("#" + "ü" * (SIZE_LIMIT // 2), encoding="utf-8")

    (fault,) = read(file).faults

    assert fault.code == "too_large"


@given(st.text())
def test_any_text_is_read_without_an_exception(text: str) -> None:
    reading = parse(text, "monitors.yaml")

    assert (reading.configuration is None) == bool(reading.errors)


@given(st.dictionaries(WORDS, TREES, max_size=4), st.booleans())
def test_any_tree_is_read_without_an_exception(tree: object, allow_private: bool) -> None:  # noqa: FBT001
    reading = parse(written(tree), "monitors.yaml", allow_private=allow_private)

    assert (reading.configuration is None) == bool(reading.errors)
    assert all(fault.line >= 1 and fault.column >= 1 for fault in reading.faults)


@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_any_monitor_is_read_without_an_exception(tree: object) -> None:
    reading = parse(watching(f"  m: {written(tree)}"), "monitors.yaml")

    assert (reading.configuration is None) == bool(reading.errors)


SOUND: dict[str, dict[str, object]] = {
    "dns": {"dns": {"name": "a.example.com"}, "expect": {"dnssec": "valid"}},
    "zone": {"zone": "example.com", "records": ["www A"], "expect": {"signature_days": "3"}},
    "resolver": {"resolver": "tls://8.8.8.8", "name": "a.com", "expect": {"validates": "true"}},
    "icmp": {"icmp": "a.example.com", "locations": ["office"], "expect": {"loss": "5"}},
    "heartbeat": {"heartbeat": {"cron": "0 3 * * *", "grace": "5m"}},
}


def spoilt(kind: str) -> st.SearchStrategy[dict[str, object]]:
    """Take a sound monitor of that kind, and put anything in place of some of its keys."""
    keys = sorted({*SOUND[kind], "expect", "tls", "heartbeat", "dns", "locations", "timeout"})
    anything = st.dictionaries(st.sampled_from(keys), TREES, max_size=2)
    inner = st.dictionaries(WORDS, TREES, max_size=3)
    parts = st.dictionaries(st.sampled_from(["expect", kind]), inner, max_size=2)
    return st.builds(lambda any_, part: SOUND[kind] | any_ | part, anything, parts)


@given(st.sampled_from(sorted(SOUND)).flatmap(spoilt))
def test_any_spoilt_monitor_is_read_without_an_exception(tree: object) -> None:
    reading = parse(watching(f"  m: {written(tree)}"), "monitors.yaml")

    assert (reading.configuration is None) == bool(reading.errors)
    assert all(str(fault).isprintable() and fault.fix for fault in reading.faults)
