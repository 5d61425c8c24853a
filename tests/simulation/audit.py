"""Hold every decision and every state against the raw reports: the invariants, by number."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.simulation.knowledge import Known, lasted
from tests.simulation.ledger import Ledger, hold
from tests.simulation.tables import Store
from tests.simulation.turns import Process
from tests.simulation.votes import Votes, suspected, votes, windowed
from tocsin.domain.incident import Alert, Ending, Event, Incident, Kind
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.outbox import unheard
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState

BLIND = timedelta(minutes=3)
AHEAD = timedelta(seconds=60)
"""How far the clock of the aggregator that began to count may be ahead of one that counts on."""
STEADY = timedelta(minutes=5)
ANOTHER_SHARD = timedelta(minutes=4)
"""How long a parent in another shard must be well until all who judge have heard of it."""

type Key = tuple[str, str]
"""A shard, and the name of something in it: two shards may know a monitor while it moves."""


@dataclass
class Hush:
    """A silence that somebody asked for, as one shard has it."""

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
    others: dict[str, "Look"] = field(default_factory=dict)

    @property
    def shard(self) -> Shard:
        """The shard that it judges."""
        return self.process.shard

    @property
    def now(self) -> datetime:
        """The time by its clock."""
        return self.process.now

    def key(self, name: str) -> Key:
        """Tell a monitor of its shard from those of others."""
        return self.shard.id, name

    def monitor(self, name: str) -> Monitor:
        """Give a monitor of its shard."""
        return next(m for m in self.shard.monitors if m.id == name)

    def above(self, name: str) -> list[Key]:
        """Give all that a monitor depends on, however remotely, in whichever shards."""
        everywhere = {
            m.id: (s.id, m) for s in self.process.among.shards.values() for m in s.monitors
        }
        found: dict[str, Key] = {}
        waiting = [name]
        while waiting:
            _, monitor = everywhere[waiting.pop()]
            for parent in set(monitor.depends_on) & everywhere.keys() - found.keys():
                found[parent] = (everywhere[parent][0], parent)
                waiting.append(parent)
        return sorted(found.values())


@dataclass
class Audit:
    """What is known of a world from outside of its states."""

    store: Store
    ledger: Ledger
    known: dict[Key, Known] = field(default_factory=dict)
    open: dict[str, Open] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    paused: set[Key] = field(default_factory=set)
    hushes: dict[Key, Hush] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    seen_at: dict[str, datetime] = field(default_factory=dict)
    open_before: set[Key] = field(default_factory=set)
    blank_since: dict[Key, datetime] = field(default_factory=dict)
    seen_since: dict[Key, datetime] = field(default_factory=dict)
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
        self._forgotten(process.shard, before, after)
        if fresh or _judged(before) != _judged(after):
            look = self.looked(process, after)
            for alert in fresh:
                self._decided(alert, look)
        self._waits(before, after, fresh)

    def _forgotten(self, shard: Shard, before: ShardState, after: ShardState) -> None:
        """Follow a pause of what is not watched any more: it is kept for a while, and no longer.

        One that has only moved to a new name goes there with all else that is known of it.
        """
        present = {monitor.id for monitor in shard.monitors}
        moved = {monitor.was for monitor in shard.monitors if monitor.id in after.paused}
        for name in before.paused.keys() - after.paused.keys() - present - moved:
            self.paused.discard((shard.id, name))

    def _waits(self, before: ShardState, after: ShardState, fresh: list[Alert]) -> None:
        """Hold that a route which has yet to take something of an incident is owed but its end."""
        owed = unheard(before.outbox)
        for alert in fresh:
            late = owed.get(alert.incident, frozenset()) & {*alert.routes}
            ends = alert.event is Event.RESOLVED
            hold(ends or not late, "15 nothing piles up", (alert.id, late))
        for each in after.incidents:
            if each.reminders > self.reminded.get(each.id, 0):
                late = owed.get(each.id, frozenset())
                hold({*each.routes} <= late, "10 a reminder comes", (each.id, late))
                self.reminded[each.id] = each.reminders

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
        look = self._seen(process, shard)
        self._follow(shard, state, now)
        for monitor in shard.monitors:
            known = self.known.setdefault(look.key(monitor.id), Known())
            if monitor.id in state.paused:
                known.forget(now)
            else:
                known.look(look.votes[monitor.id], now, monitor.recover_for)
        self.seen_at[shard.id] = max(now, self.seen_at.get(shard.id, now))
        for monitor in shard.monitors:
            known = self.known[look.key(monitor.id)]
            clear = all(self._clear(key, look) for key in look.above(monitor.id))
            known.free_since = (known.free_since or now) if clear else None
            known.child |= bool(monitor.depends_on)
        self._look_at_places(look)
        return look

    def _seen(self, process: Process, shard: Shard) -> Look:
        """See a shard as a process would that judged it now."""
        newest = self._newest(shard, process.now)
        suspects = suspected(shard.monitors, newest, process.now)
        return Look(
            process=replace(process, shard=shard),
            newest=newest,
            suspects=suspects,
            votes={m.id: votes(m, newest, suspects, process.now) for m in shard.monitors},
        )

    def _look_at_places(self, look: Look) -> None:
        shard, now = look.shard, look.now
        places = {place for monitor in shard.monitors for place in monitor.locations}
        blank = {place for place in places if _blank(place, look)}
        for since, those in ((self.blank_since, blank), (self.seen_since, places - blank)):
            for key in [key for key in since if key[0] == shard.id and key[1] not in those]:
                del since[key]
            for place in those:
                since.setdefault((shard.id, place), now)

    def quiet(self, monitor: Monitor, shard: Shard, now: datetime, *, surely: bool = False) -> bool:
        """Tell whether a window or a silence holds the alerts of a monitor.

        It does so `surely` where none of the judges' clocks has been past the end of the silence:
        the first that is lets go of it, and another, whose clock is behind, finds it no more.
        """
        latest = max(now, self.seen_at.get(shard.id, now)) if surely else now
        return windowed(monitor, shard.windows, now) or any(
            latest < hush.until and (monitor.id in hush.names or hush.tags & set(monitor.tags))
            for (home, _), hush in self.hushes.items()
            if home == shard.id
        )

    def _newest(self, shard: Shard, now: datetime) -> dict[str, Report]:
        until = int(now.timestamp()) // 60 + 1
        places = {p for m in shard.monitors for p in m.locations} - self.store.garbled
        found = {p: self.store.newest(p, shard.id, until=until) for p in places}
        return {place: report for place, report in found.items() if report is not None}

    def _follow(self, shard: Shard, state: ShardState, now: datetime) -> None:
        """Follow a new configuration: names that are new or gone."""
        present = {monitor.id for monitor in shard.monitors}
        for monitor in shard.monitors:
            if (was := self._former(monitor, shard)) is not None:
                self._renamed(was, monitor.id, shard)
        for key in [k for k in self.known if k[0] == shard.id and k[1] not in present]:
            del self.known[key]
            if key[1] not in state.paused:
                self.paused.discard(key)
        if self.versions.get(shard.id) != shard.version:
            self.versions[shard.id] = shard.version
            for name in present:
                if name in state.paused:
                    self.known.setdefault((shard.id, name), Known()).forget(now)
                elif (known := self.known.get((shard.id, name))) is not None:
                    known.changed()

    def _former(self, monitor: Monitor, shard: Shard) -> str | None:
        """Give the name by which a shard knows a monitor, where it is not the present one."""
        was = monitor.was or monitor.id
        taken = any(each.id == was for each in shard.monitors)
        known = (shard.id, was) in self.known and (shard.id, monitor.id) not in self.known
        return was if known and not taken else None

    def _renamed(self, was: str, name: str, shard: Shard) -> None:
        self.known[shard.id, name] = self.known.pop((shard.id, was))
        for each in self.open.values():
            if each.shard == shard.id and was in each.names:
                each.names = (each.names - {was}) | {name}
        if (shard.id, was) in self.paused:
            self.paused.remove((shard.id, was))
            self.paused.add((shard.id, name))
        for (home, _), hush in self.hushes.items():
            if home == shard.id and was in hush.names:
                hush.names = (hush.names - {was}) | {name}

    def _there(self, home: str, look: Look) -> Look:
        """See another shard as the same process would that judged it now."""
        if home == look.shard.id:
            return look
        if home not in look.others:
            look.others[home] = self._seen(look.process, look.process.among.shards[home])
        return look.others[home]

    def _clear(self, key: Key, look: Look) -> bool:
        """Tell whether what others depend on is well beyond all doubt."""
        home, name = key
        known = self.known.get(key)
        if known is None or known.restless(look.now):
            return False
        there = self._there(home, look)
        if not there.votes[name].well:
            return False
        patience = there.monitor(name).recover_for + AHEAD
        if there is not look:
            patience = max(patience, ANOTHER_SHARD)
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
            twice = self._covers(alert.kind, name, look.shard)
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
                if trouble.location in each.places and each.shard == look.shard.id
            ]
            hold(not accused, "3 alternation", f"{alert.id} while one is open")
        self.open[alert.incident] = Open(
            kind=alert.kind,
            names=names,
            shard=look.shard.id,
            places=frozenset(trouble.location for trouble in alert.troubles),
        )

    def _opening(self, kind: Kind, name: str, look: Look) -> None:
        shard, now = look.shard, look.now
        monitor = next(m for m in shard.monitors if m.id == name)
        found = look.votes[name]
        hold((shard.id, name) not in self.paused, "1 quorum", f"{name} is paused")
        held = self.quiet(monitor, shard, now, surely=True)
        hold(not held, "10 a window holds", f"{name} opens within")
        match kind:
            case Kind.DOWN:
                fallen = self.known[look.key(name)].fallen
                hold(fallen and len(found.failing) >= found.need, "1 quorum", (name, found))
                self._alone(monitor, look)
            case Kind.UNKNOWN:
                hold(found.blind, "1 nothing is unknown for nothing", (name, found))
            case _:
                hold(not found.down and not found.blind, "1 quorum", (name, kind, found))
                self._alone(monitor, look)

    def _alone(self, monitor: Monitor, look: Look) -> None:
        """Hold that nothing is down that it depends on, in whichever shard."""
        for home, name in look.above(monitor.id):
            there = self._there(home, look)
            key = (home, self._former(there.monitor(name), there.shard) or name)
            if key in self.paused:
                continue
            covered = there is look or key in self.open_before
            fallen = key in self.known and self.known[key].fallen
            down = covered and fallen and self._covers(Kind.DOWN, key[1], there.shard)
            found = there.votes[name]
            failing = len(found.failing) >= found.need
            if there is not look and self._hidden(there):
                failing = False
            hold(not down and not failing, "11 no child's page", (monitor.id, name, found))

    def _hidden(self, other: Look) -> bool:
        """Tell whether a process cannot look there: with an older file, or without an answer."""
        newer = self.store.load(other.shard.id).state.config_version > other.shard.version
        return newer or other.process.balked

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
        present = [m for m in look.shard.monitors if m.id in names]
        watched = [m for m in present if (look.shard.id, m.id) not in self.paused]
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
        found, known = look.votes[monitor.id], self.known[look.key(monitor.id)]
        now = look.now
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
        shard, now = look.shard, look.now
        hold(alert.incident in self.open, "3 alternation", f"{alert.id} of what is not open")
        present = [m for m in shard.monitors if m.id in names]
        loud = not present or not all(self.quiet(m, shard, now, surely=True) for m in present)
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
            hold(
                self.known[look.key(monitor.id)].fallen, "5 votes decide", (monitor.id, found, said)
            )
        if found.down:
            hold(said is Verdict.DOWN, "5 votes decide", (monitor.id, found, said))
        elif found.blind:
            hold(said is Verdict.UNKNOWN, "8 silence is no verdict", (monitor.id, found, said))
        elif lasted(self.known[look.key(monitor.id)].well_since, look.now, monitor.recover_for):
            hold(said is not Verdict.DOWN, "5 votes decide", (monitor.id, found, said))
        elif said is Verdict.UP:
            hold(found.spotless, "5 votes decide", (monitor.id, found, said))

    def _missed(self, monitor: Monitor, look: Look, state: ShardState) -> None:
        """Hold that what is due is open."""
        now, known = look.now, self.known[look.key(monitor.id)]
        if monitor.id in state.paused or self.quiet(monitor, look.shard, now):
            return
        found, shard = look.votes[monitor.id], look.shard
        free = lasted(known.free_since, now, max(monitor.fail_for, MINUTE))
        if found.down and (free or not known.child):
            covered = self._covers(Kind.DOWN, monitor.id, shard)
            hold(covered, "2 nothing is missed", (monitor.id, found))
        if lasted(known.blind_since, now, BLIND + AHEAD):
            covered = self._covers(Kind.UNKNOWN, monitor.id, shard)
            hold(covered, "2 blindness is loud", (monitor.id, found))

    def _lingers(self, incident: Incident, look: Look) -> None:
        """Hold that what is over is not open."""
        present = [m for m in look.shard.monitors if m.id in incident.monitors]
        watched = [m for m in present if (look.shard.id, m.id) not in self.paused]
        if incident.kind is Kind.LOCATION:
            return
        hold(present, "3 an end comes", f"{incident.id} is about nothing any more")
        hold(watched, "3 an end comes", f"{incident.id} is about what is paused")
        if incident.kind is Kind.DOWN:
            over = all(self._recovered(monitor, look) for monitor in watched)
            hold(not over, "3 an end comes", incident.id)
        if incident.kind is Kind.UNKNOWN:
            hold(
                any(look.votes[monitor.id].blind for monitor in watched),
                "3 an end comes",
                incident.id,
            )

    def _reminded(self, incident: Incident, look: Look) -> None:
        """Hold that nobody forgets what nobody has taken on."""
        shard, now = look.shard, look.now
        present = [m for m in shard.monitors if m.id in incident.monitors]
        if any(self.quiet(m, shard, now) for m in present) or incident.id in self.acked:
            return
        due = self.reminded.get(incident.id, 0) or now - incident.opened_at < _reminder(1)
        hold(due, "10 a reminder comes", incident.id)

    def _unseen(self, look: Look) -> None:
        """Hold that a location which has not been seen for long is told of, if others are seen."""
        shard, now = look.shard, look.now
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

    def _recovered(self, monitor: Monitor, look: Look) -> bool:
        known, now = self.known[look.key(monitor.id)], look.now
        patience = monitor.recover_for + AHEAD
        return lasted(known.steady_since, now, patience) and not known.restless(now)


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
    return look.now.timestamp() - 60 * report.tick > 150


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
    owed = unheard(state.outbox)
    idle = [each.id for each in state.closed if each.id not in owed]
    hold(len(idle) <= 100 + len(monitors), "15 size", len(idle))
