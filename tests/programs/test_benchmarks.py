"""The benchmarks run, at a size that measures nothing: only that the figures make sense."""

from pathlib import Path

import pytest
from benchmarks.measures import Figure, Size, figures
from benchmarks.programs import PACKAGES, ProgramError, path_of, require
from benchmarks.report import table
from benchmarks.targets import serving

pytestmark = pytest.mark.xdist_group("benchmarks")

TINY = Size(rounds=1, checks=20, crowd=50, jobs=20, fleet=50, replayed=5, viewed=50)


def test_every_figure_is_measured_and_stands_in_the_table(tmp_path: Path) -> None:
    with serving(tmp_path) as targets:
        found = list(figures(targets, tmp_path, TINY))

    # A few checks of the exporter may take less than its processor time is counted in.
    assert all(figure.ours > 0 and (figure.theirs or 0) >= 0 for figure in found)
    assert sum(figure.most is not None for figure in found) == 22
    assert len(table(found).splitlines()) == 2 + len(found)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        pytest.param(Figure(what="x", unit="s", ours=1, theirs=2, most=0.5), "yes", id="at most"),
        pytest.param(Figure(what="x", unit="s", ours=1, theirs=1, most=0.5), "NO", id="a ratio"),
        pytest.param(Figure(what="x", unit="s", ours=2, most=1), "NO", id="a bound"),
        pytest.param(Figure(what="x", unit="s", ours=2), "", id="nothing wanted"),
    ],
)
def test_the_table_says_whether_what_is_wanted_holds(figure: Figure, verdict: str) -> None:
    assert figure.holds is (verdict != "NO")
    assert table([figure]).splitlines()[-1].split("|")[-2].strip() == verdict


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "benchmarks.programs.path_of", lambda name: "" if name == "knotd" else path_of(name)
    )

    with pytest.raises(ProgramError, match=f"knotd. Install: apt-get install {PACKAGES['knotd']}$"):
        require()
