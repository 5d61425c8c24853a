"""What people read of the votes on a monitor: who fails, why it is degraded, who is not counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from statistics import median

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject
from tocsin.domain.monitor import LEAST_FRESHNESS
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Ballot, Delay, Verdict
from tocsin.domain.spans import spoken
from tocsin.messages.inert import quoted
from tocsin.messages.words import REASONS, count, left, milliseconds, slow


def failing(subject: Subject) -> tuple[Ballot, ...]:
    """Pick the failures that count."""
    return _fails(subject.ballots)


def passing(subject: Subject) -> tuple[Ballot, ...]:
    """Pick the passes that count."""
    return _passes(subject.ballots)


def warned(ballots: Iterable[Ballot]) -> tuple[Ballot, ...]:
    """Pick the passes that count and will soon fail."""
    return tuple(b for b in _passes(ballots) if b.warning is not None)


def median_ms(subject: Subject) -> float:
    """Give the median time of the locations that pass, in milliseconds; 0 where none does."""
    return median([sum(ms for _, ms in b.phases_ms) for b in passing(subject)] or [0])


def expiry(ballot: Ballot) -> float:
    """Order votes by the end of their certificates; one that has none comes first."""
    return ballot.certificate.expires_at.timestamp() if ballot.certificate else 0.0


def warning(ballot: Ballot, at: datetime) -> str:
    """Say what a pass will soon fail for: `certificate expires soon (9 days left)`, if anything."""
    said = REASONS[ballot.warning] if ballot.warning else ""
    if ballot.warning is Reason.CERTIFICATE_EXPIRES_SOON and ballot.certificate:
        return f"{said} ({left(ballot.certificate, at)})"
    return said


def blemishes(ballots: Iterable[Ballot], slows: Iterable[Delay], at: datetime) -> Iterator[str]:
    """Say what is wrong with a monitor that passes: the warnings, then what is slow."""
    passes = _passes(ballots)
    first_to_fail = sorted(warned(passes), key=expiry)
    for said, number in Counter(warning(ballot, at) for ballot in first_to_fail).items():
        everywhere = number == len(passes)
        yield said if everywhere else f"{said} at {number} of {count(len(passes), 'location')}"
    if said := ", and ".join(map(slow, slows)):
        yield f"slow, {said}"


def degradation(ballots: Iterable[Ballot], slows: Iterable[Delay], at: datetime) -> str:
    """Say why a monitor is degraded at present: `slow, connect takes 310 ms, limit 200 ms`."""
    votes = tuple(ballots)
    fails = _fails(votes)
    partly = (_outcome(fails, _passes(votes)),) if fails else ()
    return "; ".join((*partly, *blemishes(votes, slows, at)))


def notes(verdict: str, ballots: Sequence[Ballot], slows: Iterable[Delay], at: datetime) -> str:
    """Say beside a verdict why it is degraded, and how long the certificate is still good for.

    Of a job: what it has reported, and when the next report is due.
    """
    if ballots and _reports_itself(ballots):
        return ballots[0].evidence
    cause = degradation(ballots, slows, at) if verdict == Verdict.DEGRADED else ""
    certificates = [b.certificate for b in ballots if b.counted and b.certificate]
    if not certificates or (cause and warned(ballots)):  # the cause has said how long
        return cause
    first = min(certificates, key=lambda certificate: certificate.expires_at)
    return "; ".join(filter(None, (cause, f"certificate: {left(first, at)}")))


def voted_at(alert: Alert) -> datetime:
    """Tell when the alert's votes were counted; a deleted monitor keeps those of the opening."""
    return alert.opened_at if alert.ending is Ending.DELETED else alert.at


def quorum(alert: Alert, subject: Subject) -> str:
    """Say the verdict and its votes: `down: 3 of 3 locations (refused); 1 silent for 6 min …`."""
    if alert.event is not Event.RESOLVED:
        return f"{alert.kind}: {votes(alert, subject)}"
    spoken = "last votes" if alert.ending is Ending.DELETED else "now"
    return f"{spoken}: {votes(alert, subject)}"


def is_job(subject: Subject) -> bool:
    """Tell whether it is a job that must report: it is seen by no location, but by itself."""
    return _reports_itself(subject.ballots)


