"""Rules on whom to believe: signatures that can be validated, and what a resolver must know."""

from collections.abc import Iterator
from itertools import combinations

from tocsin.config import questions
from tocsin.config.draft import Draft
from tocsin.config.fault import Severity, shown
from tocsin.config.finding import Finding
from tocsin.config.naming import DnsMonitor, ResolverMonitor
from tocsin.domain.questions import Dnssec


def validation_can_begin(draft: Draft) -> Iterator[Finding]:
    """See that a chain of signatures leads from the anchors to the name."""
    model = draft.model
    if not isinstance(model, DnsMonitor) or not draft.sound("dns", "expect"):
        return
    validated = model.expect.dnssec is Dnssec.VALID
    if model.expect.anchors and not validated:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, "expect", "anchors")),
            code="no_validation",
            message="`anchors` are where validation begins, and there is none here",
            fix="Add `dnssec: valid`, or remove them",
        )
    if validated and (unsigned := _unsigned(model)) is not None:
        message, other = unsigned
        yield Finding(
            place=draft.at("expect", "dnssec"),
            code="no_validation",
            message=message,
            fix=f"Remove `dnssec`, or {shown(other)}",
        )
    if validated and not model.dns.recursive and not model.expect.anchors:
        yield Finding(
            place=draft.at("expect", "dnssec"),
            code="no_validation",
            message="a zone's own server does not know the zones above it, where validation begins",
            fix="Add `anchors:` with the DS of the zone, or ask a resolver",
            severity=Severity.WARNING,
        )
    for index, anchor in enumerate(model.expect.anchors):
        owner = anchor.split()[0]
        if not questions.within(model.dns.name, owner):
            yield Finding(
                place=draft.at("expect", "anchors", index),
                code="anchor_elsewhere",
                message=f"{shown(model.dns.name)} does not lie under {shown(owner)}",
                fix="Write the anchor of the zone that it is in, or of one above that",
            )


def a_resolver_is_asked_sensibly(draft: Draft) -> Iterator[Finding]:
    """See that what a resolver must know, must deny and must refuse are different names."""
    model = draft.model
    if not isinstance(model, ResolverMonitor) or not draft.sound("name", "type", "expect"):
        return
    if model.name is None and (beside := _of_the_name(draft)) is not None:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, *beside)),
            code="no_name",
            message=f"{shown(beside[-1])} is said of a name, and there is none here",
            fix=f"Add `name:`, or remove {shown(beside[-1])}",
        )
    expected = model.expect
    asked = (
        (("name",), model.asked[0], "known"),
        (("expect", "absent"), expected.absent, "absent"),
        (("expect", "bogus"), expected.bogus if expected.validates else None, "refused"),
    )
    for (_, one, other_word), (path, other, word) in combinations(asked, 2):
        if one is not None and other is not None and _same(one, other):
            yield Finding(
                place=draft.at(*path),
                code="never_met",
                message=f"{shown(other)} cannot be {other_word} and {word}",
                fix="Write another name",
            )
    if model.expect.bogus is not None and not model.expect.validates:
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, "expect", "bogus")),
            code="no_validation",
            message="`bogus` is what a resolver refuses that validates",
            fix="Add `validates: true`, or remove it",
        )


def _unsigned(model: DnsMonitor) -> tuple[str, str] | None:
    """Say why an answer that is expected cannot be a signed one, and which key says so."""
    if model.dns.rdclass != "IN":
        return f"nothing in the class {model.dns.rdclass} is signed", "class"
    if model.expect.rcode not in {"NOERROR", "NXDOMAIN"}:
        return f"an answer of {model.expect.rcode} is not signed", "rcode"
    return None


def _of_the_name(draft: Draft) -> tuple[str, ...] | None:
    said = (("type",), ("expect", "equals"))
    roots = ("monitors", draft.name)
    return next((path for path in said if draft.document.holds((*roots, *path))), None)


def _same(one: str, other: str) -> bool:
    return one.removesuffix(".") == other.removesuffix(".")
