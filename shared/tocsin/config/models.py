"""The shape of monitors.yaml.

Each field reads itself (see `fields`); what several fields must agree on is in `rules`.
"""

from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Discriminator
from pydantic import Tag as Label
from pydantic.json_schema import SkipJsonSchema

from tocsin.config import fields
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.jobs import HeartbeatMonitor
from tocsin.config.maintenance import Windows
from tocsin.config.naming import DnsMonitor, ResolverMonitor, ZoneMonitor
from tocsin.config.pages import HttpMonitor
from tocsin.config.ports import ServiceMonitor, TcpMonitor
from tocsin.config.settings import LocationModel, MonitorSettings, Settings
from tocsin.config.shape import Strict
from tocsin.domain.target import Kind

KINDLESS = "kindless"
SERVICE = "service"
KINDS = (SERVICE, *map(str, Kind))
"""The keys that name the kind of a monitor; a service is checked as the TCP port that it is."""


def _or_empty(value: object) -> object:
    """Let `eu-west-1:` stand for `eu-west-1: {}`."""
    return {} if value is None else value


class KindlessMonitor(MonitorSettings):
    """A monitor without a kind: refused later, when all else that is wrong with it is known."""


def kind_of(value: object) -> str:
    """Find the key that names the kind of a monitor: the first, should there be several.

    `resolver` comes last, for a zone has such a key too.
    """
    found = [key for key in value if key in KINDS] if isinstance(value, dict) else []
    return min(found, key=lambda key: key == Kind.RESOLVER, default=KINDLESS)


type Watching = (
    ServiceMonitor
    | TcpMonitor
    | HttpMonitor
    | DnsMonitor
    | ZoneMonitor
    | ResolverMonitor
    | IcmpMonitor
    | HeartbeatMonitor
)
"""Every kind of monitor that there is."""

type AnyMonitor = Annotated[
    Annotated[ServiceMonitor, Label(SERVICE)]
    | Annotated[TcpMonitor, Label(Kind.TCP)]
    | Annotated[HttpMonitor, Label(Kind.HTTP)]
    | Annotated[DnsMonitor, Label(Kind.DNS)]
    | Annotated[ZoneMonitor, Label(Kind.ZONE)]
    | Annotated[ResolverMonitor, Label(Kind.RESOLVER)]
    | Annotated[IcmpMonitor, Label(Kind.ICMP)]
    | Annotated[HeartbeatMonitor, Label(Kind.HEARTBEAT)]
    | Annotated[SkipJsonSchema[KindlessMonitor], Label(KINDLESS)],
    Discriminator(kind_of),
]


MODELS: MappingProxyType[str, type[MonitorSettings]] = MappingProxyType(
    {
        SERVICE: ServiceMonitor,
        Kind.TCP: TcpMonitor,
        Kind.HTTP: HttpMonitor,
        Kind.DNS: DnsMonitor,
        Kind.ZONE: ZoneMonitor,
        Kind.RESOLVER: ResolverMonitor,
        Kind.ICMP: IcmpMonitor,
        Kind.HEARTBEAT: HeartbeatMonitor,
        KINDLESS: KindlessMonitor,
    }
)


class File(Strict):
    """The whole of monitors.yaml."""

    locations: dict[fields.LocationName, Annotated[LocationModel, BeforeValidator(_or_empty)]]
    """From where is watched, by name: an AWS region, or what you call an agent or a network."""
    defaults: Annotated[Settings, BeforeValidator(_or_empty)] = Settings()
    """What every monitor has that does not say otherwise."""
    monitors: dict[fields.MonitorName, AnyMonitor]
    """What is watched, by a name of lower-case letters, digits, dots, hyphens, underscores."""
    maintenance: Windows = ()
    """When alerts are held: a list of windows."""
