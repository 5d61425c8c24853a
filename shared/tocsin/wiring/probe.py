"""The probe: a location's eyes."""

import time
from collections.abc import Callable
from functools import cache
from traceback import extract_tb

from aws_lambda_powertools import Logger

from tocsin.adapters import parameters
from tocsin.adapters.parameters import SsmSecrets
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import SecretError
from tocsin.wiring import home
from tocsin.wiring.home import told


@cache
def prober() -> Prober:
    """Build this location's prober."""
    dialer = Dialer(
        egress=Egress(told("TOCSIN_EGRESS", Egress.PUBLIC)),
        source=told("TOCSIN_SOURCE_ADDRESS", "") or None,
    )
    return Prober(
        location=told("TOCSIN_LOCATION"),
        configs=home.configs(),
        reports=home.reports(),
        checker=Engine(dialer, on_crash=log_crash),
        secrets=SsmSecrets(parameters.connect(told("AWS_REGION")), time.monotonic),
        endpoint=endpoint(),
    )


def endpoint() -> Callable[[], str | None]:
    """Find where jobs report to: the home stack notes it in Parameter Store of its region."""
    name = told("TOCSIN_HEARTBEAT_URL_PARAMETER", "")
    store = SsmSecrets(parameters.connect(told("TOCSIN_HOME_REGION")), time.monotonic)

    def find() -> str | None:
        try:
            return store.reveal(name) if name else None
        except SecretError:
            return None

    return find


def log_crash(monitor: Monitor, error: Exception) -> None:
    """Log a fault of our own; that monitor abstains, and the others go on.

    Where it broke, not what it says: an error may quote what was sent, secrets included.
    """
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    Logger().error("a check broke", monitor=monitor.id, error=type(error).__name__, frames=frames)
