"""Unit tests have no network: a socket in one of them is a mistake."""

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    # A Unix socket is what asyncio's own loop is made of.
    disable_socket(allow_unix_socket=True)