def marred(alert: Alert) -> bool:
    """Tell whether something fails, is slow or warns, of monitors that are no longer down."""
    return any(failing(s) or s.slow or warned(s.ballots) for s in alert.subjects)


def lead(subject: Subject) -> str:
    """Give the first thing that is wrong, in the words of the check: what most failures say."""
    said = Counter(b.evidence.partition(";")[0] for b in failing(subject) if b.evidence)
    return said.most_common(1)[0][0] if said else ""


def whence(subject: Subject) -> str:
    """Say from where a failure is seen: `from all 3 locations`, `from eu-west-1 only`."""
    fails, passes = failing(subject), passing(subject)
    if len(fails) > 1 and not passes:
        return f"from all {len(fails)} locations"
    names = ", ".join(ballot.location for ballot in fails)
    return f"from {names} only" if passes else f"from {names}"


def votes(alert: Alert, subject: Subject) -> str:
    """Say what the locations voted, and which of them were not counted, and why."""
    if subject.ballots and is_job(subject):
        return quoted(subject.ballots[0].evidence) or "nothing was heard of it"
    said = [_counted(alert, subject)]
    if uncounted := tuple(b for b in subject.ballots if not b.counted):
        groups = Counter(absence(ballot, voted_at(alert)) for ballot in uncounted)
        said.append(", ".join(f"{n} {why}" for why, n in groups.items()) + ", not counted")
    return "; ".join(said)


def absence(ballot: Ballot, at: datetime) -> str:
    """Say why a vote was not counted."""
    if ballot.checked_at is None:
        return "never heard from"
    age = at - ballot.checked_at
    if age > LEAST_FRESHNESS:
        return f"silent for {spoken(age)}"
    if ballot.vote is Vote.ABSTAIN and ballot.reason is not None:
        return f"could not judge ({REASONS[ballot.reason]})"
    return "voted before the last change"


def _reports_itself(ballots: Iterable[Ballot]) -> bool:
    return all(ballot.location == ENDPOINT for ballot in ballots)


def _fails(ballots: Iterable[Ballot]) -> tuple[Ballot, ...]:
    return tuple(b for b in ballots if b.counted and b.vote is Vote.FAIL)


def _passes(ballots: Iterable[Ballot]) -> tuple[Ballot, ...]:
    return tuple(b for b in ballots if b.counted and b.vote is Vote.PASS)


def _counted(alert: Alert, subject: Subject) -> str:
    fails, passes = failing(subject), passing(subject)
    heard = count(len(fails) + len(passes), "location")
    blemished = tuple(blemishes(passes, subject.slow, voted_at(alert)))
    if alert.event is Event.RESOLVED:
        return "; ".join((_outcome(fails, passes), *blemished))
    if alert.kind is Kind.UNKNOWN:
        total = count(len(subject.ballots), "location")
        return f"{len(fails) + len(passes)} of {total} heard, {subject.need} needed"
    if alert.kind is Kind.DEGRADED:
        partly = (f"{_outcome(fails, passes)}, {subject.need} needed for down",) if fails else ()
        # Of an incident from before it was kept what was slow, the median alone is known.
        unexplained = f"slow, {milliseconds(median_ms(subject))} in the median of {heard}"
        return "; ".join((*partly, *blemished)) or unexplained
    return f"{len(fails)} of {heard}{_because(fails)}"


def _outcome(fails: tuple[Ballot, ...], passes: tuple[Ballot, ...]) -> str:
    heard = count(len(fails) + len(passes), "location")
    if fails:
        return f"{len(fails)} of {heard} fail{'s' * (len(fails) == 1)}{_because(fails)}"
    if passes:
        return f"{len(passes)} of {heard} pass{'es' * (len(passes) == 1)}"
    return "no location heard"


def _because(failures: tuple[Ballot, ...]) -> str:
    given = Counter(b.reason for b in failures if b.reason is not None).most_common()
    if not given:
        return ""
    if len(given) == 1:
        return f" ({REASONS[given[0][0]]})"
    return f" ({', '.join(f'{n} {REASONS[reason]}' for reason, n in given)})"
