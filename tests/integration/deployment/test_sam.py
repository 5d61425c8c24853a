"""Parameters reach CloudFormation as they were given, whatever SAM makes of their text."""

import json
import subprocess

from tocsin_cli.deployment import sam

VALUES = {
    "Words": "My Status",
    "Empty": "",
    "Looks": "A=1 B=2",
    "Quoted": 'say "when"',
    "Url": "https://ping.example.com/a?b=c,d&e=%20",
    "Backslash": "a\\b",
    "Apostrophe": "it's",
    "Pattern": "$.name",
}
PARSE = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(tuple(sys.argv[1:]), None, None)))
"""


def test_values_reach_sam_as_they_were_given() -> None:
    words = [sam.override(name, value) for name, value in VALUES.items()]
    python = sam.SAM.resolve().with_name("python")

    read = subprocess.run(  # noqa: S603 - our own words
        [python, "-c", PARSE, *words], capture_output=True, check=True, timeout=60
    )

    assert json.loads(read.stdout) == VALUES
