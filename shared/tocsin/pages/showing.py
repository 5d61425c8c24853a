"""How the console puts the state of things: few words, the same as in every alert.

Every state has a word and a shape of its own; colour only repeats what they say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from math import floor
from statistics import median

from tocsin.domain.control import Said, Silence
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Incident, Kind, Subject, listed
from tocsin.domain.monitor import LEAST_FRESHNESS
from tocsin.domain.orders import silence_id
from tocsin.domain.outcome import Certificate, Outcome, Vote, printable
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.domain.spans import spoken
from tocsin.domain.uptime import DAY
from tocsin.messages import voting, words
from tocsin.usecases.closeup import Charts, Closeup
from tocsin.usecases.overview import DAYS, STATES, WAITING, Frame, Line, Overview, Place
from tocsin.usecases.survey import Opening, Sight

GOOD = 0.999
"""An uptime below it stands out."""
WELL = 30
"""Days of which a certificate is called short below."""
_TEXT = 300
_WHOLE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A state, and what is said of it."""

    state: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A certificate, and the locations that were shown it."""

    certificate: Certificate
    locations: tuple[str, ...]
    days: int


def inert(text: object) -> str:
    """Show text of strangers on one line, bounded, with nothing in it that steers a page."""
    return printable(str(text), _TEXT)


def overall(counts: Mapping[str, int]) -> Word:
    """Sum up in one line how many monitors are in each state: the worst that is going on."""
    total = sum(counts.values())
    if not total:
        return Word(state=WAITING, text="Nothing is watched yet")
    worst = next(state for state in STATES if counts.get(state))
    number = counts[worst]
    which = f"All {total:,} monitors" if number == total else f"{number:,} of {total:,} monitors"
    verb = "is" if number == 1 else "are"
    how = "waiting for votes" if worst == WAITING else worst
    return Word(state=worst, text=f"{'The monitor' if total == 1 else which} {verb} {how}")


def state(sight: Sight) -> str:
    """Give a monitor's verdict, or `waiting` before the first one."""
    return str(sight.standing.verdict) if sight.standing else WAITING


def vote(ballot: Ballot) -> Word:
    """Put a vote into a few letters: the time of a pass, the reason of a failure or a warning."""
    if ballot.counted and ballot.warning:
        return Word(state="warn", text=words.REASONS[ballot.warning])
    if ballot.counted and ballot.vote is Vote.PASS:
        # A job that has reported in time took no time of ours.
        text = words.milliseconds(total_ms(ballot)) if ballot.phases_ms else "in time"
        return Word(state="pass", text=text)
    if ballot.counted and ballot.vote is Vote.FAIL and ballot.reason:
        return Word(state="fail", text=words.REASONS[ballot.reason])
    if ballot.vote is Vote.ABSTAIN and ballot.reason:
        return Word(state="abstain", text=words.REASONS[ballot.reason])
    return Word(state="abstain", text="no vote" if ballot.vote is None else "not counted")


def seeing(seen: Overview) -> list[Place]:
    """Give the locations that look; where jobs report to is none of them."""
    return [place for place in seen.locations if place.name != ENDPOINT] or [*seen.locations]


def is_job(sight: Sight) -> bool:
    """Tell whether it is a job, which reports by itself."""
    return sight.monitor.locations == (ENDPOINT,)


def job(sight: Sight) -> str:
    """Say what a job has reported, and when the next report is due."""
    (ballot,) = sight.ballots
    return inert(ballot.evidence) if ballot.evidence else vote(ballot).text


def own_silence(sight: Sight) -> bool:
    """Tell whether a silence is in force that is about this monitor alone."""
    return silence_id((sight.monitor.id,), ()) in {silence.id for silence in sight.silences}


def votes(sight: Sight, places: Sequence[Place]) -> Iterator[Word | None]:
    """Give a monitor's votes by location; None where that location does not look at it."""
    cast = {ballot.location: ballot for ballot in sight.ballots}
    for place in places:
        yield vote(cast[place.name]) if place.name in cast else None


