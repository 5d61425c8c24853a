"""What stands in the files and cannot be deployed is found before anybody is asked anything."""

from dataclasses import replace

import pytest

from tests.architecture.cloudformation import PROJECT
from tocsin.config.configuration import Configuration, Location, LocationKind
from tocsin_cli.deployment import obstacles
from tocsin_cli.deployment.account import regions
from tocsin_cli.deployment.inspection import unreadable
from tocsin_cli.deployment.stacks import Stack, read
from tocsin_cli.deployment.template import kept, parameters, text_of

PARAMETERS = parameters(text_of(PROJECT))
COMMITTED = read((PROJECT / "samconfig.toml").read_text())
HOME, PROBE, _, AGENT = COMMITTED
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"


def said(*stacks: Stack) -> list[str]:
    return [str(each) for each in obstacles.unfit(stacks, PARAMETERS)]


def given(stack: Stack, **values: str) -> Stack:
    return replace(stack, parameters={**stack.parameters, **values})


def without(stack: Stack, name: str) -> Stack:
    rest = {key: value for key, value in stack.parameters.items() if key != name}
    return replace(stack, parameters=rest)


def test_the_committed_file_is_in_nobodys_way() -> None:
    assert said(*COMMITTED) == []


@pytest.mark.parametrize(
    ("stacks", "words"),
    [
        pytest.param((PROBE,), ["no", "home"], id="a probe without a home"),
        pytest.param(
            (HOME, replace(HOME, environment="other", name="other")), ["2", "home"], id="two homes"
        ),
        pytest.param(
            (HOME, replace(PROBE, region=HOME.region)),
            ["2 environments are the stack tocsin"],
            id="two stacks of one name in a region",
        ),
        pytest.param(
            (HOME, PROBE, replace(PROBE, environment="b", name="b")),
            ["us-east-1: 2 stacks report as this location"],
            id="two stacks of one location",
        ),
        pytest.param(
            (HOME, given(PROBE, HomeRegion="us-west-2")),
            ["HomeRegion=us-west-2", "the home stack is in eu-west-1"],
            id="a probe of another home",
        ),
        pytest.param(
            (HOME, given(PROBE, StateTableName="other")),
            ["StateTableName is not as in the home stack", "StateTableName=tocsin-state"],
            id="a probe of other tables",
        ),
        pytest.param(
            (given(HOME, KmsKeyArn=KEY), PROBE),
            ["KmsKeyArn is not as in the home stack", f"write KmsKeyArn={KEY}"],
            id="a probe without the home's key",
        ),
        pytest.param(
            (HOME, given(PROBE, KmsKeyArn=KEY)),
            ["KmsKeyArn is not as in the home stack: remove it"],
            id="a key that the home has not",
        ),
        pytest.param(
            (given(replace(HOME, region="us-west-2"), KmsKeyArn=KEY),),
            ["KmsKeyArn is a key in eu-west-1", "write the ARN of a key in us-west-2"],
            id="a key that a home has left behind",
        ),
        pytest.param(
            (HOME, given(PROBE, RegionKmsKeyArn=KEY)),
            ["us-east-1): RegionKmsKeyArn is a key in eu-west-1", "a key in us-east-1"],
            id="a key of another region than its stack",
        ),
        pytest.param(
            (given(HOME, KmsKeyArn=KEY.replace("key/1234", "alias/ours")),),
            ["KmsKeyArn=arn:aws:kms:", "alias/ours does not fit", "not of an alias"],
            id="an alias in place of a key",
        ),
        pytest.param(
            (given(HOME, PageQueueArn="https://sqs.eu-west-1.amazonaws.com/1/pages"),),
            ["PageQueueArn=https://", "does not fit: it is"],
            id="an address in place of an ARN",
        ),
        pytest.param(
            (HOME, replace(given(PROBE, StandBy="true"), name="private", region=HOME.region)),
            ["a stand-by belongs in another region than the home"],
            id="a stand-by that goes down with the home",
        ),
        pytest.param(
            (HOME, given(PROBE, Location="Not A Name")),
            ["Location=Not A Name does not fit", "lower-case letters"],
            id="a name that is none",
        ),
        pytest.param(
            (given(HOME, StatusPage="maybe"),),
            ["StatusPage=maybe", "none, cloudfront, bucket"],
            id="a word that is none of those",
        ),
        pytest.param(
            (given(HOME, PageEmial="night@example.com"),),
            ["no parameter PageEmial", "write PageEmail"],
            id="a parameter that is misspelt",
        ),
        pytest.param((without(HOME, "Part"),), ["0 environments with Part=home"], id="no part"),
        pytest.param(
            (HOME, without(PROBE, "HomeRegion")), ["HomeRegion is not given"], id="one too few"
        ),
    ],
)
def test_what_cannot_work_is_told_with_the_mend(
    stacks: tuple[Stack, ...], words: list[str]
) -> None:
    told = "\n".join(said(*stacks))

    assert all(word in told for word in words), told


