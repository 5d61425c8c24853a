"""Read monitors.yaml: a whole configuration, or every fault that stands in its way.

Never raises for what a file holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.config import relations, windows
from tocsin.config.certificates import Fetch, beside, nowhere
from tocsin.config.composer import compose
from tocsin.config.configuration import Configuration, Location
from tocsin.config.document import Data, Document, data
from tocsin.config.draft import Draft
from tocsin.config.explain import empty_section, explain, keys, meant_as_kind
from tocsin.config.fault import Fault, MistakeError, Place, Severity, sentence
from tocsin.config.finding import Finding
from tocsin.config.models import KINDLESS, kind_of
from tocsin.config.rules import findings
from tocsin.config.salvage import SECTIONS, Salvage, salvage
from tocsin.config.settings import Settings
from tocsin.config.windows import WindowDraft

SIZE_LIMIT = 2 * 1024 * 1024
_START = Place(1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds; `configuration` is None exactly when a fault is an error."""

    configuration: Configuration | None
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that stand in the way."""
        return tuple(fault for fault in self.faults if fault.severity is Severity.ERROR)


def read(path: Path, *, allow_private: bool = False, now: datetime | None = None) -> Reading:
    """Read a file of at most 2 MiB; `allow_private` is for the local stack only.

    At `now` it is told which maintenance windows are over.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        fix = "Name a file that can be read"
        return _refused(file, _START, MistakeError("unreadable", reason, fix))
    if len(raw) > SIZE_LIMIT:
        mistake = MistakeError("too_large", "the file is larger than 2 MiB", "Split it")
        return _refused(file, _START, mistake)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        return _refused(file, place, MistakeError("not_utf8", message, "Save the file as UTF-8"))
    fetch = beside(path.parent)
    return parse(text, file, allow_private=allow_private, fetch=fetch, now=now)


def parse(
    text: str,
    file: str,
    *,
    allow_private: bool = False,
    fetch: Fetch = nowhere,
    now: datetime | None = None,
) -> Reading:
    """Read the text of a file; `file` is its name in faults, `fetch` reads the files it names."""
    if len(text) > SIZE_LIMIT:
        mistake = MistakeError("too_large", "the file is larger than 2 MiB", "Split it")
        return _refused(file, _START, mistake)
    document = compose(text)
    found = [_finding(place, mistake) for place, mistake in document.mistakes]
    drafts: tuple[Draft, ...] = ()
    closures: tuple[WindowDraft, ...] = ()
    locations: tuple[Location, ...] = ()
    raw = {} if document.root is None else data(document.root)
    if not isinstance(raw, dict):
        mistake = MistakeError("wrong_type", "the file is not a mapping", "Write `monitors:` first")
        found.append(_finding(document.value_at(()), mistake))
    elif document.root is not None or not found:
        sound = salvage(raw, fetch)
        found += _refusals(sound, document)
        found += _empty_sections(raw, document)
        drafts = tuple(_drafts(sound, raw, document))
        found += findings(drafts, allow_private=allow_private)
        among = relations.roster(drafts, _names(raw))
        found += relations.findings(drafts, among)
        closures = tuple(_closures(sound, document))
        found += windows.findings(closures, among, now)
        locations = tuple(Location(name=n, kind=m.kind) for n, m in sound.file.locations.items())
    faults = _sorted(found, file)
    if any(fault.severity is Severity.ERROR for fault in faults):
        return Reading(configuration=None, faults=faults)
    monitors = tuple(monitor for draft in drafts if (monitor := draft.build()) is not None)
    configuration = Configuration(
        locations=locations,
        monitors=monitors,
        windows=tuple(closure.model.window() for closure in closures),
    )
    return Reading(configuration=configuration, faults=faults)


def _refusals(sound: Salvage, document: Document) -> Iterator[Finding]:
    for refusal in sound.refusals:
        if (explained := explain(refusal, document)) is not None:
            yield _finding(*explained)


def _empty_sections(raw: dict[str, Data], document: Document) -> Iterator[Finding]:
    for section in SECTIONS:
        if raw.get(section) == {}:
            yield _finding(document.key_at((section,)), empty_section(section))


def _drafts(sound: Salvage, raw: dict[str, Data], document: Document) -> Iterator[Draft]:
    file = sound.file
    written = raw.get("monitors")
    places = {name: model.kind for name, model in file.locations.items()}
    unclear = {
        str(path[1]): None for path in sound.damaged if path[:1] == ("locations",) and path[1:]
    }
    everywhere, damaged = _damaged(sound)
    for name, model in file.monitors.items():
        original = written.get(name) if isinstance(written, dict) else None
        yield Draft(
            name=name,
            model=model,
            defaults=file.defaults,
            places={**places, **unclear},
            document=document,
            damaged=frozenset(everywhere | damaged[name]),
            kindless=kind_of(original) == KINDLESS and not any(map(meant_as_kind, damaged[name])),
        )


def _names(raw: dict[str, Data]) -> tuple[str, ...]:
    """Give the names of all monitors, as far as the file says them."""
    written = raw.get("monitors")
    return tuple(written) if isinstance(written, dict) else ()


def _closures(sound: Salvage, document: Document) -> Iterator[WindowDraft]:
    for index, model in enumerate(sound.file.maintenance):
        here = ("maintenance", index)
        cut = [path[2:] for path in sound.damaged if path[:2] == here]
        if () not in cut:  # then nothing of it is left to look at
            damaged = frozenset(str(rest[0]) for rest in cut)
            yield WindowDraft(index=index, model=model, document=document, damaged=damaged)


def _damaged(sound: Salvage) -> tuple[set[str], dict[str, set[str]]]:
    """Sort what was cut out: keys of the defaults, and keys of each monitor."""
    everywhere: set[str] = set()
    damaged: dict[str, set[str]] = defaultdict(set)
    for path in sound.damaged:
        match path:
            case ("defaults",):
                everywhere |= set(keys(Settings))
            case ("defaults", str(key), *_):
                everywhere.add(key)
            case ("monitors", str(name), str(key), *_):
                damaged[name].add(key)
    return everywhere, damaged


def _refused(file: str, place: Place, mistake: MistakeError) -> Reading:
    return Reading(configuration=None, faults=_sorted([_finding(place, mistake)], file))


def _finding(place: Place, mistake: MistakeError) -> Finding:
    return Finding(place=place, code=mistake.code, message=mistake.message, fix=mistake.fix)


def _sorted(found: Iterable[Finding], file: str) -> tuple[Fault, ...]:
    """Put faults in the order of the file, each once: a wrong default is one fault, not many."""
    once = {(finding.place, finding.code): finding for finding in reversed(tuple(found))}
    return tuple(
        Fault(
            file=file,
            line=place.line,
            column=place.column,
            code=code,
            message=sentence(finding.message),
            fix=sentence(finding.fix),
            severity=finding.severity,
        )
        for (place, code), finding in sorted(once.items())
    )
