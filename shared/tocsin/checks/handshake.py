"""What it means that TLS failed: in the handshake, over a certificate, or after both.

Each fault that a person would mend differently has a reason of its own, and of a refused
certificate it is told whom it is for, by whom it was issued and until when.
"""

import ssl
from datetime import datetime, timedelta
from typing import Final

from tocsin.checks.certificate import NAMES, Shown
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.domain.outcome import Layer, Reason, printable
from tocsin.domain.target import TlsVersion

# Numbers of x509_vfy.h, which Python hands through as `verify_code`.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_WRONG_NAME: Final = frozenset({62, 64})
_REFUSED: Final = {
    18: (Reason.CERTIFICATE_UNTRUSTED, "a self-signed certificate"),
    19: (Reason.CERTIFICATE_UNTRUSTED, "a chain that ends in an unknown self-signed authority"),
    20: (Reason.CERTIFICATE_UNTRUSTED, "a certificate whose issuer is unknown or was not sent"),
    21: (Reason.CERTIFICATE_UNTRUSTED, "a certificate whose issuer was not sent"),
    66: (Reason.TLS_TOO_WEAK, "a certificate whose key is too weak"),
    67: (Reason.TLS_TOO_WEAK, "a chain with a key that is too weak"),
    68: (Reason.TLS_TOO_WEAK, "a chain with a signature that is too weak"),
}
# Names of sslerr.h, which Python hands through as `reason`.
_NOT_TLS: Final = frozenset(
    {
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_MESSAGE",
        "WRONG_VERSION_NUMBER",
    }
)
_TOO_OLD: Final = frozenset({"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"})
_TOO_WEAK: Final = frozenset(
    {
        "DH_KEY_TOO_SMALL",
        "EE_KEY_TOO_SMALL",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "WRONG_SIGNATURE_TYPE",
    }
)
_TOO_MUCH: Final = "EXCESSIVE_MESSAGE_SIZE"
_ALERTS: Final = {
    "HANDSHAKE_FAILURE": "it accepts nothing of what it was offered",
    "UNRECOGNIZED_NAME": "it does not know the name that it was asked for",
    "CERTIFICATE_REQUIRED": "it wants a certificate of ours",
}
"""What a server says, by the end of what OpenSSL calls that, which begins in several ways."""
_OFFERED: Final = {
    b"\x03\x00": "SSL 3.0",
    b"\x03\x01": "TLS 1.0",
    b"\x03\x02": "TLS 1.1",
    b"\x03\x03": "TLS 1.2",
}
_RECORD_TYPES: Final = range(0x14, 0x18)
_SERVER_HELLO: Final = b"\x02"
_ISSUER_LIMIT: Final = 60
DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


def failed(error: ssl.SSLError, where: str, hello: bytes, minimum: TlsVersion) -> CheckFailedError:
    """Tell what ended a handshake in which the server began with `hello`."""
    what, said = _said(error)
    reason, text = Reason.TLS_HANDSHAKE, f"TLS with {where} failed{_why(what)} ({said})"
    if not speaks_tls(hello):
        text = f"{where} does not speak TLS; it said {quoted(hello)}"
    elif what in _NOT_TLS:
        text = f"{where} does not speak TLS ({said})"
    elif what in _TOO_OLD:
        offered = _OFFERED.get(hello[9:11]) if hello[5:6] == _SERVER_HELLO else None
        offers = f"offers {offered}" if offered else "offers nothing as new"
        reason, text = (
            Reason.TLS_TOO_WEAK,
            f"{where} {offers} when asked for TLS {minimum} at least",
        )
    elif what in _TOO_WEAK:
        reason, text = Reason.TLS_TOO_WEAK, f"{where} offers only weak TLS ({said})"
    elif what == _TOO_MUCH:
        reason, text = Reason.TOO_MUCH_DATA, f"{where} shows far too many certificates ({said})"
    return CheckFailedError(Layer.TLS, reason, text)


