"""Targets as they are typed."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from tocsin.config import catalogue
from tocsin.config.echoes import IcmpExpectation, IcmpMonitor
from tocsin.config.explain import keys
from tocsin.config.fault import MistakeError
from tocsin.config.naming import (
    DnsExpectation,
    DnsMonitor,
    Question,
    ResolverExpectation,
    ResolverMonitor,
    ZoneExpectation,
    ZoneMonitor,
)
from tocsin.config.security import Mode, Trust
from tocsin.config.settings import MonitorSettings
from tocsin.domain.monitor import Target
from tocsin.domain.questions import Dnssec, DnsTarget, ResolverTarget, ZoneTarget
from tocsin.domain.script import greeting
from tocsin.domain.target import (
    Addresses,
    Family,
    HttpTarget,
    IcmpTarget,
    TcpTarget,
    Tls,
    TlsVersion,
)
from tocsin_cli.inquiries import FORMS
from tocsin_cli.target import Options, parse

_OF_THE_FILE = re.compile(r"monitors\.yaml|script|`[a-z_]+: |`[a-z_]+:`|\{|tocsin/name")
"""Words that mean nothing to who types a target."""
PEM = trustme.CA().cert_pem.bytes().decode()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lie beside whoever types a command."""
    (tmp_path / "my ca.pem").write_text(PEM)
    monkeypatch.chdir(tmp_path)
    return PEM.strip() + "\n"


def postgres(mode: Mode, tls: Tls | None = None) -> TcpTarget:
    script = catalogue.services()["postgres"].script(mode, "a.example.com")
    return TcpTarget(host="a.example.com", port=5432, service="postgres", script=script, tls=tls)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("^SSH-[0-9.]+-Open", id="as it is"),
        pytest.param("^SSH-[0-9.]%2B-Open", id="percent-encoded"),
    ],
)
def test_a_plus_in_a_pattern_is_a_plus(written: str) -> None:
    target = parse(f"tcp://a.example.com:22?banner={written}")

    assert isinstance(target, TcpTarget)
    assert target.script == greeting("^SSH-[0-9.]+-Open")


def test_an_option_may_stand_there_often_and_hold_anything() -> None:
    target = parse("dns://example.com?type=TXT&contains=a+b;c=d&contains=e%26f%20g")

    assert isinstance(target, DnsTarget)
    assert target.contains == ("a+b;c=d", "e&f g")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("tcp://a.example.com:1?banner=\udcff", id="an argument that is not UTF-8"),
        pytest.param("tcp://a.example.com:1?banner=%ff", id="the same behind a percent sign"),
        pytest.param("dns://a\udcff.example.com", id="a name"),
        pytest.param("https://a.example.com/\udcff", id="a URL"),
    ],
)
def test_bytes_that_are_no_text_are_a_mistake_like_any_other(written: str) -> None:
    with pytest.raises(MistakeError) as refused:
        parse(written)

    assert refused.value.fix


@pytest.mark.parametrize(
    ("written", "target"),
    [
        pytest.param("postgres://a.example.com", postgres(Mode.PLAIN), id="a service"),
        pytest.param("postgresql://a.example.com/", postgres(Mode.PLAIN), id="another name of it"),
        pytest.param("postgres://A.example.com:5432", postgres(Mode.PLAIN), id="its own port"),
        pytest.param(
            "postgres://a.example.com?tls=starttls", postgres(Mode.STARTTLS, Tls()), id="a mode"
        ),
        pytest.param(
            "postgres://a.example.com?tls=starttls&name=b.example.com&minimum=1.3"
            "&self_signed=true&warn_days=30&fail_days=7",
            postgres(
                Mode.STARTTLS,
                Tls(
                    name="b.example.com",
                    minimum=TlsVersion.V1_3,
                    self_signed=True,
                    warn_days=30,
                    fail_days=7,
                ),
            ),
            id="rules",
        ),
        pytest.param(
            "redis://[2606:4700::1]:7000?open=true&addresses=all",
            TcpTarget(host="2606:4700::1", port=7000, service="redis", addresses=Addresses.ALL),
            id="the port of an address",
        ),
        pytest.param(
            "redis://[2606:4700::1]?open=true",
            TcpTarget(host="2606:4700::1", port=6379, service="redis"),
            id="the usual port of an address",
        ),
        pytest.param(
            "tcp://a.example.com:1?tls=direct&fail_days=7&banner=^x",
            TcpTarget(host="a.example.com", port=1, script=greeting("^x"), tls=Tls(fail_days=7)),
            id="a port under TLS",
        ),
        pytest.param(
            "https://a.example.com/?tls=starttls&open=true",
            HttpTarget(url="https://a.example.com/?tls=starttls&open=true"),
            id="the query of a URL is the server's",
        ),
    ],
)
def test_a_target_is_read_as_a_monitor_of_the_file_would_be(written: str, target: Target) -> None:
    assert parse(written) == target


