"""Rules on questions of DNS: an answer can meet what is expected of it, and the server can give it.

An expectation that no answer can meet would call a healthy server down.
"""

from collections.abc import Iterator

from tocsin.config import presentation
from tocsin.config.draft import Draft
from tocsin.config.fault import MistakeError, Severity, listed, shown
from tocsin.config.finding import Finding
from tocsin.config.naming import DnsExpectation, DnsMonitor, ResolverMonitor

_SETS = ("equals", "contains", "one_of", "none_of")
_OF_RECORDS = (*_SETS, "count", "matches", "ttl_at_least")


def records_are_of_the_type(draft: Draft) -> Iterator[Finding]:
    """See that the records which are expected can be in an answer."""
    match draft.model:
        case DnsMonitor(dns=question, expect=expected) if draft.sound("dns", "expect"):
            kind = question.type
            records = {key: getattr(expected, key) or () for key in _SETS}
        case ResolverMonitor() as model if model.name and draft.sound("name", "type", "expect"):
            kind = model.asked[1]
            records = {"equals": model.expect.equals}
        case _:
            return
    for key, written in records.items():
        for index, mistake in _mistakes(written, kind):
            yield Finding(
                place=draft.at("expect", key, index),
                code=mistake.code,
                message=mistake.message,
                fix=mistake.fix,
            )


def _mistakes(written: tuple[str, ...], kind: str) -> Iterator[tuple[int, MistakeError]]:
    seen: set[str] = set()
    for index, record in enumerate(written):
        try:
            canonical = presentation.record(record, kind)
        except MistakeError as mistake:
            yield index, mistake
            continue
        if canonical in seen:
            message = f"{shown(record)} stands here twice, in other letters"
            yield index, MistakeError("named_twice", message, "Remove one")
        seen.add(canonical)


def an_error_has_no_records(draft: Draft) -> Iterator[Finding]:
    """See that nothing is expected of the records of an answer that has none."""
    model = draft.model
    if not isinstance(model, DnsMonitor) or not draft.sound("dns", "expect"):
        return
    expected, rcode = model.expect, model.expect.rcode
    none = expected.equals == () or (expected.count is not None and expected.count.max == 0)
    said = tuple(key for key in _said(expected) if not _allows_none(expected, key))
    if rcode != "NOERROR" and said:
        yield Finding(
            place=draft.at("expect", "rcode"),
            code="no_records",
            message=f"an answer of {rcode} has no records to compare",
            fix=f"Remove `rcode`, or {listed(tuple(f'`{key}`' for key in said), 'and')}",
        )
    elif none and said:
        key = "equals" if expected.equals == () else "count"
        yield Finding(
            place=draft.at("expect", key),
            code="no_records",
            message=f"{shown(key)} lets the answer have no records to compare",
            fix=f"Remove {shown(key)}, or {listed(tuple(f'`{key}`' for key in said), 'and')}",
        )


def sets_can_all_be_met(draft: Draft) -> Iterator[Finding]:
    """See that what is said of the set of records is not said twice, and not in contradiction."""
    model = draft.model
    if not isinstance(model, DnsMonitor) or not draft.sound("dns", "expect"):
        return
    if model.expect.equals:
        yield from _beside_equals(draft, model)
    elif model.expect.equals is None:
        yield from _between_sets(draft, model)
        yield from _of_the_count(draft, model)


def the_server_can_say_so(draft: Draft) -> Iterator[Finding]:
    """See that what only a zone's own server says is not expected of any resolver."""
    model = draft.model
    if not isinstance(model, DnsMonitor) or not draft.sound("dns", "expect"):
        return
    if model.dns.resolver is not None:
        return
    fix = "Name the zone's own server: `dns: {…, resolver: address}`"
    if not model.dns.recursive:
        yield Finding(
            place=draft.at("dns", "recursive"),
            code="no_server",
            message="the location's own resolver would answer only what it happens to know",
            fix=fix,
        )
    if model.expect.aa:
        yield Finding(
            place=draft.at("expect", "aa"),
            code="no_server",
            message="the location's own resolver is authoritative for nothing",
            fix=fix,
        )
    if model.expect.ttl_at_least is not None:
        yield Finding(
            place=draft.at("expect", "ttl_at_least"),
            code="aging_ttl",
            message="a resolver counts the TTL of what it keeps down to nothing",
            fix=fix,
            severity=Severity.WARNING,
        )


