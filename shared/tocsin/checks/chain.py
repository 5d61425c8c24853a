"""Have OpenSSL judge a chain of certificates outside of any connection.

Python has no call for that, but a client of TLS 1.2 judges the chain it is shown before all else.
So one is shown it, in a handshake that ends there: what it raises is what it would have raised at
the target's, for the same rules of names, dates and strength.
"""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from itertools import batched
from typing import Final

_VERSION: Final = b"\x03\x03"
_HANDSHAKE: Final = b"\x16" + _VERSION
_SERVER_HELLO: Final = b"\x02"
_CERTIFICATE: Final = b"\x0b"
# AES-128-GCM after ECDHE, by what kind of key the server proves itself (RFC 5289).
_WITH_RSA: Final = b"\xc0\x2f"
_WITH_ECDSA: Final = b"\xc0\x2b"
_SAFE_RENEGOTIATION: Final = b"\x00\x05\xff\x01\x00\x01\x00"
_RECORD: Final = 16 * 1024


def verify(
    context: ssl.SSLContext, chain: Sequence[bytes], name: str, *, has_rsa_key: bool
) -> None:
    """Judge a chain, in DER and the leaf first, by a context that allows TLS 1.2.

    Raises ssl.SSLCertVerificationError where it is refused; any other ssl.SSLError says that it
    could not be judged, and is no consent.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    suite = _WITH_RSA if has_rsa_key else _WITH_ECDSA
    hello = _VERSION + bytes(32) + b"\x00" + suite + b"\x00" + _SAFE_RENEGOTIATION
    shown = _sized(b"".join(map(_sized, chain)))
    messages = _SERVER_HELLO + _sized(hello) + _CERTIFICATE + _sized(shown)
    for piece in batched(messages, _RECORD, strict=False):
        incoming.write(_HANDSHAKE + len(piece).to_bytes(2) + bytes(piece))
    # It has nothing against the chain and waits for the server's next message.
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(3) + data
