"""Checks of a service as a person would write them, against a port of this machine."""

from datetime import datetime, timedelta
from functools import cache
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import trustme

from tests.integration.checks.servers import LONG, look
from tests.services.recorded import HOST
from tocsin.checks.dial import Dialer
from tocsin.config.security import Mode
from tocsin.domain.outcome import Outcome
from tocsin.domain.target import TcpTarget
from tocsin_cli.target import parse


@cache
def expanded(service: str, mode: Mode, port: int) -> TcpTarget:
    """Give what is checked for `tocsin check SERVICE://HOST:PORT?tls=MODE`."""
    target = parse(f"{service}://{HOST}:{port}?tls={mode}")
    assert isinstance(target, TcpTarget)
    return target


async def ask(
    service: str,
    mode: Mode,
    port: int,
    *,
    dialer: Dialer | None = None,
    limit: timedelta = LONG,
) -> Outcome:
    return await look(expanded(service, mode, port), dialer=dialer, limit=limit)


def showing(
    authority: trustme.CA, name: str = HOST, *, until: datetime | None = None
) -> SSLContext:
    """Make the TLS of a server with a certificate of this authority."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=until).configure_cert(context)
    return context
