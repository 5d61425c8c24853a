"""Read in the one service of Apprise that a URL is for.

Apprise itself reads in all 190 of them before it looks at the first URL, a third of a cold start.
Which one it is, its source says: what cannot be found in that way is found as Apprise finds it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from apprise import plugins
from apprise.manager_plugins import NotificationManager

_FOLDER: Final = Path(plugins.__file__).parent
_SCHEMAS: Final = re.compile(
    r"^ {4}(?:secure_)?protocol\s*=\s*(\(.*?\)|\"[^\"]*\")", re.MULTILINE | re.DOTALL
)
_OF_MANY: Final = frozenset({"http", "https"})
"""What people copy from a browser may be any service's."""


def read_in(url: str) -> None:
    """Read in what a URL needs, at most once; after it Apprise knows all that it would know."""
    schema = url.partition("://")[0].strip().lower()
    manager = cast("Callable[[], Any]", NotificationManager)()
    if manager and schema in manager:
        return
    names = () if schema in _OF_MANY else tuple(_named(schema))
    if names:
        # It takes every file of a folder for a service, by its name alone.
        with TemporaryDirectory() as folder:
            for name in names:
                (Path(folder) / f"{name}.py").touch()
            manager.load_modules(path=folder, name=plugins.__name__)
    if not manager or schema not in manager:
        manager.load_modules()


def _named(schema: str) -> Iterator[str]:
    """Name the services that say in their source that this schema is theirs."""
    quoted = f'"{schema}"'
    for path in sorted(_FOLDER.rglob("*.py")):
        text = path.read_text("utf-8")
        if quoted in text and any(quoted in said for said in _SCHEMAS.findall(text)):
            yield path.relative_to(_FOLDER).parts[0].removesuffix(".py")
