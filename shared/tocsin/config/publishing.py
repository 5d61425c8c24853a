"""Rules on what the status page shows: names that are told apart, and that give nothing away."""

from collections.abc import Iterable, Iterator

from tocsin.config.draft import Draft
from tocsin.config.fault import Severity, shown
from tocsin.config.finding import Finding
from tocsin.domain.publicity import slug


def a_host_is_no_name(draft: Draft) -> Iterator[Finding]:
    """Warn where a monitor is shown by a name that looks like a host's."""
    public = draft.model.public.of(draft.name)
    if public is None or public.name != draft.name or "." not in draft.name:
        return
    if draft.sound("public"):
        yield Finding(
            place=draft.at("public"),
            code="host_made_public",
            message=f"everybody will read {shown(draft.name)} on the status page",
            fix="Give it another name there: `public: {name: Customer API}`",
            severity=Severity.WARNING,
        )


def names_differ(drafts: Iterable[Draft]) -> Iterator[Finding]:
    """See that no two monitors have one name, or one address, on the status page."""
    taken: dict[str, str] = {}
    for draft in drafts:
        public = draft.model.public.of(draft.name)
        if public is None or not draft.sound("public"):
            continue
        other = taken.setdefault(slug(public.name), draft.name)
        if other != draft.name:
            yield Finding(
                place=draft.at("public"),
                code="named_twice",
                message=f"{shown(public.name)} has the address of {other} on the status page, "
                f"{shown(public.slug)}",
                fix="Give one of them another name: `public: {name: …}`",
            )
