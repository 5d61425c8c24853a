"""Mail: a subject that SNS takes, and a body that no stranger can steer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messages.cases import DEGRADED, DOWN, fails, opened, subject
from tests.unit.messages.strategies import alerts, subjects, unhurried
from tocsin.domain.incident import Alert, Event
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.quorum import Verdict
from tocsin.messages import email


@unhurried
@given(alerts())
def test_a_subject_is_one_short_line_of_printable_ascii(alert: Alert) -> None:
    line = email.subject(alert)

    assert 0 < len(line) < 100
    assert line.isascii()
    assert line.isprintable()


@unhurried
@given(alerts(st.tuples(subjects())))
def test_a_subject_names_the_monitor(alert: Alert) -> None:
    assert alert.subjects[0].monitor in email.subject(alert).split()


@unhurried
@given(alerts())
def test_a_body_has_no_control_characters_and_names_all_it_covers(alert: Alert) -> None:
    body = email.body(alert)

    assert all(line.isprintable() for line in body.split("\n"))
    assert all(subject.monitor in body for subject in alert.subjects)
    assert alert.incident in body


@pytest.mark.parametrize("raw", ["a\nFrom: b", "a\r\n\r\nb", "a\x1b[2Jb", "a\u202eb"])
def test_evidence_that_nobody_escaped_is_inert_all_the_same(raw: str) -> None:
    body = email.body(opened(Verdict.DOWN, subject(fails("a", evidence=raw))))

    assert raw not in body
    assert "evidence: a\\" in body


def test_a_link_in_the_evidence_is_not_one_to_click() -> None:
    phish = fails("a", evidence="log in at https://evil.example/")

    body = email.body(opened(Verdict.DOWN, subject(phish)))

    assert "https[:]//evil.example/" in body
    assert "https://evil.example/" not in body


@pytest.mark.parametrize(
    ("event", "words"),
    [(Event.OPENED, "[DOWN] db "), (Event.UPDATED, "[DOWN] db "), (Event.REMINDER, "[STILL DOWN]")],
)
def test_each_event_has_its_own_lead(event: Event, words: str) -> None:
    assert email.subject(replace(DOWN, event=event)).startswith(words)


def test_what_fails_on_the_way_is_not_said_to_be_off() -> None:
    assert "machine is off" not in email.body(DEGRADED)


def test_what_fails_in_one_place_only_is_explained_where_the_service_itself_answers() -> None:
    expired = fails("a", reason=Reason.CERTIFICATE_EXPIRED, layer=Layer.TLS)

    body = email.body(opened(Verdict.DEGRADED, subject(expired)))

    assert 'WHAT "CERTIFICATE EXPIRED" USUALLY MEANS' in body


def test_a_command_to_copy_survives_a_shell() -> None:
    dns = replace(DOWN.subjects[0], target="dns://example.com?type=MX&resolver=192.0.2.53")

    body = email.body(replace(DOWN, subjects=(dns,)))

    assert "tocsin check 'dns://example.com?type=MX&resolver=192.0.2.53'" in body
