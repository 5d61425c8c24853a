"""A place for the status page, and the note of what was written there, kept in memory."""

from dataclasses import dataclass, field

from tocsin.usecases.ports import StorageError
from tocsin.usecases.publish import Written


@dataclass
class InMemorySite:
    """The files of a page; it is `broken` where it takes nothing, for some paths or for all."""

    files: dict[str, tuple[bytes, str, str]] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    broken: str | None = None

    def put(self, path: str, body: bytes, content_type: str, cache: str) -> None:
        if self.broken is not None and path.startswith(self.broken):
            raise StorageError("bucket site: out of reach")
        self.puts.append(path)
        self.files[path] = (body, content_type, cache)

    def text(self, path: str) -> str:
        return self.files[path][0].decode()


@dataclass
class InMemoryLedger:
    """The note; `broken` is a table that does not answer."""

    held: Written = field(default_factory=Written)
    broken: bool = False

    def written(self) -> Written:
        self._answer()
        return self.held

    def note(self, written: Written) -> None:
        self._answer()
        self.held = written

    def _answer(self) -> None:
        if self.broken:
            raise StorageError("table state: out of reach")
