"""Ask every server of a zone, at each of its addresses, and see that all of them agree.

What the parent says is held against what the child says, and each server against the others. How
late an old serial is cannot be seen from one place at one time: the serials go into the outcome,
and `tocsin.domain.zones` judges them where all locations are known.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.asking import Asking
from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.delegation import Delegation, delegated
from tocsin.checks.dial import Dialer
from tocsin.checks.expectation import folded, listed
from tocsin.checks.failure import ABSTAINING, CheckFailedError, quoted
from tocsin.checks.finding import Finding, ordered
from tocsin.checks.wire import Answer, Record
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.questions import Dnssec, ZoneTarget
from tocsin.domain.target import Family
from tocsin.domain.zones import behind, newest

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY
    from dns.rdtypes.ANY.NS import NS
    from dns.rdtypes.ANY.SOA import SOA

BUDGET: Final = 39
"""Questions of one attempt, where the zone has no more servers than most have."""
NAMES: Final = 16
PLACES: Final = 24
"""Names and addresses of servers that are looked at; a zone rarely has more than 13."""
_SHOWN: Final = 3

type Comparison = tuple[Name, RdataType]


@dataclass(slots=True)
class Server:
    """A server at one of its addresses, and what it said."""

    name: Name
    address: str
    soa: Answer | None = None
    serial: int | None = None
    names: frozenset[Name] | None = None
    said: dict[Comparison, frozenset[str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Tell it from all others."""
        return f"{self.name} {self.address}"

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, ZoneTarget):
        raise TypeError(f"{monitor.id} is not a zone monitor")
    return await attempted(monitor.timeout, partial(_seen, monitor, monitor.target, dialer), clock)


