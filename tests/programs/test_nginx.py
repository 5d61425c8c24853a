"""`tocsin check` against nginx."""

import subprocess

import pytest

from tests.programs.checking import (
    ANSWERED,
    UNANSWERED,
    UNSECURED,
    assert_down,
    assert_up,
    assert_waited,
    check,
    command,
)
from tests.programs.programs import Program

pytestmark = pytest.mark.xdist_group("nginx")


def test_a_page_is_up(nginx: Program) -> None:
    finding = check(f"http://{nginx.address}/")

    assert_up(finding, "status 200", ANSWERED)
    assert finding.address == "127.0.0.1"


def test_a_page_under_the_name_localhost_is_up_without_asking_dns(nginx: Program) -> None:
    assert_up(check(f"http://localhost:{nginx.port}/"), "status 200", ANSWERED)


@pytest.mark.parametrize(
    ("path", "evidence"),
    [
        pytest.param("/absent", "status 404, expected 200-299", id="no such page"),
        pytest.param("/behind", "status 502, expected 200-299", id="nothing behind the proxy"),
        pytest.param("/moved", "status 301, expected 200-299", id="a redirect is not followed"),
    ],
)
def test_a_wrong_status_is_down(nginx: Program, path: str, evidence: str) -> None:
    finding = check(f"http://{nginx.address}{path}")

    assert_down(finding, "http/status_not_expected", evidence, ANSWERED)


def test_a_server_that_hangs_up_on_the_question_is_down(nginx: Program) -> None:
    finding = check(f"http://{nginx.address}/mute")

    assert_down(
        finding, "http/closed", "accepted the connection, then closed it without a word", UNANSWERED
    )


def test_a_page_that_trickles_is_degraded_and_the_phase_tells_why(nginx: Program) -> None:
    finding = check(f"http://{nginx.address}/trickle", "--slow", "700ms")

    assert finding.status == "degraded"
    assert "status 200" in finding.evidence
    assert finding.phases_ms["transfer"] > 700 > 10 * finding.phases_ms["connect"]


def test_a_page_that_trickles_past_the_timeout_is_down(nginx: Program) -> None:
    finding = check(f"http://{nginx.address}/trickle", timeout_s=0.6)

    assert_down(
        finding, "http/timeout", 'did not finish within 0.6 s; it said "HTTP/1.1 200 OK', ANSWERED
    )
    assert_waited(finding, 0.6)


def test_a_certificate_of_an_unknown_authority_is_down(secure_nginx: Program) -> None:
    finding = check(f"https://{secure_nginx.address}/")

    assert_down(
        finding, "tls/certificate_untrusted", "issuer is unknown or was not sent", UNSECURED
    )


def test_a_server_without_tls_is_told_apart_from_bad_tls(nginx: Program) -> None:
    finding = check(f"https://{nginx.address}/")

    assert_down(finding, "tls/tls_handshake", "does not speak TLS", UNSECURED)


def test_plain_http_on_the_port_of_tls_is_down(secure_nginx: Program) -> None:
    finding = check(f"http://{secure_nginx.address}/")

    assert_down(finding, "http/status_not_expected", "status 400", ANSWERED)


def test_a_person_reads_the_verdict_the_evidence_and_the_phases(nginx: Program) -> None:
    url = f"http://{nginx.address}/absent"
    done = subprocess.run(  # noqa: S603 - our own list of arguments
        command(url), capture_output=True, text=True, check=False, timeout=30
    )

    verdict, evidence, times, *phases = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (2, "")
    assert verdict == f"down (http: status_not_expected)  {url}"
    assert evidence == "status 404, expected 200-299"
    assert times.startswith("127.0.0.1, 1 attempt, ")
    assert [line.split("\t")[0] for line in phases] == [*UNANSWERED, "transfer"]
    assert all("█" in line for line in phases)
