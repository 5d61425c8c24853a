"""What keeps an agent from AWS, in AWS's words, and what would mend it."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)

from tocsin.usecases.ports import StorageError
from tocsin_cli.home import DENIED, UNKNOWN_CALLER


def hindrance(error: StorageError) -> str:
    """Say what AWS or the network said, and what to do about it where that is known."""
    mend = _mend(error.__cause__)
    return f"{str(error).rstrip('.')}: {mend}" if mend else str(error)


def _mend(cause: BaseException | None) -> str | None:
    match cause:
        case NoCredentialsError() | PartialCredentialsError() | CredentialRetrievalError():
            return "give the agent credentials, as deploy/agent/README.md says"
        case ClientError():
            return _mend_of_refusal(cause.response.get("Error", {}).get("Code", ""))
        case BotoCoreError():
            return "check the network, and the name of the home region"
    return None


def _mend_of_refusal(code: str) -> str | None:
    if code in UNKNOWN_CALLER:
        return "renew the agent's credentials"
    if code in DENIED:
        return "give the agent the policy of this location's own stack (AgentPolicyArn)"
    if code == "ResourceNotFoundException":
        return "name the home region (TOCSIN_HOME_REGION), or deploy the home stack there"
    return None