async def _seen(monitor: Monitor, target: ZoneTarget, dialer: Dialer, attempt: Attempt) -> str:
    visit = _Visit(target, dialer, attempt)
    try:
        findings = await visit.findings(attempt.clock().timestamp() // 60, monitor.interval)
    finally:
        # Of questions side by side each would end the other's phase.
        attempt.leave()
        attempt.phases_ms = {"dns": max(0.0, _taken(attempt)) * 1000}
    found = ordered(findings)
    attempt.serials = {s.place: s.serial for s in visit.servers if s.serial is not None}
    failing = [finding for finding in found if not finding.soon]
    bad = {finding.server for finding in failing if finding.server is not None}
    well = sum(server.place not in bad for server in visit.servers)
    if target.servers is not None and well >= target.servers:
        failing = [finding for finding in failing if finding.server is None]
    if failing:
        lead = failing[0]
        attempt.address = lead.server.rpartition(" ")[2] if lead.server else None
        raise CheckFailedError(lead.layer, lead.reason, _sentence(found, visit.notes))
    attempt.address = None
    if found:
        attempt.warning = found[0].reason
        return _sentence(found, visit.notes)
    return "; ".join([visit.praise(), *visit.notes])


def _taken(attempt: Attempt) -> float:
    """Give the seconds that the attempt has taken of the targets."""
    return attempt.limit.total_seconds() - attempt.left()


def _sentence(findings: Iterable[Finding], notes: Iterable[str]) -> str:
    return "; ".join([*dict.fromkeys(finding.text for finding in findings), *notes])


class _Visit:
    """One look at a zone."""

    def __init__(self, target: ZoneTarget, dialer: Dialer, attempt: Attempt) -> None:
        resolver = nameserver.parse(target.resolver) if target.resolver else None
        self.zone = dns.name.from_text(target.zone)
        self.servers: list[Server] = []
        self.notes: list[str] = []
        self._target = target
        self._attempt = attempt
        self._suspects = dialer.suspects
        self._asking = Asking(
            dialer, attempt, resolver=resolver, port=target.port, family=target.family
        )
        self._ends: list[float] = []

    async def findings(self, minute: float, interval: timedelta) -> list[Finding]:
        """Find all that is wrong. Raises CheckFailedError where there is no zone at all."""
        delegation = await delegated(self._asking, self.zone, self._target.parents)
        if delegation.note:
            self.notes.append(delegation.note)
        found = await self._find_servers(delegation)
        found += await self._all(self._greet, self.servers)
        alive = [server for server in self.servers if server.serial is not None]
        if not alive:
            return found
        found += self._old(alive)
        found += self._names_differ(delegation, alive)
        found += await self._glue_differs(delegation, alive)
        found += await self._signed(delegation, alive)
        return found + await self._records(alive, int(minute) // (interval // MINUTE))

    def praise(self) -> str:
        """Say what is well."""
        names = len({server.name for server in self.servers})
        serials = {s.serial for s in self.servers if s.serial is not None}
        said = f"{_counted(names, 'server')} at {_counted(len(self.servers), 'address', 'es')}"
        said += f" agree on serial {', '.join(map(str, sorted(serials)))}"
        if self._ends:
            days = (min(self._ends) - self._attempt.clock().timestamp()) / 86400
            said += f"; signed, valid for {_counted(int(days), 'more day')}"
        nsids = {s.soa.nsid for s in self.servers if s.soa is not None and s.soa.nsid}
        if nsids:
            said += f"; NSID {', '.join(quoted(each, 20) for each in sorted(nsids)[:_SHOWN])}"
        return said

    async def _find_servers(self, delegation: Delegation) -> list[Finding]:
        names = sorted(delegation.names)
        if len(names) > NAMES:
            self.notes.append(f"only {NAMES} of {len(names)} servers were asked")
        found: list[Finding] = []

        async def find(name: Name) -> list[Finding]:
            addresses = sorted(delegation.glue.get(name, ()))
            if not addresses:
                try:
                    addresses = await self._asking.addresses(name)
                except CheckFailedError as failure:
                    text = f"the server {name} has no address: {failure.evidence}"
                    return [
                        Finding(
                            layer=Layer.DNS,
                            reason=Reason.NO_ADDRESS,
                            text=text,
                            server=f"{name} -",
                        )
                    ]
            wanted = [each for each in addresses if _of_family(each, self._target.family)]
            self.servers += [Server(name=name, address=address) for address in wanted]
            return []

        found += await self._all(find, names[:NAMES])
        self.servers.sort(key=lambda server: (server.name, server.address))
        if len(self.servers) > PLACES:
            self.notes.append(f"only {PLACES} of {len(self.servers)} addresses were asked")
            del self.servers[PLACES:]
        if not self.servers and not found:
            text = f"no server of {self.zone} has an address of IPv{self._target.family}"
            raise CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, text)
        return found

    async def _greet(self, server: Server) -> list[Finding]:
        """Ask a server for its serial and its view of the servers."""
        try:
            soa = await self._asking.server(server.address, self.zone, RdataType.SOA, nsid=True)
        except CheckFailedError as failure:
            if failure.reason in ABSTAINING and failure.reason is not Reason.FORBIDDEN_ADDRESS:
                # What this location has no way to says nothing of the server.
                self.servers.remove(server)
                self.notes.append(failure.evidence)
                return []
            reason = failure.reason
            if reason is Reason.FORBIDDEN_ADDRESS:
                reason = Reason.NO_ADDRESS
            text = failure.evidence.removeprefix("DNS server ")
            return [_of(server, Layer.DNS, reason, f"{server.name} {_after(text, server)}")]
        if soa.rcode is not Rcode.NOERROR:
            reason = {Rcode.REFUSED: Reason.DNS_REFUSED, Rcode.SERVFAIL: Reason.SERVFAIL}.get(
                Rcode(soa.rcode), Reason.WRONG_RCODE
            )
            text = f"{server} does not serve the zone: answered {Rcode.to_text(soa.rcode)}"
            return [_of(server, Layer.DNS, reason, text)]
        records = soa.find(self.zone, RdataType.SOA)
        if not soa.authoritative or not records:
            what = "has no SOA record of it" if not records else "its answer is not authoritative"
            text = f"{server} does not serve the zone: {what}"
            return [_of(server, Layer.DNS, Reason.NOT_AUTHORITATIVE, text)]
        server.soa, server.serial = soa, cast("SOA", records[0]).serial
        try:
            answer = await self._asking.server(
                server.address, self.zone, RdataType.NS, dnssec=False
            )
        except CheckFailedError as failure:
            text = f"{server} gave its serial but not its servers: {failure.evidence}"
            return [_of(server, failure.layer, failure.reason, text)]
        found = answer.find(self.zone, RdataType.NS)
        server.names = frozenset(cast("NS", data).target for data in found)
        return []

    def _old(self, alive: Sequence[Server]) -> list[Finding]:
        serials = [server.serial for server in alive if server.serial is not None]
        top = newest(serials)
        holders = [server for server in alive if server.serial == top]
        return [
            Finding(
                layer=Layer.CONTENT,
                reason=Reason.SERIAL_BEHIND,
                text=f"{server} serves serial {server.serial}, {holders[0].name} {top}",
                server=server.place,
                soon=True,
            )
            for server in alive
            if server.serial is not None and behind(server.serial, top)
        ]

    def _names_differ(self, delegation: Delegation, alive: Sequence[Server]) -> Iterator[Finding]:
        """Hold the parent's names against each server's."""
        views = Counter(server.names for server in alive if server.names)
        for names, _ in views.most_common():
            lacking, added = delegation.names - names, names - delegation.names
            said = []
            if lacking:
                said.append(f"only the parent names {_names(lacking)}")
            if added:
                said.append(f"only the zone itself names {_names(added)}")
            if not said:
                continue
            of = [server for server in alive if server.names == names]
            where = "" if len(views) == 1 else f" (at {_names(s.name for s in of)})"
            text = f"parent and zone name different servers: {', '.join(said)}{where}"
            yield Finding(layer=Layer.CONTENT, reason=Reason.DELEGATION_DIFFERS, text=text)

    async def _glue_differs(self, delegation: Delegation, alive: Sequence[Server]) -> list[Finding]:
        """Hold the parent's addresses of servers inside the zone against the zone's own."""
        teller = next((s for s in alive if s.serial == newest(_serials(alive))), alive[0])

        async def compare(name: Name) -> list[Finding]:
            own: set[str] = set()
            for kind in (RdataType.A, RdataType.AAAA):
                try:
                    answer = await self._asking.server(teller.address, name, kind, dnssec=False)
                except CheckFailedError:
                    return []  # it answered before: this is no word about the glue
                if not answer.authoritative or answer.rcode not in {
                    Rcode.NOERROR,
                    Rcode.NXDOMAIN,
                }:
                    return []
                own |= {data.to_text() for data in answer.find(name, kind)}
            glue = delegation.glue[name]
            if own == glue:
                return []
            there = listed(own) if own else "no address"
            text = f"the parent has {listed(glue)} for {name}, the zone itself has {there}"
            return [Finding(layer=Layer.CONTENT, reason=Reason.GLUE_DIFFERS, text=text)]

        inside = [n for n in sorted(delegation.glue)[:NAMES] if n.is_subdomain(self.zone)]
        return await self._all(compare, inside)

    async def _signed(self, delegation: Delegation, alive: Sequence[Server]) -> list[Finding]:
        mode = self._target.dnssec
        if mode is Dnssec.OFF or (mode is Dnssec.AUTO and not delegation.ds):
            return []
        if not delegation.ds:
            text = f"{self.zone} is not signed: the parent vouches for no key (no DS record)"
            return [Finding(layer=Layer.DNSSEC, reason=Reason.UNSIGNED, text=text)]
        from tocsin.checks import signatures  # noqa: PLC0415 - cryptography: a third of a second

        now = self._attempt.clock()
        try:
            asked = await self._asking.server(alive[0].address, self.zone, RdataType.DNSKEY)
            keys = signatures.keys(self.zone, delegation.ds, asked.records, now)
        except CheckFailedError as failure:
            layer = Layer.DNSSEC if failure.layer is Layer.DNSSEC else failure.layer
            return [Finding(layer=layer, reason=failure.reason, text=failure.evidence)]
        found = [*signatures.weaknesses(self.zone, delegation.ds, keys.records)]
        self._ends.append(keys.ends_at.timestamp())
        for server in alive:
            found += self._signature(server, keys.records)
        return found + self._days(now.timestamp())

    def _signature(self, server: Server, keys: Sequence["DNSKEY"]) -> Iterator[Finding]:
        from tocsin.checks.dnssec import verified  # noqa: PLC0415 - as above

        if server.soa is None:
            return
        mine = [each for each in server.soa.records if each.owner == self.zone]
        try:
            valid = verified(self.zone, mine, keys, self._attempt.clock())
        except CheckFailedError as failure:
            yield _of(server, failure.layer, failure.reason, f"{server}: {failure.evidence}")
        else:
            self._ends.append(valid.expires_at.timestamp())

    def _days(self, now: float) -> list[Finding]:
        days = (min(self._ends) - now) / 86400
        fail, warn = self._target.fail_days, self._target.warn_days
        fails = fail is not None and days < fail
        if not fails and (warn is None or days >= warn):
            return []
        text = f"the signatures of {self.zone} end in {_counted(int(days), 'day')}"
        reason = Reason.SIGNATURE_EXPIRES_SOON
        return [Finding(layer=Layer.DNSSEC, reason=reason, text=text, soon=not fails)]

    async def _records(self, alive: Sequence[Server], turn: int) -> list[Finding]:
        """Compare records at the servers that have the newest serial, as many as there is room."""
        wanted = [_comparison(each) for each in self._target.records]
        peers = [s for s in alive if s.serial == newest(_serials(alive))]
        if not wanted or len(peers) < 2:  # noqa: PLR2004 - one has nobody to be compared with
            return []
        room = max(1, (BUDGET - self._asking.count) // len(peers))
        before = self._suspects.get(self._target, frozenset())
        chosen = _slice(wanted, room, turn, before)
        found: list[Finding] = []
        differing = set(before - set(chosen))

        async def compare(record: Comparison) -> list[Finding]:
            await self._all(partial(self._ask, record), peers)
            findings = list(_differences(record, [p for p in peers if record in p.said]))
            if findings:
                differing.add(record)
            return findings

        found += await self._all(compare, chosen)
        self._suspects[self._target] = frozenset(differing)
        if len(chosen) < len(wanted):
            self.notes.append(f"{len(chosen)} of {len(wanted)} records compared in this minute")
        return found

    async def _ask(self, record: Comparison, server: Server) -> list[Finding]:
        try:
            answer = await self._asking.server(server.address, *record, dnssec=False)
        except CheckFailedError:
            return []  # that it does not answer is known, or is said the next time
        code = Rcode.to_text(answer.rcode)
        said = [_told(each) for each in answer.records]
        server.said[record] = frozenset(said or [code if answer.rcode else "no record"])
        return []

    @staticmethod
    async def _all[T](
        look: Callable[[T], Awaitable[list[Finding]]], over: Iterable[T]
    ) -> list[Finding]:
        """Look at all of them side by side; the findings come in their order."""
        results = await asyncio.gather(*(look(each) for each in over))
        return [finding for result in results for finding in result]


def _differences(record: Comparison, servers: Sequence[Server]) -> Iterator[Finding]:
    """Name those whose answer is not that of the most; of two that differ, the second."""
    views = Counter(server.said[record] for server in servers)
    if len(views) < 2:  # noqa: PLR2004 - all alike
        return
    common = views.most_common(1)[0][0]
    first = next(server for server in servers if server.said[record] == common)
    name, kind = record
    for server in servers:
        if (other := server.said[record]) != common:
            text = f"{server} says {name} {kind.name} is {listed(other)},"
            text += f" {first.name} {listed(common)}"
            yield _of(server, Layer.CONTENT, Reason.ANSWERS_DIFFER, text)


def _slice(
    wanted: Sequence[Comparison], room: int, turn: int, suspects: frozenset[Comparison]
) -> list[Comparison]:
    """Choose what is compared now: what differed before, then the next ones in turn."""
    if room >= len(wanted):
        return list(wanted)
    chosen = [each for each in wanted if each in suspects][:room]
    rest = [each for each in wanted if each not in suspects]
    left = room - len(chosen)
    begin = turn * left % len(rest) if rest else 0
    return chosen + (rest[begin:] + rest[:begin])[:left]


def _comparison(record: tuple[str, str]) -> Comparison:
    return dns.name.from_text(record[0]), RdataType.make(record[1])


def _told(record: Record) -> str:
    return folded(record.kind, record.data)


def _of(server: Server, layer: Layer, reason: Reason, text: str) -> Finding:
    return Finding(layer=layer, reason=reason, text=text, server=server.place)


def _after(text: str, server: Server) -> str:
    """Put an address that begins a sentence into brackets, behind its name."""
    where, _, rest = text.partition(" ")
    return f"({where.rstrip(':')}) {rest}" if server.address in where else f"({text})"


def _of_family(address: str, family: Family) -> bool:
    return family is Family.ANY or (":" in address) == (family is Family.V6)


def _serials(servers: Iterable[Server]) -> list[int]:
    return [server.serial for server in servers if server.serial is not None]


def _names(names: Iterable[Name]) -> str:
    return listed(dict.fromkeys(str(name) for name in names))


def _counted(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
