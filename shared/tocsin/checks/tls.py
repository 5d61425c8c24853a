"""TLS as a client: whom to trust, by the rules of a monitor.

Chain and name are always verified, and by OpenSSL; what a failure means is told by `handshake`.
"""

import ssl
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import certifi

from tocsin.checks import chain
from tocsin.checks.certificate import Shown
from tocsin.checks.failure import CheckFailedError
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Tls, TlsVersion

CONTEXTS: Final = 64
"""Contexts with authorities of their own that are kept; another takes less than a millisecond."""
_VERSIONS: Final = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}

_CHECK_SS_SIGNATURE: Final = 0x4000
"""X509_V_FLAG_CHECK_SS_SIGNATURE of x509_vfy.h: what is trusted must still have signed itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The rules for a connection, and the contexts that keep them.

    Where the rules let a certificate sign itself, `context` takes any, and `judge` is who looks at
    it then.
    """

    rules: Tls
    context: ssl.SSLContext
    judge: ssl.SSLContext | None = None

    def name(self, host: str) -> str:
        """Give the name that is asked for and must be the certificate's."""
        return self.rules.name or host.removesuffix(".")

    def verify(self, tls: ssl.SSLObject, name: str, shown: Shown | None) -> None:
        """Verify what the handshake has not. Raises ssl.SSLError, as the handshake would have."""
        if self.judge is None:
            return
        sent, judge = tls.get_unverified_chain(), self.judge
        if shown is not None and shown.self_issued:
            judge = _trusting_only(sent[0], self.rules.minimum)
        has_rsa_key = shown is not None and shown.has_rsa_key
        chain.verify(judge, sent, name, has_rsa_key=has_rsa_key)


def trust(rules: Tls, ca_file: str | None = None, alpn: tuple[str, ...] = ()) -> Trust:
    """Make contexts of rules, or find them: certifi's authorities, those of a file, or the rules'.

    No session is ever taken up again, so connections stay independent. Raises CheckFailedError
    where the authority in the rules cannot be read.
    """
    if rules.self_signed:
        context = _unverifying(alpn, rules.minimum)
        return Trust(rules=rules, context=context, judge=_judge(ca_file, rules.minimum))
    if rules.authority is None:
        return Trust(rules=rules, context=_public(ca_file, alpn, rules.minimum))
    return Trust(rules=rules, context=_private(rules.authority, alpn, rules.minimum))


@cache
def _public(ca_file: str | None, alpn: tuple[str, ...], minimum: TlsVersion) -> ssl.SSLContext:
    """Make a context of all authorities, which costs some 20 ms."""
    context = _context(alpn, minimum)
    context.load_verify_locations(cafile=ca_file or certifi.where())
    return context


@lru_cache(maxsize=CONTEXTS)
def _private(authority: str, alpn: tuple[str, ...], minimum: TlsVersion) -> ssl.SSLContext:
    context = _context(alpn, minimum)
    try:
        context.load_verify_locations(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        # The file of monitors is wrong, and no target is blamed for that.
        text = f"the authority that this monitor trusts cannot be read ({error})"
        raise CheckFailedError(Layer.TLS, Reason.PROBE_ERROR, text) from None
    return context


@cache
def _unverifying(alpn: tuple[str, ...], minimum: TlsVersion) -> ssl.SSLContext:
    context = _context(alpn, minimum)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _judge(ca_file: str | None, minimum: TlsVersion) -> ssl.SSLContext:
    return _public(ca_file, (), min(minimum, TlsVersion.V1_2))


@lru_cache(maxsize=CONTEXTS)
def _trusting_only(certificate: bytes, minimum: TlsVersion) -> ssl.SSLContext:
    context = _context((), min(minimum, TlsVersion.V1_2))
    # What a device signed for itself often has no other name, and is no worse for it.
    context.hostname_checks_common_name = True
    context.verify_flags |= _CHECK_SS_SIGNATURE
    context.load_verify_locations(cadata=certificate)
    return context


def _context(alpn: tuple[str, ...], minimum: TlsVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if minimum < TlsVersion.V1_2:
        # They need SHA-1, which OpenSSL grants at the level only at which it grants all else.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = _VERSIONS[minimum]
    # Browsers have not looked at it since 2017 (RFC 9110, 4.3.4, and RFC 9525 forbid it).
    context.hostname_checks_common_name = False
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
