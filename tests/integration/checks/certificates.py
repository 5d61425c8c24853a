"""Certificates of every kind, good and bad, and servers that show them."""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.checks.servers import HERE, NOW, Behaviour

DAY = timedelta(days=1)
_SIGNED_OVER = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
"""RSA over SHA-256, and over SHA-1 (RFC 8017, appendix C)."""
type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def called(common_name: str, *more: x509.NameAttribute[str]) -> x509.Name:
    return x509.Name([*more, x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate, its key, and what is sent above it."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def server(self, folder: Path) -> ssl.SSLContext:
        """Make the TLS of a server that shows it, and refuses nothing itself."""
        path = folder / f"{self.certificate.serial_number}.pem"
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        shown = [self.certificate, *self.above]
        path.write_bytes(secret + b"".join(c.public_bytes(Encoding.PEM) for c in shown))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(path)
        return context


def signed(
    *,
    by: Identity | None = None,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    names: Sequence[str] = (HERE,),
    since: datetime = NOW - 9 * DAY,
    until: datetime = NOW + 90 * DAY,
    own: Key | None = None,
    authority: bool = False,
) -> Identity:
    """Make a certificate, signed by another or else by itself."""
    own = own or key()
    subject = subject or called("self")
    signer = by.key if by else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or (by.certificate.subject if by else subject))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
    if authority:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    if names:
        alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    of = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = builder.sign(signer, of)
    return Identity(certificate=made, key=own, above=(by.certificate, *by.above) if by else ())


def with_sha1(identity: Identity, authority: Identity) -> Identity:
    """Have a certificate signed over SHA-1, which no library does any more."""
    assert isinstance(authority.key, rsa.RSAPrivateKey)
    certificate, (sha256, sha1) = identity.certificate, _SIGNED_OVER
    body = certificate.tbs_certificate_bytes.replace(sha256, sha1)
    signature = authority.key.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    der = identity.der.replace(sha256, sha1).replace(certificate.signature, signature)
    return replace(identity, certificate=x509.load_der_x509_certificate(der))


def _general(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ip_address(name))
    return x509.DNSName(name)


def shaking_hands(context: ssl.SSLContext, then: Behaviour, *, cut: int | None = None) -> Behaviour:
    """Do a handshake by hand, or the first `cut` bytes of it, then behave on the bare socket."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        left = cut
        while True:
            incoming.write(await reader.read(4096))
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            said = outgoing.read()[:left]
            writer.write(said)
            await writer.drain()
            left = None if left is None else left - len(said)
            if done or left == 0:
                break
        # What came along with the end of the handshake is for whoever goes on.
        reader.feed_data(incoming.read())
        await then(reader, writer)

    return behave
