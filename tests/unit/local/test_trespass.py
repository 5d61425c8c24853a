"""What is printed of who was let do what."""

from tocsin_cli.local.trespass import Attempt, shown

LET = "ConditionalCheckFailedException"
REFUSED = "AccessDeniedException"


def attempt(role: str, call: str, answer: str, *, allowed: bool) -> Attempt:
    return Attempt(role=role, call=call, allowed=allowed, answer=answer)


def test_a_call_is_a_line_and_a_role_is_a_column() -> None:
    tried = [
        attempt("probe", "report", LET, allowed=True),
        attempt("probe", "ring", REFUSED, allowed=False),
        attempt("aggregator", "report", REFUSED, allowed=False),
        attempt("aggregator", "ring", "ok", allowed=True),
    ]

    assert shown(tried).splitlines() == [
        "call    probe  aggregator",
        "------  -----  ----------",
        "report  may    -",
        "ring    -      may",
    ]


def test_what_the_service_refuses_iam_has_let_through() -> None:
    assert attempt("probe", "report", LET, allowed=True).as_it_must_be
    assert not attempt("probe", "report", LET, allowed=False).as_it_must_be


def test_what_iam_refuses_was_not_let_through() -> None:
    assert attempt("probe", "ring", REFUSED, allowed=False).as_it_must_be
    assert not attempt("probe", "ring", REFUSED, allowed=True).as_it_must_be
