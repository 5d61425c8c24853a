"""Lengths of time as people read them."""

from datetime import timedelta


def spoken(span: timedelta) -> str:
    """Say a length of time in its two largest units: `45 s`, `6 min`, `1 h 5 min`, `2 d 3 h`."""
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"
