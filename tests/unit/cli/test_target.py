"""Targets as they are typed."""

import re
from pathlib import Path

import pytest
import trustme

from tocsin.config import catalogue
from tocsin.config.fault import MistakeError
from tocsin.config.security import Mode
from tocsin.domain.monitor import Target
from tocsin.domain.questions import DnsTarget
from tocsin.domain.script import greeting
from tocsin.domain.target import Addresses, Family, HttpTarget, TcpTarget, Tls, TlsVersion
from tocsin_cli.target import Options, parse

_OF_THE_FILE = re.compile(r"monitors\.yaml|script|`[a-z_]+: |tocsin/name")
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
