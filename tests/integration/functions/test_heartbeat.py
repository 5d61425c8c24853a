"""The endpoint from a call of its Function URL to the stored pulse, on moto's tables."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.domain.pulse import Pulse
from tocsin.wiring import heartbeat

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEARTBEAT = handler("heartbeat")


@pytest.fixture
def table(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> Iterator[DynamoHeartbeats]:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="heartbeat")
    yield DynamoHeartbeats(dynamodb, "state")
    forget()


@pytest.fixture
def token(table: DynamoHeartbeats) -> str:
    return table.issue("backup", datetime.now(UTC), old_ends_at=None)


def event(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Make a call as Lambda hands it over (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"user-agent": "curl/8"},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
    } | more


def call(path: str, method: str = "GET", **more: Any) -> Any:
    return HEARTBEAT.lambda_handler(event(path, method, **more), Context())


def pulse(table: DynamoHeartbeats) -> Pulse:
    found = table.pulses(["backup"])["backup"]
    assert found is not None
    return found


def test_a_report_is_answered_as_clients_expect_and_stored(
    table: DynamoHeartbeats, token: str
) -> None:
    answer = call(f"/{token}")

    assert (answer["statusCode"], answer["body"]) == (200, "OK")
    assert answer["headers"] == {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        "ping-body-limit": "10000",
    }
    assert pulse(table).success_at is not None


def test_an_answer_to_head_has_no_body(table: DynamoHeartbeats, token: str) -> None:
    answer = call(f"/{token}", "HEAD")

    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert pulse(table).success_at is not None


def test_a_body_comes_as_text_or_in_base64(table: DynamoHeartbeats, token: str) -> None:
    binary = bytes(range(256))
    call(f"/{token}/fail", "POST", body="disk full\nat /var")
    call(f"/{token}/2", "POST", body=base64.b64encode(binary).decode(), isBase64Encoded=True)

    newest, oldest = table.kept("backup")
    assert (newest.body, newest.beat.status) == (binary, 2)
    assert (oldest.body, oldest.beat.said) == (b"disk full\nat /var", "disk full")


@pytest.mark.parametrize("encoded", [False, True], ids=["text", "base64"])
def test_a_body_of_a_mebibyte_is_cut_and_the_report_counts(
    table: DynamoHeartbeats, token: str, *, encoded: bool
) -> None:
    raw = b"x" * 2**20
    body = base64.b64encode(raw).decode() if encoded else raw.decode()

    answer = call(f"/{token}", "POST", body=body, isBase64Encoded=encoded)

    assert (answer["statusCode"], answer["body"]) == (200, "OK")
    assert table.kept("backup")[0].body == raw[:10_000]
    assert pulse(table).success_at is not None


@pytest.mark.parametrize("body", ["not base64!", "=", "\u00e9", "\ud800", "A"])
def test_a_body_that_is_not_what_it_says_costs_no_report(
    table: DynamoHeartbeats, token: str, body: str
) -> None:
    assert call(f"/{token}", "POST", body=body, isBase64Encoded=True)["statusCode"] == 200


def test_a_call_that_may_be_tried_again_says_so(
    table: DynamoHeartbeats, token: str, dynamodb: "DynamoDBClient"
) -> None:
    dynamodb.delete_table(TableName="state")

    answer = call(f"/{token}")

    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")


def test_another_method_is_told_which_there_are(table: DynamoHeartbeats, token: str) -> None:
    answer = call(f"/{token}", "DELETE")

    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"requestContext": None, "rawPath": None, "body": None}, id="empty"),
        pytest.param({"requestContext": {"http": None}}, id="half"),
        pytest.param({"requestContext": "x"}, id="of another kind"),
    ],
)
def test_an_event_of_another_form_is_answered(
    table: DynamoHeartbeats, broken: dict[str, Any]
) -> None:
    assert HEARTBEAT.lambda_handler(broken, Context())["statusCode"] in {405, 500}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"headers": {f"x-{n}": "y" * 1000 for n in range(100)}}, id="many headers"),
        pytest.param({"headers": None, "cookies": ["a=b"] * 100}, id="no headers, many cookies"),
        pytest.param(
            {"rawQueryString": None, "queryStringParameters": {"rid": "x"}}, id="no query"
        ),
        pytest.param({"body": None, "isBase64Encoded": True}, id="no body, encoded"),
        pytest.param({"isBase64Encoded": None, "body": "text"}, id="not said how it is encoded"),
        pytest.param({"version": "1.0", "stageVariables": None, "routeKey": None}, id="odd fields"),
    ],
)
def test_what_else_is_in_an_event_or_missing_costs_no_report(
    table: DynamoHeartbeats, token: str, more: dict[str, Any]
) -> None:
    assert call(f"/{token}", **more)["statusCode"] == 200
    assert pulse(table).reports == 1


@pytest.mark.parametrize(
    ("template", "status"),
    [
        pytest.param("//{token}", 200, id="two slashes"),
        pytest.param("/{upper}/", 200, id="capitals, and a slash at the end"),
        pytest.param("/{token}%2Ffail", 400, id="an encoded slash"),
        pytest.param("/{token}%00", 400, id="an encoded zero"),
        pytest.param("/{token}\x00", 400, id="a zero"),
        pytest.param("/t\u00f6ken/{token}", 400, id="another alphabet"),
        pytest.param("/\uff10{token}", 400, id="digits that only look so"),
        pytest.param("\\{token}", 400, id="a slash of another system"),
        pytest.param("/{token}/\ud800", 400, id="half a character"),
    ],
)
def test_a_path_is_read_as_it_is_and_not_as_somebody_may_have_meant_it(
    table: DynamoHeartbeats, token: str, template: str, status: int
) -> None:
    path = template.format(token=token, upper=token.upper())

    assert call(path)["statusCode"] == status
    assert pulse(table).reports == int(status == 200)


def test_nobody_runs_up_a_figure_of_ours_by_calling(
    table: DynamoHeartbeats, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda counts the calls of a URL by status itself; ours would be $0.30 a month each."""
    for path in (f"/{token}", f"/{token}/stop", "/canary", "/wp-login.php"):
        call(path)

    assert "_aws" not in capsys.readouterr().out