def _said(expected: DnsExpectation) -> tuple[str, ...]:
    """Name what is said of the records."""
    return tuple(key for key in _OF_RECORDS if key in expected.model_fields_set)


def _allows_none(expected: DnsExpectation, key: str) -> bool:
    """Tell whether an answer without records can be what this key expects."""
    if key == "count":
        return expected.count is None or expected.count.bounds[0] == 0
    return key == "none_of" or (key == "equals" and not expected.equals)


def _beside_equals(draft: Draft, model: DnsMonitor) -> Iterator[Finding]:
    expected = model.expect
    number = len(_records(model, "equals"))
    for key in ("contains", "one_of", "none_of", "count", "matches"):
        if key not in expected.model_fields_set:
            continue
        if key == "count" and expected.count is not None and not _fits(number, model):
            yield Finding(
                place=draft.at("expect", "count"),
                code="never_met",
                message=f"`equals` names {_counted(number)}, and `count` does not allow that",
                fix="Remove `count`",
            )
            continue
        yield Finding(
            place=draft.document.key_at(("monitors", draft.name, "expect", key)),
            code="two_expectations",
            message=f"{shown(key)} adds nothing to `equals`, which names every record",
            fix="Remove one of the two",
        )


def _between_sets(draft: Draft, model: DnsMonitor) -> Iterator[Finding]:
    allowed, banned = _records(model, "one_of"), _records(model, "none_of")
    for key, other, wrong in (
        ("none_of", "one_of", allowed),
        ("none_of", "contains", _records(model, "contains")),
    ):
        for index, record in enumerate(banned):
            if record in wrong:
                yield _contradiction(draft, key, index, f"stands under `{other}` as well")
    for index, record in enumerate(_records(model, "contains")):
        if allowed and record not in allowed:
            yield _contradiction(draft, "contains", index, "is none of `one_of`")


def _of_the_count(draft: Draft, model: DnsMonitor) -> Iterator[Finding]:
    if model.expect.count is None:
        return
    least, most = model.expect.count.bounds
    contained, allowed = len(_records(model, "contains")), len(_records(model, "one_of"))
    if most and contained > most:
        message = f"`contains` names {_counted(contained)}, and `count` allows {most}"
    elif allowed and least > allowed:
        message = f"`one_of` names {_counted(allowed)}, and `count` wants {least}"
    else:
        return
    yield Finding(
        place=draft.at("expect", "count"),
        code="never_met",
        message=message,
        fix="Change one of the two",
    )


def _counted(number: int) -> str:
    return f"{number} record{'s' * (number != 1)}"


def _contradiction(draft: Draft, key: str, index: int, why: str) -> Finding:
    return Finding(
        place=draft.at("expect", key, index),
        code="never_met",
        message=f"this record of {shown(key)} {why}",
        fix="Remove it from one of the two",
    )


def _records(model: DnsMonitor, key: str) -> tuple[str, ...]:
    """Give the records in their canonical form; those that have none are told of elsewhere."""
    return tuple(_canonical(record, model.dns.type) for record in getattr(model.expect, key) or ())


def _canonical(record: str, kind: str) -> str:
    try:
        return presentation.record(record, kind)
    except MistakeError:
        return record


def _fits(number: int, model: DnsMonitor) -> bool:
    least, most = model.expect.count.bounds if model.expect.count else (0, None)
    return least <= number <= (number if most is None else most)
