"""What an endpoint of SNS takes for a message of SNS, and what it does not."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.e2e.signatures import ForgedError, certified, sign, verify

SNS = "https://sns.eu-west-1.amazonaws.com/"
URL = f"{SNS}SimpleNotificationService-0.pem"
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "m-1",
    "TopicArn": "arn:aws:sns:eu-west-1:000000000000:page",
    "Subject": "ALARM: DOWN db",
    "Message": '{"NewStateValue": "ALARM"}\n\u2028 ü',
    "Timestamp": "2026-01-01T12:00:00.000Z",
    "MessageAttributes": {"event": {"Type": "String", "Value": "opened"}},
}
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "m-2",
    "TopicArn": NOTIFICATION["TopicArn"],
    "Message": "You have chosen to subscribe",
    "SubscribeURL": f"{SNS}?Action=ConfirmSubscription",
    "Token": "t",
    "Timestamp": "2026-01-01T12:00:00.000Z",
}


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(key: RSAPrivateKey) -> bytes:
    return certified(key)


def signed(message: dict[str, Any], key: RSAPrivateKey, version: str = "2") -> dict[str, Any]:
    return sign(message, key, version=version, certificate=URL)


WITHOUT_SUBJECT = {name: value for name, value in NOTIFICATION.items() if name != "Subject"}


@pytest.mark.parametrize(
    "message",
    [NOTIFICATION, WITHOUT_SUBJECT, CONFIRMATION],
    ids=["a notification", "one without a subject", "a confirmation"],
)
def test_what_sns_signed_is_taken(
    message: dict[str, Any], key: RSAPrivateKey, certificate: bytes
) -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificate

    verify(signed(message, key), trusted=SNS, fetch=fetch)

    assert fetched == [URL]


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
def test_a_notification_that_was_changed_is_not(
    field: str, key: RSAPrivateKey, certificate: bytes
) -> None:
    forged = signed(NOTIFICATION, key) | {field: "other"}

    with pytest.raises(ForgedError, match="of another message"):
        verify(forged, trusted=SNS, fetch=lambda _: certificate)


@pytest.mark.parametrize("field", ["SubscribeURL", "Token", "TopicArn"])
def test_a_confirmation_that_leads_elsewhere_is_not(
    field: str, key: RSAPrivateKey, certificate: bytes
) -> None:
    forged = signed(CONFIRMATION, key) | {field: "https://attacker.example/"}

    with pytest.raises(ForgedError, match="of another message"):
        verify(forged, trusted=SNS, fetch=lambda _: certificate)


def test_a_certificate_from_elsewhere_is_not_even_fetched(key: RSAPrivateKey) -> None:
    elsewhere = sign(
        NOTIFICATION, key, version="2", certificate="https://sns.eu-west-1.amazonaws.com.evil/0.pem"
    )

    with pytest.raises(ForgedError, match="not at SNS"):
        verify(elsewhere, trusted=SNS, fetch=lambda _: pytest.fail("fetched"))


def test_a_signature_by_sha_1_is_not_enough(key: RSAPrivateKey, certificate: bytes) -> None:
    with pytest.raises(ForgedError, match="version 1, not 2"):
        verify(signed(NOTIFICATION, key, "1"), trusted=SNS, fetch=lambda _: certificate)


def test_a_signature_of_somebody_else_is_not(certificate: bytes) -> None:
    other = generate_private_key(public_exponent=65537, key_size=2048)

    with pytest.raises(ForgedError, match="another's"):
        verify(signed(NOTIFICATION, other), trusted=SNS, fetch=lambda _: certificate)
