"""`tocsin check` against Knot DNS, authoritative for one zone."""

import dns.flags
import dns.message
import dns.query
import pytest

from tests.programs.checking import (
    ASKED,
    UNANSWERED,
    assert_down,
    assert_up,
    check,
    question,
)
from tests.programs.configs import CHAPTERS, ZONE
from tests.programs.programs import HERE, Program
from tocsin.domain.questions import PAYLOAD

pytestmark = pytest.mark.xdist_group("knot")

STORY = f"story.{ZONE}"


@pytest.mark.parametrize(
    ("name", "kind", "equals"),
    [
        pytest.param("www", "A", ["192.0.2.81", "192.0.2.80"], id="addresses in any order"),
        pytest.param("shop", "A", ["192.0.2.80", "192.0.2.81"], id="addresses behind an alias"),
        pytest.param("shop", "CNAME", [f"WWW.{ZONE}."], id="an alias expected in another case"),
        pytest.param("", "MX", [f"10 mail.{ZONE}.", f"20 Backup.{ZONE}."], id="mail servers"),
        pytest.param("", "TXT", ["v=spf1 mx -all"], id="the strings of a text joined"),
        pytest.param("", "NS", [f"ns.{ZONE}."], id="name servers"),
    ],
)
def test_the_records_that_are_expected_are_up(
    knot: Program, name: str, kind: str, equals: list[str]
) -> None:
    owner = f"{name}.{ZONE}".removeprefix(".")

    finding = check(question(owner, kind, knot.address, *equals))

    assert_up(finding, f"{owner} {kind}: ", ASKED)
    assert finding.address == HERE


@pytest.mark.parametrize(
    ("equals", "evidence"),
    [
        pytest.param(
            [f"10 mail.{ZONE}."], f"{ZONE} MX: unexpected: 20 backup.{ZONE}.", id="one too many"
        ),
        pytest.param(
            [f"10 mail.{ZONE}.", f"20 backup.{ZONE}.", f"30 spare.{ZONE}."],
            f"{ZONE} MX: missing: 30 spare.{ZONE}.",
            id="one too few",
        ),
        pytest.param(
            [f"20 mail.{ZONE}.", f"20 backup.{ZONE}."],
            f"missing: 20 mail.{ZONE}.; unexpected: 10 mail.{ZONE}.",
            id="another preference",
        ),
    ],
)
def test_other_records_are_down_and_named(knot: Program, equals: list[str], evidence: str) -> None:
    finding = check(question(ZONE, "MX", knot.address, *equals))

    assert_down(finding, "content/wrong_answer", evidence, ASKED)


def test_a_name_without_the_type_is_down(knot: Program) -> None:
    finding = check(question(f"www.{ZONE}", "AAAA", knot.address))

    assert_down(finding, "content/wrong_answer", f"www.{ZONE} has no AAAA record", ASKED)


@pytest.mark.parametrize(
    ("name", "rcode", "why"),
    [
        pytest.param(f"nowhere.{ZONE}", "NXDOMAIN", "", id="a name that does not exist"),
        pytest.param("foreign.example", "REFUSED", " (not authoritative)", id="another's zone"),
    ],
)
def test_an_error_is_down_unless_it_is_what_is_expected(
    knot: Program, name: str, rcode: str, why: str
) -> None:
    shocked = check(question(name, "A", knot.address))
    content = check(question(name, "A", knot.address, rcode=rcode))

    evidence = f"{name} A: answered {rcode}{why}, expected NOERROR"
    assert_down(shocked, "dns/wrong_rcode", evidence, ASKED)
    assert_up(content, f"{name} A: {rcode}", ASKED)


def test_a_name_that_should_not_exist_but_does_is_down(knot: Program) -> None:
    finding = check(question(f"www.{ZONE}", "A", knot.address, rcode="NXDOMAIN"))

    assert_down(finding, "dns/wrong_rcode", "answered NOERROR, expected NXDOMAIN", ASKED)


def test_an_answer_too_large_for_udp_is_fetched_whole_over_tcp(knot: Program) -> None:
    query = dns.message.make_query(STORY, "TXT", use_edns=0, payload=PAYLOAD)
    over_udp = dns.query.udp(query, HERE, port=knot.port, timeout=5, raise_on_truncation=False)
    assert over_udp.flags & dns.flags.TC

    whole = check(question(STORY, "TXT", knot.address, *CHAPTERS))
    cut = check(question(STORY, "TXT", knot.address, *CHAPTERS[1:]))

    assert_up(whole, f"and {len(CHAPTERS) - 5} more", ASKED)
    assert_down(cut, "content/wrong_answer", f'unexpected: "{CHAPTERS[0]}"', ASKED)


def test_a_nameserver_where_a_page_is_expected_is_down(knot: Program) -> None:
    # It takes the first letters of the request for the length of a question, waits, and gives up.
    finding = check(f"http://{knot.address}/")

    assert_down(finding, "http/closed", "closed it without a word", UNANSWERED)
    assert finding.phases_ms["first_byte"] > 200
