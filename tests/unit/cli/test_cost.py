"""What a file costs: reckoned from what was measured, at prices that say where they are from."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.cost_page import (
    MIXED,
    PAGE,
    PLACES,
    PROJECT,
    TEMPLATE,
    crowd,
    named,
    page,
    reckoned,
)
from tocsin.config.configuration import Configuration, Location, LocationKind
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.target import TcpTarget
from tocsin_cli.cost import drivers
from tocsin_cli.cost.bill import EGRESS, SERVICES
from tocsin_cli.cost.blueprint import TemplateError, blueprint, load
from tocsin_cli.cost.consumption import MINUTES, Usage, beats_of, used
from tocsin_cli.cost.difference import difference
from tocsin_cli.cost.measured import measured
from tocsin_cli.cost.pricing import PriceError, elsewhere, prices
from tocsin_cli.main import main

PRICES = prices("us-east-1")
AIM_USD = 10.0
WHOLE_USD = 11.0
KNOWN = (
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "us-east-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "af-south-1",
)
HALVED = date(2024, 11, 1)
"""When DynamoDB's units on demand came to cost half: what was read before is wrong."""
SCALE = 6
"""How many times dearer a region may be: what one sends to another costs five times as much."""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main(["cost", *words])
    said = capsys.readouterr()
    return int(exit_.value.code or 0), said.out, said.err


def one(**more: Any) -> Configuration:
    monitor = Monitor(
        id="db", target=TcpTarget(host="db.example.com", port=1), locations=PLACES, need=2, **more
    )
    return Configuration(locations=tuple(map(_location, PLACES)), monitors=(monitor,))


def _location(name: str) -> Location:
    return Location(name=name)


def test_a_thousand_monitors_every_minute_from_three_places_are_within_ten_dollars() -> None:
    _, bill = reckoned(crowd(MIXED))

    assert len(crowd(MIXED).monitors) == 1000
    assert named(bill) <= AIM_USD


def test_with_everything_in_it_but_the_dashboard_they_are_within_eleven() -> None:
    _, bill = reckoned(crowd(MIXED))
    (dashboard,) = bill.services["CloudWatch dashboard"]

    assert bill.total - dashboard.usd <= WHOLE_USD


def test_with_everything_in_it_that_is_what_an_account_pays_after_its_free_tiers() -> None:
    _, bill = reckoned(crowd(MIXED))

    assert bill.total - bill.free <= AIM_USD


def test_the_page_has_what_the_command_says_today() -> None:
    """If this fails: `PYTHONPATH=.:shared:cli python -m tests.unit.cli.cost_page`."""
    written = PAGE.read_text("utf-8")

    assert written == page(written)


def test_services_and_monitors_come_to_the_same_sum() -> None:
    _, bill = reckoned(crowd({"https": 3, "dns": 2}))

    by_service = sum(line.usd for lines in bill.services.values() for line in lines)
    by_monitor = sum(bill.monitors.values()) + bill.shared
    assert by_service == pytest.approx(bill.total) == pytest.approx(by_monitor)
    assert set(bill.monitors) == {each.id for each in crowd({"https": 3, "dns": 2}).monitors}


def test_everything_that_is_used_has_a_price_and_stands_on_the_bill() -> None:
    here, bill = reckoned(crowd(MIXED))

    shown = {name for names in SERVICES.values() for name in names} | {*EGRESS}
    assert {name for name, _ in bill.usage} <= shown <= set(PRICES)
    assert here.measured.shard == 250


def test_egress_and_what_is_free_are_in_no_sum() -> None:
    _, bill = reckoned(crowd({"https": 100}))

    sent = sum(line.usd for line in bill.egress)
    assert sent > 0
    assert "egress" not in {line.name for lines in bill.services.values() for line in lines}
    assert 0 < bill.free < bill.total


def test_a_tenth_of_the_checks_cost_less_and_the_same_is_stored() -> None:
    _, often = reckoned(one())
    _, seldom = reckoned(one(interval=timedelta(minutes=10)))

    def writes(usage: Usage) -> float:
        return sum(n for (name, _), n in usage.items() if name == "dynamodb-writes")

    work = ("lambda-gb-s-arm64", "db")
    assert seldom.usage[work] == pytest.approx(often.usage[work] / 10)
    assert writes(seldom.usage) == writes(often.usage)
    assert seldom.total < often.total


def test_each_further_shard_location_and_kind_of_check_costs_more() -> None:
    totals = [
        reckoned(crowd(kinds))[1].total
        for kinds in ({"tcp": 1}, {"tcp": 250}, {"tcp": 500}, {"https": 500})
    ]

    assert all(less < more for less, more in pairwise(totals))


def test_an_agent_reports_and_has_no_function() -> None:
    office = Location(name="office", kind=LocationKind.AGENT)
    plain = one()
    beside = replace(
        plain,
        locations=(*plain.locations, office),
        monitors=(replace(plain.monitors[0], locations=(*PLACES, "office")),),
    )

    (_, without), (here, with_agent) = reckoned(plain), reckoned(beside)

    assert here.probes == PLACES
    assert with_agent.usage["scheduler", ""] == without.usage["scheduler", ""]
    assert with_agent.usage["dynamodb-reads", ""] > without.usage["dynamodb-reads", ""]


