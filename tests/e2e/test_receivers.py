"""The endpoints of the run, over real TLS: what they answer to messages that are not of SNS."""

import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.e2e.audience import Audience, audience
from tests.e2e.receivers import Endpoint
from tests.e2e.signatures import sign
from tests.e2e.test_signatures import CONFIRMATION, NOTIFICATION


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    with audience(tmp_path_factory.mktemp("aws")) as everybody:
        yield everybody


@pytest.fixture
def endpoint(everybody: Audience) -> Endpoint:
    endpoint = everybody.endpoints["page"]
    for kept in (endpoint.arrivals, endpoint.confirmed, endpoint.refused):
        kept.clear()
    return endpoint


def signed(everybody: Audience, message: dict[str, Any]) -> dict[str, Any]:
    told = json.loads(Path(everybody.launcher[1]).read_text())
    key = load_pem_private_key(told["key"].encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return sign(message, key, version="2", certificate=told["certificate"])


def post(endpoint: Endpoint, message: dict[str, Any]) -> int:
    """Post a message as SNS does, and give the status of the answer."""
    request = urllib.request.Request(  # noqa: S310 - a server of ours
        endpoint.url("alerts"), data=json.dumps(message).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=15, context=endpoint.trust) as answer:  # noqa: S310
            status: int = answer.status
    except HTTPError as refusal:
        with refusal:
            status = refusal.code
    return status


def test_what_sns_signed_is_kept_as_it_came(everybody: Audience, endpoint: Endpoint) -> None:
    message = signed(everybody, NOTIFICATION)

    assert post(endpoint, message) == 200
    assert [(each.to, each.said) for each in endpoint.arrivals] == [("alerts", message)]


def test_what_was_changed_on_its_way_is_refused_and_not_kept(
    everybody: Audience, endpoint: Endpoint
) -> None:
    changed = signed(everybody, NOTIFICATION) | {"Message": '{"NewStateValue": "OK"}'}

    assert post(endpoint, changed) == 403
    assert endpoint.arrivals == []
    assert endpoint.refused == ["alerts: its signature is of another message, or another's"]


def test_a_confirmation_somewhere_else_is_not_followed(
    everybody: Audience, endpoint: Endpoint
) -> None:
    elsewhere = CONFIRMATION | {"SubscribeURL": f"https://127.0.0.1:{everybody.nobody}/"}

    assert post(endpoint, signed(everybody, elsewhere)) == 403
    assert endpoint.confirmed == []
    assert endpoint.refused == ["alerts: it wants to be confirmed somewhere else"]


def test_who_does_not_know_the_authority_sends_nothing(endpoint: Endpoint) -> None:
    stranger = Endpoint(
        trust=ssl.create_default_context(), certificates=endpoint.certificates, port=endpoint.port
    )

    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        post(stranger, NOTIFICATION)
    assert endpoint.arrivals == []


def test_a_dead_endpoint_refuses_connections(everybody: Audience) -> None:
    everybody.leave()

    with pytest.raises(URLError, match="refused"):
        post(everybody.gone, NOTIFICATION)
