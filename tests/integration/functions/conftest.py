"""The functions stand on the same moto tables as the adapters, and on the rights of the template.

Whatever a handler asks AWS for in any of these tests, its role must allow.
"""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.architecture.asking import requests_of
from tests.architecture.policies import ELSEWHERE, EVERYTHING, REGION, Request, Stack, allows
from tests.integration.adapters.conftest import aws, dynamodb
from tocsin.adapters.aws import _session

__all__ = ["aws", "dynamodb"]

type Asked = list[tuple[str, Request]]


@cache
def stack_in(region: str) -> Stack:
    """Give the stack of a region, as these tests name what they make; there is one home."""
    return Stack(
        parameters=EVERYTHING if region == REGION else ELSEWHERE,
        region=region,
        names={
            "PageTopic": "page",
            "ChatTopic": "chat",
            "NoticeTopic": "notice",
            "AlertsQueue": "alerts",
            "HandoversQueue": "handovers.fifo",
            "StatusBucket": "site",
            "StandByTable": "standby",
            "StandByTopic": "standby",
        },
    )


@cache
def functions(region: str) -> dict[str, str]:
    """Give the functions of a region's stack by the names that POWERTOOLS_SERVICE_NAME has."""
    found = stack_in(region).of_type("AWS::Serverless::Function")
    return {
        properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: name
        for name, properties in found.items()
    }


@pytest.fixture(autouse=True)
def asked() -> Iterator[Asked]:
    """Write down what each function asks for by its adapters; the tests themselves use boto3."""
    found: Asked = []
    refused: list[str] = []

    def note(**call: Any) -> None:
        function, here = os.environ["POWERTOOLS_SERVICE_NAME"], os.environ["AWS_REGION"]
        stack = stack_in(here)
        documents = stack.documents(stack.role_of(functions(here)[function]))
        service, operation = call["model"].service_model.service_name, call["model"].name
        region = call["context"]["client_region"]
        for request in requests_of(service, operation, call["params"], region):
            found.append((function, request))
            if not allows(documents, request):
                refused.append(f"the {function} may not {request}")

    _session().register("provide-client-params.*.*", note)
    yield found
    _session().unregister("provide-client-params.*.*", note)
    assert not refused, "\n".join(refused)
