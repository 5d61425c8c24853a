"""Signatures of SNS messages: as AWS makes them, and as an endpoint checks them.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

type Message = Mapping[str, Any]

_HASHES: Final[Mapping[str, Callable[[], HashAlgorithm]]] = {"1": SHA1, "2": SHA256}
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip


class ForgedError(Exception):
    """SNS has not signed this message; the text says how that is seen."""


def sign(message: Message, key: RSAPrivateKey, *, version: str, certificate: str) -> dict[str, Any]:
    """Sign a message; `certificate` is the URL that the key's certificate is at."""
    signature = key.sign(_canonical(message), PKCS1v15(), _HASHES[version]())
    return {
        **message,
        "SignatureVersion": version,
        "Signature": b64encode(signature).decode(),
        "SigningCertURL": certificate,
    }


def verify(message: Message, *, trusted: str, fetch: Callable[[str], bytes]) -> None:
    """See that SNS signed a message with SHA-256; ForgedError where it did not.

    `trusted` is what the certificate's URL begins with, where it is of SNS; `fetch` gets it.
    """
    if message.get("SignatureVersion") != "2":
        raise ForgedError(f"signed by version {message.get('SignatureVersion')}, not 2")
    url = str(message["SigningCertURL"])
    if not url.startswith(trusted):
        raise ForgedError("its certificate is not at SNS")
    key = x509.load_pem_x509_certificate(fetch(url)).public_key()
    if not isinstance(key, RSAPublicKey):
        raise ForgedError("its key is not RSA")
    try:
        key.verify(b64decode(message["Signature"]), _canonical(message), PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise ForgedError("its signature is of another message, or another's") from error


def certified(key: RSAPrivateKey) -> bytes:
    """Certify a key as that of SNS, as PEM; for a day, and by itself."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + timedelta(days=1),
    ).sign(key, SHA256())
    return certificate.public_bytes(Encoding.PEM)


def _canonical(message: Message) -> bytes:
    """Give the bytes that are signed: name and value of each field that is there, on lines."""
    fields = _SIGNED[message["Type"]]
    lines = (f"{name}\n{message[name]}\n" for name in fields if message.get(name) is not None)
    return "".join(lines).encode()
