"""Read what the locations have reported in a time, for those who look back."""

from collections.abc import Iterator
from heapq import merge

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.report import Report
from tocsin_cli.home import Home


def recorded(home: Home, first: int, last: int) -> Iterator[Report]:
    """Give the reports of these ticks, in their order; one that cannot be read is silence."""
    shards = home.configs.shards()
    places = sorted({(name, s.id) for s in shards for m in s.monitors for name in m.locations})
    streams = (
        home.reports.between(location, shard, first, last)
        for location, shard in places
        if location != ENDPOINT
    )
    return merge(*streams, key=lambda report: report.tick)
