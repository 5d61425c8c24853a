"""How the page puts the state of things: short words, a shape for each state, bars of time.

Every state has a word and a shape of its own; colour only repeats what they say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s

from tocsin.domain.control import Said as Control
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import LEAST_FRESHNESS
from tocsin.domain.outcome import Certificate, Vote
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.messages import gsm7, voting, words
from tocsin_cli.local.view import MonitorView, Snapshot

_WORST_FIRST = (Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.PAUSED)
_WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A state and its words."""

    state: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A phase of a check in the picture of its times, in hundredths of the whole."""

    phase: str
    ms: float
    start: float
    width: float


def overall(snapshot: Snapshot) -> Said:
    """Sum up in one line: the worst that is going on."""
    if snapshot.busy_with:
        return Said(state=_WAITING, text=snapshot.busy_with)
    states = [state(monitor) for monitor in snapshot.monitors]
    if not states:
        return Said(state=_WAITING, text="No monitors yet")
    for verdict in _WORST_FIRST:
        if number := states.count(verdict):
            verb = "is" if number == 1 else "are"
            total = words.count(len(states), "monitor")
            return Said(state=verdict, text=f"{number} of {total} {verb} {verdict}")
    if waiting := states.count(_WAITING):
        return Said(state=_WAITING, text=f"Waiting for votes on {words.count(waiting, 'monitor')}")
    every = "The monitor is" if len(states) == 1 else f"All {len(states)} monitors are"
    return Said(state=Verdict.UP, text=f"{every} up")


def state(monitor: MonitorView) -> str:
    """Give the verdict, or `waiting` before the first one."""
    return str(monitor.standing.verdict) if monitor.standing else _WAITING


def vote(ballot: Ballot) -> Said:
    """Put a vote into a few letters: the time of a pass, the reason of a failure or a warning."""
    if ballot.counted and ballot.warning:
        return Said(state="warn", text=words.REASONS[ballot.warning])
    if ballot.counted and ballot.vote is Vote.PASS:
        # A job that has reported in time took no time of ours.
        text = words.milliseconds(_total_ms(ballot)) if ballot.phases_ms else "in time"
        return Said(state="pass", text=text)
    if ballot.counted and ballot.vote is Vote.FAIL and ballot.reason:
        return Said(state="fail", text=words.REASONS[ballot.reason])
    if ballot.vote is Vote.ABSTAIN and ballot.reason:
        return Said(state="abstain", text=words.REASONS[ballot.reason])
    return Said(state="abstain", text="no vote" if ballot.vote is None else "not counted")


def absence(ballot: Ballot, at: datetime) -> str:
    """Say why a vote is not counted, without what changes every second."""
    stale = ballot.checked_at is not None and at - ballot.checked_at > LEAST_FRESHNESS
    return "silent, too old to count" if stale else voting.absence(ballot, at)


def note(monitor: MonitorView, at: datetime) -> str:
    """Say why a monitor is degraded, and how long its certificate is still good for."""
    return voting.notes(state(monitor), monitor.ballots, monitor.slow, at)


def certificate(shown: Certificate, at: datetime) -> str:
    """Say when a certificate ends, and who issued it."""
    return f"{words.end(shown, at)}, issuer {shown.issuer}"


def about(incident: Incident) -> str:
    """Name the monitors or the locations that an incident is about."""
    return ", ".join((*(s.monitor for s in incident.subjects), *_places(incident)))


def fallen(incident: Incident) -> str:
    """Name what is down because of what this incident covers, and has no alert of its own."""
    return ", ".join(sorted({name for s in incident.subjects for name in s.fallen}))


def by(said: Control) -> str:
    """Say who said something, and why."""
    return f"by {said.by}: {said.note}" if said.note else f"by {said.by}"


def flaps(monitor: MonitorView, at: datetime) -> bool:
    """Tell whether it goes up and down too often to be believed either way."""
    return monitor.standing is not None and monitor.standing.flaps(at)


def _places(incident: Incident) -> tuple[str, ...]:
    return tuple(trouble.location for trouble in incident.troubles)


def votes(incident: Incident, snapshot: Snapshot) -> str:
    """Say how the monitors of an incident are voted on at present."""
    present = {monitor.id: monitor.ballots for monitor in snapshot.monitors}
    ballots = [
        ballot
        for subject in incident.subjects
        for ballot in present.get(subject.monitor, subject.ballots)
    ]
    failing = sum(b.counted and b.vote is Vote.FAIL for b in ballots)
    passing = sum(b.counted and b.vote is Vote.PASS for b in ballots)
    silent = len(ballots) - failing - passing
    said = ((failing, "fail"), (passing, "pass"), (silent, "not counted"))
    return ", ".join(f"{number} {what}" for number, what in said if number) or "none"


def bars(ballot: Ballot) -> Iterator[Bar]:
    """Lay out the phases of a check one after the other."""
    total, start = _total_ms(ballot) or 1.0, 0.0
    for phase, ms in ballot.phases_ms:
        width = 100 * ms / total
        yield Bar(phase=phase, ms=ms, start=round(start, 2), width=round(max(width, 0.6), 2))
        start += width


def sms_room(text: str) -> str:
    """Say how much of one SMS a text takes."""
    return f"{gsm7.septets(text)} of {gsm7.LIMIT} characters"


def anchor(name: str) -> str:
    """Make an id for an element out of any name, the same at every rendering."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{slug}-{blake2s(name.encode(errors='replace'), digest_size=4).hexdigest()}"


def clock(at: datetime) -> str:
    """Give the time of day in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def _total_ms(ballot: Ballot) -> float:
    return sum(ms for _, ms in ballot.phases_ms)