def absence(ballot: Ballot, at: datetime) -> str:
    """Say why a vote is not counted, without what changes every second."""
    stale = ballot.checked_at is not None and at - ballot.checked_at > LEAST_FRESHNESS
    return "silent, too old to count" if stale else voting.absence(ballot, at)


def notes(sight: Sight, at: datetime) -> Iterator[str]:
    """Say beside a verdict all that there is to say."""
    if sight.paused is not None:
        yield f"paused {by(sight.paused)}"
    elif said := voting.notes(state(sight), sight.ballots, sight.slow, at):
        yield inert(said)
    if sight.standing is not None and sight.standing.recovering_since is not None:
        yield f"recovering for {spoken(at - sight.standing.recovering_since)}"
    if sight.standing is not None and sight.standing.flaps(at):
        yield "flapping: its incident stays open until it is quiet"
    yield from (_silence(each, at) for each in sight.silences)
    yield from (_window(each, at) for each in sight.windows)
    if sight.behind and state(sight) != Verdict.UP:
        yield f"waits behind {listed(sight.behind)}: no alert of its own"


def _silence(each: Silence, at: datetime) -> str:
    return f"silenced until {words.clock(each.until, at)} UTC {by(each.said)}"


def _window(each: Opening, at: datetime) -> str:
    return f"in maintenance until {words.clock(each.until, at)} UTC"


def by(said: Said) -> str:
    """Say who said something, and why."""
    return inert(f"by {said.by}: {said.note}" if said.note else f"by {said.by}")


def about(incident: Incident) -> str:
    """Name the monitors or the locations that an incident is about."""
    places = [f"location {trouble.location}" for trouble in incident.troubles]
    return listed([*(subject.monitor for subject in incident.subjects), *places])


def fallen(incident: Incident) -> str:
    """Name what is down because of what this incident covers, and has no alert of its own."""
    return listed(sorted({name for s in incident.subjects for name in s.fallen}))


def standing(incident: Incident, seen: Overview) -> str:
    """Say how the monitors of an incident are voted on at present, and why they fell."""
    if incident.kind is Kind.LOCATION:
        return inert("; ".join(f"{each.location} {each.text}" for each in incident.troubles))
    if len(incident.subjects) > 1:
        states = [
            str(seen.standings[each.monitor].verdict)
            for each in incident.subjects
            if each.monitor in seen.standings
        ]
        told = [f"{states.count(each)} {each}" for each in STATES if each in states]
        return ", ".join(told) or "no longer watched"
    return next((_counted(s, incident.kind, seen) for s in incident.subjects), "")


def _counted(subject: Subject, kind: Kind, seen: Overview) -> str:
    """Count the votes on one monitor; the reasons are those of the opening."""
    now, watched = seen.standings.get(subject.monitor), seen.monitors.get(subject.monitor)
    if now is None or watched is None:
        return "no longer watched"
    of = words.count(len(watched.locations), "location")
    if kind is Kind.UNKNOWN:
        return f"{len(watched.locations) - len(now.silent)} of {of} heard, {watched.need} needed"
    said = f"{len(now.failing)} of {of} fail" + ("s" if len(now.failing) == 1 else "")
    reasons = words.reasons(b for b in subject.ballots if b.counted and b.vote is Vote.FAIL)
    if now.failing and reasons:
        said += f" ({', '.join(words.REASONS[reason] for reason in reasons)})"
    return said + (f"; {len(now.silent)} not counted" if now.silent else "")


def percent(share: float | None) -> str:
    """Say an uptime; one that is not whole is never rounded up to it."""
    if share is None:
        return "-"
    if share >= 1:
        return "100"
    return f"{floor(share * 10_000) / 100:.2f}"


def troubled(share: float | None) -> bool:
    """Tell whether an uptime is one to look at."""
    return share is not None and share < GOOD


