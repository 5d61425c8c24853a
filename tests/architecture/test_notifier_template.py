"""What the template promises of the notifier: its queues, its rights, its time."""

import json
import tomllib
from datetime import timedelta
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template
from tests.architecture.test_template import FUNCTIONS, RESOURCES, actions, statements
from tocsin.adapters.apprise import PATIENCE_SECONDS
from tocsin.adapters.aws import BRIEF
from tocsin.usecases.hand_on import TRIES, pause

NOTIFIER = FUNCTIONS["NotifierFunction"]
VARIABLES: dict[str, Any] = NOTIFIER["Environment"]["Variables"]
EVENTS = {name: each["Properties"] for name, each in NOTIFIER["Events"].items()}
TOPICS = [{"Ref": topic} for topic in ("PageTopic", "ChatTopic", "NoticeTopic")]
OUTLETS = "/tocsin-notify/${StateTableName}"
DAY = 24 * 60 * 60

each_queue = pytest.mark.parametrize("name", ["AlertsQueue", "HandoversQueue"])


def queue(name: str) -> dict[str, Any]:
    assert RESOURCES[name]["Type"] == "AWS::SQS::Queue"
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


# Rights


def test_the_notifier_can_do_no_more_than_it_needs() -> None:
    assert actions("NotifierRole") == {
        "events:PutEvents",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "ssm:GetParametersByPath",
    }


def test_it_takes_from_both_queues_and_puts_on_the_second_alone() -> None:
    rights = {s["Sid"]: s for s in statements("NotifierRole")}

    assert rights["TakeWhatIsQueued"]["Resource"] == [
        {"Fn::GetAtt": "AlertsQueue.Arn"},
        {"Fn::GetAtt": "HandoversQueue.Arn"},
    ]
    assert rights["QueueForEachOutlet"]["Action"] == "sqs:SendMessage"
    assert rights["QueueForEachOutlet"]["Resource"] == {"Fn::GetAtt": "HandoversQueue.Arn"}


def test_it_reads_the_outlets_of_its_own_stack_and_no_other_parameter() -> None:
    (read,) = (s for s in statements("NotifierRole") if s["Sid"] == "ReadTheOutlets")

    assert [each["Fn::Sub"].partition(":parameter")[2] for each in read["Resource"]] == [
        OUTLETS,
        f"{OUTLETS}/*",
    ]
    assert VARIABLES["TOCSIN_OUTLETS"] == {"Fn::Sub": OUTLETS}


@pytest.mark.parametrize("role", ["ProbeRole", "AggregatorRole", "HeartbeatRole"])
def test_nobody_else_can_read_where_the_outlets_are(role: str) -> None:
    """A check may name any secret under /tocsin/; an outlet's URL is none of those."""
    readable = [
        resource["Fn::Sub"].partition(":parameter")[2]
        for statement in statements(role)
        if "ssm:Get" in str(statement["Action"])  # a name says nothing of where it leads
        for resource in [statement["Resource"]]
    ]

    assert not [path for path in readable if not path.startswith("/tocsin/")]


def test_it_puts_events_on_the_bus_that_it_is_told_alone() -> None:
    (put,) = (s for s in statements("NotifierRole") if s["Sid"] == "PutEvents")

    assert put["Resource"]["Fn::Sub"].endswith(":event-bus/${EventBus}")
    assert VARIABLES["TOCSIN_EVENT_BUS"] == {"Ref": "EventBus"}
    assert load_template()["Parameters"]["EventBus"]["Default"] == "default"


# Queues


def test_all_that_the_topics_publish_comes_to_the_notifier() -> None:
    subscriptions = [
        RESOURCES[f"{route}AlertsSubscription"] for route in ("Page", "Chat", "Notice")
    ]

    assert [each["Properties"]["TopicArn"] for each in subscriptions] == TOPICS
    assert {each["Condition"] for each in subscriptions} == {"IsHome"}
    for each in subscriptions:
        assert each["Properties"]["Protocol"] == "sqs"
        assert each["Properties"]["Endpoint"] == {"Fn::GetAtt": "AlertsQueue.Arn"}
        assert "FilterPolicy" not in each["Properties"]
        assert "RawMessageDelivery" not in each["Properties"], "the envelope says which route"


