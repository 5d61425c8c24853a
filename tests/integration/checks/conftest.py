"""An authority of our own, and a file that makes clients trust it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
import trustme

from tests.integration.checks.servers import HERE
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress

type Issue = Callable[..., SSLContext]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def trusting(ca_file: str) -> Dialer:
    """Give a dialer that trusts our authority."""
    return Dialer(egress=Egress.LOOPBACK, ca_file=ca_file)


@pytest.fixture
def issue(authority: trustme.CA) -> Issue:
    """Make the TLS of a server with a certificate of our authority."""

    def make(
        name: str = HERE, *, since: datetime | None = None, until: datetime | None = None
    ) -> SSLContext:
        certificate = authority.issue_cert(name, not_before=since, not_after=until)
        context = SSLContext(PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    return make