DIGEST = 64 * "0"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        pytest.param("dns://example.com", DnsTarget(name="example.com"), id="a name"),
        pytest.param("DNS://Example.com./", DnsTarget(name="example.com."), id="in capitals"),
        pytest.param(
            "dns://example.com?type=MX&class=IN&resolver=127.0.0.1:5353&recursive=false&edns=512"
            "&contains=10 a.example.com.&contains=20 b.example.com.&none_of=30 c.example.com."
            "&count=2-3&matches=^10 &ttl_at_least=5m&aa=true&aliases=0",
            DnsTarget(
                name="example.com",
                type="MX",
                resolver="127.0.0.1:5353",
                recursive=False,
                payload=512,
                contains=("10 a.example.com.", "20 b.example.com."),
                none_of=("30 c.example.com.",),
                count=(2, 3),
                matches="^10 ",
                ttl_at_least=300,
                authoritative=True,
                aliases=0,
            ),
            id="a question with much",
        ),
        pytest.param(
            "dns://example.com?resolver=tls://dns.google&server_name=a.example.com&minimum=1.3"
            f"&self_signed=true&one_of=192.0.2.1&ad=true&dnssec=valid&anchors=. DS 1 13 2 {DIGEST}",
            DnsTarget(
                name="example.com",
                resolver="tls://dns.google",
                tls=Tls(name="a.example.com", minimum=TlsVersion.V1_3, self_signed=True),
                one_of=("192.0.2.1",),
                authenticated=True,
                dnssec=True,
                anchors=(f". DS 1 13 2 {DIGEST}",),
            ),
            id="an answer that is validated",
        ),
        pytest.param(
            "dns://gone.example.com?rcode=NXDOMAIN",
            DnsTarget(name="gone.example.com", rcode="NXDOMAIN"),
            id="no such name",
        ),
        pytest.param(
            "dns://a.example.com?count=0",
            DnsTarget(name="a.example.com", count=(0, 0)),
            id="no records",
        ),
        pytest.param(
            "dns://a.example.com?count=2-",
            DnsTarget(name="a.example.com", count=(2, None)),
            id="at least so many",
        ),
        pytest.param(
            "dns://a.example.com?equals=192.0.2.1",
            DnsTarget(name="a.example.com", equals=("192.0.2.1",)),
            id="exactly one",
        ),
        pytest.param(
            "dns://1.0/25.2.0.192.in-addr.arpa?type=PTR",
            DnsTarget(name="1.0/25.2.0.192.in-addr.arpa", type="PTR"),
            id="a name of RFC 2317",
        ),
        pytest.param(
            "zone://example.com?record=www A&record=@ MX&parents=127.0.0.1&parents=127.0.0.2"
            "&resolver=127.0.0.3&port=5353&family=4&serial_lag=5m&dnssec=valid&warn_days=7"
            "&fail_days=2&servers=3",
            ZoneTarget(
                zone="example.com",
                records=(("www.example.com", "A"), ("example.com", "MX")),
                parents=("127.0.0.1", "127.0.0.2"),
                resolver="127.0.0.3",
                port=5353,
                family=Family.V4,
                serial_lag=timedelta(minutes=5),
                dnssec=Dnssec.VALID,
                warn_days=7,
                fail_days=2,
                servers=3,
            ),
            id="a zone with everything",
        ),
        pytest.param(
            "resolver://127.0.0.1:5353?name=a.example.com&type=AAAA&equals=2001:db8::1"
            "&absent=b.example.com&validates=true&bogus=c.example.com",
            ResolverTarget(
                server="127.0.0.1:5353",
                name="a.example.com",
                type="AAAA",
                equals=("2001:db8::1",),
                absent="b.example.com",
                validates=True,
                bogus="c.example.com",
            ),
            id="a resolver with everything",
        ),
        pytest.param(
            "resolver+tls://dns.google?server_name=a.example.com",
            ResolverTarget(server="tls://dns.google", tls=Tls(name="a.example.com")),
            id="a resolver under TLS",
        ),
        pytest.param(
            "resolver+https://dns.google/dns-query",
            ResolverTarget(server="https://dns.google/dns-query"),
            id="a resolver over HTTPS",
        ),
        pytest.param(
            "icmp://127.0.0.1?count=10&family=4&loss=20&rtt=100ms",
            IcmpTarget(
                host="127.0.0.1",
                count=10,
                family=Family.V4,
                loss=20,
                rtt=timedelta(milliseconds=100),
            ),
            id="a host with everything",
        ),
        pytest.param("icmp://[::1]/", IcmpTarget(host="::1"), id="an address in brackets"),
        pytest.param("icmp://::1", IcmpTarget(host="::1"), id="an address without them"),
    ],
)
def test_an_inquiry_is_read_as_a_monitor_of_the_file_would_be(written: str, target: Target) -> None:
    assert parse(written) == target


