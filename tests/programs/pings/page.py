"""Writes docs/icmp.md: what `tocsin check icmp://…` says of every state, as it said it.

Run as `python -m tests.programs.pings.page`, as root; a test holds each sentence on the page
against what the check says.
"""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from tests.integration.checks.namespaces import answering, network
from tests.programs.checking import Finding, check
from tests.programs.pings.states import CHAPTERS, State

PAGE: Final = Path(__file__).parents[3] / "docs" / "icmp.md"
_HEAD: Final = """\
<!-- Written by `python -m tests.programs.pings.page`; do not edit. -->

# What a ping says

Every sentence on this page was said by `tocsin check icmp://…` in that very state, in a network of
namespaces: an agent at 10.0.0.2, a router at 10.0.0.1, and behind it the host 192.0.2.1; with IPv6
the router is 2001:db8:1::1 and the host 2001:db8:2::1. Agents send echo requests, and Lambda lets
nobody send them: a monitor of ICMP names agents in its `locations`. Its keys are in the
[configuration reference](configuration.md), and what an agent needs is in
[deploy/agent](../deploy/agent/README.md).
"""


def checked(state: State) -> Finding:
    """Put a state up and check it from the client."""
    with network() as net:
        target = state.arrange(net)
        with answering(net, state.answers) if state.answers else nullcontext():
            before = ("ip", "netns", "exec", net.client, *state.before)
            return check(target, timeout_s=state.timeout_s, before=before)


def found(finding: Finding) -> str:
    """Give what was found as the list of states says it."""
    return (
        f"{finding.status} {finding.layer}/{finding.reason}" if finding.reason else finding.status
    )


def shown(text: str) -> str:
    """Write a text as the page has it: without the times that change with each run."""
    text = re.sub(r"^mean round trip \S+ ms", "mean round trip 31 ms", text)
    text = re.sub(r", round trip \S+ ms \(\S+\)", ", round trip 0.08 ms (0.05-0.12)", text)
    return re.sub(r", round trip \S+ ms$", ", round trip 0.08 ms", text)


def entry(state: State, finding: Finding) -> str:
    """Write what is said of one state."""
    words = found(finding).replace("/", ": ").replace("_", " ")
    return f"**{state.name}**: {words}\n\n> {shown(finding.evidence)}\n"


def page() -> Iterator[str]:
    """Put up every state, and write the page in parts."""
    yield _HEAD
    for chapter in CHAPTERS:
        yield f"\n## {chapter.title}\n\n{chapter.text}\n"
        for state in chapter.states:
            yield "\n" + entry(state, checked(state))


def main() -> None:
    """Write the page; less than a minute."""
    PAGE.write_text("".join(page()), "utf-8")


if __name__ == "__main__":
    main()
