"""The operator's commands stand on the same moto tables as the adapters."""

from tests.integration.adapters.conftest import aws, dynamodb

__all__ = ["aws", "dynamodb"]
