"""What names a release, and which one is before it."""

from pathlib import Path

import pytest

from tocsin_cli.deployment.releases import Release, before, build_of, release_of


def release(build: str) -> Release:
    return Release(release=f"r-{build}", build=build, version="1", at="", template="")


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
    earlier = before([release(each) for each in deployed])

    assert (earlier.build if earlier else None) == found


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
