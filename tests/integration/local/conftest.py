"""The inbox stands on moto's queues."""

from tests.integration.adapters.conftest import aws

__all__ = ["aws"]
