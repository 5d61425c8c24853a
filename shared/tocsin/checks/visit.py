"""One look at a zone: every server that its parent or it itself names, at each of its addresses.

What the parent says is held against what the child says, and each server against the others.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.asking import PATIENCE, Asking
from tocsin.checks.attempt import Attempt
from tocsin.checks.comparing import Comparison, chosen, comparison, differences, told
from tocsin.checks.delegation import Delegation, delegated
from tocsin.checks.dial import Dialer
from tocsin.checks.expectation import listed
from tocsin.checks.failure import ABSTAINING, CheckFailedError, quoted
from tocsin.checks.finding import Finding
from tocsin.checks.wire import Answer
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.questions import Dnssec, ZoneTarget
from tocsin.domain.spans import spoken
from tocsin.domain.target import Family
from tocsin.domain.zones import behind, newest

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DS import DS
    from dns.rdtypes.ANY.NS import NS
    from dns.rdtypes.ANY.SOA import SOA

BUDGET: Final = 39
"""Questions of one attempt, where the zone has no more servers than most have."""
NAMES: Final = 16
PLACES: Final = 24
"""Names and addresses of servers that are looked at; a zone rarely has more than 13."""
SPARE: Final = 0.1
"""Seconds before the end at which what was found until then is judged."""
FAIR: Final = 0.5
"""Seconds that a server must have had before its silence is its own; they may be an ocean away."""
_SHOWN: Final = 3


@dataclass(slots=True)
class Server:
    """A server at one of its addresses, and what it said."""

    name: Name
    address: str
    soa: Answer | None = None
    serial: int | None = None
    names: frozenset[Name] = frozenset()
    said: dict[Comparison, frozenset[str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Tell it from all others."""
        return f"{self.name} {self.address}"

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


