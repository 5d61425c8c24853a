"""Hold every decision and every state against the raw reports: the invariants, by number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.knowledge import Known, lasted
from tests.simulation.ledger import Ledger, hold
from tests.simulation.tables import Store
from tests.simulation.turns import Process
from tests.simulation.votes import Votes, suspected, votes, windowed
from tocsin.domain.incident import Alert, Ending, Event, Incident, Kind
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState

BLIND = timedelta(minutes=3)
AHEAD = timedelta(seconds=30)
"""How far ahead the clock may be of the aggregator that began to count how long nobody sees."""
STEADY = timedelta(minutes=5)


@dataclass
class Hush:
    """A silence that somebody asked for."""

    names: set[str]
    tags: set[str]
    until: datetime


@dataclass
class Open:
    """An incident that was announced: what it is about, and by which names it was called."""

    kind: Kind
    names: set[str]
    shard: str
    places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """What a process sees of its shard: the raw reports at its moment, and the votes in them."""

    process: Process
    newest: Mapping[str, Report]
    suspects: frozenset[str]
    votes: Mapping[str, Votes]


@dataclass
class Audit:
    """What is known of a world from outside of its states."""

    store: Store
    ledger: Ledger
    known: dict[str, Known] = field(default_factory=dict)
    open: dict[str, Open] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    paused: set[tuple[str, str]] = field(default_factory=set)
    hushes: dict[str, Hush] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    seen_at: dict[str, datetime] = field(default_factory=dict)
    others_open: set[str] = field(default_factory=set)
    blank_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    seen_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    reminded: dict[str, int] = field(default_factory=dict)

    def saved(self, process: Process, before: ShardState, after: ShardState) -> None:
        """Hold one write, whoever makes it."""
        _bounded(process.shard, after)
        fresh = self.ledger.saved(before, after)
        hold(
            after.config_version >= before.config_version,
            "13 no version comes back",
            after.config_version,
        )
        if process.shard.version < after.config_version:
            hold(not fresh, "13 an old configuration decides nothing", [a.id for a in fresh])
            return
        if fresh or _judged(before) != _judged(after):
            look = self.looked(process, after)
            for alert in fresh:
                self._decided(alert, look)

    def finished(self, process: Process, state: ShardState) -> None:
        """Hold the state that a run has left which came to its end."""
        if process.shard.version < state.config_version:
            return
        look = self.looked(process, state)
        for monitor in process.shard.monitors:
            self._standing(monitor, look, state)
            self._missed(monitor, look, state)
        for incident in state.incidents:
            self._lingers(incident, look)
            self._reminded(incident, look)
        self._unseen(look)

    def looked(self, process: Process, state: ShardState) -> Look:
        """See what a process sees, and remember what was so for how long."""
        shard, now = process.shard, process.now
        newest = self._newest(shard, now)
        suspects = suspected(shard.monitors, newest, now)
        found = {m.id: votes(m, newest, suspects, now) for m in shard.monitors}
        recover_for = {m.id: m.recover_for for m in shard.monitors}
        self._follow(shard, state, now)
        for name, each in found.items():
            known = self.known.setdefault(name, Known())
            if name in state.paused:
                known.forget(now)
            else:
                known.look(each, now, recover_for[name])
        self.seen_at[shard.id] = max(now, self.seen_at.get(shard.id, now))
        for monitor in shard.monitors:
            known = self.known[monitor.id]
            clear = all(self._clear(name, shard, now) for name in _above(monitor.id, shard))
            known.free_since = (known.free_since or now) if clear else None
            known.child |= bool(monitor.depends_on)
        look = Look(process=process, newest=newest, suspects=suspects, votes=found)
        self._look_at_places(look)
        return look

    def _look_at_places(self, look: Look) -> None:
        shard, now = look.process.shard, look.process.now
        places = {place for monitor in shard.monitors for place in monitor.locations}
        blank = {place for place in places if _blank(place, look)}
        for since, those in ((self.blank_since, blank), (self.seen_since, places - blank)):
            for key in [key for key in since if key[0] == shard.id and key[1] not in those]:
                del since[key]
            for place in those:
                since.setdefault((shard.id, place), now)

    def quiet(self, monitor: Monitor, shard: Shard, now: datetime) -> bool:
        """Tell whether a window or a silence holds the alerts of a monitor."""
        return windowed(monitor, shard.windows, now) or any(
            now < hush.until and (monitor.id in hush.names or hush.tags & set(monitor.tags))
            for hush in self.hushes.values()
        )

    def _newest(self, shard: Shard, now: datetime) -> dict[str, Report]:
        until = int(now.timestamp()) // 60 + 1
        places = {p for m in shard.monitors for p in m.locations} - self.store.garbled
        found = {p: self.store.newest(p, shard.id, until=until) for p in places}
        return {place: report for place, report in found.items() if report is not None}

    def _follow(self, shard: Shard, state: ShardState, now: datetime) -> None:
        """Follow a new configuration: names that are new, gone, or moved."""
        for monitor in shard.monitors:
            if monitor.was and monitor.was in self.known and monitor.id not in self.known:
                self._renamed(monitor.was, monitor.id, shard)
            if self.homes.get(monitor.id) not in {None, shard.id}:
                self.known.pop(monitor.id, None)  # in its new shard it is judged anew
            self.homes[monitor.id] = shard.id
        present = {monitor.id for monitor in shard.monitors}
        for name in [n for n, home in self.homes.items() if home == shard.id and n not in present]:
            self.known.pop(name, None)
            if name not in state.paused:
                self.paused.discard((shard.id, name))
            del self.homes[name]
        if self.versions.get(shard.id) != shard.version:
            self.versions[shard.id] = shard.version
            for name in present & self.known.keys():
                self.known[name].changed()
            for name in present & state.paused.keys():
                self.known.setdefault(name, Known()).forget(now)

    def _renamed(self, was: str, name: str, shard: Shard) -> None:
        self.known[name] = self.known.pop(was)
        for each in (each for each in self.open.values() if was in each.names):
            each.names = (each.names - {was}) | {name}
        if (shard.id, was) in self.paused:
            self.paused.remove((shard.id, was))
            self.paused.add((shard.id, name))
        for hush in (hush for hush in self.hushes.values() if was in hush.names):
            hush.names = (hush.names - {was}) | {name}

    def _clear(self, name: str, shard: Shard, now: datetime) -> bool:
        """Tell whether what others depend on is well beyond all doubt."""
        known, home = self.known.get(name), self.homes.get(name)
        if known is None or home is None or known.restless(now):
            return False
        parent = next((m for m in shard.monitors if m.id == name), None)
        patience = parent.recover_for if parent is not None else 4 * MINUTE
        return lasted(known.steady_since, self.seen_at[home], patience)

    # Decisions.

    def _decided(self, alert: Alert, look: Look) -> None:
        names = {subject.monitor for subject in alert.subjects}
        match alert.event:
            case Event.OPENED:
                self._opens(alert, names, look)
            case Event.RESOLVED:
                self._ends(alert, names, look)
            case _:
                self._goes_on(alert, names, look)

    def _opens(self, alert: Alert, names: set[str], look: Look) -> None:
        hold(alert.incident not in self.open, "3 alternation", f"{alert.id} again")
        hold(alert.incident not in self.ended, "3 alternation", f"{alert.id} after its end")
        hold(len(names) == len(alert.subjects), "12 folding loses no monitor", alert.id)
        for name in names:
            twice = self._covers(alert.kind, name, look.process.shard)
            hold(not twice, "3 alternation", f"{alert.id} while one is open")
            self._opening(alert.kind, name, look)
        for trouble in alert.troubles:
            hold(
                _blank(trouble.location, look),
                "1 a location is not accused for nothing",
                (alert.id, trouble.text),
            )
            # Where a change of the file makes another shard speak for a location, both may do so
            # until the first has heard of it.
            accused = [
                each
                for each in self.open.values()
                if trouble.location in each.places and each.shard == look.process.shard.id
            ]
            hold(not accused, "3 alternation", f"{alert.id} while one is open")
        self.open[alert.incident] = Open(
            kind=alert.kind,
            names=names,
            shard=look.process.shard.id,
            places=frozenset(trouble.location for trouble in alert.troubles),
        )

    def _opening(self, kind: Kind, name: str, look: Look) -> None:
        shard, now = look.process.shard, look.process.now
        monitor = next(m for m in shard.monitors if m.id == name)
        found = look.votes[name]
        hold((shard.id, name) not in self.paused, "1 quorum", f"{name} is paused")
        hold(not self.quiet(monitor, shard, now), "10 a window holds", f"{name} opens within")
        match kind:
            case Kind.DOWN:
                fallen = self.known[name].fallen
                hold(fallen and len(found.failing) >= found.need, "1 quorum", (name, found))
                self._alone(monitor, look)
            case Kind.UNKNOWN:
                hold(found.blind, "1 nothing is unknown for nothing", (name, found))
            case _:
                hold(not found.down and not found.blind, "1 quorum", (name, kind, found))
                self._alone(monitor, look)

    def _alone(self, monitor: Monitor, look: Look) -> None:
        """Hold that no parent of it is down."""
        for parent in _above(monitor.id, look.process.shard):
            found = look.votes.get(parent)
            if found is not None:
                if (look.process.shard.id, parent) in self.paused:
                    continue
                fallen = self.known[parent].fallen
                down = fallen and self._covers(Kind.DOWN, parent, look.process.shard)
                failing = len(found.failing) >= found.need
                hold(not down and not failing, "11 no child's page", (monitor.id, parent, found))
            elif parent in self.others_open and (known := self.known.get(parent)) is not None:
                hold(not known.fallen, "11 no child's page", (monitor.id, parent))

    def _covers(self, kind: Kind, name: str, shard: Shard) -> bool:
        return any(
            each.kind is kind and name in each.names and each.shard == shard.id
            for each in self.open.values()
        )

    def _ends(self, alert: Alert, names: set[str], look: Look) -> None:
        hold(alert.incident in self.open, "3 alternation", f"{alert.id} ends what is not open")
        begun = self.open.pop(alert.incident)
        self.ended.add(alert.incident)
        hold(begun.names == names, "12 folding loses no monitor", (begun.names, names))
        present = [m for m in look.process.shard.monitors if m.id in names]
        watched = [m for m in present if (look.process.shard.id, m.id) not in self.paused]
        match alert.ending:
            case Ending.DELETED:
                hold(not present, "3 an end has a reason", alert.id)
            case Ending.PAUSED:
                hold(present and not watched, "3 an end has a reason", alert.id)
            case _:
                for monitor in watched:
                    self._ending(alert.kind, monitor, look)
                for trouble in alert.troubles:
                    hold(
                        not _blank(trouble.location, look),
                        "8 silence ends nothing",
                        (alert.id, trouble.text),
                    )

    def _ending(self, kind: Kind, monitor: Monitor, look: Look) -> None:
        found, known = look.votes[monitor.id], self.known[monitor.id]
        now = look.process.now
        match kind:
            case Kind.DOWN:
                hold(found.well, "8 silence ends nothing", (monitor.id, found))
                since = known.paused_at or known.well_since
                patient = known.recovered or lasted(since, now, monitor.recover_for)
                hold(patient, "3 an end waits", (monitor.id, since))
                hold(not known.flaps(now), "3 an end waits", (monitor.id, known.crossings))
            case Kind.UNKNOWN:
                hold(not found.blind or found.down, "8 silence ends nothing", (monitor.id, found))
            case _:
                hold(found.spotless, "8 silence ends nothing", (monitor.id, found))

    def _goes_on(self, alert: Alert, names: set[str], look: Look) -> None:
        shard, now = look.process.shard, look.process.now
        hold(alert.incident in self.open, "3 alternation", f"{alert.id} of what is not open")
        present = [m for m in shard.monitors if m.id in names]
        loud = not present or not all(self.quiet(m, shard, now) for m in present)
        hold(loud or len(present) < len(names), "10 a window holds", alert.id)
        if alert.event is Event.REMINDER:
            hold(alert.incident not in self.acked, "10 an ack ends reminders", alert.id)
            age = now - alert.opened_at
            hold(age >= _reminder(alert.number), "10 reminders grow rarer", (alert.id, age))
            self.reminded[alert.incident] = alert.number

    # States.

    def _standing(self, monitor: Monitor, look: Look, state: ShardState) -> None:
        found, standing = look.votes[monitor.id], state.standings[monitor.id]
        if monitor.id in state.paused:
            hold(standing.verdict is Verdict.PAUSED, "5 votes decide", (monitor.id, standing))
            return
        failing, said = set(standing.failing), standing.verdict
        hold(failing == found.failing, "5 votes decide", (monitor.id, found, standing))
        if said is Verdict.DOWN:
            hold(self.known[monitor.id].fallen, "5 votes decide", (monitor.id, found, said))
        if found.down:
            hold(said is Verdict.DOWN, "5 votes decide", (monitor.id, found, said))
        elif found.blind:
            hold(said is Verdict.UNKNOWN, "8 silence is no verdict", (monitor.id, found, said))
        elif lasted(self.known[monitor.id].well_since, look.process.now, monitor.recover_for):
            hold(said is not Verdict.DOWN, "5 votes decide", (monitor.id, found, said))
        elif said is Verdict.UP:
            hold(found.spotless, "5 votes decide", (monitor.id, found, said))

    def _missed(self, monitor: Monitor, look: Look, state: ShardState) -> None:
        """Hold that what is due is open."""
        now, known = look.process.now, self.known[monitor.id]
        if monitor.id in state.paused or self.quiet(monitor, look.process.shard, now):
            return
        found, shard = look.votes[monitor.id], look.process.shard
        free = lasted(known.free_since, now, max(monitor.fail_for, MINUTE))
        if found.down and (free or not known.child):
            covered = self._covers(Kind.DOWN, monitor.id, shard)
            hold(covered, "2 nothing is missed", (monitor.id, found))
        if lasted(known.blind_since, now, BLIND + AHEAD):
            covered = self._covers(Kind.UNKNOWN, monitor.id, shard)
            hold(covered, "2 blindness is loud", (monitor.id, found))

    def _lingers(self, incident: Incident, look: Look) -> None:
        """Hold that what is over is not open."""
        now = look.process.now
        present = [m for m in look.process.shard.monitors if m.id in incident.monitors]
        watched = [m for m in present if (look.process.shard.id, m.id) not in self.paused]
        if incident.kind is Kind.LOCATION:
            return
        hold(present, "3 an end comes", f"{incident.id} is about nothing any more")
        hold(watched, "3 an end comes", f"{incident.id} is about what is paused")
        if incident.kind is Kind.DOWN:
            over = all(self._recovered(monitor, now) for monitor in watched)
            hold(not over, "3 an end comes", incident.id)
        if incident.kind is Kind.UNKNOWN:
            hold(
                any(look.votes[monitor.id].blind for monitor in watched),
                "3 an end comes",
                incident.id,
            )

    def _reminded(self, incident: Incident, look: Look) -> None:
        """Hold that nobody forgets what nobody has taken on."""
        shard, now = look.process.shard, look.process.now
        present = [m for m in shard.monitors if m.id in incident.monitors]
        if any(self.quiet(m, shard, now) for m in present) or incident.id in self.acked:
            return
        due = self.reminded.get(incident.id, 0) or now - incident.opened_at < _reminder(1)
        hold(due, "10 a reminder comes", incident.id)

    def _unseen(self, look: Look) -> None:
        """Hold that a location which has not been seen for long is told of, if others are seen."""
        shard, now = look.process.shard, look.process.now
        places = {place for monitor in shard.monitors for place in monitor.locations}
        told = {place for each in self.open.values() for place in each.places}
        if not any(lasted(self.seen_since.get((shard.id, p)), now, STEADY) for p in places):
            return
        for place in places & look.process.leads - told:
            since = self.blank_since.get((shard.id, place))
            hold(
                not lasted(since, now, BLIND + AHEAD),
                "2 a silent location is told of",
                (place, since),
            )

    def _recovered(self, monitor: Monitor, now: datetime) -> bool:
        known = self.known[monitor.id]
        return lasted(known.steady_since, now, monitor.recover_for) and not known.restless(now)


def _above(name: str, shard: Shard) -> Iterator[str]:
    """Give the parents of a monitor, and theirs as far as they are in its shard."""
    parents = {monitor.id: monitor.depends_on for monitor in shard.monitors}
    seen: set[str] = set()
    waiting = [*parents.get(name, ())]
    while waiting:
        if (parent := waiting.pop()) not in seen:
            seen.add(parent)
            waiting += parents.get(parent, ())
            yield parent


def _judged(state: ShardState) -> tuple[object, ...]:
    """Give what a judgement leaves in a state, and a strike-off does not touch."""
    return state.standings, state.doubts, [incident.id for incident in state.incidents]


def _reminder(number: int) -> timedelta:
    """Give the least age of an incident at its n-th reminder: an hour, then two more, four …."""
    return sum((min(MINUTE * 60 * 2**n, MINUTE * 1440) for n in range(number)), timedelta())


def _blank(place: str, look: Look) -> bool:
    """Tell whether a location is silent or not believed."""
    report = look.newest.get(place)
    if report is None or place in look.suspects:
        return True
    return look.process.now.timestamp() - 60 * report.tick > 150


def _bounded(shard: Shard, state: ShardState) -> None:
    """Hold that a state grows with monitors and not with time."""
    monitors = {monitor.id for monitor in shard.monitors}
    places = {place for monitor in shard.monitors for place in monitor.locations}
    if state.config_version == shard.version:
        named = state.standings.keys() | state.serials.keys()
        hold(named <= monitors, "15 size", named - monitors)
        hold(state.doubts.keys() <= places, "15 size", state.doubts.keys() - places)
    kinds = len(Kind) * len(monitors) + len(state.doubts)
    hold(len(state.incidents) <= kinds + len(places), "15 size", len(state.incidents))
    hold(all(len(each.flips) <= 5 for each in state.standings.values()), "15 size", "flips")
    for incident in (*state.incidents, *state.closed):
        hold(len(incident.moments) <= 40, "15 size", incident.id)
        hold(len(incident.deliveries) <= 40, "15 size", incident.id)
    hold(len(state.closed) <= 100, "15 size", len(state.closed))
