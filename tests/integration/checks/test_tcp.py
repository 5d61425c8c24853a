"""What a TCP check says of every way in which a port can be well or ill."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    assert_abstained,
    assert_failed,
    assert_passed,
    clock,
    closed_port,
    closing,
    deaf,
    dripping,
    endless,
    look,
    monitor,
    naming,
    resetting,
    saying,
    serving,
    silent,
    speaking_after,
    zone,
)
from tocsin.checks import tcp
from tocsin.checks.dial import Dialer
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Reason, Vote
from tocsin.domain.script import greeting
from tocsin.domain.target import Family, TcpTarget

SSH = "^SSH-2\\.0-"


async def test_a_port_that_accepts_passes_and_shows_the_kernels_own_connect_time() -> None:
    async with serving(silent) as port:
        outcome = await look(TcpTarget(host=HERE, port=port))

    assert_passed(outcome, f"{HERE}:{port} accepts connections")
    assert outcome.address == HERE
    assert set(outcome.phases_ms) == {"connect"}
    assert 0 < outcome.phases_ms["connect"] < 50


async def test_connect_time_leaves_out_what_our_own_event_loop_was_busy_with() -> None:
    async with serving(silent) as port:
        looking = asyncio.create_task(look(TcpTarget(host=HERE, port=port)))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_passed(outcome)
    assert outcome.phases_ms["connect"] < 50


async def test_a_banner_that_matches_passes_and_is_kept() -> None:
    async with serving(saying(b"SSH-2.0-OpenSSH_9.2p1\r\n")) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting(SSH)))

    assert_passed(outcome, '"SSH-2.0-OpenSSH_9.2p1"')
    assert list(outcome.phases_ms) == ["connect", "first_byte", "transfer"]


async def test_a_banner_in_pieces_is_put_together() -> None:
    async with serving(dripping(b"SSH-2.0-x\r\n", every=0.01)) as port:
        assert_passed(await look(TcpTarget(host=HERE, port=port, script=greeting(SSH))), "SSH-2.0-")


async def test_a_banner_may_be_bytes_and_its_pattern_utf8() -> None:
    async with serving(saying(b"\x0a\xff\x00 gr\xc3\xbc\xc3\x9f dich")) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting(r"^\n\xff\x00 grüß")))

    assert_passed(outcome, "grüß dich")


async def test_a_closed_port_refuses() -> None:
    port = closed_port()

    outcome = await look(TcpTarget(host=HERE, port=port))

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, f"{HERE}:{port} refused the connection")
    assert outcome.address == HERE


@pytest.mark.parametrize(
    ("behaviour", "reason", "phrase"),
    [
        pytest.param(resetting, Reason.RESET, "then reset it without a word", id="reset"),
        pytest.param(closing, Reason.CLOSED, "then closed it without a word", id="close"),
    ],
)
@pytest.mark.parametrize("expression", [None, SSH], ids=["port only", "banner"])
async def test_a_port_that_accepts_and_drops_is_not_a_service(
    behaviour: Behaviour, reason: Reason, phrase: str, expression: str | None
) -> None:
    async with serving(behaviour) as port:
        outcome = await look(
            TcpTarget(host=HERE, port=port, script=greeting(expression) if expression else ())
        )

    assert_failed(outcome, Layer.PROTOCOL, reason, "accepted the connection", phrase)


async def test_a_port_that_accepts_and_says_nothing_is_told_from_a_service() -> None:
    async with serving(silent) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting(SSH)), limit=SHORT)

    assert_failed(outcome, Layer.PROTOCOL, Reason.SILENT, "accepted", "said nothing within 0.5 s")
    assert outcome.phases_ms["first_byte"] >= 400


@pytest.mark.parametrize(
    ("behaviour", "reason", "phrase"),
    [
        pytest.param(
            saying(b"220 ftp ready\r\n"), Reason.UNEXPECTED_REPLY, '"220 ftp ready", which',
            id="another service, then silence",
        ),
        pytest.param(
            saying(b"220 ftp\r\n", closing), Reason.UNEXPECTED_REPLY, '"220 ftp", which does not',
            id="another service, then the end",
        ),
        pytest.param(
            saying(b"SSH-1", resetting), Reason.RESET, 'reset the connection after it had said "SS',
            id="a reset in the middle",
        ),
        pytest.param(dripping(b"x" * 99), Reason.TIMEOUT, 'it said "xx', id="one byte at a time"),
        pytest.param(endless(b"x" * 1000), Reason.TOO_MUCH_DATA, '…"', id="endless"),
        pytest.param(
            saying(b"\x1b[2J\x00\r\n\xff\xfe\r\n"), Reason.UNEXPECTED_REPLY,
            r"\x1b[2J\x00\r\n\xff\xfe", id="escapes, NULs and what is no UTF-8",
        ),
        pytest.param(
            saying('\n{"_aws":{}}\n\u202eetacsufbo\n'.encode()), Reason.UNEXPECTED_REPLY,
            r'\n{"_aws":{}}\n\u202eetacsufbo', id="a line that forges a metric",
        ),
    ],
)  # fmt: skip
async def test_a_wrong_banner(behaviour: Behaviour, reason: Reason, phrase: str) -> None:
    async with serving(behaviour) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting(SSH)), limit=SHORT)

    assert_failed(outcome, Layer.PROTOCOL, reason, phrase)


async def test_a_pattern_that_backtracks_for_ever_stops_no_other_check() -> None:
    async with serving(saying(b"a" * 60 + b"!\n")) as port:
        began = asyncio.get_running_loop().time()
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting("(a+)+$")))

    assert asyncio.get_running_loop().time() - began < 1
    assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, "takes too long", "simplify")


def test_the_budget_of_a_pattern_is_for_all_its_matches() -> None:
    pattern = Pattern("(a+)+$")
    with pytest.raises(TooSlowError):
        pattern.search("a" * 60 + "!")
    with pytest.raises(TooSlowError):
        pattern.search("b")
    assert Pattern("b").search("abc")


async def test_localhost_is_tried_on_each_of_its_addresses() -> None:
    async with serving(silent, host="::1") as port:
        outcome = await look(TcpTarget(host="localhost", port=port))
        only4 = await look(TcpTarget(host="localhost", port=port, family=Family.V4))

    assert_passed(outcome, f"[::1]:{port} accepts")
    assert outcome.address == "::1"
    assert_failed(only4, Layer.CONNECT, Reason.REFUSED, HERE)


async def test_every_address_that_failed_is_told() -> None:
    port = closed_port()

    outcome = await look(TcpTarget(host="localhost", port=port))

    assert_failed(
        outcome, Layer.CONNECT, Reason.REFUSED, f"{HERE}:{port} refused", f"[::1]:{port} refused"
    )


async def test_a_name_is_resolved_and_its_dead_address_does_not_hide_the_live_one() -> None:
    async with (
        serving(silent) as port,
        naming(zone("a.test. A 127.0.0.9\na.test. A 127.0.0.1")) as ns,
    ):
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
        outcome = await look(TcpTarget(host="a.test", port=port, family=Family.V4), dialer=dialer)

    assert_passed(outcome)
    assert outcome.address == HERE
    assert list(outcome.phases_ms) == ["dns", "connect"]


async def test_a_full_backlog_is_a_connect_timeout() -> None:
    with deaf(HERE) as port:
        outcome = await look(TcpTarget(host=HERE, port=port), limit=SHORT)

    assert_failed(
        outcome, Layer.CONNECT, Reason.CONNECT_TIMEOUT, f"{HERE}:{port} did not answer within 0.5 s"
    )


async def test_an_address_that_does_not_answer_leaves_the_next_one_time() -> None:
    text = "a.test. A 127.0.0.9\na.test. A 127.0.0.1"
    async with serving(silent) as port, naming(zone(text)) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        with deaf("127.0.0.9", port):
            outcome = await look(TcpTarget(host="a.test", port=port), dialer=dialer, limit=SHORT)

    assert_passed(outcome)
    assert outcome.address == HERE


async def test_it_dials_from_the_source_that_is_given() -> None:
    peers: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await silent(reader, writer)

    async with serving(note) as port:
        dialer = Dialer(egress=Egress.LOOPBACK, source="127.0.0.77")
        assert_passed(await look(TcpTarget(host=HERE, port=port), dialer=dialer))

    assert peers == ["127.0.0.77"]


async def test_a_source_that_is_not_ours_makes_the_location_incapable() -> None:
    dialer = Dialer(egress=Egress.LOOPBACK, source="192.0.2.250")

    outcome = await look(TcpTarget(host=HERE, port=1), dialer=dialer)

    assert_abstained(outcome, Reason.NOT_CAPABLE, "source address 192.0.2.250")


async def test_a_deadline_that_we_overslept_ourselves_is_not_the_targets_fault() -> None:
    async with serving(silent) as port:
        target = TcpTarget(host=HERE, port=port, script=greeting(SSH))
        dialer = Dialer(egress=Egress.LOOPBACK)
        looking = asyncio.create_task(tcp.check(monitor(target, limit=SHORT), dialer, clock))
        await asyncio.sleep(0.1)
        time.sleep(1.2)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_abstained(outcome, Reason.OUT_OF_TIME, "this location was too busy to judge")


@pytest.mark.parametrize("banner", [SSH, None], ids=["a banner", "a connection"])
async def test_what_came_while_we_were_asleep_counts(banner: str | None) -> None:
    with speaking_after(0.3, b"SSH-2.0-x\r\n") as port:
        target = TcpTarget(host=HERE, port=port, script=greeting(banner) if banner else ())
        dialer = Dialer(egress=Egress.LOOPBACK)
        looking = asyncio.create_task(tcp.check(monitor(target, limit=SHORT), dialer, clock))
        await asyncio.sleep(0.1 if banner else 0)
        time.sleep(0.6)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_passed(outcome)


async def test_how_long_we_were_asleep_is_in_no_phase() -> None:
    with speaking_after(0.3, b"SSH-2.0-x\r\n") as port:
        looking = asyncio.create_task(look(TcpTarget(host=HERE, port=port, script=greeting(SSH))))
        await asyncio.sleep(0.1)
        time.sleep(0.6)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_passed(outcome)
    assert sum(outcome.phases_ms.values()) < 300


@pytest.mark.parametrize("banner", [SSH, None], ids=["a banner", "a connection"])
async def test_what_was_said_before_a_reset_counts(banner: str | None) -> None:
    with speaking_after(0, b"SSH-2.0-x\r\n", resets=True) as port:
        target = TcpTarget(host=HERE, port=port, script=greeting(banner) if banner else ())
        looking = asyncio.create_task(look(target))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_passed(outcome)


async def test_a_stall_that_left_the_target_its_time_is_no_excuse() -> None:
    async with serving(silent) as port:
        target = TcpTarget(host=HERE, port=port, script=greeting(SSH))
        dialer = Dialer(egress=Egress.LOOPBACK)
        looking = asyncio.create_task(tcp.check(monitor(target, limit=SHORT), dialer, clock))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        time.sleep(0.3)  # noqa: ASYNC251 - blocking on purpose
        outcome = await looking

    assert_failed(outcome, Layer.PROTOCOL, Reason.SILENT, "said nothing within 0.5 s")
    assert time.monotonic() - began > 0.6


async def test_an_address_that_the_system_does_not_know_is_a_failure() -> None:
    outcome = await look(TcpTarget(host="::1%nosuch", port=1))

    assert_failed(outcome, Layer.CONNECT, Reason.UNREACHABLE, "cannot be dialled")


ENDS = {"silent": silent, "closing": closing, "resetting": resetting}


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.binary(max_size=64) | st.just(b"SSH-2.0-x\n"), max_size=4),
    end=st.sampled_from(sorted(ENDS)),
)
async def test_no_bytes_whatsoever_break_the_check(pieces: list[bytes], end: str) -> None:
    async with serving(saying(b"".join(pieces), ENDS[end])) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, script=greeting(SSH)), limit=SHORT / 5)

    matches = b"".join(pieces).startswith(b"SSH-2.0-")
    assert outcome.vote is Vote.FAIL if not matches else outcome.vote in {Vote.PASS, Vote.FAIL}
    assert outcome.vote is Vote.PASS or outcome.layer is Layer.PROTOCOL
