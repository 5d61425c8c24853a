"""Numbers of bytes, from the text in which they are written: `256KiB`, `1MiB`."""

import re

from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import text

MOST = 1024 * 1024
_SIZE = re.compile(r"([1-9][0-9]{0,6})(KiB|MiB)")
_UNITS = {"KiB": 1024, "MiB": 1024 * 1024}


def limit(value: object) -> int:
    """Read how much of a body is read."""
    written = text(value)
    match = _SIZE.fullmatch(written)
    if match is None:
        raise MistakeError("bad_size", f"{shown(written)} is not a size", _meant(written))
    size = int(match[1]) * _UNITS[match[2]]
    if size > MOST:
        raise MistakeError("bad_size", f"{shown(written)} is too much", "Write 1MiB or less")
    return size


def _meant(written: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,6}", written):
        return f"Write {min(-(-int(written) // 1024), 1024)}KiB"
    loose = re.fullmatch(r"([1-9][0-9]{0,6}) ?([km])i?b?", written, re.IGNORECASE)
    return f"Write {loose[1]}{loose[2].upper()}iB" if loose else "Write it like 256KiB or 1MiB"
