"""Hours and days in brief come back as they were stored, and what is spoilt is no digest."""

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.adapters.digests import pack_digest, unpack_digest
from tocsin.domain.quorum import Verdict
from tocsin.domain.uptime import Digest
from tocsin.usecases.ports import UnreadableError

NAMES = st.text(min_size=1, max_size=8)
SECONDS = st.dictionaries(st.sampled_from(Verdict), st.integers(1, 86_400))
GOOD = {"names": ["db"], "up": [60], "ms": [1.5], "rest": {"db": {"down": 60}}}


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    seconds = draw(st.dictionaries(NAMES, SECONDS, max_size=8))
    ms = draw(st.dictionaries(st.sampled_from([*seconds, "x"]), st.floats(0, 1e6), max_size=8))
    return Digest(
        shard="s0",
        number=7,
        seconds=seconds,
        ms={name: each for name, each in ms.items() if name in seconds},
    )


@given(digests())
@settings(max_examples=100, deadline=None)
def test_what_is_packed_is_what_is_read(digest: Digest) -> None:
    assert unpack_digest(pack_digest(digest), "s0", 7) == digest


def packed(**changes: object) -> bytes:
    return zlib.compress(json.dumps({**GOOD, **changes}).encode())


def test_what_is_good_is_read() -> None:
    assert unpack_digest(packed(), "s0", 7).seconds == {"db": {Verdict.UP: 60, Verdict.DOWN: 60}}


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(b"no zlib", id="bytes of something else"),
        pytest.param(zlib.compress(b"[1]"), id="a list"),
        pytest.param(zlib.compress(b"{"), id="half a text"),
        pytest.param(packed(names=["db", 7]), id="a name that is a number"),
        pytest.param(packed(up=["60"]), id="seconds that are a text"),
        pytest.param(packed(up=[60, 60]), id="seconds of nobody"),
        pytest.param(packed(ms=["1"]), id="a time that is a text"),
        pytest.param(packed(ms=[]), id="a time too few"),
        pytest.param(packed(rest={"web": {"down": 1}}), id="a monitor that is not there"),
        pytest.param(packed(rest={"db": {"broken": 1}}), id="a verdict that there is not"),
        pytest.param(packed(rest=[]), id="a list for a mapping"),
    ],
)
def test_what_is_spoilt_is_said_to_be(spoilt: bytes) -> None:
    with pytest.raises(UnreadableError):
        unpack_digest(spoilt, "s0", 7)


def test_a_quiet_day_of_a_full_shard_is_a_small_item() -> None:
    names = [f"service-{n}" for n in range(500)]
    day = Digest(
        shard="s0",
        number=7,
        seconds={name: {Verdict.UP: 86_400} for name in names},
        ms={name: float(n) for n, name in enumerate(names)},
    )

    assert len(pack_digest(day)) < 4000
