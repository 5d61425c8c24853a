"""Every state that the checks of DNS can tell, and what `tocsin check` says of it.

`docs/dns.md` is written from this list, and a test holds the list against the real programs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlencode

from tests.programs.certificates import Authority, Certificate
from tests.programs.nameservers import bed as beds
from tests.programs.nameservers.bed import (
    BEFORE,
    BROKEN,
    KNOT_AT,
    NOW,
    PARENT_AT,
    RESOLVER_AT,
    SERVERS,
    Bed,
)
from tests.programs.nameservers.zones import CHILD, PARENT

WWW: Final = f"www.{CHILD}".removesuffix(".")
ZONE: Final = CHILD.removesuffix(".")
PASSES: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state: `arrange` puts it up and gives the target to check.

    `found` is the status, and `layer/reason` or the warning where there is one; `says` are parts of
    the sentence that it must hold. Programs of `frozen` are frozen while it is checked.
    """

    name: str
    arrange: Callable[[Bed], str]
    found: str
    says: tuple[str, ...]
    frozen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """States that belong together, with what a reader should know first."""

    title: str
    text: str
    states: tuple[State, ...]


def zone(bed: Bed, **options: str) -> str:
    """Write the target for the child."""
    said = {
        "parents": PARENT_AT,
        "resolver": bed.where(RESOLVER_AT),
        "port": str(bed.port),
        **options,
    }
    return f"zone://{ZONE}?{urlencode(said, quote_via=quote)}"


def question(bed: Bed, at: str, name: str, kind: str, **options: str | tuple[str, ...]) -> str:
    """Write the target for a question."""
    said = {"type": kind, "resolver": bed.where(at), **options}
    return f"dns://{name}?{urlencode(said, doseq=True, quote_via=quote, safe=':')}"


def _zone_is_well(bed: Bed) -> str:
    bed.parent()
    bed.child()
    bed.resolver()
    return zone(bed, record=f"{WWW} A")


def _secondary_has_stopped(bed: Bed) -> str:
    target = _zone_is_well(bed)
    bed.programs["nsd"].stop()
    return target


def _secondary_is_stale(bed: Bed) -> str:
    bed.parent()
    bed.knot(transfers=False)
    bed.bind(bed.signed(BEFORE))
    bed.nsd(bed.signed())
    bed.resolver()
    return zone(bed)


def _answers_are_split(bed: Bed) -> str:
    other = replace(NOW, records=[*NOW.records[:1], "www 300 A 192.0.2.99", *NOW.records[2:]])
    bed.parent()
    bed.knot()
    bed.bind(bed.signed())
    bed.nsd(bed.signed(other))
    bed.resolver()
    return zone(bed, record=f"{WWW} A")


def _server_is_lame(bed: Bed) -> str:
    bed.parent()
    bed.knot()
    bed.bind(bed.signed())
    bed.nsd(None)
    bed.resolver()
    return zone(bed)


def _server_has_no_copy(bed: Bed) -> str:
    bed.parent()
    bed.knot(transfers=False)
    bed.bind(None)
    bed.nsd(bed.signed())
    bed.resolver()
    return zone(bed)


def _server_only_resolves(bed: Bed) -> str:
    there = {**SERVERS, f"ns3.{CHILD}": (RESOLVER_AT,)}
    content = replace(NOW, servers=there)
    bed.parent(servers_=there)
    bed.knot(bed.signed(content))
    bed.bind(bed.signed(content))
    bed.resolver()
    return zone(bed)


def _delegation_differs(bed: Bed) -> str:
    there = {name: at for name, at in SERVERS.items() if not name.startswith("ns3")}
    bed.parent(servers_=there)
    bed.child()
    bed.resolver()
    return zone(bed)


def _unnamed_has_stopped(bed: Bed) -> str:
    target = _delegation_differs(bed)
    bed.programs["nsd"].stop()
    return target


def _parent_has_stopped(bed: Bed) -> str:
    bed.parent()
    bed.child()
    # It has no need of the parent: it does not validate.
    bed.resolver(anchored=False)
    bed.programs["parent"].stop()
    return zone(bed)


def _glue_differs(bed: Bed) -> str:
    bed.parent(servers_={**SERVERS, f"ns2.{CHILD}": (beds.NSD_AT,)})
    bed.child()
    bed.resolver()
    return zone(bed)


def _no_delegation(bed: Bed) -> str:
    bed.parent(child=[])
    bed.child()
    bed.resolver()
    return zone(bed)


