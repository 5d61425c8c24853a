"""`tocsin deploy` and its kin stop before anything is changed, and say what to do."""

import io
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.architecture.cloudformation import PROJECT
from tests.integration.cli.test_commands import Typed
from tocsin_cli.deployment.releases import Release
from tocsin_cli.main import EX_USAGE, INTERRUPTED

COMMITTED = (PROJECT / "samconfig.toml").read_text()
MONITORS = """
locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}}
monitors: {web: {http: "https://www.example.com/"}}
"""
ABSENT = ("ValidationError", "Stack with id tocsin does not exist")
IDENTITY = """<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/me</Arn>
<Account>111122223333</Account></GetCallerIdentityResult>"""
STACK = """<DescribeStacksResult><Stacks><member><StackName>tocsin</StackName>
<StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/tocsin/1</StackId>
<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>
</member></Stacks></DescribeStacksResult>"""

OURS = STACK.format(status="CREATE_COMPLETE").replace(
    "</member></Stacks>",
    """<Parameters><member><ParameterKey>Part</ParameterKey><ParameterValue>x</ParameterValue>
</member><member><ParameterKey>StateTableName</ParameterKey><ParameterValue>tocsin-state
</ParameterValue></member></Parameters></member></Stacks>""",
)
TEMPLATE = "<GetTemplateResult><TemplateBody>{}</TemplateBody></GetTemplateResult>"
NOTHING = {
    "ListStackResources": "<ListStackResourcesResult><StackResourceSummaries/>"
    "</ListStackResourcesResult>"
}
POLICY = """<ListStackResourcesResult><StackResourceSummaries><member>
<LogicalResourceId>AgentPolicy</LogicalResourceId>
<ResourceType>AWS::IAM::ManagedPolicy</ResourceType>
<PhysicalResourceId>arn:aws:iam::111122223333:policy/office</PhysicalResourceId>
<ResourceStatus>CREATE_COMPLETE</ResourceStatus>
</member></StackResourceSummaries></ListStackResourcesResult>"""
HELD = """<ListEntitiesForPolicyResult><PolicyRoles><member><RoleName>agents</RoleName></member>
</PolicyRoles><PolicyUsers/><PolicyGroups/><IsTruncated>false</IsTruncated>
</ListEntitiesForPolicyResult>"""
DENIED = """<SimulatePrincipalPolicyResult><EvaluationResults><member>
<EvalActionName>a:B</EvalActionName><EvalDecision>implicitDeny</EvalDecision>
</member></EvaluationResults></SimulatePrincipalPolicyResult>"""


