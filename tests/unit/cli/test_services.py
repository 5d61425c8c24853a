"""`tocsin services`: what can be watched by name."""

import json

import pytest

from tocsin.config import catalogue
from tocsin_cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def test_every_service_has_a_line_and_those_of_a_group_stand_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, "services")

    rows = [line.split("\t") for line in out.splitlines()]
    groups = [row[0] for row in rows]
    assert code == 0
    assert {row[1] for row in rows} == set(catalogue.services())
    assert [g for at, g in enumerate(groups) if g not in groups[:at]] == [
        g for at, g in enumerate(groups) if at == 0 or groups[at - 1] != g
    ]
    (postgres,) = [row for row in rows if row[1] == "postgres"]
    service = catalogue.services()["postgres"]
    assert postgres == [
        service.group,
        "postgres",
        "5432",
        " ".join(service.modes),
        service.proves,
    ]


def test_json_holds_what_the_table_holds(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "services", "--json")

    found = {entry["name"]: entry for entry in json.loads(out)}
    service = catalogue.services()["postgres"]
    assert found.keys() == catalogue.services().keys()
    assert found["postgres"] == {
        "name": "postgres",
        "aliases": list(service.aliases),
        "title": service.title,
        "group": service.group,
        "port": service.port,
        "modes": list(service.modes),
        "proves": service.proves,
        "note": service.note,
        "source": service.source,
    }


@pytest.mark.parametrize("name", ["postgres", "postgresql"])
def test_one_service_is_shown_with_its_dialogue(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    _, out, _ = run(capsys, "services", name)

    lines = out.splitlines()
    service = catalogue.services()["postgres"]
    assert lines[0].startswith("postgres (also ")
    assert {service.proves, service.source} <= set(lines)
    assert "plain, unless another is said:" in lines
    assert "  send 00 00 00 08 04 d2 16 2f" in lines
    assert lines[lines.index("starttls:") :][-1] == "  starttls"


def test_one_service_is_shown_with_its_dialogue_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(capsys, "services", "smtp", "--json")

    found = json.loads(out)
    assert found["name"] == "smtp"
    assert found["dialogues"].keys() == set(catalogue.services()["smtp"].modes)
    assert 'send "STARTTLS\\r\\n"' in found["dialogues"]["starttls"]


@pytest.mark.parametrize("name", list(catalogue.services()))
def test_every_service_can_be_shown(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, "services", name)

    assert code == 0
    assert out.startswith(name)
    assert all(line.isprintable() for line in out.splitlines())


def test_a_service_that_nobody_knows_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "services", "postgrs")

    assert (code, out) == (64, "")
    assert "Write postgres" in err
