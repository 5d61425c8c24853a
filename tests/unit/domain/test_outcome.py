"""What a check found, and how a target's words are made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.outcome import EVIDENCE_LIMIT, Layer, Outcome, Reason, Vote, printable


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
        pytest.param("x" * 300, "x" * 255 + "…", id="too long"),
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


def test_an_outcome_has_an_attempt() -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        Outcome(vote=Vote.PASS, attempts=0)


def test_the_phases_add_up() -> None:
    assert Outcome(vote=Vote.PASS, phases_ms={"dns": 1.0, "connect": 2.5}).total_ms == 3.5
