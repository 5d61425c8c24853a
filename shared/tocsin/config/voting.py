"""Rules on who votes: locations that exist, and a quorum that they can meet, but not one alone."""

from collections.abc import Iterator

from tocsin.config.draft import Draft
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.fault import Severity, nearest, shown
from tocsin.config.finding import Finding


def locations_exist(draft: Draft) -> Iterator[Finding]:
    """See that every location that a monitor names is one of the file's."""
    if not draft.sound("locations"):
        return
    known = tuple(draft.places)
    for index, name in enumerate(draft.settings("locations").locations or ()):
        if name not in draft.places:
            guess = nearest(name, known)
            fix = (
                f"Write {guess}"
                if guess
                else f"Add it to `locations`, or choose one of {', '.join(known)}"
            )
            yield Finding(
                place=draft.at("locations", index),
                code="unknown_location",
                message=f"there is no location {shown(name)}",
                fix=fix,
            )


def quorum_within_reach(draft: Draft) -> Iterator[Finding]:
    """See that as many locations can agree as must."""
    voters = _voters(draft)
    if not voters or draft.need <= voters:
        return
    yield Finding(
        place=draft.at("locations" if draft.own("locations") else "quorum"),
        code="unreachable_quorum",
        message=f"{draft.name} needs {draft.need} of {voters} locations to agree, which cannot be",
        fix=f"Write `quorum: {voters}` or less, or add locations",
    )


def quorum_not_alone(draft: Draft) -> Iterator[Finding]:
    """Warn where a single location can open an incident by itself."""
    voters = _voters(draft)
    if draft.need != 1 or not voters:
        return
    single = voters == 1
    able = "agents" if isinstance(draft.model, IcmpMonitor) else "locations"
    if single and not _named(draft):
        place = draft.document.key_at(("locations",))
    else:
        place = draft.at("locations" if single else "quorum")
    yield Finding(
        place=place,
        code="lonely_quorum",
        message=f"one location alone can call {draft.name} down, also when the fault is its own",
        fix=f"Watch it from three {able}" if single else "Write `quorum: majority`",
        severity=Severity.WARNING,
    )


def _voters(draft: Draft) -> int:
    """Count who votes; nobody where that is not known."""
    unclear = None in draft.places.values() and not _named(draft)
    return 0 if unclear or not draft.sound("locations", "quorum") else len(draft.locations)


def _named(draft: Draft) -> bool:
    """Tell whether the file says from where the monitor is checked."""
    return draft.own("locations") or draft.document.holds(("defaults", "locations"))
