"""`python -m benchmarks`: measure, print the table, keep it in results.md; 1 where a wish fails."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measures import Size, figures
from benchmarks.programs import ProgramError, require
from benchmarks.report import page, table
from benchmarks.targets import serving

RESULTS = Path(__file__).parent / "results.md"


def main() -> int:
    """Run everything; about two minutes."""
    try:
        require()
        with TemporaryDirectory(prefix="tocsin-bench-") as folder:
            found = []
            with serving(Path(folder)) as targets:
                for figure in figures(targets, Path(folder), Size()):
                    print(f"{figure.what}: {figure.value:.2f}", file=sys.stderr)
                    found.append(figure)
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 2
    RESULTS.write_text(page(found), "utf-8")
    print(table(found))
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
