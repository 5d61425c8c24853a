"""What is wrong with a zone: findings, of which the gravest leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tocsin.domain.outcome import Layer, Reason

_GRAVEST_FIRST: Final = (
    Reason.NO_DELEGATION,
    Reason.BOGUS,
    Reason.UNSIGNED,
    Reason.SIGNATURE_EXPIRED,
    Reason.ANSWERS_DIFFER,
    Reason.NO_ADDRESS,
    Reason.REFUSED,
    Reason.UNREACHABLE,
    Reason.DNS_TIMEOUT,
    Reason.DNS_REFUSED,
    Reason.SERVFAIL,
    Reason.NOT_AUTHORITATIVE,
    Reason.WRONG_RCODE,
    Reason.DNS_MALFORMED,
    Reason.SIGNATURE_EXPIRES_SOON,
    Reason.DELEGATION_DIFFERS,
    Reason.GLUE_DIFFERS,
    Reason.WEAK_ALGORITHM,
    # The last: within `serial_lag` it is no trouble at all, and then nothing else must be lost.
    Reason.SERIAL_BEHIND,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, as a sentence; of one `server`, or of the zone where that is None.

    With `soon` it is what the zone will fail for, and nobody notices yet.
    """

    layer: Layer
    reason: Reason
    text: str
    server: str | None = None
    soon: bool = False


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Put the gravest first, and what is equally grave in the order of the servers.

    So the same state is told in the same words, whichever server answers first.
    """
    return sorted(findings, key=lambda each: (each.soon, _rank(each.reason), each.text))


def _rank(reason: Reason) -> int:
    return _GRAVEST_FIRST.index(reason) if reason in _GRAVEST_FIRST else len(_GRAVEST_FIRST)
