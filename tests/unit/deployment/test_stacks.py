"""samconfig.toml is brought in line with the regions that are asked for, and nothing else of it."""

import tomllib

import pytest

from tests.architecture.cloudformation import PROJECT
from tocsin_cli.deployment.stacks import Part, SamconfigError, Stack, in_line, read

COMMITTED = (PROJECT / "samconfig.toml").read_text()
AGENT_AND_NETWORK = """
# An agent of ours.
[office.deploy.parameters]
stack_name = "tocsin-office"
region = "eu-west-1"
parameter_overrides = ["Part=agent", "Location=office", "HomeRegion=eu-west-1"]

# In our network: it is no plain probe of its region.
[private.deploy.parameters]
stack_name = "tocsin-private"
region = "us-east-1"
parameter_overrides = "Part=probe Location=private HomeRegion=eu-west-1"
"""
HOME = """version = 0.1

# Who hears of it: keep this.
[home.deploy.parameters]
stack_name = "tocsin-eu-west-1"
region = "eu-west-1"
tags = "application=tocsin part=home"
parameter_overrides = [
    "Part=home",
    "Location=eu-west-1",
    "HomeRegion=eu-west-1",
    "StateTableName=ours",  # keep this too
    "PageEmail=night@example.com",
]
"""


def regions(text: str, part: Part) -> list[str]:
    return [each.region for each in read(text) if each.part == part]


def of(text: str, environment: str) -> Stack:
    return next(each for each in read(text) if each.environment == environment)


def test_the_committed_file_has_a_home_first_and_its_probes_and_an_agent() -> None:
    stacks = read(COMMITTED)

    assert [each.part for each in stacks] == [Part.HOME, Part.PROBE, Part.PROBE, Part.AGENT]
    assert stacks[0].parameters["StateTableName"] == "tocsin-state"
    assert stacks[0].tags == ("application=tocsin", "part=home")


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(
            """['Part=home', 'Title="My \\"own\\" page"', 'No=""', 'Bare=a b']""", id="list"
        ),
        pytest.param("""'Part=home Title="My \\"own\\" page" No="" "Bare=a b"'""", id="one string"),
    ],
)
def test_quotes_that_sam_needs_are_no_part_of_a_value(overrides: str) -> None:
    text = (
        "[home.deploy.parameters]\nstack_name = 'tocsin'\nregion = 'eu-west-1'\n"
        f"parameter_overrides = {overrides}\n"
    )

    assert read(text)[0].parameters == {
        "Part": "home",
        "Title": 'My "own" page',
        "No": "",
        "Bare": "a b",
    }


def test_the_example_of_the_makefile_is_written_to_the_committed_file() -> None:
    text = in_line(COMMITTED, "us-east-1", ["eu-west-1", "ap-southeast-1"])

    assert regions(text, Part.HOME) == ["us-east-1"]
    assert sorted(regions(text, Part.PROBE)) == ["ap-southeast-1", "eu-west-1"]
    assert {each.parameters["HomeRegion"] for each in read(text)} == {"us-east-1"}
    assert of(text, "home").location == "us-east-1"
    assert "tocsin" in {each.name for each in read(text)}


def test_a_file_that_says_it_already_is_left_as_it_is() -> None:
    assert in_line(COMMITTED, "eu-west-1", ["us-east-1", "ap-southeast-1"]) == COMMITTED


def test_what_it_says_beside_regions_stays_to_the_letter() -> None:
    text = in_line(HOME + AGENT_AND_NETWORK, "eu-central-1", ["eu-west-1"])

    assert "# Who hears of it: keep this." in text
    assert '"StateTableName=ours",  # keep this too' in text
    assert of(text, "home").parameters["PageEmail"] == "night@example.com"
    assert of(text, "office").region == "eu-west-1"
    assert of(text, "private").parameters["HomeRegion"] == "eu-central-1"
    assert "# In our network: it is no plain probe of its region." in text


def test_a_new_probe_is_whole_and_speaks_of_the_same_tables() -> None:
    text = in_line(HOME, "eu-west-1", ["ap-south-1"])
    probe = of(text, "ap-south-1")

    assert tomllib.loads(text)["ap-south-1"].keys() == {"validate", "build", "deploy"}
    assert probe.name == "tocsin-ap-south-1"
    assert probe.parameters == {
        "Part": "probe",
        "Location": "ap-south-1",
        "HomeRegion": "eu-west-1",
        "ReportsTableName": "tocsin-reports",
        "StateTableName": "ours",
        "Architecture": "arm64",
    }


def test_a_new_probe_has_the_homes_key_where_it_has_one() -> None:
    key = "KmsKeyArn=arn:aws:kms:eu-west-1:111122223333:key/1234"
    text = in_line(
        HOME.replace("PageEmail=", f'{key}",\n    "PageEmail='), "eu-west-1", ["sa-east-1"]
    )

    assert of(text, "sa-east-1").parameters["KmsKeyArn"] == of(text, "home").parameters["KmsKeyArn"]


def test_what_is_elsewhere_does_not_move_with_a_home() -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234"
    queue = "arn:aws:sqs:eu-west-1:111122223333:pages"
    named = HOME.replace("PageEmail=", f'KmsKeyArn={key}",\n    "PageQueueArn={queue} PageEmail=')

    text = in_line(named, "us-west-2", ["eu-west-1"])

    assert f'"KmsKeyArn={key}",\n    "PageQueueArn={queue} PageEmail=' in text
    assert of(text, "home").name == "tocsin-us-west-2"
    assert of(text, "eu-west-1").parameters["KmsKeyArn"] == key


def test_a_probe_that_is_not_asked_for_any_more_leaves_the_file() -> None:
    text = in_line(COMMITTED, "eu-west-1", ["ap-southeast-1"])

    assert regions(text, Part.PROBE) == ["ap-southeast-1"]
    assert "us-east-1" not in tomllib.loads(text)
    assert text.startswith(COMMITTED.partition("\n[home")[0])


def test_there_and_back_is_where_it_was() -> None:
    there = in_line(HOME, "us-west-2", ["eu-west-1"])

    assert in_line(there, "eu-west-1", []).strip() == HOME.strip()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[home", "cannot be read", id="no TOML"),
        pytest.param("version = 0.1\n", "no environment `home`", id="no home"),
        pytest.param(
            "[home.deploy.parameters]\nregion = 'eu-west-1'\n", "stack_name", id="half a stack"
        ),
        pytest.param(
            HOME.replace('"Part=home"', '"Part"'), "Name=Value", id="a parameter without a value"
        ),
        pytest.param(
            HOME.replace("[home.deploy.parameters]", "[home.deploy]\n[ home . deploy.parameters ]")
            .replace("region = ", "region  =  ")
            .replace("HomeRegion=eu-west-1", "HomeRegion = eu-west-1"),
            "by hand",
            id="written in a way of its own",
        ),
    ],
)
def test_what_cannot_be_deployed_is_refused_with_the_mend(text: str, said: str) -> None:
    with pytest.raises(SamconfigError, match=said):
        in_line(text, "us-east-1", ["eu-west-1"])
