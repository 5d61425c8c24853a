"""Servers that want a secret: one that says so lives, one that hides is not proved."""

import pytest

from tests.programs.certificates import Authority
from tests.programs.checking import check
from tests.programs.declared.databases import REDIS
from tests.programs.declared.vpn import OPENVPN
from tests.programs.running import RunApart


@pytest.mark.xdist_group("redis")
def test_a_redis_that_wants_a_password_is_up_and_nobody_logs_in(run_apart: RunApart) -> None:
    running = run_apart(REDIS, "--requirepass", "secret")

    finding = check(running.target(REDIS.offers[0]))

    assert finding.status == "up", finding
    assert "speaks redis; wants NOAUTH" in finding.evidence


@pytest.mark.xdist_group("openvpn")
def test_an_openvpn_server_with_tls_crypt_hangs_up_on_who_lacks_its_key(
    run_apart: RunApart, authority: Authority
) -> None:
    first, second = (
        run_apart(OPENVPN, "tls-crypt", certificate=authority.good()).program for _ in range(2)
    )

    talked = check(f"openvpn://{first.address}")
    opened = check(f"openvpn://{second.address}?open=true")

    verdict = talked.status, f"{talked.layer}/{talked.reason}"
    assert verdict == ("down", "protocol/closed"), talked
    assert "then closed it without a word" in talked.evidence
    assert opened.status == "up", opened
