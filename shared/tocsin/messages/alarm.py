"""An alert as CloudWatch sends an alarm: what on-call tools read from a topic without a setting.

PagerDuty, Grafana IRM, Better Stack, Splunk On-Call and others take such a message over SNS. Some
find what belongs together by `AlarmName`, some by `AlarmArn` or `Trigger`: of one incident all
three are the same in every message, and of no other. PagerDuty drops a message whose subject does
not begin with its `NewStateValue`.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from tocsin.domain.incident import Alert, Event, Kind
from tocsin.messages import payload, voting
from tocsin.messages.causes import causes
from tocsin.messages.commands import commands
from tocsin.messages.differences import differences
from tocsin.messages.facts import facts
from tocsin.messages.fit import Part, as_many, fit
from tocsin.messages.headline import headline, label, news, one_line
from tocsin.messages.inert import ascii_line, line, quoted, unmarked
from tocsin.messages.links import Links
from tocsin.messages.rows import IN_FULL_AT_MOST, entry, summed_up, votes
from tocsin.messages.story import story

SUBJECT_LIMIT = 99
NAME_LIMIT = 255
TEXT_LIMIT = 1023
"""Of a reason; a description may have one character more (PutMetricAlarm, SetAlarmState)."""
NAMES_AT_MOST = 20

_STATES = {
    Kind.DOWN: "down",
    Kind.DEGRADED: "degraded",
    Kind.UNKNOWN: "unknown",
    Kind.LOCATION: "blind",
}
_NO_ACCOUNT = "000000000000"


def subject(alert: Alert) -> str:
    """Write the subject, such as `ALARM: DOWN db db.example.com:5432 refused 3/3`."""
    state = state_of(alert)
    lead = f"{state}:" if state == "OK" else f"{state}: {label(alert)}"
    parts = (*headline(alert), news(alert))
    return one_line(lead, parts, limit=SUBJECT_LIMIT, spell=ascii_line)


def text(alert: Alert, links: Links) -> str:
    """Write the message, as a JSON document."""
    return framed(alert, links, description=_description(alert, links), reason=_reason(alert))


def framed(alert: Alert, links: Links, *, description: str, reason: str) -> str:
    """Put texts for people into what makes an alarm of them."""
    state, name = state_of(alert), _name(alert)
    began = alert.event is Event.OPENED
    document: dict[str, object] = {
        "AlarmName": name,
        "AlarmDescription": description,
        "AWSAccountId": links.account or _NO_ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": _written(alert.opened_at),
        "NewStateValue": state,
        "NewStateReason": reason,
        "StateChangeTime": _written(alert.at if state == "OK" else alert.opened_at),
        "Region": links.region,
        "AlarmArn": _arn(name, links),
        "OldStateValue": "OK" if began else "ALARM",
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Trigger": _trigger(alert),
        "Tocsin": _details(alert),
    }
    return json.dumps(document)


def state_of(alert: Alert) -> str:
    """Give the state that a message is about, which its subject must begin with."""
    return "OK" if alert.event is Event.RESOLVED else "ALARM"


def _name(alert: Alert) -> str:
    """Name the alarm by what stays the same from the opening to the end."""
    incident = line(alert.incident)
    what = f"{incident.rsplit('-', 2)[0]} {_STATES[alert.kind]}"
    parts = (Part(forms=(what, ""), rank=1), Part(forms=(f"({incident})",), rank=0))
    return fit(parts, NAME_LIMIT)


def _arn(name: str, links: Links) -> str:
    account = links.account or _NO_ACCOUNT
    return f"arn:{links.partition}:cloudwatch:{links.region}:{account}:alarm:{name}"


def _description(alert: Alert, links: Links) -> str:
    told = (f"{name}: {text}" for name, text in facts(alert, links))
    done = (f"To {what}: {command}" for what, command in commands(alert))
    means = (f"What {title} usually means: {advice.means}" for title, advice in causes(alert))
    return as_many((*told, *done, *means), TEXT_LIMIT, "\n", "...")


def _reason(alert: Alert) -> str:
    told = (story(alert), *_sightings(alert))
    return as_many(map(unmarked, told), TEXT_LIMIT, "\n", "...")


def _sightings(alert: Alert) -> Iterator[str]:
    """Say who sees what: of a monitor each location, of some each monitor, of many a sum."""
    yield from (f"{place.location}: {quoted(place.text)}" for place in alert.troubles)
    if len(alert.subjects) == 1:
        for said, evidence in votes(alert, alert.subjects[0]):
            yield f"{said}: {evidence}" if evidence else said
        yield from differences(alert.subjects[0])
    elif len(alert.subjects) <= IN_FULL_AT_MOST:
        for each in alert.subjects:
            yield f"{entry(each)}: {voting.votes(alert, each)}"
    else:
        yield from summed_up(alert)


def _trigger(alert: Alert) -> dict[str, object]:
    return {
        "MetricName": str(alert.kind),
        "Namespace": "Tocsin",
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": None,
        "Dimensions": [{"value": line(alert.incident), "name": "Incident"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def _details(alert: Alert) -> dict[str, object]:
    """Add what rules of an on-call tool can go by; CloudWatch has no such field."""
    names = [unmarked(subject.monitor) for subject in alert.subjects]
    return {
        "alert": line(alert.id),
        "incident": line(alert.incident),
        "event": str(alert.event),
        "kind": str(alert.kind),
        "severity": payload.severity(alert.kind),
        "teams": [unmarked(team) for team in payload.teams(alert)[:NAMES_AT_MOST]],
        "monitors": names[:NAMES_AT_MOST],
        "monitor_count": len(names),
    }


def _written(at: datetime) -> str:
    """Write an instant as CloudWatch does: `2026-01-01T12:00:00.000+0000`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"
