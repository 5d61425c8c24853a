"""Compile what `sam build` has made, so that no cold start has to.

Lambda unpacks code where nothing can be written, so Python would compile all of it anew at every
cold start, which is half of what one takes. SAM ships no bytecode, and has no way to be told to.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

UNUSED: Final = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/(batch|data_classes|data_masking|feature_flags)",
    "aws_lambda_powertools/utilities/(idempotency|kafka|parameters|parser|streaming|validation)",
    "oauthlib",
    "pycparser",
    "pydantic/(deprecated|v1|mypy)",
    "tocsin/config",
)
"""What no cold start imports: with its bytecode an archive would be the larger for nothing."""


def compiled(artefact: Path) -> None:
    """Put bytecode beside the code of every function and layer of an artefact.

    It is not held against its source when it is loaded, since an archive does not keep when that
    was changed. A process of its own makes the same of the same, wherever that lies.
    """
    parts = sorted(str(part) for part in artefact.iterdir() if part.is_dir())
    subprocess.run(
        [
            sys.executable, "-I", "-m", "compileall", "-q", "-q", "-f",
            "--invalidation-mode", "unchecked-hash",
            "-s", str(artefact),
            "-x", f"/({'|'.join(UNUSED)})\\b",
            *parts,
        ],
        check=False,  # a library may hold a file for another Python: it is imported by none of ours
        capture_output=True,
    )  # fmt: skip
