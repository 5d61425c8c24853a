"""The alphabet of SMS, GSM-7 (3GPP TS 23.038).

A message in it holds 160 septets; with one letter of another alphabet it holds 70 letters.
"""

from tocsin.messages.inert import spelt

LIMIT = 160

BASIC = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
"""Each of these takes two septets."""


def septets(text: str) -> int:
    """Count the septets that a text of this alphabet takes."""
    return sum(2 if character in EXTENDED else 1 for character in text)


def spell(text: str) -> str:
    """Write a text in this alphabet; line breaks are not part of it here."""
    return spelt(text, BASIC | EXTENDED)
