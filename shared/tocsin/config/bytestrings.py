r"""Bytes as people write them: text with escapes, or hexadecimal; one character a byte when read.

Text is its UTF-8, and `\r \n \t \0 \\ \xNN` are the bytes that they name. Nothing is added to it.
"""

import re

from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import pattern, text
from tocsin.domain.script import wire

HOST = "\ue000"
"""Stands for the monitor's host in what is sent: no byte, so it cannot be mistaken for one."""

_PART = re.compile(
    r"\\x(?P<code>[0-9A-Fa-f]{2})|\\(?P<letter>[rnt0\\])|(?P<host>\$\{host\})"
    r"|(?P<wrong>\\.?.?.?|\$\{[^}]*\}?)|(?P<plain>[^\\$]+|\$)",
    re.DOTALL,
)
_LETTERS = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_NAMES = {byte: f"\\{letter}" for letter, byte in _LETTERS.items()}
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}\s*)+")


def payload(value: object) -> str:
    """Read text that is sent; `${host}` becomes HOST."""
    return _unescaped(text(value), host=HOST)


def phrase(value: object) -> str:
    """Read text that must come."""
    return _unescaped(text(value), host=None)


def hexadecimal(value: object) -> str:
    """Read bytes in hexadecimal, two digits each, with spaces wherever they help."""
    written = text(value)
    if not _HEX.fullmatch(written.strip()):
        fix = "Write two hexadecimal digits for each byte, as in 00 01 ff"
        raise MistakeError("bad_hex", f"{shown(written)} is not bytes in hexadecimal", fix)
    return bytes.fromhex(written).decode("latin-1")


def expression(value: object) -> str:
    """Read a regular expression on bytes."""
    written = pattern(value)
    if "${" in written:
        fix = r"Write \$\{ for the characters themselves"
        raise MistakeError("bad_reference", "a script holds no secrets and no names", fix)
    if re.search(wire(written), ""):
        message = f"{shown(written)} matches nothing at all, so it would wait for nothing"
        raise MistakeError("expects_nothing", message, "Name at least one character that must come")
    return written


def written(data: str) -> str:
    """Give bytes back as a person would write them."""
    text = data.encode("latin-1").decode("utf-8", "surrogateescape")
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character in _NAMES:
        return _NAMES[character]
    if character.isprintable():
        return character
    raw = character.encode("utf-8", "surrogateescape")
    return "".join(f"\\x{byte:02x}" for byte in raw)


def _unescaped(written: str, *, host: str | None) -> str:
    if not written:
        fix = "Write at least one character, or remove the step"
        raise MistakeError("empty_step", "there is nothing to send or to wait for", fix)
    return "".join(_part(part, host) for part in _PART.finditer(written))


def _part(part: re.Match[str], host: str | None) -> str:
    if part["code"]:
        return chr(int(part["code"], 16))
    if part["letter"]:
        return _LETTERS[part["letter"]]
    if part["plain"]:
        return wire(part["plain"])
    if part["host"] and host is not None:
        return host
    raise _misread(part[0])


def _misread(written: str) -> MistakeError:
    if written.startswith("\\"):
        fix = r"Write one of \r \n \t \0 \\ \xNN, the backslash itself as \\"
        return MistakeError("bad_escape", f"{shown(written)} is no escape", fix)
    if written == "${host}":
        message = "the monitor's host can be sent, and not be waited for"
        return MistakeError("bad_reference", message, "Write it out")
    message = f"{shown(written)} is nothing that a script may hold: secrets are never sent by one"
    fix = r"Write ${host} for the monitor's host, or \x24{ for the characters themselves"
    return MistakeError("bad_reference", message, fix)
