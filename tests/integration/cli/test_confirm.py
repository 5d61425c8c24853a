"""A subscription is confirmed by its link, which is read and never followed."""

from urllib.parse import quote, urlencode

import boto3
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.integration.adapters.conftest import REGION
from tests.integration.cli.test_commands import Typed
from tests.integration.cli.wire import PAGE, SUBSCRIPTION, TOKEN, WATCHER, Wire
from tocsin_cli.confirm import Link, parsed
from tocsin_cli.output import CommandError

HOST = "https://sns.eu-west-1.amazonaws.com"


def link(
    *, host: str = HOST, path: str = "/confirmation.html", topic: str = PAGE, **more: str
) -> str:
    asked = {"TopicArn": topic, "Token": TOKEN, "Endpoint": "ops+night@example.com", **more}
    return f"{host}{path}?{urlencode(asked)}"


def by_action(**changes: str) -> str:
    return link(path="/", Action="ConfirmSubscription", **changes)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(link(), id="of a mail"),
        pytest.param(by_action(), id="of a message to an endpoint"),
        pytest.param(link().replace("&", "&amp;"), id="copied from a mail's source"),
        pytest.param(f"  {link()}\n", id="copied with the end of its line"),
    ],
)
def test_a_link_is_confirmed_so_that_only_the_account_can_end_it(
    capsys: pytest.CaptureFixture[str], wire: Wire, url: str
) -> None:
    wire.attributes = {
        "Protocol": "email",
        "Endpoint": "ops@example.com",
        "ConfirmationWasAuthenticated": "true",
    }

    typed = Typed(capsys, "confirm", url)

    (asked,) = wire.calls("ConfirmSubscription")
    assert asked["AuthenticateOnUnsubscribe"] == "true"
    assert (asked["TopicArn"], asked["Token"]) == (PAGE, TOKEN)
    assert typed.code == 0
    assert typed.out == (
        "confirmed: email ops@example.com hears of the route page\n"
        "only your account can end it: the link below its mails no longer does\n"
    )


def test_one_that_a_click_had_confirmed_before_is_told(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    wire.attributes = {"Protocol": "email", "ConfirmationWasAuthenticated": "false"}

    typed = Typed(capsys, "confirm", link())

    assert typed.code == 0
    assert f"aws sns unsubscribe --subscription-arn {SUBSCRIPTION}" in typed.out


def test_the_topic_of_alarms_about_tocsin_is_one_of_ours(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    wire.refusing["GetSubscriptionAttributes"] = ("AuthorizationError", "no")

    document = Typed(capsys, "confirm", link(topic=WATCHER), "--json").json

    assert document == {
        "subscription": SUBSCRIPTION,
        "hears_of": "alarms about Tocsin itself",
        "protocol": None,
        "endpoint": None,
        "guarded": None,
    }


@pytest.mark.parametrize("topic", ["tocsin-WatcherTopic-1A2B3C", "tocsin-vpc-StandByTopic-4D5E6F"])
def test_the_topics_of_such_alarms_in_other_regions_are_ours_too(
    capsys: pytest.CaptureFixture[str], wire: Wire, topic: str
) -> None:
    elsewhere = f"arn:aws:sns:us-east-1:123456789012:{topic}"
    host = HOST.replace(REGION, "us-east-1")

    typed = Typed(capsys, "confirm", link(host=host, topic=elsewhere))

    (asked,) = wire.calls("ConfirmSubscription")
    assert asked["TopicArn"] == elsewhere
    assert {*wire.regions} == {"us-east-1"}
    assert typed.code == 0
    assert "hears of alarms about Tocsin itself in us-east-1" in typed.out


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:us-east-1:666666666666:tocsin-WatcherTopic-1A2B3C",
        "arn:aws:sns:us-east-1:123456789012:somebody-elses",
    ],
)
def test_a_topic_in_another_region_that_is_not_of_a_stack_of_ours_is_not_confirmed(
    capsys: pytest.CaptureFixture[str], wire: Wire, topic: str
) -> None:
    typed = Typed(capsys, "confirm", link(host=HOST.replace(REGION, "us-east-1"), topic=topic))

    assert typed.code == 1
    assert wire.asked == []


