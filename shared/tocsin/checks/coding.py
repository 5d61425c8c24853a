"""Undo the compression of a body (RFC 9110, 8.4.1), up to the limit: of a bomb, its beginning."""

import zlib
from dataclasses import replace
from typing import Final

from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import Answer, Extent
from tocsin.domain.outcome import Layer, Reason

MEMBERS: Final = 64
"""Members of one gzip body (RFC 1952, 2.2) that are read: each of them copies what follows it."""
_MEMBER: Final = b"\x1f\x8b"


def decoded(answer: Answer, limit: int) -> Answer:
    """Give the answer with at most `limit` bytes of its body in clear. Raises CheckFailedError."""
    coding = b", ".join(answer.values(b"content-encoding")).strip().lower()
    if coding in {b"identity", b""} or not answer.body:
        return answer
    if coding not in {b"gzip", b"x-gzip", b"deflate"}:
        text = f"the body is encoded as {quoted(coding)}; only gzip and deflate are read"
        raise CheckFailedError(Layer.CONTENT, Reason.MALFORMED_REPLY, text)
    try:
        return _inflated(answer, zlib.MAX_WBITS | 32, limit)
    except (zlib.error, EOFError) as error:
        if coding == b"deflate":
            # Some servers send deflate (RFC 1951) without the zlib header that RFC 9110 means.
            try:
                return _inflated(answer, -zlib.MAX_WBITS, limit)
            except (zlib.error, EOFError):
                pass
        text = f"the body is not valid {coding.decode()}: {error}"
        raise CheckFailedError(Layer.CONTENT, Reason.MALFORMED_REPLY, text) from None


def _inflated(answer: Answer, window: int, limit: int) -> Answer:
    clear, rest = bytearray(), answer.body
    for _ in range(MEMBERS):
        inflater = zlib.decompressobj(window)
        # One byte more than the limit, which tells a cut body; 0 would mean without any limit.
        clear += inflater.decompress(rest, limit + 1 - len(clear))
        if len(clear) > limit:
            return replace(answer, body=bytes(clear[:limit]), extent=Extent.BEGINNING)
        if not inflater.eof:
            if answer.extent is Extent.WHOLE:
                raise EOFError("it ends in the middle")
            return replace(answer, body=bytes(clear))
        rest = inflater.unused_data
        if not rest.startswith(_MEMBER):
            # Whatever else follows is padding; and the stream has said itself that it is whole.
            extent = Extent.WHOLE if answer.extent is Extent.UNSURE else answer.extent
            return replace(answer, body=bytes(clear), extent=extent)
    text = f"the body is made of more than {MEMBERS} pieces of gzip"
    raise CheckFailedError(Layer.CONTENT, Reason.TOO_MUCH_DATA, text)
