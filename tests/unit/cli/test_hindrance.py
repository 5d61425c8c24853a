"""What keeps an agent from AWS is said with its mend."""

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tocsin.adapters.dynamodb import storage_errors
from tocsin.usecases.ports import StorageError
from tocsin_cli.hindrance import hindrance


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "it said so."}}, "GetItem")


RENEW = "renew the agent's credentials"
GIVE = "give the agent credentials, as deploy/agent/README.md says"
ALLOW = "give the agent the policy of this location's own stack (AgentPolicyArn)"
CHECK = "check the network, and the name of the home region"
NAME = "name the home region (TOCSIN_HOME_REGION), or deploy the home stack there"
URL = "https://dynamodb.example"


@pytest.mark.parametrize(
    ("cause", "mend"),
    [
        pytest.param(NoCredentialsError(), GIVE, id="no credentials"),
        pytest.param(
            CredentialRetrievalError(provider="custom-process", error_msg="exit 1"),
            GIVE,
            id="a credential process that failed",
        ),
        pytest.param(refusal("ExpiredTokenException"), RENEW, id="credentials that expired"),
        pytest.param(refusal("UnrecognizedClientException"), RENEW, id="keys that are gone"),
        pytest.param(refusal("AccessDeniedException"), ALLOW, id="rights of another location"),
        pytest.param(refusal("ResourceNotFoundException"), NAME, id="another region"),
        pytest.param(EndpointConnectionError(endpoint_url=URL), CHECK, id="no way to AWS"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), CHECK, id="AWS does not answer"),
    ],
)
def test_awss_own_words_are_followed_by_the_mend(cause: Exception, mend: str) -> None:
    with pytest.raises(StorageError) as error, storage_errors("tocsin-state"):
        raise cause

    said = hindrance(error.value)

    assert said.startswith(f"table tocsin-state: {str(cause).rstrip('.')}: ")
    assert said.endswith(f": {mend}")


@pytest.mark.parametrize(
    "cause", [refusal("ThrottlingException"), None], ids=["AWS is busy", "AWS is silent"]
)
def test_where_only_waiting_helps_no_mend_is_made_up(cause: Exception | None) -> None:
    error = StorageError("table tocsin-state: it said so.")
    error.__cause__ = cause

    assert hindrance(error) == "table tocsin-state: it said so."
