"""An alert as a card in Slack or Teams: a custom notification of Amazon Q Developer in chats.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.md: what does not keep to the
schema is dropped without a word. All messages of an incident go into one thread. Slack and Teams
understand different Markdown, so there is none here but code, lists and links, which both read the
same; what strangers said is code, or has lost what either of them would understand.
"""

import json
from collections.abc import Iterator, Mapping

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.messages import payload, voting
from tocsin.messages.causes import causes
from tocsin.messages.commands import commands
from tocsin.messages.differences import differences
from tocsin.messages.facts import RUNBOOK, TARGET, facts
from tocsin.messages.fit import as_many
from tocsin.messages.headline import headline, label, news, one_line, short_target
from tocsin.messages.inert import code, line, link, quoted, unmarked
from tocsin.messages.links import Links
from tocsin.messages.rows import IN_FULL_AT_MOST, summed_up, votes
from tocsin.messages.sms import when
from tocsin.messages.story import story

TITLE_LIMIT = 250
DESCRIPTION_LIMIT = 8000
STEP_LIMIT = 350
KEYWORD_LIMIT = 75
STEPS_AT_MOST = 8
KEYWORDS_AT_MOST = 10
RESOURCES_AT_MOST = 20

_SIGNS = {
    Kind.DOWN: "\N{LARGE RED CIRCLE}",
    Kind.DEGRADED: "\N{LARGE ORANGE CIRCLE}",
    Kind.UNKNOWN: "\N{MEDIUM WHITE CIRCLE}",
    Kind.LOCATION: "\N{MEDIUM WHITE CIRCLE}",
}
_WELL = "\N{LARGE GREEN CIRCLE}"
_GIVEN_UP = "\N{BLACK SQUARE FOR STOP}"

_MORE = "- and more: `tocsin status` shows all"


def text(alert: Alert, links: Links) -> str:
    """Write the notification, as a JSON document."""
    parts = (*headline(alert), when(alert), news(alert))
    summary = one_line(label(alert), parts, limit=TITLE_LIMIT, spell=unmarked)
    return framed(alert, _content(alert, links), summary=summary)


def framed(alert: Alert, content: Mapping[str, object], *, summary: str) -> str:
    """Put texts for people into what Amazon Q takes, and into the incident's thread."""
    document = {
        "version": "1.0",
        "source": "custom",
        "id": line(alert.id),
        "content": {"textType": "client-markdown", **content},
        "metadata": {
            "threadId": line(alert.incident),
            "summary": summary,
            "eventType": f"tocsin.{alert.kind}.{alert.event}",
            "relatedResources": [unmarked(name) for name in _concerned(alert)][:RESOURCES_AT_MOST],
            "additionalContext": {
                "incident": line(alert.incident),
                "kind": str(alert.kind),
                "event": str(alert.event),
                "severity": payload.severity(alert.kind),
            },
        },
    }
    return json.dumps(document, ensure_ascii=False)


def _content(alert: Alert, links: Links) -> dict[str, object]:
    lead, parts = f"{_sign(alert)} {label(alert)}", (*headline(alert), news(alert))
    steps = [*_steps(alert)][:STEPS_AT_MOST]
    return {
        "title": one_line(lead, parts, limit=TITLE_LIMIT, spell=unmarked),
        "description": _description(alert, links),
        **({"nextSteps": steps} if steps else {}),
        "keywords": [*_keywords(alert)][:KEYWORDS_AT_MOST],
    }


def _sign(alert: Alert) -> str:
    if alert.event is not Event.RESOLVED:
        return _SIGNS[alert.kind]
    if alert.ending is not Ending.RECOVERED:
        return _GIVEN_UP
    return _SIGNS[Kind.DEGRADED] if voting.marred(alert) else _WELL


def _concerned(alert: Alert) -> Iterator[str]:
    yield from (subject.monitor for subject in alert.subjects)
    yield from (trouble.location for trouble in alert.troubles)


def _description(alert: Alert, links: Links) -> str:
    """Write the paragraphs; of very many monitors the last are left out, never the advice."""
    before = (unmarked(story(alert)), "\n".join(_facts(alert, links)))
    after = (*_differences(alert), *_dependents(alert), *_causes(alert))
    room = DESCRIPTION_LIMIT - sum(len(each) + 2 for each in (*before, *after))
    seen = as_many(_sightings(alert), room, "\n", _MORE)
    paragraphs = filter(None, (*before, seen, *after))
    return as_many(paragraphs, DESCRIPTION_LIMIT, "\n\n", "...")


def _facts(alert: Alert, links: Links) -> Iterator[str]:
    linked = {RUNBOOK, *(name for name, _ in links.named())}
    for name, text in facts(alert, links):
        shown = code(text) if name == TARGET else link(text) if name in linked else unmarked(text)
        yield f"- {name}: {shown}"


def _sightings(alert: Alert) -> Iterator[str]:
    """Say who sees what: of a few monitors each location, of many a sum and their names."""
    for place in alert.troubles:
        yield f"- {code(place.location)}: {unmarked(quoted(place.text))}"
    only = len(alert.subjects) == 1
    in_full = len(alert.subjects) <= IN_FULL_AT_MOST
    if not in_full:
        yield from (f"- {unmarked(said)}" for said in summed_up(alert))
    for subject in alert.subjects:
        where = (short_target(subject.target) or ("",))[0]
        if not only:
            yield f"- {code(subject.monitor)} {code(where)}".rstrip()
        if in_full:
            for said, evidence in votes(alert, subject):
                row = f"{'' if only else '  '}- {unmarked(said)}"
                yield f"{row}: {code(evidence)}" if evidence else row


def _differences(alert: Alert) -> Iterator[str]:
    if len(alert.subjects) == 1:
        yield unmarked(" ".join(differences(alert.subjects[0])))


def _dependents(alert: Alert) -> Iterator[str]:
    telling = alert.subjects if alert.event is not Event.RESOLVED else ()
    for subject in telling[:IN_FULL_AT_MOST]:
        if subject.fallen:
            names = as_many(map(code, subject.fallen), STEP_LIMIT, ", ", "and more")
            yield f"Down with {code(subject.monitor)}, without an alert of its own: {names}"


def _causes(alert: Alert) -> Iterator[str]:
    for title, advice in causes(alert):
        yield f"What {title} usually means: {advice.means}"


def _steps(alert: Alert) -> Iterator[str]:
    """List what to try for the first cause, then the commands."""
    tries = [step for _, advice in [*causes(alert)][:1] for step in advice.tries]
    done = (f"To {what}: {code(command)}" for what, command in commands(alert))
    yield from (step for step in (*tries, *done) if len(step) <= STEP_LIMIT)


def _keywords(alert: Alert) -> Iterator[str]:
    words = (payload.severity(alert.kind), str(alert.kind))
    tags = (unmarked(tag) for subject in alert.subjects for tag in subject.tags)
    yield from (w for w in dict.fromkeys((*words, *tags)) if w and len(w) <= KEYWORD_LIMIT)
