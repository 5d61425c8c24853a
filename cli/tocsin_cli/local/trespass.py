"""Try who may do what, with the roles' own credentials, where IAM is enforced."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tocsin_cli.local import rights
from tocsin_cli.local.deploy import HOME, Outputs
from tocsin_cli.local.emulator import Emulator
from tocsin_cli.local.rights import Call, Ground

NO_AGENT = "nowhere"
"""An agent's location where there is no agent."""

_DENIALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
}

type Client = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call by one role: whether it must be allowed, and what came of it."""

    role: str
    call: str
    allowed: bool
    answer: str

    @property
    def refused(self) -> bool:
        """Whether it was IAM that said no: a failed condition was allowed to be tried."""
        return self.answer in _DENIALS

    @property
    def as_it_must_be(self) -> bool:
        """Whether IAM decided as the template means it to."""
        return self.refused is not self.allowed


def attempts(
    emulator: Emulator, outputs: Mapping[str, Outputs], agent: tuple[str, str] | None = None
) -> Iterator[Attempt]:
    """Make every call of the table in every role; the probe is one that is not at home.

    `agent` is a location and the ARN of a role with the policy of its agent, where there is one.
    """
    home = outputs[HOME.location]
    probe = next(name for name in outputs if name != HOME.location)
    roles = {
        rights.PROBE: outputs[probe]["ProbeRoleArn"],
        **({rights.AGENT: agent[1]} if agent else {}),
        rights.AGGREGATOR: home["AggregatorRoleArn"],
        rights.HEARTBEAT: home["HeartbeatRoleArn"],
        rights.NOTIFIER: home["NotifierRoleArn"],
        rights.WIDGET: home["WidgetRoleArn"],
    }
    for each in outputs.values():
        if "StandByRoleArn" in each:
            roles[rights.STANDBY] = each["StandByRoleArn"]
    ground = Ground(
        region=HOME.location,
        location=HOME.location,
        probe_region=probe,
        probe=probe,
        agent=agent[0] if agent else NO_AGENT,
        outputs=home,
    )
    calls = [*rights.table(ground)]
    for role, arn in roles.items():
        client = _as(emulator, arn)
        for call in calls:
            yield Attempt(
                role=role, call=call.name, allowed=role in call.may, answer=_answer(call, client)
            )


def shown(tried: Sequence[Attempt]) -> str:
    """Show who was let do what: a call a line, a role a column."""
    roles = [*dict.fromkeys(each.role for each in tried)]
    refused = {(each.call, each.role): each.refused for each in tried}
    lines = [
        [call, *("-" if refused[call, role] else "may" for role in roles)]
        for call in dict.fromkeys(each.call for each in tried)
    ]
    head = ["call", *roles]
    widths = [max(len(line[n]) for line in (head, *lines)) for n in range(len(head))]
    rows = (head, ["-" * width for width in widths], *lines)
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _as(emulator: Emulator, role: str) -> Client:
    """Give clients that hold this role's credentials."""
    granted = emulator.client("sts", HOME.location).assume_role(
        RoleArn=role, RoleSessionName="trespass"
    )["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
    )
    make: Any = session.client
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str) -> Any:  # noqa: ANN401 - by service
        if (service, region) not in made:
            made[service, region] = make(
                service, region_name=region, endpoint_url=emulator.endpoint_url
            )
        return made[service, region]

    return client


def _answer(call: Call, client: Client) -> str:
    """Say what IAM and the service answered."""
    try:
        getattr(client(call.service, call.region), call.operation)(**call.parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"
