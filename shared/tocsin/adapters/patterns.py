"""Whether a rule of EventBridge lets an event through, as far as its source and type tell."""

import json
import re
from collections.abc import Iterable, Mapping


def hears(pattern: str, source: str, types: Iterable[str]) -> bool:
    """Tell whether a pattern asks for this source, or one of these types of it.

    What a pattern says of other fields is not looked at, and what cannot be read may well hear.
    """
    try:
        wanted = json.loads(pattern)
    except ValueError:
        return True
    if not isinstance(wanted, Mapping) or "$or" in wanted:
        return True
    asked = {"source": (source,), "detail-type": tuple(types)}
    return not wanted.keys().isdisjoint(asked) and all(
        _accepted(wanted[field], texts) for field, texts in asked.items() if field in wanted
    )


def _accepted(filters: object, texts: Iterable[str]) -> bool:
    if not isinstance(filters, list):
        return True
    return any(_accepts(each, text) for each in filters for text in texts)


def _accepts(wanted: object, text: str) -> bool:
    """Tell whether one filter lets a text through; one that is not known here may."""
    match wanted:
        case str():
            accepts = text == wanted
        case {"prefix": str(start)}:
            accepts = text.startswith(start)
        case {"suffix": str(end)}:
            accepts = text.endswith(end)
        case {"equals-ignore-case": str(other)}:
            accepts = text.lower() == other.lower()
        case {"wildcard": str(shape)} if "\\" not in shape:
            shaped = ".*".join(map(re.escape, shape.split("*")))
            accepts = re.fullmatch(shaped, text) is not None
        case {"anything-but": str() | list() as others}:
            accepts = text not in (others if isinstance(others, list) else [others])
        case {"exists": bool(there)}:
            accepts = there
        case _:
            accepts = True
    return accepts
