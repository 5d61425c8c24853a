"""The public page as files, to be looked at."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.cli.stage import Stage
from tests.integration.cli.test_commands import Typed
from tocsin.domain.publicity import Public


@pytest.fixture
def shop(stage: Stage) -> Stage:
    """Make the database public."""
    one, other = stage.shards
    db, web = one.monitors
    public = replace(db, public=Public(name="Orders", group="Shop"))
    shards = (replace(one, monitors=(public, web)), other)
    stage.home.configs.replace(shards, over=stage.home.configs.current(), at="now")
    return stage


def test_it_is_written_to_a_folder_as_it_would_be_published(
    capsys: pytest.CaptureFixture[str], shop: Stage, tmp_path: Path
) -> None:
    shop.live(3, "db")
    out = tmp_path / "new" / "page"

    typed = Typed(
        capsys, "status-page", "--out", str(out), "--title", "Us", "--url", "https://s.example.com"
    )

    assert typed.code == 0
    assert typed.out == f"wrote 7 files: open {out / 'index.html'}\n"
    assert "Outage of Orders" in (out / "index.html").read_text()
    assert json.loads((out / "status.json").read_text())["title"] == "Us"
    assert (out / "badges" / "orders.svg").exists()
    assert "<link>https://s.example.com/</link>" in (out / "feed.xml").read_text()


def test_without_an_address_there_is_no_feed(
    capsys: pytest.CaptureFixture[str], shop: Stage, tmp_path: Path
) -> None:
    assert Typed(capsys, "status-page", "--out", str(tmp_path)).code == 0

    assert not (tmp_path / "feed.xml").exists()


def test_where_nothing_is_public_it_says_how_to_change_that(
    capsys: pytest.CaptureFixture[str], stage: Stage, tmp_path: Path
) -> None:
    typed = Typed(capsys, "status-page", "--out", str(tmp_path))

    assert typed.code == 0
    assert "add `public: true` to some" in typed.out
    assert "No services are shown yet" in (tmp_path / "index.html").read_text()


def test_an_address_that_is_none_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], shop: Stage, tmp_path: Path
) -> None:
    typed = Typed(capsys, "status-page", "--out", str(tmp_path), "--url", "status.example.com")

    assert typed.code == 64
    assert "https://status.example.com/" in typed.err


def test_a_folder_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], shop: Stage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    typed = Typed(capsys, "status-page", "--out", str(tmp_path / "file"))

    assert typed.code == 1
    assert "choose another with --out" in typed.err
