"""A parent zone and a child: as text, signed, and signed badly.

dnspython signs, so that a test can choose when the signatures end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import dns.dnssec
import dns.name
import dns.rdata
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm, DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY

PARENT: Final = "example."
CHILD: Final = "shop.example."
TTL: Final = 300
LASTING: Final = timedelta(days=30)
_ZONE_KEY: Final = 257
"""Flags of a key that signs keys (RFC 4034, 2.1.1)."""


class Key:
    """One key that signs a whole zone."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def public(self) -> DNSKEY:
        key = self._private.public_key()
        return dns.dnssec.make_dnskey(key, Algorithm.ECDSAP256SHA256, flags=_ZONE_KEY)

    def ds(self, zone: str) -> str:
        """Give the DS record that the parent publishes."""
        name = dns.name.from_text(zone)
        return dns.dnssec.make_ds(name, self.public, DSDigest.SHA256).to_text()

    def sign(self, zone: dns.zone.Zone, begin: datetime, end: datetime) -> None:
        """Sign a zone in place."""
        with zone.writer() as transaction:
            dns.dnssec.sign_zone(
                zone,
                transaction,
                keys=[(self._private, self.public)],
                inception=begin,
                expiration=end,
                dnskey_ttl=TTL,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a zone says of itself: `servers` by name with their addresses, and `records`."""

    name: str
    serial: int
    servers: Mapping[str, Sequence[str]]
    records: Sequence[str] = field(default=())

    def text(self, key: Key | None = None, *, ends: timedelta = LASTING) -> str:
        """Give the zone as a file; signed, where there is a key, so that it `ends` from now."""
        zone = dns.zone.from_text("\n".join(self._lines()), origin=self.name, relativize=False)
        if key is not None:
            end = datetime.now(UTC) + ends
            # An hour of spare on both sides of the beginning, for those who sign in the past.
            key.sign(zone, min(datetime.now(UTC), end) - timedelta(days=20), end)
        return str(zone.to_text(relativize=False))

    def _lines(self) -> Sequence[str]:
        first = min(self.servers)
        return [
            f"$TTL {TTL}",
            f"@ SOA {first} hostmaster.{self.name} {self.serial} 3600 600 86400 {TTL}",
            *(f"@ NS {server}" for server in self.servers),
            *(
                f"{server} {'AAAA' if ':' in address else 'A'} {address}"
                for server, addresses in self.servers.items()
                for address in addresses
                if server.endswith(f".{self.name}")
            ),
            *self.records,
        ]


def delegation(
    servers: Mapping[str, Sequence[str]], ds: Sequence[str] = (), zone: str = CHILD
) -> list[str]:
    """Give what the parent says of a child: its servers, their glue, the keys that it vouches."""
    return [
        *(f"{zone} NS {server}" for server in servers),
        *(f"{name} A {address}" for name, found in servers.items() for address in found),
        *(f"{zone} DS {record}" for record in ds),
    ]
