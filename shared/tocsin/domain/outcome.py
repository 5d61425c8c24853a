"""What one check of one monitor at one location found.

A failed target is a value here, never an exception, and silence of the prober itself is a third
vote: `abstain` is what a location says when it could not judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

EVIDENCE_LIMIT = 256
"""Characters of evidence that an outcome keeps; the rest is cut and marked."""

EXCHANGE_RECORDS = 20
"""Records of a DNS answer that an outcome keeps."""


MARK_DIGITS = 16
"""Hexadecimal digits of a fingerprint that tell a target's certificates apart."""

MOST_MS = 1e7
"""Milliseconds of a phase: far over any tick. Also keeps out what is no number."""


class Vote(StrEnum):
    """What a location says of a monitor."""

    PASS = "pass"  # noqa: S105 - a vote, not a password
    FAIL = "fail"
    ABSTAIN = "abstain"


class Layer(StrEnum):
    """Where in the stack a check failed, in the order in which a check passes them."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    PROTOCOL = "protocol"
    HTTP = "http"
    CONTENT = "content"
    DNSSEC = "dnssec"
    SCHEDULE = "schedule"


class Reason(StrEnum):
    """Why a check failed or could not judge: a closed set, so that alerts can explain each."""

    # dns: the name of the target
    NXDOMAIN = "nxdomain"
    NO_ADDRESS = "no_address"
    SERVFAIL = "servfail"
    DNS_REFUSED = "dns_refused"
    DNS_TIMEOUT = "dns_timeout"
    DNS_MALFORMED = "dns_malformed"
    # connect
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    # any layer above the connection
    RESET = "reset"
    CLOSED = "closed"
    SILENT = "silent"
    TIMEOUT = "timeout"
    # tls
    TLS_HANDSHAKE = "tls_handshake"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_WRONG_NAME = "certificate_wrong_name"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_EXPIRES_SOON = "certificate_expires_soon"
    TLS_TOO_WEAK = "tls_too_weak"
    NO_STARTTLS = "no_starttls"
    # protocol, http, content
    DECLINED = "declined"
    UNEXPECTED_REPLY = "unexpected_reply"
    MALFORMED_REPLY = "malformed_reply"
    TOO_MUCH_DATA = "too_much_data"
    STATUS_NOT_EXPECTED = "status_not_expected"
    CONTENT_NOT_EXPECTED = "content_not_expected"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    WRONG_ANSWER = "wrong_answer"
    WRONG_RCODE = "wrong_rcode"
    NOT_AUTHORITATIVE = "not_authoritative"
    NOT_AUTHENTICATED = "not_authenticated"
    TTL_TOO_LOW = "ttl_too_low"
    # dns zones and resolvers
    NO_DELEGATION = "no_delegation"
    DELEGATION_DIFFERS = "delegation_differs"
    GLUE_DIFFERS = "glue_differs"
    ANSWERS_DIFFER = "answers_differ"
    SERIAL_BEHIND = "serial_behind"
    HIJACKED = "hijacked"
    NOT_VALIDATING = "not_validating"
    # dnssec
    UNSIGNED = "unsigned"
    BOGUS = "bogus"
    SIGNATURE_EXPIRED = "signature_expired"
    SIGNATURE_EXPIRES_SOON = "signature_expires_soon"
    WEAK_ALGORITHM = "weak_algorithm"
    # icmp
    NO_ECHO = "no_echo"
    PACKET_LOSS = "packet_loss"
    TOO_SLOW = "too_slow"
    # schedule: a job that must report
    LATE = "late"
    JOB_FAILED = "job_failed"
    TOO_LONG = "too_long"
    NEVER_SEEN = "never_seen"
    # the prober itself: these abstain
    FORBIDDEN_ADDRESS = "forbidden_address"
    NO_ROUTE_FAMILY = "no_route_family"
    NOT_CAPABLE = "not_capable"
    OUT_OF_TIME = "out_of_time"
    OUT_OF_SOCKETS = "out_of_sockets"
    NO_SECRET = "no_secret"  # noqa: S105 - a reason, not a password
    PROBE_ERROR = "probe_error"
    SUSPECT = "suspect"
    # the heartbeat endpoint: these abstain too
    NO_URL = "no_url"
    ENDPOINT_OUT = "endpoint_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate that a target showed, also one that was refused.

    `fingerprint` is the SHA-256 of its DER form in lower-case hexadecimal; of a pass that was
    stored only the beginning is left. `issuer` is printable text; both of them and the end of its
    validity are what the target says, not what is true.
    """

    fingerprint: str
    issuer: str
    expires_at: datetime

    @property
    def mark(self) -> str:
        """Give the beginning of the fingerprint: the same for the same certificate."""
        return self.fingerprint[:MARK_DIGITS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A DNS question and what was said to it.

    `question` is `example.com. IN MX`, `flags` are in lower case as dig(1) shows them, `records`
    the answer in canonical order (RFC 4034, 6.3), in presentation format, at most
    `EXCHANGE_RECORDS`.
    """

    question: str
    server: str
    rcode: str
    flags: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one check, re-checks included.

    `phases_ms` holds milliseconds by phase (`dns`, `connect`, `tls`, `send`, `first_byte`,
    `transfer`), only the phases that were reached; `connect` is the kernel's own round trip.
    `evidence` is escaped printable text of at most `EVIDENCE_LIMIT` characters. `warning` is what a
    pass will soon fail for. `exchange` is the last of a DNS check, `serials` are those of a zone by
    server (`ns1.example.com. 192.0.2.1`).
    """

    vote: Vote
    layer: Layer | None = None
    reason: Reason | None = None
    evidence: str = ""
    address: str | None = None
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    attempts: int = 1
    certificate: Certificate | None = None
    warning: Reason | None = None
    exchange: Exchange | None = None
    serials: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.vote is Vote.PASS) != (self.reason is None):
            raise ValueError(f"a pass has no reason and all else has one, got {self.vote}")
        if self.vote is Vote.FAIL and self.layer is None:
            raise ValueError("a failure names its layer")
        for ms in self.phases_ms.values():
            if not 0 <= ms < MOST_MS:
                raise ValueError(f"a phase takes from 0 to {MOST_MS} ms, got {self.phases_ms}")
        if self.warning is not None and self.vote is not Vote.PASS:
            raise ValueError(f"only a pass can warn, got {self.vote} with {self.warning}")
        if self.attempts < 1:
            raise ValueError(f"an outcome has at least one attempt, got {self.attempts}")

    @property
    def total_ms(self) -> float:
        """How long the last attempt took, in milliseconds."""
        return sum(self.phases_ms.values())


def printable(text: str | bytes, limit: int = EVIDENCE_LIMIT) -> str:
    r"""Render what a target sent as inert text: escaped, on one line, at most `limit` characters.

    Everything but printable characters becomes `\n`, `\x1b`, `\u202e` …, so that no log line, mail
    header, terminal or page can be steered by it.
    """
    raw = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    if len(raw) <= limit and raw.isprintable():
        return raw
    cut = raw[: limit + 1]
    escaped = "".join(c if c.isprintable() else _escape(c) for c in cut)
    return escaped if len(escaped) <= limit else escaped[: limit - 1] + "…"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
