"""Rules on what a location can reach: AWS blocks port 25, and private networks are private."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.config import servers
from tocsin.config.address import seclusion
from tocsin.config.configuration import LocationKind
from tocsin.config.draft import Draft
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.fault import listed, shown
from tocsin.config.finding import Finding
from tocsin.config.naming import DnsMonitor, ResolverMonitor, ZoneMonitor
from tocsin.config.pages import HttpMonitor
from tocsin.config.ports import ServiceMonitor, TcpMonitor
from tocsin.config.requests import host_and_port

SMTP = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    """Whom a check connects to, and where the file says so."""

    path: tuple[str | int, ...]
    host: str
    port: int


def port_open_from_lambda(draft: Draft) -> Iterator[Finding]:
    """Refuse port 25 from Lambda, which AWS blocks: https://aws.amazon.com/lambda/faqs/."""
    for peer in _peers(draft) if draft.public and draft.sound("locations") else ():
        if peer.port != SMTP or isinstance(draft.model, DnsMonitor | ResolverMonitor | ZoneMonitor):
            continue
        message = f"AWS blocks port 25 for Lambda: {_blind(draft)} would call a healthy server down"
        yield Finding(
            place=draft.at(*(("port",) if draft.own("port") else peer.path)),
            code="port_25",
            message=message,
            fix=_from_an_agent(draft),
        )


def target_is_public(draft: Draft) -> Iterator[Finding]:
    """Refuse targets that are not on the internet for locations that see nothing else."""
    for peer in _peers(draft) if draft.public and draft.sound("locations") else ():
        if (word := seclusion(peer.host)) is not None:
            yield Finding(
                place=draft.at(*peer.path),
                code="private_target",
                message=f"{shown(peer.host)} is {word}, out of reach of {_blind(draft)}",
                fix=_from_within(draft),
            )


def echoes_need_an_agent(draft: Draft) -> Iterator[Finding]:
    """Refuse ICMP from Lambda, which lets nobody have a socket for it."""
    if not isinstance(draft.model, IcmpMonitor) or not draft.sound("locations"):
        return
    functions = (LocationKind.LAMBDA, LocationKind.VPC)
    unfit = tuple(name for name in draft.locations if draft.places.get(name) in functions)
    if unfit:
        yield Finding(
            place=draft.at("icmp"),
            code="icmp_from_lambda",
            message=f"Lambda has no sockets for ICMP: {listed(unfit, 'and')} cannot send an echo",
            fix=_from_an_agent(draft),
        )


def _peers(draft: Draft) -> Iterator[_Peer]:
    """Give everyone whom the file tells a check to connect to."""
    match draft.model:
        case TcpMonitor(tcp=(host, port)):
            yield _Peer(path=("tcp",), host=host, port=port)
        case ServiceMonitor(endpoint=(host, port)):
            yield _Peer(path=("host",), host=host, port=port)
        case HttpMonitor(http=url):
            host, port = host_and_port(url)
            yield _Peer(path=("http",), host=host, port=port)
        case DnsMonitor() as model if model.dns.resolver is not None:
            yield _server(model.dns.resolver, "dns", "resolver")
        case ResolverMonitor(resolver=server):
            yield _server(server, "resolver")
        case ZoneMonitor() as model:
            for index, parent in enumerate(model.parents):
                yield _server(parent, "parents", index)
            if model.resolver is not None:
                yield _server(model.resolver, "resolver")


def _server(written: str, *path: str | int) -> _Peer:
    host, port = servers.parsed(written).endpoint
    return _Peer(path=path, host=host, port=port)


def _blind(draft: Draft) -> str:
    return listed(draft.public, "and")


def _from_an_agent(draft: Draft) -> str:
    agents = draft.named(LocationKind.AGENT)
    if agents:
        return f"Watch it from an agent: `locations: [{', '.join(agents)}]`"
    return "Watch it from an agent: add `office: {kind: agent}` to `locations` and name it here"


def _from_within(draft: Draft) -> str:
    """Point at an agent, or else at a function in the network."""
    networks = draft.named(LocationKind.VPC)
    if networks and not draft.named(LocationKind.AGENT):
        return f"Watch it from that network: `locations: [{', '.join(networks)}]`"
    return _from_an_agent(draft)
