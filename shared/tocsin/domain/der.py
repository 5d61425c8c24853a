"""The elements that certificates are made of, whoever looks into one."""

from collections.abc import Iterator


def elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Split what is in DER (X.690, 8.1) into tags and contents. Raises ValueError, as it goes."""
    at, end = 0, len(content)
    while at < end:
        if at + 2 > end:
            raise ValueError("an element has a tag and a length")
        tag, size = content[at], content[at + 1]
        at += 2
        if size & 0x80:
            head = at + (size & 0x7F)
            size, at = int.from_bytes(content[at:head]), head
        if at + size > end:
            raise ValueError("an element is longer than what holds it")
        yield tag, content[at : at + size]
        at += size