@pytest.mark.parametrize(
    ("target", "month"),
    [
        pytest.param(HeartbeatTarget(period=timedelta(hours=1)), 730, id="every hour"),
        pytest.param(HeartbeatTarget(cron="0 3 * * *"), 31, id="every night"),
        pytest.param(HeartbeatTarget(cron="* * * * *"), MINUTES, id="every minute"),
        pytest.param(HeartbeatTarget(cron="0 0 30 2 *"), 0, id="never"),
    ],
)
def test_a_job_reports_as_often_as_its_schedule_says(target: HeartbeatTarget, month: int) -> None:
    assert beats_of(target) == pytest.approx(month, rel=0.03)


def test_jobs_are_paid_for_by_their_reports_and_by_being_read() -> None:
    job = Monitor(
        id="backup",
        target=HeartbeatTarget(period=timedelta(hours=1)),
        locations=(ENDPOINT,),
        need=1,
    )
    plain = one()
    _, bill = reckoned(replace(plain, monitors=(*plain.monitors, job)))

    assert bill.monitors["backup"] > 0
    assert bill.usage["lambda-requests", "backup"] == pytest.approx(730)
    assert bill.usage["dynamodb-reads", "backup"] > 3 * MINUTES


def test_the_template_says_how_many_alarms_schedules_and_queues_there_are() -> None:
    template = load(TEMPLATE)
    home = blueprint(template, {"Part": "home", "Location": "eu-west-1", "HomeRegion": "eu-west-1"})
    probe = blueprint(template, {"Part": "probe", "Location": "us-east-1"})

    assert (home.dashboards, home.polled, home.polled_fifo, home.schedules) == (1, 1, 1, 2)
    assert (probe.dashboards, probe.polled, probe.schedules) == (0, 0, 1)
    assert home.alarms > 10 > probe.alarms
    assert home.memory["NotifierFunction"] > home.memory["ProbeFunction"]
    assert (home.keys, home.architecture) == (frozenset(), "arm64")


def test_a_key_of_ones_own_is_paid_for_once_however_many_stacks_use_it() -> None:
    template = load(TEMPLATE)
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    here, _ = reckoned(one())
    keyed = {
        place: blueprint(template, {"Part": "probe", "Location": place, "KmsKeyArn": key})
        for place in PLACES[1:]
    }

    usage = used(replace(here, stacks={**here.stacks, **keyed}))

    assert usage["kms-keys", ""] == 1


def test_an_alarm_is_paid_for_by_the_metrics_that_it_looks_at() -> None:
    template: dict[str, Any] = {
        "Parameters": {"Architecture": {"Default": "arm64"}, "LogRetentionDays": {"Default": 1}},
        "Globals": {"Function": {"MemorySize": 512}},
        "Resources": {
            "Plain": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}},
            "Rate": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "Metrics": [
                        {"Id": "a", "MetricStat": {}},
                        {"Id": "b", "MetricStat": {}},
                        {"Id": "c", "Expression": "a / b"},
                    ]
                },
            },
        },
    }

    assert blueprint(template, {}).alarms == 3


def test_what_would_be_dear_is_said_with_its_price() -> None:
    slow = one(timeout=timedelta(seconds=30), retries=0)
    here, bill = reckoned(slow)

    dead, metrics, dashboard = drivers.drivers(here, bill.prices)
    assert dead.startswith("while db is dead and does not answer, each tick waits 30 s longer")
    assert "$1.80 a month" in metrics
    assert dashboard.startswith("the dashboard is $3.00 a month where the account has more than 3")