@pytest.mark.parametrize(
    ("kind", "models", "otherwise"),
    [
        pytest.param(
            "dns",
            (DnsMonitor, Question, DnsExpectation, Trust),
            {"name": "server_name", "dns": None, "tls": None, "expect": None},
            id="a question",
        ),
        pytest.param(
            "zone",
            (ZoneMonitor, ZoneExpectation),
            {"records": "record", "signature_days": "fail_days", "zone": None, "expect": None},
            id="a zone",
        ),
        pytest.param(
            "resolver",
            (ResolverMonitor, ResolverExpectation, Trust),
            {"resolver": None, "tls": None, "expect": None},
            id="a resolver",
        ),
        pytest.param(
            "icmp", (IcmpMonitor, IcmpExpectation), {"icmp": None, "expect": None}, id="a host"
        ),
    ],
)
def test_all_that_the_file_says_of_a_target_can_be_typed(
    kind: str, models: tuple[type[BaseModel], ...], otherwise: dict[str, str | None]
) -> None:
    of_the_file = {key for model in models for key in keys(model)} - set(keys(MonitorSettings))
    known = {*FORMS[kind].once, *FORMS[kind].often}

    assert {otherwise.get(key, key) for key in of_the_file} - {None} <= known


@pytest.mark.parametrize(
    ("written", "message", "said"),
    [
        pytest.param("dns://", "no name", "Write it there", id="no name"),
        pytest.param("dns://?type=A", "no name", "Write it there", id="options alone"),
        pytest.param("dns://192.0.2.1", "address", "1.2.0.192.in-addr.arpa", id="an address"),
        pytest.param(
            "dns://127.0.0.1/a.example.com",
            "whom to ask",
            "`dns://a.example.com?resolver=127.0.0.1`",
            id="a server as RFC 4501 has it",
        ),
        pytest.param(
            "dns://127.0.0.1/1.2.0.192.in-addr.arpa",
            "whom to ask",
            "`dns://1.2.0.192.in-addr.arpa?resolver=127.0.0.1`",
            id="the same with a reverse name",
        ),
        pytest.param(
            "dns://a.example.com@127.0.0.1:5353",
            "whom to ask",
            "`dns://a.example.com?resolver=127.0.0.1:5353`",
            id="a server as dig has it",
        ),
        pytest.param("dns://me:hunter2@127.0.0.1", "before the name", "`@`", id="a login"),
        pytest.param("dns://a.example.com?typ=MX", "`typ`", "Use type", id="a misspelt option"),
        pytest.param("dns://a.example.com?zzz=1", "`zzz`", "Use type, class", id="no option"),
        pytest.param("dns://a.example.com?type=A&type=A", "twice", "Remove one", id="one twice"),
        pytest.param("dns://a.example.com?type=mx", "`mx`", "Write MX", id="a type in small"),
        pytest.param("dns://a.example.com?count=4-1", "4 records", "1-4", id="bounds in no order"),
        pytest.param("dns://a.example.com?count=-", "no number", "1-4", id="no bounds"),
        pytest.param("dns://a.example.com?count=x", "`x`", "in digits", id="a number in words"),
        pytest.param(
            "dns://a.example.com?recursive=false", "own", "`?resolver=address`", id="no server"
        ),
        pytest.param(
            f"dns://a.example.com?anchors=. DS 1 13 2 {DIGEST}",
            "`anchors`",
            "`?dnssec=valid`",
            id="anchors of nothing",
        ),
        pytest.param(
            "dns://a.example.com?minimum=1.3", "TLS", "tls://host", id="rules without TLS"
        ),
        pytest.param(
            "dns://a.example.com?type=MX&equals=mail.example.com.",
            "MX record",
            "`10 mail.example.com.`",
            id="no preference",
        ),
        pytest.param("zone://", "no name", "Write it there", id="no zone"),
        pytest.param("zone://.", "parent", "example.com", id="the root"),
        pytest.param(
            "zone://example.com?records=www A", "`records`", "Use record", id="a key of the file"
        ),
        pytest.param(
            "zone://example.com?record=www.example.org A",
            "does not lie in",
            "www.example.com A",
            id="a record of another zone",
        ),
        pytest.param(
            "zone://example.com?dnssec=off&warn_days=7",
            "`dnssec=off`",
            "`?dnssec=auto`",
            id="days of nothing",
        ),
        pytest.param(
            "zone://example.com?warn_days=2&fail_days=7",
            "before it warns",
            "`warn_days`",
            id="days in no order",
        ),
        pytest.param(
            "zone://example.com?servers=al", "number of servers", "all", id="servers in words"
        ),
        pytest.param("zone://me@example.com", "before the name", "`@`", id="a user of a zone"),
        pytest.param("resolver://", "no name", "Write it there", id="no resolver"),
        pytest.param(
            "resolver://dns.google", "a name", "Write an address", id="a resolver by its name"
        ),
        pytest.param(
            "resolver+https://dns.google", "no path", "/dns-query", id="a resolver without a path"
        ),
        pytest.param(
            "resolver+udp://127.0.0.1", "`udp`", "address alone", id="a way that goes without"
        ),
        pytest.param("resolver://127.0.0.1?type=MX", "`type`", "`?name=`", id="a type of nothing"),
        pytest.param(
            "resolver://127.0.0.1?bogus=a.example.com",
            "`bogus`",
            "`?validates=true`",
            id="a bogus name for nothing",
        ),
        pytest.param("icmp://", "no name", "Write it there", id="no host"),
        pytest.param("icmp://127.0.0.1:80", "a port", "`127.0.0.1`", id="a port"),
        pytest.param("icmp://127.0.0.1?loss=20%", "`20%`", "Write 20", id="a percent sign"),
        pytest.param("icmp://127.0.0.1?rtt=5", "`5`", "5ms or 5s", id="a time without a unit"),
        pytest.param("icmp://127.0.0.1?count=99", "`99`", "from 1 to 20", id="a flood"),
        pytest.param("icmp://127.0.0.1?type=A", "`type`", "Use", id="another kind's option"),
        pytest.param("ping://127.0.0.1", "`ping`", "`icmp://127.0.0.1`", id="the other word"),
        pytest.param("doh://a.example.com/q", "`doh`", "`resolver+https://", id="an abbreviation"),
        pytest.param("icmp:127.0.0.1", "not a target", "`icmp://127.0.0.1`", id="no slashes"),
        pytest.param("heartbeat://backup", "", "tocsin status", id="what reports by itself"),
    ],
)
def test_a_wrong_inquiry_is_a_mistake_with_its_mend(written: str, message: str, said: str) -> None:
    with pytest.raises(MistakeError) as refused:
        parse(written)

    assert message in refused.value.message
    assert said in refused.value.fix
    assert not _OF_THE_FILE.search(refused.value.fix)
    assert "hunter2" not in f"{refused.value.message} {refused.value.fix}"