def test_no_log_line_and_no_metric_tells_a_token(
    table: DynamoHeartbeats,
    token: str,
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_(key: str) -> None:
        raise ValueError(f"cannot look up {token} at {key}")

    calls = [f"/{token}", f"/{token}/1", f"/{token}/stop", f"/{token}/canary", f"/{token[:-1]}0"]
    for path in calls:
        call(path, "POST", body=f"my own url is {token}", rawQueryString=f"rid={token}")
    table.issue("backup", datetime.now(UTC), old_ends_at=datetime.now(UTC))
    assert call(f"/{token}")["statusCode"] == 410
    with monkeypatch.context() as patched:
        patched.setattr(heartbeat.heartbeats(), "token", break_)
        answer = call(f"/{token}")
    assert (answer["statusCode"], answer["body"]) == (
        500,
        "a fault of ours: the report did not count",
    )
    dynamodb.delete_table(TableName="state")
    assert call(f"/{token}")["statusCode"] == 503

    streams = capsys.readouterr()
    said = streams.out + streams.err + "".join(str(vars(record)) for record in caplog.records)
    assert "backup" in said
    assert "ValueError" in said
    assert token not in said
    assert token[9:] not in said


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    end=st.text(max_size=20),
    query=st.text(max_size=60),
    body=st.one_of(st.none(), st.text(max_size=200)),
    encoded=st.booleans(),
)
def test_whatever_a_holder_of_a_token_sends_is_answered(
    table: DynamoHeartbeats,
    token: str,
    method: str,
    end: str,
    query: str,
    body: str | None,
    *,
    encoded: bool,
) -> None:
    answer = call(
        f"/{token}/{end}", method, rawQueryString=query, body=body, isBase64Encoded=encoded
    )

    assert answer["statusCode"] in {200, 400}
