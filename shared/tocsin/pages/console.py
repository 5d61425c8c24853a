"""The console: what somebody asks for is done, and then shown.

Whatever is asked, the answer is a page. What cannot be done or shown is said on it, with the mend.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.orders import TooManySilencesError
from tocsin.messages.words import clock
from tocsin.pages import render
from tocsin.pages.asked import Asked, AskError, asked
from tocsin.pages.manner import Manner
from tocsin.pages.render import Theme
from tocsin.usecases.act import Act, Deed, GoneError, act
from tocsin.usecases.closeup import charts, closeup, lately
from tocsin.usecases.overview import Past, Wish, framed, overview
from tocsin.usecases.ports import StorageError
from tocsin.usecases.project import PastIncidents, PastReports
from tocsin.usecases.survey import Eyes, read

MONTHS = 4
"""Months of which incidents that are over are looked for."""
_DONE = {
    Deed.ACKNOWLEDGE: "acknowledged",
    Deed.PAUSE: "paused",
    Deed.RESUME: "resumed",
    Deed.SILENCE: "silenced",
    Deed.UNSILENCE: "no longer silenced",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What comes in: the words of a click, what stands in the fields, and what is looked at.

    `theme` is that of whoever looks.
    """

    words: Mapping[str, object]
    typed: Mapping[str, object]
    wish: Wish
    theme: Theme = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page; `done` is what was carried out, `problem` why nothing could be shown."""

    html: str
    done: Act | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What it takes to answer: the tables, and how their past is read."""

    eyes: Eyes
    past: Past
    reports: PastReports
    history: PastIncidents

    def answer(self, question: Question, manner: Manner, now: datetime) -> Answer:
        """Do what is asked for, and show what is looked at."""
        try:
            wanted = asked(question.words, question.typed, now, question.wish)
        except AskError as error:
            text = str(error)
            return _refused(f"{text[0].upper()}{text[1:]}.", manner, question.theme)
        told, done = "", None
        try:
            if wanted.order is not None:
                told, done = self._do(wanted, now)
            html = self._shown(wanted, manner, question.theme, told, now)
        except GoneError as error:
            return _refused(str(error), manner, question.theme, done)
        except StorageError as error:
            text = f"The tables do not answer: {error}. Try again in a moment."
            return _refused(f"{told} {text}".strip(), manner, question.theme, done)
        return Answer(html=html, done=done)

    def _do(self, wanted: Asked, now: datetime) -> tuple[str, Act | None]:
        """Carry an order out; what stands in its way is told on the page."""
        if wanted.order is None:
            return "", None
        try:
            done = act(wanted.order, self.eyes.configs, self.eyes.states, now)
        except GoneError as error:
            return f"Nothing was done: {error}.", None
        except TooManySilencesError as error:
            return f"Nothing was done: {error}. End one with `tocsin silence --end`.", None
        return sentence(done, now), done

    def _shown(self, wanted: Asked, manner: Manner, theme: Theme, told: str, now: datetime) -> str:
        if not wanted.monitor:
            seen = overview(self.eyes, self.past, wanted.wish, now)
            return render.overview(seen, manner, theme, told)
        known = read(self.eyes.configs, self.eyes.states)
        if wanted.monitor not in known.monitors:
            raise GoneError(
                f"There is no monitor called {wanted.monitor}: it may have been renamed or removed."
            )
        over = lately(self.history, now, MONTHS)
        near = closeup(self.eyes, known, wanted.monitor, over, now)
        drawn = charts(self.past, self.reports, known, near, framed(wanted.wish, now))
        return render.closeup(near, drawn, manner, wish=wanted.wish, theme=theme, told=told)


def sentence(done: Act, now: datetime) -> str:
    """Say what has become of an order."""
    deed = _DONE[done.wanted.deed]
    if done.already:
        return f"{done.about} was {deed} before: nothing is changed."
    until = f" until {clock(done.until, now)} UTC" if done.until is not None else ""
    return f"{done.about} is {deed}{until} by {done.said.by}. It takes effect within a minute."


def _refused(text: str, manner: Manner, theme: Theme, done: Act | None = None) -> Answer:
    html = render.refusal(text, manner, theme)
    return Answer(html=html, done=done, problem=text)