@pytest.mark.parametrize(
    ("written", "options", "said"),
    [
        pytest.param(
            "dns://a.example.com", Options(addresses="all"), "`addresses`", id="addresses"
        ),
        pytest.param("icmp://127.0.0.1", Options(days="7"), "`fail_days`", id="days"),
        pytest.param("zone://example.com", Options(minimum="1.3"), "`minimum`", id="TLS"),
        pytest.param("icmp://127.0.0.1?family=4", Options(family="4"), "`family`", id="twice"),
    ],
)
def test_what_says_nothing_of_an_inquiry_is_not_passed_over(
    written: str, options: Options, said: str
) -> None:
    with pytest.raises(MistakeError, match=said) as refused:
        parse(written, options)

    assert refused.value.fix in {"Remove it", "Remove one"}


def test_what_is_said_beside_an_inquiry_is_what_its_query_would_say() -> None:
    beside = parse("resolver+tls://dns.google", Options(name="a.example.com", minimum="1.3"))
    within = parse("resolver+tls://dns.google?server_name=a.example.com&minimum=1.3")

    assert beside == within
    assert parse("icmp://127.0.0.1", Options(family="4")) == parse("icmp://127.0.0.1?family=4")
    days = parse("zone://example.com", Options(days="7:2"))
    assert days == parse("zone://example.com?warn_days=7&fail_days=2")


