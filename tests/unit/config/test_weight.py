"""What a probe has no use for is not in its way when it starts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_probe_starts_without_the_file_and_the_table_of_services() -> None:
    handler = ROOT / "functions" / "probe" / "handler.py"
    program = (
        f"import runpy, sys; runpy.run_path({str(handler)!r});"
        "print(sorted(m for m in sys.modules if m.startswith(('yaml', 'tocsin.config'))))"
    )

    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path), "AWS_DEFAULT_REGION": "eu-west-1"},
    )

    assert done.stdout == "[]\n"
