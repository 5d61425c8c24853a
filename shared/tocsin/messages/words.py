"""What people read of times, reasons and certificates: plain English, the same on every route."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tocsin.domain.outcome import Certificate, Reason
from tocsin.domain.quorum import Ballot, Delay
from tocsin.domain.spans import spoken

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
    Reason.NOT_AUTHENTICATED: "DNS answer not authenticated",
    Reason.TTL_TOO_LOW: "DNS answer too short-lived",
    Reason.NO_DELEGATION: "zone not delegated",
    Reason.DELEGATION_DIFFERS: "delegation differs",
    Reason.GLUE_DIFFERS: "glue differs",
    Reason.ANSWERS_DIFFER: "DNS servers disagree",
    Reason.SERIAL_BEHIND: "DNS server behind",
    Reason.HIJACKED: "made-up DNS answers",
    Reason.NOT_VALIDATING: "resolver does not validate",
    Reason.UNSIGNED: "DNSSEC missing",
    Reason.BOGUS: "DNSSEC broken",
    Reason.SIGNATURE_EXPIRED: "DNSSEC signature expired",
    Reason.SIGNATURE_EXPIRES_SOON: "DNSSEC signature ends soon",
    Reason.WEAK_ALGORITHM: "DNSSEC too weak",
    Reason.NO_ECHO: "no answer to ping",
    Reason.PACKET_LOSS: "packet loss",
    Reason.TOO_SLOW: "round trip too long",
    Reason.LATE: "late",
    Reason.JOB_FAILED: "job failed",
    Reason.TOO_LONG: "runs too long",
    Reason.NEVER_SEEN: "never reported",
    Reason.FORBIDDEN_ADDRESS: "address not allowed",
    Reason.NO_ROUTE_FAMILY: "no route for this address family",
    Reason.NOT_CAPABLE: "cannot run this check",
    Reason.OUT_OF_TIME: "out of time",
    Reason.OUT_OF_SOCKETS: "out of sockets",
    Reason.NO_SECRET: "secret not readable",
    Reason.PROBE_ERROR: "error in the probe",
    Reason.SUSPECT: "this location is not believed",
    Reason.NO_URL: "no URL yet",
    Reason.ENDPOINT_OUT: "due while our endpoint was out",
}
"""A name of a few ASCII words for each reason, short enough for an SMS."""


def milliseconds(ms: float) -> str:
    """Say a short time in as many digits as matter: `0.03 ms`, `0.2 ms`, `13 ms`, `1.4 s`."""
    if ms >= 1000:  # noqa: PLR2004 - a second
        return f"{ms / 1000:.1f} s"
    digits = 0 if ms >= 10 else 1 if ms >= 0.1 else 2  # noqa: PLR2004 - two that say something
    return f"{ms:.{digits}f} ms"


def count(number: int, noun: str) -> str:
    """Say how many: `1 location`, `3 locations`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Name some in a sentence: `a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def reasons(ballots: Iterable[Ballot]) -> tuple[Reason, ...]:
    """List the reasons that were given, the most frequent first."""
    given = Counter(ballot.reason for ballot in ballots if ballot.reason is not None)
    return tuple(reason for reason, _ in given.most_common())


def clock(at: datetime, now: datetime) -> str:
    """Give the time of day in UTC, with the date where it is not today's."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def slow(much: Delay) -> str:
    """Say what is slow, and by how much: `connect takes 310 ms, limit 200 ms`."""
    what = "takes" if much.phase is None else f"{much.phase} takes"
    took, limit = milliseconds(much.ms), milliseconds(much.limit_ms)
    return f"{what} {'just over ' if took == limit else ''}{took}, limit {limit}"


def left(certificate: Certificate, at: datetime) -> str:
    """Say how long a certificate is still good for: `9 days left`, `5 h left`, `expired`."""
    rest = certificate.expires_at - at
    if rest <= timedelta():
        return "expired"
    return f"{count(rest.days, 'day') if rest.days else spoken(rest)} left"


def end(certificate: Certificate, at: datetime) -> str:
    """Say when a certificate ends: `expires 2026-01-10 (9 days left)`, `expired 2025-12-30`."""
    day, rest = f"{certificate.expires_at:%Y-%m-%d}", left(certificate, at)
    return f"{rest} {day}" if rest == "expired" else f"expires {day} ({rest})"
