"""How a check gives up: an exception that never leaves this package (see `attempt`)."""

from typing import Final, Self

from tocsin.domain.outcome import Layer, Reason, printable

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

    def kept(self) -> Self:
        """Forget how it came about, to be kept.

        It would keep alive the frames that it passed through, and they it: a circle with sockets
        and TLS inside, tens of KiB that wait for the garbage collector.
        """
        self.__context__ = None
        return self.with_traceback(None)


def quoted(sent: bytes, limit: int = 120) -> str:
    r"""Quote the beginning of what a target sent, in printable text of some `limit` characters.

    Bytes that are no UTF-8 become `\xff`; what is mostly no text at all is given in hexadecimal.
    """
    if _is_binary(sent[:limit]):
        shown = sent[: limit // 3]
        return f"the bytes {shown.hex(' ')}" + (" …" if len(sent) > len(shown) else "")
    text = printable(sent[:limit].decode("utf-8", "backslashreplace").rstrip("\r\n"), limit)
    return f'"{text}…"' if len(sent) > limit and not text.endswith("…") else f'"{text}"'


def _is_binary(sent: bytes) -> bool:
    text = sent.decode("utf-8", "replace")
    readable = sum((c.isprintable() and c != "\ufffd") or c in "\t\r\n" for c in text)
    return 2 * readable < len(text)
