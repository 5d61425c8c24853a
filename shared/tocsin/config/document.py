"""A file as text with places: what is written at which path, and on which line and column."""

from dataclasses import dataclass, field

from tocsin.config.fault import MistakeError, Place

type Path = tuple[str | int, ...]
type Data = str | list[Data] | dict[str, Data] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A piece of text as it is written; None where there is nothing."""

    place: Place
    text: str | None
    size: int = 1


@dataclass(slots=True, kw_only=True)
class Listing:
    """A sequence."""

    place: Place
    items: list["Node"] = field(default_factory=list)
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value under its key."""

    key: Place
    value: "Node"


@dataclass(slots=True, kw_only=True)
class Table:
    """A mapping."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)
    size: int = 1


type Node = Scalar | Listing | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was read, and the mistakes of the YAML itself.

    `root` is None where there is nothing, or nothing whole, to look at.
    """

    root: Node | None
    mistakes: tuple[tuple[Place, MistakeError], ...]

    def holds(self, path: Path) -> bool:
        """Tell whether there is something at this path."""
        return self._walk(path)[2]

    def value_at(self, path: Path) -> Place:
        """Give the place of the value there, or of the nearest key around it."""
        return self._walk(path)[1]

    def key_at(self, path: Path) -> Place:
        """Give the place of the key there, or of the nearest key around it."""
        return self._walk(path)[0]

    def _walk(self, path: Path) -> tuple[Place, Place, bool]:
        node = self.root
        key = value = node.place if node else Place(1, 1)
        for step in path:
            match node:
                case Table() if isinstance(step, str) and step in node.entries:
                    entry = node.entries[step]
                    node, key = entry.value, entry.key
                case Listing() if isinstance(step, int) and step < len(node.items):
                    node = node.items[step]
                    key = node.place
                case _:
                    return key, key, False
            # Nothing has no place of its own worth showing: its key has.
            value = key if isinstance(node, Scalar) and node.text is None else node.place
        return key, value, True


def data(node: Node) -> Data:
    """Strip the places off."""
    match node:
        case Scalar():
            return node.text
        case Listing():
            return [data(item) for item in node.items]
        case Table():
            return {key: data(entry.value) for key, entry in node.entries.items()}
