"""What the endpoint answers to a call, whatever the call is."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import NOON
from tests.fakes.memory import InMemoryHeartbeats
from tocsin.domain.pulse import Pulse
from tocsin.usecases.beat import BODY, Call, Reply, answered, hashed, key_of
from tocsin.usecases.ports import Token

TOKEN = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"  # noqa: S105 - of a test
OTHER = "5bf66975-0000-4000-8000-000000000000"
RUN = "123e4567-e89b-12d3-a456-426614174000"
HOUR = timedelta(hours=1)


def table(token: Token | None = None) -> InMemoryHeartbeats:
    known = token or Token(hash=hashed(TOKEN), monitor="backup")
    return InMemoryHeartbeats(tokens={key_of(TOKEN): known})


def ask(
    path: str = f"/{TOKEN}",
    *,
    method: str = "GET",
    query: str = "",
    body: bytes = b"",
    at: InMemoryHeartbeats | None = None,
) -> Reply:
    call = Call(method=method, path=path, query=query, body=body)
    return answered(call, heartbeats=at if at is not None else table(), now=lambda: NOON)


def pulse(path: str, **more: str) -> Pulse:
    here = table()
    reply = ask(path, at=here, **more)  # type: ignore[arg-type]
    assert (reply.status, reply.text, reply.monitor) == (200, "OK", "backup")
    return here.known["backup"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_bare_url_reports_success(method: str) -> None:
    assert pulse(f"/{TOKEN}", method=method).success_at == NOON


@pytest.mark.parametrize("end", ["", "/start", "/fail", "/log", "/0"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_only_opens_a_url_that_counts_post_alone_reports_nothing(
    method: str, end: str
) -> None:
    here = table(Token(hash=hashed(TOKEN), monitor="backup", post_only=True))

    reply = ask(f"/{TOKEN}{end}", method=method, at=here)

    assert (reply.status, reply.monitor, reply.allow) == (405, "backup", "POST")
    assert here.known == {}
    assert ask(f"/{TOKEN}{end}", method="POST", at=here).status == 200
    assert here.known.keys() == {"backup"}


@pytest.mark.parametrize(
    ("end", "status"),
    [("fail", None), ("1", 1), ("255", 255), ("007", 7)],
)
def test_a_failure_is_reported_in_words_or_by_an_exit_status(end: str, status: int | None) -> None:
    failure = pulse(f"/{TOKEN}/{end}").failure

    assert failure is not None
    assert (failure.at, failure.status) == (NOON, status)


@pytest.mark.parametrize("end", ["0", "00"])
def test_the_exit_status_zero_is_success(end: str) -> None:
    assert pulse(f"/{TOKEN}/{end}").success_at == NOON


def test_a_start_opens_the_run_that_it_names() -> None:
    assert [run.id for run in pulse(f"/{TOKEN}/start", query=f"rid={RUN}").runs] == [RUN]


def test_a_log_is_kept_and_says_nothing() -> None:
    known = pulse(f"/{TOKEN}/log")

    assert (known.success_at, known.failure, known.runs) == (None, None, ())
    assert known.heard_at == NOON


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"//{TOKEN}", id="a base that ends in a slash"),
        pytest.param(f"/{TOKEN}/", id="a slash at the end"),
        pytest.param(f"/{TOKEN.upper()}", id="in capitals"),
    ],
)
def test_a_url_that_was_put_together_carelessly_counts(path: str) -> None:
    assert pulse(path).success_at == NOON


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("create=1", id="a parameter of the original"),
        pytest.param("rid=", id="an empty variable of a script"),
        pytest.param("&&&=&=", id="nothing at all"),
        pytest.param("x=" + "y" * 100_000, id="too much"),
        pytest.param("&".join(["a=b"] * 5000), id="too many"),
        pytest.param("grid=5&arid=6&%00=%ff", id="of others"),
    ],
)
def test_a_query_that_says_nothing_keeps_no_report_from_counting(query: str) -> None:
    assert pulse(f"/{TOKEN}", query=query).success_at == NOON


def test_of_two_run_ids_the_last_counts() -> None:
    known = pulse(f"/{TOKEN}/start", query=f"rid=none&rid={RUN.upper()}")

    assert [run.id for run in known.runs] == [RUN]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        pytest.param("/", 404, "begins with the job's token", id="nothing"),
        pytest.param("", 404, "begins with the job's token", id="less than nothing"),
        pytest.param("/favicon.ico", 400, "a UUID", id="no token"),
        pytest.param(f"/{TOKEN[:-1]}", 400, "a UUID", id="a token cut short"),
        pytest.param(f"/{TOKEN}0", 400, "a UUID", id="a token too long"),
        pytest.param(f"/{TOKEN}\n", 400, "a UUID", id="a line end"),
        pytest.param(f"/{TOKEN.replace('-', '')}", 400, "a UUID", id="without hyphens"),
        pytest.param(f"/%2e/{TOKEN}", 400, "a UUID", id="a dot, encoded"),
        pytest.param(f"/../{TOKEN}", 400, "a UUID", id="a way up"),
        pytest.param(f"/ping-key/{'slug'}", 400, "a UUID", id="a slug"),
        pytest.param(f"/{TOKEN}/256", 400, "0 to 255", id="an exit status too high"),
        pytest.param(f"/{TOKEN}/-1", 400, "0 to 255", id="a negative one"),
        pytest.param(f"/{TOKEN}/\u0661", 400, "0 to 255", id="digits of another script"),
        pytest.param(f"/{TOKEN}/{'9' * 5000}", 400, "0 to 255", id="an absurd one"),
        pytest.param(f"/{TOKEN}/stop", 400, "start, fail, log", id="a word that means nothing"),
        pytest.param(f"/{TOKEN}/START", 400, "start, fail, log", id="capitals"),
        pytest.param(f"/{TOKEN}/%73tart", 400, "start, fail, log", id="encoded"),
        pytest.param(f"/{TOKEN}/start/0", 400, "start, fail, log", id="two words"),
        pytest.param(f"/{OTHER}", 404, "no job has this token", id="another's token"),
        pytest.param(f"/{'0' + TOKEN[1:]}", 404, "no job has this token", id="an unknown token"),
    ],
)
def test_what_means_nothing_is_refused_with_a_status_and_a_reason(
    path: str, status: int, says: str
) -> None:
    here = table()

    reply = ask(path, at=here)

    assert (reply.status, reply.refused) == (status, True)
    assert says in reply.text
    assert here.known == {}


@pytest.mark.parametrize("rid", ["5", "x" * 36, f"{{{RUN}}}", RUN[:-1], f"{RUN}%00"])
def test_a_run_id_that_is_no_uuid_is_refused(rid: str) -> None:
    assert ask(query=f"rid={rid}") == Reply(status=400, text="rid must be a UUID")


@pytest.mark.parametrize(
    ("path", "query", "method", "status"),
    [
        pytest.param("/", "", "GET", 404, id="nothing"),
        pytest.param("/favicon.ico", "", "GET", 400, id="no token"),
        pytest.param(f"/{TOKEN}/stop", "", "GET", 400, id="a word that means nothing"),
        pytest.param(f"/{TOKEN}", "rid=5", "GET", 400, id="a run id that is none"),
        pytest.param(f"/{TOKEN}", "", "PUT", 405, id="another method"),
    ],
)
def test_what_means_nothing_is_refused_before_a_table_is_read(
    path: str, query: str, method: str, status: int
) -> None:
    out_of_reach = replace(table(), broken=True)

    assert ask(path, query=query, method=method, at=out_of_reach).status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "BREW", "", "get"])
def test_other_methods_are_refused(method: str) -> None:
    assert ask(method=method) == Reply(
        status=405, text="use GET, HEAD or POST", allow="GET, HEAD, POST"
    )


@pytest.mark.parametrize(
    ("left", "status"),
    [(timedelta(microseconds=1), 200), (timedelta(), 410), (-HOUR, 410)],
    ids=["in its overlap", "at its end", "long ago"],
)
def test_a_token_that_was_replaced_goes_on_until_its_end(left: timedelta, status: int) -> None:
    here = table(Token(hash=hashed(TOKEN), monitor="backup", ends_at=NOON + left))

    reply = ask(at=here)

    assert reply.status == status
    assert reply.monitor == "backup"
    assert bool(here.known) is (status == 200)


def test_no_answer_tells_the_token_of_a_call() -> None:
    gone = table(Token(hash=hashed(TOKEN), monitor="backup", ends_at=NOON))
    out = replace(table(), broken=True)

    for here in (table(), gone, out, InMemoryHeartbeats()):
        for end in ("", "/fail", "/stop", "/999"):
            said = repr(ask(f"/{TOKEN}{end}", at=here))
            assert TOKEN not in said
            assert TOKEN[9:] not in said


def test_a_report_that_could_not_be_stored_asks_to_be_told_again() -> None:
    reply = ask(at=replace(table(), broken=True))

    assert (reply.status, reply.text) == (503, "not stored: try again")
    assert reply.problem == "table state: out of reach"


def test_a_report_whose_body_could_not_be_kept_counts_all_the_same() -> None:
    here = replace(table(), full=True)

    reply = ask(body=b"a log", at=here)

    assert (reply.status, reply.problem) == (200, "table state: out of reach")
    assert here.known["backup"].success_at == NOON


@pytest.mark.parametrize("length", [BODY, BODY + 1, 2**20], ids=["whole", "cut", "a mebibyte"])
def test_a_body_that_is_too_long_is_cut_and_the_report_counts(length: int) -> None:
    here = table()

    reply = ask(body=b"x" * length, at=here)

    assert (reply.status, reply.text) == (200, "OK"), "the word that clients look for"
    assert here.bodies == {"backup": b"x" * BODY}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"\n\n  disk full\r\nat /var", "disk full", id="text"),
        pytest.param(b"\xff\xfe\x00", "\\xff\\xfe\\x00", id="no text"),
        pytest.param(b" \n\t ", "", id="blanks"),
        pytest.param("\u00fcber\u2028".encode(), "\u00fcber", id="text of another script"),
        pytest.param("\U0001f525".encode() * 300, "\U0001f525" * 119 + "\u2026", id="of long ones"),
    ],
)
def test_a_failure_keeps_the_first_line_of_what_came_with_it(body: bytes, said: str) -> None:
    here = table()
    ask(f"/{TOKEN}/fail", method="POST", body=body, at=here)

    failure = here.known["backup"].failure
    assert failure is not None
    assert failure.said == said


def test_the_canary_needs_no_token_and_is_no_report() -> None:
    here = table()

    assert ask("/canary", method="POST", at=here) == Reply(status=200, text="OK")
    assert here.canary.heard_at == NOON
    assert here.known == {}


def test_a_canary_that_could_not_be_noted_fails() -> None:
    assert ask("/canary", at=replace(table(), broken=True)).status == 503


PIECES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([TOKEN, "", "start", "fail", "log", "0", "999", "canary", "..", "%2f"]),
    st.uuids().map(str),
)


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PATCH"]),
    st.lists(PIECES, max_size=5).map("/".join),
    st.text(max_size=80),
    st.binary(max_size=300),
)
def test_whatever_is_sent_is_answered(method: str, path: str, query: str, body: bytes) -> None:
    reply = ask(path, method=method, query=query, body=body)

    assert reply.status in {200, 400, 404, 405}
    assert reply.text.isprintable()


@given(st.uuids())
def test_a_token_is_known_by_its_hash_in_whatever_case_it_is_written(token: UUID) -> None:
    assert hashed(str(token)) == hashed(str(token).upper())
    assert key_of(str(token).upper()) == str(token)[:8]
    assert str(token)[9:] not in hashed(str(token))
