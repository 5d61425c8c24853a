"""The local AWS: it comes up, judges by IAM, and leaves nothing when it or its parent goes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tocsin_cli.local.emulator import Emulator, LocalStackError
from tocsin_cli.local.strict_ministack import (
    expanded,
    partition_keys,
    with_parameters,
    with_paths,
    with_roles,
    with_times,
)
from tocsin_cli.local.trespass import _as

PARENT = """
import sys, time
from pathlib import Path
from tocsin_cli.local.emulator import Emulator, LocalStackError
emulator = Emulator(Path(sys.argv[1]))
emulator.start()
print(emulator._process.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    """Wait a little for a process to end."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_it_answers_and_is_gone_after_the_with_block(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        topic = emulator.client("sns", "eu-west-1").create_topic(Name="t")["TopicArn"]
        assert emulator._process is not None
        pid = emulator._process.pid

    assert topic.endswith(":t")
    assert gone(pid)
    assert [path.name for path in tmp_path.iterdir()] == ["ministack.log"]


def test_it_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    assert gone(pid)


def test_leftovers_are_removed_and_what_another_uses_is_not(tmp_path: Path) -> None:
    leftover = tmp_path / "scratch-left-by-a-killed-one"
    leftover.mkdir()
    (leftover / "file").touch()

    with Emulator(tmp_path) as first, Emulator(tmp_path) as second:
        assert {first._scratch, second._scratch} == set(tmp_path.glob("scratch-*"))
        assert first.client("sns", "eu-west-1").list_topics()["Topics"] == []

    assert not list(tmp_path.glob("scratch-*"))


def test_its_end_is_noticed(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        emulator.ensure_running()
        assert emulator._process is not None
        os.kill(emulator._process.pid, signal.SIGKILL)
        emulator._process.wait()

        with pytest.raises(LocalStackError, match=r"has ended; .*ministack\.log says why"):
            emulator.ensure_running()


def test_it_starts_with_an_empty_account_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        with Emulator(tmp_path) as emulator:
            client = emulator.client("sns", "eu-west-1")
            assert client.list_topics()["Topics"] == []
            client.create_topic(Name="t")


def test_a_stranger_is_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(tmp_path) as emulator:
        monkeypatch.setattr(
            "tocsin_cli.local.emulator.ROOT",
            {"AWS_ACCESS_KEY_ID": "AKIASTRANGER00000000", "AWS_SECRET_ACCESS_KEY": "guess"},
        )
        with pytest.raises(ClientError):
            emulator.client("sns", "eu-west-1").create_topic(Name="t")


def role(emulator: Emulator, name: str) -> str:
    """Make a role that may publish to every topic, and give its ARN."""
    iam = emulator.client("iam", "eu-west-1")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(may))
    return arn


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_topic_that_denies_all_but_one_role_is_rung_by_that_role_alone(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        topic = emulator.client("sns", "eu-west-1").create_topic(Name="t")["TopicArn"]
        ringer, other = role(emulator, "ringer"), role(emulator, "other")
        denied = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ringer}},
        }
        emulator.client("sns", "eu-west-1").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy(denied)
        )

        _as(emulator, ringer)("sns", "eu-west-1").publish(TopicArn=topic, Message="m")
        with pytest.raises(ClientError, match="not authorized"):
            _as(emulator, other)("sns", "eu-west-1").publish(TopicArn=topic, Message="m")


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        pytest.param({"Item": {"pk": {"S": "a#s0"}}}, ["a#s0"], id="a put"),
        pytest.param({"Key": {"pk": {"S": "a#s0"}}}, ["a#s0"], id="a get, update or delete"),
        pytest.param(
            {
                "KeyConditionExpression": "pk = :p AND sk > :s",
                "ExpressionAttributeValues": {":p": {"S": "a#s0"}, ":s": {"N": "1"}},
            },
            ["a#s0"],
            id="a query",
        ),
        pytest.param(
            {
                "KeyConditionExpression": "#k = :p",
                "ExpressionAttributeNames": {"#k": "pk"},
                "ExpressionAttributeValues": {":p": {"S": "a#s0"}},
            },
            ["a#s0"],
            id="a query by another name",
        ),
        pytest.param(
            {"RequestItems": {"t": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]}}},
            ["a", "b"],
            id="a batch of gets",
        ),
        pytest.param(
            {
                "RequestItems": {
                    "t": [
                        {"PutRequest": {"Item": {"pk": {"S": "a"}}}},
                        {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}},
                    ]
                }
            },
            ["a", "b"],
            id="a batch of writes",
        ),
        pytest.param({"TableName": "t"}, [], id="a scan names none"),
    ],
)
def test_the_keys_that_a_request_names(request_: dict[str, Any], keys: list[str]) -> None:
    assert partition_keys(request_) == keys


@pytest.mark.parametrize(
    ("service", "body", "resource"),
    [
        pytest.param(
            "ssm", b'{"Path": "/a/b"}', "arn:aws:ssm:eu-west-1:1:parameter/a/b", id="a path"
        ),
        pytest.param("ssm", b'{"Name": "/a"}', "known", id="a parameter"),
        pytest.param("sqs", b'{"Path": "/a"}', "known", id="another service"),
        pytest.param("ssm", b"", "known", id="nothing"),
    ],
)
def test_the_path_that_parameters_are_asked_for_by(
    service: str, body: bytes, resource: str
) -> None:
    resource_of = with_paths(lambda *_: "known")

    assert resource_of(service, "POST", "/", {}, body, {}, "eu-west-1", "1") == resource


def test_sam_is_told_the_parameters_of_the_operation_and_of_no_other() -> None:
    expand = expanded(lambda _template, values, _loader: dict(values))
    apply = with_parameters(
        lambda _template, _provided, _previous: expand({}, {}, None),
        lambda _template, provided, previous: {**(previous or {}), **provided},
    )

    assert apply({}, {"Rollout": "all-at-once"}) == {"Rollout": "all-at-once"}
    assert apply({}, {"Part": "home"}, previous_params={"Rollout": "canary"}) == {
        "Part": "home",
        "Rollout": "canary",
    }
    assert expand({}, {}, None) == {}


def test_a_function_is_told_when_its_schedule_was_due_and_nothing_else_is_changed() -> None:
    invoke = with_times(lambda target, _event, *_rest: target)
    schedule = {"Arn": "a", "Input": '{"time": "<aws.scheduler.scheduled-time>"}'}

    assert invoke(schedule, {"Time": 1767268825.5}, {}) == {
        "Arn": "a",
        "Input": '{"time": "2026-01-01T12:00:25Z"}',
    }
    assert invoke({"Arn": "a"}, {"Time": "2026"}) == {"Arn": "a"}


@pytest.mark.parametrize(
    ("caller", "named"),
    [
        (
            "arn:aws:sts::123456789012:assumed-role/ringer/s1",
            "arn:aws:iam::123456789012:role/ringer",
        ),
        ("arn:aws:iam::123456789012:user/somebody", "arn:aws:iam::123456789012:user/somebody"),
        ("*", "*"),
    ],
    ids=["a session of a role", "a user", "a service"],
)
def test_a_condition_on_who_calls_is_asked_of_the_role(caller: str, named: str) -> None:
    resolve = with_roles(lambda _key, _context: caller)

    assert resolve("aws:PrincipalArn", None) == named
    assert resolve("aws:SourceIp", None) == caller
