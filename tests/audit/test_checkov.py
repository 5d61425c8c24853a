"""The template by checkov's rules: whatever it finds is mended, or stands here with its reason.

An exemption that nothing needs any more fails too.
"""

import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parents[2]
CHECKOV: Final = PROJECT / ".venv" / "audit" / "bin" / "checkov"
NOBODY: Final = "http://127.0.0.1:9"
"""Where nothing answers: what checkov would ask of the internet it is not told."""

EVERYWHERE: Final = {
    "CKV_AWS_116": (
        "what fails here is worth nothing later: the next minute does it again, and an alarm tells;"
        " queues and the stream have dead letters of their own"
    ),
    "CKV_AWS_117": (
        "a network is for what is private there, and a parameter gives one to a probe;"
        " for the rest it is a NAT gateway to pay, and one thing more that can break"
    ),
    "CKV_AWS_119": "!If hides it from checkov: tests/architecture/test_keys.py finds the key",
    "CKV_AWS_173": "no secret is in a variable: tests/architecture/test_least_privilege.py",
}
"""By rule, wherever it is broken."""

HERE: Final = {
    ("CKV_AWS_28", "AWS::DynamoDB::Table.ReportsTable"): "a report is worth nothing in an hour",
    ("CKV_AWS_28", "AWS::DynamoDB::Table.StandByTable"): "lost, it is known again in five minutes",
    ("CKV_AWS_18", "AWS::S3::Bucket.StatusBucket"): "what is in it is public",
    ("CKV_AWS_21", "AWS::S3::Bucket.StatusBucket"): "it is made anew every minute from the state",
    ("CKV_AWS_68", "AWS::CloudFront::Distribution.StatusDistribution"): (
        "it serves a few files that are public, and asks nothing of who reads them"
    ),
    ("CKV_AWS_86", "AWS::CloudFront::Distribution.StatusDistribution"): (
        "who reads a public page is nobody's business"
    ),
    ("CKV_AWS_174", "AWS::CloudFront::Distribution.StatusDistribution"): (
        "!If hides it from checkov: with a name of yours it is TLS 1.2, and CloudFront's own"
        " certificate allows no choice"
    ),
}
"""By rule and resource."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Let checkov look, with all its rules and no exemption."""
    assert CHECKOV.exists(), "run `make audit`: it has an environment of its own"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LOG_LEVEL": "ERROR",
        "SKIP_PACKAGE_UPDATE_CHECK": "true",
        "HTTP_PROXY": NOBODY,
        "HTTPS_PROXY": NOBODY,
    }
    command: list[str | Path] = [
        CHECKOV, "--file", PROJECT / "template.yaml", "--framework", "cloudformation",
        "--skip-download", "--quiet", "--compact", "--output", "json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0
    return {(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]}


def test_what_checkov_finds_is_mended_or_has_its_reason(found: set[tuple[str, str]]) -> None:
    wrong = {each for each in found if each[0] not in EVERYWHERE and each not in HERE}

    assert wrong == set()


def test_no_exemption_outlives_its_reason(found: set[tuple[str, str]]) -> None:
    by_rule = defaultdict(set)
    for rule, resource in found:
        by_rule[rule].add(resource)

    assert EVERYWHERE.keys() - by_rule.keys() == set()
    assert HERE.keys() - found == set()
