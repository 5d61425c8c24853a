"""Writes docs/dns.md: what `tocsin check` says of every state, as it said it of real programs.

Run as `python -m tests.programs.nameservers.page`; a test holds each sentence on the page against
what the check says.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from tests.programs.checking import Finding, check
from tests.programs.nameservers import bed as beds
from tests.programs.nameservers.bed import Bed
from tests.programs.nameservers.states import CHAPTERS, State
from tests.programs.programs import NOBODY, free_port

PAGE: Final = Path(__file__).parents[3] / "docs" / "dns.md"
PATIENCE_S: Final = 5.0

_SHOWN: Final = {
    beds.PARENT_AT: "192.0.2.1",
    beds.RESOLVER_AT: "192.0.2.2",
    beds.KNOT_AT: "192.0.2.11",
    beds.BIND_AT: "192.0.2.12",
    beds.NSD_AT: "192.0.2.13",
}
_HEAD: Final = """\
<!-- Written by `python -m tests.programs.nameservers.page`; do not edit. -->

# What the checks of DNS say

Every sentence on this page was said by `tocsin check` of Knot, BIND, NSD and Unbound in that very
state. Knot, the primary, is `ns1` at 192.0.2.11; BIND is `ns2` at 192.0.2.12, NSD `ns3` at
192.0.2.13; their parent answers at 192.0.2.1, and Unbound resolves at 192.0.2.2. The keys of a
monitor are in the [configuration reference](configuration.md).

Before each sentence stands what one location makes of that state. `down` fails, and a quorum of
locations that say so opens an incident; `degraded` is a warning, which wakes nobody.
"""


def checked(bed: Bed, state: State) -> Finding:
    """Put a state up and check it."""
    target = state.arrange(bed)
    with bed.programs[state.frozen].frozen() if state.frozen else nullcontext():
        return check(target, timeout_s=PATIENCE_S)


def found(finding: Finding) -> str:
    """Give what was found as the list of states says it."""
    fault = f"{finding.layer}/{finding.reason}" if finding.reason else finding.warning
    return f"{finding.status} {fault}" if fault else finding.status


def shown(bed: Bed, text: str) -> str:
    """Write a text as the page has it: other addresses, and nothing that changes with each run."""
    for address, instead in _SHOWN.items():
        ports = f":{bed.port}|:{bed.port + 1}"
        text = re.sub(rf"\b{re.escape(address)}({ports})?\b", instead, text)
    text = text.replace(str(bed.port), "53")
    text = re.sub(r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b", "2026-11-22 03:00", text)
    text = re.sub(r"(OU=Testing CA) #[\w-]+", r"\1", text)
    return re.sub(r"\bkey (tag )?\d+\b", "key 12345", text)


def entry(bed: Bed, state: State, finding: Finding) -> str:
    """Write what is said of one state."""
    status, _, fault = found(finding).partition(" ")
    why = f" ({fault.replace('/', ': ').replace('_', ' ')})" if fault else ""
    return f"**{state.name}**: {status}{why}\n\n> {shown(bed, finding.evidence)}\n"


def page(make_folder: Callable[[], Path]) -> Iterator[str]:
    """Put up every state, and write the page in parts."""
    yield _HEAD
    for chapter in CHAPTERS:
        yield f"\n## {chapter.title}\n\n{chapter.text}\n"
        for state in chapter.states:
            with laid(make_folder) as bed:
                yield "\n" + entry(bed, state, checked(bed, state))


@contextmanager
def laid(make_folder: Callable[[], Path]) -> Iterator[Bed]:
    """Make an empty bed, and stop what it was given."""
    bed = Bed(make_folder, free_port())
    try:
        yield bed
    finally:
        bed.stop()


def main() -> None:
    """Write the page; about a minute."""
    with ExitStack() as folders:

        def make() -> Path:
            path = Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-")))
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)
            return path

        PAGE.write_text("".join(page(make)), "utf-8")


if __name__ == "__main__":
    main()
