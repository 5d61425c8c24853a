"""One monitor of the file as the rules see it: its own settings over the defaults, with places."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.config.configuration import LocationKind
from tocsin.config.document import Document, Path
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.fault import Place
from tocsin.config.jobs import HeartbeatMonitor
from tocsin.config.models import KindlessMonitor, Watching
from tocsin.config.settings import Settings
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.monitor import MINUTE, Monitor, majority


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A monitor before it is known to be sound.

    `places` are all locations of the file with what runs there, None where that is unknown.
    `damaged` are the keys whose values were refused already: rules keep quiet about them.
    """

    name: str
    model: Watching | KindlessMonitor
    defaults: Settings
    places: Mapping[str, LocationKind | None]
    document: Document
    damaged: frozenset[str] = frozenset()
    kindless: bool = False

    def settings(self, field: str) -> Settings:
        """Give whichever has the say on a field: the monitor or the defaults."""
        return self.model if field in self.model.model_fields_set else self.defaults

    def sound(self, *keys: str) -> bool:
        """Tell that nothing under these keys was refused, here or in the defaults."""
        return self.damaged.isdisjoint(keys)

    def at(self, *path: str | int) -> Place:
        """Give the place of a value: here, in the defaults, or else the monitor's name."""
        roots: tuple[Path, ...] = (("monitors", self.name), ("defaults",))
        for root in roots:
            if self.document.holds((*root, path[0])):
                return self.document.value_at((*root, *path))
        return self.document.key_at(("monitors", self.name))

    def own(self, key: str) -> bool:
        """Tell whether the monitor says this itself."""
        return self.document.holds(("monitors", self.name, key))

    @property
    def locations(self) -> tuple[str, ...]:
        """From where it is checked, known or not: by default not from networks of one's own.

        Echo requests alone are sent from agents by default, for nothing else can send them.
        """
        if (chosen := self.settings("locations").locations) is not None:
            return chosen
        able = (LocationKind.LAMBDA,)
        if isinstance(self.model, IcmpMonitor):
            able = (LocationKind.AGENT,)
        # What runs where the kind was refused may well be able.
        found = tuple(name for name, kind in self.places.items() if kind is None or kind in able)
        return found or tuple(self.places)

    def named(self, kind: LocationKind) -> tuple[str, ...]:
        """Give all locations of the file of that kind."""
        return tuple(name for name, each in self.places.items() if each is kind)

    @property
    def public(self) -> tuple[str, ...]:
        """Those of them that are functions on the public internet."""
        return tuple(n for n in self.locations if self.places.get(n) is LocationKind.LAMBDA)

    @property
    def need(self) -> int:
        """How many locations must agree, as far as it is written: it may be out of reach."""
        voters = len(self.locations)
        match self.settings("quorum").quorum:
            case int(number):
                return number
            case "all":
                return voters
            case "any":
                return 1
            case _:
                return majority(voters)

    def build(self) -> Monitor | None:
        """Make the monitor of a draft that no rule has an error against."""
        model = self.model
        match model:
            case KindlessMonitor():
                return None
            case HeartbeatMonitor():
                return Monitor(
                    id=self.name,
                    target=model.target(),
                    locations=(ENDPOINT,),
                    need=1,
                    interval=MINUTE,
                    retries=0,
                    fail_for=self.settings("fail_for").fail_for,
                    recover_for=self.settings("recover_for").recover_for,
                    routes=self.settings("alert").alert,
                    runbook=model.runbook,
                    tags=model.tags,
                    depends_on=model.depends_on,
                    was=model.was,
                    public=model.public.of(self.name),
                )
        slow = self.settings("slow").slow
        return Monitor(
            id=self.name,
            target=model.target(),
            locations=self.locations,
            need=self.need,
            interval=self.settings("interval").interval,
            timeout=self.settings("timeout").timeout,
            retries=self.settings("retries").retries,
            fail_for=self.settings("fail_for").fail_for,
            recover_for=self.settings("recover_for").recover_for,
            slow=slow.total,
            slow_phases=slow.phases,
            routes=self.settings("alert").alert,
            runbook=model.runbook,
            tags=model.tags,
            depends_on=model.depends_on,
            was=model.was,
            public=model.public.of(self.name),
        )
