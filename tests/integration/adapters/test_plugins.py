"""Of Apprise's 190 services one is read in, and it is the one that Apprise would have taken."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, cast

import pytest
from apprise.manager_plugins import NotificationManager

from tocsin.adapters import plugins

ALONE = """
import json, sys
from apprise.manager_plugins import NotificationManager
from tocsin.adapters.plugins import read_in
for url in sys.argv[1:]:
    read_in(url)
manager = NotificationManager()
schemas = [url.partition("://")[0] for url in sys.argv[1:]]
found = [manager[each].__module__ if each in manager else None for each in schemas]
read = {name.split(".")[2] for name in sys.modules if name.startswith("apprise.plugins.")}
print(json.dumps([found, sorted(read)]))
"""


@pytest.fixture(scope="module")
def whole() -> Any:
    manager = cast("Callable[[], Any]", NotificationManager)()
    manager.load_modules()
    return manager


def alone(*urls: str) -> tuple[list[str | None], list[str]]:
    """Read services in, in a process that knows none."""
    command = [sys.executable, "-c", ALONE, *urls]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this very interpreter
    found, read = json.loads(done.stdout)
    return found, read


def test_no_schema_is_found_in_another_service_than_its_own(whole: Any) -> None:
    wrong = {
        schema: names
        for schema in whole.schemas()
        if (names := {*plugins._named(schema)})
        and names != {whole[schema].__module__.split(".")[2]}
    }

    assert wrong == {}


def test_nearly_all_are_found_without_reading_the_others(whole: Any) -> None:
    schemas = whole.schemas()
    unfound = [schema for schema in schemas if not [*plugins._named(schema)]]

    assert len(unfound) < len(schemas) / 20


def test_one_service_is_read_in_and_the_next_beside_it() -> None:
    found, read = alone("json://127.0.0.1/x", "slack://a/b/c", "json://127.0.0.1/y")

    assert found == [f"apprise.plugins.{n}" for n in ("custom_json", "slack", "custom_json")]
    assert {"custom_json", "slack"} <= {*read}
    assert len(read) < 10


@pytest.mark.parametrize(
    ("url", "module"),
    [
        pytest.param("kodi://127.0.0.1", "apprise.plugins.kodi", id="its source says no schema"),
        pytest.param("nobodys://127.0.0.1", None, id="nobody's"),
        pytest.param("https://discord.com/api/webhooks/1/a", None, id="copied from a browser"),
    ],
)
def test_what_is_not_found_so_is_found_as_apprise_does(url: str, module: str | None) -> None:
    (found,), read = alone(url)

    assert found == module
    assert len(read) > 150
