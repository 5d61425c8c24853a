"""The template's alarms as people read them, in a table.

`python -m tests.architecture.alarms` prints it. docs/watching.md has the same table, and a test
holds the two together.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.architecture.cloudformation import load_template

CENTS = 10
"""A month for each alarm of one metric, in every region but a few
(https://aws.amazon.com/cloudwatch/pricing/, November 2026)."""

STACKS = {
    "IsHome": "home",
    "HasProbe": "every probe",
    "HasCanary": "home",
    "HasStatusPage": "home, with a status page",
    "IsStandBy": "the stand-by",
}
"""Where an alarm is, by its condition."""

_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
}
_MISSING = {"notBreaching": "is well", "breaching": "is bad", "ignore": "changes nothing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An alarm: its name without the stack's, its condition, and what it says."""

    name: str
    condition: str
    alarm: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """What it says, and last of all where its page is."""
        text: str = self.alarm["AlarmDescription"]["Fn::Sub"]
        return text.split("\n")

    @property
    def page(self) -> str:
        """The name of its runbook."""
        return self.lines[-1].removeprefix("${Runbooks}/").removesuffix(".md")

    @property
    def text(self) -> str:
        """Give it as a row of the table."""
        each = self.alarm
        bound = each["Threshold"]
        shown = f"`{bound['Ref']}`" if isinstance(bound, dict) else f"{bound:,}"
        cells = (
            f"[{self.name}](runbooks/{self.page}.md)",
            STACKS[self.condition],
            f"`{each['MetricName']}`, {each['Statistic']}",
            f"{_SIGNS[each['ComparisonOperator']]} {shown}",
            _span(each),
            _MISSING[each["TreatMissingData"]],
        )
        return f"| {' | '.join(cells)} |"


HEADER = (
    "| alarm | in the stack of | figure | rings at | for | no figure |",
    "| --- | --- | --- | --- | --- | --- |",
)


def bare(name: str) -> str:
    """Take the stack's name off an alarm's, and the version of those that each version has."""
    of_version = "-${AggregatorFunction.Version.Version}"
    return name.removeprefix("${AWS::StackName}-").removesuffix(of_version)


def rows() -> list[Row]:
    """Give the alarms in the order of the template."""
    return [
        Row(
            name=bare(each["Properties"]["AlarmName"]["Fn::Sub"]),
            condition=each["Condition"],
            alarm=each["Properties"],
        )
        for each in load_template()["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    ]


def table() -> Iterator[str]:
    """Give the table's lines."""
    yield from HEADER
    yield from (row.text for row in rows())


def dollars(*conditions: str) -> float:
    """Say what the alarms under these conditions cost a month."""
    return CENTS * sum(row.condition in conditions for row in rows()) / 100


def _span(alarm: dict[str, Any]) -> str:
    minutes, periods = alarm["Period"] // 60, alarm["EvaluationPeriods"]
    points = alarm.get("DatapointsToAlarm", periods)
    if minutes == 1:
        return f"{points} of {periods} min" if points < periods else f"{periods} min"
    each = f"{minutes} min"
    return f"{points} of {periods} times {each}" if periods > 1 else each


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
