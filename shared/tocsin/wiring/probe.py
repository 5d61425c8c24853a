"""The probe: a location's eyes."""

import time
from functools import cache
from traceback import extract_tb

from aws_lambda_powertools import Logger
from pydantic import Field

from tocsin.adapters import parameters
from tocsin.adapters.parameters import SsmSecrets
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor
from tocsin.usecases.observe import Prober
from tocsin.wiring import home


class ProbeSettings(home.Settings):
    """What a probe is told: where it stands, and which addresses it may reach."""

    region: str = Field(alias="AWS_REGION", min_length=1)
    location: str = Field(alias="TOCSIN_LOCATION", min_length=1)
    egress: Egress = Field(alias="TOCSIN_EGRESS", default=Egress.PUBLIC)
    source_address: str = Field(alias="TOCSIN_SOURCE_ADDRESS", default="")


@cache
def prober() -> Prober:
    """Build this location's prober."""
    settings = home.told(ProbeSettings)
    dialer = Dialer(egress=settings.egress, source=settings.source_address or None)
    return Prober(
        location=settings.location,
        configs=home.configs(),
        reports=home.reports(),
        checker=Engine(dialer, on_crash=log_crash),
        secrets=SsmSecrets(parameters.connect(settings.region), time.monotonic),
    )


def log_crash(monitor: Monitor, error: Exception) -> None:
    """Log a fault of our own; that monitor abstains, and the others go on.

    Where it broke, not what it says: an error may quote what was sent, secrets included.
    """
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    Logger().error("a check broke", monitor=monitor.id, error=type(error).__name__, frames=frames)
