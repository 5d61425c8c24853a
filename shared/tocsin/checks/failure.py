"""How a check gives up: an exception that never leaves this package (see `attempt`)."""

from typing import Final

from tocsin.domain.outcome import Layer, Reason

ABSTAINING: Final = frozenset(
    {
        Reason.FORBIDDEN_ADDRESS,
        Reason.NO_ROUTE_FAMILY,
        Reason.NOT_CAPABLE,
        Reason.OUT_OF_TIME,
        Reason.OUT_OF_SOCKETS,
        Reason.NO_SECRET,
        Reason.PROBE_ERROR,
    }
)
"""The reasons that speak of the prober and not of the target: the location does not vote."""


class CheckFailedError(Exception):
    """The check ends here; `evidence` may hold anything that a target sent, not yet escaped."""

    def __init__(self, layer: Layer, reason: Reason, evidence: str) -> None:
        super().__init__(evidence)
        self.layer = layer
        self.reason = reason
        self.evidence = evidence


def quoted(sent: bytes, limit: int = 120) -> str:
    r"""Quote the beginning of what a target sent; bytes that are no UTF-8 become `\xff`."""
    text = sent[:limit].decode("utf-8", "backslashreplace").rstrip("\r\n")
    return f'"{text}…"' if len(sent) > limit else f'"{text}"'
