"""Every way in which the home tables cannot be reached is one line that says what to do."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tocsin.adapters.dynamodb import storage_errors
from tocsin.usecases.ports import ConflictError
from tocsin_cli.home import HomeError, Place, connected, place


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away every credential and region that this machine may have."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("TOCSIN_HOME_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def refusing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in for an AWS that refuses everything with one code, on loopback."""

    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": f"com.amazonaws#{request.param}", "message": "no"})
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


class Granted:
    """A session whose client may describe every table."""

    def client(self, *_: object, **__: object) -> "Granted":
        return self

    def describe_table(self, **_: object) -> None:
        """Allow it."""


def line(where: Place) -> str:
    with pytest.raises(HomeError) as error, connected(where):
        pass
    assert "\n" not in str(error.value)
    return str(error.value)


HOME = Place(region="eu-west-1")


def test_no_credentials() -> None:
    assert line(HOME) == "no AWS credentials: run `aws configure`, or set AWS_PROFILE to a profile"


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    assert "nobody" in line(HOME)
    assert "AWS_PROFILE" in line(HOME)


@pytest.mark.parametrize("refusing", ["ResourceNotFoundException"], indirect=True)
def test_no_table_or_another_account(refusing: None) -> None:
    said = line(HOME)

    assert "has no table tocsin-state in eu-west-1" in said
    assert "make deploy" in said
    assert "AWS_PROFILE" in said


@pytest.mark.parametrize("refusing", ["AccessDeniedException"], indirect=True)
def test_no_permission(refusing: None) -> None:
    said = line(HOME)

    # What stands in for AWS does not speak as STS does: the account stays unknown.
    assert said.startswith(
        "this account may not call DescribeTable on table tocsin-state in eu-west-1: use a role"
    )


@pytest.mark.parametrize(
    ("table", "operation"), [("tocsin-reports", "Query"), ("tocsin-state", "PutItem")]
)
def test_what_aws_refuses_later_is_said_as_well(
    monkeypatch: pytest.MonkeyPatch, table: str, operation: str
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
    monkeypatch.setattr("boto3.session.Session", lambda **_: Granted())
    monkeypatch.setattr("tocsin_cli.home._account", lambda _: "account 1")

    with pytest.raises(HomeError) as error, connected(HOME), storage_errors(table):
        raise denied

    assert str(error.value) == (
        f"account 1 may not call {operation} on table {table} in eu-west-1: "
        "use a role that may, with AWS_PROFILE"
    )


def test_a_conflict_is_not_a_refusal_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.session.Session", lambda **_: Granted())
    lost = ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")

    with pytest.raises(ConflictError, match="plan again"), connected(HOME):
        raise ConflictError("plan again") from lost


@pytest.mark.parametrize("refusing", ["UnrecognizedClientException"], indirect=True)
def test_credentials_that_aws_does_not_know(refusing: None) -> None:
    assert line(HOME).endswith("(UnrecognizedClientException): sign in again")


def test_a_region_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    assert line(HOME) == "region eu-west-1 does not answer: check its name and the network"


def test_no_region(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="pass --region, set TOCSIN_HOME_REGION"):
        place(samconfig=tmp_path / "samconfig.toml")


def test_home_is_where_samconfig_deploys_it(tmp_path: Path) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(
        'version = 0.1\n[home.deploy.parameters]\nregion = "eu-north-1"\n'
        'parameter_overrides = ["Part=home", "StateTableName=other-state"]\n'
    )

    found = place(samconfig=samconfig)

    assert found == Place(region="eu-north-1", state_table="other-state")
    assert place("sa-east-1", samconfig).region == "sa-east-1"


def test_quotes_that_sam_needs_in_a_list_are_no_part_of_a_name(tmp_path: Path) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(
        '[home.deploy.parameters]\nregion = "eu-north-1"\n'
        """parameter_overrides = ['StateTableName="other-state"', 'Title="a b"']\n"""
    )

    assert place(samconfig=samconfig) == Place(region="eu-north-1", state_table="other-state")


def test_parameters_may_be_one_string_as_a_shell_has_them(tmp_path: Path) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(
        '[home.deploy.parameters]\nregion = "eu-north-1"\n'
        'parameter_overrides = \'Part=home StateTableName="other-state" Tag="a b"\'\n'
    )

    assert place(samconfig=samconfig) == Place(region="eu-north-1", state_table="other-state")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b"[home", id="no TOML"),
        pytest.param(b"# \xff", id="no UTF-8"),
        pytest.param(b"[home.deploy.parameters]\nregion = 5", id="a region that is a number"),
        pytest.param(b"[home.deploy]\nparameters = 5", id="parameters that are a number"),
        pytest.param(
            b"[home.deploy.parameters]\nregion = 'a'\nparameter_overrides = 'A=\"'",
            id="a quote that is left open",
        ),
        pytest.param(
            b"[home.deploy.parameters]\nregion = 'a'\nparameter_overrides = [5, 'A']",
            id="parameters that are none",
        ),
    ],
)
def test_a_samconfig_that_cannot_be_read_is_as_none(tmp_path: Path, written: bytes) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_bytes(written)

    with pytest.raises(HomeError, match="no home region"):
        place(samconfig=samconfig)