@pytest.mark.parametrize("name", ["AlertsQueue", "UndeliveredQueue"])
def test_only_our_topics_may_put_something_on_a_queue(name: str) -> None:
    policy = RESOURCES[f"{name}Policy"]["Properties"]
    (statement,) = (s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow")

    assert policy["Queues"] == [{"Ref": name}]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == {"Fn::GetAtt": f"{name}.Arn"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": TOPICS}}


def test_both_queues_lead_to_the_notifier_one_message_at_a_time() -> None:
    assert [each["Queue"] for each in EVENTS.values()] == [
        {"Fn::GetAtt": "AlertsQueue.Arn"},
        {"Fn::GetAtt": "HandoversQueue.Arn"},
    ]
    for each in EVENTS.values():
        assert each["BatchSize"] == 1
        assert each["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_notifier_never_takes_all_of_a_young_accounts_concurrency() -> None:
    most = [each["ScalingConfig"]["MaximumConcurrency"] for each in EVENTS.values()]

    assert all(number >= 2 for number in most), "the least that AWS takes"
    assert sum(most) < 10


@each_queue
def test_a_message_is_given_up_after_as_many_tries_as_the_notifier_counts(name: str) -> None:
    assert queue(name)["RedrivePolicy"]["maxReceiveCount"] == TRIES


@pytest.mark.parametrize(
    ("name", "dead"),
    [("AlertsQueue", "UndeliveredQueue"), ("HandoversQueue", "LostHandoversQueue")],
)
def test_what_is_given_up_is_kept_for_two_weeks_in_a_queue_of_the_same_kind(
    name: str, dead: str
) -> None:
    assert queue(name)["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": f"{dead}.Arn"}
    assert queue(dead)["MessageRetentionPeriod"] == 14 * DAY
    assert queue(name).get("FifoQueue") == queue(dead).get("FifoQueue")


def test_what_is_owed_to_an_outlet_is_in_order_and_what_is_published_need_not_be() -> None:
    assert queue("HandoversQueue")["FifoQueue"] is True
    assert "FifoQueue" not in queue("AlertsQueue"), "a standard topic cannot send to another"


@each_queue
def test_no_try_begins_before_the_one_before_it_has_ended(name: str) -> None:
    assert queue(name)["VisibilityTimeout"] >= 6 * NOTIFIER["Timeout"]


def test_what_was_queued_half_is_queued_again_before_sqs_forgets_what_it_has() -> None:
    """A FIFO queue drops what it was given within five minutes."""
    window = timedelta(minutes=5)

    assert timedelta(seconds=queue("AlertsQueue")["VisibilityTimeout"]) < window
    assert pause(1) + timedelta(seconds=NOTIFIER["Timeout"]) < window


@each_queue
def test_a_queue_holds_the_largest_alert_and_outlives_every_try(name: str) -> None:
    tries = sum((pause(tries) for tries in range(1, TRIES)), timedelta())

    assert queue(name)["MaximumMessageSize"] == 1024 * 1024
    assert queue(name)["MessageRetentionPeriod"] > 2 * tries.total_seconds()


# Time and weight


def test_one_telling_ends_before_lambda_ends_the_notifier() -> None:
    """An SSM that does not answer, then a service that takes its whole patience twice."""
    brief = BRIEF.connect_timeout + BRIEF.read_timeout  # type: ignore[attr-defined]

    assert 2 * brief + 2 * PATIENCE_SECONDS < NOTIFIER["Timeout"]


def test_it_is_told_where_both_queues_are() -> None:
    assert VARIABLES["TOCSIN_ALERTS_QUEUE"] == {"Ref": "AlertsQueue"}
    assert VARIABLES["TOCSIN_HANDOVERS_QUEUE"] == {"Ref": "HandoversQueue"}


def test_its_messages_point_where_the_aggregators_do() -> None:
    names = ("TOCSIN_TOPIC_PAGE", "TOCSIN_DASHBOARD", "TOCSIN_SITE_URL")
    aggregators = FUNCTIONS["AggregatorFunction"]["Environment"]["Variables"]

    assert [VARIABLES.get(name) for name in names] == [aggregators.get(name) for name in names]


def pins(path: str) -> dict[str, str]:
    lines = (PROJECT / path).read_text().splitlines()
    pairs = (line.split(" ")[0].split("==") for line in lines if "==" in line.split(" ")[0])
    return dict(pairs)


def test_what_the_notifier_brings_is_what_the_tests_ran_with() -> None:
    brought, tested = pins("functions/notifier/requirements.txt"), pins("requirements/dev.lock")
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]

    assert {*groups["notifier"]} <= brought.keys()
    assert {name: tested.get(name) for name in brought} == brought


def test_what_the_notifier_brings_and_the_layer_has_too_is_the_same() -> None:
    brought, layer = pins("functions/notifier/requirements.txt"), pins("shared/requirements.txt")

    common = brought.keys() & layer.keys()
    assert "certifi" in common
    assert {name: layer[name] for name in common} == {name: brought[name] for name in common}


def test_the_lock_of_the_notifier_has_hashes_and_names_no_place() -> None:
    text = (PROJECT / "functions/notifier/requirements.txt").read_text()

    assert "://" not in text
    assert text.count("--hash=sha256:") > len(pins("functions/notifier/requirements.txt"))


def test_only_the_notifier_brings_libraries_of_its_own() -> None:
    found = sorted(path.parent.name for path in PROJECT.glob("functions/*/requirements.txt"))

    assert found == ["notifier"]


def test_dead_letters_can_be_found() -> None:
    outputs = load_template()["Outputs"]

    for name in ("AlertsQueue", "HandoversQueue", "UndeliveredQueue", "LostHandoversQueue"):
        assert outputs[f"{name}Url"] == {"Condition": "IsHome", "Value": {"Ref": name}}
    assert json.dumps(outputs["OutletsPath"]["Value"]) == json.dumps({"Fn::Sub": OUTLETS})
