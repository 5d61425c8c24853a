"""What is said of a program in one place: how it is started, and which services it offers."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from tests.programs.certificates import Certificate
from tests.programs.programs import NOBODY, Answers, Program, free_port, prepare

type Mode = Literal["plain", "starttls", "direct"]

KEY_MODE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a program is given: a folder and ports of its own; a certificate, or none.

    `more` is what a test wants of it besides: arguments or lines of its configuration.
    """

    folder: Path
    ports: Mapping[str, int]
    tls: bool
    environment: Mapping[str, str]
    more: tuple[str, ...] = ()

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def chain(self) -> Path:
        return self.folder / "chain.pem"

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def user(self) -> str:
        """Give the name of whom the program runs as."""
        return self.folder.owner()

    @property
    def group(self) -> str:
        return self.folder.group()

    @property
    def lines(self) -> str:
        """Give what a test wants besides as lines of a configuration."""
        return "\n".join(self.more)

    def secured(self, text: str) -> str:
        """Give this part of a configuration where there is a certificate, else nothing."""
        return text if self.tls else ""

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, for the program alone."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(KEY_MODE)
        self._give(path)
        return path

    def make(self, name: str) -> Path:
        """Make a folder for the program."""
        path = self.folder / name
        path.mkdir(mode=0o700)
        self._give(path)
        return path

    def prepare(self, *command: str) -> None:
        """Run what makes what the program needs."""
        prepare(command, self.folder, self.environment)

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, *_owner(self.folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service that a program offers at one of its ports, in one mode of TLS.

    `says` is what a check must have seen of the program itself.
    """

    service: str
    mode: Mode
    says: str
    port: str = "plain"

    def __str__(self) -> str:
        return f"{self.service} {self.mode}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A program: `command` writes what it needs into its place and says how to start it.

    `environment` may name the place as `{folder}`. `as_root` is for programs that insist on it.
    `one_session` is for those that must be started anew for each.
    """

    name: str
    command: Callable[[Place], list[str]]
    offers: tuple[Offer, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    as_root: bool = False
    answers: Answers | None = None
    one_session: bool = False

    def __str__(self) -> str:
        return self.name

    def settle(
        self, folder: Path, certificate: Certificate | None, more: tuple[str, ...] = ()
    ) -> Program:
        """Write all that it needs into the folder; give the program, not started."""
        if self.as_root:
            os.chown(folder, 0, 0)
            folder.chmod(0o755)
        ports = {offer.port: free_port() for offer in self.offers}
        offered = {o.port for o in self.offers if certificate is not None or o.mode != "direct"}
        place = Place(
            folder=folder,
            ports=ports,
            tls=certificate is not None,
            environment={k: v.format(folder=folder) for k, v in self.environment.items()},
            more=more,
        )
        if certificate is not None:
            place.write("key.pem", certificate.key)
            place.write("chain.pem", certificate.chain)
            place.write("authority.pem", certificate.authority)
        return Program(
            self.command(place),
            folder,
            ports={name: port for name, port in ports.items() if name in offered},
            stop_with=self.stop_with,
            as_root=self.as_root,
            environment=place.environment,
            answers=self.answers,
        )


def _owner(folder: Path) -> tuple[int, int]:
    return (NOBODY, NOBODY) if folder.stat().st_uid == NOBODY else (0, 0)
