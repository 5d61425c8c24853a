"""What docs/deploy.md and the workflow in it say is there."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.cloudformation import PROJECT, load_template
from tocsin_cli.deployment.commands import BEGINNING
from tocsin_cli.deployment.sam import BUILD_WITHIN, DEPLOY_WITHIN

DOCS = PROJECT / "docs"
PAGE = (DOCS / "deploy.md").read_text()
MAKEFILE = (PROJECT / "Makefile").read_text()
WORKFLOW: dict[str, Any] = yaml.safe_load((PROJECT / "docs/examples/deploy.yml").read_text())
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
POLICIES = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
(ROLE,) = (each for each in POLICIES if "Version" in each)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:\$ |`)make ([a-z-]+)", PAGE))))
def test_every_target_that_it_names_is_there(target: str) -> None:
    assert re.search(rf"^{target}:.* ## ", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "file",
    [PROJECT / "README.md", PROJECT / "Makefile", DOCS / "start.md", DOCS / "deploy.md"],
    ids=lambda path: path.name,
)
def test_every_example_has_the_home_that_the_file_of_environments_has(file: Path) -> None:
    """A home does not move: whoever copies an example has it for good."""
    home = tomllib.loads(samconfig())["home"]["deploy"]["parameters"]["region"]

    assert set(re.findall(r"HOME=([a-z]+-[a-z]+-\d)", file.read_text())) == {home}


@pytest.mark.parametrize(
    "file", sorted([*DOCS.glob("*.md"), *(DOCS / "runbooks").glob("*.md")]), ids=lambda p: p.stem
)
def test_every_call_of_aws_that_it_shows_names_its_region(file: Path) -> None:
    assert not [call for call in calls(file.read_text()) if "--region " not in call]


def calls(text: str) -> Iterator[str]:
    """Give what calls a service that is of one region."""
    joined = re.sub(r"\\\n\s*", "", text)
    for call in re.findall(r"^\$ (aws .+)", joined, re.MULTILINE):
        if call.split()[1] not in {"ce", "iam", "sts"}:
            yield call


def test_the_workflow_is_an_example_and_runs_nowhere() -> None:
    assert not (PROJECT / ".github").exists()


def test_the_workflow_keeps_no_key_and_asks_for_its_token_where_it_deploys_alone() -> None:
    rights = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}

    assert WORKFLOW["permissions"] == {}
    assert rights == {
        "check": {"contents": "read"},
        "deploy": {"contents": "read", "id-token": "write"},
    }
    assert "secrets." not in json.dumps(WORKFLOW)
    assert "aws-access-key-id" not in json.dumps(WORKFLOW)


def test_the_workflow_waits_for_the_tests_and_an_approval_and_for_its_like() -> None:
    deploy = WORKFLOW["jobs"]["deploy"]

    assert deploy["needs"] == "check"
    assert deploy["environment"] == "production"
    assert WORKFLOW["concurrency"] == {"group": "deploy", "cancel-in-progress": False}


def test_the_workflow_deploys_nothing_with_a_known_weakness() -> None:
    asked = [step.get("run") for step in WORKFLOW["jobs"]["check"]["steps"]]

    assert asked[1:] == ["make check", "make advisories"]


def test_the_workflow_gives_a_deployment_all_the_time_that_it_may_take() -> None:
    minutes = WORKFLOW["jobs"]["deploy"]["timeout-minutes"]
    (session,) = (
        step["with"]["role-duration-seconds"] for step in STEPS if "role" in str(step.get("with"))
    )

    # The home stack, and then the probes side by side.
    assert minutes * 60 > (BUILD_WITHIN + 2 * DEPLOY_WITHIN).total_seconds()
    assert session >= minutes * 60
    assert f"--max-session-duration {session}" in PAGE


def test_a_rollback_waits_for_the_approval_and_not_for_tests() -> None:
    check, deploy = WORKFLOW["jobs"]["check"], WORKFLOW["jobs"]["deploy"]
    condition = "!cancelled() && (needs.check.result == 'success' || inputs.command == 'rollback')"

    assert check["if"] == "inputs.command != 'rollback'"
    # What needs a job that was left out is left out itself, unless it says otherwise.
    assert deploy["if"] == f"${{{{ {condition} }}}}"


def test_the_workflow_builds_on_the_processor_that_it_builds_for() -> None:
    (architecture,) = {
        word for word in ("arm64", "x86_64") if f"Architecture={word}" in samconfig()
    }

    assert architecture == "arm64"
    assert WORKFLOW["jobs"]["deploy"]["runs-on"].endswith("-arm")


def samconfig() -> str:
    return (PROJECT / "samconfig.toml").read_text()


def test_no_step_takes_words_of_others_for_a_command() -> None:
    """An expression in a script is pasted into it, whatever it holds."""
    assert not [step["run"] for step in STEPS if "${{" in step.get("run", "")]


def test_the_role_that_deploys_may_nothing_outside_of_ours() -> None:
    wide = {s["Sid"]: s["Action"] for s in ROLE["Statement"] if s["Resource"] == "*"}

    assert wide.keys() == {"Mappings", "NoNarrower"}
    assert all(
        re.match(r"^[a-z]+:(Create|Delete|Describe|Get|List|Simulate|Tag|Untag|Update)", action)
        for actions in wide.values()
        for action in actions
    )
    assert not [s["Sid"] for s in ROLE["Statement"] if s["Action"] == "*"]


def test_the_role_that_deploys_knows_every_service_that_the_stacks_have() -> None:
    services = {"events": "EventBridge takes alerts, and nothing of it is made"}
    renamed = {"serverless": "lambda", "codedeploy": "codedeploy", "chatbot": "chatbot"}
    made = {each["Type"].split("::")[1].lower() for each in load_template()["Resources"].values()}
    allowed = {
        action.split(":")[0]
        for statement in ROLE["Statement"]
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }

    needed = {renamed.get(each, each) for each in made}
    told = {each for each in needed if f"`{each}:" in PAGE}
    assert needed - allowed - told - services.keys() == set()


def test_the_role_that_deploys_may_hand_on_every_role_or_the_page_says_with_what_it_must() -> None:
    (on,) = (s for s in ROLE["Statement"] if s["Sid"] == "HandRolesOn")
    allowed = set(on["Condition"]["StringEquals"]["iam:PassedToService"])
    template = json.dumps(load_template()["Resources"])
    taking = set(
        re.findall(r'"Service": "((?:chatbot|codedeploy|lambda|scheduler)\.[a-z.]+)"', template)
    )

    assert taking - allowed == {"chatbot.amazonaws.com"}
    assert "`chatbot.amazonaws.com` among the services of `HandRolesOn`" in PAGE


def test_the_role_that_deploys_may_see_how_many_executions_are_free() -> None:
    (wide,) = (s for s in ROLE["Statement"] if s["Sid"] == "NoNarrower")

    assert "lambda:GetAccountSettings" in wide["Action"]


def test_the_page_says_what_a_policy_of_agents_takes() -> None:
    (row,) = re.findall(r"^\| agents \| (.*) \|$", PAGE, re.MULTILINE)

    needed = ("CreatePolicy", "GetPolicy", "DeletePolicy", "ListEntitiesForPolicy")
    assert {f"iam:{each}" for each in needed} <= set(re.findall(r"`([a-zA-Z:]+)`", row))
    assert "policy/tocsin*`" in row


def test_the_role_that_deploys_may_write_the_buckets_that_the_command_makes() -> None:
    (builds,) = (s for s in ROLE["Statement"] if s["Sid"] == "Builds")

    assert builds["Resource"][0] == f"arn:aws:s3:::{BEGINNING}-111122223333-*"