def test_what_is_said_beside_a_target_is_what_its_query_would_say(authority: str) -> None:
    options = Options(
        family="6",
        addresses="all",
        ca="my ca.pem",
        name="b.example.com",
        minimum="1.3",
        days="30:7",
    )
    rules = Tls(
        name="b.example.com",
        authority=authority,
        minimum=TlsVersion.V1_3,
        warn_days=30,
        fail_days=7,
    )

    page = parse("https://a.example.com/", options)
    port = parse(
        "tcp://a.example.com:1?addresses=all&ca=my%20ca.pem&name=b.example.com&minimum=1.3"
        "&warn_days=30&fail_days=7",
        Options(family="6"),
    )

    assert page == HttpTarget(
        url="https://a.example.com/", tls=rules, family=Family.V6, addresses=Addresses.ALL
    )
    assert port == TcpTarget(
        host="a.example.com", port=1, tls=rules, family=Family.V6, addresses=Addresses.ALL
    )


@pytest.mark.parametrize(
    ("days", "warn", "fail"),
    [("14", None, 14), ("30:7", 30, 7), ("30:", 30, None), (":7", None, 7)],
)
def test_days_are_to_fail_at_or_to_warn_and_fail_at(
    days: str, warn: int | None, fail: int | None
) -> None:
    target = parse("https://a.example.com/", Options(days=days))

    assert isinstance(target, HttpTarget)
    assert target.tls == Tls(warn_days=warn, fail_days=fail)


