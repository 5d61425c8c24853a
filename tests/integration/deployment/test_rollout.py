"""The order in which stacks are deployed and removed, with a SAM that only notes when it ran."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread, current_thread, main_thread

import pytest

from tests.architecture.cloudformation import PROJECT
from tests.fakes.account import RememberedAccount
from tocsin_cli.deployment import builds, checking, holding, releases, rollout, teardown
from tocsin_cli.deployment.account import Holder, Resource, Standing
from tocsin_cli.deployment.obstacles import Obstacle
from tocsin_cli.deployment.rollout import Site
from tocsin_cli.deployment.stacks import Stack, read
from tocsin_cli.deployment.teardown import Kept
from tocsin_cli.output import CommandError

HOME, EAST, ASIA, OFFICE = read((PROJECT / "samconfig.toml").read_text())
STACKS = [HOME, EAST, ASIA]
SAM = """#!/bin/sh
region=$(echo "$@" | sed 's/.*--region \\([^ ]*\\).*/\\1/')
echo "begin $region" >> {folder}/ran
printf '%s\\n' "$@" > {folder}/said-$region
{then}
echo "end $region" >> {folder}/ran
"""
# Each of the two waits until both have begun.
TOGETHER = """
if [ $region != eu-west-1 ]; then
  n=0; while [ $(grep -c 'begin [ua]' {folder}/ran) -lt 2 ] && [ $n -lt 200 ]; do
    sleep 0.1; n=$((n + 1))
  done
fi
"""
FAILS = "if [ $region = {region} ]; then echo no such thing; exit 1; fi"
TEMPLATE = """
Parameters:
  Release: {Type: String, Default: ""}
  LogLevel: {Type: String, Default: INFO}
  Part: {Type: String}
  PageEndpoint: {Type: String, Default: "", NoEcho: true}
Resources:
  StateTable: {Type: AWS::DynamoDB::Table, DeletionPolicy: RetainExceptOnCreate}
  ReportsTable: {Type: AWS::DynamoDB::Table, DeletionPolicy: Delete}
