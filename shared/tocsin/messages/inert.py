"""Text of strangers, made harmless for each reader before it goes into a message.

The domain escapes evidence when it is made; here nobody relies on that.
"""

import re
import unicodedata

from tocsin.domain.outcome import EVIDENCE_LIMIT, printable

LINE_LIMIT = 1000

_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)

_LINK = re.compile(r"https?://[!#-;=?-_a-z{}~]{1,2000}")
"""ASCII without what ends a link, or makes another of it, in a chat: space, `"`, `<`, `>`, `|`."""

_SEEN_IN_CODE = str.maketrans(
    {
        "`": "'",
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",  # <!channel>, <@U1>, <http…|text>
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
    }
)
_SEEN_IN_CHATS = _SEEN_IN_CODE | str.maketrans(
    {
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "#": "\N{FULLWIDTH NUMBER SIGN}",
        "|": "\N{FULLWIDTH VERTICAL LINE}",
        "\\": "\N{FULLWIDTH REVERSE SOLIDUS}",
    }
)
_SEEN_IN_PLACES = (
    (re.compile(r"(?<![^\W_])_|_(?![^\W_])"), "\N{MODIFIER LETTER LOW MACRON}"),  # _so_, not a_b
    (re.compile(r"&(?=\w+;|[lg]t)"), "\N{FULLWIDTH AMPERSAND}"),  # &lt;
    (re.compile(r":(?=[\w+'-]+:)"), "\N{RATIO}"),  # :skull:
    (re.compile(r"\](?=[(\[:])"), "\N{FULLWIDTH RIGHT SQUARE BRACKET}"),  # [text](link)
)

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
    """Show evidence on one line, with no link in it that a program would make a button of."""
    return _WWW.sub(r"\1[.]", printable(evidence, EVIDENCE_LIMIT).replace("://", "[:]//"))


def line(text: str) -> str:
    """Show a name, a target or a link on one line, whole."""
    return printable(text, LINE_LIMIT)


def link(text: str) -> str:
    """Show a link of the configuration in a chat; what is none is shown as code."""
    return text if _LINK.fullmatch(text) else code(text)


def code(text: str) -> str:
    """Show text in a chat as code: no client looks for mentions or emphasis in there."""
    shown = line(text).translate(_SEEN_IN_CODE).strip()
    return f"`{shown}`" if shown else ""


def unmarked(text: str) -> str:
    """Show text in a chat, or where it may be sent on to one, as nothing but text.

    What Slack, Teams and Markdown understand becomes a character that looks alike; an escape would
    do in one of them only, and show in the others. Links stay: what a stranger said is `quoted`
    before.
    """
    shown = line(text).translate(_SEEN_IN_CHATS)
    for pattern, likeness in _SEEN_IN_PLACES:
        shown = pattern.sub(likeness, shown)
    return shown


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
