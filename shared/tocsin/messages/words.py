"""What people read of times, reasons and quorums: plain English, the same on every route."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from tocsin.domain.incident import Alert, Ending, Event, Subject
from tocsin.domain.monitor import LEAST_FRESHNESS
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Ballot, Verdict

REASONS = {
    Reason.NXDOMAIN: "name does not exist",
    Reason.NO_ADDRESS: "name has no address",
    Reason.SERVFAIL: "DNS server failure",
    Reason.DNS_REFUSED: "DNS query refused",
    Reason.DNS_TIMEOUT: "DNS timeout",
    Reason.DNS_MALFORMED: "malformed DNS answer",
    Reason.REFUSED: "refused",
    Reason.UNREACHABLE: "unreachable",
    Reason.CONNECT_TIMEOUT: "connect timeout",
    Reason.RESET: "connection reset",
    Reason.CLOSED: "connection closed",
    Reason.SILENT: "accepts but says nothing",
    Reason.TIMEOUT: "timeout",
    Reason.TLS_HANDSHAKE: "TLS handshake failed",
    Reason.CERTIFICATE_EXPIRED: "certificate expired",
    Reason.CERTIFICATE_NOT_YET_VALID: "certificate not yet valid",
    Reason.CERTIFICATE_WRONG_NAME: "certificate for another name",
    Reason.CERTIFICATE_UNTRUSTED: "certificate not trusted",
    Reason.CERTIFICATE_EXPIRES_SOON: "certificate expires soon",
    Reason.TLS_TOO_WEAK: "TLS too old or weak",
    Reason.NO_STARTTLS: "STARTTLS not offered",
    Reason.DECLINED: "declines to serve",
    Reason.UNEXPECTED_REPLY: "unexpected reply",
    Reason.MALFORMED_REPLY: "malformed reply",
    Reason.TOO_MUCH_DATA: "too much data",
    Reason.STATUS_NOT_EXPECTED: "wrong HTTP status",
    Reason.CONTENT_NOT_EXPECTED: "wrong content",
    Reason.TOO_MANY_REDIRECTS: "too many redirects",
    Reason.BAD_REDIRECT: "bad redirect",
    Reason.WRONG_ANSWER: "wrong DNS answer",
    Reason.WRONG_RCODE: "wrong DNS response code",
    Reason.NOT_AUTHORITATIVE: "not authoritative",
    Reason.FORBIDDEN_ADDRESS: "address not allowed",
    Reason.NO_ROUTE_FAMILY: "no route for this address family",
    Reason.NOT_CAPABLE: "cannot run this check",
    Reason.OUT_OF_TIME: "out of time",
    Reason.OUT_OF_SOCKETS: "out of sockets",
    Reason.NO_SECRET: "secret not readable",
    Reason.PROBE_ERROR: "error in the probe",
}
"""A name of a few ASCII words for each reason, short enough for an SMS."""


def duration(span: timedelta) -> str:
    """Say a length of time in its two largest units: `45 s`, `6 min`, `1 h 5 min`, `2 d 3 h`."""
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def milliseconds(ms: float) -> str:
    """Say a short time in as many digits as matter: `0.03 ms`, `0.2 ms`, `13 ms`, `1.4 s`."""
    if ms >= 1000:  # noqa: PLR2004 - a second
        return f"{ms / 1000:.1f} s"
    digits = 0 if ms >= 10 else 1 if ms >= 0.1 else 2  # noqa: PLR2004 - two that say something
    return f"{ms:.{digits}f} ms"


def count(number: int, noun: str) -> str:
    """Say how many: `1 location`, `3 locations`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def reasons(ballots: Iterable[Ballot]) -> tuple[Reason, ...]:
    """List the reasons that were given, the most frequent first."""
    given = Counter(ballot.reason for ballot in ballots if ballot.reason is not None)
    return tuple(reason for reason, _ in given.most_common())


def clock(at: datetime, now: datetime) -> str:
    """Give the time of day in UTC, with the date where it is not today's."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def failing(subject: Subject) -> tuple[Ballot, ...]:
    """Pick the failures that count."""
    return tuple(b for b in subject.ballots if b.counted and b.vote is Vote.FAIL)


def passing(subject: Subject) -> tuple[Ballot, ...]:
    """Pick the passes that count."""
    return tuple(b for b in subject.ballots if b.counted and b.vote is Vote.PASS)


def slowness_ms(subject: Subject) -> float:
    """Give the median time of the locations that pass, in milliseconds; 0 where none does."""
    return median([sum(ms for _, ms in b.phases_ms) for b in passing(subject)] or [0])


def voted_at(alert: Alert) -> datetime:
    """Tell when the alert's votes were counted; a deleted monitor keeps those of the opening."""
    return alert.opened_at if alert.ending is Ending.DELETED else alert.at


def quorum(alert: Alert, subject: Subject) -> str:
    """Say the verdict and its votes: `down: 3 of 3 locations (refused); 1 silent for 6 min …`."""
    if alert.event is not Event.RESOLVED:
        return f"{alert.kind}: {votes(alert, subject)}"
    spoken = "last votes" if alert.ending is Ending.DELETED else "now"
    return f"{spoken}: {votes(alert, subject)}"


def votes(alert: Alert, subject: Subject) -> str:
    """Say what the locations voted, and which of them were not counted, and why."""
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
        return f"silent for {duration(age)}"
    if ballot.vote is Vote.ABSTAIN and ballot.reason is not None:
        return f"could not judge ({REASONS[ballot.reason]})"
    return "voted before the last change"


def _counted(alert: Alert, subject: Subject) -> str:
    fails, passes = failing(subject), passing(subject)
    heard = count(len(fails) + len(passes), "location")
    if alert.event is Event.RESOLVED:
        return _outcome(fails, passes)
    if alert.kind is Verdict.UNKNOWN:
        total = count(len(subject.ballots), "location")
        return f"{len(fails) + len(passes)} of {total} heard, {subject.need} needed"
    if alert.kind is Verdict.DEGRADED:
        if fails:
            return f"{_outcome(fails, passes)}, {subject.need} needed for down"
        return f"slow, {slowness_ms(subject):.0f} ms in the median of {heard}"
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
