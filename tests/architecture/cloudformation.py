"""Read the template as SAM does: `!Ref X` is `{"Ref": "X"}`, and Globals are in each function."""

from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]

type Properties = dict[str, Any]
type Resources = dict[str, dict[str, Any]]


class _Loader(yaml.SafeLoader):
    """SafeLoader with CloudFormation's short forms."""


def _long_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


def load_template() -> dict[str, Any]:
    text = (PROJECT / "template.yaml").read_text()
    template: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    shared = template["Globals"]["Function"]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"] = _merged(shared, resource["Properties"])
    return template


def _merged(shared: Properties, own: Properties) -> Properties:
    """Merge as SAM does: what a function says goes over what all say, mapping by mapping."""
    merged = {**shared, **own}
    for key in shared.keys() & own.keys():
        if isinstance(own[key], dict):
            merged[key] = _merged(shared[key], own[key])
    return merged