def test_what_is_left_out_is_the_templates_default_and_a_stand_by_elsewhere_is_fine() -> None:
    left_out = without(given(PROBE, StandBy="true", KmsKeyArn=""), "StateTableName")

    assert said(HOME, left_out) == []


def test_a_key_is_in_the_region_of_what_it_encrypts_and_an_agents_at_home() -> None:
    home = given(HOME, KmsKeyArn=KEY, RegionKmsKeyArn=KEY)
    agent = given(AGENT, KmsKeyArn=KEY, RegionKmsKeyArn=KEY)

    assert said(home, agent) == []
    assert said(home, replace(agent, region="us-east-1")) == []


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param({"AllowedPattern": "https://.*"}, id="a pattern"),
        pytest.param({"AllowedValues": ["a", "b"]}, id="allowed values"),
    ],
)
def test_a_secret_that_does_not_fit_is_not_shown(declared: dict[str, object]) -> None:
    known = {**PARAMETERS, "PageEndpoint": {"Default": "", "NoEcho": True, **declared}}

    (found,) = obstacles.unfit([given(HOME, PageEndpoint="hunter2")], known)

    assert found.what.startswith("PageEndpoint=****")
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        pytest.param("us-esat-1", "write us-east-1", id="two letters in the wrong order"),
        pytest.param("eu-wst-1", "write eu-west-1 or", id="a letter too few"),
        pytest.param("mars-1", "`aws account list-regions` has those there are", id="nothing near"),
    ],
)
def test_a_region_that_is_none_is_told_with_those_that_may_be_meant(wrong: str, mend: str) -> None:
    (found,) = obstacles.unknown_regions([HOME, replace(PROBE, region=wrong)], regions())

    assert found.where == wrong
    assert found.what == "AWS has no such region, as far as is known here"
    assert found.mend.startswith(mend)


def test_a_location_must_be_in_the_file_of_monitors_and_be_no_agents() -> None:
    file = Configuration(
        locations=(Location(name=HOME.location), Location(name="office", kind=LocationKind.AGENT)),
        monitors=(),
    )
    told = obstacles.unwatched([HOME, PROBE, given(PROBE, Location="office")], file)

    assert [each.what for each in told] == [
        "no monitor is watched from us-east-1: monitors.yaml does not have it",
        "monitors.yaml has office as an agent, and this is a function",
    ]


def test_a_location_where_nothing_is_deployed_is_told_and_agents_are_not_asked_for() -> None:
    file = Configuration(
        locations=(
            Location(name="us-east-1"),
            Location(name="sa-east-1"),
            Location(name="office", kind=LocationKind.AGENT),
        ),
        monitors=(),
    )

    assert obstacles.silent([HOME, PROBE], file) == ["sa-east-1"]


def test_documents_that_a_build_cannot_read_stand_in_its_way() -> None:
    found = [*unreadable("tocsin-state", {"state": 3, "shard": 3}, {"state": 2, "shard": 3})]

    assert [each.what for each in found] == ["it has a state of schema 3, and this build reads 2"]
    assert [*unreadable("tocsin-state", {"state": 2, "shard": 0}, {"state": 2, "shard": 3})] == []
    assert len([*unreadable("tocsin-state", {"state": 1, "shard": 1}, {})]) == 2


def test_the_template_keeps_the_state_and_the_bucket_of_the_page_and_nothing_else() -> None:
    assert kept(text_of(PROJECT)) == {"StateTable", "StatusBucket"}
