"""Authorities that a monitor brings along: a PEM file beside monitors.yaml, or PEM in it.

What is kept is the certificates alone, each once and always in the same form. Nothing that could be
a private key is ever shown, or kept.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pydantic import ValidationInfo

from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import kind_of
from tocsin.domain.der import elements

type Fetch = Callable[[str], bytes]
"""Reads the file of a path that is relative to monitors.yaml; raises OSError or MistakeError."""

FILE_LIMIT = 256 * 1024
COUNT_LIMIT = 8
"""Certificates of one monitor: hundreds of monitors are stored together."""
_PATH_LIMIT = 500

_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END CERTIFICATE-----"
)
_KEY = re.compile(r"[A-Za-z0-9+/= ]{40,}")
"""What no path looks like, and a private key without its first line does: it is not shown."""
_SEQUENCE, _BIT_STRING = 0x30, 0x03
_CERTIFICATE = [_SEQUENCE, _SEQUENCE, _BIT_STRING]
"""What is in one: the certificate proper, the algorithm, the signature (RFC 5280, 4.1)."""


def beside(folder: Path) -> Fetch:
    """Read files whose paths begin in this folder; they may lead anywhere."""

    @cache  # many monitors name the same file, and all of them are to see the same
    def fetch(name: str) -> bytes:
        path = folder / Path(name).expanduser()
        if path.exists() and not path.is_file():  # a pipe would be waited for
            fix = "Name the file with the certificate of the authority"
            raise MistakeError("bad_ca", f"{shown(name)} is not a file", fix)
        with path.open("rb") as stream:
            return stream.read(FILE_LIMIT + 1)

    return fetch


def nowhere(_name: str) -> bytes:
    """Read no file: there is no folder that paths could begin in."""
    message = "there is no file beside which it could lie"
    raise MistakeError("bad_ca", message, "Write the certificate itself, in PEM")


def authority(value: object, info: ValidationInfo) -> str:
    """Read certificates in PEM or the path of a file of them; give them in one form."""
    if not isinstance(value, str):
        fix = "Write the path of a PEM file"
        raise MistakeError("wrong_type", f"expected a path, got {kind_of(value)}", fix)
    if "-----BEGIN" in value or "PRIVATE KEY" in value:
        return certificates(value, "the value")
    if not value or len(value) > _PATH_LIMIT or not value.isprintable() or _KEY.fullmatch(value):
        fix = "Write the path of a PEM file, or its text from -----BEGIN CERTIFICATE----- on"
        raise MistakeError("bad_ca", "this is neither a path nor a certificate in PEM", fix)
    return certificates(_fetched(value, info.context or nowhere), shown(value))


def certificates(text: str, what: str) -> str:
    """Give the certificates of a text as PEM, without all that stands around them."""
    if "PRIVATE KEY" in text:
        message = f"{what} holds a private key, which nobody but its server may have"
        fix = (
            "Name a file that holds the certificate of the authority only, and see who has the key"
        )
        raise MistakeError("private_key", message, fix)
    kept = dict.fromkeys(_der(block, what) for block in _BLOCK.findall(text))
    if not kept:
        fix = "Name a file in PEM: `openssl x509 -in FILE -out ca.pem` writes one, with"
        fix = f"{fix} `-inform DER` from binary files"
        raise MistakeError("bad_ca", f"{what} holds no certificate in PEM", fix)
    if len(kept) > COUNT_LIMIT:
        fix = f"Keep the authorities that this service's chain can end at, at most {COUNT_LIMIT}"
        raise MistakeError("bad_ca", f"{what} holds {len(kept)} certificates", fix)
    return "".join(map(_pem, kept))


def _fetched(name: str, fetch: Fetch) -> str:
    try:
        raw = fetch(name)
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, MistakeError):
            raise
        reason = (getattr(error, "strerror", None) or "cannot be read").lower()
        fix = "Write a path that begins in the folder of monitors.yaml"
        raise MistakeError("bad_ca", f"{shown(name)}: {reason}", fix) from None
    if len(raw) > FILE_LIMIT:
        message = f"{shown(name)} is larger than {FILE_LIMIT // 1024} KiB"
        raise MistakeError("bad_ca", message, "Name a file of the authority's certificate alone")
    return raw.decode("latin-1")  # what is not PEM is not looked at


def _der(block: str, what: str) -> bytes:
    try:
        raw = b64decode("".join(block.split()), validate=True)
        outer = list(elements(raw))
        sound = [tag for tag, _ in outer] == [_SEQUENCE] and (
            [tag for tag, _ in elements(outer[0][1])] == _CERTIFICATE
        )
    except ValueError:
        sound = False
    if not sound:
        message = f"{what} holds a certificate that is damaged"
        raise MistakeError("bad_ca", message, "Copy it again, whole and as it is")
    return raw


def _pem(der: bytes) -> str:
    text = b64encode(der).decode("ascii")
    lines = "".join(f"{text[at : at + 64]}\n" for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"
