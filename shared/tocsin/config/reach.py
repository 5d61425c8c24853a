"""Rules on what a location can reach: AWS blocks port 25, and private networks are private."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.config.address import endpoint, seclusion
from tocsin.config.configuration import LocationKind
from tocsin.config.draft import Draft
from tocsin.config.fault import listed, shown
from tocsin.config.finding import Finding
from tocsin.config.models import DnsMonitor, HttpMonitor, ServiceMonitor, TcpMonitor
from tocsin.config.requests import host_and_port

SMTP = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    """Whom a check connects to, and where the file says so."""

    path: tuple[str, ...]
    host: str
    port: int


def port_open_from_lambda(draft: Draft) -> Iterator[Finding]:
    """Refuse port 25 from Lambda, which AWS blocks: https://aws.amazon.com/lambda/faqs/."""
    peer = _peer(draft)
    if peer is None or peer.port != SMTP or not draft.public or not draft.sound("locations"):
        return
    yield Finding(
        place=draft.at(*(("port",) if draft.own("port") else peer.path)),
        code="port_25",
        message=f"AWS blocks port 25 for Lambda: {_blind(draft)} would call a healthy server down",
        fix=_from_an_agent(draft),
    )


def target_is_public(draft: Draft) -> Iterator[Finding]:
    """Refuse targets that are not on the internet for locations that see nothing else."""
    peer = _peer(draft)
    word = seclusion(peer.host) if peer else None
    if peer is None or word is None or not draft.public or not draft.sound("locations"):
        return
    yield Finding(
        place=draft.at(*peer.path),
        code="private_target",
        message=f"{shown(peer.host)} is {word}, out of reach of {_blind(draft)}",
        fix=_from_an_agent(draft),
    )


def _peer(draft: Draft) -> _Peer | None:
    match draft.model:
        case TcpMonitor(tcp=(host, port)):
            return _Peer(path=("tcp",), host=host, port=port)
        case ServiceMonitor(endpoint=(host, port)):
            return _Peer(path=("host",), host=host, port=port)
        case HttpMonitor(http=url):
            host, port = host_and_port(url)
            return _Peer(path=("http",), host=host, port=port)
        case DnsMonitor() if (server := draft.model.dns.resolver) is not None:
            host, port = endpoint(server) if _has_port(server) else (server, 53)
            return _Peer(path=("dns", "resolver"), host=host, port=port)
        case _:
            return None


def _has_port(server: str) -> bool:
    return server.startswith("[") or server.count(":") == 1


def _blind(draft: Draft) -> str:
    return listed(draft.public, "and")


def _from_an_agent(draft: Draft) -> str:
    agents = [name for name, kind in draft.places.items() if kind is LocationKind.AGENT]
    if agents:
        return f"Watch it from an agent: `locations: [{', '.join(agents)}]`"
    return "Watch it from an agent: add `office: {kind: agent}` to `locations` and name it here"
