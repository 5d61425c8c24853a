"""What names a release, and which one is before it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin_cli.deployment.account import Standing
from tocsin_cli.deployment.releases import before, build_of, release_at, release_of

THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deployed", "found"),
    [
        pytest.param("", None, id="nothing was deployed"),
        pytest.param("a", None, id="nothing was before"),
        pytest.param("ab", "a", id="the one before"),
        pytest.param("abb", "a", id="other parameters are no other build"),
        pytest.param("aba", None, id="gone back to the first"),
        pytest.param("abcb", "a", id="gone back once, and again"),
        pytest.param("abad", "a", id="gone back, and forward to another"),
    ],
)
def test_the_build_before_is_what_was_there_before_it_first(
    deployed: str, found: str | None
) -> None:
    earlier = before(deployed)

    assert (None if earlier is None else deployed[earlier]) == found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("template.yaml", "shared/tocsin/a.py", "functions/probe/handler.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["template.yaml", "shared/tocsin/a.py", "functions/probe/handler.py", "shared/new.py"]
)
def test_a_build_is_another_where_anything_that_is_deployed_is(project: Path, name: str) -> None:
    first = build_of(project)

    (project / name).write_text("something else")

    assert build_of(project) != first
    assert len(first) == 16


def test_a_build_is_the_same_where_only_other_files_are_others(project: Path) -> None:
    first = build_of(project)

    (project / "README.md").write_text("news")
    cache = project / "shared/tocsin/__pycache__"
    cache.mkdir()
    (cache / "a.pyc").write_text("compiled")

    assert build_of(project) == first


def test_a_file_that_moves_makes_another_build(project: Path) -> None:
    first = build_of(project)

    (project / "shared/tocsin/a.py").rename(project / "shared/tocsin/b.py")

    assert build_of(project) != first


def test_a_release_is_a_build_with_parameters_in_whatever_order() -> None:
    first = release_of("b", {"LogLevel": "INFO", "Part": "home"})

    assert release_of("b", {"Part": "home", "LogLevel": "INFO"}) == first
    assert release_of("b", {"Part": "home", "LogLevel": "DEBUG"}) != first
    assert release_of("c", {"Part": "home", "LogLevel": "INFO"}) != first


def at(status: str, release: str, updated: datetime | None = THEN) -> Standing:
    return Standing(status=status, parameters={"Release": release}, updated=updated)


BEFORE, PLAIN = (release_of(each, {}) for each in ("before", "present"))


def test_after_an_update_that_went_back_each_attempt_is_a_release_of_its_own() -> None:
    """Lambda keeps the version that failed, and refuses to make one that is the same."""
    again = release_at(PLAIN, at("UPDATE_ROLLBACK_COMPLETE", BEFORE))
    later = THEN + timedelta(minutes=10)
    once_more = release_at(PLAIN, at("UPDATE_ROLLBACK_COMPLETE", BEFORE, later))

    assert len({PLAIN[:10], again[:10], once_more[:10]}) == 3, "SAM takes ten digits"
    assert len(again) == len(PLAIN)
    assert release_at(PLAIN, at("UPDATE_ROLLBACK_COMPLETE", BEFORE)) == again


def test_what_came_up_at_the_second_attempt_is_not_deployed_once_more() -> None:
    again = release_at(PLAIN, at("UPDATE_ROLLBACK_COMPLETE", BEFORE))

    assert release_at(PLAIN, at("UPDATE_COMPLETE", again, THEN + timedelta(days=1))) == again
    assert release_at(BEFORE, at("UPDATE_COMPLETE", again)) == BEFORE, "another build is another"


@pytest.mark.parametrize(
    "standing",
    [
        pytest.param(None, id="no stack"),
        pytest.param(at("UPDATE_COMPLETE", BEFORE), id="an update that came up"),
        pytest.param(at("CREATE_COMPLETE", BEFORE, None), id="a stack that was never updated"),
        pytest.param(at("UPDATE_COMPLETE", ""), id="a stack that sam has made by itself"),
        pytest.param(at("UPDATE_ROLLBACK_COMPLETE", PLAIN), id="what it has gone back to"),
        pytest.param(at("UPDATE_ROLLBACK_COMPLETE", BEFORE, None), id="nobody says when"),
    ],
)
def test_everywhere_else_a_release_has_its_plain_name(standing: Standing | None) -> None:
    assert release_at(PLAIN, standing) == PLAIN
