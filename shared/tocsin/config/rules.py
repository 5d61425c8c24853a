"""What the fields of a monitor must agree on.

Each rule looks at one monitor and keeps quiet about what was refused already.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from tocsin.config import questions, reach, requests, voting
from tocsin.config.draft import Draft
from tocsin.config.fault import MistakeError, Severity, listed, shown
from tocsin.config.finding import Finding, Rule
from tocsin.config.models import DnsMonitor, HttpMonitor
from tocsin.domain.monitor import Monitor
from tocsin.domain.schedule import CHECK_BUDGET, RECHECK_PAUSE, budget
from tocsin.domain.target import Kind, TcpTarget

SECOND = timedelta(seconds=1)


def has_a_kind(draft: Draft) -> Iterator[Finding]:
    """See that a monitor watches something."""
    if draft.kindless:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name)),
            code="no_kind",
            message=f"{shown(draft.name)} does not say what it watches",
            fix=f"Add one of the keys {listed(tuple(Kind))}",
        )


def attempts_fit_a_tick(draft: Draft) -> Iterator[Finding]:
    """See that all attempts of a check end within its tick."""
    timeout = draft.settings("timeout").timeout
    retries = draft.settings("retries").retries
    needed = _longest(timeout, retries)
    if needed <= CHECK_BUDGET or not draft.sound("timeout", "retries"):
        return
    fitting = (CHECK_BUDGET - RECHECK_PAUSE * retries) // (1 + retries) // SECOND
    most = f"{CHECK_BUDGET / SECOND:g}s"
    attempts = f"{1 + retries} attempts of {timeout / SECOND:g}s"
    yield Finding(
        place=draft.at(
            "timeout" if draft.own("timeout") or not draft.own("retries") else "retries"
        ),
        code="over_budget",
        message=f"{attempts} may take {needed / SECOND:g}s, and a check has {most}",
        fix=f"Write `timeout: {fitting}s` or less, or fewer `retries`",
    )


def slowness_can_show(draft: Draft) -> Iterator[Finding]:
    """Warn where a target fails before it is slow."""
    slow, timeout = draft.settings("slow").slow, draft.settings("timeout").timeout
    if slow is None or slow < timeout or not draft.sound("slow", "timeout"):
        return
    yield Finding(
        place=draft.at("slow"),
        code="never_slow",
        message=f"an attempt ends after {timeout / SECOND:g}s, before it is slow",
        fix="Write less than the timeout",
        severity=Severity.WARNING,
    )


def headers_agree(draft: Draft) -> Iterator[Finding]:
    """See that secrets stand there by reference only, and no header is set twice."""
    if not isinstance(draft.model, HttpMonitor):
        return
    seen: set[str] = set()
    for header, value in draft.model.headers.items():
        if not requests.sealed_header(header, value):
            yield Finding(
                place=draft.at("headers", header),
                code="secret_in_clear",
                message=f"the header {shown(header)} carries a secret in clear",
                fix="Put it into Parameter Store and write ${ssm:/tocsin/name}",
            )
        if header.lower() in seen:
            yield Finding(
                place=draft.document.key_at(("monitors", draft.name, "headers", header)),
                code="named_twice",
                message=f"the header {shown(header)} is set twice, in other letters",
                fix="Remove one",
            )
        seen.add(header.lower())


def bodies_agree(draft: Draft) -> Iterator[Finding]:
    """See that bodies are sent and expected only where there are any."""
    model = draft.model
    if not isinstance(model, HttpMonitor) or not draft.sound("method", "body", "expect"):
        return
    if model.body is not None and model.method in {"GET", "HEAD"}:
        yield Finding(
            place=draft.at("body"),
            code="body_with_get",
            message=f"a {model.method} request seldom has a body, and servers may refuse it",
            fix="Add `method: POST`",
            severity=Severity.WARNING,
        )
    expected = model.expect.model_fields_set & {"text", "pattern", "json_values"}
    if model.method == "HEAD" and expected:
        yield Finding(
            place=draft.at("method"),
            code="no_body",
            message="the answer to HEAD has no body to look into",
            fix="Write `method: GET`",
        )


def json_is_written_as_json(draft: Draft) -> Iterator[Finding]:
    """Warn where a value is written as Python or old YAML has it: it is compared as text."""
    if not isinstance(draft.model, HttpMonitor):
        return
    for path, value in draft.model.expect.json_values.items():
        if value in {"True", "TRUE", "False", "FALSE"}:
            yield Finding(
                place=draft.at("expect", "json", path),
                code="not_json",
                message=f"{shown(value)} is compared as text, and JSON has {value.lower()}",
                fix=f"Write {value.lower()}",
                severity=Severity.WARNING,
            )


def records_can_come(draft: Draft) -> Iterator[Finding]:
    """See that the records which are expected can be in an answer."""
    model = draft.model
    if not isinstance(model, DnsMonitor) or not draft.sound("dns", "expect"):
        return
    expected = (*(model.expect.equals or ()), *model.expect.contains)
    if expected and model.expect.rcode != "NOERROR":
        yield Finding(
            place=draft.at("expect", "rcode"),
            code="no_records",
            message=f"an answer of {model.expect.rcode} has no records to compare",
            fix="Remove `rcode`, or `equals` and `contains`",
        )
    if model.expect.equals is not None and model.expect.contains:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, "expect", "contains")),
            code="two_expectations",
            message="`contains` adds nothing to `equals`, which names every record",
            fix="Remove one of the two",
        )
    for key in ("equals", "contains"):
        for index, written in enumerate(getattr(model.expect, key) or ()):
            try:
                questions.record(written, model.dns.type)
            except MistakeError as mistake:
                yield Finding(
                    place=draft.at("expect", key, index),
                    code=mistake.code,
                    message=mistake.message,
                    fix=mistake.fix,
                )


def _longest(timeout: timedelta, retries: int) -> timedelta:
    target = TcpTarget(host="any", port=1)
    return budget(
        Monitor(
            id="any", target=target, locations=("any",), need=1, timeout=timeout, retries=retries
        )
    )


ALWAYS: tuple[Rule, ...] = (
    has_a_kind,
    voting.locations_exist,
    voting.quorum_within_reach,
    voting.quorum_not_alone,
    reach.port_open_from_lambda,
    attempts_fit_a_tick,
    slowness_can_show,
    headers_agree,
    bodies_agree,
    json_is_written_as_json,
    records_can_come,
)


def findings(drafts: Iterable[Draft], *, allow_private: bool) -> Iterator[Finding]:
    """Hold every rule against every monitor."""
    rules = ALWAYS if allow_private else (*ALWAYS, reach.target_is_public)
    return (finding for draft in drafts for rule in rules for finding in rule(draft))
