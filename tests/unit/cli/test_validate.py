"""`tocsin validate` at work."""

import json
from pathlib import Path

import pytest

from tocsin_cli.main import main

ROOT = Path(__file__).parents[3]
SOUND = "locations: {eu: , us: , ap: }\nmonitors: {m: {tcp: 'a.example.com:1'}}\n"
DOUBTFUL = "locations: {eu: }\nmonitors: {m: {tcp: 'a.example.com:1'}}\n"
WRONG = "locations: {eu: , us: , ap: }\nmonitors:\n  m: {tcp: '10.0.0.1:25', color: red}\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def saved(folder: Path, text: str) -> str:
    file = folder / "monitors.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("text", "code", "summary"),
    [
        pytest.param(SOUND, 0, "1 monitor at 3 locations, nothing to mend", id="sound"),
        pytest.param(DOUBTFUL, 0, "1 monitor at 1 location, 1 warning", id="a warning"),
        pytest.param(WRONG, 2, "3 errors", id="errors"),
    ],
)
def test_errors_fail_and_warnings_do_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, code: int, summary: str
) -> None:
    ended, out, _ = run(capsys, "validate", saved(tmp_path, text))

    assert ended == code
    assert out.splitlines()[-1].endswith(summary)


def test_a_fault_is_one_line_with_its_place_and_its_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = saved(tmp_path, WRONG)

    _, out, _ = run(capsys, "validate", file)

    assert [line.split(" ")[0] for line in out.splitlines()[:3]] == [
        f"{file}:3:12:",
        f"{file}:3:12:",
        f"{file}:3:27:",
    ]
    assert "`color` is not a known key. Remove it" in out


def test_json_is_a_list_of_faults(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = saved(tmp_path, WRONG)

    ended, out, _ = run(capsys, "validate", file, "--json")

    faults = json.loads(out)
    assert ended == 2
    assert [fault["code"] for fault in faults] == ["port_25", "private_target", "unknown_key"]
    assert faults[2] == {
        "file": file,
        "line": 3,
        "column": 27,
        "code": "unknown_key",
        "message": "`color` is not a known key",
        "fix": faults[2]["fix"],
        "severity": "error",
    }


def test_json_of_a_sound_file_is_an_empty_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ended, out, _ = run(capsys, "validate", saved(tmp_path, SOUND), "--json")

    assert (ended, json.loads(out)) == (0, [])


def test_a_file_for_the_local_stack_may_name_private_targets(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = saved(tmp_path, SOUND.replace("a.example.com", "127.0.0.1"))

    assert run(capsys, "validate", file)[0] == 2
    assert run(capsys, "validate", file, "--local")[0] == 0


def test_a_file_that_forges_faults_has_a_line_for_each_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = '"\\e[31m\\nmonitors.yaml:1:1: error: forged"'
    file = saved(tmp_path, f"locations: {{eu: , {name}: }}\nmonitors:\n  {name}: 5\n")

    _, out, _ = run(capsys, "validate", file)

    assert len(out.splitlines()) == 4
    assert all(line.isprintable() for line in out.splitlines())


def test_the_example_at_the_root_has_nothing_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    ended, out, _ = run(capsys, "validate", str(ROOT / "monitors.yaml"))

    assert ended == 0
    assert out.rstrip().endswith("nothing to mend")


def test_faults_of_every_kind_are_told_at_once_and_each_on_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = saved(
        tmp_path,
        """\
locations: {eu: , us: , ap: , inside: {kind: vpc}}
monitors:
  question: {dns: {name: a.example.com, type: mx}}
  zone: {zone: ., records: [www]}
  resolver: {resolver: dns.google}
  host: {icmp: a.example.com}
  job: {heartbeat: {cron: "0 0 31 2 *", timezone: Berlin}}
""",
    )

    ended, out, _ = run(capsys, "validate", file, "--json")

    assert ended == 2
    assert [(fault["line"], fault["code"]) for fault in json.loads(out)] == [
        (3, "unknown_type"),
        (4, "bad_zone"),
        (4, "bad_record"),
        (5, "bad_resolver"),
        (6, "icmp_from_lambda"),
        (7, "never_due"),
        (7, "unknown_timezone"),
    ]


def test_a_missing_file_is_a_fault_like_any_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ended, out, _ = run(capsys, "validate", str(tmp_path / "none.yaml"), "--json")

    assert ended == 2
    assert [fault["code"] for fault in json.loads(out)] == ["unreadable"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["validate", "--colour"], id="an unknown option"),
        pytest.param(["vaildate"], id="an unknown command"),
        pytest.param(["check"], id="no target"),
        pytest.param(["check", "example.com:80"], id="a target without a scheme"),
        pytest.param(["check", "tcp://example.com"], id="a target without a port"),
        pytest.param(
            ["check", "tcp://a\x1b[31m\nforged:1:1"], id="a target that steers a terminal"
        ),
        pytest.param(["check", "tcp://example.com:1?banner=\udcff"], id="bytes that are no text"),
        pytest.param(["check", "tcp://example.com:1", "--slow", "\udcff"], id="bytes for a time"),
        pytest.param(["check", "dns://example.com?typ=MX"], id="an unknown part of a question"),
        pytest.param(["check", "dns://example.com?type=MXX"], id="an unknown type"),
        pytest.param(["check", "https://a.example.com/?k=${ssm:/k}"], id="a secret"),
        pytest.param(["check", "tcp://example.com:1", "--timeout", "5"], id="a bad duration"),
        pytest.param(["check", "tcp://example.com:1", "--family", "5"], id="a bad family"),
        pytest.param(["check", "tcp://example.com:1", "--retries", "99"], id="too many retries"),
    ],
)
def test_a_wrong_call_is_one_line_and_exits_with_64(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    ended, out, err = run(capsys, *arguments)

    assert (ended, out) == (64, "")
    assert err.startswith("tocsin: ")
    assert err.removesuffix("\n").isprintable()


def test_the_command_alone_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    ended, out, _ = run(capsys)

    assert ended == 0
    assert "validate" in out
    assert "check" in out
