"""Targets as they are typed."""

import pytest

from tocsin.config.fault import MistakeError
from tocsin.domain.script import greeting
from tocsin.domain.target import DnsTarget, TcpTarget
from tocsin_cli.target import parse


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("^SSH-[0-9.]+-Open", id="as it is"),
        pytest.param("^SSH-[0-9.]%2B-Open", id="percent-encoded"),
    ],
)
def test_a_plus_in_a_pattern_is_a_plus(written: str) -> None:
    target = parse(f"tcp://a.example.com:22?banner={written}")

    assert isinstance(target, TcpTarget)
    assert target.script == greeting("^SSH-[0-9.]+-Open")


def test_an_option_may_stand_there_often_and_hold_anything() -> None:
    target = parse("dns://example.com?type=TXT&contains=a+b;c=d&contains=e%26f%20g")

    assert isinstance(target, DnsTarget)
    assert target.contains == ("a+b;c=d", "e&f g")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("tcp://a.example.com:1?banner=\udcff", id="an argument that is not UTF-8"),
        pytest.param("tcp://a.example.com:1?banner=%ff", id="the same behind a percent sign"),
        pytest.param("dns://a\udcff.example.com", id="a name"),
        pytest.param("https://a.example.com/\udcff", id="a URL"),
    ],
)
def test_bytes_that_are_no_text_are_a_mistake_like_any_other(written: str) -> None:
    with pytest.raises(MistakeError) as refused:
        parse(written)

    assert refused.value.fix
