"""A supervisor on a socket of its own."""

import socket
from pathlib import Path
from uuid import uuid4

import pytest

from tocsin_cli.systemd import notify


@pytest.mark.parametrize("kind", ["a file", "a name in no file system"])
def test_every_kind_of_socket_hears_all_facts_at_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(tmp_path / "notify") if kind == "a file" else f"@tocsin-{uuid4().hex}"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(5)

        notify("READY=1", "STATUS=is well")

        assert listening.recv(100) == b"READY=1\nSTATUS=is well"


def test_nobody_at_the_other_end_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))

    notify("READY=1")


def test_what_a_target_says_is_no_fact_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)

        notify("STATUS=failing db (hello\nSTOPPING=1)")

        assert listening.recv(100) == rb"STATUS=failing db (hello\nSTOPPING=1)"
