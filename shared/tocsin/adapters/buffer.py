"""Reports that wait in memory until AWS takes them.

They are sent in the order in which they were made, the oldest first, and each keeps its tick: what
comes late is history, and no judge takes it for news. An agent lets all of its reports wait, since
its ticks wait for nobody; a probe only those that the home did not take.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from botocore.exceptions import ClientError

from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.domain.report import Report
from tocsin.usecases.ports import Reports, StorageError

MOST: Final = 60
"""Reports of one shard that wait at most: an hour of them."""
_HOPELESS: Final = "ValidationException"


class BufferedReports:
    """The port of reports for a process that lives on while AWS does not answer.

    `add` never waits for AWS, and `flush` does. `dropped` counts what waited too long, `refused`
    what AWS or we ourselves will never get there, `taken` the ticks of which AWS had a report
    already; `trouble` is what the last try to send ended with.
    """

    def __init__(self, home: Reports) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._queue: deque[Report] = deque()
        self._newest: dict[tuple[str, str], Report] = {}
        self._unsure: Report | None = None
        self.dropped = 0
        self.refused = 0
        self.taken = 0
        self.trouble: StorageError | None = None

    @property
    def waiting(self) -> int:
        """How many reports AWS does not have yet."""
        return len(self._queue)

    def add(self, report: Report) -> bool:
        """Let a report wait for the next `flush`; the oldest of its shard goes where it is full."""
        with self._lock:
            self._newest[report.location, report.shard] = report
            self._queue.append(report)
            same = [each for each in self._queue if each.shard == report.shard]
            if len(same) > MOST:
                self._queue.remove(same[0])
                self.dropped += 1
        return True

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Give the newest that this process made, or what the table has from before it."""
        mine = self._newest.get((location, shard))
        if mine is not None and mine.tick <= until:
            return mine
        return self._home.newest(location, shard, until=until)

    def flush(self) -> None:
        """Send what waits until there is no more, or AWS does not take it.

        A report that breaks us is told by what it raises, and holds up no other the next time.
        """
        with self._sending:
            self.trouble = None
            while (report := self._oldest()) is not None:
                try:
                    stored = self._home.add(report)
                except StorageError as error:
                    if not _hopeless(error):
                        self._unsure, self.trouble = report, error
                        return
                    self.refused += 1
                except Exception:
                    self.refused += 1
                    self._strike(report)
                    raise
                else:
                    # Its first try may have been stored though we did not hear of it.
                    self.taken += not stored and report is not self._unsure
                self._strike(report)

    def _oldest(self) -> Report | None:
        with self._lock:
            return self._queue[0] if self._queue else None

    def _strike(self, report: Report) -> None:
        with self._lock:
            # While it was being sent a full queue may have dropped it.
            if self._queue and self._queue[0] is report:
                self._queue.popleft()


class LateReports:
    """The port of reports for a probe: what the home does not take waits for a later tick.

    As packed bytes, of which an hour takes less than one report in memory does. They last as long
    as the process, so a new one begins with none.
    """

    def __init__(self, home: Reports) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[bytes]] = {}

    @property
    def waiting(self) -> int:
        """How many reports the home does not have yet."""
        return sum(map(len, self._waiting.values()))

    def add(self, report: Report) -> bool:
        """Store a report; where the home does not take it, it waits, and StorageError says why."""
        try:
            return self._home.add(report)
        except StorageError as error:
            if not _hopeless(error):
                packed = pack_report(report)
                with self._lock:
                    self._waiting.setdefault(report.shard, deque(maxlen=MOST)).append(packed)
            raise

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Read a location's newest report on a shard up to a tick, strongly consistent."""
        return self._home.newest(location, shard, until=until)

    def catch_up(self, enough: Callable[[], bool]) -> int:
        """Send what waits, for as long as there is time; gives how many the home has taken.

        What a try before had stored without our hearing of it is there, and is not sent twice.
        """
        sent = 0
        for waiting in self._waiting.values():
            while waiting and enough():
                try:
                    self._home.add(unpack_report(waiting[0]))
                except StorageError as error:
                    if not _hopeless(error):
                        return sent
                else:
                    sent += 1
                waiting.popleft()
        return sent


def _hopeless(error: StorageError) -> bool:
    """Tell whether AWS would refuse this report again: it must not hold up those behind it."""
    cause = error.__cause__
    code = cause.response.get("Error", {}).get("Code") if isinstance(cause, ClientError) else None
    return code == _HOPELESS