@pytest.mark.parametrize(
    ("written", "options", "said"),
    [
        pytest.param("postgrs://a.example.com", Options(), "Write postgres", id="a misspelt one"),
        pytest.param("a.example.com", Options(), "Write postgres://host", id="no scheme"),
        pytest.param("postgres://", Options(), "", id="no host"),
        pytest.param("postgres://a.example.com:", Options(), "1 to 65535", id="an empty port"),
        pytest.param("postgres://a.example.com:x", Options(), "1 to 65535", id="a port by name"),
        pytest.param("postgres://2606:4700::1:5432x", Options(), "", id="no brackets"),
        pytest.param(
            "postgres://me:hunter2@a.example.com/db", Options(), "no login is needed", id="a login"
        ),
        pytest.param("postgres://a.example.com/db", Options(), "End the target", id="a database"),
        pytest.param("postgres://a.example.com?sslmode=require", Options(), "Use", id="no option"),
        pytest.param("postgres://a.example.com?tls=", Options(), "plain, starttls", id="no mode"),
        pytest.param(
            "postgres://a.example.com?tls=direct", Options(), "`?tls=starttls`", id="no such mode"
        ),
        pytest.param("redis://a.example.com?ca=none.pem", Options(), "path", id="no authority"),
        pytest.param("tcp://a.example.com:1?open=true", Options(), "Use", id="open by itself"),
        pytest.param("tcp://a.example.com", Options(), "Add the port", id="no port"),
        pytest.param(
            "redis://a.example.com?tls=direct&name=b", Options(name="b"), "Remove one", id="twice"
        ),
        pytest.param("http://a.example.com/", Options(days="7"), "https://", id="no certificate"),
        pytest.param("https://a.example.com/", Options(days="soon"), "in digits", id="no number"),
        pytest.param("https://a.example.com/", Options(days=":"), "in digits", id="no numbers"),
        pytest.param("https://a.example.com/", Options(days="7:30"), "more days", id="too late"),
        pytest.param("https://a.example.com/", Options(addresses="x"), "any or all", id="how many"),
        pytest.param(
            "dns://a.example.com", Options(name="x"), "or remove it", id="TLS of a question"
        ),
        pytest.param("tcp://", Options(), "Write it there", id="no host and no port"),
        pytest.param("postgres", Options(), "Write postgres://host", id="the name of a service"),
        pytest.param("redis:a.example.com:1", Options(), "`redis://a.example.com:1`", id="a colon"),
        pytest.param("a.example.com:1", Options(), "`tcp://a.example.com:1`", id="an endpoint"),
        pytest.param("ssl://a:1?name=b", Options(), "`tcp://a:1?tls=direct`", id="TLS as a scheme"),
        pytest.param("redis://[::1", Options(), "in brackets", id="half a pair of brackets"),
        pytest.param(
            "redis://2606:4700::1", Options(), "in brackets", id="an address without them"
        ),
        pytest.param(
            "redis://a.example.com?name=b", Options(), "`?tls=direct`", id="rules for no TLS"
        ),
        pytest.param("tcp://a.example.com:1?tls=starttls", Options(), "smtp://", id="no words"),
        pytest.param(
            "https://me:hunter2@a.example.com", Options(), "Remove it", id="a login in a URL"
        ),
        pytest.param("https://a.example.com", Options(days="7:30"), "30:7", id="days in no order"),
    ],
)
def test_a_wrong_target_is_a_mistake_with_its_mend(
    written: str, options: Options, said: str
) -> None:
    with pytest.raises(MistakeError) as refused:
        parse(written, options)

    assert said in refused.value.fix
    assert not _OF_THE_FILE.search(refused.value.fix)
    assert "hunter2" not in f"{refused.value.message} {refused.value.fix}"


_SCHEMES = ("dns", "zone", "resolver", "resolver+tls", "resolver+https", "icmp", "tcp", "smtp")
_OPTION = st.sampled_from(sorted({word for form in FORMS.values() for word in form.once}))
_VALUE = st.text("a1.:/[]{}=%,-~@ü\\\"' *#", max_size=8) | st.sampled_from(["MX", "1-4", "5m"])
_QUERY = st.lists(st.tuples(_OPTION, _VALUE).map("=".join), max_size=4).map("&".join)


@given(st.sampled_from(_SCHEMES), st.text("a1.:/[]@%{}-~ü ", max_size=16), _QUERY)
@example("dns", "a", "name=%7b")
@example("zone", "a", "record=%20")
@example("resolver+https", "[", "")
def test_any_target_is_read_or_refused_with_a_mend(scheme: str, where: str, query: str) -> None:
    try:
        parse(f"{scheme}://{where}?{query}")
    except MistakeError as mistake:
        refused = mistake
    else:
        return

    assert refused.fix
    assert not refused.fix.endswith(".")
