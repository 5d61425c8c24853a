"""Which patterns of EventBridge let alerts through."""

import json
from typing import Any

import pytest

from tocsin.adapters.eventbridge import SOURCE, TYPES
from tocsin.adapters.patterns import hears


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ({"source": ["tocsin"]}, True),
        ({"source": ["aws.ec2", "tocsin"], "detail": {"kind": ["down"]}}, True),
        ({"source": ["tocsin"], "detail-type": ["Tocsin alert resolved"]}, True),
        ({"source": ["tocsin"], "detail-type": ["Tocsin rehearsed"]}, False),
        ({"source": ["aws.ec2"], "detail-type": ["Tocsin alert opened"]}, False),
        ({"source": ["Tocsin"]}, False),
        ({"source": ["tocsin-of-another"]}, False),
        ({"detail-type": ["Tocsin alert opened"]}, True),
        ({"detail-type": [{"prefix": "Tocsin"}]}, True),
        ({"detail-type": ["EC2 Instance State-change Notification"]}, False),
        ({"detail": {"name": [{"prefix": "tocsin"}]}}, False),
        ({"resources": ["arn:aws:cloudformation:eu-west-1:1:stack/tocsin/1"]}, False),
        ({"source": ["aws.cloudwatch"], "detail": {"alarmName": [{"prefix": "tocsin"}]}}, False),
        ({"source": [{"prefix": "toc"}]}, True),
        ({"source": [{"prefix": ""}]}, True),
        ({"source": [{"prefix": "aws."}]}, False),
        ({"source": [{"suffix": "sin"}]}, True),
        ({"source": [{"suffix": "ec2"}]}, False),
        ({"source": [{"equals-ignore-case": "TOCSIN"}]}, True),
        ({"source": [{"equals-ignore-case": "TOCSINS"}]}, False),
        ({"source": [{"wildcard": "to*n"}]}, True),
        ({"source": [{"wildcard": "to*"}]}, True),
        ({"source": [{"wildcard": "t.csin"}]}, False),
        ({"source": [{"wildcard": "aws.*"}]}, False),
        ({"source": [{"anything-but": "tocsin"}]}, False),
        ({"source": [{"anything-but": ["aws.ec2", "tocsin"]}]}, False),
        ({"source": [{"anything-but": "toc"}]}, True),
        ({"source": [{"anything-but": ["aws.ec2"]}]}, True),
        ({"source": [{"exists": True}]}, True),
        ({"source": [{"exists": False}]}, False),
        ({"source": [{"anything-but": {"prefix": "aws."}}]}, True),
        ({"source": [{"of-next-year": "x"}]}, True),
        ({"source": "tocsin"}, True),
        ({"$or": [{"source": ["tocsin"]}, {"source": ["aws.ec2"]}]}, True),
        (["tocsin"], True),
    ],
    ids=str,
)
def test_a_pattern_hears_by_its_source_and_type_and_what_is_not_known_may(
    pattern: Any, *, heard: bool
) -> None:
    assert hears(json.dumps(pattern), SOURCE, TYPES) is heard


def test_what_is_no_json_may_hear() -> None:
    assert hears("{", SOURCE, TYPES)
