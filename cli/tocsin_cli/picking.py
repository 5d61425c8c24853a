"""Find what is meant by the names and tags that were typed; a wrong one is answered with a mend."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tocsin.config.fault import nearest
from tocsin.domain.control import Silence
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.domain.spans import spoken
from tocsin_cli.output import CommandError
from tocsin_cli.remarks import about
from tocsin_cli.survey import Known, silences


def picked(known: Known, names: Sequence[str], tags: Sequence[str]) -> tuple[Monitor, ...]:
    """Give the monitors of these names, and those with one of these tags.

    CommandError, which names the mend, where there is no such monitor or tag.
    """
    for name in names:
        named(known, name)
    used = {tag for monitor in known.monitors.values() for tag in monitor.tags}
    for tag in tags:
        if tag not in used:
            raise CommandError(f"no monitor has the tag {tag}: {_meant(tag, used, _TAGS)}")
    return tuple(
        monitor
        for name, monitor in sorted(known.monitors.items())
        if name in names or not set(tags).isdisjoint(monitor.tags)
    )


def named(known: Known, name: str) -> Monitor:
    """Give the monitor of a name; CommandError where there is none."""
    if (monitor := known.monitors.get(name)) is not None:
        return monitor
    if not known.monitors:
        raise CommandError("nothing is watched yet: write monitors.yaml and run `tocsin apply`")
    raise CommandError(f"no monitor {name} is in force: {_meant(name, known.monitors, _MONITORS)}")


def taken(known: Known, what: str, now: datetime) -> tuple[Incident, ...]:
    """Give the open incidents that are meant by an id, or by a monitor or location.

    CommandError where none is open, which says why, or what is.
    """
    opened = [incident for state in known.states for incident in state.incidents]
    found = [i for i in opened if what in {i.id, *i.monitors, *(t.location for t in i.troubles)}]
    if found:
        return tuple(found)
    for incident in (incident for state in known.states for incident in state.closed):
        if incident.id == what:
            raise CommandError(f"{what} is over: {incident.ending}")
    if what in known.monitors:
        raise CommandError(_well(known, what, opened, now))
    names = {*(i.id for i in opened), *known.monitors}
    raise CommandError(
        f"there is no open incident {what}, and no monitor of that name:"
        f" {_meant(what, names, _INCIDENTS)}"
    )


def silence(known: Known, name: str, now: datetime) -> Silence:
    """Give the silence in force of an id; CommandError where there is none."""
    current = {each.id: each for each in silences(known, now)}
    if name in current:
        return current[name]
    if not current:
        raise CommandError(f"there is no silence {name}: none is in force")
    raise CommandError(f"there is no silence {name}: {_meant(name, current, _SILENCES)}")


_MONITORS = "`tocsin status` lists them; run `tocsin apply` if it is new"
_TAGS = "`tocsin show MONITOR` shows those that a monitor has"
_SILENCES = "`tocsin silence --list` shows those in force"
_INCIDENTS = "`tocsin incidents` lists what is open"


def _meant(typed: str, known: Iterable[str], otherwise: str) -> str:
    guess = nearest(typed, tuple(known))
    return f"did you mean {guess}?" if guess else otherwise


def _well(known: Known, name: str, opened: Sequence[Incident], now: datetime) -> str:
    """Say why a monitor has no incident of its own."""
    for incident in opened:
        if any(name in subject.hangs for subject in incident.subjects):
            return (
                f"{name} has no open incident of its own, and depends on {about(incident)}:"
                f" acknowledge {incident.id}"
            )
    standing = known.standings.get(name)
    if standing is None:
        return f"{name} has no open incident: it was not judged yet"
    return (
        f"{name} has no open incident: it is {standing.verdict} for {spoken(now - standing.since)}"
    )
