"""Rules on scripts: one dialogue, whose steps have the time that they ask for."""

from collections.abc import Iterator
from datetime import timedelta

from tocsin.config.draft import Draft
from tocsin.config.fault import Severity
from tocsin.config.finding import Finding
from tocsin.config.ports import TcpMonitor
from tocsin.config.scripts import StepModel, where_tls_starts

SECOND = timedelta(seconds=1)


def one_dialogue(draft: Draft) -> Iterator[Finding]:
    """See that a banner and a script are not both to come first."""
    if not _script(draft) or not draft.document.holds(("monitors", draft.name, "expect", "banner")):
        return
    yield Finding(
        place=draft.document.key_at(("monitors", draft.name, "expect", "banner")),
        code="two_dialogues",
        message="a script says itself what must come first",
        fix="Write the banner as its first step: `- {expect: {regex: …}}`",
    )


def tls_starts_once(draft: Draft) -> Iterator[Finding]:
    """See that a connection turns to TLS once."""
    for step in where_tls_starts(_script(draft))[1:]:
        yield Finding(
            place=draft.at("script", step),
            code="starttls_twice",
            message="the connection is under TLS already",
            fix="Remove the second starttls",
        )


def steps_fit_the_attempt(draft: Draft) -> Iterator[Finding]:
    """See that no step may take longer than the whole attempt."""
    attempt = draft.settings("timeout").timeout
    for index, step in enumerate(_script(draft) if draft.sound("timeout") else ()):
        if step.timeout is not None and step.timeout > attempt:
            yield Finding(
                place=draft.at("script", index, "timeout"),
                code="over_timeout",
                message=f"the step may take {step.timeout / SECOND:g}s of {attempt / SECOND:g}s",
                fix=f"Write at most {attempt / SECOND:g}s, or more for the monitor's `timeout`",
            )


def something_is_expected(draft: Draft) -> Iterator[Finding]:
    """Warn where whatever the peer says is fine."""
    script = _script(draft)
    if not script or any(step.send is None for step in script):
        return
    yield Finding(
        place=draft.at("script"),
        code="nothing_expected",
        message="nothing is expected of the peer: a port that accepts and says nothing passes",
        fix="Add an `expect`",
        severity=Severity.WARNING,
    )


def _script(draft: Draft) -> tuple[StepModel, ...]:
    return (draft.model.script or ()) if isinstance(draft.model, TcpMonitor) else ()
