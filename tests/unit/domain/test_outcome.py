"""What a check found, and how a target's words are made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import NOON
from tocsin.domain import outcome
from tocsin.domain.outcome import (
    EVIDENCE_LIMIT,
    MOST_MS,
    Certificate,
    Layer,
    Outcome,
    Reason,
    Vote,
    printable,
)


@given(st.one_of(st.binary(max_size=2000), st.text(max_size=2000)))
def test_evidence_is_one_bounded_line_of_printable_characters(sent: bytes | str) -> None:
    shown = printable(sent)

    assert len(shown) <= EVIDENCE_LIMIT
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param(b"220 ready\r\n", r"220 ready\r\n", id="line ends"),
        pytest.param(b"\x1b[31mred", r"\x1b[31mred", id="terminal escapes"),
        pytest.param("\u202egnp.exe", r"\u202egnp.exe", id="text that turns direction"),
        pytest.param(b"caf\xe9", r"caf\xe9", id="bytes that are not UTF-8"),
        pytest.param("Störung \\ ok\n", r"Störung \ ok\n", id="letters that people read"),
        pytest.param("x" * 256, "x" * 256, id="just as long as it may be"),
        pytest.param("x" * 257, "x" * 255 + "…", id="too long"),
        pytest.param("x" * 254 + "\n", "x" * 254 + r"\n", id="just as long when it is escaped"),
        pytest.param("x" * 255 + "\n", "x" * 255 + "…", id="too long when it is escaped"),
    ],
)
def test_what_a_target_sends_cannot_steer_a_reader(sent: bytes | str, shown: str) -> None:
    assert printable(sent) == shown


@pytest.mark.parametrize(
    ("vote", "layer", "reason"),
    [
        pytest.param(Vote.PASS, None, Reason.REFUSED, id="a pass with a reason"),
        pytest.param(Vote.FAIL, Layer.CONNECT, None, id="a failure without one"),
        pytest.param(Vote.FAIL, None, Reason.REFUSED, id="a failure at no layer"),
        pytest.param(Vote.ABSTAIN, None, None, id="an abstention without a reason"),
    ],
)
def test_an_outcome_that_means_nothing_is_refused(
    vote: Vote, layer: Layer | None, reason: Reason | None
) -> None:
    with pytest.raises(ValueError, match=r"reason|layer"):
        Outcome(vote=vote, layer=layer, reason=reason)


def test_a_failure_names_its_layer_and_is_one_attempt_that_showed_nothing() -> None:
    failure = Outcome(vote=Vote.FAIL, layer=Layer.CONNECT, reason=Reason.REFUSED)

    assert (failure.layer, failure.attempts, failure.evidence) == (Layer.CONNECT, 1, "")


def test_an_outcome_has_an_attempt() -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        Outcome(vote=Vote.PASS, attempts=0)


@pytest.mark.parametrize(
    ("vote", "reason"),
    [(Vote.FAIL, Reason.REFUSED), (Vote.ABSTAIN, Reason.OUT_OF_TIME)],
    ids=["a failure", "an abstention"],
)
def test_only_a_pass_can_warn(vote: Vote, reason: Reason) -> None:
    soon = Reason.CERTIFICATE_EXPIRES_SOON

    assert Outcome(vote=Vote.PASS, warning=soon).warning is soon
    with pytest.raises(ValueError, match="only a pass can warn"):
        Outcome(vote=vote, layer=Layer.TLS, reason=reason, warning=soon)


@pytest.mark.parametrize("ms", [0, 0.5, MOST_MS - 1], ids=["none", "hardly any", "the most"])
def test_a_phase_takes_some_time_or_none(ms: float) -> None:
    assert Outcome(vote=Vote.PASS, phases_ms={"dns": ms}).total_ms == ms


@pytest.mark.parametrize(
    "ms", [-0.001, MOST_MS, float("inf"), float("nan")], ids=["less", "too much", "no end", "NaN"]
)
def test_a_phase_whose_time_means_nothing_is_refused(ms: float) -> None:
    with pytest.raises(ValueError, match="a phase takes"):
        Outcome(vote=Vote.PASS, phases_ms={"dns": ms})


def test_a_certificate_is_told_by_the_beginning_of_its_fingerprint() -> None:
    certificate = Certificate(fingerprint="0123456789abcdef" * 4, issuer="CN=R11", expires_at=NOON)

    assert certificate.mark == "0123456789abcdef"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("EVIDENCE_LIMIT", 256, id="characters of evidence"),
        pytest.param("EXCHANGE_RECORDS", 20, id="records of an answer"),
        pytest.param("MARK_DIGITS", 16, id="digits of a mark"),
        pytest.param("MOST_MS", 10_000_000, id="milliseconds of a phase"),
    ],
)
def test_as_much_of_an_outcome_is_kept_as_is_meant_to_be(name: str, meant: int) -> None:
    assert getattr(outcome, name) == meant


def test_the_phases_add_up() -> None:
    assert Outcome(vote=Vote.PASS, phases_ms={"dns": 1.0, "connect": 2.5}).total_ms == 3.5