@dataclass
class Cloud:
    """An account that has nothing, or what a test has put there."""

    answers: dict[str, str] = field(default_factory=lambda: {"GetCallerIdentity": IDENTITY})
    refusals: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {
            "DescribeStacks": ABSENT,
            "DescribeTable": ("ResourceNotFoundException", "no such table"),
            "SimulatePrincipalPolicy": ("AccessDenied", "you may not ask"),
        }
    )
    bucket: int = 404
    objects: dict[str, str] = field(default_factory=dict)
    """By the path of each, bucket and key."""
    asked: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud = cloud


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self.server.cloud.asked.append("HeadBucket")
        self._send(self.server.cloud.bucket, "")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        objects = self.server.cloud.objects
        if "list-type" not in url.query:
            self._send(200, objects[url.path])
            return
        begin = f"{url.path}/{parse_qs(url.query)['prefix'][0]}"
        keys = [e.removeprefix(f"{url.path}/") for e in objects if e.startswith(begin)]
        found = "".join(f"<Contents><Key>{each}</Key></Contents>" for each in sorted(keys))
        self._send(200, f"<R>{found}</R>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        target = self.headers.get("X-Amz-Target", "")
        action = target.rpartition(".")[2] or parse_qs(body)["Action"][0]
        cloud = self.server.cloud
        cloud.asked.append(action)
        if action in cloud.answers:
            self._send(200, f"<R>{cloud.answers[action]}</R>")
            return
        code, message = cloud.refusals[action]
        if target:
            self._send(400, json.dumps({"__type": code, "message": message}))
            return
        said = f"<Code>{code}</Code><Message>{message}</Message>"
        self._send(400, f"<ErrorResponse><Error>{said}</Error></ErrorResponse>")

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    made = Cloud()
    server = _Server(made)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sit in a project that has never been deployed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samconfig.toml").write_text(COMMITTED)
    (tmp_path / "monitors.yaml").write_text(MONITORS)
    (tmp_path / "template.yaml").write_text((PROJECT / "template.yaml").read_text())
    return tmp_path


def unchanged(folder: Path) -> bool:
    """Whether nothing was built or written."""
    return (folder / "samconfig.toml").read_text() == COMMITTED and not (
        folder / ".tocsin"
    ).exists()


DEPLOY = ("deploy", "--home", "us-east-1", "--probe", "eu-west-1", "--probe", "ap-southeast-1")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(
            ("deploy", "--probe", "us-east-1"),
            1,
            "--probe goes with --home (PROBES with HOME)",
            id="a probe alone",
        ),
        pytest.param(
            ("deploy", "--home", "eu-west-1", "--probe", "eu-west-1"),
            1,
            "eu-west-1 is home, and has a probe of its own: leave it out of --probe (PROBES)",
            id="home twice",
        ),
        pytest.param(
            ("deploy", "--home", "eu-west-1", "--probe", "us-east-1", "--probe", "us-east-1"),
            1,
            "us-east-1 is there twice",
            id="a probe twice",
        ),
        pytest.param(
            ("deploy", "--home", "eu-west-1", "--probe", "us-east-1,ap-southeast-1"),
            1,
            "`us-east-1,ap-southeast-1` is no region: --home (HOME) is one, and --probe is one each"
            ' time (PROBES="us-east-1 ap-southeast-1", with spaces between)',
            id="regions with commas",
        ),
        pytest.param(("deploy", "--home", ""), 1, "`` is no region", id="a home that is empty"),
        pytest.param(
            ("deploy", "--home", "eu-west-1", "--probe", "us-esat-1"),
            2,
            "us-esat-1: AWS has no such region, as far as is known here: write us-east-1\n"
            "tocsin: nothing was changed",
            id="a region that is none, and nobody is told to watch from it",
        ),
        pytest.param(
            ("deploy", "--only", "mars"),
            1,
            "no environment mars; it has",
            id="a stack that is none",
        ),
        pytest.param(
            ("deploy", "--parameter", "LogLevel"), EX_USAGE, "has no =", id="half a parameter"
        ),
        pytest.param(
            ("deploy", "--parameter", "LogLevel=LOUD"),
            2,
            "LogLevel=LOUD: it is one of DEBUG",
            id="a value that does not fit",
        ),
        pytest.param(
            ("deploy", "--home", "eu-west-1", "--probe", "sa-east-1"),
            2,
            "monitors.yaml does not have it: add `sa-east-1: {}`",
            id="a location that nobody watches from",
        ),
        pytest.param(
            ("deploy", "--samconfig", "none.toml"), 1, "none.toml is missing", id="no file"
        ),
        pytest.param(
            ("rollback", "--samconfig", "none.toml"), 1, "none.toml is missing", id="going back"
        ),
        pytest.param(
            ("destroy", "--samconfig", "none.toml"), 1, "none.toml is missing", id="removing"
        ),
        pytest.param(
            ("outputs", "--samconfig", "none.toml"), 1, "none.toml is missing", id="looking"
        ),
    ],
)
def test_what_can_be_seen_without_aws_is_told_without_it(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    typed = Typed(capsys, *words)

    assert typed.code == code
    assert said in typed.err
    assert unchanged(folder)


def test_a_file_of_monitors_with_errors_is_not_deployed_for(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "monitors.yaml").write_text(
        'locations: {eu-west-1: {}}\nmonitors: {router: {icmp: "192.0.2.1"}}\n'
    )

    typed = Typed(capsys, "deploy")

    assert typed.code == 2
    assert "monitors.yaml:2" in typed.err
    assert "agent" in typed.err
    assert unchanged(folder)


@pytest.mark.parametrize(
    ("action", "refusal", "said"),
    [
        pytest.param("GetCallerIdentity", ("ExpiredToken", "old"), "sign in again", id="expired"),
        pytest.param(
            "GetCallerIdentity",
            ("InvalidClientTokenId", "who"),
            "enable the region",
            id="unknown to the region",
        ),
        pytest.param(
            "DescribeStacks",
            ("AccessDenied", "no"),
            "you may not call cloudformation:DescribeStacks",
            id="a right that is missing",
        ),
        pytest.param(
            "DescribeTable",
            ("AccessDeniedException", "no"),
            "you may not call dynamodb:DescribeTable",
            id="another",
        ),
    ],
)
def test_what_aws_refuses_is_told_with_the_mend(
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    action: str,
    refusal: tuple[str, str],
    said: str,
) -> None:
    cloud.answers.pop(action, None)
    cloud.refusals[action] = refusal

    typed = Typed(capsys, *DEPLOY, "--yes")

    assert typed.code == 1
    assert said in typed.err
    assert unchanged(folder)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_a_right_that_aws_says_is_missing_is_told_before_anything_is_changed(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path, command: str
) -> None:
    if command == "destroy":
        cloud.answers |= {"DescribeStacks": OURS, "GetTemplate": TEMPLATE, **NOTHING}
    cloud.answers["SimulatePrincipalPolicy"] = DENIED

    typed = Typed(capsys, command, "--yes")

    assert typed.code == 2
    verb = {"deploy": "Create", "destroy": "Delete"}[command]
    assert "home (tocsin in eu-west-1): arn:aws:iam::111122223333:user/me may not call" in typed.err
    assert f"lambda:{verb}Function" in typed.err
    assert "give it the policy of docs/deploy.md" in typed.err
    assert "DeleteStack" not in cloud.asked
    assert unchanged(folder)


def test_a_policy_that_an_agent_has_keeps_every_stack(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    cloud.answers |= {
        "DescribeStacks": OURS,
        "GetTemplate": TEMPLATE,
        "ListStackResources": POLICY,
        "ListEntitiesForPolicy": HELD,
    }

    typed = Typed(capsys, "destroy", "--yes")

    assert typed.code == 2
    assert "office (tocsin-office in eu-west-1): its policy is attached to the role agents" in (
        typed.err
    )
    assert (
        "`aws iam detach-role-policy --role-name agents --policy-arn"
        " arn:aws:iam::111122223333:policy/office`" in typed.err
    )
    assert "DeleteStack" not in cloud.asked
    assert unchanged(folder)


def test_without_credentials_it_says_how_to_get_some(
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    typed = Typed(capsys, *DEPLOY, "--yes")

    assert (typed.code, cloud.asked) == (1, [])
    assert "no AWS credentials: run `aws configure`" in typed.err
    assert unchanged(folder)


def test_a_profile_that_is_none_is_told_with_the_mend(
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    typed = Typed(capsys, *DEPLOY, "--yes")

    assert (typed.code, cloud.asked) == (1, [])
    assert "set AWS_PROFILE to one that `aws configure list-profiles` shows" in typed.err
    assert unchanged(folder)


def test_a_stack_that_is_half_made_stops_it_before_the_file_is_written(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    cloud.answers["DescribeStacks"] = STACK.format(status="ROLLBACK_COMPLETE")

    typed = Typed(capsys, *DEPLOY, "--yes")

    assert typed.code == 2
    assert "home (tocsin in us-east-1): the stack is ROLLBACK_COMPLETE" in typed.err
    assert "nothing was changed" in typed.err
    assert unchanged(folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ("deploy", "--only", "us-east-1"),
            "home (tocsin in eu-west-1): the stack is DELETE_IN_PROGRESS: wait",
            id="a probe of a home that goes",
        ),
        pytest.param(("rollback",), "the stack is DELETE_IN_PROGRESS: wait", id="going back"),
    ],
)
def test_a_stack_that_is_being_changed_stops_all_else(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    cloud.answers["DescribeStacks"] = STACK.format(status="DELETE_IN_PROGRESS")
    noted(cloud, "eu-west-1", "b1", "b2")

    typed = Typed(capsys, *words, "--yes")

    assert typed.code == 2
    assert said in typed.err
    assert "nothing was changed" in typed.err


def test_a_stack_that_is_anothers_is_not_removed(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.answers["DescribeStacks"] = STACK.format(status="CREATE_COMPLETE")
    cloud.answers |= {"GetTemplate": TEMPLATE, **NOTHING}

    typed = Typed(capsys, "destroy", "--yes")

    assert typed.code == 2
    assert "a stack of that name is there, and is none of Tocsin's" in typed.err
    assert "nothing was changed" in typed.err
    assert "DeleteStack" not in cloud.asked


def test_a_file_without_a_stack_is_told(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "samconfig.toml").write_text("version = 0.1\n")

    for command in ("deploy", "outputs", "rollback", "destroy"):
        typed = Typed(capsys, command)

        assert typed.code == 1
        assert "samconfig.toml has no environment" in typed.err


def test_a_bucket_that_was_never_made_is_asked_for_with_its_name(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = Typed(capsys, "rollback", "--bucket", "ours", "--yes")

    assert typed.code == 1
    assert "before the present one in its bucket ours-ACCOUNT-REGION" in typed.err
    assert "--bucket" in typed.err


@pytest.mark.parametrize(
    ("command", "bucket"),
    [("deploy", "Ours"), ("deploy", "o" * 41), ("destroy", "our_builds")],
)
def test_a_bucket_that_can_be_none_stops_it(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path, command: str, bucket: str
) -> None:
    typed = Typed(capsys, command, "--bucket", bucket, "--yes")

    assert typed.code == 2
    assert f"S3 has no bucket with such a name as {bucket}-111122223333-eu-west-1" in typed.err
    assert "BUCKET=NAME" in typed.err
    assert unchanged(folder)


def test_a_bucket_of_another_account_stops_it(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    cloud.bucket = 403

    typed = Typed(capsys, *DEPLOY, "--yes")

    assert typed.code == 2
    assert "the bucket tocsin-builds-111122223333-us-east-1 belongs to another account" in typed.err
    assert unchanged(folder)


def test_who_does_not_say_yes_has_nothing_changed(
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))

    typed = Typed(capsys, *DEPLOY)

    assert typed.code == INTERRUPTED
    assert "home (tocsin in us-east-1): will be made" in typed.out
    assert "eu-west-1 (tocsin in eu-west-1): will be made" in typed.out
    assert "office" not in typed.out, "an agent's stack is not made unasked"
    assert unchanged(folder)


def test_a_location_without_a_stack_is_told_beforehand(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = Typed(capsys, "deploy", "--home", "us-east-1", "--probe", "eu-west-1")

    assert "monitors.yaml expects ap-southeast-1, and no stack is there" in typed.err


def test_a_probe_is_not_deployed_where_there_is_no_home_stack(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    typed = Typed(capsys, "deploy", "--only", "us-east-1", "--yes")

    assert typed.code == 2
    assert "there is no home stack" in typed.err
    assert unchanged(folder)


def noted(cloud: Cloud, region: str, *builds: str) -> None:
    for number, build in enumerate(builds):
        release = Release(
            release=f"r{build}", build=build, version="1", at="", template="Parameters: {}"
        )
        path = f"/tocsin-builds-111122223333-{region}/tocsin/releases/{number}-r{build}.json"
        cloud.objects[path] = json.dumps(asdict(release))


@pytest.mark.parametrize(
    ("only", "code"),
    [
        pytest.param((), 2, id="all, and nobody says which"),
        pytest.param(("--only", "home"), INTERRUPTED, id="the one that is said, if it is wanted"),
    ],
)
def test_after_half_a_deployment_it_must_be_said_what_goes_back(
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    only: tuple[str, ...],
    code: int,
) -> None:
    noted(cloud, "eu-west-1", "b1", "b2")
    noted(cloud, "us-east-1", "b0", "b1")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))

    typed = Typed(capsys, "rollback", *only)

    assert typed.code == code
    assert ("home at b2, us-east-1 at b1" in typed.err) is (not only)
    assert ("home (tocsin in eu-west-1): back to build b1" in typed.out) is bool(only)
    assert "nothing was changed" in typed.err


def test_where_nothing_is_there_it_is_said(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = Typed(capsys, "outputs")

    assert typed.code == 1
    assert "none of these stacks is there" in typed.err
