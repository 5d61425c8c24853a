"""The table of services: sound from the first entry to the last."""

from typing import Any

import pytest
import yaml

from tocsin.config.catalogue import RESERVED, find, load, services
from tocsin.config.security import Mode
from tocsin.domain.script import Expect, StartTls
from tocsin.domain.target import Kind

SOUND: dict[str, Any] = {
    "title": "Echo",
    "group": "other",
    "port": 7,
    "proves": "It answers.",
    "source": "https://www.rfc-editor.org/rfc/rfc862",
    "modes": {"plain": [{"send": "a"}, {"expect": "a"}]},
}


def table(**changes: object) -> str:
    entry = {key: value for key, value in {**SOUND, **changes}.items() if value is not None}
    return yaml.safe_dump({"echo": entry})


def test_every_service_has_a_name_of_its_own_that_no_other_target_begins_with() -> None:
    known = services()
    names = [*known, *(alias for service in known.values() for alias in service.aliases)]

    assert len(set(names)) == len(names)
    assert not set(names) & {*Kind, "http", "https"}


@pytest.mark.parametrize("name", list(services()))
def test_every_service_is_told_by_its_reply_or_says_that_it_is_not(name: str) -> None:
    service = services()[name]

    assert find(name) == (name, service)
    assert all(find(alias) == (name, service) for alias in service.aliases)
    assert service.usual in service.modes
    for mode in service.modes:
        script = service.script(mode, "a.example.com")
        assert sum(isinstance(step, StartTls) for step in script) == (mode is Mode.STARTTLS)
        if mode is Mode.PLAIN and not script:
            assert "port accepts" in service.proves  # and no more than that
        else:
            assert mode is Mode.DIRECT or any(isinstance(step, Expect) for step in script)


def test_a_service_that_nobody_knows_is_not_found() -> None:
    assert find("xyzzy") is None


def test_an_entry_is_what_it_says() -> None:
    (name, service), *others = load(table(aliases=["parrot"])).items()

    assert not others
    assert (name, service.port, service.usual, service.aliases) == (
        "echo",
        7,
        Mode.PLAIN,
        ("parrot",),
    )
    assert service.note is None


def test_the_first_mode_is_the_usual_one() -> None:
    text = table(modes=None) + "  modes: {direct: [], plain: [{expect: a}]}\n"

    assert load(text)["echo"].usual is Mode.DIRECT


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"title": None}, "Field required", id="no title"),
        pytest.param({"colour": "red"}, "Extra inputs", id="an unknown key"),
        pytest.param({"port": 0}, "from 1 to 65535", id="port 0"),
        pytest.param({"source": "RFC 862"}, "URL", id="a source that is no page"),
        pytest.param({"modes": {}}, "Name at least one", id="no mode"),
        pytest.param({"modes": {"tls": []}}, "not a mode of TLS", id="an unknown mode"),
        pytest.param({"modes": {"plain": [{"send": "a"}]}}, "Add an `expect`", id="only sent"),
        pytest.param(
            {"modes": {"plain": [{"expect": "a"}, "starttls"]}}, "Write one", id="TLS when plain"
        ),
        pytest.param(
            {"modes": {"starttls": [{"expect": "a"}]}}, "Write one", id="STARTTLS without it"
        ),
        pytest.param(
            {"modes": {"starttls": [{"expect": "a"}, "starttls", "starttls"]}},
            "Write one",
            id="STARTTLS twice",
        ),
        pytest.param({"modes": {"direct": ["starttls"]}}, "Write one", id="STARTTLS in TLS"),
        pytest.param(
            {"modes": {"plain": [{"expect": {"regex": "("}}]}}, "regular", id="a bad pattern"
        ),
        pytest.param({"modes": {"plain": [{"expect": "a\\q"}]}}, "escape", id="a bad escape"),
        pytest.param({"aliases": ["echo"]}, "named twice", id="an alias of itself"),
        pytest.param({"aliases": ["Parrot"]}, "cannot name", id="an alias in capitals"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_with_its_line(
    changes: dict[str, object], said: str
) -> None:
    load(table())

    with pytest.raises(ValueError, match=r"^services\.yaml:[0-9]+: ") as refused:
        load(table(**changes))

    assert said in str(refused.value)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_service_takes_the_place_of_another_target(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a service"):
        load(yaml.safe_dump({name: SOUND}))