def _signatures_ended_at_one(bed: Bed) -> str:
    bed.parent()
    bed.knot()
    bed.bind(bed.signed(ends=-timedelta(hours=3)))
    bed.nsd(bed.signed())
    bed.resolver()
    return zone(bed)


def _signatures_end_soon(bed: Bed) -> str:
    bed.parent()
    bed.child(bed.signed(ends=timedelta(days=4, hours=12)))
    bed.resolver()
    return zone(bed, warn_days="7", fail_days="2")


def _wrong_ds(bed: Bed) -> str:
    bed.parent(ds=bed.strange())
    bed.child()
    bed.resolver()
    return zone(bed)


def _unsigned(bed: Bed) -> str:
    bed.parent(ds=False)
    bed.child(NOW.text())
    bed.resolver()
    return zone(bed, dnssec="valid")


def _enough_are_well(bed: Bed) -> str:
    _secondary_has_stopped(bed)
    return zone(bed, servers="2")


def _knot_alone(
    name: str = WWW, kind: str = "A", **options: str | tuple[str, ...]
) -> Callable[[Bed], str]:
    def arrange(bed: Bed) -> str:
        bed.knot()
        return question(bed, KNOT_AT, name, kind, **options)

    return arrange


def _knot_without_ttl(bed: Bed) -> str:
    bed.knot()
    return question(bed, KNOT_AT, f"mail.{ZONE}", "A", ttl_at_least="5m")


def _resolved(name: str = WWW, **options: str) -> Callable[[Bed], str]:
    def arrange(bed: Bed) -> str:
        bed.parent()
        bed.knot()
        bed.nsd(None)
        bed.resolver()
        return question(bed, RESOLVER_AT, name, "A", **options)

    return arrange


def _validated(name: str = WWW) -> Callable[[Bed], str]:
    def arrange(bed: Bed) -> str:
        # Not by itself: a resolver that validates would not give what is bogus.
        resolved = _resolved(name)(bed)
        anchor = f"{PARENT} DS {bed.parents_key.ds(PARENT)}"
        return f"{resolved}&dnssec=valid&anchors={quote(anchor)}"

    return arrange


def _validated_too_late(bed: Bed) -> str:
    bed.parent()
    bed.knot(bed.signed(ends=-timedelta(hours=3)))
    bed.nsd(None)
    bed.resolver(anchored=False)
    anchor = f"{PARENT} DS {bed.parents_key.ds(PARENT)}"
    return question(bed, RESOLVER_AT, WWW, "A", dnssec="valid", anchors=anchor)


def _recursive(*, more: str = "", anchored: bool = True) -> Callable[[Bed], str]:
    def arrange(bed: Bed) -> str:
        bed.parent()
        bed.knot()
        bed.nsd(None)
        bed.resolver(more=more, anchored=anchored)
        said = {"name": WWW, "type": "A", "validates": "true", "bogus": f"ns.{BROKEN}"}
        return f"resolver://{bed.where(RESOLVER_AT)}?{urlencode(said)}"

    return arrange


def _under_tls(issue: Callable[[Authority], Certificate]) -> Callable[[Bed], str]:
    def arrange(bed: Bed) -> str:
        bed.parent()
        bed.knot()
        bed.nsd(None)
        certificate = issue(Authority())
        bed.resolver(certificate=certificate)
        authority = bed.kept("authority.pem", certificate.authority)
        said = {"name": WWW, "type": "A", "ca": str(authority), "server_name": "localhost"}
        return f"resolver+tls://{RESOLVER_AT}:{bed.port + 1}?{urlencode(said)}"

    return arrange


def _resolver_has_stopped(bed: Bed) -> str:
    target = _recursive()(bed)
    bed.programs["resolver"].stop()
    return target


