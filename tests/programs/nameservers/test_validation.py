"""What is held valid here is what Unbound holds valid, of a zone that BIND's tools have signed."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.integration.checks.servers import look
from tests.programs.nameservers import servers
from tests.programs.nameservers.bed import KNOT_AT, RESOLVER_AT
from tests.programs.nameservers.servers import Spot
from tests.programs.programs import found, free_port, prepare
from tocsin.domain.outcome import Vote
from tocsin.domain.questions import DnsTarget

ZONE: Final = "shop.example."
TEXT: Final = """\
$TTL 300
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.80
*.wild A 192.0.2.81
here.wild A 192.0.2.82
deep.empty TXT x
plain NS ns.plain
alias CNAME www
lost CNAME nowhere
moved DNAME www
"""
ASKED: Final = (
    ("www", "A"),
    ("www", "TXT"),
    ("alias", "A"),
    ("lost", "A"),
    ("x.wild", "A"),
    ("a.b.wild", "A"),
    ("*.wild", "A"),
    ("x.wild", "TXT"),
    ("here.wild", "A"),
    ("x.here.wild", "A"),
    ("empty", "A"),
    ("moved", "A"),
    ("x.moved", "A"),
    ("nowhere", "A"),
    ("a.b.c", "A"),
    ("zzz", "A"),
    ("x.www", "A"),
)
"""What is there, what is not, and what stands for others."""
PATIENCE_S: Final = 10.0


def signed(folder: Path, *options: str) -> tuple[str, str]:
    """Sign the zone with BIND's tools; give it, and the DS record of its key."""
    (folder / "zone").write_text(TEXT)
    make = [found("dnssec-keygen", "bind9"), "-K", str(folder), "-a", "ECDSAP256SHA256"]
    prepare([*make, "-f", "KSK", ZONE], folder)
    prepare([*make, ZONE], folder)
    sign = [found("dnssec-signzone", "bind9"), "-S", "-K", str(folder), "-o", ZONE]
    prepare([*sign, *options, "-f", str(folder / "signed"), str(folder / "zone")], folder)
    _, _, _, tag, algorithm, digest, *parts = (folder / f"dsset-{ZONE}").read_text().split()
    return (folder / "signed").read_text(), f"{tag} {algorithm} {digest} {''.join(parts)}"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="NSEC"),
        pytest.param(("-3", "abcd", "-H", "3"), id="NSEC3 with salt and rounds"),
        pytest.param(("-3", "-", "-A"), id="NSEC3 with opt-out"),
    ],
)
async def test_a_validating_resolver_vouches_for_what_is_valid_here_and_for_nothing_else(
    make_folder: Callable[[], Path], options: tuple[str, ...]
) -> None:
    text, ds = signed(make_folder(), *options)
    port = free_port()
    above = f'    trust-anchor: "{ZONE} DS {ds}"'
    knot = servers.knot(Spot(folder=make_folder(), address=KNOT_AT, port=port), {ZONE: text})
    unbound = servers.unbound(
        Spot(folder=make_folder(), address=RESOLVER_AT, port=port), {ZONE: KNOT_AT}, more=above
    )
    with ExitStack() as stack:
        for program in (knot, unbound):
            stack.callback(program.stop)
            program.start()

        vouched = set()
        for name, kind in ASKED:
            query = dns.message.make_query(f"{name}.{ZONE}", kind, want_dnssec=True)
            answer = dns.query.udp(query, RESOLVER_AT, port=port, timeout=PATIENCE_S)
            outcome = await look(
                DnsTarget(
                    name=f"{name}.{ZONE}",
                    type=kind,
                    resolver=f"{RESOLVER_AT}:{port}",
                    rcode=dns.rcode.to_text(answer.rcode()),
                    count=(0, None),
                    dnssec=True,
                    anchors=(f"{ZONE} DS {ds}",),
                )
            )

            if answer.flags & dns.flags.AD:
                vouched.add((name, kind))
            assert (outcome.vote is Vote.PASS) == ((name, kind) in vouched), outcome

    assert ("www", "A") in vouched
