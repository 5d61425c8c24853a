"""What the public may know of a monitor: a name that was chosen for it, and a heading."""

import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2s

LONGEST = 60
"""Characters of a slug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """How a monitor is called on the status page, and under which heading, if any."""

    name: str
    group: str = ""

    @property
    def slug(self) -> str:
        """Its name in addresses; never that which the monitor has inside."""
        return slug(self.name)


def slug(name: str) -> str:
    """Write a name in lower-case letters, digits and hyphens; one without any gets a number."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-")
    return found or blake2s(name.encode(), digest_size=4).hexdigest()
