"""The agent: a location's eyes in a process of its own, on a machine of the user's."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin.adapters import dynamodb, parameters
from tocsin.adapters.aws import BRIEF
from tocsin.adapters.buffer import BufferedReports
from tocsin.adapters.clock import AwsClock, sign_by, steady
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.parameters import SsmSecrets
from tocsin.adapters.reports import DynamoReports
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import CrashHook, Engine
from tocsin.domain.egress import Egress
from tocsin.usecases.held import HeldConfigs, HeldSecrets
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import SecretError
from tocsin.usecases.stay import Journal, Resident
from tocsin.wiring.home import SettingError, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What an agent is made of, as far as those who tell of it must know."""

    location: str
    clock: AwsClock
    read: DynamoConfigs
    configs: HeldConfigs
    reports: BufferedReports
    secrets: HeldSecrets
    prober: Prober

    def resident(self, journal: Journal, pause: Callable[[float], Awaitable[bool]]) -> Resident:
        """Make the process's loop; `pause` waits, and tells whether it shall end."""
        return Resident(
            prober=self.prober,
            configs=self.configs,
            secrets=self.secrets,
            outbox=self.reports,
            wall=self.clock,
            journal=journal,
            pause=pause,
        )


def agent(
    location: str, region: str, *, reports_table: str, state_table: str, on_crash: CrashHook
) -> Agent:
    """Build the agent of a location; it may reach private networks, unless told otherwise.

    Raises SettingError where the environment makes no sense.
    """
    clock = AwsClock(steady)
    sign_by(clock)
    tables = dynamodb.connect(region, dynamodb.PATIENT)
    secret_parameters = parameters.connect(region, BRIEF)
    clock.listen(tables)
    clock.listen(secret_parameters)
    read = DynamoConfigs(tables, state_table)
    configs = HeldConfigs(read)
    reports = BufferedReports(DynamoReports(tables, reports_table))
    read_secrets = SsmSecrets(secret_parameters, time.monotonic, hold=0)
    secrets = HeldSecrets(read_secrets, time.monotonic)
    dialer = Dialer(egress=_egress(), source=told("TOCSIN_SOURCE_ADDRESS", "") or None)
    return Agent(
        location=location,
        clock=clock,
        read=read,
        configs=configs,
        reports=reports,
        secrets=secrets,
        prober=Prober(
            location=location,
            configs=configs,
            reports=reports,
            checker=Engine(dialer, clock=clock.present, on_crash=on_crash),
            secrets=secrets,
            endpoint=_endpoint(secrets, state_table),
        ),
    )


def _egress() -> Egress:
    written = told("TOCSIN_EGRESS", Egress.PRIVATE)
    try:
        return Egress(written)
    except ValueError:
        known = ", ".join(Egress)
        raise SettingError(f"TOCSIN_EGRESS is {written}, and can be one of {known}") from None


def _endpoint(secrets: HeldSecrets, state_table: str) -> Callable[[], str | None]:
    """Find where jobs report to: the home stack notes it beside the secrets."""

    def find() -> str | None:
        try:
            return secrets.reveal(f"/tocsin/{state_table}/heartbeat-url")
        except SecretError:
            return None

    return find
