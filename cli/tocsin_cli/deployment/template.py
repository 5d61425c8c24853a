"""What the template declares, read without resolving anything in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tocsin_cli.output import CommandError


class _Loader(yaml.SafeLoader):
    """YAML in which CloudFormation's short forms stand for nothing."""


def _short_form(_loader: _Loader, _name: str, _node: yaml.Node) -> None:
    return None


_Loader.add_multi_constructor("!", _short_form)


def parameters(text: str) -> dict[str, Mapping[str, Any]]:
    """Read the parameters that a template takes."""
    found = _sections(text).get("Parameters", {})
    return {str(name): each for name, each in found.items()}


def kept(text: str) -> set[str]:
    """Name what a template keeps when its stack is deleted."""
    return {
        str(name)
        for name, each in _sections(text).get("Resources", {}).items()
        if str(each.get("DeletionPolicy", "")).startswith("Retain")
    }


def text_of(project: Path) -> str:
    """Read the template of a project."""
    try:
        return (project / "template.yaml").read_text(encoding="utf-8")
    except OSError:
        raise CommandError(
            f"{project / 'template.yaml'} is missing: run this in the project's folder"
        ) from None


def _sections(text: str) -> dict[str, Any]:
    found = (
        json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    )
    return found if isinstance(found, dict) else {}
