"""Rules on zones: what must be the same everywhere lies in them, and signatures are looked at."""

from collections.abc import Iterator

from tocsin.config import questions
from tocsin.config.address import LONGEST
from tocsin.config.draft import Draft
from tocsin.config.fault import shown
from tocsin.config.finding import Finding
from tocsin.config.naming import ZoneMonitor
from tocsin.domain.questions import Dnssec


def records_lie_in_the_zone(draft: Draft) -> Iterator[Finding]:
    """See that the servers of the zone can be asked for the records."""
    model = draft.model
    if not isinstance(model, ZoneMonitor) or not draft.sound("zone", "records"):
        return
    seen: set[tuple[str, str]] = set()
    for index, written in enumerate(model.records):
        name, kind = model.record(written)
        if len(name) > LONGEST:
            yield Finding(
                place=draft.at("records", index),
                code="bad_dns_name",
                message=f"{shown(name)} has {len(name)} characters",
                fix=f"Write a name that has, with the zone's, at most {LONGEST}",
            )
        elif not questions.within(name, model.zone):
            yield Finding(
                place=draft.at("records", index),
                code="outside_zone",
                message=f"{shown(name)} does not lie in {shown(model.zone)}",
                fix=f"Write a name such as {shown(f'www.{model.zone} {kind}')}, or remove it",
            )
        if (name, kind) in seen:
            yield Finding(
                place=draft.at("records", index),
                code="named_twice",
                message=f"{shown(f'{name} {kind}')} stands here twice",
                fix="Remove one",
            )
        seen.add((name, kind))


def signatures_are_looked_at(draft: Draft) -> Iterator[Finding]:
    """See that signatures whose days count are looked at."""
    model = draft.model
    if not isinstance(model, ZoneMonitor) or not draft.sound("expect"):
        return
    if model.expect.signature_days is None or model.expect.dnssec is not Dnssec.OFF:
        return
    yield Finding(
        place=draft.document.key_at(("monitors", draft.name, "expect", "signature_days")),
        code="no_validation",
        message="`dnssec: off` looks at no signatures, and so at none of their days",
        fix="Write `dnssec: auto`, or remove `signature_days`",
    )