def refused(
    error: ssl.SSLCertVerificationError, where: str, name: str, shown: Shown | None, now: datetime
) -> CheckFailedError:
    """Tell why a certificate was refused that should have been for `name`."""
    code = error.verify_code
    if code == _EXPIRED:
        reason, text = Reason.CERTIFICATE_EXPIRED, _expired(shown, now)
    elif code == _NOT_YET_VALID:
        reason, text = Reason.CERTIFICATE_NOT_YET_VALID, _not_yet_valid(shown, now)
    elif code in _WRONG_NAME:
        reason, text = Reason.CERTIFICATE_WRONG_NAME, _misnamed(shown, name)
    else:
        other = f"a certificate that cannot be trusted, since {error.verify_message}"
        reason, text = _REFUSED.get(code, (Reason.CERTIFICATE_UNTRUSTED, other))
        text += _described(shown)
    return CheckFailedError(Layer.TLS, reason, f"{where} shows {text}")


def expires_soon(where: str, shown: Shown, left: timedelta, days: int) -> CheckFailedError:
    """Tell that a good certificate has fewer days left than there should be."""
    text = f"{where} shows a certificate that is valid for only {counted(left, 'more ')}"
    text = f"{text}, where {days} are asked for ({_issued(shown)})"
    return CheckFailedError(Layer.TLS, Reason.CERTIFICATE_EXPIRES_SOON, text)


def broken(error: ssl.SSLError, where: str) -> CheckFailedError:
    """Tell what ended TLS after its handshake."""
    what, said = _said(error)
    if "ALERT" in what:
        text = f"TLS with {where} failed{_why(what)} ({said})"
        return CheckFailedError(Layer.TLS, Reason.TLS_HANDSHAKE, text)
    text = f"{where} sent something that is not TLS after the handshake ({said})"
    return CheckFailedError(Layer.TLS, Reason.MALFORMED_REPLY, text)


def speaks_tls(hello: bytes) -> bool:
    """Tell whether the first bytes of a server may be those of TLS."""
    return not hello or (hello[0] in _RECORD_TYPES and hello[1:2] in (b"", b"\x03"))


def counted(duration: timedelta, more: str = "") -> str:
    """Say a duration in whole days, or in hours where there is none: `3 days`, `1 more hour`."""
    unit, word = (DAY, "day") if duration >= DAY else (_HOUR, "hour")
    count = max(0, duration // unit)
    return f"{count} {more}{word}" if count == 1 else f"{count} {more}{word}s"


def _said(error: ssl.SSLError) -> tuple[str, str]:
    what = error.reason or "UNKNOWN"
    return what, what.replace("_", " ").lower()


def _why(what: str) -> str:
    return next((f": {why}" for alert, why in _ALERTS.items() if what.endswith(alert)), "")


def _expired(shown: Shown | None, now: datetime) -> str:
    if shown is None:
        return "an expired certificate"
    if (ago := now - shown.certificate.expires_at) > timedelta():
        return f"an expired certificate (expired {counted(ago)} ago, {_issued(shown)})"
    return f"a good certificate below an expired one of an authority ({_issued(shown)})"


def _not_yet_valid(shown: Shown | None, now: datetime) -> str:
    if shown is None:
        return "a certificate that is not valid yet"
    if (ahead := shown.valid_from - now) > timedelta():
        when = f"it will be in {counted(ahead)}"
        return f"a certificate that is not valid yet ({when}, {_issued(shown)})"
    return f"a good certificate below one of an authority that is not valid yet ({_issued(shown)})"


def _misnamed(shown: Shown | None, name: str) -> str:
    if shown is None:
        return f"a certificate for another name than {name}"
    return f"a certificate for {_whom(shown)}, not for {name} ({_issued(shown)})"


def _described(shown: Shown | None) -> str:
    if shown is None:
        return ""
    until = f"valid until {shown.certificate.expires_at:%Y-%m-%d}"
    return f" (for {_whom(shown)}, {_issued(shown)}, {until})"


def _whom(shown: Shown) -> str:
    if not shown.names:
        return f"no name (its subject is {printable(shown.subject, _ISSUER_LIMIT)})"
    return ", ".join(shown.names[:NAMES]) + (" and others" if len(shown.names) > NAMES else "")


def _issued(shown: Shown) -> str:
    if shown.self_issued:
        return "issued by itself"
    return f"issued by {printable(shown.certificate.issuer, _ISSUER_LIMIT)}"
