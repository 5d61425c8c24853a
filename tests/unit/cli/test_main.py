"""The command as a whole."""

import os
import subprocess
import sys

HEAVY = {"boto3", "botocore", "pydantic", "yaml", "rich", "jinja2"}
LOADED = "import sys, tocsin_cli.main; print(*sys.modules)"


def test_to_be_told_what_there_is_loads_nothing_heavy() -> None:
    told = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", LOADED],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(told.stdout.split())
    assert "tocsin_cli.controls" in loaded
    assert loaded & HEAVY == set()