"""
BEFORE_RELEASES = "Parameters:\n  Part: {Type: String}\n"


@pytest.fixture
def account() -> RememberedAccount:
    found = RememberedAccount()
    found.templates = {(each.name, each.region): TEMPLATE for each in STACKS}
    return found


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def site(tmp_path: Path, account: RememberedAccount, lines: list[str]) -> Site:
    return site_with(tmp_path, account, lines, "")


def site_with(folder: Path, account: RememberedAccount, lines: list[str], then: str) -> Site:
    sam = folder / "sam"
    then = then.replace("{folder}", str(folder))
    sam.write_text(SAM.replace("{folder}", str(folder)).replace("{then}", then))
    sam.chmod(0o700)
    return Site(
        account=account,
        caller=account.caller("eu-west-1"),
        beginning="builds",
        directory=folder / "deploy",
        environment={"PATH": os.environ["PATH"]},
        progress=lines.append,
        sam=sam,
    )


def steps(site: Site, build: str, text: str = TEMPLATE) -> list[rollout.Step]:
    built = site.sam.with_name("template.yaml")
    built.write_text(text)
    return [rollout.step(site, each, build, built) for each in STACKS]


def ran(site: Site) -> list[str]:
    return site.sam.with_name("ran").read_text().splitlines()


def said(site: Site, stack: Stack) -> list[str]:
    return site.sam.with_name(f"said-{stack.region}").read_text().splitlines()


def given(site: Site, stack: Stack) -> Mapping[str, str]:
    words = said(site, stack)
    begin = words.index("--parameter-overrides") + 1
    end = words.index("--tags")
    pairs = [each.partition("=") for each in words[begin:end]]
    return {name: value.removeprefix('"').removesuffix('"') for name, _, value in pairs}


def test_home_is_whole_before_the_probes_begin_and_they_run_side_by_side(
    tmp_path: Path, account: RememberedAccount, lines: list[str]
) -> None:
    site = site_with(tmp_path, account, lines, TOGETHER)

    rollout.forward(site, steps(site, "b1"))

    order = ran(site)
    assert order[:2] == ["begin eu-west-1", "end eu-west-1"]
    assert {*order[2:4]} == {"begin us-east-1", "begin ap-southeast-1"}
    assert len(lines) == 3
    assert all(": release " in line for line in lines)


def test_back_it_goes_the_other_way_round(site: Site) -> None:
    rollout.backward(site, steps(site, "b1"))

    assert ran(site)[-2:] == ["begin eu-west-1", "end eu-west-1"]


def test_where_home_fails_no_probe_is_touched(
    tmp_path: Path, account: RememberedAccount, lines: list[str]
) -> None:
    site = site_with(tmp_path, account, lines, FAILS.format(region="eu-west-1"))

    with pytest.raises(CommandError, match="no such thing"):
        rollout.forward(site, steps(site, "b1"))

    assert ran(site) == ["begin eu-west-1"]
    assert account.objects == {}, "what was not deployed is not gone back to"


def test_where_one_probe_fails_the_others_are_deployed_and_it_is_told(
    tmp_path: Path, account: RememberedAccount, lines: list[str]
) -> None:
    site = site_with(tmp_path, account, lines, FAILS.format(region="us-east-1"))

    with pytest.raises(CommandError, match="sam deploy to us-east-1 failed"):
        rollout.forward(site, steps(site, "b1"))

    assert "end ap-southeast-1" in ran(site)
    assert [line.partition(" (")[0] for line in lines if "failed" in line] == ["us-east-1"]
    assert {bucket for bucket, _ in account.objects} == {
        "builds-111122223333-eu-west-1",
        "builds-111122223333-ap-southeast-1",
    }


@pytest.mark.parametrize("go", [rollout.forward, rollout.backward])
def test_where_a_bucket_is_refused_nothing_has_begun(
    site: Site, account: RememberedAccount, go: Callable[[Site, Sequence[rollout.Step]], None]
) -> None:
    account.closed.add(ASIA.region)

    with pytest.raises(CommandError, match="enable the region"):
        go(site, steps(site, "b1"))

    assert not site.directory.exists(), "SAM says there what it does"


def test_a_release_that_cannot_be_noted_is_told_and_does_not_end_the_others(
    tmp_path: Path, account: RememberedAccount, lines: list[str]
) -> None:
    slow = "if [ $region = ap-southeast-1 ]; then sleep 1; fi"
    site = site_with(tmp_path, account, lines, slow)
    account.silent.add((EAST.name, EAST.region))

    with pytest.raises(CommandError, match=r"us-east-1 \(.*could not be noted.*may not look"):
        rollout.forward(site, steps(site, "b1"))

    assert "end ap-southeast-1" in ran(site)
    assert "builds-111122223333-ap-southeast-1" in {bucket for bucket, _ in account.objects}


def test_each_stack_has_its_own_parameters_and_release_and_bucket(site: Site) -> None:
    rollout.forward(site, steps(site, "b1"))

    assert given(site, HOME)["Part"] == "home"
    assert given(site, EAST)["Part"] == "probe"
    assert "Location" not in given(site, HOME), "this template does not take it"
    releases_ = {given(site, each)["Release"] for each in STACKS}
    assert len(releases_) == 2, "two of the stacks say the same to this template"
    words = said(site, EAST)
    assert words[words.index("--s3-bucket") + 1] == "builds-111122223333-us-east-1"
    assert words[words.index("--s3-prefix") + 1] == "tocsin"


def test_what_a_stack_was_told_before_is_part_of_its_release(
    site: Site, account: RememberedAccount
) -> None:
    first = steps(site, "b1")[0].given["Release"]
    account.stacks[HOME.name, HOME.region] = Standing(
        status="UPDATE_COMPLETE", parameters={"LogLevel": "DEBUG", "Part": "home"}
    )

    assert steps(site, "b1")[0].given["Release"] != first
    assert "LogLevel" not in steps(site, "b1")[0].given, "it keeps what it has"


def test_a_secret_that_is_kept_is_no_other_release(site: Site, account: RememberedAccount) -> None:
    first = steps(site, "b1")[0].given["Release"]
    account.stacks[HOME.name, HOME.region] = Standing(
        status="UPDATE_COMPLETE",
        parameters={"LogLevel": "INFO", "Part": "home", "PageEndpoint": "****"},
    )

    assert steps(site, "b1")[0].given["Release"] == first


def test_another_secret_is_another_release(site: Site, account: RememberedAccount) -> None:
    account.stacks[HOME.name, HOME.region] = Standing(
        status="UPDATE_COMPLETE", parameters={"Part": "home", "WatchdogUrl": "****"}
    )
    built = site.sam.with_name("template.yaml")
    built.write_text(TEMPLATE.replace("PageEndpoint", "WatchdogUrl"))

    def release(**more: str) -> str:
        told = replace(HOME, parameters={**HOME.parameters, **more})
        return rollout.step(site, told, "b1", built).given["Release"]

    first = release(WatchdogUrl="https://ping.example.com/1")
    assert release(WatchdogUrl="https://ping.example.com/2") != first
    assert release(WatchdogUrl="https://ping.example.com/1") == first


def test_a_template_of_before_there_were_releases_is_given_none(site: Site) -> None:
    assert steps(site, "b1", BEFORE_RELEASES)[0].given == {"Part": "home"}


def test_what_is_gone_back_to_is_what_stood_there(site: Site, account: RememberedAccount) -> None:
    account.templates = dict.fromkeys(account.templates, BEFORE_RELEASES)
    rollout.forward(site, steps(site, "b1", BEFORE_RELEASES))
    account.templates = dict.fromkeys(account.templates, TEMPLATE)
    rollout.forward(site, steps(site, "b2"))

    back = rollout.step_back(site, EAST)

    assert back is not None
    assert back.release.build == "b1"
    assert back.file.read_text() == BEFORE_RELEASES
    assert back.given == {"Part": "probe"}


def test_where_nothing_was_before_there_is_nothing_to_go_back_to(site: Site) -> None:
    assert rollout.step_back(site, HOME) is None

    rollout.forward(site, steps(site, "b1"))

    assert rollout.step_back(site, HOME) is None


def test_what_stands_there_and_was_not_noted_goes_back_to_the_newest_that_was(
    site: Site, account: RememberedAccount
) -> None:
    rollout.forward(site, steps(site, "b1"))
    rollout.forward(site, steps(site, "b2"))
    noted = given(site, EAST)["Release"]
    account.stacks[EAST.name, EAST.region] = Standing(
        status="UPDATE_COMPLETE", parameters={"Part": "probe", "Release": "0123456789abcdef"}
    )
    account.stacks[ASIA.name, ASIA.region] = Standing(
        status="UPDATE_COMPLETE", parameters={"Part": "probe", "Release": noted}
    )

    back = [rollout.step_back(site, each) for each in (EAST, ASIA)]

    assert [each and each.release.build for each in back] == ["b2", "b1"]
    assert rollout.build_there(site, EAST) is None
    assert rollout.build_there(site, ASIA) == "b2"


def test_stacks_at_different_builds_are_told_and_what_is_not_noted_is_at_none(
    site: Site, account: RememberedAccount
) -> None:
    rollout.forward(site, steps(site, "b1"))
    assert checking.apart(site, STACKS) == []

    rollout.forward(site, steps(site, "b2")[:2])
    (found,) = checking.apart(site, STACKS)

    assert "home at b2, us-east-1 at b2, ap-southeast-1 at b1" in found.what
    assert "--only" in found.mend
    account.stacks[ASIA.name, ASIA.region] = Standing(
        status="UPDATE_COMPLETE", parameters={"Release": "0123456789abcdef"}
    )
    assert checking.apart(site, STACKS) == []


def test_the_same_release_again_is_no_news(site: Site, account: RememberedAccount) -> None:
    rollout.forward(site, steps(site, "b1"))
    rollout.forward(site, steps(site, "b1"))
    assert account.got == [], "its name says it, and templates are large"

    (key,) = account.keys("builds-111122223333-eu-west-1", "tocsin/releases/", "eu-west-1")
    noted = releases.newest(account, "builds-111122223333-eu-west-1", HOME)
    assert noted is not None
    assert key.endswith(f"-b1-{noted.release}.json")
    assert (noted.build, noted.template) == ("b1", TEMPLATE)
    assert noted.reads == dict(releases.READS)


def test_of_all_that_was_ever_deployed_only_what_it_goes_back_to_is_read(
    site: Site, account: RememberedAccount
) -> None:
    for number in range(9):
        rollout.forward(site, steps(site, f"b{number}"))

    back = rollout.step_back(site, HOME)

    assert back is not None
    assert back.release.build == "b7"
    assert [key.split("-")[1] for key in account.got] == ["b8", "b7"]


def test_what_was_noted_before_names_had_a_build_is_gone_back_to_as_well(
    site: Site, account: RememberedAccount
) -> None:
    rollout.forward(site, steps(site, "b1"))
    for bucket, key in [*account.objects]:
        account.objects[bucket, key.replace("-b1-", "-")] = account.objects.pop((bucket, key))
    rollout.forward(site, steps(site, "b2"))

    back = rollout.step_back(site, HOME)

    assert back is not None
    assert back.release.build == "b1"


def test_the_same_again_after_it_went_back_is_given_to_sam_as_another_release(
    site: Site, account: RememberedAccount
) -> None:
    first = steps(site, "b1")[0].given["Release"]
    account.stacks[HOME.name, HOME.region] = Standing(
        status="UPDATE_ROLLBACK_COMPLETE",
        parameters={"Part": "home", "Release": "0123456789abcdef"},
        updated=datetime(2026, 1, 1, tzinfo=UTC),
    )

    (again, *_) = steps(site, "b1")

    assert again.given["Release"] != first
    assert again.release.release == again.given["Release"]


def test_what_is_stored_is_looked_at_in_the_table_of_the_templates_default(
    site: Site, account: RememberedAccount
) -> None:
    account.tables["tocsin-state", "eu-west-1"] = {}
    account.stored = {"state": 99}
    rest = {n: value for n, value in HOME.parameters.items() if n != "StateTableName"}
    step = replace(steps(site, "b1")[0], stack=replace(HOME, parameters=rest))

    (found,) = checking.too_old(site, [step])

    assert "a state of schema 99" in found.what


# Removing


def stand(account: RememberedAccount, *, protected: bool = False) -> None:
    for each in STACKS:
        account.stacks[each.name, each.region] = Standing(
            status="CREATE_COMPLETE",
            protected=protected,
            parameters={"Part": each.part, "StateTableName": "tocsin-state"},
        )
        account.objects[f"builds-111122223333-{each.region}", "tocsin/x"] = b""
    account.things[HOME.name, HOME.region] = [
        Resource(logical="StateTable", kind=teardown.TABLE, name="tocsin-state", status=""),
        Resource(logical="ReportsTable", kind=teardown.TABLE, name="tocsin-reports", status=""),
    ]


STATE = Kept(region="eu-west-1", kind=teardown.TABLE, name="tocsin-state")


def test_probes_go_before_home_and_builds_with_them(site: Site, account: RememberedAccount) -> None:
    stand(account)

    teardown.take_down(site, STACKS)

    deleted = [call for call in account.calls if call.startswith("delete stack")]
    assert deleted[-1] == "delete stack tocsin eu-west-1"
    assert len(deleted) == 3
    assert account.objects == {}
    assert sum(call.startswith("delete bucket builds-") for call in account.calls) == 3


def test_what_is_deleted_side_by_side_is_told_by_one_alone(
    site: Site, account: RememberedAccount
) -> None:
    """Two that print at once leave two lines in one."""
    stand(account)
    tellers: list[Thread] = []

    teardown.take_down(replace(site, progress=lambda _: tellers.append(current_thread())), STACKS)

    assert tellers == [main_thread()] * 3


def test_no_bucket_is_touched_before_every_stack_is_gone(
    site: Site, account: RememberedAccount
) -> None:
    """Two stacks of one region have one bucket, and would both delete it."""
    stand(account)
    other = replace(EAST, name="other")
    account.stacks[other.name, other.region] = Standing(status="CREATE_COMPLETE")
    account.objects["builds-111122223333-us-east-1", "other/x"] = b""

    teardown.take_down(site, [*STACKS, other])

    assert all(call.startswith("delete stack") for call in account.calls[:4])
    assert account.calls.count("delete bucket builds-111122223333-us-east-1") == 1
    assert account.objects == {}


def test_a_probe_that_cannot_be_removed_is_told_with_the_others_and_home_stays(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)
    account.stuck = {EAST.region, ASIA.region}

    with pytest.raises(CommandError, match=r"^ap-southeast-1: .*\nus-east-1: .* not deleted"):
        teardown.take_down(site, STACKS)

    assert account.calls == []


def test_the_builds_of_another_installation_stay(site: Site, account: RememberedAccount) -> None:
    stand(account)
    account.objects["builds-111122223333-us-east-1", "other/x"] = b""

    teardown.take_down(site, STACKS)

    assert [*account.objects] == [("builds-111122223333-us-east-1", "other/x")]
    assert "delete bucket builds-111122223333-us-east-1" not in account.calls


def test_what_is_kept_is_what_the_template_of_the_stack_keeps(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)

    assert teardown.kept(site, HOME) == [STATE]
    assert teardown.kept(site, EAST) == []


def test_a_table_that_was_kept_is_found_by_its_name_and_anothers_is_not(
    site: Site, account: RememberedAccount
) -> None:
    account.tables["tocsin-state", "eu-west-1"] = {}
    assert teardown.kept(site, HOME) == [STATE]

    account.owners["tocsin-state"] = "their-tocsin"
    assert teardown.kept(site, HOME) == []


def test_a_table_that_was_kept_is_found_by_the_templates_default_too(
    site: Site, account: RememberedAccount
) -> None:
    account.tables["tocsin-state", "eu-west-1"] = {}
    unsaid = replace(HOME, parameters={"Part": "home"})

    assert teardown.kept(site, unsaid) == [STATE]


def test_of_a_stack_that_never_came_up_nothing_is_kept(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)
    state = Resource(
        logical="StateTable", kind=teardown.TABLE, name="tocsin-state", status="DELETE_COMPLETE"
    )
    account.things[HOME.name, HOME.region] = [state]
    assert teardown.kept(site, HOME) == []

    account.templates = {}
    account.stacks[HOME.name, HOME.region] = Standing(status="REVIEW_IN_PROGRESS")
    assert teardown.kept(site, HOME) == [], "a stack that holds nothing has no template"
    assert builds.elsewhere(site, [HOME]) == []


PACKAGED = """
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: "s3://BUCKET/KEYa1"}}
  B: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://BUCKET/KEYb2}}
