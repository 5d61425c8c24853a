"""TLS as a client: whom to trust, and what a failed handshake means.

Certificates are always verified, chain and name. OpenSSL says why it refuses one; each fault that a
person would mend differently has a reason of its own.
"""

import ssl
from functools import cache
from typing import Final

import certifi

from tocsin.checks.failure import CheckFailedError
from tocsin.domain.outcome import Layer, Reason

# Numbers of x509_vfy.h, which Python hands through as `verify_code`.
_VERIFY: Final = {
    9: (Reason.CERTIFICATE_NOT_YET_VALID, "a certificate that is not valid yet"),
    10: (Reason.CERTIFICATE_EXPIRED, "an expired certificate"),
    18: (Reason.CERTIFICATE_UNTRUSTED, "a self-signed certificate"),
    19: (Reason.CERTIFICATE_UNTRUSTED, "a chain that ends in an unknown self-signed authority"),
    20: (Reason.CERTIFICATE_UNTRUSTED, "a certificate whose issuer is unknown or was not sent"),
    21: (Reason.CERTIFICATE_UNTRUSTED, "a certificate whose issuer was not sent"),
    62: (Reason.CERTIFICATE_WRONG_NAME, "a certificate for another name"),
    64: (Reason.CERTIFICATE_WRONG_NAME, "a certificate for another address"),
    66: (Reason.TLS_TOO_WEAK, "a certificate whose key is too weak"),
    67: (Reason.TLS_TOO_WEAK, "a chain with a key that is too weak"),
    68: (Reason.TLS_TOO_WEAK, "a chain with a signature that is too weak"),
}
_NOT_TLS: Final = frozenset(
    {
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_MESSAGE",
        "WRONG_VERSION_NUMBER",
    }
)
_TOO_WEAK: Final = frozenset(
    {
        "DH_KEY_TOO_SMALL",
        "EE_KEY_TOO_SMALL",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SIGNATURE_TYPE",
    }
)


@cache
def client_context(ca_file: str | None = None, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Make a context: certifi's authorities or those of a file, TLS 1.2 at least.

    It costs some 20 ms, hence the cache; no session is ever taken up again, so connections stay
    independent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Browsers have not looked at it since 2017 (RFC 9110, 4.3.4, and RFC 9525 forbid it).
    context.hostname_checks_common_name = False
    context.load_verify_locations(cafile=ca_file or certifi.where())
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def fault(error: ssl.SSLError, host: str, where: str) -> CheckFailedError:
    """Tell what made TLS fail."""
    if isinstance(error, ssl.SSLCertVerificationError):
        other = (Reason.CERTIFICATE_UNTRUSTED, "a certificate that cannot be trusted")
        reason, text = _VERIFY.get(error.verify_code, other)
        shown = f"{where} shows {text} when asked for {host} ({error.verify_message.rstrip('.')})"
        return CheckFailedError(Layer.TLS, reason, shown)
    what = error.reason or "UNKNOWN"
    said = what.replace("_", " ").lower()
    if what in _NOT_TLS:
        return CheckFailedError(
            Layer.TLS, Reason.TLS_HANDSHAKE, f"{where} does not speak TLS ({said})"
        )
    if what in _TOO_WEAK:
        return CheckFailedError(
            Layer.TLS, Reason.TLS_TOO_WEAK, f"{where} offers only weak TLS ({said})"
        )
    return CheckFailedError(Layer.TLS, Reason.TLS_HANDSHAKE, f"TLS with {where} failed ({said})")
