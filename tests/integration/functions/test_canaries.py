"""The canaries of a probe: what it asks to know whether its own network is well."""

import pytest

from tocsin.domain.target import TcpTarget, Tls
from tocsin.wiring.probe import CANARIES, canaries


def asked(text: str, region: str = "eu-west-1") -> list[tuple[str, int, Tls | None]]:
    targets = [each.target for each in canaries(text, region)]
    return [(t.host, t.port, t.tls) for t in targets if isinstance(t, TcpTarget)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("tcp://127.0.0.1:8080", ("127.0.0.1", 8080, None), id="a port"),
        pytest.param("tls://a.example:8443", ("a.example", 8443, Tls()), id="a port that has TLS"),
        pytest.param("tls://a.example", ("a.example", 443, Tls()), id="the usual port"),
        pytest.param("tcp://[::1]:7", ("::1", 7, None), id="an address of IPv6"),
    ],
)
def test_a_canary_is_a_port_with_or_without_tls(
    text: str, found: tuple[str, int, Tls | None]
) -> None:
    assert asked(text) == [found]


def test_what_shares_our_fate_is_not_asked() -> None:
    text = "tls://sts.eu-west-1.example:443 tls://sts.eu-west-2.example:443"

    assert [host for host, _, _ in asked(text)] == ["sts.eu-west-2.example"]
    assert [host for host, _, _ in asked(text, "eu-west-2")] == ["sts.eu-west-1.example"]


def test_three_are_asked_and_one_of_our_own_region_takes_no_place() -> None:
    text = " ".join(f"tcp://{name}.eu-west-1.example:1" for name in "ab")
    text = f"{text}  {' '.join(f'tcp://{name}.example:1' for name in 'cdefg')}"

    assert [host for host, _, _ in asked(text)] == ["c.example", "d.example", "e.example"]
    assert len(asked(text)) == CANARIES


def test_each_is_asked_twice_before_it_fails_and_none_has_the_name_of_a_monitor() -> None:
    found = canaries("tcp://a.example:1 tcp://b.example:1", "eu-west-1")

    assert [each.retries for each in found] == [1, 1]
    assert [each.id for each in found] == ["/canaries/0", "/canaries/1"]


def test_without_any_none_are_asked() -> None:
    assert canaries("", "eu-west-1") == ()
