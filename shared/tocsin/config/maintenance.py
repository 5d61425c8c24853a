"""The shape of maintenance windows: times in which alerts are held, once or again and again."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from tocsin.config import fields
from tocsin.config.shape import Strict
from tocsin.config.wallclock import instant
from tocsin.domain.window import Window

BEGINNINGS = ("from", "weekly", "cron")
"""The keys that say when a window begins; it has one of them."""


class WindowModel(Strict):
    """A time in which alerts are held; everything is checked as ever.

    What is still down at its end is announced then, and what was announced before it is resolved
    also within it. Windows may overlap. One begins once (`from`), every week (`weekly`) or by a
    line of `cron`, by the clocks of `timezone`. Where they go back, and show a time twice, it
    begins at the first of the two and ends at the last. Where they go forward, and skip a time, one
    that comes again begins right afterwards, and a date is refused.
    """

    begin: fields.LocalTime = Field(default=None, alias="from")
    """When it begins, once: a date and a time, 2026-12-01 22:00."""
    until: fields.LocalTime = None
    """When one that begins once ends; or say `for`."""
    weekly: fields.Weekly = None
    """When it begins every week: a weekday and a time, sunday 02:00."""
    cron: fields.WindowCron = None
    """When it begins: minute, hour, day of the month, month, weekday; or @monthly."""
    length: fields.WindowLength = Field(default=None, alias="for")
    """How long it lasts: whole minutes, up to 366d."""
    timezone: fields.TimeZone = "UTC"
    """By whose clocks, as in Europe/Berlin."""
    monitors: fields.Names = ()
    """Monitors that it is about, by name."""
    tags: fields.WindowTags = ()
    """It is about those that have one of these tags as well."""
    everything: fields.Flag = Field(default=False, alias="all")
    """true, in place of the other two: it is about all monitors."""

    @property
    def line(self) -> str | None:
        """The line of cron by which it comes again."""
        return self.cron or self.weekly

    @property
    def once(self) -> tuple[datetime, timedelta] | None:
        """When it begins and how long it lasts, where that is once and both are known."""
        if self.begin is None:
            return None
        begin = instant(self.begin, self.timezone, last=False)
        if self.until is not None:
            return begin, instant(self.until, self.timezone, last=True) - begin
        return None if self.length is None else (begin, self.length)

    def window(self) -> Window:
        """Give the window of a model that no rule has an error against."""
        begin, length = self.once or (None, self.length or timedelta())
        line = self.line
        return Window(
            begin=begin,
            cron=line,
            timezone="UTC" if line is None else self.timezone,
            length=length,
            monitors=self.monitors,
            tags=self.tags,
        )


KEYS = tuple(field.alias or name for name, field in WindowModel.model_fields.items())

type Windows = Annotated[tuple[WindowModel, ...], fields.LIST]
