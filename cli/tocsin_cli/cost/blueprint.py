"""What the template makes in each stack, as far as it is paid for: read from the file itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tocsin_cli.output import CommandError

TEMPLATE: Final = Path("template.yaml")
_KEYS: Final = ("KmsKeyArn", "RegionKmsKeyArn")
"""The parameters that name keys; stacks may share one."""
_FUNCTION: Final = "AWS::Serverless::Function"


class TemplateError(CommandError):
    """The template cannot be read; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What one stack has: alarms by the metrics they look at, queues that a function polls."""

    memory: Mapping[str, int]
    schedules: int
    polled: int
    polled_fifo: int
    alarms: int
    dashboards: int
    architecture: str
    keys: frozenset[str]
    retention_days: int


class _Loader(yaml.CSafeLoader):
    """SafeLoader with CloudFormation's short forms."""


def _long_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            value = loader.construct_scalar(node)  # type: ignore[arg-type]
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


def load(path: Path) -> dict[str, Any]:
    """Read the template. TemplateError."""
    mend = "run this in the folder of the project, or pass --template"
    try:
        loaded: Any = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TemplateError(f"{path} cannot be read ({reason}): {mend}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} is no template: {mend}") from error
    if not isinstance(loaded, dict) or "Resources" not in loaded or "Parameters" not in loaded:
        raise TemplateError(f"{path} is no template: {mend}")
    return loaded


def blueprint(template: Mapping[str, Any], given: Mapping[str, str]) -> Blueprint:
    """Say what a stack has, that is given these parameters."""
    defaults = {name: each.get("Default", "") for name, each in template["Parameters"].items()}
    parameters = {name: str(value) for name, value in {**defaults, **given}.items()}
    conditions = template.get("Conditions", {})
    resources = {
        name: each
        for name, each in template["Resources"].items()
        if "Condition" not in each or _holds(conditions[each["Condition"]], conditions, parameters)
    }
    functions = {n: e["Properties"] for n, e in resources.items() if e["Type"] == _FUNCTION}
    events = [event for each in functions.values() for event in each.get("Events", {}).values()]
    polled = [_queue(event, resources) for event in events if event["Type"] == "SQS"]
    usual = template["Globals"]["Function"]["MemorySize"]
    fifo = sum(bool(each.get("FifoQueue")) for each in polled)
    return Blueprint(
        memory={name: each.get("MemorySize", usual) for name, each in functions.items()},
        schedules=sum(event["Type"] == "ScheduleV2" for event in events),
        polled=len(polled) - fifo,
        polled_fifo=fifo,
        alarms=sum(map(_looked_at, _of(resources, "AWS::CloudWatch::Alarm"))),
        dashboards=sum(1 for _ in _of(resources, "AWS::CloudWatch::Dashboard")),
        architecture=parameters["Architecture"],
        keys=frozenset(parameters.get(name, "") for name in _KEYS) - {""},
        retention_days=int(float(parameters["LogRetentionDays"])),
    )


def _of(resources: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (each["Properties"] for each in resources.values() if each["Type"] == kind)


def _looked_at(alarm: Mapping[str, Any]) -> int:
    """Count the metrics that an alarm looks at: it is paid for by them."""
    return max(1, sum("MetricStat" in each for each in alarm.get("Metrics", ())))


def _queue(event: Mapping[str, Any], resources: Mapping[str, Any]) -> Mapping[str, Any]:
    name = event["Properties"]["Queue"]["Fn::GetAtt"].partition(".")[0]
    properties: Mapping[str, Any] = resources[name]["Properties"]
    return properties


def _holds(said: Any, all_of: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:  # noqa: ANN401 - as YAML has it
    """Evaluate a condition: they compare parameters only."""
    ((name, inner),) = said.items()
    match name:
        case "Fn::Equals":
            left, right = (
                parameters[each["Ref"]] if isinstance(each, dict) else str(each) for each in inner
            )
            return left == right
        case "Fn::Not":
            return not _holds(inner[0], all_of, parameters)
        case "Fn::And":
            return all(_holds(each, all_of, parameters) for each in inner)
        case "Fn::Or":
            return any(_holds(each, all_of, parameters) for each in inner)
        case "Condition":
            return _holds(all_of[inner], all_of, parameters)
        case _:
            raise TemplateError(f"a condition of the template has {name}, which is not known here")
