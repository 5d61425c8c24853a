"""Text of strangers, made harmless for each reader before it goes into a message.

The domain escapes evidence when it is made; here nobody relies on that.
"""

import unicodedata

from tocsin.domain.outcome import EVIDENCE_LIMIT, printable

LINE_LIMIT = 1000

_PLAIN = str.maketrans(
    {
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{LATIN SMALL LETTER SHARP S}": "ss",
    }
)


def quoted(evidence: str) -> str:
    """Show evidence on one line, with no link in it that a mail program would make a button of."""
    return printable(evidence, EVIDENCE_LIMIT).replace("://", "[:]//")


def line(text: str) -> str:
    """Show a name, a target or a link on one line, whole."""
    return printable(text, LINE_LIMIT)


def spelt(text: str, alphabet: frozenset[str]) -> str:
    """Write a text in an alphabet: letters lose accents it does not have, all else becomes `?`."""
    return "".join(
        character if character in alphabet else _nearest(character, alphabet) for character in text
    )


def ascii_line(text: str) -> str:
    """Write a text in printable ASCII, on one line."""
    return spelt(text, _ASCII)


_ASCII = frozenset(map(chr, range(32, 127)))


def _nearest(character: str, alphabet: frozenset[str]) -> str:
    plain = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return kept if kept and alphabet.issuperset(kept) else "?"
