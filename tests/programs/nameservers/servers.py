"""Knot, BIND, NSD and Unbound, each at an address of its own and all at one port."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

from tests.programs.programs import Answers, Program, found

SOON_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a server is put: an empty folder, an address and a port."""

    folder: Path
    address: str
    port: int

    def write(self, name: str, content: str) -> Path:
        """Write a file that the server can read and replace."""
        path = self.folder / name
        path.write_text(content)
        path.chmod(0o666)
        return path


def knot(spot: Spot, zones: Mapping[str, str], transfers_to: str | None = None) -> Program:
    """Serve zones from files, and let one address fetch them."""
    rules = [f"acl:\n  - id: all\n    address: {transfers_to}\n    action: transfer"]
    entries = []
    for number, (name, text) in enumerate(zones.items()):
        spot.write(f"{number}.zone", text)
        acl = "\n    acl: all" if transfers_to else ""
        entries.append(f"  - domain: {name}\n    file: {spot.folder}/{number}.zone{acl}")
    text = f"""
server:
    rundir: {spot.folder}
    listen: {spot.address}@{spot.port}
    nsid: {spot.address}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {spot.folder}
log:
  - target: stderr
    any: notice
{rules[0] if transfers_to else ""}
template:
  - id: default
    storage: {spot.folder}
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
{chr(10).join(entries)}
"""
    path = spot.write("knot.conf", text)
    return _program(spot, [found("knotd", "knot"), "-c", str(path)])


def bind(spot: Spot, zones: Mapping[str, str | None], primary: str | None = None) -> Program:
    """Serve zones; with a `primary`, as its secondary, from the copy that is given (or none)."""
    entries = []
    for number, (name, text) in enumerate(zones.items()):
        file = f"{spot.folder}/{number}.zone"
        if text is not None:
            spot.write(f"{number}.zone", text)
        source = f"primaries port {spot.port} {{ {primary}; }};" if primary else ""
        kind = "secondary" if primary else "primary"
        entries.append(
            f'zone "{name}" {{ type {kind}; file "{file}"; {source}'
            + (" masterfile-format text;" if primary else " check-names ignore;")
            + " };"
        )
    text = f"""
options {{
    directory "{spot.folder}";
    pid-file none;
    session-keyfile none;
    managed-keys-directory "{spot.folder}";
    listen-on port {spot.port} {{ {spot.address}; }};
    listen-on-v6 {{ none; }};
    query-source address {spot.address};
    transfer-source {spot.address};
    server-id "{spot.address}";
    recursion no;
    notify no;
    dnssec-validation no;
    allow-transfer {{ none; }};
    allow-query {{ any; }};
    min-refresh-time 1;
    min-retry-time 1;
    empty-zones-enable no;
}};
controls {{ }};
{chr(10).join(entries)}
"""
    path = spot.write("named.conf", text)
    command = [found("named", "bind9"), "-f", "-g", "-n", "1", "-U", "1", "-c", str(path)]
    return _program(spot, command)


def nsd(spot: Spot, zones: Mapping[str, str]) -> Program:
    """Serve zones from files."""
    entries = []
    for number, (name, text) in enumerate(zones.items()):
        file = spot.write(f"{number}.zone", text)
        entries.append(f'zone:\n    name: "{name}"\n    zonefile: "{file}"')
    text = f"""
server:
    ip-address: {spot.address}@{spot.port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{spot.folder}"
    database: ""
    pidfile: "{spot.folder}/nsd.pid"
    xfrdfile: "{spot.folder}/xfrd.state"
    zonelistfile: "{spot.folder}/zone.list"
    xfrdir: "{spot.folder}"
    nsid: "ascii_{spot.address}"
    hide-version: no
remote-control:
    control-enable: no
{chr(10).join(entries)}
"""
    path = spot.write("nsd.conf", text)
    return _program(spot, [found("nsd", "nsd"), "-d", "-c", str(path)])


def unbound(spot: Spot, stubs: Mapping[str, str], *, more: str = "") -> Program:
    """Resolve: `stubs` are the zones that it knows, with the address of a server of each."""
    entries = "\n".join(
        f'stub-zone:\n    name: "{zone}"\n    stub-addr: {address}@{spot.port}'
        for zone, address in stubs.items()
    )
    text = f"""
server:
    interface: {spot.address}@{spot.port}
    access-control: 127.0.0.0/8 allow
    outgoing-interface: {spot.address}
    do-not-query-localhost: no
    do-daemonize: no
    do-ip6: no
    num-threads: 1
    username: ""
    chroot: ""
    directory: "{spot.folder}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    module-config: "validator iterator"
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    infra-host-ttl: 0
    domain-insecure: "unsigned.example"
{more}
remote-control:
    control-enable: no
{entries}
"""
    path = spot.write("unbound.conf", text)
    return _program(spot, [found("unbound", "unbound"), "-d", "-p", "-c", str(path)])


def _program(spot: Spot, command: list[str]) -> Program:
    # Listening sockets are looked for where they are, by asking.
    return Program(
        command,
        spot.folder,
        ports={"plain": spot.port},
        host=spot.address,
        answers=_answers(spot),
    )


def _answers(spot: Spot) -> Answers:
    """Tell when it says anything to a question: also a refusal is a sign of life."""

    def asked(port: int) -> bool:
        query = dns.message.make_query("id.server", "TXT", "CH")
        try:
            dns.query.udp(query, spot.address, port=port, timeout=SOON_S)
        except (OSError, dns.exception.DNSException):
            return False
        return True

    return asked
