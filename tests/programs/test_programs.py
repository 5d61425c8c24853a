"""What must be said when a program cannot be had, so that no test is skipped in silence."""

import pytest

from tests.programs.conftest import MakeFolder
from tests.programs.programs import MissingProgramError, Program, ProgramError, found, free_port


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(MissingProgramError, match="apt-get install no-such-package"):
        found("no-such-program", "no-such-package")


def test_a_program_that_does_not_come_up_is_an_error_with_what_it_printed(
    make_folder: MakeFolder,
) -> None:
    complaining = ["/bin/sh", "-c", "echo no such directive; exit 1"]
    program = Program(complaining, make_folder(), free_port())

    with pytest.raises(ProgramError, match="no such directive"):
        program.start()
