"""Rules on HTTP: what is sent and what is expected agree, and secrets are sealed."""

from collections.abc import Iterator

from tocsin.config import requests
from tocsin.config.draft import Draft
from tocsin.config.fault import Severity, listed, shown
from tocsin.config.finding import Finding
from tocsin.config.pages import HttpMonitor


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


def secrets_travel_sealed(draft: Draft) -> Iterator[Finding]:
    """Warn where a secret would be read by whoever is on the way."""
    model = draft.model
    if not isinstance(model, HttpMonitor) or model.secured or not draft.sound("http"):
        return
    said = (("body", model.body), ("http", model.http))
    paths: list[tuple[str, ...]] = [
        *((key,) for key in ("basic", "bearer") if draft.own(key)),
        *(("headers", name) for name, value in model.headers.items() if requests.refers(value)),
        *((key,) for key, value in said if value is not None and requests.refers(value)),
    ]
    for path in paths if draft.sound(*(path[0] for path in paths)) else ():
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, *path)),
            code="secret_over_http",
            message=f"the secret in {shown(path[-1])} crosses the network in clear",
            fix="Write the URL with https://",
            severity=Severity.WARNING,
        )


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
    expected = model.expect.model_fields_set & {"text", "without", "pattern", "json_values"}
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


def one_credential(draft: Draft) -> Iterator[Finding]:
    """See that a request says once who asks."""
    if not isinstance(draft.model, HttpMonitor):
        return
    headers = [("headers", name) for name in draft.model.headers if name.lower() == "authorization"]
    keys = [(key,) for key in ("basic", "bearer") if draft.own(key)]
    paths: list[tuple[str, ...]] = [*keys, *headers]
    for path in paths[1:]:
        said = listed(tuple(shown(path[-1]) for path in paths), "and")
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, *path)),
            code="two_credentials",
            message=f"{said} set one and the same header",
            fix="Keep one of them",
        )


def headers_are_expected_once(draft: Draft) -> Iterator[Finding]:
    """See that a header of the answer is not judged twice, in other letters."""
    seen: set[str] = set()
    for header in draft.model.expect.headers if isinstance(draft.model, HttpMonitor) else ():
        if header.lower() in seen:
            yield Finding(
                place=draft.document.key_at(("monitors", draft.name, "expect", "headers", header)),
                code="named_twice",
                message=f"the header {shown(header)} is expected twice, in other letters",
                fix="Remove one",
            )
        seen.add(header.lower())


def texts_can_both_be(draft: Draft) -> Iterator[Finding]:
    """See that the text that must be there is not the one that must not."""
    if not isinstance(draft.model, HttpMonitor):
        return
    text, without = draft.model.expect.text, draft.model.expect.without
    if text is None or without is None or without not in text:
        return
    yield Finding(
        place=draft.at("expect", "without"),
        code="never_met",
        message=f"no body holds {shown(text)} without {shown(without)}",
        fix="Change one of the two",
    )
