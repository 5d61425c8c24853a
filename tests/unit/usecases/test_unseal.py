"""Secrets: put in before a check, and taken out of whatever a target makes of them."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.memory import InMemorySecrets
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import EVIDENCE_LIMIT, Outcome, Vote, printable
from tocsin.domain.target import HttpTarget, TcpTarget
from tocsin.usecases.ports import SecretError
from tocsin.usecases.unseal import Unsealed, unseal

ODD = 'pä"ss/w%rd'
SECRETS = InMemorySecrets(
    {"/tocsin/password": ODD, "/tocsin/user": "müller", "/tocsin/token": "t0ken/+x"}
)


def opened(**said: object) -> Unsealed:
    target = HttpTarget(url="https://example.com/", **said)  # type: ignore[arg-type]
    return unseal(Monitor(id="api", target=target, locations=("lima",), need=1), SECRETS)


def seen(unsealed: Unsealed, said: str) -> str:
    return unsealed.redact(Outcome(vote=Vote.PASS, evidence=said)).evidence


def test_a_password_is_opened_where_it_is_sent() -> None:
    target = opened(basic=("${ssm:/tocsin/user}", "${ssm:/tocsin/password}")).monitor.target

    assert isinstance(target, HttpTarget)
    assert target.basic == ("müller", ODD)


def test_it_is_told_which_parameters_were_opened() -> None:
    by_reference = opened(basic=("${ssm:/tocsin/user}", "${ssm:/tocsin/password}"))
    header = opened(headers=(("X-Key", "${ssm:/tocsin/token}"),))

    assert by_reference.names == ("/tocsin/user", "/tocsin/password")
    assert (header.names, opened().names) == (("/tocsin/token",), ())


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param(ODD, id="as it is"),
        pytest.param(quote(ODD), id="in a path"),
        pytest.param(quote(ODD, safe=""), id="in a query"),
        pytest.param(json.dumps(ODD)[1:-1], id="in JSON"),
        pytest.param(json.dumps(ODD, ensure_ascii=False)[1:-1], id="in JSON of UTF-8"),
        pytest.param(ODD.encode().hex(" "), id="among raw bytes"),
        pytest.param(b64encode(f"me:{ODD}".encode()).decode(), id="as a credential"),
    ],
)
def test_an_echoed_password_is_blotted_out_in_whatever_form(echo: str) -> None:
    unsealed = opened(basic=("me", "${ssm:/tocsin/password}"))

    assert seen(unsealed, f'said "{echo}"') == 'said "[secret]"'
    for length in range(1, 4):
        assert seen(unsealed, f'said "{echo[:-length]}…"') == 'said "[secret]…"'
    assert seen(unsealed, f"{echo[:-1]}…") == "[secret]…"


def test_a_password_that_stands_in_clear_is_blotted_out_too() -> None:
    unsealed = opened(basic=("me", "hunter2"))

    said = f"hunter2, {b64encode(b'me:hunter2').decode()}"
    assert seen(unsealed, said) == "[secret], [secret]"


def test_an_empty_password_blots_out_nothing_else() -> None:
    assert seen(opened(basic=("me", "")), "status 200") == "status 200"


def test_a_user_by_reference_is_a_secret() -> None:
    unsealed = opened(basic=("${ssm:/tocsin/user}", "${ssm:/tocsin/password}"))

    assert seen(unsealed, "hello müller") == "hello [secret]"


def test_a_user_in_clear_is_none() -> None:
    assert seen(opened(basic=("me", "hunter2")), "hello me") == "hello me"


def test_one_parameter_in_a_header_and_a_password_is_held_to_the_header() -> None:
    secrets = InMemorySecrets({"/tocsin/both": "pässword"})
    target = HttpTarget(
        url="https://example.com/",
        headers=(("X-Key", "${ssm:/tocsin/both}"),),
        basic=("me", "${ssm:/tocsin/both}"),
    )

    with pytest.raises(SecretError, match="/tocsin/both has characters that are not ASCII"):
        unseal(Monitor(id="api", target=target, locations=("lima",), need=1), secrets)


@pytest.mark.parametrize("password", ["hunter2\n", " hunter2", "hunter\x1b2"])
def test_a_password_with_a_line_end_is_named_and_not_told(password: str) -> None:
    secrets = InMemorySecrets({"/tocsin/bad": password})
    target = HttpTarget(url="https://example.com/", basic=("me", "${ssm:/tocsin/bad}"))

    with pytest.raises(SecretError, match="parameter /tocsin/bad has a line end") as caught:
        unseal(Monitor(id="api", target=target, locations=("lima",), need=1), secrets)

    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("key", ["two words", "half#lost"])
def test_a_key_that_would_end_the_url_is_named_and_not_told(key: str) -> None:
    secrets = InMemorySecrets({"/tocsin/key": key})
    target = HttpTarget(url="https://example.com/?key=${ssm:/tocsin/key}&a=b")

    with pytest.raises(SecretError, match="/tocsin/key has a space or a #") as caught:
        unseal(Monitor(id="api", target=target, locations=("lima",), need=1), secrets)

    assert key not in str(caught.value)


def test_what_has_no_secret_is_left_alone() -> None:
    target = TcpTarget(host="db.example.com", port=5432)
    monitor = Monitor(id="db", target=target, locations=("lima",), need=1)

    assert unseal(monitor, SECRETS).monitor is monitor


@given(
    password=st.text(
        st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=4, max_size=300
    ),
    before=st.text(max_size=300),
)
def test_nothing_telling_of_a_password_is_left(password: str, before: str) -> None:
    target = HttpTarget(url="https://example.com/", basic=("me", "${ssm:/tocsin/p}"))
    monitor = Monitor(id="api", target=target, locations=("lima",), need=1)
    unsealed = unseal(monitor, InMemorySecrets({"/tocsin/p": password}))

    evidence = seen(unsealed, printable(f"{before} {password} {before}"))

    assert len(evidence) <= EVIDENCE_LIMIT
    assert evidence.isprintable()
    if not set(password[:4]) & set(f"{before}[secret]…\\"):
        assert password[:4] not in evidence
