"""What a script may hold, and how its steps read."""

from datetime import timedelta

import pytest

from tocsin.domain.script import Expect, Send, StartTls, Step, greeting, wire


def test_what_a_service_says_first_is_matched_as_it_comes_over_the_wire() -> None:
    assert greeting("^é") == (Expect(pattern="^Ã©", shown="^é"),)
    assert wire("é\r\n") == "Ã©\r\n"


def test_an_expectation_reads_as_people_wrote_it_or_is_its_expression() -> None:
    assert str(Expect(pattern="N\0", shown="4e 00")) == "4e 00"
    assert str(Expect(pattern="^220")) == "^220"


def test_a_step_is_stored_under_its_name() -> None:
    steps: tuple[Step, ...] = (Send(data=""), Expect(pattern=""), StartTls())

    assert [each.step for each in steps] == ["send", "expect", "starttls"]


@pytest.mark.parametrize("field", ["pattern", "declines", "wrong"])
def test_each_expression_is_of_bytes_alone(field: str) -> None:
    expressions = {"pattern": "OK", field: "a\xff"}
    assert getattr(Expect(**expressions), field) == "a\xff"  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="one character is one byte"):
        Expect(**expressions | {field: "a\u0100"})  # type: ignore[arg-type]


def test_what_is_sent_is_of_bytes_alone() -> None:
    assert Send(data="a\xff").data == "a\xff"

    with pytest.raises(ValueError, match="one character is one byte"):
        Send(data="a\u0100")


def test_a_step_takes_time() -> None:
    least = timedelta(microseconds=1)
    assert Expect(pattern="OK", timeout=least).timeout == least

    with pytest.raises(ValueError, match="a step takes time"):
        Expect(pattern="OK", timeout=timedelta())
