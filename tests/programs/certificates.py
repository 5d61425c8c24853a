"""Certificates as servers have them: a good one of our own authority, and one for each fault."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.programs.programs import HERE

ANOTHER_NAME: Final = "another.example.test"
ORGANIZATION: Final = "Tocsin tests"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A key, the certificate for it, and the authority that signed it, each in PEM."""

    key: bytes
    chain: bytes
    authority: bytes

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of the certificate in hexadecimal."""
        return self._read.fingerprint(hashes.SHA256()).hex()

    @property
    def expires_at(self) -> datetime:
        return self._read.not_valid_after_utc

    @property
    def _read(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.chain)


class Authority:
    """An authority of our own, which nobody knows who has not been told of it."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name=ORGANIZATION)

    def good(self) -> Certificate:
        """Issue what a healthy server shows."""
        return self._issue(HERE, "localhost", ends=90 * _DAY)

    def expired(self) -> Certificate:
        """Issue one that somebody forgot three days ago."""
        return self._issue(HERE, "localhost", ends=-3 * _DAY - timedelta(hours=1))

    def ending(self) -> Certificate:
        """Issue one that somebody should think of: five days are left."""
        return self._issue(HERE, ends=5 * _DAY + timedelta(hours=1))

    def misnamed(self) -> Certificate:
        """Issue one for another server."""
        return self._issue(ANOTHER_NAME, ends=90 * _DAY)

    def _issue(self, *names: str, ends: timedelta) -> Certificate:
        issued = self._ca.issue_cert(*names, not_after=datetime.now(UTC) + ends)
        return Certificate(
            key=issued.private_key_pem.bytes(),
            chain=b"".join(pem.bytes() for pem in issued.cert_chain_pems),
            authority=self._ca.cert_pem.bytes(),
        )


def self_signed() -> Certificate:
    """Make what a device makes for itself on its first day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a device")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 90 * _DAY)
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = certificate.public_bytes(Encoding.PEM)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificate(key=plain, chain=chain, authority=chain)
