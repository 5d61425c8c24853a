"""A parent, a child on three servers, and a resolver: put up as a test wants them, one at a time.

The child is delegated to Knot, BIND and NSD. BIND listens only at addresses that an interface has,
so it is the one at 127.0.0.1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.programs.certificates import Certificate
from tests.programs.nameservers import servers
from tests.programs.nameservers.servers import Spot
from tests.programs.nameservers.zones import CHILD, LASTING, PARENT, Content, Key, delegation
from tests.programs.programs import HERE, Program

PARENT_AT: Final = "127.53.0.1"
RESOLVER_AT: Final = "127.53.0.2"
KNOT_AT: Final = "127.53.0.11"
BIND_AT: Final = HERE
NSD_AT: Final = "127.53.0.13"
NOBODY_AT: Final = "127.53.0.99"

SERVERS: Final[Mapping[str, Sequence[str]]] = {
    f"ns1.{CHILD}": (KNOT_AT,),
    f"ns2.{CHILD}": (BIND_AT,),
    f"ns3.{CHILD}": (NSD_AT,),
}
RECORDS: Final = (
    "www 300 A 192.0.2.80",
    "www 300 A 192.0.2.81",
    "alias 300 CNAME www",
    "ring 300 CNAME round",
    "round 300 CNAME ring",
    "@ 300 MX 10 mail",
    "mail 60 A 192.0.2.25",
    *(f'story 300 TXT "{chapter:03} {"x" * 200}"' for chapter in range(12)),
)
SERIAL: Final = 2026112301
BEFORE: Final = Content(name=CHILD, serial=2026112201, servers=SERVERS, records=RECORDS)
"""The child as it was yesterday."""
NOW: Final = replace(BEFORE, serial=SERIAL)
BROKEN: Final = "broken.example."
"""Another child, on NSD alone: the parent vouches for a key that it does not have."""


class Bed:
    """Servers at one port, each at an address of its own; the caller stops them."""

    def __init__(self, make_folder: Callable[[], Path], port: int) -> None:
        self.port = port
        self.parents_key, self.childs_key, self._strange_key = Key(), Key(), Key()
        self.programs: dict[str, Program] = {}
        self._make_folder = make_folder

    def stop(self) -> None:
        """Stop all that was started."""
        for program in self.programs.values():
            program.stop()

    def where(self, address: str) -> str:
        """Give an address with the port of all."""
        return f"{address}:{self.port}"

    def kept(self, name: str, text: bytes) -> Path:
        """Keep a file for whoever checks."""
        path = self._make_folder() / name
        path.write_bytes(text)
        return path

    def signed(self, content: Content = NOW, *, ends: timedelta = LASTING) -> str:
        """Give the child, signed by its own key."""
        return content.text(self.childs_key, ends=ends)

    def parent(
        self,
        child: Sequence[str] | None = None,
        *,
        ds: bool | Key = True,
        servers_: Mapping[str, Sequence[str]] = SERVERS,
    ) -> None:
        """Put up the parent; what it says of the child may be told, or which key it vouches for."""
        key = ds if isinstance(ds, Key) else self.childs_key
        said = delegation(servers_, [key.ds(CHILD)] if ds else []) if child is None else child
        alone = {f"ns.{BROKEN}": [NSD_AT]}
        broken = delegation(alone, [self._strange_key.ds(BROKEN)], BROKEN)
        content = Content(
            name=PARENT,
            serial=1,
            servers={f"a.nic.{PARENT}": [PARENT_AT]},
            records=[*said, *broken, "unsigned 300 A 192.0.2.1"],
        )
        text = content.text(self.parents_key)
        self._start("parent", servers.knot(self._spot(PARENT_AT), {PARENT: text}))

    def strange(self) -> Key:
        """Give a key that the child does not have."""
        return self._strange_key

    def knot(self, text: str | None = None, *, transfers: bool = True) -> None:
        """Put up the primary."""
        text = self.signed() if text is None else text
        allowed = BIND_AT if transfers else NOBODY_AT
        self._start("knot", servers.knot(self._spot(KNOT_AT), {CHILD: text}, allowed))

    def bind(self, copy: str | None) -> None:
        """Put up a secondary of it, with the copy that it has kept, if any."""
        self._start("bind", servers.bind(self._spot(BIND_AT), {CHILD: copy}, KNOT_AT))

    def nsd(self, text: str | None) -> None:
        """Put up a server that is fed from a file; without the child where there is no text."""
        alone = Content(name=BROKEN, serial=1, servers={f"ns.{BROKEN}": [NSD_AT]})
        zones = {BROKEN: alone.text(self.childs_key)}
        if text is not None:
            zones[CHILD] = text
        self._start("nsd", servers.nsd(self._spot(NSD_AT), zones))

    def child(self, text: str | None = None) -> None:
        """Put up all three, with the same zone."""
        text = self.signed() if text is None else text
        self.knot(text)
        self.bind(text)
        self.nsd(text)

    def resolver(
        self, *, more: str = "", anchored: bool = True, certificate: Certificate | None = None
    ) -> None:
        """Put up Unbound, which knows where the parent and the child are."""
        spot = self._spot(RESOLVER_AT)
        lines = [more]
        if anchored:
            lines.append(f'    trust-anchor: "{PARENT} DS {self.parents_key.ds(PARENT)}"')
        if certificate is not None:
            key = spot.write("key.pem", certificate.key.decode())
            chain = spot.write("chain.pem", certificate.chain.decode())
            lines.append(
                f"    interface: {spot.address}@{self.port + 1}\n    tls-port: {self.port + 1}\n"
                f'    tls-service-key: "{key}"\n    tls-service-pem: "{chain}"'
            )
        stubs = {PARENT: PARENT_AT, CHILD: KNOT_AT, BROKEN: NSD_AT}
        self._start("resolver", servers.unbound(spot, stubs, more="\n".join(lines)))

    def _spot(self, address: str) -> Spot:
        return Spot(folder=self._make_folder(), address=address, port=self.port)

    def _start(self, name: str, program: Program) -> None:
        self.programs[name] = program
        program.start()
