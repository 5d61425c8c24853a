"""All exchanges, by group of services."""

from tests.services.exchange import Exchange
from tests.services.recorded.databases import DATABASES
from tests.services.recorded.devices import DEVICES
from tests.services.recorded.directories import DIRECTORIES
from tests.services.recorded.mail import MAIL
from tests.services.recorded.messaging import MESSAGING
from tests.services.recorded.other import OTHER
from tests.services.recorded.remote import REMOTE
from tests.services.recorded.vpn import HOST, VPN

__all__ = ["EXCHANGES", "HOST"]

EXCHANGES: tuple[Exchange, ...] = (
    *VPN,
    *DATABASES,
    *MAIL,
    *DIRECTORIES,
    *REMOTE,
    *DEVICES,
    *MESSAGING,
    *OTHER,
)
