"""OpenVPN over TCP, and ocserv, which speaks Cisco's AnyConnect."""

from typing import Final

from tests.programs.declaration import Declaration, Offer, Place
from tests.programs.programs import HERE, found


def _openvpn(place: Place) -> list[str]:
    openvpn = found("openvpn", "openvpn")
    if "tls-crypt" in place.more:
        place.prepare(openvpn, "--genkey", "tls-crypt", f"{place.folder}/shared.key")
    more = [f"tls-crypt {place.folder}/shared.key" if m == "tls-crypt" else m for m in place.more]
    # The mode `server` wants a tun device and the right to make one; a peer in the point-to-point
    # mode begins its session alike, but after it is deaf for a second or more.
    place.write(
        "openvpn.conf",
        f"""
tls-server
dev null
proto tcp-server
local {HERE}
port {place.ports["plain"]}
ca {place.authority}
cert {place.chain}
key {place.key}
dh none
{"\n".join(more)}
""",
    )
    return [openvpn, "--config", f"{place.folder}/openvpn.conf"]


def _ocserv(place: Place) -> list[str]:
    place.write("users", "")
    place.write(
        "ocserv.conf",
        f"""
auth = "plain[passwd={place.folder}/users]"
listen-host = {HERE}
tcp-port = {place.ports["direct"]}
server-cert = {place.chain}
server-key = {place.key}
run-as-user = nobody
run-as-group = nogroup
socket-file = {place.folder}/socket
pid-file = {place.folder}/pid
isolate-workers = false
cisco-client-compat = true
device = vpns
ipv4-network = 192.0.2.0/28
{place.lines}
""",
    )
    return [found("ocserv", "ocserv"), "-f", "-c", f"{place.folder}/ocserv.conf"]


OPENVPN: Final = Declaration(
    name="openvpn",
    command=_openvpn,
    one_session=True,
    offers=(Offer(service="openvpn", mode="plain", says="speaks openvpn"),),
)
OCSERV: Final = Declaration(
    name="ocserv",
    command=_ocserv,
    as_root=True,
    offers=(Offer(service="anyconnect", mode="direct", says="status 200", port="direct"),),
)