def test_a_dashboard_that_nobody_wants_is_not_paid_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As samconfig.toml says it, of the home stack alone."""
    said = (PROJECT / "samconfig.toml").read_text("utf-8")
    mark = '    "Part=home",\n'
    assert said.count(mark) == 1
    options = ("--region", "us-east-1", "--json", "--template", str(TEMPLATE))
    bills = []
    for more in ("", '    "OwnDashboard=false",\n'):
        (tmp_path / "samconfig.toml").write_text(said.replace(mark, mark + more))
        monkeypatch.chdir(tmp_path)
        _, out, _ = run(capsys, *options, "--monitors", str(PROJECT / "monitors.yaml"))
        bills.append(json.loads(out))
    before, after = bills

    assert before["total"] - after["total"] == pytest.approx(3)
    assert "CloudWatch dashboard" in before["services"].keys() - after["services"].keys()
    assert [any("OwnDashboard=false" in each for each in b["warnings"]) for b in bills] == [
        True,
        False,
    ]


def test_a_network_of_ones_own_may_need_a_gateway() -> None:
    plain = one()
    inside = Location(name=PLACES[1], kind=LocationKind.VPC)
    here, bill = reckoned(
        replace(plain, locations=(plain.locations[0], inside, plain.locations[2]))
    )

    assert any(
        "is in a VPC" in each and "$32.85" in each for each in drivers.drivers(here, bill.prices)
    )


def test_every_price_has_a_source_and_a_date() -> None:
    assert all(each.source and each.usd > 0 and each.dated.year >= 2024 for each in PRICES.values())
    assert elsewhere(PRICES, "us-east-1") == ()


@pytest.mark.parametrize("region", KNOWN)
def test_a_regions_prices_are_dated_too_and_none_is_out_of_scale(region: str) -> None:
    """A price written for another number of units is off by ten times at least."""
    own = [each for each in prices(region).values() if each.region == region]

    assert own
    for each in own:
        halved = each.name in {"dynamodb-writes", "dynamodb-reads"}
        assert each.source
        assert each.dated > (HALVED if halved else date(2024, 1, 1)), each.name
        assert 1 / SCALE < each.usd / PRICES[each.name].usd < SCALE, each.name


def test_a_price_that_a_region_is_known_to_ask_is_taken() -> None:
    cape = prices("af-south-1")

    assert cape["lambda-gb-s-arm64"].usd > PRICES["lambda-gb-s-arm64"].usd
    assert cape["lambda-gb-s-arm64"] not in elsewhere(cape, "af-south-1")
    assert cape["alarms"] in elsewhere(cape, "af-south-1")


@pytest.mark.parametrize(
    ("name", "usd"),
    [
        pytest.param("dynamodb-writes", 0.705, id="writes, after they were halved"),
        pytest.param("dynamodb-reads", 0.1415, id="reads, after they were halved"),
        pytest.param("dynamodb-storage", 0.283, id="what is stored"),
        pytest.param("logs", 0.57, id="logs"),
    ],
)
def test_ireland_asks_more_than_virginia(name: str, usd: float) -> None:
    assert prices("eu-west-1")[name].usd == usd > PRICES[name].usd


def test_the_default_home_borrows_two_prices_of_a_bill_alone() -> None:
    _, bill = reckoned(crowd(MIXED))
    used_here = {line.name for lines in (*bill.services.values(), bill.egress) for line in lines}

    borrowed = {each.name for each in elsewhere(prices("eu-west-1"), "eu-west-1")}

    assert used_here & borrowed == {"scheduler", "sns-mails"}


def test_the_aim_holds_at_the_default_home() -> None:
    _, bill = reckoned(crowd(MIXED))

    assert named(replace(bill, prices=prices("eu-west-1"))) <= AIM_USD


def test_there_must_be_such_a_region() -> None:
    with pytest.raises(PriceError, match="no region eu-wst-1: did you mean eu-west-1"):
        prices("eu-wst-1")


def test_what_was_measured_can_be_read_and_is_of_every_kind() -> None:
    assert set(measured().kinds) == {"tcp", "tls", "http", "https", "dns"}
    assert all(each.cpu_ms > 0 for each in measured().kinds.values())


def test_a_change_says_what_it_does_to_the_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    few, many = crowd({"tcp": 10}), crowd({"tcp": 10, "https": 500})
    shards = reckoned(few)[0].shards

    grown, same = difference(shards, many, TEMPLATE), difference(shards, few, TEMPLATE)

    assert grown.after > grown.before == pytest.approx(same.after)
    assert str(grown).startswith(f"costs ${grown.after:.2f} a month, $")
    assert str(grown).endswith(" more than now")
    assert str(same) == f"costs ${same.after:.2f} a month, as now"


def test_the_command_prints_a_bill_that_programs_can_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)

    code, out, _ = run(capsys, "--region", "us-east-1", "--json")

    said = json.loads(out)
    assert code == 0
    sums = (line["usd"] for lines in said["services"].values() for line in lines)
    assert sum(sums) == pytest.approx(said["total"], abs=0.01)
    assert said["prices"]["alarms"]["date"] == "2026-02-01"
    assert "website" in said["monitors"]


def test_another_regions_prices_are_said_to_stand_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)

    _, out, _ = run(capsys, "--region", "eu-west-1")

    assert "prices of eu-west-1 are not in the table: those of us-east-1 stand in" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["--monitors", "gone.yaml"], 2, "gone.yaml has errors", id="no such file"),
        pytest.param(["--region", "mars-1"], 1, "there is no region mars-1", id="no such region"),
        pytest.param(
            ["--template", "gone.yaml"], 1, "pass --template", id="no template in this folder"
        ),
        pytest.param(["--template", "monitors.yaml"], 1, "is no template", id="another file"),
        pytest.param(["--incidents", "-1"], 64, "incidents", id="fewer incidents than none"),
    ],
)
def test_what_cannot_be_reckoned_is_said_with_its_mend(
    words: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(PROJECT)

    found, out, err = run(capsys, *words)

    assert (found, out) == (code, "")
    assert said in err


def test_a_template_must_be_readable(tmp_path: Path) -> None:
    broken = tmp_path / "template.yaml"
    broken.write_text("Resources: [")

    with pytest.raises(TemplateError, match="is no template"):
        load(broken)
