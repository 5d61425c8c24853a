"""An alert as mail: a subject that tells it all, and a plain body that reads well on a phone.

The subject is at most 99 printable ASCII characters, as SNS demands. No text of a stranger can
break a line of the body, be a link in it, or begin a line as a formula would.
"""

from collections.abc import Iterator

from tocsin.domain.incident import Alert, Event
from tocsin.messages.causes import causes
from tocsin.messages.commands import commands
from tocsin.messages.facts import facts
from tocsin.messages.fit import wrapped
from tocsin.messages.headline import headline, label, news, one_line
from tocsin.messages.inert import ascii_line, line, quoted
from tocsin.messages.links import NOWHERE, Links
from tocsin.messages.rows import sightings
from tocsin.messages.story import story

SUBJECT_LIMIT = 99


def subject(alert: Alert) -> str:
    """Write the subject line, such as `[DOWN] db db.example.com:5432 refused 3/3`."""
    parts = (*headline(alert), news(alert))
    return one_line(f"[{label(alert)}]", parts, limit=SUBJECT_LIMIT, spell=ascii_line)


def body(alert: Alert, links: Links = NOWHERE) -> str:
    """Write the body: what, since when, who sees what, what it means, what to do."""
    sections = (
        wrapped(story(alert)),
        [f"{name}: {text}" for name, text in facts(alert, links)],
        *sightings(alert),
        *_troubles(alert),
        *_dependents(alert),
        *_causes(alert),
        [*_commands(alert)],
        [f"Incident {line(alert.incident)}", "Sent by Tocsin."],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _troubles(alert: Alert) -> Iterator[list[str]]:
    """Say of each location what is wrong with it."""
    if alert.troubles:
        saw = "WHAT WAS WRONG" if alert.event is Event.RESOLVED else "WHAT IS WRONG"
        yield [
            f"{saw} (times in UTC)",
            *(
                f"* {line(each.location)}: {quoted(each.text)}"
                f" (noticed {each.since:%Y-%m-%d %H:%M})"
                for each in alert.troubles
            ),
        ]


def _dependents(alert: Alert) -> Iterator[list[str]]:
    """Say what is down with it and has no alert of its own, and what else depends on it."""
    for subject in alert.subjects if alert.event is not Event.RESOLVED else ():
        if not subject.hangs:
            continue
        rest = [name for name in subject.hangs if name not in subject.fallen]
        rows = [f"WHAT DEPENDS ON {line(subject.monitor)}"]
        for names, what in (
            (subject.fallen, "down with it, without an alert of its own"),
            (rest, "also depends on it"),
        ):
            if names:
                rows += wrapped(f"{what}: {', '.join(map(line, names))}", bullet="* ")
        yield rows


def _causes(alert: Alert) -> Iterator[list[str]]:
    for title, advice in causes(alert):
        yield [
            f"WHAT {title.upper()} USUALLY MEANS",
            *wrapped(advice.means),
            *(row for step in advice.tries for row in wrapped(step, bullet="* ")),
        ]


def _commands(alert: Alert) -> Iterator[str]:
    """Give each command on a line of its own, where a finger can take all of it."""
    for number, (what, command) in enumerate(commands(alert)):
        if number == 0:
            yield "WHAT YOU CAN DO"
        yield f"* {what}:"
        yield f"    {command}"
