"""Write down what this version stores and how it reads it: `python -m tests.golden.record NAME`.

It is run once for each release, when that is made, and what it has written is never changed: the
tests hold every later version to it.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from tests.fakes.make import FAIL, NOON, PASS, THREE, TICK, WARN, report, sighting
from tocsin.adapters import configs, states
from tocsin.adapters.codec import write_json
from tocsin.adapters.columns import FORM, pack_report
from tocsin.config.compile import compile_shards
from tocsin.config.reader import read
from tocsin.domain.incident import Incident
from tocsin.domain.judgement import judge
from tocsin.domain.pulse import Beat, Signal
from tocsin.domain.report import Report, Sighting
from tocsin.domain.rollup import Rollup
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState

HERE: Final = Path(__file__).parent
KINDS: Final[dict[str, Any]] = {
    "state": ShardState,
    "shard": Shard,
    "sighting": Sighting,
    "beat": Beat,
    "incident": Incident,
    "rollup": Rollup,
}
"""What is stored as JSON; a report has a form of its own around its sightings."""


def schemas() -> dict[str, Any]:
    """Say how each is read."""
    return {name: TypeAdapter(kind).json_schema() for name, kind in KINDS.items()}


def documents() -> Iterator[tuple[str, Any]]:
    """Give what is stored when some of monitors.yaml is down, or was."""
    (whole,) = _shards()
    yield "shard", whole
    state = ShardState(shard=whole.id)
    for minute in range(12):
        state = judge(
            whole,
            {location: _seen(whole, location, minute) for location in THREE},
            state,
            NOON + timedelta(minutes=minute, seconds=20),
        )
    yield "state", state
    yield "sighting", Sighting(outcome=WARN, checked_at=TICK)
    yield "sighting", Sighting(outcome=FAIL, checked_at=TICK, failing_since=TICK - 3)
    yield "beat", Beat(signal=Signal.SUCCESS, at=NOON, run="r1", status=0, said="17 files")
    for incident in (*state.incidents, *state.closed):
        yield "incident", incident


def report_bytes() -> bytes:
    """Give a report as it is stored."""
    return pack_report(report("lima", db=FAIL, vpn=PASS, api=WARN, tick=TICK))


def _shards() -> tuple[Shard, ...]:
    found = read(HERE.parents[1] / "monitors.yaml").configuration
    assert found is not None
    there = [
        replace(each, locations=THREE, need=2, fail_for=timedelta(), recover_for=timedelta())
        for each in found.monitors
    ]
    return compile_shards(replace(found, monitors=tuple(there)), (), 1)


def _seen(whole: Shard, location: str, minute: int) -> Report:
    """Let the first monitor stay down, the second be down and come back, the third fail here."""
    first, second, third, *_ = (each.id for each in whole.monitors)
    failing = {
        *([first] if minute >= 2 else []),
        *([second] if 2 <= minute < 6 else []),
        *([third] if location == THREE[0] else []),
    }
    tick = TICK + minute
    return Report(
        location=location,
        shard=whole.id,
        tick=tick,
        config_version=1,
        sightings={
            each.id: sighting(FAIL if each.id in failing else PASS, at=tick)
            for each in whole.monitors
        },
    )


def main() -> None:
    """Write it all down."""
    (name,) = sys.argv[1:]
    said = {
        "release": name,
        "writes": {"state": states.SCHEMA, "shard": configs.SCHEMA, "report": FORM},
        "reads": {
            "state": getattr(states, "READS", states.SCHEMA),
            "shard": getattr(configs, "READS", configs.SCHEMA),
            "report": FORM,
        },
        "schemas": schemas(),
        "documents": [
            [kind, json.loads(write_json(KINDS[kind], value))] for kind, value in documents()
        ],
        "report": report_bytes().hex(),
    }
    (HERE / f"{name}.json").write_text(json.dumps(said, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
