"""What a certificate says of itself, whether or not anybody trusts it.

Python decodes no certificate that OpenSSL has refused, and that is the one that people ask about.
This reads the few fields that are shown (RFC 5280, 4.1) and trusts none of them: whatever the size
of a certificate, few of its elements are looked at, and all text comes out inert.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from itertools import islice
from typing import Final

from tocsin.domain.der import elements
from tocsin.domain.outcome import Certificate, printable

ISSUER_LIMIT: Final = 120
"""Characters of an issuer that are kept."""
NAMES: Final = 3
"""Names that a certificate is said to be for."""
_NAME_LIMIT: Final = 60
_PARTS: Final = 32
"""Parts of a distinguished name, and extensions, that are looked at; there are some ten."""
_USUAL: Final = 4096

_UTC_TIME: Final = 0x17
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_DNS_NAME: Final = 0x82
_ADDRESS: Final = 0x87
_SUBJECT_ALT_NAME: Final = bytes.fromhex("551d11")
_RSA: Final = bytes.fromhex("2a864886f70d0101")
"""What the identifiers of all RSA keys begin with (RFC 8017, appendix C)."""
_ATTRIBUTES: Final = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "ST",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("0992268993f22c640119"): "DC",
    bytes.fromhex("2a864886f70d010901"): "E",
}
_ENCODINGS: Final = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
"""Of the types of string that are not UTF-8: T61 as it is used, Universal, BMP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A certificate as a target shows it.

    `names` are its first names and addresses, one more than `NAMES` where there are more.
    `self_issued` says that it names itself as its issuer.
    """

    certificate: Certificate
    valid_from: datetime
    subject: str
    names: tuple[str, ...]
    self_issued: bool
    has_rsa_key: bool


def read(der: bytes) -> Shown:
    """Read a certificate. Raises ValueError where it is none, or one with impossible dates."""
    # A target shows the same one at each check. Larger ones than usual are not worth their memory.
    return _remembered(der) if len(der) <= _USUAL else _read(der)


@lru_cache(maxsize=1024)
def _remembered(der: bytes) -> Shown:
    return _read(der)


def _read(der: bytes) -> Shown:
    fields = list(islice(elements(_first(_first(der))), 10))
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < 6:  # noqa: PLR2004 - serial, algorithm, issuer, validity, subject, key
        raise ValueError("a certificate has six fields at least")
    issuer, validity, subject, key = (content for _, content in fields[2:6])
    valid_from, expires_at = (_instant(*field) for field in islice(elements(validity), 2))
    extensions = next((content for tag, content in fields[6:] if tag == _EXTENSIONS), b"")
    return Shown(
        certificate=Certificate(
            fingerprint=sha256(der).hexdigest(), issuer=_name(issuer), expires_at=expires_at
        ),
        valid_from=valid_from,
        subject=_name(subject),
        names=tuple(islice(_alternatives(extensions), NAMES + 1)),
        self_issued=issuer == subject,
        has_rsa_key=_first(_first(key)).startswith(_RSA),
    )


def _first(content: bytes) -> bytes:
    for _, inner in elements(content):
        return inner
    raise ValueError("an element is empty")


def _instant(tag: int, content: bytes) -> datetime:
    """Read a time (RFC 5280, 4.1.2.5); years of two digits are those from 1950 to 2049."""
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = f"{20 if text < '50' else 19}{text}"
    digits, zone = text[:14], text[14:]
    if not digits.isdigit() or zone != "Z":
        raise ValueError("a time ends with its seconds and a Z")
    return datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}").replace(tzinfo=UTC)


def _name(name: bytes) -> str:
    """Give a distinguished name as people read it, the most telling part first."""
    parts = []
    for _, attributes in islice(elements(name), _PARTS):
        for _, attribute in islice(elements(attributes), 1):
            (_, kind), (tag, value) = islice(elements(attribute), 2)
            if (short := _ATTRIBUTES.get(kind)) is not None:
                parts.append(f"{short}={_text(tag, value)}")
    return printable(", ".join(reversed(parts)), ISSUER_LIMIT) or "nobody"


def _text(tag: int, value: bytes) -> str:
    # No character takes more than four bytes, and more characters are never shown.
    cut = value[: 4 * (ISSUER_LIMIT + 1)]
    return cut.decode(_ENCODINGS.get(tag, "utf-8"), "backslashreplace")


def _alternatives(extensions: bytes) -> Iterator[str]:
    for _, extension in islice(elements(_first(extensions) if extensions else b""), _PARTS):
        kind, *_, (_, value) = islice(elements(extension), 3)
        if kind[1] == _SUBJECT_ALT_NAME:
            for tag, name in islice(elements(_first(value)), _PARTS):
                if tag == _DNS_NAME:
                    yield printable(name, _NAME_LIMIT)
                elif tag == _ADDRESS and len(name) in (4, 16):
                    yield str(ip_address(name))
