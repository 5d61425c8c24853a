"""Mail: a subject that SNS takes, and a body that no stranger can steer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messages.cases import (
    DEGRADED,
    DOWN,
    FAILED,
    NOON,
    PLACES,
    SLOW,
    WARNED,
    certificate,
    fails,
    opened,
    passes,
    recovered,
    subject,
    warns,
)
from tests.unit.messages.strategies import alerts, subjects
from tocsin.domain.incident import Alert, Event, Kind
from tocsin.domain.outcome import Certificate, Layer, Reason
from tocsin.domain.quorum import Ballot
from tocsin.messages import email


@given(alerts())
def test_a_subject_is_one_short_line_of_printable_ascii(alert: Alert) -> None:
    line = email.subject(alert)

    assert 0 < len(line) < 100
    assert line.isascii()
    assert line.isprintable()


@given(alerts(st.tuples(subjects())))
def test_a_subject_names_the_monitor(alert: Alert) -> None:
    assert alert.subjects[0].monitor in email.subject(alert).split()


@given(alerts())
def test_a_body_has_no_control_characters_and_names_all_it_covers(alert: Alert) -> None:
    body = email.body(alert)

    assert all(line.isprintable() for line in body.split("\n"))
    assert all(subject.monitor in body for subject in alert.subjects)
    assert alert.incident in body


@pytest.mark.parametrize("raw", ["a\nFrom: b", "a\r\n\r\nb", "a\x1b[2Jb", "a\u202eb"])
def test_evidence_that_nobody_escaped_is_inert_all_the_same(raw: str) -> None:
    body = email.body(opened(Kind.DOWN, subject(fails("a", evidence=raw))))

    assert raw not in body
    assert "evidence: a\\" in body


def test_a_link_in_the_evidence_is_not_one_to_click() -> None:
    phish = fails("a", evidence="log in at https://evil.example/")

    body = email.body(opened(Kind.DOWN, subject(phish)))

    assert "https[:]//evil.example/" in body
    assert "https://evil.example/" not in body


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event.OPENED, "[DOWN] db "),
        (Event.UPDATED, "[DOWN, UPDATE] db "),
        (Event.REMINDER, "[STILL DOWN] db "),
    ],
)
def test_each_event_has_its_own_lead(event: Event, words: str) -> None:
    assert email.subject(replace(DOWN, event=event)).startswith(words)


def test_what_fails_on_the_way_is_not_said_to_be_off() -> None:
    assert "machine is off" not in email.body(DEGRADED)


def test_what_fails_in_one_place_only_is_explained_where_the_service_itself_answers() -> None:
    expired = fails("a", reason=Reason.CERTIFICATE_EXPIRED, layer=Layer.TLS)

    body = email.body(opened(Kind.DEGRADED, subject(expired)))

    assert 'WHAT "CERTIFICATE EXPIRED" USUALLY MEANS' in body


def test_a_certificate_is_shown_where_it_is_the_matter_and_nowhere_else() -> None:
    well = replace(passes("b"), certificate=certificate())
    other = replace(passes("c"), certificate=certificate(mark="b2"))

    def shown(*ballots: Ballot) -> list[str]:
        lines = email.body(opened(Kind.DOWN, subject(*ballots))).splitlines()
        return [line for line in lines if line.startswith("* certificate")]

    assert shown(fails("a"), well) == []
    assert shown(fails("a"), well, other) == [
        "* certificate shown to b: expires 2026-04-01 (90 days left)",
        "* certificate shown to c: expires 2026-04-01 (90 days left)",
    ]
    assert shown(fails("a"), well, replace(other, counted=False)) == []
    assert shown(fails("a"), replace(well, certificate=None)) == []
    expired = replace(
        fails("a", reason=Reason.CERTIFICATE_EXPIRED, layer=Layer.TLS),
        certificate=certificate(days=-1),
    )
    assert shown(expired) == ["* certificate shown to a: expired 2025-12-31"]


def test_a_stored_pass_and_a_failure_are_known_to_show_the_same_certificate() -> None:
    whole = Certificate(fingerprint="ab" * 32, issuer="CN=R11", expires_at=NOON)
    fault = replace(fails("a", layer=Layer.TLS), certificate=whole)
    well = replace(passes("b"), certificate=replace(whole, fingerprint=whole.mark))

    body = email.body(opened(Kind.DOWN, subject(fault, well)))

    shown = [line for line in body.splitlines() if line.startswith("* certificate")]
    assert shown == ["* certificate shown to a, b: expired 2026-01-01"]


def test_a_link_in_the_name_of_an_issuer_is_not_one_to_click() -> None:
    phish = Certificate(fingerprint="ab", issuer="https://evil.example/\n", expires_at=NOON)

    body = email.body(opened(Kind.DEGRADED, subject(replace(warns("a"), certificate=phish))))

    assert "issuer https[:]//evil.example/\\n; SHA-256 ab..." in body


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (WARNED, ['"CERTIFICATE EXPIRES SOON"']),
        (SLOW, ["BEING SLOW"]),
        (DEGRADED, ["THIS"]),
        (
            opened(Kind.DEGRADED, replace(WARNED.subjects[0], slow=SLOW.subjects[0].slow)),
            ["BEING SLOW", '"CERTIFICATE EXPIRES SOON"'],
        ),
    ],
    ids=["a warning", "slow", "regional", "a warning and slow"],
)
def test_each_cause_of_a_degraded_service_has_its_advice(alert: Alert, said: list[str]) -> None:
    lines = email.body(alert).splitlines()

    assert [line for line in lines if line.startswith("WHAT") and line.endswith("MEANS")] == [
        f"WHAT {cause} USUALLY MEANS" for cause in said
    ]


def test_who_is_up_again_with_a_warning_is_not_said_to_be_well() -> None:
    alert = recovered(DOWN, [warns(place) for place in PLACES])

    assert "no longer down, but degraded" in email.body(alert)
    assert email.subject(alert).endswith("was down 12 min, now degraded")
    assert "UP again" in email.body(recovered(WARNED))


def test_an_update_says_what_is_new_where_the_label_does_not() -> None:
    wider = replace(DOWN, event=Event.UPDATED, note="Fails at more locations: office")

    assert email.subject(wider).endswith("refused 3/3 - Fails at more locations: office")
    assert "Fails at more locations: office." in email.body(wider)
    assert email.subject(replace(wider, note="Down again: db")) == (
        "[DOWN AGAIN] db db.example.com:5432 refused 3/3"
    )


def test_what_flaps_says_so_where_nothing_else_is_new() -> None:
    flapping = replace(DOWN, event=Event.UPDATED, flapping=True)

    assert email.subject(flapping).startswith("[FLAPPING] db ")
    assert email.subject(replace(flapping, note="More")).startswith("[DOWN, UPDATE] db ")


def test_an_end_says_what_it_was() -> None:
    end = replace(recovered(DOWN), note="Connection refused at 3 of 3 locations.")

    assert email.subject(end).endswith("was down 12 min - Connection refused at 3 of 3 locations")
    assert "It was: Connection refused at 3 of 3 locations." in email.body(end).replace("\n", " ")


def test_a_line_that_begins_as_a_formula_is_text_where_it_is_pasted() -> None:
    said = "reported failure at 2026-01-01 11:59 UTC: " + "x" * 70 + " =HYPERLINK(1)"
    job = replace(FAILED.subjects[0].ballots[0], evidence=said)

    body = email.body(replace(FAILED, subjects=(replace(FAILED.subjects[0], ballots=(job,)),)))

    assert "\n'=HYPERLINK(1)" in body


def test_a_command_to_copy_survives_a_shell() -> None:
    dns = replace(DOWN.subjects[0], target="dns://example.com?type=MX&resolver=192.0.2.53")

    body = email.body(replace(DOWN, subjects=(dns,)))

    assert "tocsin check 'dns://example.com?type=MX&resolver=192.0.2.53'" in body
