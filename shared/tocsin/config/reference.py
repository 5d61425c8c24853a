"""The page that explains every key of monitors.yaml to a person, made of the models themselves."""

from collections.abc import Iterator
from datetime import timedelta
from inspect import cleandoc
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tocsin.config import jobs
from tocsin.config.chapters import CHAPTERS, Chapter
from tocsin.config.shape import mapping

PAGE = Path("docs/configuration.md")

_HEAD = """\
<!-- Written by `python -m tocsin.config.reference`; do not edit. -->

# monitors.yaml

`tocsin validate` checks the file, `tocsin plan` shows what would change, `tocsin apply` puts it in
force. Editors complete and check it with [`monitors.schema.json`](monitors.schema.json).

```yaml
# yaml-language-server: $schema=docs/monitors.schema.json
locations: {eu-west-1: {}, us-east-1: {}, ap-southeast-1: {}}
defaults: {interval: 1m, timeout: 5s, retries: 2, quorum: majority, alert: [notice]}
monitors:
  db: {service: postgres, host: db.example.com, alert: [page]}
```

The key `service`, `tcp`, `http`, `dns`, `zone`, `resolver`, `icmp` or `heartbeat` says of which
kind a monitor is. Lengths of time are written like `500ms`, `30s`, `5m`, `1h` or `1d`. Secrets
never stand in the file: `${ssm:/tocsin/name}` is read from Parameter Store at the moment of the
check. Unknown keys are refused.
"""


def page() -> str:
    """Give the page as the text of a file."""
    return "\n".join((_HEAD, *map(_chapter, CHAPTERS)))


def write(path: Path) -> None:
    """Write it to a file, as the tests want to find it in docs/configuration.md."""
    path.write_text(page(), encoding="utf-8")


def _chapter(chapter: Chapter) -> str:
    skipped = chapter.beyond.model_fields if chapter.beyond else {}
    own = {name: f for name, f in chapter.model.model_fields.items() if name not in skipped}
    kept = " that are about alerts" if chapter.model is jobs.HeartbeatMonitor else ""
    beyond = f"Beside the keys of [every monitor](#every-monitor){kept}:\n\n" if skipped else ""
    return (
        f"{'#' * chapter.level} {chapter.title}\n\n{cleandoc(chapter.model.__doc__ or '')}\n"
        f"{_fenced(chapter.example)}\n{beyond}| key | what it says | by default |\n"
        f"| --- | --- | --- |\n{''.join(_rows(own))}"
    )


def _fenced(example: str) -> str:
    return f"\n```yaml\n{cleandoc(example)}\n```\n" if example else ""


def _rows(own: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in own.items():
        said = (field.description or "").replace("\\", "\\\\").replace("|", "\\|")
        key = f"`{field.alias or name}`"
        if (title := _title(field)) is not None:
            key = f"[{key}](#{title.lower().replace(' ', '-')})"
        yield f"| {key} | {said} | {_default(field)} |\n"


def _title(field: FieldInfo) -> str | None:
    """Give the title of the chapter about the mapping that stands in a field, if there is one."""
    model = mapping(field.annotation)
    if model is None:
        return None
    # A chapter that goes beyond another is about one kind, and `monitors` holds any of them.
    chapters = (each for each in CHAPTERS if each.beyond is None and issubclass(each.model, model))
    return next((each.title for each in chapters), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    none = field.default in (None, (), {}) or isinstance(field.default, BaseModel)
    return "" if none else f"`{_written(field.default)}`"


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int(size) if size and size % 1024 == 0:
            return f"{size // 1024}KiB"
        case timedelta():
            return _length(value)
        case tuple():
            return f"[{', '.join(map(_item, value))}]"
        case _:
            return str(value)


def _item(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _length(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"


if __name__ == "__main__":
    write(PAGE)
