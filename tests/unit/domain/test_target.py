"""What a target means where nothing is said, what means nothing, and how one reads."""

from datetime import timedelta

import pytest

from tocsin.domain.monitor import Target
from tocsin.domain.script import Send, StartTls
from tocsin.domain.target import (
    MOST_ECHOES,
    READ_LIMIT,
    Addresses,
    Family,
    HttpTarget,
    IcmpTarget,
    Kind,
    TcpTarget,
    Tls,
    TlsVersion,
)

HOST = "db.example.com"


def test_a_port_is_any_address_of_its_name_where_nothing_else_is_said() -> None:
    assert TcpTarget(host=HOST, port=1) == TcpTarget(
        host=HOST, port=1, family=Family.ANY, addresses=Addresses.ANY, kind=Kind.TCP
    )


def test_a_url_is_well_if_it_answers_with_success_where_nothing_else_is_said() -> None:
    url = "https://example.com/"

    assert HttpTarget(url=url) == HttpTarget(
        url=url,
        method="GET",
        status=((200, 299),),
        redirects=0,
        family=Family.ANY,
        addresses=Addresses.ANY,
        kind=Kind.HTTP,
    )


def test_of_a_body_64_kib_are_read_where_nothing_else_is_said() -> None:
    assert HttpTarget(url="https://example.com/").limit == READ_LIMIT == 65536


def test_a_host_is_well_if_half_of_four_echoes_come_back_where_nothing_else_is_said() -> None:
    assert IcmpTarget(host=HOST) == IcmpTarget(
        host=HOST, count=4, loss=50, family=Family.ANY, kind=Kind.ICMP
    )


def test_a_certificate_is_of_an_authority_and_tls_is_of_today_where_nothing_else_is_said() -> None:
    assert Tls() == Tls(self_signed=False, minimum=TlsVersion.V1_2)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({"self_signed": True}, id="signed by itself"),
        pytest.param({"authority": "PEM"}, id="signed by an authority of one's own"),
        pytest.param({"warn_days": 1}, id="a warning on the last day"),
        pytest.param({"fail_days": 1}, id="a failure on the last day"),
        pytest.param({"warn_days": 14, "fail_days": 7}, id="both"),
    ],
)
def test_rules_of_tls_that_agree_are_taken(rules: dict[str, object]) -> None:
    made = Tls(**rules)  # type: ignore[arg-type]

    assert all(getattr(made, name) == value for name, value in rules.items())


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        pytest.param({"self_signed": True, "authority": "PEM"}, "not by both", id="two signers"),
        pytest.param({"warn_days": 0}, "at least 1", id="a warning when it is too late"),
        pytest.param({"fail_days": 0}, "at least 1", id="a failure that is one anyway"),
        pytest.param({"warn_days": 14, "fail_days": 0}, "at least 1", id="one of the two"),
    ],
)
def test_rules_of_tls_that_mean_nothing_are_refused(
    rules: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Tls(**rules)  # type: ignore[arg-type]


def test_tls_starts_at_most_once_in_a_script() -> None:
    plain = TcpTarget(host=HOST, port=1, script=(Send(data="EHLO"),))
    upgraded = TcpTarget(host=HOST, port=1, script=(Send(data="STARTTLS"), StartTls()))

    assert (plain.upgrades, upgraded.upgrades) == (False, True)
    with pytest.raises(ValueError, match="TLS starts once"):
        TcpTarget(host=HOST, port=1, script=(StartTls(), StartTls()))


@pytest.mark.parametrize(
    ("count", "loss"), [(1, 50), (20, 50), (4, 0), (4, 99)], ids=["one", "most", "none", "nearly"]
)
def test_echoes_may_be_few_or_many_and_some_or_none_of_them_lost(count: int, loss: int) -> None:
    target = IcmpTarget(host=HOST, count=count, loss=loss, rtt=timedelta(milliseconds=80))

    assert (target.count, target.loss) == (count, loss)


@pytest.mark.parametrize(
    ("count", "loss"),
    [(0, 50), (MOST_ECHOES + 1, 50), (4, -1), (4, 100)],
    ids=["no echo", "too many", "less than none lost", "all lost"],
)
def test_echoes_that_could_say_nothing_are_refused(count: int, loss: int) -> None:
    with pytest.raises(ValueError, match="may be lost"):
        IcmpTarget(host=HOST, count=count, loss=loss)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (TcpTarget(host=HOST, port=5432, service="postgres"), "postgres://db.example.com:5432"),
        (IcmpTarget(host=HOST), "icmp://db.example.com"),
        (IcmpTarget(host="2001:db8::7"), "icmp://[2001:db8::7]"),
    ],
    ids=["a service", "icmp", "icmp over IPv6"],
)
def test_a_target_reads_as_people_know_it(target: Target, text: str) -> None:
    assert str(target) == text