class Visit:
    """One look at a zone: what is `found` wrong, and `notes` of what could not be looked at."""

    def __init__(self, target: ZoneTarget, dialer: Dialer, attempt: Attempt) -> None:
        resolver = nameserver.parse(target.resolver) if target.resolver else None
        self.zone = dns.name.from_text(target.zone)
        self.servers: list[Server] = []
        self.found: list[Finding] = []
        self.notes: list[str] = []
        self._target = target
        self._attempt = attempt
        self._suspects = dialer.suspects
        self._asking = Asking(
            dialer, attempt, resolver=resolver, port=target.port, family=target.family
        )
        self._ends: list[float] = []
        self._unable: CheckFailedError | None = None
        self._hurried = False

    async def make(self, turn: int) -> None:
        """Find all that is wrong. Raises CheckFailedError where there is no zone to look at."""
        delegation = await self._delegation()
        if delegation.dispute:
            self._differs(Reason.DELEGATION_DIFFERS, delegation.dispute)
        try:
            with self._attempt.within(max(0.0, self._attempt.left() - SPARE)):
                await self._look(delegation, turn)
        except CheckFailedError:
            # The time is over, and what some servers said is not unheard for it.
            if not self._alive and not self.found:
                raise
            self._hurried = True
        if not self.servers and not self.found:
            text = f"no server of {self.zone} has an address of IPv{self._target.family}"
            raise self._unable or CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, text)
        if self._hurried:
            self._note_the_unheard()

    def _note_the_unheard(self) -> None:
        """Tell of servers that had not their time: they are not found wrong, and not well."""
        self.notes.insert(0, "there was no time to ask for everything: the servers are slow")
        if not self._alive and not self.found:
            text = f"no server of {self.zone} answered in time"
            raise CheckFailedError(Layer.DNS, Reason.DNS_TIMEOUT, text)
        known = {finding.server for finding in self.found}
        for server in self.servers:
            if server.serial is None and server.place not in known:
                text = f"{server} was not heard in the time that was left"
                self._add(Layer.DNS, Reason.DNS_TIMEOUT, text, server, soon=True)

    def praise(self) -> str:
        """Say what is well."""
        names = len({server.name for server in self._alive})
        said = f"{_counted(names, 'server')} at {_counted(len(self._alive), 'address', 'es')}"
        said += f" agree on serial {', '.join(map(str, sorted(set(_serials(self._alive)))))}"
        if self._ends:
            said += f"; signed, valid for {self._left()} more"
        nsids = {s.soa.nsid for s in self.servers if s.soa is not None and s.soa.nsid}
        if nsids:
            said += f"; NSID {', '.join(quoted(each, 20) for each in sorted(nsids)[:_SHOWN])}"
        return said

    @property
    def _alive(self) -> list[Server]:
        return [server for server in self.servers if server.serial is not None]

    async def _delegation(self) -> Delegation:
        """Find who serves the zone; where nobody tells, say whom it was asked of."""
        try:
            with self._attempt.within(max(0.0, self._attempt.left() - SPARE)):
                return await delegated(self._asking, self.zone, self._target.parents, self.notes)
        except CheckFailedError as failure:
            if failure.reason is Reason.NO_DELEGATION or failure.reason in ABSTAINING:
                raise
            said = [f"the servers of {self.zone} are not known: {failure.evidence}", *self.notes]
            raise CheckFailedError(failure.layer, failure.reason, "; ".join(said)) from None

    async def _look(self, delegation: Delegation, turn: int) -> None:
        names = sorted(delegation.names)
        if len(names) > NAMES:
            self.notes.append(f"only {NAMES} of {len(names)} servers were asked")
        glue = delegation.glue
        await self._visit({name: glue.get(name, frozenset()) for name in names[:NAMES]})
        if not self._alive:
            return
        # What the zone itself says of its servers: who else is one is asked as well.
        others = self._other_names(delegation) | await self._other_addresses(delegation)
        await self._visit(others)
        self._old()
        await self._signed(delegation)
        await self._records(turn)

    async def _visit(self, addresses: dict[Name, frozenset[str]]) -> None:
        """Greet servers; one without an address here is resolved."""
        known = {server.place for server in self.servers}
        found = await asyncio.gather(*(self._located(n, a) for n, a in addresses.items()))
        new = [s for servers in found for s in servers if s.place not in known]
        new.sort(key=lambda server: (server.name, server.address))
        room = PLACES - len(self.servers)
        if len(new) > room:
            self.notes.append(f"only {PLACES} of {PLACES - room + len(new)} addresses were asked")
            del new[room:]
        self.servers += new
        await asyncio.gather(*map(self._greet, new))

    async def _located(self, name: Name, addresses: Iterable[str]) -> list[Server]:
        if not addresses:
            try:
                addresses = await self._asking.addresses(name)
            except CheckFailedError as failure:
                gone = {Reason.NXDOMAIN, Reason.NO_ADDRESS}
                reason = Reason.NO_ADDRESS if failure.reason in gone else failure.reason
                has = "has no address" if failure.reason in gone else "has no address that is found"
                text = f"the server {name} {has}: {failure.evidence}"
                finding = Finding(layer=Layer.DNS, reason=reason, text=text, server=f"{name} -")
                self.found.append(finding)
                return []
        family = self._target.family
        return [Server(name=name, address=a) for a in set(addresses) if _of_family(a, family)]

    async def _greet(self, server: Server) -> None:
        """Ask a server for its serial and its view of the servers."""
        try:
            soa = await self._asking.server(server.address, self.zone, RdataType.SOA, nsid=True)
        except CheckFailedError as failure:
            self._unheard(server, failure)
            return
        if soa.rcode is not Rcode.NOERROR:
            reasons = {Rcode.REFUSED: Reason.DNS_REFUSED, Rcode.SERVFAIL: Reason.SERVFAIL}
            reason = reasons.get(Rcode(soa.rcode), Reason.WRONG_RCODE)
            what = f"does not serve the zone: answered {Rcode.to_text(soa.rcode)}"
            self._wrong(server, Layer.DNS, reason, what)
            return
        records = soa.find(self.zone, RdataType.SOA)
        if not soa.authoritative or not records:
            why = "its answer is not authoritative" if records else "it gave no SOA record of it"
            what = f"does not serve the zone: {why}"
            self._wrong(server, Layer.DNS, Reason.NOT_AUTHORITATIVE, what)
            return
        server.soa, server.serial = soa, cast("SOA", records[0]).serial
        try:
            answer = await self._asking.server(
                server.address, self.zone, RdataType.NS, dnssec=False
            )
        except CheckFailedError as failure:
            if not self._cut_short(failure):
                what = f"gave its serial but not its servers: {failure.evidence}"
                self._wrong(server, failure.layer, failure.reason, what)
            return
        found = answer.find(self.zone, RdataType.NS)
        server.names = frozenset(cast("NS", data).target for data in found)
        if not found:
            code = Rcode.to_text(answer.rcode) if answer.rcode else "no NS record"
            what = f"gave its serial but not its servers: answered {code}"
            self._wrong(server, Layer.DNS, Reason.WRONG_RCODE, what)

    def _unheard(self, server: Server, failure: CheckFailedError) -> None:
        if failure.reason in ABSTAINING and failure.reason is not Reason.FORBIDDEN_ADDRESS:
            # What this location has no way to says nothing of the server.
            self.servers.remove(server)
            if self._unable is None:
                self._unable = failure.kept()
                self.notes.append(failure.evidence)
            return
        if failure.reason is Reason.DNS_TIMEOUT and self._attempt.left() < FAIR:
            self._hurried = True
            return
        reason = failure.reason
        if reason is Reason.FORBIDDEN_ADDRESS:
            reason = Reason.NO_ADDRESS
        text = f"{server.name} {_after(failure.evidence.removeprefix('DNS server '), server)}"
        self._add(Layer.DNS, reason, text, server)

    def _cut_short(self, failure: CheckFailedError) -> bool:
        """Tell whether a server that has answered before was not given its time now."""
        short = failure.reason is Reason.DNS_TIMEOUT and self._attempt.left() < PATIENCE
        self._hurried |= short
        return short

    def _old(self) -> None:
        top = newest(_serials(self._alive))
        holder = next(server for server in self._alive if server.serial == top)
        for server in self._alive:
            if server.serial is not None and behind(server.serial, top):
                text = f"{server} serves serial {server.serial}, behind {top} at {holder.name}"
                self._add(Layer.CONTENT, Reason.SERIAL_BEHIND, text, server, soon=True)

    def _other_names(self, delegation: Delegation) -> dict[Name, frozenset[str]]:
        """Hold the parent's names against each server's; give those that the parent does not name.

        Both lead to servers that answer, or that is found wrong: a difference alone is a warning.
        """
        views = Counter(server.names for server in self._alive if server.names)
        for names, _ in views.most_common():
            lacking, added = delegation.names - names, names - delegation.names
            said = []
            if lacking:
                said.append(f"only the parent names {_names(lacking)}")
            if added:
                said.append(f"only the zone itself names {_names(added)}")
            if said:
                of = [server.name for server in self._alive if server.names == names]
                where = "" if len(views) == 1 else f" (at {_names(of)})"
                text = f"parent and zone name different servers: {', '.join(said)}{where}"
                self._differs(Reason.DELEGATION_DIFFERS, text)
        others = frozenset[Name]().union(*views) - delegation.names
        return dict.fromkeys(sorted(others)[:NAMES], frozenset())

    async def _other_addresses(self, delegation: Delegation) -> dict[Name, frozenset[str]]:
        """Hold the glue against the zone's own addresses; give those that the glue lacks.

        That it lacks some is no fault: it may not have had room for them.
        """
        teller = next(s for s in self._alive if s.serial == newest(_serials(self._alive)))
        inside = [n for n in sorted(delegation.glue)[:NAMES] if n.is_subdomain(self.zone)]
        found = await asyncio.gather(*(self._addresses_at(teller, name) for name in inside))
        others = {}
        for name, own in zip(inside, found, strict=True):
            glue = delegation.glue[name]
            if own is not None and glue - own:
                there = listed(own) if own else "no address"
                text = f"the parent has {listed(glue)} for {name}, the zone itself has {there}"
                self._differs(Reason.GLUE_DIFFERS, text)
            if own is not None and own - glue:
                others[name] = own - glue
        return others

    async def _addresses_at(self, teller: Server, name: Name) -> frozenset[str] | None:
        own: set[str] = set()
        for kind in (RdataType.A, RdataType.AAAA):
            try:
                answer = await self._asking.server(teller.address, name, kind, dnssec=False)
            except CheckFailedError:
                return None  # it answered before: this is no word about the glue
            if not answer.authoritative or answer.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
                return None
            own |= {data.to_text() for data in answer.find(name, kind)}
        return frozenset(own)

    async def _signed(self, delegation: Delegation) -> None:
        mode, ds = self._target.dnssec, delegation.ds
        if mode is Dnssec.OFF or (mode is Dnssec.AUTO and ds == ()):
            return
        if ds is None:
            self.notes.append("whether it is signed is not known: nobody could be asked for its DS")
            return
        if not ds:
            text = f"{self.zone} is not signed: the parent vouches for no key (no DS record)"
            self._add(Layer.DNSSEC, Reason.UNSIGNED, text)
            return
        from tocsin.checks import signatures  # noqa: PLC0415 - cryptography: a third of a second

        if mode is Dnssec.AUTO and not signatures.usable(ds):
            # For every resolver too it is as if unsigned (RFC 4035, 5.2).
            self.notes.append("it is signed only in ways that are not checked here")
            return
        await self._signatures(ds)
        self._days()

    async def _signatures(self, ds: Sequence["DS"]) -> None:
        """Verify each server's keys and its SOA record; what is wrong at all is said once."""
        alive = self._alive
        answers = await asyncio.gather(*map(self._keys_at, alive))
        broken: dict[tuple[Layer, Reason, str], list[Server]] = {}
        for server, answer in zip(alive, answers, strict=True):
            try:
                if isinstance(answer, CheckFailedError):
                    raise answer
                if answer is not None:
                    async with self._attempt.turn():
                        self._verify(server, ds, answer)
            except CheckFailedError as failure:
                what = failure.layer, failure.reason, failure.evidence
                broken.setdefault(what, []).append(server)
        for (layer, reason, text), servers in broken.items():
            if len(servers) == len(alive):
                self._add(layer, reason, text)
            else:
                for server in servers:
                    self._add(layer, reason, f"{server}: {text}", server)

    async def _keys_at(self, server: Server) -> Answer | CheckFailedError | None:
        try:
            answer = await self._asking.server(server.address, self.zone, RdataType.DNSKEY)
        except CheckFailedError as failure:
            return None if self._cut_short(failure) else failure.kept()
        if answer.rcode is Rcode.NOERROR:
            return answer
        text = f"gave no keys: answered {Rcode.to_text(answer.rcode)}"
        return CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)

    def _verify(self, server: Server, ds: Sequence["DS"], answer: Answer) -> None:
        """Hold a server's SOA record to its own keys: another may have an older version of all."""
        from tocsin.checks import signatures  # noqa: PLC0415 - as above

        now, tries = self._attempt.clock(), signatures.Tries()
        keys = signatures.keys(
            self.zone, ds, answer.records, now, voucher="the parent's DS", tries=tries
        )
        soa = signatures.rrset(server.soa.records if server.soa else (), self.zone, RdataType.SOA)
        valid = signatures.verified(self.zone, soa, keys.ring, now, tries).with_(keys.valid)
        self._ends.append(valid.expires_at.timestamp())
        self.found += signatures.weaknesses(self.zone, ds, keys)

    def _days(self) -> None:
        if not self._ends:
            return
        days = (min(self._ends) - self._attempt.clock().timestamp()) / 86400
        fail, warn = self._target.fail_days, self._target.warn_days
        fails = fail is not None and days < fail
        if fails or (warn is not None and days < warn):
            end = datetime.fromtimestamp(min(self._ends), UTC)
            text = f"the signatures of {self.zone} end in {self._left()} ({end:%Y-%m-%d %H:%M} UTC)"
            self._add(Layer.DNSSEC, Reason.SIGNATURE_EXPIRES_SOON, text, soon=not fails)

    def _left(self) -> str:
        seconds = min(self._ends) - self._attempt.clock().timestamp()
        days = int(seconds // 86400)
        return _counted(days, "day") if days else spoken(timedelta(seconds=seconds))

    async def _records(self, turn: int) -> None:
        """Compare records at the servers that have the newest serial, as many as there is room."""
        wanted = [comparison(each) for each in self._target.records]
        alive = self._alive
        peers = [s for s in alive if s.serial == newest(_serials(alive))]
        if not wanted or len(peers) < 2:  # noqa: PLR2004 - one has nobody to be compared with
            return
        room = max(1, (BUDGET - self._asking.count) // len(peers))
        before = self._suspects.get(self._target, frozenset())
        now = chosen(wanted, room, turn, before)
        differing = set(before - set(now))

        async def compare(record: Comparison) -> None:
            await asyncio.gather(*(self._ask(record, peer) for peer in peers))
            said = [(p, str(p), p.said[record]) for p in peers if record in p.said]
            for server, text in differences(record, said):
                self._add(Layer.CONTENT, Reason.ANSWERS_DIFFER, text, server)
                differing.add(record)

        await asyncio.gather(*map(compare, now))
        self._suspects[self._target] = frozenset(differing)
        if len(now) < len(wanted):
            self.notes.append(f"{len(now)} of {len(wanted)} records compared in this minute")

    async def _ask(self, record: Comparison, server: Server) -> None:
        try:
            answer = await self._asking.server(server.address, *record, dnssec=False)
        except CheckFailedError:
            return  # that it does not answer is known, or is said the next time
        server.said[record] = told(answer)

    def _add(
        self,
        layer: Layer,
        reason: Reason,
        text: str,
        server: Server | None = None,
        *,
        soon: bool = False,
    ) -> None:
        place = None if server is None else server.place
        self.found.append(Finding(layer=layer, reason=reason, text=text, server=place, soon=soon))

    def _wrong(self, server: Server, layer: Layer, reason: Reason, what: str) -> None:
        self._add(layer, reason, f"{server} {what}", server)

    def _differs(self, reason: Reason, text: str) -> None:
        self._add(Layer.CONTENT, reason, text, soon=True)


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
