"""Knot DNS, and Net-SNMP's agent."""

from typing import Final

import dns.exception
import dns.message
import dns.query

from tests.programs import configs
from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found


def _knot(place: Place) -> list[str]:
    place.write("zone", configs.zone())
    path = place.write("knot.conf", configs.knot(place.folder, place.ports["plain"]))
    return [found("knotd", "knot"), "-c", str(path)]


def _knows_its_zone(port: int) -> bool:
    query = dns.message.make_query(configs.ZONE, "SOA")
    try:
        return bool(dns.query.udp(query, HERE, port=port, timeout=0.5).answer)
    except (OSError, dns.exception.DNSException):
        return False


def _snmpd(place: Place) -> list[str]:
    # Not snmpd.conf: under that name it keeps, in the same folder, what it should not forget.
    path = place.write(
        "agent.conf",
        f"""
agentaddress tcp:{HERE}:{place.ports["plain"]}
rocommunity public
sysdescr a machine of the tests
{place.lines}
""",
    )
    # Without -smux it would try to listen for subagents on a port of its own.
    quiet = ["-Lo", "-I", "-smux", "-C", "-p", f"{place.folder}/pid"]
    return [found("snmpd", "snmpd"), "-f", *quiet, "-c", str(path)]


KNOT: Final = Declaration(
    name="knot",
    command=_knot,
    answers=_knows_its_zone,
    offers=(Offer(service="dns-tcp", mode="plain", says="speaks dns-tcp"),),
)
SNMPD: Final = Declaration(
    name="snmpd",
    command=_snmpd,
    environment={"SNMP_PERSISTENT_DIR": "{folder}", "MIBS": ""},
    offers=(Offer(service="snmp", mode="plain", says="a machine of the tests"),),
)
