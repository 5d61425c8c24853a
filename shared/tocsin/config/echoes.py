"""The shape of monitors of ICMP: a host that must answer echo requests."""

from tocsin.config import fields
from tocsin.config.settings import MonitorSettings
from tocsin.config.shape import Strict
from tocsin.domain.target import Family, IcmpTarget


class IcmpExpectation(Strict):
    """How well a host must answer."""

    loss: fields.Percent = 50
    """How many requests may stay unanswered, in percent."""
    rtt: fields.Threshold = None
    """The longest mean round trip: 200ms."""


class IcmpMonitor(MonitorSettings):
    """A host that must answer echo requests (ping); only agents can send them."""

    icmp: fields.EchoHost
    """A name or an address."""
    count: fields.Echoes = 4
    """How many requests an attempt sends: 1 to 20."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    expect: IcmpExpectation = IcmpExpectation()
    """How well it must answer."""

    def target(self) -> IcmpTarget:
        """Give what is checked."""
        return IcmpTarget(
            host=self.icmp,
            count=self.count,
            loss=self.expect.loss,
            rtt=self.expect.rtt,
            family=self.family,
        )
