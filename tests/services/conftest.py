"""The authority of the integration tests stands behind the services here too."""

from ssl import SSLContext

import pytest
import trustme

from tests.integration.checks.conftest import authority, ca_file, trusting
from tests.services.asking import showing

__all__ = ["authority", "ca_file", "secured", "trusting"]


@pytest.fixture(scope="session")
def secured(authority: trustme.CA) -> SSLContext:
    """Give the TLS of a server whose certificate is right."""
    return showing(authority)
