"""The JSON for machines: whole, stable, and readable again."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.unit.messages.cases import CASES, DOWN, NOON, SLOW, WARNED, opened, subject
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Kind
from tocsin.domain.outcome import Certificate
from tocsin.messages import payload
from tocsin.messages.payload import Detail


@given(alerts())
def test_what_is_written_is_read_back_whole(alert: Alert) -> None:
    assert payload.parse(payload.dump(alert)) == alert


def test_a_newer_writer_may_add_fields() -> None:
    document = json.loads(payload.dump(DOWN))
    document["monitors"][0]["shared"] = ["certificate"]

    assert payload.parse(json.dumps({**document, "acknowledged_by": "ada"})) == DOWN


def test_what_an_older_writer_did_not_know_is_not_missed() -> None:
    document = json.loads(payload.dump(DOWN))
    for monitor in document["monitors"]:
        del monitor["slow"]
        for vote in monitor["locations"]:
            del vote["warning"], vote["certificate"]

    assert payload.parse(json.dumps(document)) == DOWN


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": "2"}', "\x00"])
def test_what_is_no_payload_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        payload.parse(text)


def test_what_a_certificate_says_that_nobody_escaped_is_inert_all_the_same() -> None:
    raw = Certificate(fingerprint="\x1b", issuer="\x1b[2J", expires_at=NOON)
    vote = replace(DOWN.subjects[0].ballots[0], certificate=raw)

    document = json.loads(payload.dump(opened(Kind.DOWN, subject(vote))))

    shown = document["monitors"][0]["locations"][0]["certificate"]
    assert (shown["fingerprint"], shown["issuer"]) == ("\\x1b", "\\x1b[2J")


def test_another_version_is_refused() -> None:
    document = json.loads(payload.dump(DOWN)) | {"version": "2"}

    with pytest.raises(ValidationError, match="version"):
        payload.parse(json.dumps(document))


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES)
def test_an_end_has_the_severity_of_its_beginning(alert: Alert) -> None:
    ranks = {"down": "critical", "unknown": "error", "location": "error", "degraded": "warning"}

    assert json.loads(payload.dump(alert))["severity"] == ranks[alert.kind]


@pytest.mark.parametrize("detail", sorted(Detail))
def test_less_detail_is_said_and_loses_no_monitor(detail: Detail) -> None:
    document = json.loads(payload.dump(DOWN, detail))

    assert document["shortened"] is (detail is not Detail.ALL)
    assert [monitor["monitor"] for monitor in document["monitors"]] == ["db"]


def test_with_less_detail_a_warning_stays_without_its_certificate() -> None:
    (monitor,) = json.loads(payload.dump(WARNED, Detail.VOTES))["monitors"]

    assert [vote["warning"] for vote in monitor["locations"]] == ["certificate_expires_soon"] * 3
    assert [vote["certificate"] for vote in monitor["locations"]] == [None] * 3


def test_what_is_slow_goes_with_the_votes() -> None:
    details = [payload.dump(SLOW, detail) for detail in (Detail.SUMMARIES, Detail.VOTES)]

    assert [len(json.loads(text)["monitors"][0]["slow"]) for text in details] == [0, 2]


def test_each_detail_is_shorter_than_the_next() -> None:
    sizes = [len(payload.dump(DOWN, detail)) for detail in sorted(Detail)]

    # `true` is a letter shorter than `false`: all but the whole payload say that they were cut.
    assert sizes == sorted(set(sizes))


def test_a_clock_that_ran_back_gives_no_negative_duration() -> None:
    alert = replace(DOWN, opened_at=DOWN.at.replace(hour=13))

    assert json.loads(payload.dump(alert))["duration_s"] == 0