"""


@pytest.mark.parametrize(
    ("bucket", "key", "mend"),
    [
        pytest.param(
            "theirs-111122223333-us-east-1",
            "tocsin/",
            "`tocsin destroy --only us-east-1 --bucket theirs` deletes them",
            id="another beginning",
        ),
        pytest.param(
            "aws-sam-cli-managed-default",
            "",
            "others may use them too; `aws s3 rm s3://aws-sam-cli-managed-default/a1 --region"
            " us-east-1`, `aws s3 rm s3://aws-sam-cli-managed-default/b2 --region us-east-1`"
            " deletes them",
            id="a bucket that sam chose",
        ),
        pytest.param(
            "all-111122223333-us-east-1",
            "apps/",
            "others may use them too; `aws s3 rm s3://all-111122223333-us-east-1/apps/a1 --region"
            " us-east-1`, `aws s3 rm s3://all-111122223333-us-east-1/apps/b2 --region us-east-1`"
            " deletes them",
            id="a bucket for all that somebody has",
        ),
    ],
)
def test_builds_in_a_bucket_that_is_not_named_are_told_and_stay(
    site: Site, account: RememberedAccount, bucket: str, key: str, mend: str
) -> None:
    stand(account)
    account.templates[EAST.name, EAST.region] = PACKAGED.replace("BUCKET", bucket).replace(
        "KEY", key
    )
    account.objects[bucket, f"{key}a1"] = b""

    (found,) = builds.elsewhere(site, STACKS)
    teardown.take_down(site, STACKS)

    assert str(found) == f"builds of us-east-1 (tocsin in us-east-1) in the bucket {bucket}"
    assert found.mend == mend
    assert [*account.objects] == [(bucket, f"{key}a1")]


def test_builds_whose_stacks_are_gone_are_removed_where_their_bucket_is_named(
    site: Site, account: RememberedAccount
) -> None:
    account.objects["earlier-111122223333-us-east-1", "tocsin/x"] = b""

    teardown.take_down(replace(site, beginning="earlier"), STACKS)

    assert account.objects == {}
    assert "delete bucket earlier-111122223333-us-east-1" in account.calls


def test_builds_in_the_bucket_that_is_named_are_not_told(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)
    ours = PACKAGED.replace("BUCKET", site.bucket(EAST.region)).replace("KEY", "tocsin/")
    account.templates[EAST.name, EAST.region] = ours

    assert builds.elsewhere(site, STACKS) == []


POLICY = "arn:aws:iam::111122223333:policy/tocsin-office-AgentPolicy-1"


def test_a_policy_that_somebody_has_is_told_with_the_command_that_detaches_it(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)
    account.stacks[OFFICE.name, OFFICE.region] = Standing(
        status="CREATE_COMPLETE", parameters=OFFICE.parameters
    )
    account.things[OFFICE.name, OFFICE.region] = [
        Resource(logical="AgentPolicy", kind="AWS::IAM::ManagedPolicy", name=POLICY, status="")
    ]
    assert holding.held(site, [*STACKS, OFFICE], []) == []

    account.held[POLICY] = [Holder(kind="role", name="agents"), Holder(kind="user", name="pi")]
    (found,) = holding.held(site, [*STACKS, OFFICE], [])

    assert found.where == "office (tocsin-office in eu-west-1)"
    assert found.what == "its policy is attached to the role agents, the user pi"
    assert found.mend == (
        f"detach it: `aws iam detach-role-policy --role-name agents --policy-arn {POLICY}`,"
        f" `aws iam detach-user-policy --user-name pi --policy-arn {POLICY}`"
    )


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        pytest.param(
            Standing(status="UPDATE_IN_PROGRESS", parameters=HOME.parameters),
            ["the stack is UPDATE_IN_PROGRESS", "wait"],
            id="one that somebody deploys to",
        ),
        pytest.param(
            Standing(status="CREATE_COMPLETE", parameters={"Stage": "prod"}),
            ["none of Tocsin's", "stack_name", "--only"],
            id="somebody else's",
        ),
    ],
)
def test_a_stack_that_is_not_to_be_removed_is_told(
    site: Site, account: RememberedAccount, standing: Standing, words: list[str]
) -> None:
    account.stacks[HOME.name, HOME.region] = standing

    (found,) = map(str, holding.held(site, [HOME], []))

    assert all(word in found for word in words), found


@pytest.mark.parametrize(
    "status",
    [
        "CREATE_COMPLETE",
        "ROLLBACK_COMPLETE",
        "CREATE_FAILED",
        "DELETE_FAILED",
        "DELETE_IN_PROGRESS",
    ],
)
def test_a_stack_that_is_half_made_or_half_removed_is_removed(
    site: Site, account: RememberedAccount, status: str
) -> None:
    account.stacks[HOME.name, HOME.region] = Standing(status=status, parameters=HOME.parameters)

    assert holding.held(site, [HOME], []) == []


def test_a_stack_that_has_only_been_thought_of_is_removed(
    site: Site, account: RememberedAccount
) -> None:
    account.stacks[HOME.name, HOME.region] = Standing(status="REVIEW_IN_PROGRESS")

    assert holding.held(site, [HOME], []) == []


def test_a_right_to_remove_that_is_missing_is_told(site: Site, account: RememberedAccount) -> None:
    stand(account)
    account.forbidden = ["iam:DeleteRole"]

    found = holding.held(site, STACKS, [])

    assert [each.where for each in found] == [str(each) for each in STACKS]
    assert {each.what for each in found} == {
        "arn:aws:iam::111122223333:user/me may not call iam:DeleteRole"
    }


def test_a_bucket_that_is_anothers_is_told_before_anything_is_removed(
    site: Site, account: RememberedAccount
) -> None:
    stand(account)
    account.taken["builds-111122223333-us-east-1"] = "belongs to another account"

    (found,) = holding.held(site, STACKS, [])

    assert found.what == "the bucket builds-111122223333-us-east-1 belongs to another account"


def test_what_is_protected_is_told_with_the_command_that_lifts_it(
    site: Site, account: RememberedAccount
) -> None:
    stand(account, protected=True)
    account.tables["tocsin-state", "eu-west-1"] = {"DeletionProtectionEnabled": True}

    found = holding.held(site, [HOME], [STATE])

    assert [type(each) for each in found] == [Obstacle, Obstacle]
    assert "--no-enable-termination-protection --stack-name tocsin" in found[0].mend
    assert (
        "update-table --table-name tocsin-state --no-deletion-protection-enabled" in found[1].mend
    )
    assert len(holding.held(site, [HOME], [])) == 1, "a table that stays may be protected"


def test_a_table_is_deleted_where_it_is_asked_for(site: Site, account: RememberedAccount) -> None:
    account.tables["tocsin-state", "eu-west-1"] = {}

    teardown.delete(site, STATE)

    assert account.tables == {}
