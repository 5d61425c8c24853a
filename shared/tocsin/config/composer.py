"""Read YAML as text with places: every scalar is what is written, and its field decides what it is.

So none of YAML's guesses happen: `on` and `no` are words, `010` is not 8, `2025-01-01` and `22:22`
stay as they are written. Only an empty value, `~` and `null` mean "nothing". What has no business
in this file (tags, merge keys, several documents) is refused, and so is what would not end: deep
nesting, and aliases that unfold into more than `NODE_LIMIT` values.
"""

import re
from collections.abc import Iterator

import yaml

from tocsin.config.document import Document, Entry, Listing, Node, Scalar, Table
from tocsin.config.fault import MistakeError, Place, shown

try:  # ten times as fast, but not in every build of PyYAML
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

DEPTH_LIMIT = 24
NODE_LIMIT = 500_000


def compose(text: str) -> Document:
    """Read a YAML document, with every mistake that leaves something to read behind it."""
    text = text.removeprefix("\ufeff")
    composer = _Composer(text)
    try:
        root = composer.document()
    except _StopError as stop:
        return Document(root=None, mistakes=(*composer.mistakes, (stop.place, stop.mistake)))
    return Document(root=root, mistakes=tuple(composer.mistakes))


class _StopError(Exception):
    """There is no sense in reading on."""

    def __init__(self, place: Place, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.place = place
        self.mistake = MistakeError(code, message, fix)


class _Composer:
    """Builds nodes from the events of a YAML parser."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[tuple[Place, MistakeError]] = []
        self._events = _events(text)
        self._anchors: dict[str, Node | None] = {}
        self._size = 0

    def document(self) -> Node | None:
        root = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    code, message = "several_documents", "a second YAML document begins here"
                    self._note(event, code, message, "Remove the line `---`")
                    break
                root = self._node(next(self._events), depth=0)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event)
        if depth > DEPTH_LIMIT:
            message = f"values are nested more than {DEPTH_LIMIT} deep"
            raise _StopError(place, "too_deep", message, "Flatten it: no key needs such depth")
        match event:
            case yaml.AliasEvent():
                return self._grown(self._named(event), place)
            case yaml.ScalarEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                return self._own(event, place, depth)
            case _:  # the parser has promised a value
                raise AssertionError(event)

    def _own(
        self,
        event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent,
        place: Place,
        depth: int,
    ) -> Node:
        if event.tag:
            message = f"the YAML tag {shown(str(event.tag))} has no meaning here"
            self._note(event, "yaml_tag", message, "Remove the tag")
        if event.anchor:
            self._anchors[event.anchor] = None
        node: Node
        match event:
            case yaml.MappingStartEvent():
                node = self._table(place, depth)
            case yaml.SequenceStartEvent():
                node = self._listing(place, depth)
            case _:
                node = self._grown(_scalar(event, place), place)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _table(self, place: Place, depth: int) -> Table:
        table = Table(place=place)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key_node = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            table.size += key_node.size + value.size
            if (key := self._key(event, key_node)) is None:
                continue
            if key in table.entries:
                first = table.entries[key].key.line
                message = f"the key {shown(key)} stands here a second time, after line {first}"
                self._note(event, "duplicate_key", message, "Rename one of the two or remove it")
                continue
            table.entries[key] = Entry(key=_place(event), value=value)
        return table

    def _listing(self, place: Place, depth: int) -> Listing:
        listing = Listing(place=place)
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            item = self._node(event, depth + 1)
            listing.size += item.size
            listing.items.append(item)
        return listing

    def _key(self, event: yaml.Event, node: Node) -> str | None:
        if not isinstance(node, Scalar):
            fix = "Write a word as the key, and quote a value that begins with `{` or `[`"
            self._note(event, "bad_key", "a key is a list or a mapping", fix)
            return None
        key = event.value if isinstance(event, yaml.ScalarEvent) else node.text or ""
        if key == "<<":
            fix = "Write the keys out, or put them under `defaults`"
            self._note(event, "merge_key", "the merge key `<<` is not YAML 1.2", fix)
            return None
        return str(key)

    def _named(self, alias: yaml.AliasEvent) -> Node:
        name = str(alias.anchor)
        if name not in self._anchors:
            message = f"no value before this one is named {shown('&' + name)}"
            fix = "Name it there, or quote the value if the `*` is meant"
            self._note(alias, "unknown_alias", message, fix)
            return Scalar(place=_place(alias), text=None)
        node = self._anchors[name]
        if node is None:
            message = f"{shown('*' + name)} stands inside of what it names"
            raise _StopError(_place(alias), "alias_loop", message, "Write the value out")
        return node

    def _grown(self, node: Node, place: Place) -> Node:
        self._size += node.size
        if self._size > NODE_LIMIT:
            message = f"the file unfolds into more than {NODE_LIMIT:,} values"
            fix = "Use fewer aliases (`*name`), or split the file"
            raise _StopError(place, "too_many_values", message, fix)
        return node

    def _note(self, event: yaml.Event, code: str, message: str, fix: str) -> None:
        self.mistakes.append((_place(event), MistakeError(code, message, fix)))


def _events(text: str) -> Iterator[yaml.Event]:
    if found := _UNREADABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        place = Place(line, found.start() - text.rfind("\n", 0, found.start()))
        message = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        raise _StopError(place, "yaml_character", message, "Remove it, or escape it in quotes")
    try:
        yield from yaml.parse(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        problem = str(error.problem)
        fix = next(fix for sign, fix in _SYNTAX_FIXES if sign in problem)
        # Where a bracket or quote was left open, the error shows at the end of the file.
        opened = error.context_mark
        since = f" ({error.context}, line {opened.line + 1})" if opened and error.context else ""
        raise _StopError(
            place, "yaml_syntax", f"this is not YAML: {problem}{since}", fix
        ) from error


def _scalar(event: yaml.ScalarEvent, place: Place) -> Scalar:
    nothing = not event.style and event.value in _NOTHING
    return Scalar(place=place, text=None if nothing else event.value)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_UNREADABLE = re.compile(
    "[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_SYNTAX_FIXES = (
    ("escape character", "Put regular expressions in single quotes: '\\d+'"),
    ("cannot start any token", "Indent with spaces, and quote values that begin with @, ` or %"),
    ("alphabetic or numeric", "Quote a value that begins with * or &, such as a line of cron"),
    ("mapping values are not allowed", "Quote a value that holds a colon, or mend the indentation"),
    ("unexpected end of stream", "Close the quote"),
    ("',' or ']'", "Close the bracket with `]`, with commas between the items"),
    ("',' or '}'", "Close the brace with `}`, with commas between the entries"),
    ("could not find expected ':'", "Put a colon after the key, and a space after the colon"),
    ("", "Indent the line like its neighbours, and quote values with special characters"),
)
