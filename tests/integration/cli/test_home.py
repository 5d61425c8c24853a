"""Every way in which the home tables cannot be reached is one line that says what to do."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tocsin_cli.home import HomeError, Place, connect, place


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


def line(where: Place) -> str:
    with pytest.raises(HomeError) as error:
        connect(where)
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
    assert "sam deploy --config-env home" in said
    assert "AWS_PROFILE" in said


@pytest.mark.parametrize("refusing", ["AccessDeniedException"], indirect=True)
def test_no_permission(refusing: None) -> None:
    assert "may not read table tocsin-state in eu-west-1" in line(HOME)


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


def test_a_samconfig_that_cannot_be_read_is_as_none(tmp_path: Path) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text("[home")

    with pytest.raises(HomeError, match="no home region"):
        place(samconfig=samconfig)