CHAPTERS: Final = (
    Chapter(
        title="Zones",
        text=(
            "A zone is asked at every server that the parent names, and at those that only the "
            "zone itself\nnames, at each of their addresses.\n\n"
            "One server that fails makes the zone `down`: a part of all questions goes to it, and "
            "waits or\ngoes wrong. Where that may wait until morning, `expect: {servers: 2}` makes "
            "it a warning for as\nlong as two addresses are well. What works, though it is set up "
            "wrongly, is a warning anyway.\n\n"
            "A serial that is behind is no trouble by itself: a change takes a moment to get "
            "around. Since\nwhen it has been behind is known where all locations are seen. After "
            "`serial_lag` it is `down`,\nand the alert says by how much and from where: "
            f'"ns2.{CHILD} (192.0.2.12) serves 2026112201,\n47 min behind 2026112301 at '
            f'ns1.{CHILD}, from all 3 locations"; or, at one site of an\nanycast server, "from '
            'eu-west-1 only".'
        ),
        states=(
            State(
                name="all is well",
                arrange=_zone_is_well,
                found="up",
                says=("3 servers", f"serial {beds.SERIAL}", "signed"),
            ),
            State(
                name="a server has stopped",
                arrange=_secondary_has_stopped,
                found="down dns/refused",
                says=(f"ns3.{CHILD}",),
            ),
            State(
                name="a server is frozen",
                arrange=_zone_is_well,
                found="down dns/dns_timeout",
                says=(f"ns3.{CHILD}", "did not answer"),
                frozen="nsd",
            ),
            State(
                name="a server has stopped, and two are enough",
                arrange=_enough_are_well,
                found="degraded refused",
                says=(f"ns3.{CHILD}",),
            ),
            State(
                name="a secondary can no longer fetch the zone",
                arrange=_secondary_is_stale,
                found="degraded serial_behind",
                says=(f"ns2.{CHILD}", "2026112201", "2026112301"),
            ),
            State(
                name="a server gives another answer under the same serial",
                arrange=_answers_are_split,
                found="down content/answers_differ",
                says=(f"ns3.{CHILD}", "192.0.2.99 instead of 192.0.2.81", f"unlike ns1.{CHILD}"),
            ),
            State(
                name="a server does not serve the zone",
                arrange=_server_is_lame,
                found="down dns/dns_refused",
                says=(f"ns3.{CHILD}", "REFUSED"),
            ),
            State(
                name="a secondary never got the zone",
                arrange=_server_has_no_copy,
                found="down dns/servfail",
                says=(f"ns2.{CHILD}", "SERVFAIL"),
            ),
            State(
                name="a resolver stands where a server should be",
                arrange=_server_only_resolves,
                found="down dns/dns_refused",
                says=(f"ns3.{CHILD}", "REFUSED"),
            ),
            State(
                name="the parent names other servers than the zone",
                arrange=_delegation_differs,
                found="degraded delegation_differs",
                says=(f"ns3.{CHILD}",),
            ),
            State(
                name="the parent has an old address of a server",
                arrange=_glue_differs,
                found="degraded glue_differs",
                says=(f"ns2.{CHILD}",),
            ),
            State(
                name="a server has stopped that the parent does not name",
                arrange=_unnamed_has_stopped,
                found="down dns/refused",
                says=(f"ns3.{CHILD}", "refused"),
            ),
            State(
                name="the parent cannot be asked, and the zone is well",
                arrange=_parent_has_stopped,
                found="up",
                says=("3 servers", "the parent could not be asked"),
            ),
            State(
                name="the parent does not know the zone",
                arrange=_no_delegation,
                found="down dns/no_delegation",
                says=(CHILD,),
            ),
            State(
                name="the signatures ended at one server",
                arrange=_signatures_ended_at_one,
                found="down dnssec/signature_expired",
                says=(f"ns2.{CHILD}", "3 h ago"),
            ),
            State(
                name="the signatures end soon",
                arrange=_signatures_end_soon,
                found="degraded signature_expires_soon",
                says=("4",),
            ),
            State(
                name="the parent vouches for a key that the zone does not have",
                arrange=_wrong_ds,
                found="down dnssec/bogus",
                says=("DS",),
            ),
            State(
                name="the zone is not signed, and should be",
                arrange=_unsigned,
                found="down dnssec/unsigned",
                says=(),
            ),
        ),
    ),
    Chapter(
        title="Questions",
        text="One question to one server, and what the whole answer must be.",
        states=(
            State(
                name="the records are as expected",
                arrange=_knot_alone(equals=("192.0.2.81", "192.0.2.80"), ttl_at_least="5m"),
                found="up",
                says=("192.0.2.80, 192.0.2.81",),
            ),
            State(
                name="a record that nobody expects",
                arrange=_knot_alone(equals="192.0.2.80"),
                found="down content/wrong_answer",
                says=("unexpected: 192.0.2.81",),
            ),
            State(
                name="one of the records is not allowed",
                arrange=_knot_alone(one_of="192.0.2.80"),
                found="down content/wrong_answer",
                says=("192.0.2.81",),
            ),
            State(
                name="a record that must not be there",
                arrange=_knot_alone(none_of="192.0.2.81"),
                found="down content/wrong_answer",
                says=("192.0.2.81",),
            ),
            State(
                name="another number of records",
                arrange=_knot_alone(count="3"),
                found="down content/wrong_answer",
                says=("2", "3"),
            ),
            State(
                name="no record matches",
                arrange=_knot_alone(matches="^198"),
                found="down content/wrong_answer",
                says=("^198",),
            ),
            State(
                name="too short a time to live",
                arrange=_knot_without_ttl,
                found="down content/ttl_too_low",
                says=("60",),
            ),
            State(
                name="a name that does not exist",
                arrange=_knot_alone(name=f"nowhere.{ZONE}"),
                found="down dns/wrong_rcode",
                says=("NXDOMAIN",),
            ),
            State(
                name="a name that does not exist, as it should be",
                arrange=_knot_alone(name=f"nowhere.{ZONE}", rcode="NXDOMAIN"),
                found="up",
                says=("NXDOMAIN",),
            ),
            State(
                name="an alias that leads back to itself",
                arrange=_knot_alone(name=f"ring.{ZONE}"),
                found="down content/wrong_answer",
                says=("leads back",),
            ),
            State(
                name="an answer too long for a datagram, fetched over TCP",
                arrange=_knot_alone(name=f"story.{ZONE}", kind="TXT", count="12"),
                found="up",
                says=("000 xxx", "and 7 more"),
            ),
            State(
                name="an answer from memory, where the zone's own server should speak",
                arrange=_resolved(aa="true"),
                found="down dns/not_authoritative",
                says=("AA",),
            ),
            State(
                name="an answer that was validated by the resolver",
                arrange=_resolved(ad="true"),
                found="up",
                says=("192.0.2.80",),
            ),
            State(
                name="an answer that the resolver does not vouch for",
                arrange=_knot_alone(ad="true"),
                found="down dnssec/not_authenticated",
                says=("AD",),
            ),
            State(
                name="an answer that a validating resolver refuses",
                arrange=_resolved(name=f"ns.{BROKEN}".removesuffix(".")),
                found="down dns/wrong_rcode",
                says=("SERVFAIL",),
            ),
            State(
                name="signatures that are valid up to the anchor",
                arrange=_validated(),
                found="up",
                says=("signed", "valid"),
            ),
            State(
                name="signatures that have ended",
                arrange=_validated_too_late,
                found="down dnssec/signature_expired",
                says=("3 h ago",),
            ),
            State(
                name="a key that the parent does not vouch for",
                arrange=_validated(name=f"ns.{BROKEN}".removesuffix(".")),
                found="down dnssec/bogus",
                says=("DS",),
            ),
            State(
                name="a server that does not answer",
                arrange=_knot_alone(),
                found="down dns/dns_timeout",
                says=("did not answer",),
                frozen="knot",
            ),
        ),
    ),
    Chapter(
        title="Resolvers",
        text="A resolver must find what is there, deny what is not, and refuse what is forged.",
        states=(
            State(
                name="all is well",
                arrange=_recursive(),
                found="up",
                says=("NXDOMAIN", "validates"),
            ),
            State(
                name="it has stopped",
                arrange=_resolver_has_stopped,
                found="down dns/refused",
                says=("refused",),
            ),
            State(
                name="it is frozen",
                arrange=_recursive(),
                found="down dns/dns_timeout",
                says=("did not answer",),
                frozen="resolver",
            ),
            State(
                name="it sends what does not exist to a page of its own",
                arrange=_recursive(
                    more='    local-zone: "invalid." redirect\n'
                    '    local-data: "invalid. A 192.0.2.66"'
                ),
                found="down content/hijacked",
                says=("192.0.2.66",),
            ),
            State(
                name="all is well, over TLS",
                arrange=_under_tls(Authority.good),
                found="up",
                says=("192.0.2.80", "NXDOMAIN"),
            ),
            State(
                name="its certificate has expired",
                arrange=_under_tls(Authority.expired),
                found="down tls/certificate_expired",
                says=("expired",),
            ),
            State(
                name="it does not validate",
                arrange=_recursive(anchored=False),
                found="down dnssec/not_validating",
                says=(BROKEN,),
            ),
        ),
    ),
)


def states() -> Iterator[State]:
    """Give every state of every chapter."""
    for chapter in CHAPTERS:
        yield from chapter.states
