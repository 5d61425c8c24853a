"""Every way in which a check can tell that a target is not well."""

from tests.fakes.make import CERTIFICATE, PASS
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote

_OURS = frozenset(
    {
        Reason.FORBIDDEN_ADDRESS,
        Reason.NO_ROUTE_FAMILY,
        Reason.NOT_CAPABLE,
        Reason.OUT_OF_TIME,
        Reason.OUT_OF_SOCKETS,
        Reason.NO_SECRET,
        Reason.PROBE_ERROR,
        Reason.NO_URL,
        Reason.ENDPOINT_OUT,
    }
)
"""What a prober says of itself: it abstains."""

_SOON = frozenset({Reason.CERTIFICATE_EXPIRES_SOON, Reason.SIGNATURE_EXPIRES_SOON})

FAILURES = tuple(
    Outcome(
        vote=Vote.FAIL,
        layer=layer,
        reason=reason,
        evidence=f"{reason} at {layer}",
        address=f"192.0.2.{number % 3}" if number % 4 else None,
        certificate=CERTIFICATE if layer is Layer.TLS else None,
    )
    for number, (reason, layer) in enumerate(
        (reason, layer)
        for reason in Reason
        if reason not in _OURS and reason is not Reason.SUSPECT
        for layer in Layer
    )
)
ABSTENTIONS = tuple(Outcome(vote=Vote.ABSTAIN, reason=reason) for reason in _OURS)
WARNINGS = tuple(
    Outcome(vote=Vote.PASS, phases_ms={"connect": 2.0}, certificate=CERTIFICATE, warning=reason)
    for reason in sorted(_SOON)
)
SLOW = Outcome(vote=Vote.PASS, phases_ms={"connect": 1.0, "first_byte": 4000.0})

TROUBLES = (PASS, SLOW, *WARNINGS, *sorted(ABSTENTIONS, key=str), *FAILURES)
"""By number: the first is none at all."""

UNREACHABLE = Outcome(
    vote=Vote.FAIL, layer=Layer.CONNECT, reason=Reason.UNREACHABLE, evidence="no route to host"
)
"""What a location without a network sees of everything."""