def bad_days(line: Line) -> str:
    """Say in words what the picture of the days shows."""
    known = [tone for tone in line.days if tone is not None]
    if not known:
        return f"nothing is known of the last {DAYS} days"
    long, short = known.count(Verdict.DOWN), known.count(Verdict.DEGRADED)
    told = [
        f"{words.count(number, 'day')} with {what}"
        for number, what in ((long, "an hour or more down"), (short, "a shorter outage"))
        if number
    ]
    return f"{words.count(len(known), 'day')} known: {', '.join(told) or 'no outage'}"


def middle(line: Line) -> str:
    """Say what a pass took in the shown time, in the middle."""
    known = [ms for ms in line.times if ms is not None]
    return words.milliseconds(median(known)) if known else ""


def places(place: Place, at: datetime) -> Word:
    """Say how a location is."""
    if place.doubt is not None:
        return Word(state="unknown", text=inert(place.doubt.text))
    if place.heard_at is None:
        return Word(state="waiting", text="never heard from")
    age = spoken(at - place.heard_at)
    if place.silent(at):
        return Word(state="unknown", text=f"silent for {age}")
    fails = f", {place.failing:,} failing" if place.failing else ""
    return Word(state="up", text=f"heard {age} ago{fails}")


def certificates(seen: Closeup) -> list[Shown]:
    """Give the certificates that were shown, the first to end first, and where."""
    found: dict[Certificate, list[str]] = {}
    for ballot in seen.sight.ballots:
        if ballot.certificate is not None:
            found.setdefault(ballot.certificate, []).append(ballot.location)
    return sorted(
        (
            Shown(
                certificate=certificate,
                locations=tuple(locations),
                days=(certificate.expires_at - seen.at).days,
            )
            for certificate, locations in found.items()
        ),
        key=lambda shown: shown.certificate.expires_at,
    )


def servers(outcomes: Mapping[str, Outcome]) -> dict[str, list[tuple[str, int | None]]]:
    """Give the serial of every server of a zone, as each location saw it."""
    names = sorted({server for each in outcomes.values() for server in each.serials})
    return {
        name: [(place, each.serials.get(name)) for place, each in outcomes.items()]
        for name in names
    }


def newest(outcomes: Mapping[str, Outcome]) -> int | None:
    """Give the serial that most servers have: what differs from it stands out."""
    seen = [serial for each in outcomes.values() for serial in each.serials.values()]
    return max(seen, key=seen.count) if seen else None


def slowest(drawn: Charts) -> float:
    """Give the longest median of the shown hours, in milliseconds."""
    known = (
        looks.p95_ms
        for row in drawn.hours.values()
        for looks in row
        if looks is not None and looks.p95_ms is not None
    )
    return max(known, default=0.0)


def hourly(row: Iterable[object], what: str) -> list[float | None]:
    """Give one figure of every hour."""
    return [getattr(looks, what, None) for looks in row]


def ends(frame: Frame) -> tuple[str, str]:
    """Say where the shown time begins and ends."""
    first, last = frame.numbers[0], frame.numbers[-1] + 1
    if frame.hourly:
        form = "%d %b %H:%M"
        begin, end = _hour(first), _hour(last)
    else:
        form = "%d %b"
        begin, end = _hour(first * DAY), _hour((last - 1) * DAY)
    return f"{begin:{form}}", f"{end:{form}}" if frame.over else "now"


def anchor(name: str) -> str:
    """Make an id for an element out of any name, the same at every rendering."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{slug}-{blake2s(name.encode(errors='replace'), digest_size=4).hexdigest()}"


def leads(url: str) -> bool:
    """Tell whether a runbook is a link that may be followed."""
    return url.startswith(("https://", "http://"))


def clock(at: datetime, now: datetime) -> str:
    """Give the time of day in UTC, with the date where it is not today's."""
    return words.clock(at, now)


def total_ms(ballot: Ballot) -> float:
    """Give what a check took."""
    return sum(ms for _, ms in ballot.phases_ms)


def _hour(number: int) -> datetime:
    return datetime.fromtimestamp(number * 3600, UTC)
