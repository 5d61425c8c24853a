"""What a cold start reads in, whatever the clock says of it: `make bench` has the times."""

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.cloudformation import PROJECT

LOADED = "import json, sys, handler; print(json.dumps([*sys.modules]))"
NEVER = {"apprise", "boto3", "cryptography", "requests", "tocsin.config", "tocsin_cli", "yaml"}
"""None of it is needed for a first event of most: what is, is imported by whom it is for."""
PAGES = {"jinja2", "tocsin.pages"}


@pytest.mark.parametrize(
    "function", sorted(path.parent.name for path in PROJECT.glob("functions/*/handler.py"))
)
def test_no_function_reads_in_what_its_first_event_may_not_need(function: str) -> None:
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", LOADED],
        cwd=PROJECT / "functions" / function,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT / "shared"),
            "POWERTOOLS_SERVICE_NAME": function,
            "POWERTOOLS_METRICS_NAMESPACE": "Tocsin/tocsin",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    forbidden = NEVER if function == "widget" else NEVER | PAGES
    assert forbidden.isdisjoint(json.loads(done.stdout))