def test_a_topic_of_somebody_else_is_not_confirmed(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    typed = Typed(capsys, "confirm", link(topic=PAGE.replace("123456789012", "666666666666")))

    assert typed.code == 1
    assert "is no topic of this home stack, so nothing was confirmed" in typed.err
    assert wire.asked == []


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("InvalidParameter", "the link was used or is over two days old"),
        ("NotFound", "the topic is gone: deploy the home stack again"),
        ("AuthorizationError", "may not call ConfirmSubscription: use a role that may"),
        ("InternalError", "try again"),
    ],
)
def test_what_sns_refuses_is_told_with_what_to_do(
    capsys: pytest.CaptureFixture[str], wire: Wire, code: str, mend: str
) -> None:
    wire.refusing["ConfirmSubscription"] = (code, "Invalid token")

    typed = Typed(capsys, "confirm", link())

    assert typed.code == 1
    assert mend in typed.err
    assert len(typed.err.splitlines()) == 1


def test_moto_takes_the_same_call(
    capsys: pytest.CaptureFixture[str], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_SNS")
    assert boto3.client("sns", region_name=REGION).create_topic(Name="page")["TopicArn"] == PAGE

    typed = Typed(capsys, "confirm", link())

    assert typed.code == 0
    assert typed.out.startswith(f"confirmed: {PAGE}:")


HOSTILE = {
    "another host": link(host="https://sns.eu-west-1.amazonaws.com.example.com"),
    "another host before ours": link(host="https://example.com/sns.eu-west-1.amazonaws.com"),
    "our host as a user's name": link(host="https://sns.eu-west-1.amazonaws.com@example.com"),
    "a password": link(host="https://a:b@sns.eu-west-1.amazonaws.com"),
    "a port": link(host="https://sns.eu-west-1.amazonaws.com:8443"),
    "in the clear": link(host="http://sns.eu-west-1.amazonaws.com"),
    "no region": link(host="https://sns.amazonaws.com"),
    "a bucket with such a name": link(host="https://sns.eu-west-1.s3.amazonaws.com"),
    "a dot at its end": link(host="https://sns.eu-west-1.amazonaws.com."),
    "letters that look alike": link(
        host="https://sns.eu-west-1.\N{CYRILLIC SMALL LETTER A}mazonaws.com"
    ),
    "wide letters that become ours": link(
        host="https://\N{FULLWIDTH LATIN SMALL LETTER S}ns.eu-west-1.amazonaws.com"
    ),
    "loopback": link(host="https://127.0.0.1"),
    "a file": "file:///etc/passwd",
    "another action": link(path="/", Action="Unsubscribe"),
    "no action": link(path="/"),
    "two actions": f"{by_action()}&Action=Unsubscribe",
    "another page": link(path="/unsubscribe.html"),
    "a way up": link(path="/../confirmation.html"),
    "two topics": f"{link()}&TopicArn={quote(PAGE)}",
    "two tokens": f"{link()}&Token={TOKEN}",
    "no token": link().replace("Token=", "Taken="),
    "cut by a shell at the ampersand": link().partition("&")[0],
    "nothing at all": "",
    "a topic in another region": link(topic=PAGE.replace("eu-west-1", "us-east-1")),
    "a queue for a topic": link(topic=PAGE.replace(":sns:", ":sqs:")),
    "a topic with a line in it": link(topic=f"{PAGE}\nx"),
    "a line in the middle": link().replace("&Token", "\n&Token"),
    "a token with blanks": link().replace(TOKEN, "a+b" * 10),
    "far too long": link() + "&a=" + "b" * 5000,
    "many fields": link() + "&a=b" * 20,
    "terminal codes": link() + "\x1b[2J",
}


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE)
def test_what_only_looks_like_a_link_is_refused_and_nobody_is_asked(
    capsys: pytest.CaptureFixture[str], wire: Wire, url: str
) -> None:
    typed = Typed(capsys, "confirm", url)

    assert typed.code == 1
    assert typed.err.startswith("tocsin: this is no link by which SNS confirms a subscription: ")
    assert len(typed.err.splitlines()) == 1
    assert wire.asked == []


def test_china_has_a_domain_of_its_own() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:page"
    url = link(host="https://sns.cn-north-1.amazonaws.com.cn", topic=topic)

    assert parsed(url) == Link(topic=topic, token=TOKEN)


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1), st.integers(min_value=len("https://"), max_value=len(HOST)))
def test_nothing_can_be_put_into_its_host(text: str, at: int) -> None:
    assume(text != ".cn")

    with pytest.raises(CommandError, match="no link"):
        parsed(link(host=HOST[:at] + text + HOST[at:]))
